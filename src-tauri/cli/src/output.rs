//! What goes to standard output and standard error.

use std::fmt::{Display, Write as _};
use std::io::Write as _;

use longshore_api::Fault;
use serde::Serialize;
use serde_json::json;

/// Results go to standard output, everything else to standard error.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Output {
    /// Results are JSON.
    pub json: bool,
    /// No remarks, no progress.
    pub quiet: bool,
}

impl Output {
    /// A result: as JSON, or in words.
    pub(crate) fn result(self, value: &impl Serialize, words: impl FnOnce() -> String) {
        if self.json {
            self.line(value);
        } else {
            print(&words());
        }
    }

    /// One JSON document on a line.
    pub(crate) fn line(self, value: &impl Serialize) {
        match serde_json::to_string(value) {
            Ok(text) => print(&(text + "\n")),
            Err(error) => self.remark(format_args!("the result cannot be written as JSON: {error}")),
        }
    }

    /// A remark for whoever looks on.
    pub(crate) fn remark(self, text: impl Display) {
        if !self.quiet {
            eprintln!("{text}");
        }
    }

    /// A failure: what, why, what now, in that order.
    pub(crate) fn fault(self, fault: &Fault) {
        if self.json {
            self.line(&json!({ "fault": fault }));
        }
        eprint!("{}", in_words(fault));
    }
}

/// A fault as lines of text.
pub(crate) fn in_words(fault: &Fault) -> String {
    let now = (!fault.now.is_empty()).then_some(&fault.now);
    let facts = [
        ("why", Some(&fault.why)),
        ("now", now),
        ("at", fault.at.as_ref()),
        ("dataset", fault.dataset.as_ref()),
        ("file", fault.file.as_ref()),
        ("place", fault.place.as_ref()),
    ];
    let also = fault.also.iter().map(|also| ("also", also));
    let known = facts.into_iter().filter_map(|(name, value)| Some((name, value?)));
    let mut text = format!("error: {}\n", fault.what);
    for (name, value) in known.chain(also).chain([("code", &fault.code)]) {
        // Writing to a String cannot fail.
        let _ = writeln!(text, "  {name:<8} {value}");
    }
    text
}

/// Writes to standard output. A reader that has gone (`| head`) wants no more, and is no failure.
fn print(text: &str) {
    let mut out = std::io::stdout().lock();
    let _ = out.write_all(text.as_bytes()).and_then(|()| out.flush());
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_fault_says_what_why_and_what_now() {
        let fault = Fault::fatal("storage.missing", "The LTS cannot be written", "/mnt/lts is not there")
            .now("Mount it, then retry the run.")
            .at_place("lts");
        let shown = "\
error: The LTS cannot be written
  why      /mnt/lts is not there
  now      Mount it, then retry the run.
  place    lts
  code     storage.missing
";
        assert_eq!(in_words(&fault), shown);
    }
}
