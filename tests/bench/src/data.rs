//! The trees that are archived: bytes that no disk or file system can compress or share.

use std::fs::{self, File};
use std::io::{self, BufWriter, Write};
use std::path::Path;

/// What files hold.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Kind {
    /// Bytes that nothing can compress.
    Noise,
    /// One of sixty-four values in each byte: three quarters are left by a packer.
    Letters,
}

/// Writes `files` files of `bytes` bytes in all below `root`, a thousand to a folder.
pub(crate) fn write(root: &Path, files: u64, bytes: u64) -> io::Result<()> {
    write_of(root, files, bytes, Kind::Noise)
}

/// The same, of a kind.
pub(crate) fn write_of(root: &Path, files: u64, bytes: u64, kind: Kind) -> io::Result<()> {
    let mut random = Random(0x9E37_79B9_7F4A_7C15);
    for number in 0..files {
        let folder = root.join(format!("part-{:03}", number / 1000));
        fs::create_dir_all(&folder)?;
        let size = bytes / files + u64::from(number < bytes % files);
        fill(&folder.join(format!("frame-{number:06}.tiff")), size, kind, &mut random)?;
    }
    Ok(())
}

fn fill(path: &Path, size: u64, kind: Kind, random: &mut Random) -> io::Result<()> {
    let mut file = BufWriter::with_capacity(1 << 20, File::create(path)?);
    let mut left = size;
    while left > 0 {
        let mask = if kind == Kind::Letters { 0x3f3f_3f3f_3f3f_3f3f } else { u64::MAX };
        let word = (random.next() & mask).to_le_bytes();
        let take = usize::try_from(left.min(8)).unwrap_or(8);
        file.write_all(&word[..take])?;
        left -= take as u64;
    }
    file.into_inner()?.sync_all()
}

/// xorshift64: fast, and the same each time.
struct Random(u64);

impl Random {
    fn next(&mut self) -> u64 {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        self.0
    }
}
