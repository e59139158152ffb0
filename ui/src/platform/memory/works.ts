// Made-up works on their way from an archive, and the messages that asked for them.

import type { QueueMessageArgs, QueueMessageRow, WorkRow, WorkState } from "@/api/types";

const HOUR = 3_600_000;
const STEPS = ["requested", "restored", "downloaded", "debagged", "synced"] as const;

/** Works, each as far as its place in the list says; every ninth came to nothing. */
export function works(now: number): WorkRow[] {
  return Array.from({ length: 240 }, (_, at): WorkRow => {
    const done = at < 2 ? 1 : at < 5 ? 2 : at < 7 ? 3 : at < 8 ? 4 : 5;
    const failed = at % 9 === 4;
    const began = now - (60 + at * 3) * HOUR;
    const times = Object.fromEntries(STEPS.map((step, n) => [step, n < done ? began + n * (n === 1 ? 11 : 9) * HOUR : null])) as Record<(typeof STEPS)[number], number | null>;
    const state: WorkState = failed ? "failed" : STEPS[done - 1]!;
    return {
      work: `W1PD${95_844 + at * 7}`, state, place: `aws_default:glacier.archive/Works/${44 + (at % 50)}/W1PD${95_844 + at * 7}.bag.zip`, ...times, until: times.restored === null ? null : times.restored + 120 * HOUR,
      trouble: failed ? "The bag is not valid: the SHA-256 of data/images/I1PD95846/I1PD958460003.tif is not that of manifest-sha256.txt" : null, run: "r-01KAV4Q7", changed: began + 40 * HOUR,
    };
  });
}

/** Messages as they stand, and what an operator does with them. */
export class Messages {
  readonly rows = messages(Date.now());

  /** Given back, one counts as just come; dropped, it is done. What a run works on is left to it. */
  decide({ message, why }: QueueMessageArgs, drop: boolean): QueueMessageRow {
    const what = `Nothing was done with the message ${message}`;
    const row = this.rows.find((one) => one.message === message && one.state !== "done");
    if (!row) throw { code: "work.no_message", class: "permanent", what, why: "No message of this id has come to nothing" };
    if (row.state === "open") throw { code: "work.in_work", class: "permanent", what, why: `The run ${row.run} works on what it asks for`, now: "Wait for the run, or cancel it first." };
    return Object.assign(row, drop ? { state: "done", deleted: true, trouble: why ?? "dropped by an operator" } : { state: "returned", times: 0, trouble: why ?? "given back by an operator" });
  }
}

/** Messages, those that nobody understands among them. */
function messages(now: number): QueueMessageRow[] {
  const queue = "https://queues-1.example.org/000000000000/restored";
  const row = (at: number, part: Partial<QueueMessageRow>): QueueMessageRow => ({
    message: `5fea7756-0ea4-451a-a703-a558b933e27${at}`, connection: "aws_default", queue, state: "open", asks: [`glacier.archive/Works/${44 + at}/W1PD${95_844 + at * 7}.bag.zip`], times: 1, at: now - at * HOUR,
    run: "r-01KAV4Q7", deleted: false, trouble: null, body: JSON.stringify({ Records: [{ eventName: "ObjectRestore:Completed", s3: { bucket: { name: "glacier.archive" }, object: { key: `Works/${44 + at}/W1PD${95_844 + at * 7}.bag.zip` } } }] }), ...part,
  });
  return [
    row(0, {}),
    row(1, { state: "returned", times: 2, trouble: "W1PD95851 was not downloaded: the connection was cut" }),
    row(2, { state: "poison", asks: [], times: 5, body: "restore W1PD95858 please", trouble: "It is no message of S3: expected value at line 1 column 1" }),
    row(3, { state: "done", deleted: true }),
  ];
}
