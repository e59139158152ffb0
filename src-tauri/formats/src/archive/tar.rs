//! The compressions of tars.

use std::io::{self, Read};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

/// KiB that xz may use to unpack: its largest preset needs 65 MiB.
const XZ_MEMORY: u32 = 100 << 10;

/// Logarithm of the largest window of zstd that is taken: what its program takes without being asked, 128 MiB at most.
const ZSTD_WINDOW: u32 = 27;

/// How a tar is compressed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Compression {
    /// Not.
    None,
    /// gzip.
    Gzip,
    /// Zstandard.
    Zstd,
    /// xz.
    Xz,
}

impl Compression {
    /// Of a file that begins with these bytes.
    pub fn of_start(start: &[u8]) -> Self {
        match start {
            [0x1f, 0x8b, ..] => Self::Gzip,
            [0x28, 0xb5, 0x2f, 0xfd, ..] => Self::Zstd,
            [0xfd, b'7', b'z', b'X', b'Z', 0, ..] => Self::Xz,
            _ => Self::None,
        }
    }
}

/// The bytes of a tar out of a stream that stands at its start.
pub fn open_tar<'r>(inner: impl Read + 'r, compression: Compression) -> io::Result<Box<dyn Read + 'r>> {
    if compression == Compression::None {
        return Ok(Box::new(inner));
    }
    let failed = Arc::new(AtomicBool::new(false));
    let below = Below { inner, failed: failed.clone() };
    let decoder: Box<dyn Read + 'r> = match compression {
        Compression::Zstd => {
            let mut decoder = zstd::stream::read::Decoder::new(below)?;
            decoder.window_log_max(ZSTD_WINDOW)?;
            Box::new(decoder)
        }
        Compression::Xz => Box::new(lzma_rust2::XzReader::new_mem_limit(below, true, XZ_MEMORY)),
        Compression::Gzip | Compression::None => Box::new(flate2::read::MultiGzDecoder::new(below)),
    };
    Ok(Box::new(Above { decoder, failed }))
}

/// What a decoder reads from, and whether that has failed.
struct Below<R> {
    inner: R,
    failed: Arc<AtomicBool>,
}

impl<R: Read> Read for Below<R> {
    fn read(&mut self, buf: &mut [u8]) -> io::Result<usize> {
        self.inner.read(buf).inspect_err(|_| self.failed.store(true, Ordering::Relaxed))
    }
}

/// A decoder. Many of its own failures are of no kind: they are damage, unless what it reads from has failed.
struct Above<'r> {
    decoder: Box<dyn Read + 'r>,
    failed: Arc<AtomicBool>,
}

impl Read for Above<'_> {
    fn read(&mut self, buf: &mut [u8]) -> io::Result<usize> {
        self.decoder.read(buf).map_err(|error| match error.kind() {
            io::ErrorKind::Other if !self.failed.load(Ordering::Relaxed) => {
                io::Error::new(io::ErrorKind::InvalidData, error)
            }
            _ => error,
        })
    }
}
