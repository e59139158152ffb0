//! Reading a tar as a stream: ustar, pax, and GNU's long names.

use std::collections::VecDeque;
use std::io::{self, Read, Seek, SeekFrom};

use super::{BLOCK, comment, number, padded, pax, write};

/// Bytes of pax records or of a GNU long name that are accepted; a guard against damaged sizes.
const LONGEST: u64 = 1 << 20;

/// Bytes from which on a jump is worth more than reading over them.
const WORTH: u64 = 256 << 10;

/// Why a tar could not be read.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// The stream failed.
    #[error("reading the tar failed")]
    Io(#[from] io::Error),
    /// The stream ended in the middle of an entry, or without the zeros that end a tar.
    #[error("the tar is cut short at byte {at}")]
    Truncated {
        /// Offset in bytes.
        at: u64,
    },
    /// What stands at a header's place is none.
    #[error("there is no tar header at byte {at}: {why}")]
    NoHeader {
        /// Offset in bytes.
        at: u64,
        /// What is wrong with it.
        why: &'static str,
    },
}

/// An entry that was found.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Found {
    /// Path, without the slash at the end of a folder's.
    pub path: Vec<u8>,
    /// Kind.
    pub kind: FoundKind,
    /// Permission bits.
    pub mode: u32,
    /// Modification time; nanoseconds where the tar has them.
    pub mtime: (i64, u32),
    /// Bytes of content.
    pub size: u64,
    /// Offset of its first header, a comment or pax header before it included.
    pub header: u64,
    /// Offset of its first content byte.
    pub data: u64,
}

/// Kind of an entry that was found.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum FoundKind {
    /// A regular file.
    File,
    /// A folder.
    Folder,
    /// A symbolic link with its target.
    Link(Vec<u8>),
    /// Another name for the file at this path.
    Hard(Vec<u8>),
    /// Something else, with its type flag.
    Other(u8),
}

/// Reads a tar. [`Reader::next_entry`] goes to the next entry; between two calls, reading from it gives the content of the last.
#[derive(Debug)]
pub struct Reader<R> {
    inner: R,
    at: u64,
    /// Content of the current entry not read yet, and the padding behind it.
    left: u64,
    padding: u64,
    /// Nanoseconds of the entries of the current group.
    nanos: VecDeque<u32>,
    ended: bool,
}

/// Fields that headers before an entry set for it.
#[derive(Default)]
struct Overrides {
    path: Option<Vec<u8>>,
    link: Option<Vec<u8>>,
    size: Option<u64>,
    mtime: Option<(i64, u32)>,
}

impl<R: Read> Reader<R> {
    /// Of a stream that stands at the start of a tar.
    pub fn new(inner: R) -> Self {
        Self { inner, at: 0, left: 0, padding: 0, nanos: VecDeque::new(), ended: false }
    }

    /// Bytes read so far.
    pub fn offset(&self) -> u64 {
        self.at
    }

    /// The next entry, over what was not read of the last; `None` at the end of the tar.
    pub fn next_entry(&mut self) -> Result<Option<Found>, Error> {
        self.skip_content()?;
        let mut overrides = Overrides::default();
        let start = self.at;
        while !self.ended {
            let at = self.at;
            let Some(block) = self.header()? else { break };
            let size = field(&block[124..136], at, "its size is no number")?;
            match block[156] {
                b'x' => overrides.pax(&self.payload(size, at)?, at)?,
                b'g' => self.global(size, at)?,
                b'L' => overrides.path = Some(until_nul(&self.payload(size, at)?).to_vec()),
                b'K' => overrides.link = Some(until_nul(&self.payload(size, at)?).to_vec()),
                _ => return self.entry(&block, start, overrides).map(Some),
            }
        }
        Ok(None)
    }

    fn entry(&mut self, block: &[u8; BLOCK], start: u64, over: Overrides) -> Result<Found, Error> {
        let header = self.at - BLOCK as u64;
        let raw_path = over.path.unwrap_or_else(|| ustar_path(block));
        let link = over.link.unwrap_or_else(|| until_nul(&block[157..257]).to_vec());
        let kind = kind_of(block[156], &raw_path, link);
        let stated = over.size.map_or_else(|| field(&block[124..136], header, "its size is no number"), Ok)?;
        let size = if matches!(kind, FoundKind::File | FoundKind::Other(_)) { stated } else { 0 };
        let secs = number::get(&block[136..148]).ok_or(Error::NoHeader { at: header, why: "its time is no number" })?;
        let nanos = self.nanos.pop_front().unwrap_or(0);
        let mtime = over.mtime.map_or((secs, nanos), |(secs, own)| (secs, if own == 0 { nanos } else { own }));
        let mode = field(&block[100..108], header, "its mode is no number")?;
        self.left = size;
        self.padding = padded(size) - size;
        let path = raw_path.strip_suffix(b"/").unwrap_or(&raw_path).to_vec();
        Ok(Found { path, kind, mode: (mode & 0o7777) as u32, mtime, size, header: start, data: self.at })
    }

    /// The next header block; `None` where the zeros begin.
    fn header(&mut self) -> Result<Option<[u8; BLOCK]>, Error> {
        let at = self.at;
        let mut block = [0; BLOCK];
        self.fill(&mut block)?;
        if block.iter().all(|byte| *byte == 0) {
            self.ended = true;
            return Ok(None);
        }
        let stated = number::get(&block[148..156]);
        if stated != Some(i64::from(write::checksum(&block))) {
            return Err(Error::NoHeader { at, why: "its checksum is wrong" });
        }
        Ok(Some(block))
    }

