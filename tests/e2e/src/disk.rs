//! A small file system of its own, for what happens when one is full, read-only or gone.

use std::fs::File;
use std::path::{Path, PathBuf};
use std::process::Command;

use crate::process::tool;
use crate::skipped;

/// ext4's ioctl to go down at once: from then on every access fails, as when a disk is pulled.
const SHUT_DOWN: &str =
    "import fcntl,os,struct,sys; fcntl.ioctl(os.open(sys.argv[1], os.O_RDONLY), 0x8004587d, struct.pack('I', 2))";

/// An ext4 in a file, mounted.
#[derive(Debug)]
pub struct Disk {
    image: PathBuf,
    at: PathBuf,
}

impl Disk {
    /// Makes and mounts one. `None`, and said so, where the machine does not allow it.
    pub fn mount(what: &str, folder: &Path, megabytes: u64) -> Option<Self> {
        if !rustix::process::geteuid().is_root() {
            skipped(what, "mounting a small file system needs root");
            return None;
        }
        let disk = Self { image: folder.join("disk.img"), at: folder.join("disk") };
        std::fs::create_dir_all(&disk.at).unwrap();
        File::create(&disk.image).unwrap().set_len(megabytes << 20).unwrap();
        tool(Command::new("mkfs.ext4").args(["-q", "-m", "0", "-O", "^has_journal"]).arg(&disk.image));
        match attach(&disk.image, &disk.at) {
            Ok(()) => Some(disk),
            Err(why) => {
                skipped(what, &format!("no loop device can be mounted: {why}"));
                None
            }
        }
    }

    /// Where it is mounted.
    pub fn path(&self) -> &Path {
        &self.at
    }

    /// Pulls the plug: every access fails from now on.
    pub fn pull(&self) {
        tool(Command::new("/usr/bin/python3").args(["-c", SHUT_DOWN]).arg(&self.at));
    }

    /// Takes it away, repairs it, and mounts it again. What programs still hold open of the old one stays dead, as it does when a disk comes
    /// back under another device.
    pub fn plug_in(&self) {
        self.detach();
        let image = self.image.with_extension("again");
        tool(Command::new("cp").arg("--sparse=always").arg(&self.image).arg(&image));
        // 1 says that errors were found and repaired, which is what is wanted.
        let checked = Command::new("fsck.ext4").args(["-y", "-f"]).arg(&image).output().unwrap();
        assert!(matches!(checked.status.code(), Some(0 | 1)), "{}", String::from_utf8_lossy(&checked.stdout));
        attach(&image, &self.at).unwrap();
    }

    /// Mounts it anew, read-only or not.
    pub fn read_only(&self, yes: bool) {
        tool(Command::new("mount").args(["-o", if yes { "remount,ro" } else { "remount,rw" }]).arg(&self.at));
    }

    fn detach(&self) {
        let _ = Command::new("umount").arg("--lazy").arg(&self.at).output();
    }
}

fn attach(image: &Path, at: &Path) -> Result<(), String> {
    let mounted = Command::new("mount").args(["-o", "loop"]).arg(image).arg(at).output();
    let mounted = mounted.map_err(|error| error.to_string())?;
    if mounted.status.success() { Ok(()) } else { Err(String::from_utf8_lossy(&mounted.stderr).trim().to_owned()) }
}

impl Drop for Disk {
    fn drop(&mut self) {
        self.detach();
    }
}
