import { fireEvent, screen, waitFor, within } from "@testing-library/react";
import { expect, test } from "vitest";

import type { Event, Operations } from "@/api/types";
import { memoryHost } from "@/platform/memory";
import { open, patient, violations } from "@/test.window";

const value = (testid: string, text: string) => fireEvent.change(screen.getByTestId(testid), { target: { value: text } });

/** The window, and the arguments of each change that it asks for. */
function watched(): Array<[op: string, args: unknown]> {
  const host = memoryHost();
  const asked: Array<[string, unknown]> = [];
  open("/connections", false, { ...host, call: (op, args) => { if (op.startsWith("connection.") || op.startsWith("secrets.")) asked.push([op, args]); return host.call(op, args); } });
  return asked;
}

test("a connection is made with a secret that is sent once and never shown", async () => {
  const asked = watched();
  fireEvent.click(await screen.findByTestId("connection-new", undefined, patient));
  await screen.findByTestId("connection-dialog", undefined, patient);
  value("connection-id", "new-s3");
  value("connection-host", "https://s3.new.example");
  value("secret-password", "typed-once");
  value("param-region", "eu");
  const rare = screen.getByTestId("connection-more") as HTMLDetailsElement;
  expect([rare.open, rare.querySelector("summary")?.textContent]).toEqual([false, "1 more field"]);
  const typed = screen.getByTestId("secret-password") as HTMLInputElement;
  expect(typed.type).toBe("password");
  value("connection-port", "70000");
  expect((screen.getByTestId("connection-save") as HTMLButtonElement).disabled).toBe(true);
  value("connection-port", "443");
  expect(await violations()).toEqual([]);
  fireEvent.click(screen.getByTestId("connection-save"));
  fireEvent.click(await screen.findByText("new-s3", undefined, patient));
  expect((await screen.findByTestId("secret-place-password", undefined, patient)).textContent).toContain("keyring");
  expect(document.body.innerHTML).not.toContain("typed-once");
  const [, set] = asked.find(([op]) => op === "connection.set")!;
  expect(set).toMatchObject({ connection: "new-s3", kind: "s3", port: 443, extra: { region: "eu" }, secrets: { password: { value: "typed-once" } }, new: true });
}, 20_000);

test("a change keeps the secrets and the fields that the form does not show", async () => {
  const asked = watched();
  fireEvent.click(await screen.findByText("archive-s3", undefined, patient));
  await screen.findByTestId("connection-save", undefined, patient);
  value("connection-login", "OTHER");
  value("reason", "a new key");
  fireEvent.click(screen.getByTestId("connection-save"));
  await waitFor(() => expect(asked.some(([op]) => op === "connection.set")).toBe(true), patient);
  const set = asked.find(([op]) => op === "connection.set")![1] as Operations["connection.set"]["args"];
  expect([set.secrets, set.extra?.["odd_field"], set.extra?.["region"], set.why]).toEqual([{}, 7, "eu-central", "a new key"]);
}, 20_000);

test("what stands in the form is tried before it is made", async () => {
  const asked = watched();
  fireEvent.click(await screen.findByTestId("connection-new", undefined, patient));
  await screen.findByTestId("connection-dialog", undefined, patient);
  value("connection-host", "https://s3.new.example");
  value("secret-password", "typed-once");
  fireEvent.click(screen.getByTestId("connection-test"));
  await screen.findByTestId("step-list", undefined, patient);
  const [, args] = asked.find(([op]) => op === "connection.test")!;
  expect(args).toMatchObject({ draft: { kind: "s3", host: "https://s3.new.example", secrets: { password: { value: "typed-once" } } } });
  expect(asked.some(([op]) => op === "connection.set")).toBe(false);
}, 20_000);

test("a test shows its steps, and where it failed", async () => {
  open("/connections");
  fireEvent.click(await screen.findByText("hpc", undefined, patient));
  expect((await screen.findByTestId("secret-place-private_key", undefined, patient)).textContent).toContain("vault:secret/hpc/key#private");
  fireEvent.click(screen.getByTestId("connection-test"));
  const failed = await screen.findByTestId("step-host_key", undefined, patient);
  expect([failed.dataset["state"], failed.textContent?.includes("74 ms")]).toEqual(["failed", true]);
  await waitFor(() => expect(screen.getByTestId("connection-steps").children.length).toBe(3), patient);
  expect(await violations()).toEqual([]);
}, 20_000);

test("the key of a server is shown, and accepted once it was compared", async () => {
  open("/connections");
  fireEvent.click(await screen.findByText("hpc", undefined, patient));
  fireEvent.click(await screen.findByTestId("connection-test", undefined, patient));
  fireEvent.click(await screen.findByTestId("host-key-show", undefined, patient));
  expect((await screen.findByTestId("host-key-fingerprint", undefined, patient)).textContent).toMatch(/^SHA256:/);
  expect(await violations()).toEqual([]);
  fireEvent.click(screen.getByTestId("host-key-accept"));
  const listed = await screen.findByTestId("step-list", undefined, patient);
  expect(listed.dataset["state"]).toBe("success");
  expect(screen.queryByTestId("host-key")).toBeNull();
}, 20_000);

