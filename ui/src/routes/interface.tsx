import { useQuery } from "@tanstack/react-query";
import { useState } from "react";

import { useRead, useWrite } from "@/api/client";
import type { UserRole, UserRow } from "@/api/types";
import { host } from "@/platform";
import { copy } from "@/ui/copy";
import { Dialog } from "@/ui/dialog";
import { FaultView } from "@/ui/fault";
import { Button, Empty, State, When } from "@/ui/parts";
import { Shown } from "@/ui/query";
import { Reason, reasonOf } from "@/ui/reason";

/** The variable with the port, and the port that is offered. */
const VARIABLE = "airflow_api_port";
const PORT = 8080;
/** Milliseconds between two looks at whether it is answered: no event tells. */
const LOOK = 1_000;

/** Airflow's REST interface: on or off, where it is, and who may use it. */
export function ScriptInterface() {
  const variables = useRead("variable.list", {});
  const answering = useQuery({ queryKey: ["interface"], queryFn: () => host().interface(), refetchInterval: LOOK, staleTime: 0 });
  const [asks, setAsks] = useState(false);
  const off = useWrite("variable.remove");
  const row = variables.data?.find(({ name }) => name === VARIABLE);
  const port = row?.value ?? null;
  return (
    <section aria-label="Airflow's interface" data-testid="interface">
      <div className="sec-h">
        <h2>Scripts written for Airflow</h2>
        {port === null
          ? <Button onClick={() => setAsks(true)} testid="interface-on">Answer them…</Button>
          : <><Button kind="quiet" onClick={() => setAsks(true)}>Other port…</Button>{row?.from === "set" ? <Button onClick={() => off.mutate({ variable: VARIABLE })} disabled={off.isPending} testid="interface-off">Switch off</Button> : null}</>}
      </div>
      <p className="t2">Scripts and clients written for an Airflow service start and watch runs here, with another host and port: its REST interface, v1 and v2, for programs of this machine and the users below, while the window is open.</p>
      <p className="row" data-testid="interface-state">
        {answering.data?.url ? <><State of="success" word="answered at" /><span className="mono">{answering.data.url}/api/v1</span><Button small kind="quiet" onClick={() => copy(`${answering.data.url}/api/v1`)}>Copy</Button></> : <State of="none" word={port === null ? "off" : "not answered"} />}
      </p>
      {answering.data?.fault ? <FaultView of={answering.data.fault} /> : null}
      {off.error ? <FaultView of={off.error} /> : null}
      <Users />
      {asks ? <SwitchOn port={typeof port === "number" ? port : PORT} close={() => setAsks(false)} /> : null}
    </section>
  );
}

function SwitchOn({ port, close }: { port: number; close: () => void }) {
  const [text, setText] = useState(String(port));
  const [why, setWhy] = useState("");
  const set = useWrite("variable.set", close);
  return (
    <Dialog title="Answer scripts written for Airflow" close={close} testid="interface-dialog">
      <form className="formgrid" onSubmit={(event) => { event.preventDefault(); set.mutate({ variable: VARIABLE, value: Number(text), why: reasonOf(why) }); }}>
        <div className="field"><label htmlFor="interface-port">Port</label><input id="interface-port" className="input num" inputMode="numeric" value={text} onChange={(event) => setText(event.target.value)} autoComplete="off" data-testid="interface-port" /><span className="hint">On the loopback, from 1024 to 65535. Other machines are answered by longshore serve alone, with TLS.</span></div>
        <Reason value={why} change={setWhy} />
        {set.error ? <FaultView of={set.error} /> : null}
        <div className="acts"><Button onClick={close}>Cancel</Button><button type="submit" className="btn primary" disabled={!/^\d+$/.test(text.trim()) || set.isPending} data-testid="interface-go">Answer them</button></div>
      </form>
    </Dialog>
  );
}

const ROLES: Array<[UserRole, string]> = [["admin", "Everything"], ["viewer", "Look, and change nothing"]];

