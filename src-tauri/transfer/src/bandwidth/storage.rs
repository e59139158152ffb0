//! A storage whose bytes are moved no faster than limits allow.

use std::any::Any;
use std::sync::Arc;

use super::Bandwidth;
use crate::level::Standing;
use crate::storage::{
    Algorithm, Capabilities, Composer, Finish, Follow, Known, Listed, Meta, ReadOptions, Reader, Receipt, Result,
    Space, Storage, Writer,
};

/// The same storage, within all of these limits. What it reads and what it writes counts alike; what it does without the bytes passing
/// through this machine (copies within it, checksums that it takes, listings) does not.
pub fn limited(inner: Arc<dyn Storage>, limits: Vec<Arc<Bandwidth>>) -> Arc<dyn Storage> {
    Arc::new(Limited { inner, limits: Limits(limits.into()) })
}

#[derive(Clone)]
struct Limits(Arc<[Arc<Bandwidth>]>);

impl Limits {
    fn pass(&self, bytes: usize) {
        self.0.iter().for_each(|limit| limit.pass(bytes as u64));
    }

    fn give_back(&self, bytes: usize) {
        if bytes > 0 {
            self.0.iter().for_each(|limit| limit.give_back(bytes as u64));
        }
    }

    /// Bytes to move at a time, of so many.
    fn piece(&self, of: usize) -> usize {
        let least = self.0.iter().filter_map(|limit| limit.piece()).min();
        least.and_then(|piece| usize::try_from(piece).ok()).unwrap_or(of).max(1)
    }
}

struct Limited {
    inner: Arc<dyn Storage>,
    limits: Limits,
}

struct LimitedReader {
    inner: Box<dyn Reader>,
    limits: Limits,
}

impl Reader for LimitedReader {
    fn read(&mut self, buf: &mut [u8]) -> Result<usize> {
        let mut filled = 0;
        while filled < buf.len() {
            let end = buf.len().min(filled + self.limits.piece(buf.len()));
            self.limits.pass(end - filled);
            let read = self.inner.read(&mut buf[filled..end])?;
            self.limits.give_back(end - filled - read);
            let short = read < end - filled;
            filled += read;
            if short {
                break;
            }
        }
        Ok(filled)
    }

    fn meta(&self) -> Result<Meta> {
        self.inner.meta()
    }

    fn reads_medium(&self) -> bool {
        self.inner.reads_medium()
    }

    fn own_time(&self) -> Option<(i64, u32)> {
        self.inner.own_time()
    }

    fn stated_md5(&self) -> Option<[u8; 16]> {
        self.inner.stated_md5()
    }

    fn stated_sha256(&self) -> Option<[u8; 32]> {
        self.inner.stated_sha256()
    }
}

struct LimitedWriter {
    inner: Box<dyn Writer>,
    limits: Limits,
}

impl Writer for LimitedWriter {
    fn write(&mut self, bytes: &[u8]) -> Result<()> {
        bytes.chunks(self.limits.piece(bytes.len())).try_for_each(|piece| {
            self.limits.pass(piece.len());
            self.inner.write(piece)
        })
    }

    fn written(&self) -> u64 {
        self.inner.written()
    }

    fn sync(&mut self) -> Result<()> {
        self.inner.sync()
    }

    fn sync_soon(&mut self) -> Result<()> {
        self.inner.sync_soon()
    }

    fn synced(&mut self) -> Result<u64> {
        self.inner.synced()
    }

    fn granule(&self) -> u64 {
        self.inner.granule()
    }

    fn seal(&self, bytes: u64) -> Option<String> {
        self.inner.seal(bytes)
    }

    fn trust(&mut self, seal: &str) {
        self.inner.trust(seal);
    }

    fn commit(self: Box<Self>, finish: &Finish) -> Result<Receipt> {
        self.inner.commit(finish)
    }

    fn settle(self: Box<Self>, finish: &Finish) -> Result<()> {
        self.inner.settle(finish)
    }

    fn abort(self: Box<Self>) -> Result<()> {
        self.inner.abort()
    }
}

impl Limited {
    fn writer(&self, inner: Box<dyn Writer>) -> Box<dyn Writer> {
        Box::new(LimitedWriter { inner, limits: self.limits.clone() })
    }
}

