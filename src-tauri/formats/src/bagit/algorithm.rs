//! Checksums of manifests.

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
pub struct Digester(Vec<(Algorithm, Box<dyn DynDigest + Send>)>);

/// Bytes that every algorithm takes in before the next does: they stay in the nearest cache.
const PIECE: usize = 16 << 10;

impl Digester {
    /// Of no bytes yet.
    pub fn new(algorithms: impl IntoIterator<Item = Algorithm>) -> Self {
        Self(algorithms.into_iter().map(|algorithm| (algorithm, algorithm.start())).collect())
    }

    /// Takes in more bytes.
    pub fn update(&mut self, bytes: &[u8]) {
        for piece in bytes.chunks(PIECE) {
            for (_, digest) in &mut self.0 {
                digest.update(piece);
            }
        }
    }

    /// The digests.
    pub fn finish(self) -> Vec<(Algorithm, Vec<u8>)> {
        self.0.into_iter().map(|(algorithm, digest)| (algorithm, digest.finalize().into_vec())).collect()
    }
}
