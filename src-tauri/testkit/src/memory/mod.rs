//! A storage in memory that knows what would survive a power loss.

mod io;
mod storage;

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use longshore_transfer::storage::{Error, Kind, Meta, Result, Space, Status, join, part_name};

/// A storage in memory. Clones share what they hold.
#[derive(Clone, Default)]
pub struct Memory {
    state: Arc<Mutex<State>>,
}

#[derive(Default)]
struct State {
    /// What is there, by path.
    now: BTreeMap<Vec<u8>, Node>,
    /// Which names would be there after a power loss.
    durable: BTreeMap<Vec<u8>, Node>,
    /// What it says of its room; a terabyte, if nothing else was ordered.
    room: Option<Room>,
}

/// Answers for a storage that is asked for its room.
type Room = Arc<dyn Fn() -> Result<Space> + Send + Sync>;

#[derive(Clone)]
enum Node {
    Folder { mode: u32, mtime: (i64, u32) },
    Link { target: Vec<u8>, mtime: (i64, u32) },
    File(Arc<Mutex<File>>),
}

#[derive(Clone, Default)]
struct File {
    content: Vec<u8>,
    /// What would be left of it after a power loss.
    durable: Vec<u8>,
    mode: u32,
    mtime: (i64, u32),
}

impl Memory {
    /// An empty one.
    pub fn new() -> Self {
        Self::default()
    }

    /// Asked for its room it answers this from now on. The answer may take its time.
    pub fn answer_space(&self, answer: impl Fn() -> Result<Space> + Send + Sync + 'static) {
        self.lock().room = Some(Arc::new(answer));
    }

    /// Puts a file there, with the folders above it, as if it had always been there.
    pub fn put(&self, path: &[u8], content: &[u8]) {
        let mut state = self.lock();
        let file =
            File { content: content.to_vec(), durable: content.to_vec(), mode: 0o644, mtime: (1_700_000_000, 1) };
        // A test that puts a file below a file will see that it is not there.
        let _ = state.make_above(path);
        state.now.insert(path.to_vec(), Node::File(Arc::new(Mutex::new(file))));
        state.durable = state.now.clone();
    }

    /// The content of a file.
    pub fn get(&self, path: &[u8]) -> Option<Vec<u8>> {
        Some(lock(self.lock().file(path)?).content.clone())
    }

    /// Changes a file in place, as a disk that decays or an owner who edits does.
    pub fn damage(&self, path: &[u8], change: impl FnOnce(&mut Vec<u8>)) {
        if let Some(file) = self.lock().file(path) {
            let mut file = lock(file);
            change(&mut file.content);
            file.sync();
        }
    }

    /// Sets the modification time of a file.
    pub fn touch(&self, path: &[u8], mtime: (i64, u32)) {
        if let Some(file) = self.lock().file(path) {
            lock(file).mtime = mtime;
        }
    }

    /// The paths of all files, links and folders.
    pub fn paths(&self) -> Vec<Vec<u8>> {
        self.lock().now.keys().cloned().collect()
    }

    /// The power goes and comes back. Contents that were not synced are gone; of the names that were not synced, all are gone, or with
    /// `names_kept` none is: a file system may do either.
    pub fn lose_power(&self, names_kept: bool) {
        let mut state = self.lock();
        if !names_kept {
            state.now = state.durable.clone();
        }
        for node in state.now.values() {
            if let Node::File(file) = node {
                let mut file = lock(file);
                file.revert();
            }
        }
    }

    fn lock(&self) -> MutexGuard<'_, State> {
        lock(&self.state)
    }
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

fn fail(code: &'static str, path: &[u8]) -> Error {
    Error {
        code,
        status: Status::Permanent,
        what: String::from_utf8_lossy(path).into_owned(),
        why: code.into(),
        path: path.to_vec(),
        storage: String::new(),
    }
}

impl State {
    fn file(&self, path: &[u8]) -> Option<&Arc<Mutex<File>>> {
        match self.now.get(path) {
            Some(Node::File(file)) => Some(file),
            _ => None,
        }
    }

    fn make_above(&mut self, path: &[u8]) -> Result<()> {
        for (at, _) in path.iter().enumerate().filter(|(_, byte)| **byte == b'/') {
            let folder = Node::Folder { mode: 0o755, mtime: (0, 0) };
            if !matches!(self.now.entry(path[..at].to_vec()).or_insert(folder), Node::Folder { .. }) {
                return Err(fail("path.not_folder", path));
            }
        }
        Ok(())
    }

    fn rename(&mut self, from: &[u8], to: &[u8], replace: bool) -> Result<()> {
        if !replace && self.now.contains_key(to) {
            return Err(fail("file.exists", to));
        }
        let node = self.now.remove(from).ok_or_else(|| fail("file.missing", from))?;
        self.now.insert(to.to_vec(), node);
        Ok(())
    }

    /// Whether anything lies below a folder.
    fn below(&self, folder: &[u8]) -> bool {
        self.now.keys().any(|path| path.starts_with(folder) && path.get(folder.len()) == Some(&b'/'))
    }
}

impl Node {
    fn meta(&self) -> Meta {
        let meta = |kind, mode, mtime| Meta { kind, size: 0, mode, mtime, link: Vec::new(), names: 1 };
        match self {
            Self::Folder { mode, mtime } => meta(Kind::Folder, Some(*mode), *mtime),
            Self::Link { target, mtime } => Meta { link: target.clone(), ..meta(Kind::Link, Some(0o777), *mtime) },
            Self::File(file) => lock(file).meta(),
        }
    }
}

impl File {
    fn sync(&mut self) {
        self.durable.clone_from(&self.content);
    }

    fn revert(&mut self) {
        self.content.clone_from(&self.durable);
    }

    fn meta(&self) -> Meta {
        let (size, mode) = (self.content.len() as u64, Some(self.mode));
        Meta { kind: Kind::File, size, mode, mtime: self.mtime, link: Vec::new(), names: 1 }
    }
}

/// Path of the temporary file of a path.
fn part_of(path: &[u8]) -> Vec<u8> {
    match path.iter().rposition(|byte| *byte == b'/') {
        Some(at) => join(&path[..at], &part_name(&path[at + 1..])),
        None => part_name(path),
    }
}

/// A path that no folder may have is `path.refused`, as everywhere.
fn allowed(path: &[u8]) -> Result<()> {
    let mut names = path.split(|byte| *byte == b'/');
    let refused = names.any(|name| matches!(name, b"" | b"." | b"..") || name.contains(&0));
    if refused && !path.is_empty() { Err(fail("path.refused", path)) } else { Ok(()) }
}
