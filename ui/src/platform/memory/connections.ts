// Made-up connections, some with hard names, and their kinds; tried step by step, as in the workspace.

import type { ConnectionKind, ConnectionRow, ConnectionSetArgs, Event, Fault, HostKeyFound, HostKeyRow, ImportArgs, ImportReport, SecretRow, TestStep } from "@/api/types";

const string = (title: string, description = "") => ({ type: ["string", "null"], title, description });

/** Kinds as connectors describe them. */
export const kinds: ConnectionKind[] = [
  {
    kind: "s3", aliases: ["aws"], title: "S3", secrets: ["session_token"],
    schema: { type: "object", properties: { endpoint_url: string("Endpoint", "URL of the endpoint; without one, AWS."), region: string("Region"), addressing: { enum: ["auto", "path", "virtual"], title: "Addressing", default: "auto" }, anonymous: { type: "boolean", title: "Anonymous", default: false }, session_token: string("Session token") } },
  },
  { kind: "sftp", aliases: ["ssh"], title: "SFTP", secrets: ["private_key"], schema: { type: "object", properties: { key_file: string("Key file"), conn_timeout: { type: ["integer", "null"], minimum: 1, title: "Connect timeout (s)" }, private_key: string("Private key") } } },
];

const row = (id: string, kind: string, more: Partial<ConnectionRow> = {}): ConnectionRow => ({
  id, kind, usable: kinds.some((one) => one.kind === kind || one.aliases.includes(kind)), host: null, port: null, login: null, schema: null, extra: {}, description: null,
  secrets: [], source: "workspace", problem: null, changed: Date.UTC(2026, 10, 20, 9), ...more,
});

const start = (): ConnectionRow[] => [
  row("archive-s3", "s3", { host: "https://s3.lts.example", login: "AKIA5EMF", secrets: [{ field: "password", place: "keyring" }], extra: { region: "eu-central", odd_field: 7 }, description: "Long-term storage of the facility" }),
  row("hpc", "sftp", { host: "login.hpc.example", port: 2222, login: "emf", secrets: [{ field: "private_key", place: { reference: "vault:secret/hpc/key#private" } }] }),
  row("alter-Rechner_µ", "oracle", { host: "<img src=x onerror=alert(1)>\u202Egnp.exe".repeat(6), login: "\u0007bell", description: "a\nb\u2066c".repeat(40) }),
  row("beamline-prefect", "prefect", { usable: true, host: "prefect.beamline.example", port: 4200 }),
  row("from_env", "s3", { source: "environment", changed: null, secrets: [{ field: "password", place: "environment" }] }),
  row("hpc-airflow", "airflow", { usable: true, host: "airflow.hpc.example", port: 8080, login: "operator" }),
  row("half", "", { source: "environment", changed: null, usable: false, problem: "its port is no number up to 65535" }),
];

const fault = (code: string, what: string, why: string): Fault => ({ code, class: "permanent", what, why });

/** Takes lines of NAME=VALUE, and says what became of each. */
export function linesOf(text: string, replace: boolean, has: (name: string) => boolean, take: (name: string, value: string) => void): ImportReport {
  const lines = text.split("\n").filter(Boolean).map((line, at): ImportReport["lines"][number] => {
    const [name = "", value] = line.split(/=(.*)/s);
    if (!value) return { line: at + 1, name, became: "left", why: "it is no line of NAME=VALUE" };
    const there = has(name);
    if (there && !replace) return { line: at + 1, name, became: "kept", why: "there is one of this name" };
    take(name, value);
    return { line: at + 1, name, became: there ? "replaced" : "added", why: null };
  });
  return { format: "env", lines };
}

/** Connections of a made-up workspace. Secrets that are given are forgotten at once. */
export class Connections {
  rows = start();
  open = false;

  find(id: string): ConnectionRow {
    const found = this.rows.find((one) => one.id === id);
    if (!found) throw fault("connection.unknown", `There is no connection "${id}"`, "The workspace does not know it");
    return found;
  }

  set({ connection: id, kind = "", host, port, login, schema, extra, description, secrets, new: fresh }: ConnectionSetArgs): ConnectionRow {
    const before = this.rows.find((one) => one.id === id);
    if (fresh && before) throw fault("connection.exists", `The connection ${id} was not made`, "There is one of this name");
    const changes = Object.entries(secrets ?? {});
    const kept = (before?.secrets ?? []).filter(({ field }) => !changes.some(([name]) => name === field));
    const given = changes.filter(([, one]) => one !== "none").map(([field, one]): SecretRow => ({ field, place: typeof one === "object" && "from" in one ? { reference: one.from } : "keyring" }));
    const made = row(id ?? "", kind, { host: host ?? null, port: port ?? null, login: login ?? null, schema: schema ?? null, extra: extra ?? {}, description: description ?? null, secrets: [...kept, ...given], changed: Date.now() });
    this.rows = [...this.rows.filter((one) => one.id !== id), made].toSorted((a, b) => (a.id < b.id ? -1 : 1));
    return made;
  }

  copy(id: string, to: string): ConnectionRow {
    const made = { ...this.find(id), id: to, source: "workspace" as const, changed: Date.now() };
    this.rows = [...this.rows, made];
    return made;
  }

  remove(id: string): void {
    this.rows = this.rows.filter((one) => one !== this.find(id));
  }

  /** Steps one after the other, each told; one of an SSH machine fails at its host key. */
  /** Whether the key of the SSH machine was accepted. */
  private known = false;
  key(): HostKeyFound { return { key: this.known ? null : { host: "[login.hpc.example]:2222", kind: "ssh-ed25519", fingerprint: "SHA256:9zLZ0Yd1qk7vWc3mT4u8r2x6b5n1p0oQeRtYuIoPaSd" } }; }
  accept(fingerprint: string): HostKeyRow {
    const { key } = this.key();
    if (key?.fingerprint !== fingerprint) throw fault("ssh.host_key_changed", "The host key was not accepted", "its key is not the one that was confirmed");
    this.known = true;
    return key;
  }

  async test(kind: string, write: boolean, token: string | null | undefined, tell: (event: Event) => void): Promise<{ ok: boolean; steps: TestStep[] }> {
    const names = kind === "sftp" ? ["dns", "tcp", "host_key", ...(this.known ? ["login", "list"] : [])] : ["dns", "tcp", "tls", "login", "list", ...(write ? ["write", "delete"] : [])];
    const steps: TestStep[] = [];
    for (const [at, name] of names.entries()) {
      const ok = name !== "host_key" || this.known;
      const step = { name, ok, text: ok ? "as it should be" : "The host key is not known: SHA256:9zLZ…", code: ok ? null : "ssh.host_key_unknown", took: 12 + at * 31 };
      steps.push(step);
      if (token) tell({ event: "tested", token, step });
      await Promise.resolve();
    }
    return { ok: steps.every((step) => step.ok), steps };
  }

  /** Lines of NAME=URI, and no other format. */
  import({ text, replace, dry_run: dry }: ImportArgs): ImportReport {
    return linesOf(String(text), replace ?? false, (name) => this.rows.some((one) => one.id === name), (name, uri) => { if (!dry) this.set({ connection: name, kind: uri.split("://")[0] ?? "" }); });
  }
}
