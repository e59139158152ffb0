//! `bagit.txt`.

use std::io::{self, Read};

use super::finding::Findings;
use super::lines::{Encoding, Line, Lines};

/// Its name.
pub(super) const NAME: &[u8] = b"bagit.txt";

/// Bytes of it that are read.
const LONGEST: u64 = 64 << 10;

/// A version of BagIt.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct Version(pub u32, pub u32);

impl Version {
    /// That of RFC 8493.
    pub const CURRENT: Self = Self(1, 0);
    const OLDEST: Self = Self(0, 93);
    const LAST_DRAFT: Self = Self(0, 97);

    fn of_text(text: &str) -> Option<Self> {
        let (major, minor) = text.split_once('.')?;
        let number =
            |digits: &str| digits.bytes().all(|byte| byte.is_ascii_digit()).then(|| digits.parse().ok()).flatten();
        Some(Self(number(major)?, number(minor)?))
    }

    fn is_known(self) -> bool {
        (Self::OLDEST..=Self::LAST_DRAFT).contains(&self) || self == Self::CURRENT
    }

    /// Whether every payload manifest lists every file, each once, and `%` is encoded in paths.
    pub fn is_strict(self) -> bool {
        self >= Self::CURRENT
    }

    /// What the file with the bag's description is called: it had another name in the first drafts.
    pub fn info_name(self) -> &'static [u8] {
        if self < Self(0, 96) { b"package-info.txt" } else { b"bag-info.txt" }
    }
}

/// What a bag says of itself.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Declaration {
    /// Version of BagIt.
    pub version: Version,
    /// Encoding of its tag files.
    pub encoding: Encoding,
}

impl Default for Declaration {
    fn default() -> Self {
        Self { version: Version::CURRENT, encoding: Encoding::Utf8 }
    }
}

impl Declaration {
    /// Reads it. What is wrong with it is among the findings, and then taken as if the bag were of today.
    pub fn read(file: impl Read, findings: &mut Findings) -> io::Result<Self> {
        let mut bytes = Vec::new();
        file.take(LONGEST).read_to_end(&mut bytes)?;
        if bytes.starts_with(b"\xef\xbb\xbf") {
            findings.invalid("bag.declaration", NAME, Some(1), "it begins with a byte-order mark, which must not be");
        }
        let mut lines = Lines::new(bytes.as_slice(), Encoding::Utf8);
        let (mut version, mut encoding) = (None, None);
        while let Some(line) = lines.next_line()? {
            let Line::Text(text) = line else {
                let number = lines.number();
                findings.invalid("bag.declaration", NAME, Some(number), "it is not UTF-8");
                continue;
            };
            match text.split_once(':').map(|(label, value)| (label.trim(), value.trim())) {
                Some(("BagIt-Version", value)) => version = Some(value.to_owned()),
                Some(("Tag-File-Character-Encoding", value)) => encoding = Some(value.to_owned()),
                _ if text.trim().is_empty() => {}
                _ => {
                    let number = Some(lines.number());
                    findings.warning("bag.declaration", NAME, number, "it has a line that says nothing known");
                }
            }
        }
        Ok(Self { version: version_of(version, findings), encoding: encoding_of(encoding, findings) })
    }
}

fn version_of(stated: Option<String>, findings: &mut Findings) -> Version {
    let Some(stated) = stated else {
        findings.invalid("bag.declaration", NAME, None, "it does not say BagIt-Version");
        return Version::CURRENT;
    };
    match Version::of_text(&stated) {
        Some(version) if version.is_known() => version,
        known => {
            let why = format!("its BagIt-Version {stated:?} is none of 0.93 to 0.97 and 1.0");
            findings.invalid("bag.version", NAME, None, why);
            known.filter(|version| *version < Version::CURRENT).unwrap_or(Version::CURRENT)
        }
    }
}

fn encoding_of(stated: Option<String>, findings: &mut Findings) -> Encoding {
    let Some(stated) = stated else {
        findings.invalid("bag.declaration", NAME, None, "it does not say Tag-File-Character-Encoding");
        return Encoding::Utf8;
    };
    Encoding::of_name(&stated).unwrap_or_else(|| {
        findings.invalid("bag.encoding", NAME, None, format!("the encoding {stated:?} is not known here"));
        Encoding::Utf8
    })
}
