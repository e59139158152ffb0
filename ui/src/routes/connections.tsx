import "@/styles/lists.css";
import { FileInput, LockKeyhole, Plus } from "lucide-react";
import { useState } from "react";

import { useRead } from "@/api/client";
import type { ConnectionKind, ConnectionRow, SecretsInfo } from "@/api/types";
import { type Column, Table } from "@/table/table";
import { visible } from "@/ui/format";
import { Button, Empty, Head, Name, When } from "@/ui/parts";
import { Shown } from "@/ui/query";
import { EditConnection } from "./connection-form";
import { Import } from "./import";
import { Unlock } from "./unlock";

/** Where it is: the host, with the port if it says one. */
const where = ({ host, port }: ConnectionRow) => [host, port].filter((part) => part !== null && part !== undefined).join(":");

const about = (row: ConnectionRow) => (row.problem ? `Not understood: ${row.problem}` : row.source === "environment" ? "set by the environment" : row.description ?? "");

function columnsOf(kinds: ConnectionKind[]): Column<ConnectionRow>[] {
  const title = (row: ConnectionRow) => kinds.find(({ kind, aliases }) => kind === row.kind || aliases.includes(row.kind))?.title ?? row.kind;
  return [
    { head: "Connection", width: "minmax(10rem, 2fr)", cell: (row) => <span className="mono"><Name of={row.id} /></span> },
    { head: "Kind", width: "9rem", cell: (row) => <span className={row.usable ? "" : "t3"} title={row.usable ? undefined : "No connector leads there"}>{title(row)}</span> },
    { head: "Where", width: "minmax(8rem, 3fr)", cell: (row) => <Name of={where(row)} /> },
    { head: "Login", width: "minmax(6rem, 1fr)", cell: (row) => <Name of={row.login ?? ""} /> },
    { head: "Secrets", width: "6rem", cell: (row) => <span className="t2" title={visible(row.secrets.map(({ field }) => field).join(", "))}>{row.secrets.length === 0 ? "none" : `${row.secrets.length} set`}</span> },
    { head: "About", width: "minmax(8rem, 3fr)", cell: (row) => <span className="t2"><Name of={about(row)} /></span> },
    { head: "Changed", width: "8.5rem", number: true, cell: (row) => <When at={row.changed} /> },
  ];
}

/** Connections to other systems: what they say, tried step by step, and taken over from other programs. */
export function Connections() {
  const connections = useRead("connection.list", {});
  const kinds = useRead("connection.kinds", {});
  const secrets = useRead("secrets.show", {});
  const [edits, setEdits] = useState<ConnectionRow | "new">();
  const [imports, setImports] = useState(false);
  const [unlocks, setUnlocks] = useState(false);
  return (
    <>
      <Head title="Connections" end={<div className="row"><Button onClick={() => setImports(true)} testid="connection-import"><FileInput aria-hidden />Import…</Button><Button kind="primary" onClick={() => setEdits("new")} testid="connection-new"><Plus aria-hidden />New connection…</Button></div>} />
      <p className="t2 padx">Places are written <code className="mono">CONNECTION:PATH</code>. {secrets.data ? <Keeper of={secrets.data} unlock={() => setUnlocks(true)} /> : null}</p>
      <Shown of={connections}>{(rows) => (
        <Table label="Connections" columns={columnsOf(kinds.data ?? [])} total={rows.length} at={(at) => rows[at]} keyOf={(row) => row.id} onOpen={setEdits} testid="connections" empty={<Empty title="No connections yet">One leads to a system that holds data: an S3 endpoint, a machine with SSH, a web server.</Empty>} />
      )}</Shown>
      {edits && kinds.data ? <EditConnection of={edits === "new" ? undefined : edits} kinds={kinds.data} close={() => setEdits(undefined)} /> : null}
      {imports ? <Import of="connection.import" close={() => setImports(false)} /> : null}
      {unlocks && secrets.data ? <Unlock chosen={secrets.data.file} close={() => setUnlocks(false)} /> : null}
    </>
  );
}

function Keeper({ of, unlock }: { of: SecretsInfo; unlock: () => void }) {
  const locked = !of.open && (of.file || of.keeper === "file");
  return (
    <>
      {of.keeper === "keyring" ? "Their secrets are kept in the keyring of the operating system." : "There is no keyring: their secrets are kept in an encrypted file of the workspace."}{" "}
      {locked ? <Button onClick={unlock} testid="secrets-unlock"><LockKeyhole aria-hidden />{of.file ? "Unlock the secrets…" : "Choose a passphrase…"}</Button> : null}
    </>
  );
}
