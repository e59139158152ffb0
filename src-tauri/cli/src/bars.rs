//! Progress on a terminal: one bar for each task that moves.

use indexmap::IndexMap;
use indicatif::{MultiProgress, ProgressBar, ProgressStyle};
use longshore_api::TaskState;
use longshore_api::wire::{ProgressRow, TaskLive};

use crate::output::Output;
use crate::text;

/// The bars. Nothing is drawn where standard error is no terminal.
pub(crate) struct Bars {
    all: MultiProgress,
    by_task: IndexMap<(String, String), ProgressBar>,
    drawn: bool,
}

impl Bars {
    pub(crate) fn new(out: Output) -> Self {
        let drawn = !out.quiet && std::io::IsTerminal::is_terminal(&std::io::stderr());
        Self { all: MultiProgress::new(), by_task: IndexMap::new(), drawn }
    }

    /// Writes a line above the bars.
    pub(crate) fn say(&self, text: &str) {
        self.all.suspend(|| eprintln!("{text}"));
    }

    /// What a task of a run has moved.
    pub(crate) fn show(&mut self, run: &str, live: &TaskLive) {
        if !self.drawn {
            return;
        }
        let key = (run.to_owned(), live.task.clone());
        if !matches!(live.state, TaskState::Running | TaskState::Queued | TaskState::Cancelling) {
            if let Some(bar) = self.by_task.shift_remove(&key) {
                bar.finish_and_clear();
            }
            return;
        }
        self.bar(key, &live.progress);
    }

    /// What a command moves by itself.
    pub(crate) fn moves(&mut self, what: &str, progress: &ProgressRow) {
        if self.drawn {
            self.bar((String::new(), what.to_owned()), progress);
        }
    }

    fn bar(&mut self, key: (String, String), progress: &ProgressRow) {
        let (all, what) = (&self.all, key.1.clone());
        let bar = self.by_task.entry(key).or_insert_with(|| all.add(new_bar(&what)));
        bar.set_length(1000);
        bar.set_position(share(progress));
        bar.set_message(message(progress));
    }

    /// Takes all bars away.
    pub(crate) fn clear(&mut self) {
        for (_, bar) in self.by_task.drain(..) {
            bar.finish_and_clear();
        }
    }
}

fn new_bar(task: &str) -> ProgressBar {
    let bar = ProgressBar::new(1000).with_prefix(task.to_owned());
    match ProgressStyle::with_template("  {prefix:<10} {bar:24} {msg}") {
        Ok(style) => bar.with_style(style.progress_chars("━╸─")),
        // The template is a constant; without it the bar has its plain look.
        Err(_) => bar,
    }
}

/// Thousandths that are done; of an empty whole, none until it is over.
fn share(progress: &ProgressRow) -> u64 {
    let part = |done: u64, total: Option<u64>| {
        let total = total.filter(|total| *total > 0)?;
        u64::try_from(u128::from(done.min(total)) * 1000 / u128::from(total)).ok()
    };
    part(progress.bytes, progress.bytes_total).or_else(|| part(progress.files, progress.files_total)).unwrap_or(0)
}

/// `1.24 of 2.00 GiB  210 MiB/s  4 s left`.
pub(crate) fn message(progress: &ProgressRow) -> String {
    let mut parts = Vec::new();
    if progress.bytes > 0 || progress.bytes_total.is_some() {
        parts.push(of(text::size(progress.bytes), progress.bytes_total.map(text::size)));
    }
    if progress.files > 0 || progress.files_total.is_some() {
        parts.push(of(text::count(progress.files), progress.files_total.map(text::count)) + " files");
    }
    parts.extend(progress.rate.filter(|rate| *rate >= 1.0).map(text::rate));
    parts.extend(progress.seconds_left.map(|seconds| text::duration(seconds) + " left"));
    parts.join("  ")
}

fn of(done: String, total: Option<String>) -> String {
    match total {
        Some(total) => format!("{done} of {total}"),
        None => done,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_bar_says_bytes_files_rate_and_time_left() {
        let progress = ProgressRow {
            bytes: 1 << 30,
            bytes_total: Some(4 << 30),
            files: 1200,
            files_total: Some(20_000),
            rate: Some(220_200_960.0),
            seconds_left: Some(15.0),
            now: String::new(),
        };
        assert_eq!(message(&progress), "1.00 GiB of 4.00 GiB  1,200 of 20,000 files  210 MiB/s  15 s left");
        assert_eq!(share(&progress), 250);
    }

    #[test]
    fn what_is_not_known_is_not_said() {
        let progress = ProgressRow { files: 7, ..ProgressRow::default() };
        assert_eq!((message(&progress).as_str(), share(&progress)), ("7 files", 0));
    }
}
