//! From the bytes that a program writes to lines that can be shown: bounded, whatever it writes.

use std::collections::VecDeque;
use std::fmt::Write as _;

use super::shell::LARGEST_OUTPUT;

/// Bytes of a line that are shown.
const SHOWN: usize = 3_500;
/// Lines that are shown as they come.
const HEAD: usize = 4_000;
/// Bytes of lines that are shown as they come.
const HEAD_BYTES: usize = 2 << 20;
/// Last lines that are shown at the end, if more came than are shown as they come.
const TAIL: usize = 500;

/// Cuts a stream into lines. A carriage return begins a line anew, as on a terminal.
#[derive(Default)]
pub(super) struct Lines {
    /// The line so far, at most [`LARGEST_OUTPUT`] bytes of it.
    line: Vec<u8>,
    /// Bytes of it beyond those.
    beyond: u64,
    returned: bool,
    /// The last line that was not empty; none if it was too long.
    last: Option<Vec<u8>>,
}

impl Lines {
    /// Takes bytes, and gives each line that ends in them, ready to be shown.
    pub(super) fn push(&mut self, mut bytes: &[u8], each: &mut dyn FnMut(String)) {
        while let Some(end) = bytes.iter().position(|byte| matches!(byte, b'\n' | b'\r')) {
            self.extend(&bytes[..end]);
            if bytes[end] == b'\n' {
                each(self.end_line());
            } else {
                self.returned = true;
            }
            bytes = &bytes[end + 1..];
        }
        self.extend(bytes);
    }

    fn extend(&mut self, bytes: &[u8]) {
        if bytes.is_empty() {
            return;
        }
        if std::mem::take(&mut self.returned) {
            self.line.clear();
            self.beyond = 0;
        }
        let room = LARGEST_OUTPUT.saturating_sub(self.line.len());
        let (kept, rest) = bytes.split_at(room.min(bytes.len()));
        self.line.extend_from_slice(kept);
        self.beyond += rest.len() as u64;
    }

    fn end_line(&mut self) -> String {
        self.returned = false;
        let line = std::mem::take(&mut self.line);
        let beyond = std::mem::take(&mut self.beyond);
        let shown = shown(&line, beyond);
        if !line.is_empty() {
            self.last = (beyond == 0).then_some(line);
        }
        shown
    }

    /// The end of the stream: gives a last line that no line break ends.
    pub(super) fn end(&mut self) -> Option<String> {
        (!self.line.is_empty()).then(|| self.end_line())
    }

    /// The last line that was not empty.
    pub(super) fn last(&self) -> Option<&[u8]> {
        self.last.as_deref()
    }
}

/// A line as it is shown: invalid UTF-8 and control characters as `\xNN`, cut if it is long.
fn shown(line: &[u8], beyond: u64) -> String {
    let kept = &line[..line.len().min(SHOWN)];
    let mut text = String::with_capacity(kept.len());
    for chunk in kept.utf8_chunks() {
        chunk.valid().chars().for_each(|c| push(&mut text, c));
        chunk.invalid().iter().for_each(|byte| escape(&mut text, u32::from(*byte)));
    }
    let cut = (line.len() - kept.len()) as u64 + beyond;
    if cut > 0 {
        // Writing to a String cannot fail.
        let _ = write!(text, "… ({cut} more bytes of this line are not shown)");
    }
    text
}

fn push(text: &mut String, c: char) {
    if c.is_control() && c != '\t' { escape(text, u32::from(c)) } else { text.push(c) }
}

fn escape(text: &mut String, code: u32) {
    // Writing to a String cannot fail.
    let _ = write!(text, "\\x{code:02X}");
}

/// Decides which lines are shown: the first ones as they come, the last ones at the end.
#[derive(Default)]
pub(super) struct Bound {
    lines: usize,
    bytes: usize,
    tail: VecDeque<String>,
    left_out: u64,
}

impl Bound {
    /// Takes a line; gives what is to be shown now.
    pub(super) fn take(&mut self, line: String) -> Option<String> {
        if self.lines < HEAD && self.bytes < HEAD_BYTES {
            self.lines += 1;
            self.bytes += line.len();
            return Some(line);
        }
        let first = self.tail.is_empty();
        if self.tail.len() == TAIL {
            self.tail.pop_front();
            self.left_out += 1;
        }
        self.tail.push_back(line);
        first.then(|| format!("[The program writes a lot. Only its last {TAIL} lines follow, at its end.]"))
    }

    /// What is to be shown at the end.
    pub(super) fn end(self) -> impl Iterator<Item = String> {
        let note = (self.left_out > 0).then(|| format!("[{} lines are left out here.]", self.left_out));
        note.into_iter().chain(self.tail)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn lines(pieces: &[&[u8]]) -> (Vec<String>, Option<Vec<u8>>) {
        let (mut lines, mut all) = (Lines::default(), Vec::new());
        for piece in pieces {
            lines.push(piece, &mut |line| all.push(line));
        }
        all.extend(lines.end());
        (all, lines.last().map(<[u8]>::to_vec))
    }

    #[test]
    fn lines_are_cut_where_they_end() {
        let (shown, last) = lines(&[b"one\ntw", b"o\r\n10%\r20%\rdone\n\n", b"end"]);
        assert_eq!(shown, ["one", "two", "done", "", "end"]);
        assert_eq!(last.as_deref(), Some(&b"end"[..]));
    }

    #[test]
    fn what_is_no_text_is_shown_as_bytes() {
        let (shown, _) = lines(&[b"a\xFF\xC3\x28 \x1b[1m\tb\n"]);
        assert_eq!(shown, ["a\\xFF\\xC3( \\x1B[1m\tb"]);
    }

    #[test]
    fn a_long_line_is_cut_and_its_length_told() {
        let (shown, last) = lines(&[&[b'x'; 4_000], b"\n"]);
        assert!(shown[0].ends_with("x… (500 more bytes of this line are not shown)"), "{}", shown[0]);
        assert_eq!(last.map(|last| last.len()), Some(4_000));
        let (_, last) = lines(&[&vec![b'x'; LARGEST_OUTPUT], b"x\n", b"\n"]);
        assert_eq!(last, None);
    }

    #[test]
    fn of_many_lines_the_first_and_the_last_are_shown() {
        let mut bound = Bound::default();
        let mut shown: Vec<String> = (0..100_000).filter_map(|n| bound.take(n.to_string())).collect();
        shown.extend(bound.end());
        assert_eq!(shown.len(), HEAD + TAIL + 2);
        assert_eq!(shown[HEAD + 1], "[95500 lines are left out here.]");
        assert_eq!(shown.last().map(String::as_str), Some("99999"));
    }
}
