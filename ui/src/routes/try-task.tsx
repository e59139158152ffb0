import { useEffect, useRef, useState } from "react";

import { useWrite } from "@/api/client";
import type { FlowDetail, TaskTested } from "@/api/types";
import { FieldView } from "@/forms/field";
import { wrong } from "@/forms/schema";
import { useValues } from "@/forms/values";
import { FaultView } from "@/ui/fault";
import { clockText, moment, plural } from "@/ui/format";
import { Button, type Shape, State } from "@/ui/parts";

/** A text as JSON: nothing for none, `undefined` if it is none. */
function json(text: string): { value: unknown } | undefined {
  if (text.trim() === "") return { value: null };
  try {
    return { value: JSON.parse(text) as unknown };
  } catch {
    return undefined;
  }
}

const SHAPES: Record<string, Shape> = { success: "success", skipped: "skipped", deferred: "deferred", failed: "failed" };

/** Tries one task of a flow by itself: no run is made, nothing is written down, and what it does outside it does. */
export function TryTask({ of, close }: { of: FlowDetail; close: () => void }) {
  const [task, setTask] = useState(of.graph.nodes[0]?.id ?? "");
  const [item, setItem] = useState("");
  const [outputs, setOutputs] = useState("");
  const { fields, text, set, bad, params } = useValues(of.params_schema);
  const test = useWrite("task.test");
  const [itemJson, outputsJson] = [json(item), json(outputs)];
  const mapped = of.graph.nodes.find((node) => node.id === task)?.mapped ?? false;
  const go = () => test.mutate({ flow: of.flow.id, task, params: params(), outputs: (outputsJson?.value ?? {}) as Record<string, unknown>, item: mapped ? itemJson?.value : null });
  return (
    <form className="formgrid" onSubmit={(event) => { event.preventDefault(); go(); }} noValidate>
      <p className="t2">No run is made and nothing is written down. What the task does outside of Longshore, it does: files it writes are written.</p>
      <div className="field"><label htmlFor="try-task">Task</label><select id="try-task" className="input" value={task} onChange={(event) => setTask(event.target.value)} data-testid="try-task">{of.graph.nodes.map((node) => <option key={node.id} value={node.id}>{node.id} ({node.uses})</option>)}</select></div>
      {fields.map((field) => <FieldView key={field.name} field={field} text={text(field)} error={text(field) ? wrong(field, text(field)) : undefined} change={(next) => set(field, next)} />)}
      {mapped ? <Json id="try-item" label="The item" hint="As JSON: what one task run of a mapped task is given." value={item} change={setItem} bad={!itemJson} /> : null}
      <Json id="try-outputs" label="Outputs of the tasks whose output it uses" hint={'As JSON, by task: {"manifest": {"blocks": 3}}'} value={outputs} change={setOutputs} bad={!outputsJson} />
      {test.error ? <FaultView of={test.error} /> : null}
      {test.data ? <Tested key={test.submittedAt} of={test.data} /> : null}
      <div className="acts">{bad ? <span className="t3 small grow">A parameter is missing or wrong.</span> : null}<Button onClick={close}>Close</Button><button type="submit" className="btn primary" disabled={bad || !itemJson || !outputsJson || test.isPending} data-testid="try-start">{test.isPending ? "It runs" : "Try it"}</button></div>
    </form>
  );
}

function Json({ id, label, hint, value, change, bad }: { id: string; label: string; hint: string; value: string; change: (text: string) => void; bad: boolean }) {
  return (
    <div className="field"><label htmlFor={id}>{label}<span className="t3">optional</span></label><textarea id={id} className={`input mono${bad ? " bad" : ""}`} rows={3} value={value} onChange={(event) => change(event.target.value)} spellCheck={false} aria-invalid={bad} data-testid={id} />
      <span className={bad ? "err" : "hint"}>{bad ? "It must be JSON." : hint}</span></div>
  );
}

function Tested({ of }: { of: TaskTested }) {
  const box = useRef<HTMLElement>(null);
  // It comes below a long form.
  useEffect(() => box.current?.scrollIntoView?.({ block: "center" }), []);
  return (
    <section ref={box} className="stack" aria-label="What became of it" data-testid="tried" data-state={of.state}>
      <div className="row"><State of={SHAPES[of.state] ?? "none"} word={of.state} chip />{of.why ? <span className="t2">{of.why}</span> : null}{of.until === null ? null : <span className="t2">it would wait until {moment(of.until).text}</span>}</div>
      {of.fault ? <FaultView of={of.fault} /> : null}
      {of.output === null || of.output === undefined ? null : <div className="vals"><pre className="mono sel">{JSON.stringify(of.output, null, 2)}</pre></div>}
      {of.log.length > 0 ? <details><summary>{plural(of.log.length, "line")} of log</summary><div className="trylog mono sel">{of.log.map((line) => <p key={line.seq}><span className="t3">{clockText(line.at)} {line.level}</span> {line.text}</p>)}</div></details> : null}
    </section>
  );
}
