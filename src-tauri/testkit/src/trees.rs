//! What lies in a storage, as a value to compare; and files to fill one with.
//!
//! All of it panics where the storage fails: that is for a test to see.

use std::collections::BTreeMap;

use longshore_catalogue::PathBytes;
use longshore_transfer::storage::{Finish, Kind, ReadOptions, Result, Storage, is_part};

fn done<T>(result: Result<T>) -> T {
    result.unwrap_or_else(|error| panic!("{error} ({})", error.code))
}

/// What lies at a path: kind, mode, time, content or target.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Lies {
    /// What it is.
    pub kind: Kind,
    /// Permission bits; none of a link.
    pub mode: Option<u32>,
    /// Modification time: seconds since the epoch, and nanoseconds.
    pub mtime: (i64, u32),
    /// Content of a file, target of a link.
    pub holds: Vec<u8>,
}

/// What lies below a folder, by its path from there.
pub type Tree = BTreeMap<PathBytes, Lies>;

/// Everything below a folder, by its path from there.
pub fn tree(storage: &dyn Storage, top: &[u8]) -> Tree {
    let mut found = Tree::new();
    let mut folders = vec![PathBytes::default()];
    while let Some(folder) = folders.pop() {
        let at = |path: &PathBytes| PathBytes::new(top).join(path.as_bytes()).into_bytes();
        let place = if folder.as_bytes().is_empty() { top.to_vec() } else { at(&folder) };
        let mut lines = Vec::new();
        done(storage.list(&place, &mut |line| {
            lines.push(line);
            Ok(())
        }));
        for line in lines {
            let path = folder.join(&line.name);
            let holds = match line.meta.kind {
                Kind::File => content(storage, &at(&path)),
                Kind::Link => line.meta.link,
                Kind::Folder | Kind::Special => Vec::new(),
            };
            if line.meta.kind == Kind::Folder {
                folders.push(path.clone());
            }
            let mode = line.meta.mode.filter(|_| line.meta.kind != Kind::Link);
            found.insert(path, Lies { kind: line.meta.kind, mode, mtime: line.meta.mtime, holds });
        }
    }
    found
}

fn content(storage: &dyn Storage, path: &[u8]) -> Vec<u8> {
    let mut reader = done(storage.read(path, ReadOptions::default()));
    let mut all = Vec::new();
    let mut chunk = vec![0; 1 << 16];
    loop {
        match done(reader.read(&mut chunk)) {
            0 => return all,
            read => all.extend_from_slice(&chunk[..read]),
        }
    }
}

/// Writes a file with a mode and a time.
pub fn put(storage: &dyn Storage, path: &[u8], bytes: &[u8], mode: u32, mtime: (i64, u32)) {
    let mut writer = done(storage.write(path, None));
    done(writer.write(bytes));
    done(writer.commit(&Finish { mode: Some(mode), mtime: Some(mtime), replace: true, durable: false }));
}

/// Bytes that differ from file to file.
pub fn noise(seed: u64, length: usize) -> Vec<u8> {
    let mut state = seed.wrapping_mul(0x9E37_79B9_7F4A_7C15) | 1;
    let next = || {
        state ^= state << 13;
        state ^= state >> 7;
        state ^= state << 17;
        state.to_le_bytes()[3]
    };
    std::iter::repeat_with(next).take(length).collect()
}

/// A small dataset, of several datablocks of 64 KiB: files, one of them empty, folders, one of them empty, and a link.
pub fn small(storage: &dyn Storage) {
    for (number, size) in [(1, 30_000), (2, 40_000), (3, 0), (4, 100_000)] {
        let path = format!("file{number}");
        put(storage, path.as_bytes(), &noise(number, size), 0o640, (1_700_000_000, 123_456_789));
    }
    put(storage, b"below/deep/file5", &noise(5, 5_000), 0o755, (5, 1));
    done(storage.make_folder(b"below/empty"));
    done(storage.make_link(b"link", b"file1"));
    for path in [&b"link"[..], b"below/empty", b"below/deep", b"below", b""] {
        done(storage.set_meta(path, None, Some((1_600_000_000, 0))));
    }
}

/// Names of what unfinished work has left in a tree.
pub fn leftovers(tree: &Tree) -> Vec<PathBytes> {
    tree.keys().filter(|path| is_part(path.file_name())).cloned().collect()
}