impl Storage for Limited {
    fn name(&self) -> &str {
        self.inner.name()
    }

    fn capabilities(&self) -> Capabilities {
        self.inner.capabilities()
    }

    fn space(&self) -> Result<Space> {
        self.inner.space()
    }

    fn stat(&self, path: &[u8]) -> Result<Meta> {
        self.inner.stat(path)
    }

    fn list(&self, folder: &[u8], each: &mut dyn FnMut(Listed) -> Result<()>) -> Result<()> {
        self.inner.list(folder, each)
    }

    fn read(&self, path: &[u8], options: ReadOptions) -> Result<Box<dyn Reader>> {
        let inner = self.inner.read(path, options)?;
        Ok(Box::new(LimitedReader { inner, limits: self.limits.clone() }))
    }

    fn write(&self, path: &[u8], resume: Option<u64>) -> Result<Box<dyn Writer>> {
        self.inner.write(path, resume).map(|writer| self.writer(writer))
    }

    fn write_sized(&self, path: &[u8], resume: Option<u64>, known: Known) -> Result<Box<dyn Writer>> {
        self.inner.write_sized(path, resume, known).map(|writer| self.writer(writer))
    }

    fn partial(&self, path: &[u8]) -> Result<Option<u64>> {
        self.inner.partial(path)
    }

    fn discard(&self, path: &[u8]) -> Result<()> {
        self.inner.discard(path)
    }

    fn discard_below(&self, folder: &[u8]) -> Result<u64> {
        self.inner.discard_below(folder)
    }

    fn publish(&self, path: &[u8], replace: bool) -> Result<()> {
        self.inner.publish(path, replace)
    }

    fn reflink_from(&self, source: &dyn Storage, source_path: &[u8], path: &[u8], finish: &Finish) -> Result<bool> {
        self.inner.reflink_from(source, source_path, path, finish)
    }

    fn make_folder(&self, path: &[u8]) -> Result<()> {
        self.inner.make_folder(path)
    }

    fn make_link(&self, path: &[u8], target: &[u8]) -> Result<()> {
        self.inner.make_link(path, target)
    }

    fn set_meta(&self, path: &[u8], mode: Option<u32>, mtime: Option<(i64, u32)>) -> Result<()> {
        self.inner.set_meta(path, mode, mtime)
    }

    fn delete(&self, path: &[u8]) -> Result<()> {
        self.inner.delete(path)
    }

    fn delete_many(&self, paths: &[Vec<u8>]) -> Vec<Result<()>> {
        self.inner.delete_many(paths)
    }

    fn delete_folder(&self, path: &[u8]) -> Result<bool> {
        self.inner.delete_folder(path)
    }

    fn sync_all(&self) -> Result<()> {
        self.inner.sync_all()
    }

    fn list_all(
        &self,
        prefix: &[u8],
        after: Option<&[u8]>,
        each: &mut dyn FnMut(Listed) -> Result<()>,
    ) -> Result<bool> {
        self.inner.list_all(prefix, after, each)
    }

    fn checksum(&self, path: &[u8], algorithm: Algorithm) -> Result<Option<Vec<u8>>> {
        self.inner.checksum(path, algorithm)
    }

    fn follow(&self, path: &[u8]) -> Option<Box<dyn Follow>> {
        self.inner.follow(path)
    }

    fn own_time(&self, path: &[u8]) -> Result<Option<(i64, u32)>> {
        self.inner.own_time(path)
    }

    fn copy_within(&self, from: &[u8], to: &[u8], finish: &Finish) -> Result<bool> {
        self.inner.copy_within(from, to, finish)
    }

    fn compose(
        &self,
        source: &dyn Storage,
        path: &[u8],
        known: Known,
        files: u64,
    ) -> Result<Option<Box<dyn Composer>>> {
        self.inner.compose(source, path, known, files)
    }

    fn rename(&self, from: &[u8], to: &[u8]) -> Result<bool> {
        self.inner.rename(from, to)
    }

    fn width(&self) -> usize {
        self.inner.width()
    }

    fn level(&self) -> Option<Standing> {
        self.inner.level()
    }

    fn as_any(&self) -> &dyn Any {
        self.inner.as_any()
    }
}
