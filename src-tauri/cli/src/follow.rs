//! Waiting for runs, and for the runs that they start.

use std::collections::HashMap;

use indexmap::IndexMap;
use longshore_api::wire::{Event, LogRow, RunArgs, RunDetail, RunLogs, RunLogsArgs, RunShow, Tag, TaskLive};
use longshore_api::{Fault, RunState, Session};

use crate::bars::Bars;
use crate::exit::Exit;
use crate::output::Output;

/// Lines of a log that are asked for at a time.
const LINES: u32 = 1000;

/// Runs that are waited for, as they were last seen.
pub(crate) struct Following<'a> {
    session: &'a Session,
    out: Output,
    bars: Bars,
    runs: IndexMap<String, Option<RunDetail>>,
    /// How a line of a log is told, if they are, and the last that was, by run.
    lines: Option<fn(&LogRow) -> String>,
    last: HashMap<String, i64>,
}

impl<'a> Following<'a> {
    pub(crate) fn new(session: &'a Session, out: Output, runs: impl IntoIterator<Item = String>) -> Self {
        let runs = runs.into_iter().map(|id| (id, None)).collect();
        Self { session, out, bars: Bars::new(out), runs, lines: None, last: HashMap::new() }
    }

    /// With the lines that their tasks log, as they come.
    pub(crate) fn with_lines(mut self, words: fn(&LogRow) -> String) -> Self {
        self.lines = Some(words);
        self
    }

    /// Waits until all of them, and all that they started, have ended; gives them in the order in which they came up.
    pub(crate) async fn until_ended(mut self) -> Result<Vec<RunDetail>, Fault> {
        // Listen first, look after: what changes in between is not missed.
        let mut events = self.session.events().await;
        self.look(|_| true).await?;
        if !self.session.owns() {
            self.say("Another process owns the workspace and carries this on.");
        }
        while !self.runs.values().all(|run| run.as_ref().is_some_and(|detail| ended(detail.run.state))) {
            match events.next().await {
                Event::Changed { tags } => self.look(|id| tags.contains(&Tag::Run(id.to_owned()))).await?,
                Event::Everything => self.look(|_| true).await?,
                Event::Progress { run, tasks, .. } => self.moved(&run, &tasks),
                Event::Connection { up } => self.connection(up),
                Event::Notice { title, text, .. } => self.say(format!("{title}\n{text}").trim_end()),
                Event::Log { run, .. } => self.read_on(&run).await?,
                Event::Plan { .. } | Event::Tested { .. } | Event::Raise => {}
            }
        }
        for run in self.runs.keys().cloned().collect::<Vec<_>>() {
            self.read_on(&run).await?;
        }
        self.bars.clear();
        Ok(self.runs.into_values().flatten().collect())
    }

    /// Fetches the runs that changed, and those that they started since.
    async fn look(&mut self, changed: impl Fn(&str) -> bool) -> Result<(), Fault> {
        let mut at = 0;
        while let Some((id, known)) = self.runs.get_index(at) {
            at += 1;
            if known.is_some() && !changed(id) {
                continue;
            }
            let detail = self.session.call::<RunShow>(RunArgs { run: id.clone() }).await?;
            self.seen(&detail);
        }
        Ok(())
    }

    /// Tells the lines of a run's log that were not told yet.
    async fn read_on(&mut self, run: &str) -> Result<(), Fault> {
        let Some(words) = self.lines.filter(|_| self.runs.contains_key(run)) else { return Ok(()) };
        loop {
            let after = self.last.get(run).copied().unwrap_or_default();
            let args = RunLogsArgs { run: run.to_owned(), after, limit: LINES, ..RunLogsArgs::default() };
            let lines = self.session.call::<RunLogs>(args).await?;
            let Some(last) = lines.last() else { return Ok(()) };
            self.last.insert(run.to_owned(), last.seq);
            for line in &lines {
                self.say(words(line).trim_end());
            }
        }
    }

    fn seen(&mut self, detail: &RunDetail) {
        for child in &detail.children {
            self.runs.entry(child.id.clone()).or_default();
        }
        for row in &detail.tasks {
            let (task, state, progress) = (row.id.clone(), row.state, row.progress.clone());
            self.bars.show(&detail.run.id, &TaskLive { task, state, counts: Vec::new(), progress });
        }
        let before = self.runs.insert(detail.run.id.clone(), Some(detail.clone())).flatten();
        self.tell(before.as_ref(), detail);
    }

    /// Says what a run waits for, and how it ended, once.
    fn tell(&self, before: Option<&RunDetail>, now: &RunDetail) {
        let run = &now.run;
        if let Some(waits) = &run.waits
            && before.and_then(|before| before.run.waits.as_ref()) != Some(waits)
        {
            self.say(&format!("{} {waits}", run.flow));
        }
        if ended(run.state) && !before.is_some_and(|before| ended(before.run.state)) {
            let took = crate::text::between(run.started_at, run.ended_at);
            self.say(&format!("{} {} after {took}", run.flow, word(run.state)));
        }
    }

    fn say(&self, text: &str) {
        if !self.out.quiet {
            self.bars.say(text);
        }
    }

    fn moved(&mut self, run: &str, tasks: &[TaskLive]) {
        if self.runs.contains_key(run) {
            for task in tasks {
                self.bars.show(run, task);
            }
        }
    }

    fn connection(&self, up: bool) {
        self.say(match (up, self.session.owns()) {
            (false, _) => "The process that owned the workspace is gone.",
            (true, true) => "This process owns the workspace now and carries its runs on.",
            (true, false) => "Another process owns the workspace now and carries its runs on.",
        });
    }
}

/// Whether a run in this state stays in it by itself.
pub(crate) fn ended(state: RunState) -> bool {
    matches!(state, RunState::Success | RunState::Failed | RunState::Cancelled)
}

/// A run's state in words, as the end of a sentence.
pub(crate) fn word(state: RunState) -> &'static str {
    match state {
        RunState::Queued => "queued",
        RunState::Running => "running",
        RunState::Paused => "paused",
        RunState::Success => "succeeded",
        RunState::Failed => "failed",
        RunState::Cancelling => "cancelling",
        RunState::Cancelled => "cancelled",
    }
}

/// Tells the faults of runs that did not succeed and how to go on, and gives the exit code of them all.
pub(crate) fn conclude(out: Output, runs: &[RunDetail]) -> Exit {
    let mut exit = Exit::Done;
    for RunDetail { run, .. } in runs.iter().filter(|detail| detail.run.state != RunState::Success) {
        exit = run.fault.as_ref().map_or(Exit::Failed, Exit::of);
        if let Some(fault) = &run.fault {
            eprint!("{}", crate::output::in_words(fault));
        }
        out.remark(format_args!(
            "Run {} of {} {}. Look: longshore run show {0}   Retry: longshore run retry {0}",
            run.id,
            run.flow,
            word(run.state)
        ));
    }
    exit
}
