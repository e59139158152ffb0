// The made-up profiles, and a made-up archiving service that is taken over.

import type { ArchiverReport, Operations, ProfileRow } from "@/api/types";

const TOP = "/home/operator/.local/share/longshore";
const row = (name: string, colour: ProfileRow["colour"], rest: Partial<ProfileRow> = {}): ProfileRow =>
  ({ name, colour, on: false, here: false, folder: name === "default" ? TOP : `${TOP}/profiles/${name}`, ...rest });

/** The profiles of one made-up workspace. */
export class Profiles {
  rows: ProfileRow[] = [row("default", "blue"), row("development", "green", { on: true, here: true }), row("production", "red")];

  set({ profile, colour }: Operations["profile.set"]["args"]): ProfileRow[] {
    const there = this.rows.find(({ name }) => name === profile);
    if (there) there.colour = colour ?? there.colour;
    else this.rows.push(row(profile, colour ?? "blue"));
    return this.rows;
  }

  use(profile: string): ProfileRow[] {
    this.rows = this.rows.map((one) => ({ ...one, on: one.name === profile, here: one.name === profile }));
    return this.rows;
  }

  remove(profile: string): ProfileRow[] {
    this.rows = this.rows.filter(({ name }) => name !== profile);
    return this.rows;
  }
}

/** What taking it over comes to. */
export const takenOver = ([path]: string[]): ArchiverReport => ({
  files: [
    { path: `${path}/vars.toml`, left: null, lines: [
      { line: 3, name: "ARCHIVER_TARGET_SIZE_GB", became: "added", why: "the variable archiver_target_size_gb" },
      { line: 9, name: "MINIO_ODD", became: "left", why: "it is not understood" },
    ] },
    { path: `${path}/vars_prod.toml`, lines: [], left: "it is for production: take it over in a profile of that name, or name the file itself" },
  ],
  settings: [
    { what: "connection archiver-s3", became: "added", how: "https://s3.example.org:9090" },
    { what: "storage landing", became: "added", how: "archiver-s3:landingzone" },
    { what: "storage lts", became: "left", how: "/mnt/lts is not there" },
  ],
  missing: ["SCICAT_PASSWORD: a file or a variable with it, for the connection scicat"],
});
