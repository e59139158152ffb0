//! The system's error numbers in the operator's words.

use longshore_transfer::storage::{Error, Status};
use rustix::io::Errno;

use crate::place::Place;

impl Place {
    /// A failure of `verb` ("Reading", ...) on this path.
    pub(super) fn fail(&self, verb: &str, errno: Errno) -> Error {
        let (code, status, why) = classify(errno);
        self.told(verb, code, status, why)
    }

    /// The same, where the bytes may lie on a tape or in an archive: what fails then is mostly the fetching.
    pub(super) fn fail_away(&self, verb: &str, errno: Errno) -> Error {
        let fetching = matches!(errno, Errno::IO | Errno::AGAIN | Errno::TIMEDOUT | Errno::NODATA | Errno::REMOTEIO);
        if !fetching {
            return self.fail(verb, errno);
        }
        let why = format!(
            "it takes no room on the disk: it lies on a tape or in an archive, which did not give it ({errno})"
        );
        self.told(verb, "file.offline", Status::Transient, why)
    }
}

fn classify(errno: Errno) -> (&'static str, Status, String) {
    use Status::{Permanent, Transient, Unusable};
    let (code, status, words) = match errno {
        Errno::NOENT => ("file.missing", Permanent, "it is not there"),
        Errno::NOTDIR => {
            ("path.not_folder", Permanent, "a part of the path is not a folder, or is a link, which is not followed")
        }
        Errno::LOOP => ("path.link", Permanent, "the path leads over a symbolic link, which is not followed"),
        Errno::XDEV => ("path.refused", Permanent, "the path leads out of the storage"),
        Errno::ACCESS | Errno::PERM => ("file.denied", Permanent, "this user is not allowed to"),
        Errno::EXIST => ("file.exists", Permanent, "something of that name is there already"),
        Errno::ISDIR => ("file.is_folder", Permanent, "it is a folder"),
        Errno::NOSPC => ("storage.full", Unusable, "no space is left"),
        Errno::DQUOT => ("storage.full", Unusable, "the user's quota is used up"),
        Errno::ROFS => ("storage.read_only", Unusable, "the file system is mounted read-only"),
        Errno::NAMETOOLONG => ("path.too_long", Permanent, "a name in the path is longer than the file system takes"),
        Errno::ILSEQ => ("path.refused", Permanent, "the file system does not take the bytes of this name"),
        Errno::FBIG => ("file.too_large", Permanent, "the file system takes no file that large"),
        Errno::STALE => ("storage.stale", Transient, "the server no longer knows the file"),
        Errno::NODEV | Errno::NXIO | Errno::SHUTDOWN | Errno::NOTCONN | Errno::HOSTDOWN | Errno::NOMEDIUM => {
            ("storage.missing", Unusable, "the device or server is gone")
        }
        Errno::HOSTUNREACH | Errno::NETUNREACH | Errno::NETDOWN | Errno::CONNREFUSED | Errno::CONNRESET => {
            ("storage.missing", Unusable, "the server cannot be reached")
        }
        Errno::MFILE | Errno::NFILE => ("system.too_many_open", Transient, "too many files are open"),
        Errno::NOMEM => ("system.no_memory", Transient, "the system is out of memory"),
        Errno::TIMEDOUT => ("io.timeout", Transient, "the storage did not answer in time"),
        Errno::UCLEAN => ("io.error", Unusable, "the file system is damaged and needs a check"),
        Errno::AGAIN => ("io.timeout", Transient, "the storage is busy"),
        Errno::IO | Errno::REMOTEIO => ("io.error", Transient, "the device reported a read or write error"),
        _ => ("io.error", Transient, "the system refused"),
    };
    (code, status, format!("{words} ({errno})"))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn told(fail: fn(&Place, &str, Errno) -> Error, errno: Errno) -> (&'static str, Status) {
        let place = Place { storage: "lts".into(), path: b"file".to_vec() };
        let error = fail(&place, "Reading", errno);
        (error.code, error.status)
    }

    #[test]
    fn what_passes_is_told_from_what_stays() {
        let transient = [Errno::IO, Errno::STALE, Errno::TIMEDOUT, Errno::AGAIN, Errno::REMOTEIO, Errno::NFILE];
        for errno in transient {
            assert_eq!(told(Place::fail, errno).1, Status::Transient, "{errno}");
        }
        assert_eq!(told(Place::fail, Errno::STALE).0, "storage.stale");
        for errno in [Errno::HOSTDOWN, Errno::HOSTUNREACH, Errno::CONNREFUSED, Errno::NODEV] {
            assert_eq!(told(Place::fail, errno), ("storage.missing", Status::Unusable), "{errno}");
        }
    }

    #[test]
    fn a_file_that_the_tape_did_not_give_is_told_as_such() {
        for errno in [Errno::IO, Errno::AGAIN, Errno::TIMEDOUT, Errno::NODATA] {
            assert_eq!(told(Place::fail_away, errno), ("file.offline", Status::Transient), "{errno}");
        }
        assert_eq!(told(Place::fail_away, Errno::STALE), told(Place::fail, Errno::STALE));
    }
}
