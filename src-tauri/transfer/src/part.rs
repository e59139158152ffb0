//! Names of files that are not finished.

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
