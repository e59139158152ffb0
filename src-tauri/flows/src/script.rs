//! The script with which whoever asked for datablocks fetches them: POSIX sh, with curl.

use std::fmt::Write as _;

/// A datablock to be fetched.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Download {
    /// The dataset, as whoever asked for it calls it.
    pub(crate) dataset: String,
    /// Name that the file is given.
    pub(crate) name: String,
    /// Its bytes.
    pub(crate) size: u64,
    /// Its SHA-256 in hex.
    pub(crate) sha256: String,
    /// Where it is fetched from.
    pub(crate) url: String,
}

/// What comes before the list of datablocks.
const BEGIN: &str = include_str!("script/begin.sh");
/// What comes after it.
const END: &str = include_str!("script/end.sh");

/// The script. `until` says up to when the links hold, in words.
pub(crate) fn script(downloads: &[Download], until: &str) -> String {
    let mut text = BEGIN.replace("@UNTIL@", &quoted(until));
    let mut dataset = None;
    for one in downloads {
        if dataset != Some(&one.dataset) {
            dataset = Some(&one.dataset);
            let _ = writeln!(text, "\ndataset {}", quoted(&one.dataset));
        }
        let Download { name, size, sha256, url, .. } = one;
        let _ = writeln!(text, "datablock {} {size} {sha256} \\\n  {}", quoted(name), quoted(url));
    }
    text + END
}

/// A word of the shell that stands for this text, whatever is in it: <https://pubs.opengroup.org/onlinepubs/9799919799/utilities/V3_chap02.html>,
/// "Single-Quotes".
fn quoted(text: &str) -> String {
    format!("'{}'", text.replace('\'', r"'\''"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_text_becomes_one_word() {
        assert_eq!(quoted("it's $HOME `x` \"y\" \\"), r#"'it'\''s $HOME `x` "y" \'"#);
        assert_eq!(quoted(""), "''");
    }
}
