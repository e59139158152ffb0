import { useId } from "react";

/** Why an act is done, in the operator's words; the audit log keeps it. */
export function Reason({ value, change }: { value: string; change: (text: string) => void }) {
  const id = useId();
  return (
    <div className="field">
      <label htmlFor={id}>Reason<span className="t3">optional, kept in the audit log</span></label>
      <input id={id} className="input" value={value} onChange={(event) => change(event.target.value)} maxLength={1000} autoComplete="off" data-testid="reason" />
    </div>
  );
}

/** A reason as it is sent: none if nothing was written. */
export const reasonOf = (text: string): string | null => text.trim() || null;
