//! Secret values of a run, and the hiding of them wherever text leaves a task.
//!
//! A secret is found also where line breaks were put into it, and where it comes in pieces ([`Masking`]). What a program made of
//! a secret by encoding it in ways of its own (base64, a digest) is not found.

mod everywhere;

use std::borrow::Cow;
use std::fmt;
use std::sync::Arc;

use longshore_engine::Fault;
use serde_json::Value;

pub use everywhere::{Hiding, hide_everywhere, known};

/// What stands in the place of a secret.
pub const MASK: &str = "***";
/// Characters of the shortest text that is hidden: hiding shorter ones would garble everything and hide nothing.
pub const SHORTEST: usize = 4;

/// Secret values. Cheap to clone; never shown.
#[derive(Clone, Default)]
pub struct Secrets(Arc<[Vec<u8>]>);

impl fmt::Debug for Secrets {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} secret patterns", self.0.len())
    }
}

impl Secrets {
    /// These values: as they are, line by line, and as JSON and addresses write them.
    pub fn of<'v>(values: impl IntoIterator<Item = &'v str>) -> Self {
        let mut patterns: Vec<Vec<u8>> = values.into_iter().flat_map(forms).map(without_breaks).collect();
        patterns.retain(|pattern| pattern.len() >= SHORTEST);
        patterns.sort_by(|a, b| b.len().cmp(&a.len()).then_with(|| a.cmp(b)));
        patterns.dedup();
        Self(patterns.into())
    }

    /// These, and one value more.
    #[must_use]
    pub fn and(&self, value: &str) -> Self {
        let mut patterns = [&self.0[..], &Self::of([value]).0[..]].concat();
        patterns.sort_by(|a, b| b.len().cmp(&a.len()).then_with(|| a.cmp(b)));
        patterns.dedup();
        Self(patterns.into())
    }

    /// Whether there is nothing to hide.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// Whether a secret is in this text.
    pub fn found_in(&self, text: &str) -> bool {
        matches!(self.mask(text), Cow::Owned(_))
    }

    /// The text with its secrets hidden.
    pub fn mask<'t>(&self, text: &'t str) -> Cow<'t, str> {
        if self.is_empty() {
            return Cow::Borrowed(text);
        }
        let mut masking = self.masking();
        let mut masked = masking.push(text.as_bytes());
        masked.extend(masking.end());
        if masking.hidden { Cow::Owned(String::from_utf8_lossy(&masked).into_owned()) } else { Cow::Borrowed(text) }
    }

    /// The value with the secrets in its texts and names hidden.
    #[must_use]
    pub fn mask_value(&self, value: Value) -> Value {
        if self.is_empty() {
            return value;
        }
        match value {
            Value::String(text) => Value::String(self.masked(text)),
            Value::Array(all) => all.into_iter().map(|one| self.mask_value(one)).collect(),
            Value::Object(all) => {
                all.into_iter().map(|(name, one)| (self.masked(name), self.mask_value(one))).collect()
            }
            // A secret of digits alone may come back as a number.
            Value::Number(number) if self.found_in(&number.to_string()) => MASK.into(),
            other => other,
        }
    }

    /// The fault with the secrets in all that it tells hidden.
    #[must_use]
    pub fn mask_fault(&self, fault: Fault) -> Fault {
        if self.is_empty() {
            return fault;
        }
        let Fault { code, class, what, why, now, dataset, file, place, at, also } = fault;
        let maybe = |text: Option<String>| text.map(|text| self.masked(text));
        Fault {
            code,
            class,
            what: self.masked(what),
            why: self.masked(why),
            now: self.masked(now),
            dataset: maybe(dataset),
            file: maybe(file),
            place: maybe(place),
            at: maybe(at),
            also: also.into_iter().map(|text| self.masked(text)).collect(),
        }
    }

    fn masked(&self, text: String) -> String {
        match self.mask(&text) {
            Cow::Owned(masked) => masked,
            Cow::Borrowed(_) => text,
        }
    }

    /// Hides secrets in a stream that comes in pieces.
    pub fn masking(&self) -> Masking {
        let mut begins = [false; 256];
        self.0.iter().filter_map(|pattern| pattern.first()).for_each(|first| begins[usize::from(*first)] = true);
        Masking { secrets: self.clone(), begins, held: Vec::new(), hidden: false }
    }
}

