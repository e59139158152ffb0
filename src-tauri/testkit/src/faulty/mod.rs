//! A storage that fails as told.

mod io;
mod state;

use std::any::Any;
use std::sync::Arc;
use std::sync::atomic::Ordering;

use longshore_connectors::datacat::DataCatalogue;
use longshore_connectors::gitlab::GitLab;
use longshore_connectors::mlflow::Mlflow;
use longshore_connectors::records::Records;
use longshore_connectors::s3::S3;
use longshore_transfer::storage::{
    Algorithm, Capabilities, Composer, Error, Finish, Follow, Known, Listed, Meta, ReadOptions, Reader, Result, Space,
    Status, Storage, Writer,
};

use crate::fuse::Fuse;
use io::{Reading, Writing};
use state::{State, locked};

/// A storage around another, with faults.
pub struct Faulty {
    inner: Arc<dyn Storage>,
    fuse: Arc<Fuse>,
    state: Arc<State>,
}

fn error(code: &'static str, status: Status, path: &[u8]) -> Error {
    let what = format!("Working on {}", String::from_utf8_lossy(path));
    Error { code, status, what, why: "a test makes it fail".into(), path: path.to_vec(), storage: String::new() }
}

fn dead() -> Error {
    error("test.dead", Status::Unusable, b"")
}

impl Faulty {
    /// Around a storage, without faults but those of the fuse.
    pub fn new(inner: Arc<dyn Storage>, fuse: Arc<Fuse>) -> Self {
        Self { inner, fuse, state: Arc::new(State::new()) }
    }

    /// The file cannot be opened from now on.
    pub fn make_unreadable(&self, path: &[u8]) {
        locked(&self.state.unreadable).push(path.to_vec());
    }

    /// All faults are gone, there is room, and calls are counted from 0 again.
    pub fn heal(&self) {
        self.state.heal();
    }

    /// Calls made so far, those on readers and writers included.
    pub fn calls(&self) -> u64 {
        self.state.calls.load(Ordering::SeqCst)
    }

    /// From the call number `at` (the first is 0) on, everything fails with `storage.missing`: unplugged.
    pub fn unplug_at(&self, at: u64) {
        locked(&self.state.script).unplug_at = Some(at);
    }

    /// The call number `at` fails, and only that.
    pub fn fail_at(&self, at: u64, code: &'static str, status: Status) {
        locked(&self.state.script).fail_at = Some((at, code, status));
    }

    /// The lowest bit of this byte is read wrong.
    pub fn flip(&self, path: &[u8], offset: u64) {
        locked(&self.state.script).flip = Some((path.to_vec(), offset));
    }

    /// This byte of a file cannot be read.
    pub fn bad_byte(&self, path: &[u8], offset: u64) {
        locked(&self.state.script).bad = Some((path.to_vec(), offset));
    }

    /// The file ends here for whoever reads it.
    pub fn cut(&self, path: &[u8], length: u64) {
        locked(&self.state.script).cut = Some((path.to_vec(), length));
    }

    /// Does something between the opening and the first reading of a file, once.
    pub fn on_read(&self, path: &[u8], act: impl Fn() + Send + Sync + 'static) {
        locked(&self.state.on_read).insert(path.to_vec(), Arc::new(act));
    }

    /// Only so many more bytes can be written, and it says so.
    pub fn leave_room(&self, bytes: u64) {
        self.state.room.store(bytes, Ordering::SeqCst);
    }

    /// It says that so many files go side by side ([`Storage::width`]).
    pub fn widen(&self, width: usize) {
        self.state.width.store(width, Ordering::SeqCst);
    }

    /// Files that were opened for reading so far.
    pub fn opened(&self) -> u64 {
        self.state.opened.load(Ordering::SeqCst)
    }

    /// Bytes written through it.
    pub fn written(&self) -> u64 {
        self.state.written.load(Ordering::SeqCst)
    }

    /// Bytes read through it.
    pub fn bytes_read(&self) -> u64 {
        self.state.read.load(Ordering::SeqCst)
    }

    fn step<T>(&self, path: &[u8], take: impl FnOnce() -> Result<T>) -> Result<T> {
        self.state.pass(path)?;
        self.fuse.step(take, dead)
    }
}

