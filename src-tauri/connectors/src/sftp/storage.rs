//! [`Storage`] for [`Sftp`].

use std::any::Any;
use std::sync::Arc;

use longshore_transfer::level::Standing;
use longshore_transfer::storage::{
    Algorithm, Capabilities, Finish, Follow, Kind, Known, Listed, Meta, NAME_MAX, ReadOptions, Reader, Result, Space,
    Status, Storage, Writer, is_part, join, part_name,
};

use super::connector::SIDE_BY_SIDE;
use super::follow::Following;
use super::lanes::{Lanes, MANY};
use super::link::{Batch, Link};
use super::read::SftpReader;
use super::trouble::Trouble;
use super::wire::{Kept, ask, open, status};
use super::write::SftpWriter;
use super::{Sftp, list, publish};
use crate::local::walk;

impl Storage for Sftp {
    fn name(&self) -> &str {
        &self.name
    }

    fn capabilities(&self) -> Capabilities {
        // Version 3 of the protocol sends times as whole seconds in 32 bits: not all of what a POSIX file system keeps.
        let space = self.pool.link().is_ok_and(|link| link.offers.statvfs);
        Capabilities { times: true, folders: true, space, resume: true, ..Capabilities::default() }
    }

    fn space(&self) -> Result<Space> {
        let room = self.at("Measuring", b"", |link| {
            let root = self.whole(link, b"");
            publish::room(link, &root)
        });
        let room = room.map_err(|error| match error.code {
            "file.missing" => {
                self.place(b"").told("Measuring", "storage.missing", Status::Unusable, "the folder is not there")
            }
            _ => error,
        })?;
        let pool = format!("{} {:x}", self.pool.target.name(), room.file_system);
        Ok(Space { total: room.total, free: room.free, pool, read_only: room.read_only })
    }

    fn stat(&self, path: &[u8]) -> Result<Meta> {
        self.at("Looking at", path, |link| {
            let whole = self.reach(link, path)?;
            if path.is_empty() {
                // The operator chose the root: a link is followed.
                return Ok(link.call(ask::STAT, |packet| packet.text(&whole))?.attrs()?.meta(Vec::new()));
            }
            let attrs = link.lstat(&whole)?;
            let target = match attrs.kind() {
                Kind::Link => link.name(ask::READLINK, &whole)?,
                _ => Vec::new(),
            };
            Ok(attrs.meta(target))
        })
    }

    fn list(&self, folder: &[u8], each: &mut dyn FnMut(Listed) -> Result<()>) -> Result<()> {
        self.check("Listing", folder)?;
        let tell = |trouble: Trouble| trouble.tell(&self.place(folder), "Listing");
        let link = self.pool.link().map_err(|lost| tell(lost.into()))?;
        self.list_folder(&link, folder, &mut |line| each(line).map_err(Trouble::Told)).map_err(tell)
    }

    fn read(&self, path: &[u8], options: ReadOptions) -> Result<Box<dyn Reader>> {
        let (lanes, size) = self.at("Opening", path, |link| self.open_to_read(link, path, options.part))?;
        Ok(Box::new(SftpReader::new(self.place(path), lanes, options.offset, size)?))
    }

    fn write(&self, path: &[u8], resume: Option<u64>) -> Result<Box<dyn Writer>> {
        Ok(Box::new(self.writer(path, resume)?))
    }

    fn write_sized(&self, path: &[u8], resume: Option<u64>, known: Known) -> Result<Box<dyn Writer>> {
        let mut writer = self.writer(path, resume)?;
        if known.size.saturating_sub(resume.unwrap_or(0)) >= MANY {
            writer.widen().map_err(|trouble| trouble.tell(&self.place(path), "Writing"))?;
        }
        Ok(Box::new(writer))
    }