/// The forms in which a secret may be written.
fn forms(secret: &str) -> Vec<String> {
    let mut forms = vec![secret.to_owned(), percent_encoded(secret)];
    // A text can always be written as JSON.
    forms.extend(serde_json::to_string(secret).ok().map(|json| json.trim_matches('"').to_owned()));
    forms.extend(secret.lines().map(str::to_owned));
    forms
}

fn percent_encoded(text: &str) -> String {
    let byte = |byte: u8| {
        let plain = byte.is_ascii_alphanumeric() || b"-_.~".contains(&byte);
        if plain { char::from(byte).to_string() } else { format!("%{byte:02X}") }
    };
    text.bytes().map(byte).collect()
}

fn without_breaks(text: String) -> Vec<u8> {
    text.into_bytes().into_iter().filter(|byte| !matches!(byte, b'\r' | b'\n')).collect()
}

/// Hides secrets in a stream. What may be the beginning of one is held back until it is known; that is never more than the
/// longest secret with a line break behind each of its bytes.
pub struct Masking {
    secrets: Secrets,
    begins: [bool; 256],
    held: Vec<u8>,
    hidden: bool,
}

/// How a pattern compares with what stands at a place.
enum Match {
    /// It stands there, up to before this place.
    Whole(usize),
    /// It may: the text ends before it does.
    Perhaps,
    No,
}

impl Masking {
    /// Takes the next piece; gives what is known to be free of secrets.
    pub fn push(&mut self, piece: &[u8]) -> Vec<u8> {
        self.held.extend_from_slice(piece);
        self.pass(false)
    }

    /// Nothing more comes: gives what was held back.
    pub fn end(&mut self) -> Vec<u8> {
        self.pass(true)
    }

    fn pass(&mut self, ends: bool) -> Vec<u8> {
        let text = std::mem::take(&mut self.held);
        let mut passed = Vec::with_capacity(text.len());
        let mut place = 0;
        while place < text.len() {
            let end = match self.at(&text, place) {
                Match::No => None,
                Match::Whole(end) => Some(end),
                Match::Perhaps if ends => self.longest_whole(&text, place),
                Match::Perhaps => {
                    self.held = text[place..].to_vec();
                    break;
                }
            };
            if let Some(end) = end {
                self.hide(&text, place, end, &mut passed);
                place = end;
            } else {
                passed.push(text[place]);
                place += 1;
            }
        }
        passed
    }

    /// The longest secret that stands at a place; a longer one that may stand there comes first.
    fn at(&self, text: &[u8], place: usize) -> Match {
        if !self.begins[usize::from(text[place])] {
            return Match::No;
        }
        let found = self.secrets.0.iter().map(|pattern| compare(text, place, pattern));
        found.into_iter().find(|found| !matches!(found, Match::No)).unwrap_or(Match::No)
    }

    fn longest_whole(&self, text: &[u8], place: usize) -> Option<usize> {
        self.secrets.0.iter().find_map(|pattern| match compare(text, place, pattern) {
            Match::Whole(end) => Some(end),
            _ => None,
        })
    }

    /// Writes the mask, once for each line that the secret is spread over.
    fn hide(&mut self, text: &[u8], from: usize, end: usize, passed: &mut Vec<u8>) {
        self.hidden = true;
        let mut masked = false;
        for byte in &text[from..end] {
            if matches!(byte, b'\r' | b'\n') {
                passed.push(*byte);
                masked = false;
            } else if !masked {
                passed.extend_from_slice(MASK.as_bytes());
                masked = true;
            }
        }
    }
}

