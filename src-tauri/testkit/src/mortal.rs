//! A storage that dies with a fuse, and on which single files and the room are spoilt as told.

use std::any::Any;
use std::collections::BTreeMap;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, PoisonError};

use longshore_transfer::storage::{
    Capabilities, Error, Finish, Listed, Meta, ReadOptions, Reader, Result, Space, Status, Storage, Writer,
};

use crate::fuse::Fuse;

/// What happens when a file is opened for reading.
type OnRead = Arc<dyn Fn() + Send + Sync>;

/// What is wrong, and what was seen.
#[derive(Default)]
struct State {
    unreadable: Mutex<Vec<Vec<u8>>>,
    on_read: Mutex<BTreeMap<Vec<u8>, OnRead>>,
    /// Bytes that can still be written; `u64::MAX` for any number.
    room: AtomicU64,
    written: AtomicU64,
    read: AtomicU64,
}

/// A storage around another, real one.
pub struct Mortal {
    inner: Arc<dyn Storage>,
    fuse: Arc<Fuse>,
    state: Arc<State>,
}

fn locked<T>(mutex: &Mutex<T>) -> std::sync::MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

fn error(code: &'static str, status: Status, path: &[u8]) -> Error {
    let what = format!("Working on {}", String::from_utf8_lossy(path));
    Error { code, status, what, why: "a test makes it fail".into(), path: path.to_vec() }
}

fn dead() -> Error {
    error("test.dead", Status::Unusable, b"")
}

impl Mortal {
    /// Around a storage, without faults but those of the fuse.
    pub fn new(inner: Arc<dyn Storage>, fuse: Arc<Fuse>) -> Self {
        let state = Arc::new(State::default());
        state.room.store(u64::MAX, Ordering::SeqCst);
        Self { inner, fuse, state }
    }

    /// The file cannot be opened from now on.
    pub fn make_unreadable(&self, path: &[u8]) {
        locked(&self.state.unreadable).push(path.to_vec());
    }

    /// All files can be opened again, and there is room.
    pub fn heal(&self) {
        locked(&self.state.unreadable).clear();
        locked(&self.state.on_read).clear();
        self.state.room.store(u64::MAX, Ordering::SeqCst);
    }

    /// Does something between the opening and the first reading of a file, once.
    pub fn on_read(&self, path: &[u8], act: impl Fn() + Send + Sync + 'static) {
        locked(&self.state.on_read).insert(path.to_vec(), Arc::new(act));
    }

    /// Only so many more bytes can be written.
    pub fn leave_room(&self, bytes: u64) {
        self.state.room.store(bytes, Ordering::SeqCst);
    }

    /// Bytes written through it.
    pub fn written(&self) -> u64 {
        self.state.written.load(Ordering::SeqCst)
    }

    /// Bytes read through it.
    pub fn bytes_read(&self) -> u64 {
        self.state.read.load(Ordering::SeqCst)
    }

    fn step<T>(&self, take: impl FnOnce() -> Result<T>) -> Result<T> {
        self.fuse.step(take, dead)
    }
}