function Users() {
  const users = useRead("user.list", {});
  const [edits, setEdits] = useState<UserRow | "new">();
  return (
    <>
      <Shown of={users} rows={1}>{(rows) => rows.length === 0 ? <Empty title="Nobody may use it yet">Each script signs in as a user with a password.</Empty> : (
        <ul className="plain profiles" data-testid="users">
          {rows.map((row) => (
            <li key={row.name} className="row" data-testid={`user-${row.name}`}>
              <span className="mono">{row.name}</span>
              <span className="t2 grow">{row.role === "admin" ? "may do everything" : "may look"}, password of <When at={row.changed} /></span>
              <Button small kind="quiet" onClick={() => setEdits(row)} testid={`user-edit-${row.name}`}>Change…</Button>
            </li>
          ))}
        </ul>
      )}</Shown>
      <p><Button onClick={() => setEdits("new")} testid="user-new">New user…</Button></p>
      {edits ? <EditUser of={edits === "new" ? undefined : edits} close={() => setEdits(undefined)} /> : null}
    </>
  );
}

function EditUser({ of, close }: { of: UserRow | undefined; close: () => void }) {
  const [name, setName] = useState(of?.name ?? "");
  const [role, setRole] = useState<UserRole>("admin");
  const [password, setPassword] = useState("");
  const [why, setWhy] = useState("");
  const add = useWrite("user.add", close);
  const renew = useWrite("user.password", close);
  const error = add.error ?? renew.error;
  const go = () => {
    if (of) renew.mutate({ user: of.name, password, why: reasonOf(why) });
    else add.mutate({ user: name.trim(), role, password, why: reasonOf(why) });
  };
  return (
    <Dialog title={of ? `User ${of.name}` : "New user"} close={close} testid="user-dialog">
      <form className="formgrid" onSubmit={(event) => { event.preventDefault(); go(); }}>
        {of ? null : (
          <>
            <div className="field"><label htmlFor="user-name">Name</label><input id="user-name" className="input mono" value={name} onChange={(event) => setName(event.target.value)} autoComplete="off" spellCheck={false} data-testid="user-name" /></div>
            <div className="field"><label htmlFor="user-role">May do</label><select id="user-role" className="input" value={role} onChange={(event) => setRole(event.target.value as UserRole)} data-testid="user-role">{ROLES.map(([value, word]) => <option key={value} value={value}>{word}</option>)}</select></div>
          </>
        )}
        <div className="field"><label htmlFor="user-password">{of ? "New password" : "Password"}</label><input id="user-password" className="input" type="password" value={password} onChange={(event) => setPassword(event.target.value)} autoComplete="new-password" data-testid="user-password" /><span className="hint">At least 8 characters. Only its hash is kept.</span></div>
        <Reason value={why} change={setWhy} />
        {error ? <FaultView of={error} /> : null}
        <div className="acts">
          {of ? <RemoveUser of={of} why={why} close={close} /> : null}
          <Button onClick={close}>Cancel</Button>
          <button type="submit" className="btn primary" disabled={name.trim() === "" || password === "" || add.isPending || renew.isPending} data-testid="user-go">{of ? "Change it" : "Make it"}</button>
        </div>
      </form>
    </Dialog>
  );
}

/** Scripts of theirs are refused from then on: the button asks once more in its own place. */
function RemoveUser({ of, why, close }: { of: UserRow; why: string; close: () => void }) {
  const [asks, setAsks] = useState(false);
  const remove = useWrite("user.remove", close);
  if (remove.error) return <FaultView of={remove.error} />;
  return asks
    ? <><Button kind="danger" disabled={remove.isPending} onClick={() => remove.mutate({ user: of.name, why: reasonOf(why) })} testid="user-remove-confirm">Remove {of.name}</Button><span className="grow" /></>
    : <><Button kind="quiet" onClick={() => setAsks(true)} testid="user-remove">Remove…</Button><span className="grow" /></>;
}