test("a step is shown before the test has ended", async () => {
  const host = memoryHost();
  const hearers = new Set<(event: Event) => void>();
  open("/connections", false, {
    ...host,
    onEvent: (tell) => { hearers.add(tell); return () => hearers.delete(tell); },
    call: (op, args) => {
      if (op !== "connection.test") return host.call(op, args);
      const { token } = args as Operations["connection.test"]["args"];
      for (const tell of hearers) tell({ event: "tested", token: "of another window", step: { name: "tls", ok: true, text: "", code: null, took: 1 } });
      queueMicrotask(() => setTimeout(() => { for (const tell of hearers) tell({ event: "tested", token: token!, step: { name: "dns", ok: true, text: "", code: null, took: 1 } }); }));
      return new Promise(() => {});
    },
  });
  fireEvent.click(await screen.findByText("archive-s3", undefined, patient));
  fireEvent.click(await screen.findByTestId("connection-test", undefined, patient));
  await screen.findByTestId("step-dns", undefined, patient);
  expect(screen.queryByTestId("step-tls")).toBeNull();
}, 20_000);

test("one that flows name says so before it is removed, and a copy is made beside it", async () => {
  open("/connections");
  fireEvent.click(await screen.findByText("archive-s3", undefined, patient));
  fireEvent.click(await screen.findByTestId("connection-copy", undefined, patient));
  value("connection-copy-name", "second");
  fireEvent.click(screen.getByTestId("connection-copy-make"));
  await screen.findByText("second", undefined, patient);
  fireEvent.click(screen.getByText("archive-s3"));
  fireEvent.click(await screen.findByTestId("connection-remove", undefined, patient));
  expect((await screen.findByTestId("connection-used", undefined, patient)).textContent).toContain("nightly_copy");
  fireEvent.click(screen.getByTestId("connection-remove-confirm"));
  await waitFor(() => expect(within(screen.getByTestId("connections")).queryByText("archive-s3")).toBeNull(), patient);
}, 20_000);

test("those of the environment are shown and cannot be changed, and hostile names stay texts", async () => {
  open("/connections");
  const list = await screen.findByTestId("connections", undefined, patient);
  await waitFor(() => expect(within(list).getAllByTestId("row").length).toBe(7), patient);
  expect(list.querySelector("img")).toBeNull();
  for (const hidden of ["\u202E", "\u2066", "\u0007"]) expect(list.textContent).not.toContain(hidden);
  fireEvent.click(within(list).getByText("from_env"));
  const dialog = await screen.findByTestId("connection-dialog", undefined, patient);
  expect(dialog.textContent).toContain("AIRFLOW_CONN_FROM_ENV");
  expect(screen.queryByTestId("connection-save")).toBeNull();
  expect(screen.queryByTestId("connection-remove")).toBeNull();
  expect(await violations()).toEqual([]);
}, 20_000);

test("an import is seen line by line before it is done", async () => {
  const asked = watched();
  fireEvent.click(await screen.findByTestId("connection-import", undefined, patient));
  await screen.findByTestId("import-dialog", undefined, patient);
  value("import-text", "lab=s3://k:hidden-1@\nhpc=ssh://h\nrest");
  fireEvent.click(screen.getByTestId("import-go"));
  const lines = await screen.findByTestId("import-lines", undefined, patient);
  expect([...lines.children].map((line) => (line as HTMLElement).dataset["state"])).toEqual(["added", "kept", "left"]);
  expect(await violations()).toEqual([]);
  fireEvent.click(screen.getByTestId("import-go"));
  await screen.findByText(/was taken over/, undefined, patient);
  expect(asked.filter(([op]) => op === "connection.import").map(([, args]) => (args as Operations["connection.import"]["args"]).dry_run)).toEqual([true, false]);
  expect(await screen.findByText("lab", { selector: "[data-testid=connections] *" }, patient)).toBeTruthy();
}, 20_000);

test("the secrets are unlocked with the right passphrase only", async () => {
  open("/connections");
  fireEvent.click(await screen.findByTestId("secrets-unlock", undefined, patient));
  await screen.findByTestId("unlock-dialog", undefined, patient);
  value("unlock-passphrase", "wrong");
  fireEvent.click(screen.getByTestId("unlock-confirm"));
  expect((await screen.findByTestId("fault", undefined, patient)).dataset["code"]).toBe("secrets.passphrase");
  value("unlock-passphrase", "right horse");
  fireEvent.click(screen.getByTestId("unlock-confirm"));
  await waitFor(() => expect(screen.queryByTestId("secrets-unlock")).toBeNull(), patient);
}, 20_000);
