import { Link } from "@tanstack/react-router";

import type { ProfileRow } from "@/api/types";

/** The profile that is open, in its colour; nothing where there is none to choose. */
export function ProfileChip({ profiles }: { profiles: ProfileRow[] | undefined }) {
  const here = profiles?.find((row) => row.here);
  if (!here || profiles?.length === 1) return null;
  return <Link to="/settings" className="profile" data-colour={here.colour} title={`Profile ${here.name}: switch in the settings`} data-testid="profile-chip"><span className="dot" aria-hidden />{here.name}</Link>;
}

/** The colour of the profile that is open, where there are several. */
export function profileColour(profiles: ProfileRow[] | undefined): ProfileRow["colour"] | undefined {
  return profiles && profiles.length > 1 ? profiles.find((row) => row.here)?.colour : undefined;
}
