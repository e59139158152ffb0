import "@/styles/lists.css";
import { getRouteApi } from "@tanstack/react-router";
import { X } from "lucide-react";
import { useState } from "react";

import type { QueueMessageRow, QueueMessageState, WorkRow, WorkState } from "@/api/types";
import { usePaged } from "@/table/paged";
import { type Column, Table } from "@/table/table";
import { FaultView } from "@/ui/fault";
import { plural } from "@/ui/format";
import { Empty, Head, Loading, Name, type Shape, State, When } from "@/ui/parts";
import { Tabs } from "@/ui/tabs";
import { RunLink } from "./links";
import { MessageActs } from "./message-acts";

const route = getRouteApi("/works");

/** A work that is on its way waits for what comes next; only what was asked of a slow archive may take days. */
const WORKS: Record<WorkState, Shape> = { requested: "deferred", restored: "scheduled", downloaded: "running", debagged: "running", synced: "success", failed: "failed" };
const MESSAGES: Record<QueueMessageState, [Shape, string]> = { open: ["running", "in work"], done: ["success", "done"], returned: ["up_for_retry", "given back"], poison: ["failed", "poison"] };

const works: Column<WorkRow>[] = [
  { head: "State", width: "8.5rem", cell: (row) => <State of={WORKS[row.state]} word={row.state} /> },
  { head: "Work", width: "minmax(9rem, 2fr)", cell: (row) => <span className="med"><Name of={row.work} most={48} /></span> },
  { head: "Requested", width: "8rem", cell: (row) => <When at={row.requested} /> },
  { head: "Restored", width: "8rem", cell: (row) => <When at={row.restored} /> },
  { head: "Until", width: "8rem", cell: (row) => <When at={row.until} /> },
  { head: "Downloaded", width: "8rem", cell: (row) => <When at={row.downloaded} /> },
  { head: "Debagged", width: "8rem", cell: (row) => <When at={row.debagged} /> },
  { head: "Synced", width: "8rem", cell: (row) => <When at={row.synced} /> },
];

const messages: Column<QueueMessageRow>[] = [
  { head: "State", width: "8.5rem", cell: (row) => <State of={MESSAGES[row.state][0]} word={MESSAGES[row.state][1]} /> },
  { head: "Asks for", width: "minmax(12rem, 3fr)", cell: (row) => <span className="med"><Name of={row.asks.join(", ") || row.body} most={64} /></span> },
  { head: "Queue", width: "minmax(8rem, 2fr)", cell: (row) => <span className="t2"><Name of={queueName(row.queue)} most={40} /></span> },
  { head: "Came", width: "5rem", number: true, cell: (row) => `${row.times}×` },
  { head: "Last", width: "8.5rem", number: true, cell: (row) => <When at={row.at} /> },
];

/** A queue's own name: the last part of its URL. */
const queueName = (url: string) => url.slice(url.lastIndexOf("/") + 1);

/** Works on their way from an archive to where they are read, and the messages of queues that ask for them. */
export function Works() {
  const { tab = "works" } = route.useSearch();
  const navigate = route.useNavigate();
  return (
    <>
      <Head title="Works" />
      <Tabs label="Works" value={tab} choose={(next) => void navigate({ search: { tab: next }, replace: true })} tabs={[["works", "Works"], ["messages", "Messages"]]} />
      {tab === "messages" ? <Messages /> : <WorkTable />}
    </>
  );
}

function WorkTable() {
  const list = usePaged("work.list", {});
  const [chosen, setChosen] = useState<WorkRow>();
  if (list.fault) return <div className="pad"><FaultView of={list.fault} /></div>;
  if (list.total === undefined) return <Loading />;
  return (
    <div className={`md listmd${chosen ? " with" : ""}`}>
      <div className="pane">
        <Table
          label="Works" columns={chosen ? works.slice(0, 2) : works} total={list.total} at={list.at} onRange={list.onRange} keyOf={(row) => row.work} onOpen={setChosen} testid="works" {...(chosen && { selected: chosen.work })}
          empty={<Empty title="No work yet">What the flows glacier_restore, sqs_scheduled_dag and file_watcher bring back from an archive is shown here, step by step.</Empty>}
        />
      </div>
      {chosen ? <WorkPane of={chosen} close={() => setChosen(undefined)} /> : null}
    </div>
  );
}

