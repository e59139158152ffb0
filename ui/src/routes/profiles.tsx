import { useQueryClient } from "@tanstack/react-query";
import { useNavigate } from "@tanstack/react-router";
import { useState } from "react";

import { useRead, useWrite } from "@/api/client";
import type { ProfileColour, ProfileRow } from "@/api/types";
import { Dialog } from "@/ui/dialog";
import { FaultView } from "@/ui/fault";
import { plural } from "@/ui/format";
import { Button } from "@/ui/parts";
import { ProfileName } from "@/ui/profile";
import { Shown } from "@/ui/query";
import { Reason, reasonOf } from "@/ui/reason";

const COLOURS: Array<[ProfileColour, string]> = [["green", "Green: things may be tried"], ["blue", "Blue"], ["amber", "Amber: between the two"], ["red", "Red: it counts"]];

/** The profiles of the workspace: which there are, which one is open, and the way to another. */
export function Profiles() {
  const profiles = useRead("profile.list", {});
  const [edits, setEdits] = useState<ProfileRow | "new">();
  const [next, setNext] = useState<ProfileRow>();
  return (
    <section aria-label="Profiles">
      <div className="sec-h"><h2>Profiles</h2><Button onClick={() => setEdits("new")} testid="profile-new">New profile…</Button></div>
      <p className="t2">A profile has variables, limits, connections, storages and datasets of its own. What is started in one cannot reach what belongs to another.</p>
      <Shown of={profiles} rows={2}>{(rows) => (
        <ul className="plain profiles" data-testid="profiles">
          {rows.map((row) => (
            <li key={row.name} className="row" data-testid={`profile-${row.name}`}>
              <ProfileName of={row} />
              <span className="mono t2 grow cut" title={row.folder}>{row.folder}</span>
              <Button small kind="quiet" onClick={() => setEdits(row)}>Colour…</Button>
              {row.here ? <span className="t2">open</span> : <Button small onClick={() => setNext(row)} testid={`profile-use-${row.name}`}>Switch to it…</Button>}
            </li>
          ))}
        </ul>
      )}</Shown>
      {edits ? <EditProfile of={edits === "new" ? undefined : edits} close={() => setEdits(undefined)} /> : null}
      {next ? <SwitchTo to={next} from={profiles.data?.find((row) => row.here)} close={() => setNext(undefined)} /> : null}
    </section>
  );
}

function EditProfile({ of, close }: { of: ProfileRow | undefined; close: () => void }) {
  const [name, setName] = useState(of?.name ?? "");
  const [colour, setColour] = useState<ProfileColour | "">(of?.colour ?? "");
  const [why, setWhy] = useState("");
  const set = useWrite("profile.set", close);
  return (
    <Dialog title={of ? `Colour of ${of.name}` : "New profile"} close={close} testid="profile-dialog">
      <form className="formgrid" onSubmit={(event) => { event.preventDefault(); set.mutate({ profile: name.trim(), colour: colour || null, why: reasonOf(why) }); }}>
        {of ? null : <div className="field"><label htmlFor="profile-name">Name<span className="t3">such as production</span></label><input id="profile-name" className="input" value={name} onChange={(event) => setName(event.target.value)} autoComplete="off" data-testid="profile-name" /></div>}
        <div className="field"><label htmlFor="profile-colour">Colour</label>
          <select id="profile-colour" className="input" value={colour} onChange={(event) => setColour(event.target.value as ProfileColour | "")} data-testid="profile-colour">
            {of ? null : <option value="">By its name</option>}
            {COLOURS.map(([value, word]) => <option key={value} value={value}>{word}</option>)}
          </select>
        </div>
        <Reason value={why} change={setWhy} />
        {set.error ? <FaultView of={set.error} /> : null}
        <div className="acts"><Button onClick={close}>Cancel</Button><button type="submit" className="btn primary" disabled={name.trim() === "" || set.isPending} data-testid="profile-go">{of ? "Change it" : "Make it"}</button></div>
      </form>
    </Dialog>
  );
}

/** Nothing is switched by itself: what stops here and what begins there is said first. */
function SwitchTo({ to, from, close }: { to: ProfileRow; from: ProfileRow | undefined; close: () => void }) {
  const client = useQueryClient();
  const navigate = useNavigate();
  const [why, setWhy] = useState("");
  const { data } = useRead("overview.show", {});
  const running = data?.running.length ?? 0;
  const use = useWrite("profile.use", () => {
    close();
    void navigate({ to: "/" }).then(() => client.resetQueries());
  });
  return (
    <Dialog title={`Switch to ${to.name}?`} close={close} testid="profile-switch">
      <form className="formgrid" onSubmit={(event) => { event.preventDefault(); use.mutate({ profile: to.name, why: reasonOf(why) }); }}>
        <p>This window opens <ProfileName of={to} />, and so does every window and command from now on that names no profile. Its schedules and its cut off runs begin.</p>
        <p className="t2">{running > 0 ? `${plural(running, "run")} of ${from?.name ?? "this profile"} stop at a checkpoint, and go on when it is opened again.` : `Nothing runs in ${from?.name ?? "this profile"}; its schedules rest until it is opened again.`}</p>
        <Reason value={why} change={setWhy} />
        {use.error ? <FaultView of={use.error} /> : null}
        <div className="acts"><Button onClick={close}>Stay</Button><button type="submit" className={`btn ${to.colour === "red" ? "danger" : "primary"}`} disabled={use.isPending} data-testid="profile-switch-go">Switch to {to.name}</button></div>
      </form>
    </Dialog>
  );
}
