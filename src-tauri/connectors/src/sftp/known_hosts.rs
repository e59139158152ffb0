//! Host keys that are known: files as in sshd(8), section "SSH_KNOWN_HOSTS FILE FORMAT".
//!
//! They are read here and not by libssh2, whose own reading takes patterns for names and passes over `@revoked`.

use std::fs::{File, OpenOptions};
use std::io::{self, ErrorKind, Read, Seek, SeekFrom, Write};
use std::path::{Path, PathBuf};

use base64::Engine;
use base64::engine::general_purpose::{STANDARD, STANDARD_NO_PAD};
use hmac::{Hmac, KeyInit, Mac};
use sha2::Digest;

use super::pattern;

/// A server's key.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct HostKey {
    /// The server, as known_hosts names it: `name`, or `[name]:port` where the port is not 22.
    pub host: String,
    /// Type, such as `ssh-ed25519`.
    pub kind: String,
    /// The key itself, as in RFC 4253, section 6.6.
    pub key: Vec<u8>,
}

impl HostKey {
    /// A key of which the type stands in its first field. `None` if it has none.
    pub(super) fn of(host: String, key: &[u8]) -> Option<Self> {
        let length = usize::try_from(u32::from_be_bytes(key.get(..4)?.try_into().ok()?)).ok()?;
        let kind = std::str::from_utf8(key.get(4..4_usize.checked_add(length)?)?).ok()?.to_owned();
        Some(Self { host, kind, key: key.to_vec() })
    }

    /// `SHA256:` and what `ssh-keygen -l` shows.
    pub fn fingerprint(&self) -> String {
        format!("SHA256:{}", STANDARD_NO_PAD.encode(sha2::Sha256::digest(&self.key)))
    }

    /// Its line for a known_hosts file.
    pub fn line(&self) -> String {
        format!("{} {} {}", self.host, self.kind, STANDARD.encode(&self.key))
    }
}

/// What is known of a key that a server shows.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Verdict {
    /// It is the one that is known.
    Known,
    /// Nothing is known of this server, or only keys of these other types.
    Unknown(Vec<String>),
    /// Another key of this type is known; where it stands.
    Changed(String),
    /// It is marked as revoked; where.
    Revoked(String),
}

enum Hosts {
    Patterns(Vec<String>),
    Hashed { salt: Vec<u8>, hash: Vec<u8> },
}

#[derive(PartialEq, Eq)]
enum Mark {
    Plain,
    Revoked,
    Authority,
}

struct Line {
    mark: Mark,
    hosts: Hosts,
    kind: String,
    key: Vec<u8>,
    /// File and line.
    place: String,
}

/// Lines of several files.
#[derive(Default)]
pub(super) struct KnownHosts {
    lines: Vec<Line>,
}

/// Whether the content of a known_hosts file knows this key of its server, and does not revoke it.
pub fn is_known(content: &str, shown: &HostKey) -> bool {
    let mut known = KnownHosts::default();
    known.add(content, Path::new("known_hosts"));
    known.check(shown) == Verdict::Known
}

/// A server's name in known_hosts.
pub(super) fn name_of(host: &str, port: u16) -> String {
    let host = host.to_lowercase();
    if port == 22 { host } else { format!("[{host}]:{port}") }
}

