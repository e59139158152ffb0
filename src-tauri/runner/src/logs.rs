//! Log lines, gathered and written many at a time.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use longshore_engine::{Clock, RunId};
use longshore_flows::kind::Level;
use tokio::sync::Notify;

use crate::board::{Board, lock};
use crate::{Journal, LogLine};

/// Lines held at most before they are written; what comes beyond is counted and left out.
const HELD: usize = 20_000;
/// Lines are written at the latest this long after they were said.
const DELAY: Duration = Duration::from_millis(200);

#[derive(Default)]
struct Held {
    lines: BTreeMap<RunId, Vec<LogLine>>,
    count: usize,
    left_out: usize,
}

/// Takes lines from attempts and writes them to the journal's side.
pub(crate) struct Logs {
    held: Mutex<Held>,
    said: Notify,
    /// Held while lines are being written, so that whoever asks for them to be written waits for those on their way too.
    writing: tokio::sync::Mutex<()>,
    journal: Arc<dyn Journal>,
    board: Arc<Board>,
    clock: Arc<dyn Clock>,
}

impl Logs {
    pub(crate) fn new(journal: Arc<dyn Journal>, board: Arc<Board>, clock: Arc<dyn Clock>) -> Self {
        let (held, said, writing) = (Mutex::default(), Notify::new(), tokio::sync::Mutex::new(()));
        Self { held, said, writing, journal, board, clock }
    }

    pub(crate) fn now(&self) -> i64 {
        self.clock.now().0
    }

    pub(crate) fn say(&self, run: &RunId, line: LogLine) {
        let mut held = lock(&self.held);
        if held.count >= HELD {
            held.left_out += 1;
            return;
        }
        held.count += 1;
        held.lines.entry(run.clone()).or_default().push(line);
        drop(held);
        self.said.notify_one();
    }

    /// Writes what was said so far.
    pub(crate) async fn flush(&self) {
        let _writing = self.writing.lock().await;
        let mut held = std::mem::take(&mut *lock(&self.held));
        note_left_out(&mut held);
        for (run, lines) in held.lines {
            self.write(run, lines).await;
        }
    }

    async fn write(&self, run: RunId, lines: Vec<LogLine>) {
        let journal = self.journal.clone();
        let write = move || (journal.log(&run, &lines), run, lines);
        match tokio::task::spawn_blocking(write).await {
            Ok((Ok(()), run, lines)) => self.board.tell_lines(run, lines),
            // A log is not state: the run goes on, and what could not be written is said where it can be.
            Ok((Err(fault), run, lines)) => tracing::error!(%run, lines = lines.len(), %fault, "log lines are lost"),
            Err(error) => tracing::error!(%error, "log lines are lost"),
        }
    }

    /// Writes what is said, for ever.
    pub(crate) async fn serve(self: Arc<Self>) {
        loop {
            self.said.notified().await;
            self.clock.sleep_until(self.clock.now() + DELAY).await;
            self.flush().await;
        }
    }
}

fn note_left_out(held: &mut Held) {
    let left_out = held.left_out;
    if let Some(last) = held.lines.values_mut().next_back().filter(|_| left_out > 0) {
        let said = last.last().cloned();
        let text = format!("{left_out} lines were left out: more were said than could be written.");
        last.extend(said.map(|line| LogLine { level: Level::Warning, text, ..line }));
    }
}
