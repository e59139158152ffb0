//! Checksums that the server takes itself, by the commands that are there for it.

use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use longshore_transfer::hash::unhex;
use longshore_transfer::storage::Algorithm;

use super::command::{gather, quoted};
use super::dial::{Dialed, dial};
use super::target::Target;

/// Commands that print a checksum of their standard input, in hexadecimal and before anything else. OpenSSL comes first: it uses what
/// processors have for SHA-256, coreutils' programs mostly do not (1,010 beside 263 MiB/s on one machine).
const SHA256: [&str; 3] = ["openssl dgst -sha256 -r", "sha256sum", "shasum -a 256"];
const MD5: [&str; 3] = ["openssl dgst -md5 -r", "md5sum", "md5 -r"];

/// The checksums of `abc` (FIPS 180-2, appendix B.1; RFC 1321, appendix A.5): a command that gives another is not used.
const ABC_SHA256: &str = "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad";
const ABC_MD5: &str = "900150983cd24fb0d6963f7d28e17f72";

/// Bytes that a server reads in a second at least: what takes longer is given up.
pub(super) const PACE: u64 = 8 << 20;

/// Sessions for commands, and which commands there are.
#[derive(Default)]
pub(super) struct Sums {
    off: bool,
    idle: Mutex<Vec<Dialed>>,
    tools: Mutex<Option<Tools>>,
}

/// The command for each algorithm, if there is one.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
struct Tools {
    sha256: Option<&'static str>,
    md5: Option<&'static str>,
}

impl Tools {
    fn of(&self, algorithm: Algorithm) -> Option<&'static str> {
        match algorithm {
            Algorithm::Sha256 => self.sha256,
            Algorithm::Md5 => self.md5,
        }
    }
}

impl Sums {
    pub(super) fn new(on: bool) -> Self {
        Self { off: !on, ..Self::default() }
    }

    /// Which checksums the server takes, in words.
    pub(super) fn known(&self, target: &Target) -> String {
        if self.off {
            return "switched off".into();
        }
        let Some(dialed) = self.session(target) else { return "none: the server runs no commands".into() };
        let tools = self.tools(&dialed, target);
        locked(&self.idle).push(dialed);
        let found: Vec<&str> = [tools.sha256, tools.md5].into_iter().flatten().collect();
        if found.is_empty() { "none: no command for it answers as it should".into() } else { found.join(", ") }
    }

    /// The checksum of a file of `size` bytes, its path from the server's top; `None` where the server cannot say, or says it in a way that
    /// leaves doubt.
    pub(super) fn take(&self, target: &Target, path: &[u8], size: u64, algorithm: Algorithm) -> Option<Vec<u8>> {
        // A command is text, and so must the name be that is in it.
        let path = std::str::from_utf8(path).ok().filter(|_| !self.off)?;
        let dialed = self.session(target)?;
        let tool = self.tools(&dialed, target).of(algorithm);
        let Some(tool) = tool else {
            locked(&self.idle).push(dialed);
            return None;
        };
        let name = quoted(path);
        let limit = target.patience.stall + Duration::from_secs(size / PACE);
        let (code, printed) = gather(&dialed, &format!("{tool} < {name} && wc -c < {name}"), limit).ok()?;
        locked(&self.idle).push(dialed);
        if code == 0 { understood(&printed, size, algorithm) } else { None }
    }

    /// A session, and the command by which SHA-256 is taken on it, if there is one.
    pub(super) fn sha256(&self, target: &Target) -> Option<(Dialed, &'static str)> {
        let dialed = if self.off { None } else { self.session(target) }?;
        let tool = self.tools(&dialed, target).sha256;
        if tool.is_none() {
            self.give_back(dialed);
            return None;
        }
        tool.map(|tool| (dialed, tool))
    }

    /// Keeps a session on which nothing runs any more.
    pub(super) fn give_back(&self, dialed: Dialed) {
        locked(&self.idle).push(dialed);
    }

    fn session(&self, target: &Target) -> Option<Dialed> {
        if locked(&self.tools).is_some_and(|tools| tools == Tools::default()) {
            return None;
        }
        let idle = locked(&self.idle).pop();
        idle.or_else(|| dial(target).ok())
    }

    /// The commands that are there and answer as they should, found once.
    fn tools(&self, dialed: &Dialed, target: &Target) -> Tools {
        let mut tools = locked(&self.tools);
        *tools.get_or_insert_with(|| Tools {
            sha256: SHA256.into_iter().find(|tool| answers(dialed, target, tool, ABC_SHA256)),
            md5: MD5.into_iter().find(|tool| answers(dialed, target, tool, ABC_MD5)),
        })
    }
}

fn answers(dialed: &Dialed, target: &Target, tool: &str, expected: &str) -> bool {
    let answer = gather(dialed, &format!("printf abc | {tool}"), target.patience.stall);
    answer
        .is_ok_and(|(code, printed)| code == 0 && first_word(&printed).is_some_and(|word| word == expected.as_bytes()))
}

/// The checksum and, in the next line, the size, which must be that of the file: a server may show other files to its shell than to SFTP.
fn understood(printed: &[u8], size: u64, algorithm: Algorithm) -> Option<Vec<u8>> {
    let (line, rest) = printed.split_at(printed.iter().position(|byte| *byte == b'\n')?);
    let counted: u64 = std::str::from_utf8(rest).ok()?.trim().parse().ok()?;
    let length = match algorithm {
        Algorithm::Sha256 => 32,
        Algorithm::Md5 => 16,
    };
    let sum = unhex(std::str::from_utf8(first_word(line)?).ok()?)?;
    (counted == size && sum.len() == length).then_some(sum)
}

pub(super) fn first_word(line: &[u8]) -> Option<&[u8]> {
    line.split(u8::is_ascii_whitespace).next()
}

fn locked<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    #[test]
    fn only_an_answer_that_leaves_no_doubt_is_taken() {
        let sum = |printed: &str| understood(printed.as_bytes(), 3, Algorithm::Md5);
        let abc = unhex(ABC_MD5).unwrap();
        assert_eq!(sum(&format!("{ABC_MD5}  -\n3\n")), Some(abc.clone()));
        assert_eq!(sum(&format!("{ABC_MD5} *stdin\n       3\n")), Some(abc));
        for odd in ["", "3\n", "\n3\n", "abc  -\n3\n", "This service allows sftp connections only.\n"] {
            assert_eq!(sum(odd), None, "{odd}");
        }
        assert_eq!(sum(&format!("{ABC_MD5}  -\n4\n")), None, "another size is another file");
        assert_eq!(sum(&format!("Welcome!\n{ABC_MD5}  -\n3\n")), None);
        assert_eq!(sum(&format!("{ABC_SHA256}  -\n3\n")), None, "another checksum than the one asked for");
    }

    #[test]
    fn names_are_quoted() {
        assert_eq!(quoted("a b"), "'a b'");
        assert_eq!(quoted("it's $(rm -rf /)"), r"'it'\''s $(rm -rf /)'");
    }
}
