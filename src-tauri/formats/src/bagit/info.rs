//! `bag-info.txt`.

use std::io::{self, Read};

use super::finding::Findings;
use super::lines::{Encoding, Line, Lines};

/// Bytes of it that are kept: it describes a bag to people.
const LONGEST: usize = 4 << 20;

/// The fields of a bag's description, in their order.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Info(pub Vec<(String, String)>);

/// `Payload-Oxum`: bytes and files of the payload.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Oxum {
    /// Bytes.
    pub bytes: u64,
    /// Files.
    pub files: u64,
}

impl Oxum {
    /// Of its text, `BYTES.FILES`.
    pub fn of_text(text: &str) -> Option<Self> {
        let (bytes, files) = text.trim().split_once('.')?;
        let number = |text: &str| text.bytes().all(|byte| byte.is_ascii_digit()).then(|| text.parse().ok()).flatten();
        Some(Self { bytes: number(bytes)?, files: number(files)? })
    }
}

impl std::fmt::Display for Oxum {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{}.{}", self.bytes, self.files)
    }
}

impl Info {
    /// Reads it: `Label: value`, and lines that begin with white space go on with the value before them (RFC 8493, 2.2.2).
    pub(super) fn read(file: impl Read, name: &[u8], encoding: Encoding, findings: &mut Findings) -> io::Result<Self> {
        let mut lines = Lines::new(file, encoding);
        let (mut fields, mut kept): (Vec<(String, String)>, usize) = (Vec::new(), 0);
        while let Some(line) = lines.next_line()? {
            let Line::Text(text) = line else {
                let why = if line == Line::TooLong { "it is too long" } else { "it is not of the bag's encoding" };
                findings.invalid("bag.tag_line", name, Some(lines.number()), why);
                continue;
            };
            kept += text.len();
            if kept > LONGEST {
                findings.invalid("bag.tag_line", name, Some(lines.number()), "the file is too long for a description");
                break;
            }
            if text.trim().is_empty() {
                continue;
            }
            if text.starts_with([' ', '\t'])
                && let Some((_, value)) = fields.last_mut()
            {
                value.push(' ');
                value.push_str(text.trim());
                continue;
            }
            if let Some((label, value)) = text.split_once(':') {
                fields.push((label.trim().to_owned(), value.trim().to_owned()));
            } else {
                findings.invalid("bag.tag_line", name, Some(lines.number()), "the line is no `Label: value`");
            }
        }
        Ok(Self(fields))
    }

    /// The values of a label, whose case says nothing.
    pub fn values<'i>(&'i self, label: &'i str) -> impl Iterator<Item = &'i str> {
        self.0.iter().filter(move |(name, _)| name.eq_ignore_ascii_case(label)).map(|(_, value)| value.as_str())
    }

    /// The first `Payload-Oxum`, if there is one and it is right.
    pub(super) fn oxum(&self, name: &[u8], strict: bool, findings: &mut Findings) -> Option<Oxum> {
        let stated: Vec<&str> = self.values("Payload-Oxum").collect();
        if stated.len() > 1 {
            let why = "Payload-Oxum stands in it more than once";
            if strict {
                findings.invalid("bag.oxum", name, None, why);
            } else {
                findings.warning("bag.oxum", name, None, why);
            }
        }
        let first = stated.first()?;
        let oxum = Oxum::of_text(first);
        if oxum.is_none() {
            findings.invalid("bag.oxum", name, None, format!("Payload-Oxum {first:?} is not BYTES.FILES"));
        }
        oxum
    }
}
