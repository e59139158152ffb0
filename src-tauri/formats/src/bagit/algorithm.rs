//! Checksums of manifests.

use std::num::NonZero;
use std::sync::LazyLock;
use std::thread::{self, available_parallelism};

use sha2::digest::DynDigest;

/// A checksum algorithm that a manifest may name.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Algorithm {
    /// MD5.
    Md5,
    /// SHA-1.
    Sha1,
    /// SHA-224.
    Sha224,
    /// SHA-256.
    Sha256,
    /// SHA-384.
    Sha384,
    /// SHA-512.
    Sha512,
}

impl Algorithm {
    /// All.
    pub const ALL: [Self; 6] = [Self::Md5, Self::Sha1, Self::Sha224, Self::Sha256, Self::Sha384, Self::Sha512];

    /// The algorithm of a name as it stands in `manifest-NAME.txt`: case and punctuation say nothing (RFC 8493, 2.4).
    pub fn of_name(name: &[u8]) -> Option<Self> {
        let bare: Vec<u8> = name.iter().filter(|b| b.is_ascii_alphanumeric()).map(u8::to_ascii_lowercase).collect();
        Self::ALL.into_iter().find(|known| known.word().as_bytes() == bare)
    }

    /// Its name in a manifest's.
    pub fn word(self) -> &'static str {
        match self {
            Self::Md5 => "md5",
            Self::Sha1 => "sha1",
            Self::Sha224 => "sha224",
            Self::Sha256 => "sha256",
            Self::Sha384 => "sha384",
            Self::Sha512 => "sha512",
        }
    }

    /// Bytes of a digest.
    pub fn width(self) -> usize {
        match self {
            Self::Md5 => 16,
            Self::Sha1 => 20,
            Self::Sha224 => 28,
            Self::Sha256 => 32,
            Self::Sha384 => 48,
            Self::Sha512 => 64,
        }
    }

    /// One of no bytes yet.
    pub(super) fn start(self) -> Box<dyn DynDigest + Send> {
        match self {
            Self::Md5 => Box::<md5::Md5>::default(),
            Self::Sha1 => Box::<sha1::Sha1>::default(),
            Self::Sha224 => Box::<sha2::Sha224>::default(),
            Self::Sha256 => Box::<sha2::Sha256>::default(),
            Self::Sha384 => Box::<sha2::Sha384>::default(),
            Self::Sha512 => Box::<sha2::Sha512>::default(),
        }
    }
}

/// Several checksums of one run of bytes.
pub struct Digester {
    digests: Vec<(Algorithm, Box<dyn DynDigest + Send>)>,
    /// Whether each takes the bytes in on a thread of its own.
    apart: bool,
}

/// Bytes that every algorithm takes in before the next does: they stay in the nearest cache.
const PIECE: usize = 16 << 10;

/// Asked of the system once: it reads files to answer.
static CORES: LazyLock<usize> = LazyLock::new(|| available_parallelism().map_or(1, NonZero::get));

/// Bytes that are worth a thread: taking them in lasts many times longer than to begin one.
const WORTH: usize = 256 << 10;

impl Digester {
    /// Of no bytes yet.
    pub fn new(algorithms: impl IntoIterator<Item = Algorithm>) -> Self {
        let digests = algorithms.into_iter().map(|algorithm| (algorithm, algorithm.start())).collect();
        Self { digests, apart: false }
    }

    /// The same, but of many bytes at once all algorithms take them in at the same time, where there is more than one core: for whoever has one
    /// file at a time.
    #[must_use]
    pub fn apart(self) -> Self {
        Self { apart: *CORES > 1 && self.digests.len() > 1, ..self }
    }

    /// Takes in more bytes.
    pub fn update(&mut self, bytes: &[u8]) {
        if self.apart && bytes.len() >= WORTH {
            return self.at_the_same_time(bytes);
        }
        for piece in bytes.chunks(PIECE) {
            for (_, digest) in &mut self.digests {
                digest.update(piece);
            }
        }
    }

    fn at_the_same_time(&mut self, bytes: &[u8]) {
        let Some(((_, first), others)) = self.digests.split_first_mut() else { return };
        thread::scope(|scope| {
            for (_, digest) in others {
                scope.spawn(|| digest.update(bytes));
            }
            first.update(bytes);
        });
    }

    /// The digests.
    pub fn finish(self) -> Vec<(Algorithm, Vec<u8>)> {
        self.digests.into_iter().map(|(algorithm, digest)| (algorithm, digest.finalize().into_vec())).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn apart_or_not_the_digests_are_the_same() {
        let bytes: Vec<u8> = (0..3_000_000_u32).map(|n| n.to_le_bytes()[0] ^ n.to_le_bytes()[1]).collect();
        let taken = |mut digester: Digester| {
            // Pieces on both sides of what is worth a thread, and one that ends in the middle of a block.
            let (small, rest) = bytes.split_at(1001);
            let (large, last) = rest.split_at(2 * WORTH);
            for piece in [small, large, &[], last] {
                digester.update(piece);
            }
            digester.finish()
        };
        let wanted = taken(Digester::new(Algorithm::ALL));
        assert_eq!(wanted.len(), 6);
        assert_eq!(taken(Digester::new(Algorithm::ALL).apart()), wanted);
        let one = [Algorithm::Sha512];
        assert_eq!(taken(Digester::new(one).apart()), taken(Digester::new(one)));
    }
}