function WorkPane({ of, close }: { of: WorkRow; close: () => void }) {
  const steps: Array<[string, number | null]> = [["Requested", of.requested], ["Restored", of.restored], ["Readable until", of.until], ["Downloaded", of.downloaded], ["Debagged", of.debagged], ["Synced", of.synced]];
  return (
    <aside className="pane side" aria-label={`Work ${of.work}`} data-testid="work-pane">
      <PaneHead shape={WORKS[of.state]} word={of.state} title={of.work} close={close} />
      <dl className="sideterms">
        {of.trouble ? <><dt>Why not</dt><dd className="sel">{of.trouble}</dd></> : null}
        {steps.map(([step, at]) => (at === null ? null : [<dt key={step}>{step}</dt>, <dd key={`${step} at`}><When at={at} /></dd>]))}
        <dt>Place</dt><dd className="sel">{of.place ?? <span className="t3">not known</span>}</dd>
        <dt>Run</dt><dd><RunLink run={of.run}>run {of.run}</RunLink></dd>
        <dt>Told</dt><dd><When at={of.changed} /></dd>
      </dl>
    </aside>
  );
}

function Messages() {
  const [all, setAll] = useState(false);
  const list = usePaged("work.messages", { all });
  const [chosen, setChosen] = useState<QueueMessageRow>();
  const none = all ? "No message was received yet" : "No message waits to be done";
  return (
    <div className={`md listmd${chosen ? " with" : ""}`}>
      <div className="pane">
        <div className="toolbar"><label className="row"><input type="checkbox" checked={all} onChange={(event) => setAll(event.target.checked)} data-testid="messages-all" />Those that are done too</label></div>
        {list.fault ? <div className="pad"><FaultView of={list.fault} /></div> : null}
        {list.total === undefined && !list.fault ? <Loading /> : (
          <Table
            label="Messages" columns={chosen ? messages.slice(0, 2) : messages} total={list.total ?? 0} at={list.at} onRange={list.onRange} keyOf={keyOf} onOpen={setChosen} testid="messages" {...(chosen && { selected: keyOf(chosen) })}
            empty={<Empty title={none}>A message is deleted from its queue only when what it asked for is done and proved.</Empty>}
          />
        )}
      </div>
      {chosen ? <MessagePane key={keyOf(chosen)} of={chosen} close={() => setChosen(undefined)} /> : null}
    </div>
  );
}

/** Ids of messages are those of their queue. */
const keyOf = ({ queue, message }: QueueMessageRow) => `${queue} ${message}`;

function MessagePane({ of, close }: { of: QueueMessageRow; close: () => void }) {
  const [shape, word] = MESSAGES[of.state];
  return (
    <aside className="pane side" aria-label={`Message ${of.message}`} data-testid="message-pane">
      <PaneHead shape={shape} word={word} title={of.message} close={close} />
      <dl className="sideterms">
        {of.trouble ? <><dt>Why not</dt><dd className="sel">{of.trouble}</dd></> : null}
        <dt>Asks for</dt><dd className="sel">{of.asks.length > 0 ? of.asks.map((ask) => <div key={ask}>{ask}</div>) : <span className="t3">nothing that is known</span>}</dd>
        <dt>Queue</dt><dd className="sel">{of.queue}, by {of.connection}</dd>
        <dt>Came</dt><dd>{plural(of.times, "time")}, last <When at={of.at} /></dd>
        <dt>In the queue</dt><dd>{of.deleted ? "deleted" : "kept"}</dd>
        <dt>Run</dt><dd><RunLink run={of.run}>run {of.run}</RunLink></dd>
      </dl>
      <MessageActs of={of} done={close} />
      <div className="vals open"><h3 className="sec">As it came</h3><pre className="mono sel">{pretty(of.body)}</pre></div>
    </aside>
  );
}

/** A message's text in lines, if it is JSON; as it came, if not. */
function pretty(body: string): string {
  try {
    return JSON.stringify(JSON.parse(body), null, 2);
  } catch {
    return body;
  }
}

function PaneHead({ shape, word, title, close }: { shape: Shape; word: string; title: string; close: () => void }) {
  return <header className="pane-h"><State of={shape} word={word} only /><h2 className="sec cut grow"><Name of={title} /></h2><button type="button" className="iconbtn" aria-label="Close" data-close onClick={close}><X size={16} aria-hidden /></button></header>;
}
