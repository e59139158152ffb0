import type { SpaceNeed, StorageRow } from "@/api/types";
import { size } from "./format";

const share = (part: number, whole: number) => ({ width: `${Math.max(0, Math.min(100, (part / whole) * 100))}%` });

/** Room of a storage: used, reserved, free, floor. */
export function SpaceBar({ of }: { of: StorageRow }) {
  if (!of.total || of.free === null || of.free === undefined) return <div className="space" role="img" aria-label="room not known" />;
  const label = `${size(of.free)} free of ${size(of.total)}, ${size(of.reserved)} reserved, floor ${size(of.floor)}`;
  return (
    <div className="space" role="img" aria-label={label} title={label}>
      <i className="used" style={share(of.total - of.free, of.total)} />
      {of.reserved > 0 ? <i className="res" style={share(of.reserved, of.total)} /> : null}
      {of.floor > 0 ? <i className="floor" style={share(of.floor, of.total)} /> : null}
    </div>
  );
}

/** What a plan needs against the room above the floor. */
export function NeedBar({ of }: { of: SpaceNeed }) {
  if (of.free_unreserved === null) return <div className="space" role="img" aria-label={`${size(of.needs)} of room that is not known`} />;
  const room = Math.max(0, (of.free_unreserved ?? 0) - of.floor);
  const whole = Math.max(room, of.needs, 1);
  const label = of.short > 0 ? `${size(of.short)} short` : `${size(of.needs)} of ${size(room)}`;
  return (
    <div className="space" role="img" aria-label={label} title={label}>
      <i className="need" style={share(of.needs - of.short, whole)} />
      {of.short > 0 ? <i className="short" style={share(of.short, whole)} /> : null}
    </div>
  );
}
