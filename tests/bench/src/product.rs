//! Longshore on the same tree, through its command line.

use std::io;
use std::path::Path;
use std::process::Command;

use crate::measure::{Measured, command};

/// The two parts of an archive.
pub(crate) struct Product {
    /// Source to landing zone, with both checksums.
    pub(crate) landing: Measured,
    /// Landing zone to proved LTS, the landing zone released.
    pub(crate) archive: Measured,
}

/// Exit code of `--land-only`: done, and not proved yet.
const LANDED: i32 = 3;

/// Archives `source` in a fresh workspace.
pub(crate) fn run(binary: &Path, source: &Path, workspace: &Path) -> io::Result<Product> {
    let longshore = || {
        let mut command = Command::new(binary);
        command.arg("--workspace").arg(workspace).arg("--quiet");
        command
    };
    let landing = command(longshore().arg("archive").arg(source).args(["--name", "bench", "--land-only"]), LANDED)?;
    let archive =
        command(longshore().args(["flow", "run", "archive_dataset", "--param", "dataset_id=bench", "--wait"]), 0)?;
    Ok(Product { landing, archive })
}
