import { type ReactNode, useEffect, useRef } from "react";

/** The one dialog: the browser's own modal, which traps focus, closes on Esc and gives focus back. */
export function Dialog({ title, children, close, testid }: { title: string; children: ReactNode; close: () => void; testid?: string }) {
  const box = useRef<HTMLDialogElement>(null);
  useEffect(() => {
    const dialog = box.current;
    if (dialog && !dialog.open) dialog.showModal();
    return () => dialog?.close();
  }, []);
  return (
    <dialog ref={box} className="dialog" aria-label={title} onClose={close} data-testid={testid}>
      <h2>{title}</h2>
      {children}
    </dialog>
  );
}
