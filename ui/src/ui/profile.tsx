import { Link } from "@tanstack/react-router";

import type { ProfileRow } from "@/api/types";

/** A profile's name in its colour. */
export function ProfileName({ of }: { of: ProfileRow }) {
  return <span className="profile" data-colour={of.colour}><span className="dot" aria-hidden />{of.name}</span>;
}

/** The profile that is open, in its colour; nothing where there is none to choose. `still` leads nowhere. */
export function ProfileChip({ profiles, still = false }: { profiles: ProfileRow[] | undefined; still?: boolean }) {
  const here = profiles?.find((row) => row.here);
  if (!here || profiles?.length === 1) return null;
  if (still) return <ProfileName of={here} />;
  return <Link to="/settings" className="profile" data-colour={here.colour} title={`Profile ${here.name}: switch in the settings`} data-testid="profile-chip"><span className="dot" aria-hidden />{here.name}</Link>;
}

/** The colour of the profile that is open, where there are several. */
export function profileColour(profiles: ProfileRow[] | undefined): ProfileRow["colour"] | undefined {
  return profiles && profiles.length > 1 ? profiles.find((row) => row.here)?.colour : undefined;
}
