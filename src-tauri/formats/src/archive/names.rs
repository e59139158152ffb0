//! Names of entries: where they may lead, and that no two are one.

use std::collections::HashMap;
use std::collections::hash_map::Entry;

use sha2::{Digest as _, Sha256};
use unicode_normalization::UnicodeNormalization as _;

use super::{Error, Limits};

/// What is said of names that differ only in case or in their form of Unicode, which are one name on many systems.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum Twins {
    /// They are refused.
    #[default]
    Refuse,
    /// They are taken.
    Take,
}

/// The names of an archive, as far as they were seen. Held as hashes: 40 bytes a name, whatever its length.
#[derive(Debug)]
pub struct Names {
    twins: Twins,
    limits: Limits,
    seen: HashMap<u128, Seen>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Seen {
    exact: u128,
    folder: bool,
    /// The archive has an entry for it: a folder may also only stand in others' paths.
    entry: bool,
}

impl Names {
    /// None seen.
    pub fn new(twins: Twins, limits: Limits) -> Self {
        Self { twins, limits, seen: HashMap::new() }
    }

    /// Takes in the path of an entry, which [`safe_path`] gave; refuses one that is there already.
    pub fn enter(&mut self, path: &[u8], folder: bool) -> Result<(), Error> {
        if path.len() > self.limits.name {
            let why = format!("its path has {} bytes, and at most {} are taken", path.len(), self.limits.name);
            return Err(Error::refused("archive.limit", path, why));
        }
        let slashes: Vec<usize> = path.iter().enumerate().filter(|(_, b)| **b == b'/').map(|(at, _)| at).collect();
        if slashes.len() > self.limits.depth {
            let why = format!("it lies {} folders deep, and at most {} are taken", slashes.len(), self.limits.depth);
            return Err(Error::refused("archive.limit", path, why));
        }
        for end in slashes {
            self.one(&path[..end], Seen { exact: hash(&path[..end]), folder: true, entry: false }, path)?;
        }
        self.one(path, Seen { exact: hash(path), folder, entry: true }, path)
    }

    fn one(&mut self, name: &[u8], new: Seen, entry: &[u8]) -> Result<(), Error> {
        let key = match self.twins {
            Twins::Refuse => folded(name).map_or(new.exact, |folded| hash(&folded)),
            Twins::Take => new.exact,
        };
        let mut known = match self.seen.entry(key) {
            Entry::Vacant(place) => {
                place.insert(new);
                return Ok(());
            }
            Entry::Occupied(known) => known,
        };
        let seen = known.get_mut();
        if seen.exact != new.exact {
            let why = "another entry's name differs from this only in case or in its form of Unicode";
            return Err(Error::refused("archive.twins", entry, why));
        }
        if seen.folder != new.folder {
            return Err(Error::refused("archive.twice", entry, "the same path is a file and a folder"));
        }
        if new.entry && seen.entry {
            return Err(Error::refused("archive.twice", entry, "another entry has the same path"));
        }
        seen.entry |= new.entry;
        Ok(())
    }
}

/// The first half of a SHA-256: two names with the same are not to be found.
fn hash(bytes: &[u8]) -> u128 {
    let digest: [u8; 32] = Sha256::digest(bytes).into();
    let [half, _] = digest.as_chunks::<16>().0 else { return 0 };
    u128::from_be_bytes(*half)
}

/// A name without its case and composed; `None` where it is that already, or no text.
fn folded(name: &[u8]) -> Option<Vec<u8>> {
    if !name.iter().any(|byte| byte.is_ascii_uppercase() || !byte.is_ascii()) {
        return None;
    }
    let text = std::str::from_utf8(name).ok()?;
    Some(text.nfd().flat_map(char::to_lowercase).nfc().collect::<String>().replace('ς', "σ").into_bytes())
}

/// The path of an entry below the folder it is unpacked to, without a folder's slash and `./`; refused where it may lead elsewhere.
/// `None` for the folder itself. Backslashes are what zip calls damage, and a letter like others in a tar.
pub fn safe_path(written: &[u8], backslashes: bool) -> Result<Option<Vec<u8>>, Error> {
    let refused = |why: &str| Err(Error::refused("archive.path", written, why));
    if written.is_empty() {
        return refused("it has no path");
    }
    if written.contains(&0) {
        return refused("its path holds a NUL");
    }
    if written.starts_with(b"/") {
        return refused("its path is absolute");
    }
    if !backslashes && written.contains(&b'\\') {
        return refused("its path holds a backslash");
    }
    if matches!(written, [drive, b':', ..] if drive.is_ascii_alphabetic()) {
        return refused("its path begins with a drive's letter");
    }
    let mut parts: Vec<&[u8]> = Vec::new();
    for part in written.split(|byte| *byte == b'/') {
        match part {
            b".." => return refused("its path holds .. and may lead elsewhere"),
            b"" | b"." => {}
            part => parts.push(part),
        }
    }
    let path = parts.join(&b'/');
    Ok((!path.is_empty()).then_some(path))
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    fn code(error: Error) -> &'static str {
        match error {
            Error::Refused { code, .. } => code,
            Error::Io(error) => panic!("{error}"),
        }
    }

    #[test]
    fn paths_that_lead_elsewhere_are_refused() {
        for path in [&b"/a"[..], b"../a", b"a/../../b", b"a/..", b"", b"a\0", b"C:\\a", b"c:a", b"a\\..\\b"] {
            assert_eq!(code(safe_path(path, false).unwrap_err()), "archive.path", "{}", String::from_utf8_lossy(path));
        }
        assert_eq!(safe_path(b"./a//b/", false).unwrap().unwrap(), b"a/b");
        assert_eq!(safe_path(b"a\\b", true).unwrap().unwrap(), b"a\\b");
        assert_eq!(safe_path(b"./", false).unwrap(), None);
    }

    #[test]
    fn no_two_entries_are_one() {
        let names = || Names::new(Twins::Refuse, Limits::default());
        let second = |first: (&str, bool), second: (&str, bool)| {
            let mut names = names();
            names.enter(first.0.as_bytes(), first.1).unwrap();
            names.enter(second.0.as_bytes(), second.1).map_err(code)
        };
        assert_eq!(second(("a/b", false), ("a/b", false)), Err("archive.twice"));
        assert_eq!(second(("a", false), ("a/b", false)), Err("archive.twice"));
        assert_eq!(second(("a/b", false), ("a", false)), Err("archive.twice"));
        assert_eq!(second(("a/b", false), ("a", true)), Ok(()), "a folder may come after what lies in it");
        assert_eq!(second(("a", true), ("a", true)), Err("archive.twice"));
        assert_eq!(second(("A/b", false), ("a/c", false)), Err("archive.twins"), "folders count");
        assert_eq!(second(("é", false), ("e\u{301}", false)), Err("archive.twins"));
        assert_eq!(second(("ΟΔΟΣ", false), ("οδος", false)), Err("archive.twins"));
        assert_eq!(second(("É/x", false), ("é/x", false)), Err("archive.twins"));
        let mut taken = Names::new(Twins::Take, Limits::default());
        taken.enter(b"A", false).and_then(|()| taken.enter(b"a", false)).unwrap();
    }

    #[test]
    fn deep_and_long_paths_are_refused() {
        let mut names = Names::new(Twins::Refuse, Limits { depth: 2, name: 10, ..Limits::default() });
        names.enter(b"a/b/c", false).unwrap();
        assert_eq!(code(names.enter(b"a/b/c2/d", false).unwrap_err()), "archive.limit");
        assert_eq!(code(names.enter(b"aaaaaaaaaaa", false).unwrap_err()), "archive.limit");
    }
}