impl KnownHosts {
    /// Reads files; one that is not there is empty.
    pub(super) fn read<'p>(files: impl IntoIterator<Item = &'p PathBuf>) -> io::Result<Self> {
        let mut known = Self::default();
        for file in files {
            match std::fs::read(file) {
                Ok(content) => known.add(&String::from_utf8_lossy(&content), file),
                Err(error) if matches!(error.kind(), ErrorKind::NotFound | ErrorKind::NotADirectory) => {}
                Err(error) => return Err(io::Error::new(error.kind(), format!("{}: {error}", file.display()))),
            }
        }
        Ok(known)
    }

    fn add(&mut self, content: &str, file: &Path) {
        for (number, line) in content.lines().enumerate() {
            self.lines.extend(parse(line, || format!("{}:{}", file.display(), number + 1)));
        }
    }

    /// What is known of the key of a server with this name.
    pub(super) fn check(&self, shown: &HostKey) -> Verdict {
        let here: Vec<&Line> = self.lines.iter().filter(|line| line.hosts.include(&shown.host)).collect();
        if let Some(line) = here.iter().find(|line| line.mark == Mark::Revoked && line.key == shown.key) {
            return Verdict::Revoked(line.place.clone());
        }
        let plain: Vec<&&Line> = here.iter().filter(|line| line.mark == Mark::Plain).collect();
        if plain.iter().any(|line| line.key == shown.key) {
            return Verdict::Known;
        }
        match plain.iter().find(|line| line.kind == shown.kind) {
            Some(line) => Verdict::Changed(line.place.clone()),
            None => Verdict::Unknown(plain.iter().map(|line| line.kind.clone()).collect()),
        }
    }

    /// Types of the keys that are known of a server.
    pub(super) fn kinds(&self, host: &str) -> Vec<&str> {
        let here = self.lines.iter().filter(|line| line.mark == Mark::Plain && line.hosts.include(host));
        here.map(|line| line.kind.as_str()).collect()
    }

    /// Where an authority is named that signs keys of this server, which only certificates would be checked against.
    pub(super) fn authority(&self, host: &str) -> Option<&str> {
        let mut here = self.lines.iter().filter(|line| line.mark == Mark::Authority && line.hosts.include(host));
        here.next().map(|line| line.place.as_str())
    }
}

impl Hosts {
    fn include(&self, host: &str) -> bool {
        match self {
            Self::Patterns(patterns) => pattern::matches_list(patterns.iter().map(String::as_str), host),
            Self::Hashed { salt, hash } => Hmac::<sha1::Sha1>::new_from_slice(salt)
                .is_ok_and(|mac| mac.chain_update(host.as_bytes()).verify_slice(hash).is_ok()),
        }
    }
}

/// One line, if it says anything.
fn parse(line: &str, place: impl FnOnce() -> String) -> Option<Line> {
    let mut words = line.split_whitespace().peekable();
    let mark = match *words.peek()? {
        comment if comment.starts_with('#') => return None,
        "@revoked" => Mark::Revoked,
        "@cert-authority" => Mark::Authority,
        // What is marked in a way that is not known must not be trusted.
        unknown if unknown.starts_with('@') => return None,
        _ => Mark::Plain,
    };
    if mark != Mark::Plain {
        words.next();
    }
    let hosts = hosts(words.next()?)?;
    let kind = words.next()?.to_owned();
    let key = STANDARD.decode(words.next()?).ok()?;
    Some(Line { mark, hosts, kind, key, place: place() })
}

fn hosts(word: &str) -> Option<Hosts> {
    let Some(hashed) = word.strip_prefix("|1|") else {
        return Some(Hosts::Patterns(word.to_lowercase().split(',').map(str::to_owned).collect()));
    };
    let (salt, hash) = hashed.split_once('|')?;
    Some(Hosts::Hashed { salt: STANDARD.decode(salt).ok()?, hash: STANDARD.decode(hash).ok()? })
}

/// Adds a key at the end of a file, which is made if it is not there.
pub(super) fn append(key: &HostKey, file: &Path) -> io::Result<()> {
    if let Some(folder) = file.parent() {
        std::fs::create_dir_all(folder)?;
    }
    let mut options = OpenOptions::new();
    options.read(true).append(true).create(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    let mut file = options.open(file)?;
    file.lock()?;
    let start = if ends_its_line(&mut file)? { "" } else { "\n" };
    file.write_all(format!("{start}{}\n", key.line()).as_bytes())?;
    file.sync_all()
}

fn ends_its_line(file: &mut File) -> io::Result<bool> {
    if file.metadata()?.len() == 0 {
        return Ok(true);
    }
    file.seek(SeekFrom::End(-1))?;
    let mut last = [0];
    file.read_exact(&mut last)?;
    Ok(last == *b"\n")
}

#[cfg(test)]
mod tests;
