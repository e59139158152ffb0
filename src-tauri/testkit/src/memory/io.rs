//! Readers and writers of [`Memory`].

use std::sync::{Arc, Mutex};

use longshore_transfer::storage::{Finish, Meta, Reader, Receipt, Result, Storage as _, Writer};

use super::{File, Memory, lock, part_of};

pub(super) struct MemoryReader {
    pub(super) file: Arc<Mutex<File>>,
    pub(super) at: usize,
    pub(super) medium: bool,
}

impl Reader for MemoryReader {
    fn read(&mut self, buf: &mut [u8]) -> Result<usize> {
        let file = lock(&self.file);
        let rest = file.content.get(self.at..).unwrap_or_default();
        let count = rest.len().min(buf.len());
        buf[..count].copy_from_slice(&rest[..count]);
        self.at += count;
        Ok(count)
    }

    fn meta(&self) -> Result<Meta> {
        Ok(lock(&self.file).meta())
    }

    fn reads_medium(&self) -> bool {
        self.medium
    }
}

pub(super) struct MemoryWriter {
    pub(super) storage: Memory,
    pub(super) path: Vec<u8>,
    pub(super) file: Arc<Mutex<File>>,
}

impl MemoryWriter {
    fn set_meta(&self, finish: &Finish) {
        let mut file = lock(&self.file);
        file.mode = finish.mode.unwrap_or(0o644);
        file.mtime = finish.mtime.unwrap_or(file.mtime);
    }
}

impl Writer for MemoryWriter {
    fn write(&mut self, bytes: &[u8]) -> Result<()> {
        lock(&self.file).content.extend_from_slice(bytes);
        Ok(())
    }

    fn written(&self) -> u64 {
        lock(&self.file).content.len() as u64
    }

    fn sync(&mut self) -> Result<()> {
        let mut file = lock(&self.file);
        file.sync();
        drop(file);
        let mut state = self.storage.lock();
        let part = part_of(&self.path);
        if let Some(node) = state.now.get(&part).cloned() {
            state.durable.insert(part, node);
        }
        Ok(())
    }

    fn commit(mut self: Box<Self>, finish: &Finish) -> Result<Receipt> {
        self.set_meta(finish);
        if finish.durable {
            self.sync()?;
        }
        let mut state = self.storage.lock();
        let part = part_of(&self.path);
        state.rename(&part, &self.path, finish.replace)?;
        if finish.durable {
            let node = state.now.get(&self.path).cloned();
            state.durable.remove(&part);
            state.durable.extend(node.map(|node| (self.path.clone(), node)));
        }
        Ok(Receipt::default())
    }

    fn settle(self: Box<Self>, finish: &Finish) -> Result<()> {
        self.set_meta(finish);
        Ok(())
    }

    fn abort(self: Box<Self>) -> Result<()> {
        self.storage.discard(&self.path)
    }
}