    fn partial(&self, path: &[u8]) -> Result<Option<u64>> {
        let part = part_of(path);
        let found = self.at("Looking at", path, |link| {
            let whole = self.reach(link, &part)?;
            // What is on its way on a connection is there for those who ask on the same one.
            let mut most = None;
            for link in self.pool.all() {
                most = most.max(Some(link.lstat(&whole)?.size.unwrap_or(0)));
            }
            Ok(most)
        });
        match found {
            Err(error) if error.code == "file.missing" => Ok(None),
            other => other,
        }
    }

    fn discard(&self, path: &[u8]) -> Result<()> {
        self.remove("Taking away the unfinished", path, &part_of(path))
    }

    fn publish(&self, path: &[u8], replace: bool) -> Result<()> {
        self.at("Naming", path, |link| {
            let (part, whole) = (self.reach(link, &part_of(path))?, self.whole(link, path));
            let size = link.lstat(&part)?.size.unwrap_or(0);
            let named = publish::Named { part: &part, path: &whole, size };
            publish::publish(&self.pool, &named, replace, &self.place(path))
        })
    }

    fn reflink_from(&self, _: &dyn Storage, _: &[u8], _: &[u8], _: &Finish) -> Result<bool> {
        Ok(false)
    }

    fn make_folder(&self, path: &[u8]) -> Result<()> {
        self.at("Making the folder", path, |link| self.make(link, path))
    }

    fn make_link(&self, path: &[u8], target: &[u8]) -> Result<()> {
        self.at("Making the link", path, |link| {
            self.make(link, walk::split(path).0)?;
            let whole = self.whole(link, path);
            // OpenSSH has the two the other way round than the draft, and others follow it.
            let mut batch = Batch::new(link);
            batch.ask(ask::SYMLINK, |packet| packet.text(target).text(&whole));
            batch.ask(ask::READLINK, |packet| packet.text(&whole));
            let replies = batch.replies()?;
            let leads = replies.get(1).and_then(|reply| reply.names().ok()).and_then(|names| names.into_iter().next());
            match replies.first().map_or(Err(Trouble::End), super::wire::Reply::done) {
                Err(trouble) if trouble.is_failure() && leads.is_some_and(|found| found.name == target) => Ok(()),
                Err(trouble) if trouble.is_failure() && link.lstat(&whole).is_ok() => {
                    let why = "something of that name is there already";
                    Err(self.place(path).told("Making the link", "file.exists", Status::Permanent, why).into())
                }
                other => other,
            }
        })
    }

    fn set_meta(&self, path: &[u8], mode: Option<u32>, mtime: Option<(i64, u32)>) -> Result<()> {
        self.at("Setting mode and time of", path, |link| {
            let whole = self.reach(link, path)?;
            if link.lstat(&whole)?.kind() != Kind::Link || path.is_empty() {
                let kept = Kept::of(mode, mtime);
                return link.call(ask::SETSTAT, |packet| packet.text(&whole).kept(&kept))?.done();
            }
            let kept = Kept::of(None, mtime);
            if kept.is_empty() || !link.offers.lsetstat {
                // The time of a link itself is not for every server; nothing rests on it.
                return Ok(());
            }
            link.call(ask::EXTENDED, |packet| packet.text(b"lsetstat@openssh.com").text(&whole).kept(&kept))?.done()
        })
    }

    fn delete(&self, path: &[u8]) -> Result<()> {
        self.remove("Deleting", path, path)
    }

    fn delete_folder(&self, path: &[u8]) -> Result<bool> {
        if path.is_empty() {
            return Err(self.place(path).told("Deleting", "path.refused", Status::Permanent, "it is the root"));
        }
        self.at("Deleting the folder", path, |link| {
            self.seen.forget(path);
            let whole = match self.reach(link, path) {
                Err(trouble) if trouble.is_missing() => return Ok(true),
                other => other?,
            };
            match link.on(ask::RMDIR, &whole) {
                Ok(()) => Ok(true),
                Err(trouble) if trouble.is_missing() => Ok(true),
                // The server does not say whether it is because something lies in it.
                Err(trouble) if trouble.is_failure() && holds_something(link, &whole)? => Ok(false),
                Err(trouble) => Err(trouble),
            }
        })
    }

