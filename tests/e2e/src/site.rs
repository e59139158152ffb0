//! A folder for one test.

use std::fs;
use std::path::{Path, PathBuf};

use tempfile::TempDir;

use crate::cli::Cli;

/// A folder for one test, removed with it (kept if `LONGSHORE_KEEP=1`).
#[derive(Debug)]
pub struct Site {
    folder: TempDir,
}

impl Site {
    /// Makes one. It lies below the target folder, which is a real disk; the system's temporary folder may be memory.
    pub fn new(name: &str) -> Self {
        Self::below(&programs().join("e2e"), name)
    }

    /// Makes one in this folder.
    pub fn below(folder: &Path, name: &str) -> Self {
        fs::create_dir_all(folder).unwrap();
        let mut folder = tempfile::Builder::new().prefix(&format!("{name}-")).tempdir_in(folder).unwrap();
        folder.disable_cleanup(std::env::var_os("LONGSHORE_KEEP").is_some());
        Self { folder }
    }

    /// A path in it.
    pub fn path(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    /// The workspace of the test.
    pub fn workspace(&self) -> PathBuf {
        self.path("workspace")
    }

    /// The command line on that workspace.
    pub fn cli(&self) -> Cli {
        Cli::new(self.workspace())
    }
}

/// The folder with both programs, built with the same profile as this test (or as the program that measures them).
pub fn programs() -> PathBuf {
    let program = std::env::current_exe().unwrap();
    let folder = program.parent().unwrap();
    if folder.ends_with("deps") { folder.parent().unwrap().to_owned() } else { folder.to_owned() }
}

/// One of the programs.
pub fn program(name: &str) -> PathBuf {
    let path = programs().join(name);
    assert!(path.is_file(), "{} is not built: make test builds it first", path.display());
    path
}

/// Where screenshots and other output that is kept goes.
pub fn output() -> PathBuf {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../output");
    fs::create_dir_all(&folder).unwrap();
    folder.canonicalize().unwrap()
}
