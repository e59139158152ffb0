//! Notices of the desktop: what tasks tell the operator is shown outside of the window too, a few times a minute at most.

use std::collections::{BTreeSet, VecDeque};
use std::time::Duration;

use tauri::{AppHandle, Emitter as _};
use tokio::sync::mpsc;
use tokio::time::{Instant, sleep_until};

use crate::{platform, window};

/// Event by which the UI hears that a run shall be opened.
const OPEN: &str = "open";
/// What comes within this time is shown together.
const TOGETHER: Duration = Duration::from_secs(1);
/// Shown at most within [`MINUTE`].
const MOST: usize = 3;
const MINUTE: Duration = Duration::from_mins(1);
/// Titles that are named of many notices.
const NAMED: usize = 4;
/// Characters of a text.
const LONGEST: usize = 400;

/// What a task tells.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Notice {
    /// Its run.
    pub(crate) run: String,
    /// What it is about.
    pub(crate) title: String,
    /// What there is to say.
    pub(crate) text: String,
}

/// What is shown: one notice, or many in one.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Shown {
    /// First line.
    pub(crate) title: String,
    /// The others.
    pub(crate) text: String,
    /// The run to open, if all of it is of one.
    pub(crate) run: Option<String>,
}

/// Where notices are given to be shown.
pub(crate) struct Notices(mpsc::UnboundedSender<Notice>);

impl Notices {
    /// Shows what comes for as long as the app lives. Who clicks on what is shown gets the window, with the run in it.
    pub(crate) fn begin(app: &AppHandle) -> Self {
        let (sender, notices) = mpsc::unbounded_channel();
        let (show, shown) = mpsc::unbounded_channel();
        let raised = app.clone();
        let open = move |run: Option<String>| {
            window::raise(&raised);
            if let Some(Err(error)) = run.map(|run| raised.emit(OPEN, run)) {
                tracing::error!("the window did not hear that a run shall be opened: {error}");
            }
        };
        if let Err(error) = platform::show_notices(app, shown, open) {
            tracing::warn!("notices are shown in the window only: {error}");
        }
        tauri::async_runtime::spawn(gather(notices, show));
        Self(sender)
    }

    /// Shows a notice, soon.
    pub(crate) fn tell(&self, notice: Notice) {
        // Nobody listens once the app ends.
        let _ = self.0.send(notice);
    }
}

/// Passes notices on, together where they come together or too often.
async fn gather(mut notices: mpsc::UnboundedReceiver<Notice>, show: mpsc::UnboundedSender<Shown>) {
    let mut throttle = Throttle::default();
    loop {
        let due = throttle.due();
        tokio::select! {
            notice = notices.recv() => match notice {
                Some(notice) => throttle.take(notice, Instant::now()),
                None => return,
            },
            () = sleep_until(due.unwrap_or_else(Instant::now)), if due.is_some() => {
                if show.send(throttle.release(Instant::now())).is_err() {
                    return;
                }
            }
        }
    }
}

/// Holds notices back until they may be shown.
#[derive(Default)]
struct Throttle {
    held: Vec<Notice>,
    since: Option<Instant>,
    /// When the last ones were shown, the oldest first.
    shown: VecDeque<Instant>,
}

impl Throttle {
    fn take(&mut self, notice: Notice, now: Instant) {
        self.since.get_or_insert(now);
        self.held.push(notice);
    }

    /// When what is held may be shown.
    fn due(&self) -> Option<Instant> {
        let gathered = self.since? + TOGETHER;
        let spaced = self.shown.front().filter(|_| self.shown.len() >= MOST).map(|first| *first + MINUTE);
        Some(spaced.map_or(gathered, |spaced| spaced.max(gathered)))
    }

    /// All that is held, as one.
    fn release(&mut self, now: Instant) -> Shown {
        self.since = None;
        if self.shown.len() >= MOST {
            self.shown.pop_front();
        }
        self.shown.push_back(now);
        in_one(&std::mem::take(&mut self.held))
    }
}