impl Storage for Faulty {
    fn name(&self) -> &str {
        self.inner.name()
    }
    fn capabilities(&self) -> Capabilities {
        Capabilities { reflink: false, ..self.inner.capabilities() }
    }
    fn space(&self) -> Result<Space> {
        self.state.pass(b"")?;
        let space = self.inner.space()?;
        Ok(Space { free: space.free.min(self.state.room.load(Ordering::SeqCst)), ..space })
    }
    fn stat(&self, path: &[u8]) -> Result<Meta> {
        self.state.pass(path)?;
        self.inner.stat(path)
    }
    fn list(&self, folder: &[u8], each: &mut dyn FnMut(Listed) -> Result<()>) -> Result<()> {
        if locked(&self.state.unreadable).iter().any(|denied| denied == folder) {
            return Err(error("file.denied", Status::Permanent, folder));
        }
        self.state.pass(folder)?;
        self.inner.list(folder, each)
    }
    fn read(&self, path: &[u8], options: ReadOptions) -> Result<Box<dyn Reader>> {
        if locked(&self.state.unreadable).iter().any(|denied| denied == path) {
            return Err(error("file.denied", Status::Permanent, path));
        }
        self.state.pass(path)?;
        let reader = self.inner.read(path, options)?;
        self.state.opened.fetch_add(1, Ordering::SeqCst);
        let act = locked(&self.state.on_read).remove(path);
        let (state, path) = (self.state.clone(), path.to_vec());
        Ok(Box::new(Reading { reader, act, state, path, at: options.offset }))
    }
    fn write(&self, path: &[u8], resume: Option<u64>) -> Result<Box<dyn Writer>> {
        let writer = self.step(path, || self.inner.write(path, resume))?;
        Ok(Box::new(Writing { writer, fuse: self.fuse.clone(), state: self.state.clone(), path: path.to_vec() }))
    }
    fn write_sized(&self, path: &[u8], resume: Option<u64>, known: Known) -> Result<Box<dyn Writer>> {
        let writer = self.step(path, || self.inner.write_sized(path, resume, known))?;
        Ok(Box::new(Writing { writer, fuse: self.fuse.clone(), state: self.state.clone(), path: path.to_vec() }))
    }
    fn partial(&self, path: &[u8]) -> Result<Option<u64>> {
        self.state.pass(path)?;
        self.inner.partial(path)
    }
    fn discard(&self, path: &[u8]) -> Result<()> {
        self.step(path, || self.inner.discard(path))
    }
    fn discard_below(&self, folder: &[u8]) -> Result<u64> {
        self.step(folder, || self.inner.discard_below(folder))
    }
    fn publish(&self, path: &[u8], replace: bool) -> Result<()> {
        self.step(path, || self.inner.publish(path, replace))
    }
    fn reflink_from(&self, _: &dyn Storage, _: &[u8], _: &[u8], _: &Finish) -> Result<bool> {
        Ok(false)
    }
    fn make_folder(&self, path: &[u8]) -> Result<()> {
        self.step(path, || self.inner.make_folder(path))
    }
    fn make_link(&self, path: &[u8], target: &[u8]) -> Result<()> {
        self.step(path, || self.inner.make_link(path, target))
    }
    fn set_meta(&self, path: &[u8], mode: Option<u32>, mtime: Option<(i64, u32)>) -> Result<()> {
        self.step(path, || self.inner.set_meta(path, mode, mtime))
    }
    fn delete(&self, path: &[u8]) -> Result<()> {
        self.step(path, || self.inner.delete(path))
    }
    fn delete_many(&self, paths: &[Vec<u8>]) -> Vec<Result<()>> {
        // One request: all of it comes about, or nothing.
        let path = paths.first().map_or(&b""[..], Vec::as_slice);
        let whole = self.step(path, || Ok(self.inner.delete_many(paths)));
        whole.unwrap_or_else(|error| vec![Err(error); paths.len()])
    }
    fn delete_folder(&self, path: &[u8]) -> Result<bool> {
        self.step(path, || self.inner.delete_folder(path))
    }
    fn sync_all(&self) -> Result<()> {
        self.step(b"", || self.inner.sync_all())
    }
    fn list_all(
        &self,
        prefix: &[u8],
        after: Option<&[u8]>,
        each: &mut dyn FnMut(Listed) -> Result<()>,
    ) -> Result<bool> {
        self.state.pass(prefix)?;
        self.inner.list_all(prefix, after, each)
    }
    fn checksum(&self, path: &[u8], algorithm: Algorithm) -> Result<Option<Vec<u8>>> {
        self.state.pass(path)?;
        self.inner.checksum(path, algorithm)
    }
    fn follow(&self, path: &[u8]) -> Option<Box<dyn Follow>> {
        self.inner.follow(path)
    }
    fn own_time(&self, path: &[u8]) -> Result<Option<(i64, u32)>> {
        self.state.pass(path)?;
        self.inner.own_time(path)
    }
    fn compose(
        &self,
        source: &dyn Storage,
        path: &[u8],
        known: Known,
        files: u64,
    ) -> Result<Option<Box<dyn Composer>>> {
        self.state.pass(path)?;
        self.inner.compose(source, path, known, files)
    }
    fn rename(&self, from: &[u8], to: &[u8]) -> Result<bool> {
        self.step(from, || self.inner.rename(from, to))
    }
    fn width(&self) -> usize {
        match self.state.width.load(Ordering::SeqCst) {
            0 => self.inner.width(),
            told => told,
        }
    }
    fn as_any(&self) -> &dyn Any {
        // What only one system can do (presigned URLs, drafts, entries) is asked of it past the faults.
        let inner = self.inner.as_ref();
        let speaks = Records::behind(inner).is_some() || DataCatalogue::behind(inner).is_some();
        let speaks = speaks || GitLab::behind(inner).is_some() || Mlflow::behind(inner).is_some();
        if speaks || inner.as_any().is::<S3>() { inner.as_any() } else { self }
    }
}