impl Storage for Mortal {
    fn name(&self) -> &str {
        self.inner.name()
    }
    fn capabilities(&self) -> Capabilities {
        Capabilities { reflink: false, ..self.inner.capabilities() }
    }
    fn space(&self) -> Result<Space> {
        self.inner.space()
    }
    fn stat(&self, path: &[u8]) -> Result<Meta> {
        self.inner.stat(path)
    }
    fn list(&self, folder: &[u8], each: &mut dyn FnMut(Listed) -> Result<()>) -> Result<()> {
        if locked(&self.state.unreadable).iter().any(|denied| denied == folder) {
            return Err(error("file.denied", Status::Permanent, folder));
        }
        self.inner.list(folder, each)
    }
    fn read(&self, path: &[u8], options: ReadOptions) -> Result<Box<dyn Reader>> {
        if locked(&self.state.unreadable).iter().any(|denied| denied == path) {
            return Err(error("file.denied", Status::Permanent, path));
        }
        let reader = self.inner.read(path, options)?;
        let act = locked(&self.state.on_read).remove(path);
        Ok(Box::new(Reading { reader, act, state: self.state.clone() }))
    }
    fn write(&self, path: &[u8], resume: Option<u64>) -> Result<Box<dyn Writer>> {
        let writer = self.step(|| self.inner.write(path, resume))?;
        Ok(Box::new(Writing { writer, fuse: self.fuse.clone(), state: self.state.clone(), path: path.to_vec() }))
    }
    fn partial(&self, path: &[u8]) -> Result<Option<u64>> {
        self.inner.partial(path)
    }
    fn discard(&self, path: &[u8]) -> Result<()> {
        self.step(|| self.inner.discard(path))
    }
    fn publish(&self, path: &[u8], replace: bool) -> Result<()> {
        self.step(|| self.inner.publish(path, replace))
    }
    fn reflink_from(&self, _: &dyn Storage, _: &[u8], _: &[u8], _: &Finish) -> Result<bool> {
        Ok(false)
    }
    fn make_folder(&self, path: &[u8]) -> Result<()> {
        self.step(|| self.inner.make_folder(path))
    }
    fn make_link(&self, path: &[u8], target: &[u8]) -> Result<()> {
        self.step(|| self.inner.make_link(path, target))
    }
    fn set_meta(&self, path: &[u8], mode: Option<u32>, mtime: Option<(i64, u32)>) -> Result<()> {
        self.step(|| self.inner.set_meta(path, mode, mtime))
    }
    fn delete(&self, path: &[u8]) -> Result<()> {
        self.step(|| self.inner.delete(path))
    }
    fn delete_folder(&self, path: &[u8]) -> Result<bool> {
        self.step(|| self.inner.delete_folder(path))
    }
    fn sync_all(&self) -> Result<()> {
        self.step(|| self.inner.sync_all())
    }
    fn as_any(&self) -> &dyn Any {
        self
    }
}

struct Reading {
    reader: Box<dyn Reader>,
    act: Option<OnRead>,
    state: Arc<State>,
}

impl Reader for Reading {
    fn read(&mut self, buf: &mut [u8]) -> Result<usize> {
        if let Some(act) = self.act.take() {
            act();
        }
        let read = self.reader.read(buf)?;
        self.state.read.fetch_add(read as u64, Ordering::SeqCst);
        Ok(read)
    }
    fn meta(&self) -> Result<Meta> {
        self.reader.meta()
    }
    fn reads_medium(&self) -> bool {
        self.reader.reads_medium()
    }
}

struct Writing {
    writer: Box<dyn Writer>,
    fuse: Arc<Fuse>,
    state: Arc<State>,
    path: Vec<u8>,
}

impl Writer for Writing {
    fn write(&mut self, bytes: &[u8]) -> Result<()> {
        if self.fuse.blown() {
            return Err(dead());
        }
        let take = |room: u64| if room == u64::MAX { Some(room) } else { room.checked_sub(bytes.len() as u64) };
        if self.state.room.fetch_update(Ordering::SeqCst, Ordering::SeqCst, take).is_err() {
            return Err(error("storage.full", Status::Unusable, &self.path));
        }
        self.state.written.fetch_add(bytes.len() as u64, Ordering::SeqCst);
        self.writer.write(bytes)
    }
    fn written(&self) -> u64 {
        self.writer.written()
    }
    fn sync(&mut self) -> Result<()> {
        if self.fuse.blown() { Err(dead()) } else { self.writer.sync() }
    }
    fn commit(self: Box<Self>, finish: &Finish) -> Result<()> {
        let Self { writer, fuse, .. } = *self;
        fuse.step(|| writer.commit(finish), dead)
    }
    fn settle(self: Box<Self>, finish: &Finish) -> Result<()> {
        let Self { writer, fuse, .. } = *self;
        fuse.step(|| writer.settle(finish), dead)
    }
    fn abort(self: Box<Self>) -> Result<()> {
        // The dead take nothing away.
        if self.fuse.blown() { Ok(()) } else { self.writer.abort() }
    }
}
