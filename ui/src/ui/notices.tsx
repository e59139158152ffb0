import { Link } from "@tanstack/react-router";
import { Bell, X } from "lucide-react";
import { useEffect, useState } from "react";

import { host } from "@/platform";
import { Button, Empty, When } from "./parts";

/** A word from a run to whoever sits before the window. */
interface Notice { id: number; at: number; run: string; title: string; text: string }

/** Notices that are kept; older ones are let go. They stand in the log of their run too. */
const MOST = 50;

function useNotices() {
  const [notices, setNotices] = useState<Notice[]>([]);
  const [seen, setSeen] = useState(0);
  useEffect(() => host().onEvent((event) => {
    if (event.event !== "notice") return;
    const { run, title, text } = event;
    setNotices((old) => [{ id: (old[0]?.id ?? 0) + 1, at: Date.now(), run, title, text }, ...old].slice(0, MOST));
  }), []);
  const newest = notices[0]?.id ?? 0;
  return { notices, unseen: newest - seen, see: () => setSeen(newest), clear: () => setNotices([]) };
}

/** The bell of the top bar: how many notices came, and what they say. */
export function Notices() {
  const { notices, unseen, see, clear } = useNotices();
  const [open, setOpen] = useState(false);
  const [newest] = notices;
  const toggle = () => {
    setOpen(!open);
    see();
  };
  return (
    <div className="notices">
      <button type="button" className="iconbtn" aria-label={unseen > 0 ? `Notices, ${unseen} new` : "Notices"} aria-expanded={open} onClick={toggle} data-testid="notices-open"><Bell size={16} strokeWidth={1.6} aria-hidden />{unseen > 0 && !open ? <span className="dot" aria-hidden>{unseen}</span> : null}</button>
      <span className="sr" role="status">{newest ? `${newest.title}: ${newest.text}` : ""}</span>
      {open ? <NoticeList notices={notices} close={() => setOpen(false)} clear={clear} /> : null}
    </div>
  );
}

function NoticeList({ notices, close, clear }: { notices: Notice[]; close: () => void; clear: () => void }) {
  return (
    <section className="menu noticelist" aria-label="Notices" data-testid="notices">
      <header className="pane-h"><h2 className="sec grow">Notices</h2>{notices.length > 0 ? <Button kind="quiet" small onClick={clear} testid="notices-clear">Clear</Button> : null}<button type="button" className="iconbtn" aria-label="Close notices" data-close onClick={close}><X size={16} aria-hidden /></button></header>
      {notices.length === 0 ? <Empty title="No notices">Tasks of the kind notify send them.</Empty> : (
        <ul>{notices.map((notice) => (
          <li key={notice.id} data-testid="notice">
            <Link to="/runs/$run" params={{ run: notice.run }} search={{ tab: undefined, task: undefined, index: undefined }} onClick={close}>
              <span className="row"><span className="med grow cut">{notice.title}</span><span className="t3 small"><When at={notice.at} /></span></span><span className="t2 wraps">{notice.text}</span>
            </Link>
          </li>
        ))}</ul>
      )}
    </section>
  );
}
