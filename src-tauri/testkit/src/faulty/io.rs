//! Readers and writers with faults.

use std::sync::Arc;
use std::sync::atomic::Ordering;

use longshore_transfer::storage::{Finish, Meta, Reader, Receipt, Result, Status, Writer};

use super::state::{OnRead, State};
use super::{dead, error};
use crate::fuse::Fuse;

pub(super) struct Reading {
    pub(super) reader: Box<dyn Reader>,
    pub(super) act: Option<OnRead>,
    pub(super) state: Arc<State>,
    pub(super) path: Vec<u8>,
    pub(super) at: u64,
}

impl Reader for Reading {
    fn read(&mut self, buf: &mut [u8]) -> Result<usize> {
        if let Some(act) = self.act.take() {
            act();
        }
        self.state.pass(&self.path)?;
        self.state.readable(&self.path, self.at, buf.len())?;
        let read = self.reader.read(buf)?;
        let read = self.state.distort(&self.path, self.at, &mut buf[..read]);
        self.at += read as u64;
        self.state.read.fetch_add(read as u64, Ordering::SeqCst);
        Ok(read)
    }
    fn meta(&self) -> Result<Meta> {
        self.state.pass(&self.path)?;
        self.reader.meta()
    }
    fn reads_medium(&self) -> bool {
        self.reader.reads_medium()
    }
    fn own_time(&self) -> Option<(i64, u32)> {
        self.reader.own_time()
    }

    fn stated_md5(&self) -> Option<[u8; 16]> {
        self.reader.stated_md5()
    }

    fn stated_sha256(&self) -> Option<[u8; 32]> {
        self.reader.stated_sha256()
    }
}

pub(super) struct Writing {
    pub(super) writer: Box<dyn Writer>,
    pub(super) fuse: Arc<Fuse>,
    pub(super) state: Arc<State>,
    pub(super) path: Vec<u8>,
}

impl Writer for Writing {
    fn write(&mut self, bytes: &[u8]) -> Result<()> {
        if self.fuse.blown() {
            return Err(dead());
        }
        self.state.pass(&self.path)?;
        let granted = self.state.grant(bytes.len());
        self.state.written.fetch_add(granted as u64, Ordering::SeqCst);
        self.writer.write(&bytes[..granted])?;
        if granted < bytes.len() { Err(error("storage.full", Status::Unusable, &self.path)) } else { Ok(()) }
    }
    fn written(&self) -> u64 {
        self.writer.written()
    }
    fn sync(&mut self) -> Result<()> {
        self.state.pass(&self.path)?;
        if self.fuse.blown() { Err(dead()) } else { self.writer.sync() }
    }
    fn granule(&self) -> u64 {
        self.writer.granule()
    }
    fn sync_soon(&mut self) -> Result<()> {
        self.state.pass(&self.path)?;
        if self.fuse.blown() { Err(dead()) } else { self.writer.sync_soon() }
    }
    fn synced(&mut self) -> Result<u64> {
        self.writer.synced()
    }
    fn seal(&self, bytes: u64) -> Option<String> {
        self.writer.seal(bytes)
    }
    fn trust(&mut self, seal: &str) {
        self.writer.trust(seal);
    }
    fn commit(self: Box<Self>, finish: &Finish) -> Result<Receipt> {
        self.state.pass(&self.path)?;
        let Self { writer, fuse, .. } = *self;
        fuse.step(|| writer.commit(finish), dead)
    }
    fn settle(self: Box<Self>, finish: &Finish) -> Result<()> {
        self.state.pass(&self.path)?;
        let Self { writer, fuse, .. } = *self;
        fuse.step(|| writer.settle(finish), dead)
    }
    fn abort(self: Box<Self>) -> Result<()> {
        // The dead take nothing away.
        if self.fuse.blown() { Ok(()) } else { self.writer.abort() }
    }
}
