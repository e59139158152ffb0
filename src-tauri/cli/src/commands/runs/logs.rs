//! `longshore run logs`.

use longshore_api::wire::{Event, LogRow, LogSave, LogSaveArgs, RunArgs, RunLogs, RunLogsArgs, RunShow, Tag};
use longshore_api::{Fault, Role, Session};

use crate::args::Lines;
use crate::exit::Exit;
use crate::follow::ended;
use crate::output::Output;
use crate::shell::{Shell, local};
use crate::text;

/// Lines asked for at a time.
const PAGE: u32 = 1000;

/// Prints the logs of a run, and goes on with new lines if asked to.
pub(crate) async fn logs(shell: &Shell, run: String, lines: Lines, follow: bool) -> Result<Exit, Fault> {
    let session = shell.open(Role::Glance).await?;
    let Lines { task, index, attempt, level, search, output } = lines;
    if let Some(file) = output {
        let args = LogSaveArgs { run, task, index, attempt, path: local(&file)? };
        let written = session.call::<LogSave>(args).await?;
        shell.out.result(&written, || format!("{}  {}\n", written.path, text::size(written.bytes)));
        return Ok(Exit::Done);
    }
    let (after, limit) = (0, PAGE);
    let args = RunLogsArgs { run, task, index, attempt, level, text: search, after, limit };
    let mut tail = Tail { session, out: shell.out, args };
    if follow {
        tail.follow().await?;
    } else {
        let lines = tail.rest().await?;
        shell.out.result(&lines, || lines.iter().map(in_words).collect());
    }
    Ok(Exit::Done)
}

struct Tail<'a> {
    session: &'a Session,
    out: Output,
    /// What is asked for next.
    args: RunLogsArgs,
}

impl Tail<'_> {
    /// Every line that was not given yet.
    async fn rest(&mut self) -> Result<Vec<LogRow>, Fault> {
        let mut all = Vec::new();
        loop {
            let lines = self.page().await?;
            let Some(last) = lines.last() else { return Ok(all) };
            self.args.after = last.seq;
            all.extend(lines);
        }
    }

    async fn page(&self) -> Result<Vec<LogRow>, Fault> {
        self.session.call::<RunLogs>(self.args.clone()).await
    }

    async fn follow(&mut self) -> Result<(), Fault> {
        let mut events = self.session.events().await;
        loop {
            // Asked before the lines: what was logged before the end is then there.
            let over = ended(self.session.call::<RunShow>(RunArgs { run: self.args.run.clone() }).await?.run.state);
            for line in self.rest().await? {
                if self.out.json { self.out.line(&line) } else { self.out.result(&line, || in_words(&line)) }
            }
            if over {
                return Ok(());
            }
            while !self.concerns(&events.next().await) {}
        }
    }

    fn concerns(&self, event: &Event) -> bool {
        match event {
            Event::Log { run, .. } => *run == self.args.run,
            Event::Changed { tags } => tags.contains(&Tag::Run(self.args.run.clone())),
            Event::Everything => true,
            _ => false,
        }
    }
}

/// A line as it is printed.
pub(in crate::commands) fn in_words(line: &LogRow) -> String {
    let index = line.index.map(|index| format!("[{index}]")).unwrap_or_default();
    let task = format!("{}{index} #{}", line.task, line.attempt);
    format!("{}  {task:<16} {:<8} {}\n", text::time(line.at), line.level, line.text)
}
