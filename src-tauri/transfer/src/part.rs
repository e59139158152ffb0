//! Files that are not finished: their names, and going on with them.

use crate::storage::{Known, Result, Storage, Writer};

/// End of the name of every temporary file.
const PART_END: &[u8] = b".longshore-part";

/// Longest file name that the usual file systems take, in bytes.
pub const NAME_MAX: usize = 255;

/// Name of the temporary file that stands beside the final `name`: `.<name>.longshore-part`, or a shortened form of it that is
/// as unique where that would be too long for a file system.
pub fn part_name(name: &[u8]) -> Vec<u8> {
    let room = NAME_MAX - 1 - PART_END.len();
    if name.len() <= room {
        return [b".", name, PART_END].concat();
    }
    let digest: [u8; 32] = <sha2::Sha256 as sha2::Digest>::digest(name).into();
    let tag = crate::hash::hex(&digest[..16]);
    [b".", &name[..room - tag.len() - 1], b"~", tag.as_bytes(), PART_END].concat()
}

/// Whether a name is one that [`part_name`] gives.
pub fn is_part(name: &[u8]) -> bool {
    name.starts_with(b".") && name.ends_with(PART_END) && name.len() > 1 + PART_END.len()
}

/// Opens a file for writing behind what is there of it already, or from its start where nothing is, or less than it takes: then
/// `false`. `known` as in [`Storage::write_sized`].
pub fn go_on(
    target: &dyn Storage,
    path: &[u8],
    resume: Option<u64>,
    known: Option<Known>,
) -> Result<(Box<dyn Writer>, bool)> {
    let open = |resume| match known {
        Some(known) => target.write_sized(path, resume, known),
        None => target.write(path, resume),
    };
    match resume.map(|_| open(resume)) {
        Some(Err(error)) if matches!(error.code, "file.missing" | "file.cut_short") => {}
        Some(opened) => return opened.map(|writer| (writer, true)),
        None => {}
    }
    open(None).map(|writer| (writer, false))
}
