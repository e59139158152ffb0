//! [`Storage`] for [`Memory`].

use std::any::Any;
use std::sync::Arc;

use longshore_transfer::storage::{
    Capabilities, Finish, Kind, Listed, Meta, ReadOptions, Reader, Result, Space, Storage, Writer, is_part,
};

use super::io::{MemoryReader, MemoryWriter};
use super::{Memory, Node, allowed, fail, lock, part_of};

impl Storage for Memory {
    fn name(&self) -> &'static str {
        "memory"
    }

    fn capabilities(&self) -> Capabilities {
        Capabilities {
            posix: true,
            times: true,
            folders: true,
            batches: true,
            space: true,
            resume: true,
            medium: true,
            reflink: true,
            delete_many: false,
        }
    }

    fn space(&self) -> Result<Space> {
        let room = self.lock().room.clone();
        let plenty = || Ok(Space { total: 1 << 40, free: 1 << 40, pool: "memory".into(), read_only: false });
        room.map_or_else(plenty, |room| room())
    }

    fn stat(&self, path: &[u8]) -> Result<Meta> {
        allowed(path)?;
        if path.is_empty() {
            return Ok(Node::Folder { mode: 0o755, mtime: (0, 0) }.meta());
        }
        self.lock().now.get(path).map(Node::meta).ok_or_else(|| fail("file.missing", path))
    }

    fn list(&self, folder: &[u8], each: &mut dyn FnMut(Listed) -> Result<()>) -> Result<()> {
        if self.stat(folder)?.kind != Kind::Folder {
            return Err(fail("path.not_folder", folder));
        }
        let prefix = if folder.is_empty() { Vec::new() } else { [folder, b"/"].concat() };
        let lines: Vec<Listed> = {
            let state = self.lock();
            let direct = state.now.iter().filter_map(|(path, node)| {
                let name = path.strip_prefix(prefix.as_slice()).filter(|name| !name.contains(&b'/'))?;
                Some(Listed::new(name.to_vec(), node.meta()))
            });
            direct.collect()
        };
        lines.into_iter().try_for_each(each)
    }

    fn read(&self, path: &[u8], options: ReadOptions) -> Result<Box<dyn Reader>> {
        allowed(path)?;
        let path = if options.part { part_of(path) } else { path.to_vec() };
        let file = self.lock().file(&path).cloned().ok_or_else(|| fail("file.missing", &path))?;
        let at = usize::try_from(options.offset).unwrap_or(usize::MAX);
        Ok(Box::new(MemoryReader { file, at, medium: options.medium }))
    }

    fn write(&self, path: &[u8], resume: Option<u64>) -> Result<Box<dyn Writer>> {
        allowed(path)?;
        if path.is_empty() {
            return Err(fail("path.refused", path));
        }
        let name = path.rsplit(|byte| *byte == b'/').next().unwrap_or(path);
        if is_part(name) {
            return Err(fail("path.reserved", path));
        }
        let mut state = self.lock();
        state.make_above(path)?;
        let part = part_of(path);
        let file = match resume {
            None => Arc::default(),
            Some(bytes) => {
                let file = state.file(&part).cloned().ok_or_else(|| fail("file.missing", path))?;
                let length = usize::try_from(bytes).unwrap_or(usize::MAX);
                if lock(&file).content.len() < length {
                    return Err(fail("file.cut_short", path));
                }
                lock(&file).content.truncate(length);
                file
            }
        };
        state.now.insert(part, Node::File(Arc::clone(&file)));
        Ok(Box::new(MemoryWriter { storage: self.clone(), path: path.to_vec(), file }))
    }

    fn partial(&self, path: &[u8]) -> Result<Option<u64>> {
        Ok(self.lock().file(&part_of(path)).map(|file| lock(file).content.len() as u64))
    }

    fn discard(&self, path: &[u8]) -> Result<()> {
        self.lock().now.remove(&part_of(path));
        Ok(())
    }

    fn publish(&self, path: &[u8], replace: bool) -> Result<()> {
        self.lock().rename(&part_of(path), path, replace)
    }

    fn reflink_from(&self, source: &dyn Storage, from: &[u8], path: &[u8], finish: &Finish) -> Result<bool> {
        let Some(source) = source.as_any().downcast_ref::<Self>() else { return Ok(false) };
        let content = source.get(from).ok_or_else(|| fail("file.missing", from))?;
        let mut writer = self.write(path, None)?;
        writer.write(&content)?;
        writer.commit(finish)?;
        Ok(true)
    }

    fn make_folder(&self, path: &[u8]) -> Result<()> {
        self.lock().make_above(&[path, b"/"].concat())
    }

    fn make_link(&self, path: &[u8], target: &[u8]) -> Result<()> {
        let mut state = self.lock();
        state.make_above(path)?;
        match state.now.get(path) {
            None => {
                state.now.insert(path.to_vec(), Node::Link { target: target.to_vec(), mtime: (0, 0) });
                Ok(())
            }
            Some(Node::Link { target: there, .. }) if there == target => Ok(()),
            Some(_) => Err(fail("file.exists", path)),
        }
    }

    fn set_meta(&self, path: &[u8], new_mode: Option<u32>, new_mtime: Option<(i64, u32)>) -> Result<()> {
        let mut state = self.lock();
        match state.now.get_mut(path).ok_or_else(|| fail("file.missing", path))? {
            Node::Folder { mode, mtime } => {
                *mode = new_mode.unwrap_or(*mode);
                *mtime = new_mtime.unwrap_or(*mtime);
            }
            Node::Link { mtime, .. } => *mtime = new_mtime.unwrap_or(*mtime),
            Node::File(file) => {
                let mut file = lock(file);
                file.mode = new_mode.unwrap_or(file.mode);
                file.mtime = new_mtime.unwrap_or(file.mtime);
            }
        }
        Ok(())
    }

    fn delete(&self, path: &[u8]) -> Result<()> {
        allowed(path)?;
        let mut state = self.lock();
        if matches!(state.now.get(path), Some(Node::Folder { .. })) {
            return Err(fail("file.is_folder", path));
        }
        state.now.remove(path);
        Ok(())
    }

    fn delete_folder(&self, path: &[u8]) -> Result<bool> {
        allowed(path)?;
        let mut state = self.lock();
        if state.below(path) {
            return Ok(false);
        }
        state.now.remove(path);
        Ok(true)
    }

    fn sync_all(&self) -> Result<()> {
        let mut state = self.lock();
        state.durable = state.now.clone();
        for node in state.now.values() {
            if let Node::File(file) = node {
                let mut file = lock(file);
                file.sync();
            }
        }
        Ok(())
    }

    fn as_any(&self) -> &dyn Any {
        self
    }
}