    fn sync_all(&self) -> Result<()> {
        // Each file was synced with its folder before it had its name.
        Ok(())
    }

    fn checksum(&self, path: &[u8], algorithm: Algorithm) -> Result<Option<Vec<u8>>> {
        self.check("Taking the checksum of", path)?;
        let file = self.at("Looking at", path, |link| {
            let whole = self.reach(link, path)?;
            let attrs = link.lstat(&whole)?;
            Ok(attrs.size.filter(|_| attrs.kind() == Kind::File).map(|size| (whole, size)))
        })?;
        Ok(file.and_then(|(whole, size)| self.sums.take(&self.pool.target, &whole, size, algorithm)))
    }

    fn follow(&self, path: &[u8]) -> Option<Box<dyn Follow>> {
        let part = part_of(path);
        let whole = self.at("Looking at", path, |link| self.reach(link, &part)).ok()?;
        let following = Following::new(Arc::clone(&self.sums), self.pool.target.clone(), &whole)?;
        Some(Box::new(following))
    }

    fn copy_within(&self, from: &[u8], to: &[u8], finish: &Finish) -> Result<bool> {
        self.copy(from, to, finish)
    }

    fn rename(&self, from: &[u8], to: &[u8]) -> Result<bool> {
        self.check("Moving", to)?;
        self.at("Moving", to, |link| {
            let source = self.reach(link, from)?;
            let found = link.lstat(&source)?;
            self.make(link, walk::split(to).0)?;
            self.seen.forget(from);
            let named = publish::Named { part: &source, path: &self.whole(link, to), size: found.size.unwrap_or(0) };
            publish::publish(&self.pool, &named, false, &self.place(to))
        })?;
        Ok(true)
    }

    fn width(&self) -> usize {
        (self.pool.most() * SIDE_BY_SIDE).min(self.pool.level.standing().most)
    }

    fn level(&self) -> Option<Standing> {
        Some(self.pool.level.standing())
    }

    fn as_any(&self) -> &dyn Any {
        self
    }
}

/// The path of the temporary file of a path.
fn part_of(path: &[u8]) -> Vec<u8> {
    let (folder, name) = walk::split(path);
    join(folder, &part_name(name))
}

fn holds_something(link: &Arc<Link>, whole: &[u8]) -> std::result::Result<bool, Trouble> {
    let handle = link.call(ask::OPENDIR, |packet| packet.text(whole))?.handle()?;
    let mut count = 0;
    let listed = list::read_all(link, &handle, &mut |found| {
        count += found.len();
        Ok(())
    });
    link.close(&handle);
    listed.map(|()| count > 0)
}

impl Sftp {
    /// Opens a file that is no link.
    fn open_to_read(&self, link: &Arc<Link>, path: &[u8], part: bool) -> std::result::Result<(Lanes, u64), Trouble> {
        let part = if part { part_of(path) } else { path.to_vec() };
        let whole = self.reach(link, &part)?;
        let mut batch = Batch::new(link);
        batch.ask(ask::LSTAT, |packet| packet.text(&whole));
        batch.ask(ask::OPEN, |packet| packet.text(&whole).u32(open::READ).kept(&Kept::default()));
        let replies = batch.replies()?;
        let handle = replies.get(1).map_or(Err(Trouble::End), super::wire::Reply::handle);
        let attrs = replies.first().map_or(Err(Trouble::End), super::wire::Reply::attrs);
        let (attrs, handle) = match (attrs, handle) {
            (Ok(attrs), Ok(handle)) if attrs.kind() == Kind::File => (attrs, handle),
            (attrs, handle) => {
                let _ = handle.as_ref().map(|handle| link.close(handle));
                let kind = attrs?.kind();
                return Err(if kind == Kind::File {
                    handle.err().unwrap_or(Trouble::End)
                } else {
                    self.no_file(path, kind)
                });
            }
        };
        Ok((Lanes::new(self.pool.clone(), whole, open::READ, link.clone(), handle), attrs.size.unwrap_or(0)))
    }