/// Compares a pattern with what stands at a place; one line break may stand before each of its bytes but the first.
fn compare(text: &[u8], from: usize, pattern: &[u8]) -> Match {
    let mut place = from;
    for (i, byte) in pattern.iter().enumerate() {
        if i > 0 && text.get(place) == Some(&b'\r') {
            place += 1;
        }
        if i > 0 && text.get(place) == Some(&b'\n') {
            place += 1;
        }
        match text.get(place) {
            None => return Match::Perhaps,
            Some(there) if there != byte => return Match::No,
            Some(_) => place += 1,
        }
    }
    Match::Whole(place)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use serde_json::json;

    use super::*;

    const TOKEN: &str = "tok-3n/ sécret";

    fn through(secrets: &Secrets, pieces: &[&[u8]]) -> String {
        let mut masking = secrets.masking();
        let mut all: Vec<u8> = pieces.iter().flat_map(|piece| masking.push(piece)).collect();
        all.extend(masking.end());
        String::from_utf8_lossy(&all).into_owned()
    }

    #[test]
    fn a_secret_is_hidden_in_each_of_its_forms() {
        let secrets = Secrets::of([TOKEN, "two\nlines of it", "quo\"ted"]);
        assert_eq!(secrets.mask("a tok-3n/ sécret b"), "a *** b");
        assert_eq!(secrets.mask("?t=tok-3n%2F%20s%C3%A9cret&x"), "?t=***&x");
        assert_eq!(secrets.mask("lines of it, alone"), "***, alone");
        assert_eq!(secrets.mask(r#"{"a":"quo\"ted"}"#), r#"{"a":"***"}"#);
        assert_eq!(secrets.mask("nothing"), "nothing");
    }

    #[test]
    fn a_secret_over_several_lines_is_hidden_line_by_line() {
        let secrets = Secrets::of(["abcdefgh"]);
        assert_eq!(secrets.mask("x abc\ndef\r\ngh y"), "x ***\n***\r\n*** y");
        assert_eq!(secrets.mask("abc\n\ndefgh"), "abc\n\ndefgh");
    }

    #[test]
    fn a_secret_in_pieces_is_hidden() {
        let secrets = Secrets::of([TOKEN, "tok-"]);
        let text = format!("<{TOKEN}>");
        for cut in 0..=text.len() {
            let (a, b) = text.as_bytes().split_at(cut);
            assert_eq!(through(&secrets, &[a, b]), "<***>", "cut at {cut}");
        }
        assert_eq!(through(&secrets, &[b"tok-3n", b"!"]), "***3n!");
        assert_eq!(through(&secrets, &[b"tok"]), "tok");
    }

    #[test]
    fn values_and_faults_are_hidden_too() {
        let secrets = Secrets::of([TOKEN, "123456"]);
        let value = secrets.mask_value(json!({"a": [TOKEN, 1], TOKEN: 123_456}));
        assert_eq!(value, json!({"a": ["***", 1], "***": "***"}));
        let fault = Fault::transient("x.y", TOKEN, "why").at_place(format!("https://{TOKEN}@host"));
        let fault = secrets.mask_fault(fault);
        assert_eq!((fault.what.as_str(), fault.place.as_deref()), ("***", Some("https://***@host")));
    }

    #[test]
    fn what_is_short_is_not_taken_for_a_secret() {
        assert!(Secrets::of(["", "abc"]).is_empty());
    }

    proptest! {
        #[test]
        fn however_it_is_cut_no_secret_gets_through(
            text in "[ab\n]{0,60}", cuts in prop::collection::vec(0_usize..60, 0..6)
        ) {
            let secrets = Secrets::of(["abab", "bbbbb"]);
            let mut cuts: Vec<usize> = cuts.into_iter().map(|cut| cut.min(text.len())).collect();
            cuts.extend([0, text.len()]);
            cuts.sort_unstable();
            let pieces: Vec<&[u8]> = cuts.windows(2).map(|pair| &text.as_bytes()[pair[0]..pair[1]]).collect();
            let masked = through(&secrets, &pieces);
            prop_assert!(!masked.contains("abab") && !masked.contains("bbbbb"), "{masked:?}");
            prop_assert_eq!(masked, secrets.mask(&text).into_owned());
        }
    }
}
