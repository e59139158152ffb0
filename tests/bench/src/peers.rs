//! What an operator would do by hand, with the tools that every machine has.

use std::io;
use std::path::Path;
use std::process::Command;

use crate::measure::{Measured, command};

/// `cp`, `sync`, drop the copy from the cache, `md5sum` of the copy.
pub(crate) fn copy_and_md5(source: &Path, work: &Path) -> io::Result<Measured> {
    shell(
        r#"cp -r "$1" "$2" && sync && find "$2" -type f -exec sh -c 'for f; do dd of="$f" oflag=nocache conv=notrunc,fdatasync count=0 status=none; done' sh {} + \
           && find "$2" -type f -exec md5sum {} + "#,
        source,
        work,
    )
}

/// `tar cf`, `sha256sum` and `md5sum` of every file, and `tar df` of the archive with the source. Neither synced nor read
/// from the medium, which favours this side.
pub(crate) fn tar_and_sums(source: &Path, work: &Path) -> io::Result<Measured> {
    std::fs::create_dir_all(work)?;
    shell(
        r#"tar -C "$1" -cf "$2/block.tar" . && find "$1" -type f -exec sha256sum {} + && find "$1" -type f -exec md5sum {} + \
           && tar -C "$1" -df "$2/block.tar""#,
        source,
        work,
    )
}

fn shell(script: &str, source: &Path, work: &Path) -> io::Result<Measured> {
    command(Command::new("sh").arg("-ec").arg(script).arg("sh").arg(source).arg(work), 0)
}