    pub(super) fn no_file(&self, path: &[u8], kind: Kind) -> Trouble {
        let (code, why) = match kind {
            Kind::Folder => ("file.is_folder", "it is a folder"),
            Kind::Link => ("path.link", "it is a symbolic link, which is not followed"),
            _ => ("file.special", "it is neither a file nor a folder"),
        };
        self.place(path).told("Opening", code, Status::Permanent, why).into()
    }

    pub(super) fn writer(&self, path: &[u8], resume: Option<u64>) -> Result<SftpWriter> {
        self.check("Writing", path)?;
        let (folder, name) = walk::split(path);
        if is_part(name) || name.is_empty() {
            let why = "names of the form .*.longshore-part are kept for unfinished files";
            return Err(self.place(path).told("Writing", "path.reserved", Status::Permanent, why));
        }
        if name.len() > NAME_MAX {
            let why = "its name is longer than file systems take";
            return Err(self.place(path).told("Writing", "path.too_long", Status::Permanent, why));
        }
        self.at("Writing", path, |link| {
            let part = part_of(path);
            match resume {
                Some(_) => self.walk(link, folder)?,
                None => self.make(link, folder)?,
            }
            let (part, whole) = (self.whole(link, &part), self.whole(link, path));
            let handle = match resume {
                Some(at) => self.open_again(link, path, &part, at)?,
                None => open_new(link, &part)?,
            };
            let lanes = Lanes::new(self.pool.clone(), part, open::WRITE, link.clone(), handle);
            Ok(SftpWriter::new(self.place(path), whole, lanes, resume.unwrap_or(0)))
        })
    }

    /// Opens a temporary file that is there, and cuts off what lies behind the bytes that are known to be good.
    fn open_again(&self, link: &Arc<Link>, path: &[u8], part: &[u8], at: u64) -> std::result::Result<Vec<u8>, Trouble> {
        let attrs = link.lstat(part)?;
        if attrs.kind() != Kind::File {
            return Err(self.no_file(path, attrs.kind()));
        }
        let size = attrs.size.unwrap_or(0);
        if size < at {
            let why = format!("its temporary file has {size} bytes, {at} were written before");
            return Err(self.place(path).told("Going on with", "file.cut_short", Status::Permanent, why).into());
        }
        let handle = link.open(part, open::WRITE, Kept::default())?;
        let kept = Kept { size: Some(at), ..Kept::default() };
        link.call(ask::FSETSTAT, |packet| packet.text(&handle).kept(&kept))?.done()?;
        Ok(handle)
    }

    /// Removes a file or link at `at`, which may be gone already, and so may the folder that it was in.
    fn remove(&self, verb: &'static str, path: &[u8], at: &[u8]) -> Result<()> {
        let removed = self.at(verb, path, |link| {
            let whole = self.reach(link, at)?;
            if link.lstat(&whole)?.kind() == Kind::Folder {
                return Err(self.place(path).told(verb, "file.is_folder", Status::Permanent, "it is a folder").into());
            }
            link.on(ask::REMOVE, &whole)
        });
        match removed {
            Err(error) if error.code == "file.missing" => Ok(()),
            other => other,
        }
    }
}

/// Makes a temporary file, in the place of one that was left.
fn open_new(link: &Arc<Link>, part: &[u8]) -> std::result::Result<Vec<u8>, Trouble> {
    let private = Kept { mode: Some(0o600), ..Kept::default() };
    let how = open::WRITE | open::CREATE | open::EXCLUSIVE;
    match link.open(part, how, private) {
        // OpenSSH says only that it failed; others have a code of their own.
        Err(Trouble::Refused(code, _)) if code != status::PERMISSION_DENIED && link.lstat(part).is_ok() => {
            link.on(ask::REMOVE, part)?;
            link.open(part, how, private)
        }
        other => other,
    }
}