    fn global(&mut self, size: u64, at: u64) -> Result<(), Error> {
        let payload = self.payload(size, at)?;
        let mut rest = payload.as_slice();
        while let Some((key, value)) = pax::next_record(&mut rest) {
            if let (b"comment", Some(nanos)) = (key, comment::parse(value)) {
                self.nanos = nanos.into();
            }
        }
        Ok(())
    }

    fn payload(&mut self, size: u64, at: u64) -> Result<Vec<u8>, Error> {
        let length = usize::try_from(size.min(LONGEST + 1)).unwrap_or(usize::MAX);
        if size > LONGEST {
            return Err(Error::NoHeader { at, why: "its extended header is too long" });
        }
        let mut payload = vec![0; length.div_ceil(BLOCK) * BLOCK];
        self.fill(&mut payload)?;
        payload.truncate(length);
        Ok(payload)
    }

    fn fill(&mut self, buf: &mut [u8]) -> Result<(), Error> {
        match self.inner.read_exact(buf) {
            Ok(()) => {
                self.at += buf.len() as u64;
                Ok(())
            }
            Err(error) if error.kind() == io::ErrorKind::UnexpectedEof => Err(Error::Truncated { at: self.at }),
            Err(error) => Err(Error::Io(error)),
        }
    }

    fn skip_content(&mut self) -> Result<(), Error> {
        let wanted = self.left + self.padding;
        let skipped = io::copy(&mut (&mut self.inner).take(wanted), &mut io::sink())?;
        self.at += skipped;
        self.left = 0;
        self.padding = 0;
        if skipped == wanted { Ok(()) } else { Err(Error::Truncated { at: self.at }) }
    }
}

impl<R: Read + Seek> Reader<R> {
    /// Goes over the content of the last entry without reading it, where that is worth a jump. That it is there is seen at the next header.
    pub fn jump(&mut self) -> Result<(), Error> {
        let (wanted, at) = (self.left.saturating_add(self.padding), self.at);
        if wanted < WORTH {
            return Ok(());
        }
        let by = i64::try_from(wanted).map_err(|_| Error::Truncated { at })?;
        self.inner.seek(SeekFrom::Current(by))?;
        self.at += wanted;
        (self.left, self.padding) = (0, 0);
        Ok(())
    }
}

impl<R: Read> Read for Reader<R> {
    /// Content of the last entry.
    fn read(&mut self, buf: &mut [u8]) -> io::Result<usize> {
        let count = (&mut self.inner).take(self.left).read(buf)?;
        if count == 0 && self.left > 0 && !buf.is_empty() {
            return Err(io::Error::new(io::ErrorKind::UnexpectedEof, Error::Truncated { at: self.at }));
        }
        self.at += count as u64;
        self.left -= count as u64;
        Ok(count)
    }
}

impl Overrides {
    fn pax(&mut self, payload: &[u8], at: u64) -> Result<(), Error> {
        let mut rest = payload;
        while !rest.is_empty() {
            let Some((key, value)) = pax::next_record(&mut rest) else {
                return Err(Error::NoHeader { at, why: "its pax records are damaged" });
            };
            match key {
                b"path" => self.path = Some(value.to_vec()),
                b"linkpath" => self.link = Some(value.to_vec()),
                b"size" => self.size = number_of(value),
                b"mtime" => self.mtime = time_of(value),
                _ => {}
            }
        }
        Ok(())
    }
}

fn field(bytes: &[u8], at: u64, why: &'static str) -> Result<u64, Error> {
    number::get(bytes).and_then(|value| u64::try_from(value).ok()).ok_or(Error::NoHeader { at, why })
}

fn number_of<T: std::str::FromStr>(value: &[u8]) -> Option<T> {
    std::str::from_utf8(value).ok()?.parse().ok()
}

/// Seconds with an optional fraction; a negative one counts downwards as a whole.
fn time_of(value: &[u8]) -> Option<(i64, u32)> {
    let text = std::str::from_utf8(value).ok()?;
    let (whole, fraction) = text.split_once('.').unwrap_or((text, ""));
    let secs: i64 = whole.parse().ok()?;
    let digits: String = fraction.chars().chain(std::iter::repeat('0')).take(9).collect();
    let nanos: u32 = digits.parse().ok()?;
    match (text.starts_with('-'), nanos) {
        (true, 1..) => Some((secs.checked_sub(1)?, 1_000_000_000 - nanos)),
        _ => Some((secs, nanos)),
    }
}

fn kind_of(flag: u8, path: &[u8], link: Vec<u8>) -> FoundKind {
    match flag {
        b'0' | 0 | b'7' if path.ends_with(b"/") => FoundKind::Folder,
        b'0' | 0 | b'7' => FoundKind::File,
        b'1' => FoundKind::Hard(link),
        b'2' => FoundKind::Link(link),
        b'5' => FoundKind::Folder,
        other => FoundKind::Other(other),
    }
}

fn ustar_path(block: &[u8; BLOCK]) -> Vec<u8> {
    let name = until_nul(&block[..100]);
    // GNU's own format has other fields where ustar has the prefix.
    let prefix = if &block[257..263] == b"ustar\0" { until_nul(&block[345..500]) } else { b"" };
    if prefix.is_empty() { name.to_vec() } else { [prefix, b"/", name].concat() }
}

fn until_nul(bytes: &[u8]) -> &[u8] {
    bytes.split(|byte| *byte == 0).next().unwrap_or_default()
}
