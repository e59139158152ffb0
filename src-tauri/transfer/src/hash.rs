//! Checksums whose state can be saved in the middle of a file.

use md5::Md5;
use serde::{Deserialize, Serialize};
use sha2::digest::common::hazmat::SerializableState;
use sha2::{Digest, Sha256};

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