fn in_one(notices: &[Notice]) -> Shown {
    let runs: BTreeSet<&str> = notices.iter().map(|notice| notice.run.as_str()).collect();
    let run = runs.first().filter(|_| runs.len() == 1).map(|run| (*run).to_owned());
    let mut titles: Vec<(&str, usize)> = Vec::new();
    for notice in notices {
        match titles.iter_mut().find(|(title, _)| *title == notice.title) {
            Some((_, count)) => *count += 1,
            None => titles.push((&notice.title, 1)),
        }
    }
    let (title, text) = match (notices, titles.as_slice()) {
        ([only], _) => (only.title.clone(), only.text.clone()),
        ([.., last], [(title, count)]) => (format!("{title} ({count} times)"), last.text.clone()),
        _ => (format!("{} notices from {}", notices.len(), of_runs(runs.len())), named(&titles)),
    };
    Shown { title: plain(&title), text: plain(&text), run }
}

fn of_runs(count: usize) -> String {
    if count == 1 { "one run".to_owned() } else { format!("{count} runs") }
}

/// The first titles, a line each.
fn named(titles: &[(&str, usize)]) -> String {
    let line = |(title, count): &(&str, usize)| match count {
        1 => (*title).to_owned(),
        count => format!("{title} ({count} times)"),
    };
    let mut lines: Vec<String> = titles.iter().take(NAMED).map(line).collect();
    if let Some(more) = titles.len().checked_sub(NAMED).filter(|more| *more > 0) {
        lines.push(format!("and {more} more"));
    }
    lines.join("\n")
}

/// Without what a terminal or a text field would act upon, and not longer than anybody reads.
fn plain(text: &str) -> String {
    let harmless = |letter: char| letter == '\n' || !(letter.is_control() || is_mark(letter));
    let mut kept: String = text.chars().filter(|letter| harmless(*letter)).take(LONGEST).collect();
    if text.chars().count() > LONGEST {
        kept.push('…');
    }
    kept
}

/// Marks that turn the direction of a text (Unicode TR 9), by which a name can pass for another.
fn is_mark(letter: char) -> bool {
    matches!(letter, '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}')
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    fn notice(run: &str, title: &str) -> Notice {
        Notice { run: run.into(), title: title.into(), text: format!("of {run}") }
    }

    #[test]
    fn one_is_shown_as_it_is_after_a_second() {
        let (mut throttle, now) = (Throttle::default(), Instant::now());
        assert_eq!(throttle.due(), None);
        throttle.take(notice("r1", "Archived"), now);
        assert_eq!(throttle.due(), Some(now + TOGETHER));
        let shown = throttle.release(now + TOGETHER);
        assert_eq!(shown, Shown { title: "Archived".into(), text: "of r1".into(), run: Some("r1".into()) });
        assert_eq!(throttle.due(), None);
    }

    #[test]
    fn a_hundred_in_a_minute_are_shown_three_times_and_none_is_lost() {
        let (mut throttle, begun) = (Throttle::default(), Instant::now());
        let (mut shown, mut told) = (Vec::new(), 0);
        for step in 0..100 {
            let now = begun + Duration::from_millis(600) * step;
            if throttle.due().is_some_and(|due| due <= now) {
                told += throttle.held.len();
                shown.push(throttle.release(now));
            }
            throttle.take(notice(&format!("r{step}"), "A run failed"), now);
        }
        assert_eq!(shown.len(), MOST);
        let rest = throttle.release(throttle.due().unwrap());
        assert_eq!(rest.title, format!("A run failed ({} times)", 100 - told));
        assert_eq!((rest.text.as_str(), rest.run), ("of r99", None));
    }

    #[test]
    fn many_of_several_kinds_are_counted_and_named() {
        let all: Vec<_> =
            (0..6).map(|at| notice("r1", &format!("Kind {at}"))).chain([notice("r2", "Kind 0")]).collect();
        let shown = in_one(&all);
        assert_eq!(shown.title, "7 notices from 2 runs");
        assert_eq!(shown.text, "Kind 0 (2 times)\nKind 1\nKind 2\nKind 3\nand 2 more");
    }

    #[test]
    fn a_hostile_text_is_harmless_and_short() {
        let text = plain(&format!("a\u{1b}[31m\u{202e}gpj.exe\0{}", "x".repeat(1_000)));
        assert!(text.starts_with("a[31mgpj.exex") && text.ends_with("x…"), "{text}");
        assert_eq!(text.chars().count(), LONGEST + 1);
    }
}
