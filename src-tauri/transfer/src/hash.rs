//! Checksums whose state can be saved in the middle of a file.

use std::num::NonZero;
use std::sync::LazyLock;
use std::thread::{self, available_parallelism};

use md5::Md5;
use serde::{Deserialize, Serialize};
use sha2::digest::common::hazmat::SerializableState;
use sha2::{Digest, Sha256};

/// Bytes that are worth a thread: taking them in lasts many times longer than to begin one.
const WORTH: usize = 256 << 10;

/// Asked of the system once: it reads files to answer.
static CORES: LazyLock<usize> = LazyLock::new(|| available_parallelism().map_or(1, NonZero::get));

/// SHA-256 and, if asked for, MD5 of a run of bytes.
#[derive(Clone)]
pub struct Hashes {
    sha256: Sha256,
    md5: Option<Md5>,
}

/// Digests of a run of bytes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Digests {
    /// SHA-256.
    pub sha256: [u8; 32],
    /// MD5, if it was asked for.
    pub md5: Option<[u8; 16]>,
}

/// A state of [`Hashes`] as text, for a checkpoint.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Saved {
    sha256: String,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    md5: Option<String>,
}

impl Hashes {
    /// Of no bytes yet.
    pub fn new(md5: bool) -> Self {
        Self { sha256: Sha256::new(), md5: md5.then(Md5::new) }
    }

    /// Whether MD5 is among them.
    pub(crate) fn with_md5(&self) -> bool {
        self.md5.is_some()
    }

    /// Takes in more bytes.
    pub fn update(&mut self, bytes: &[u8]) {
        self.sha256.update(bytes);
        if let Some(md5) = &mut self.md5 {
            md5.update(bytes);
        }
    }

    /// The same, but of many bytes both are taken at the same time, where there is more than one core: for a pipeline that waits for this.
    pub(crate) fn update_apart(&mut self, bytes: &[u8]) {
        let Self { sha256, md5: Some(md5) } = self else { return self.update(bytes) };
        if bytes.len() < WORTH || *CORES < 2 {
            return self.update(bytes);
        }
        thread::scope(|scope| {
            scope.spawn(|| md5.update(bytes));
            sha256.update(bytes);
        });
    }

    /// The digests.
    pub fn finish(self) -> Digests {
        Digests { sha256: self.sha256.finalize().into(), md5: self.md5.map(|md5| md5.finalize().into()) }
    }

    /// The state, to go on from later.
    pub fn save(&self) -> Saved {
        Saved { sha256: text_of(&self.sha256), md5: self.md5.as_ref().map(text_of) }
    }

    /// The two apart, to be run in two threads.
    pub(crate) fn split(self) -> (Sha256, Option<Md5>) {
        (self.sha256, self.md5)
    }

    /// The two together again.
    pub(crate) fn join(sha256: Sha256, md5: Option<Md5>) -> Self {
        Self { sha256, md5 }
    }

    /// Goes on from a state; `None` if it is not one.
    pub fn load(saved: &Saved) -> Option<Self> {
        let md5 = match &saved.md5 {
            Some(text) => Some(state(text)?),
            None => None,
        };
        Some(Self { sha256: state(&saved.sha256)?, md5 })
    }
}

fn state<H: SerializableState>(text: &str) -> Option<H> {
    let bytes = unhex(text)?;
    H::deserialize(bytes.as_slice().try_into().ok()?).ok()
}

impl Saved {
    /// Of states that were saved apart.
    pub(crate) fn of(sha256: String, md5: Option<String>) -> Self {
        Self { sha256, md5 }
    }
}

/// The state of one checksum as text.
pub(crate) fn text_of(hash: &impl SerializableState) -> String {
    hex(&hash.serialize())
}

/// Lower-case hexadecimal text.
pub fn hex(bytes: &[u8]) -> String {
    use std::fmt::Write as _;
    bytes.iter().fold(String::with_capacity(bytes.len() * 2), |mut text, byte| {
        // Writing to a String cannot fail.
        let _ = write!(text, "{byte:02x}");
        text
    })
}

/// The bytes of hexadecimal text.
pub fn unhex(text: &str) -> Option<Vec<u8>> {
    let digit = |byte: u8| char::from(byte).to_digit(16).and_then(|digit| u8::try_from(digit).ok());
    let (pairs, []) = text.as_bytes().as_chunks::<2>() else { return None };
    pairs.iter().map(|[high, low]| Some(digit(*high)? << 4 | digit(*low)?)).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn both_at_the_same_time_are_the_same_as_one_after_the_other() {
        let bytes: Vec<u8> = (0..2_000_000_u32).map(|n| n.to_le_bytes()[0] ^ n.to_le_bytes()[1]).collect();
        for md5 in [true, false] {
            let (mut one, mut other) = (Hashes::new(md5), Hashes::new(md5));
            let (small, large) = bytes.split_at(1001);
            for piece in [small, large] {
                one.update(piece);
                other.update_apart(piece);
            }
            assert_eq!(one.save(), other.save());
            assert_eq!(one.finish(), other.finish());
        }
    }
}
