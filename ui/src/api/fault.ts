// A failure as the UI holds it.

import type { Fault } from "./types";

/** Whether something thrown is a fault of the workspace. */
export function isFault(thrown: unknown): thrown is Fault {
  return typeof thrown === "object" && thrown !== null && "code" in thrown && "what" in thrown && "why" in thrown;
}

/** Whatever was thrown, as a fault. */
export function asFault(thrown: unknown): Fault {
  if (isFault(thrown)) return thrown;
  const why = thrown instanceof Error ? thrown.message : String(thrown);
  return { code: "window.broken", class: "fatal", what: "The window could not do this", why };
}

/** A fault as plain text, for the clipboard. */
export function faultText(fault: Fault): string {
  const lines = [`What: ${fault.what}`, `Why: ${fault.why}`];
  if (fault.now) lines.push(`Now: ${fault.now}`);
  lines.push(`Code: ${fault.code} (${fault.class})`);
  if (fault.dataset) lines.push(`Dataset: ${fault.dataset}`);
  if (fault.file) lines.push(`File: ${fault.file}`);
  if (fault.place) lines.push(`Place: ${fault.place}`);
  if (fault.at) lines.push(`At: ${fault.at}`);
  return [...lines, ...(fault.also ?? []).map((line) => `Also: ${line}`)].join("\n");
}
