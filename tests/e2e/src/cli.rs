//! The command line, as an operator or a script uses it.

use std::ffi::{OsStr, OsString};
use std::path::{Path, PathBuf};
use std::process::Command;

use serde_json::Value;

use crate::process::{Running, Said};
use crate::site;

/// Seconds that a command may take.
const PATIENCE: u64 = 900;

/// `longshore` on one workspace.
#[derive(Debug, Clone)]
pub struct Cli {
    workspace: PathBuf,
    env: Vec<(String, String)>,
    before: Vec<OsString>,
    program: PathBuf,
}

impl Cli {
    /// On this workspace.
    pub fn new(workspace: PathBuf) -> Self {
        Self { workspace, env: Vec::new(), before: Vec::new(), program: site::program("longshore") }
    }

    /// With a variable, as in `("datablock_target_bytes", "64MiB")`.
    #[must_use]
    pub fn variable(mut self, name: &str, value: &str) -> Self {
        self.env.push((format!("LONGSHORE_VARIABLE_{}", name.to_uppercase()), value.to_owned()));
        self
    }

    /// With this in its environment.
    #[must_use]
    pub fn with(mut self, name: &str, value: impl Into<String>) -> Self {
        self.env.push((name.to_owned(), value.into()));
        self
    }

    /// Through another program, which gets the command line as its last arguments.
    #[must_use]
    pub fn through(mut self, before: &[&str]) -> Self {
        self.before = before.iter().map(OsString::from).collect();
        self
    }

    /// From a copy of the program.
    #[must_use]
    pub fn program(mut self, program: PathBuf) -> Self {
        self.program = program;
        self
    }

    /// Environment that the window needs for the same workspace.
    pub fn env(&self) -> &[(String, String)] {
        &self.env
    }

    /// Starts a command.
    pub fn start<A: AsRef<OsStr>>(&self, args: impl IntoIterator<Item = A>) -> Running {
        let mut line: Vec<OsString> = self.before.clone();
        line.push(self.program.clone().into());
        line.push("--workspace".into());
        line.push(self.workspace.clone().into());
        line.extend(args.into_iter().map(|arg| arg.as_ref().to_owned()));
        Running::start(Command::new(&line[0]).args(&line[1..]).envs(self.env.iter().cloned()))
    }

    /// Runs a command to its end.
    pub fn run<A: AsRef<OsStr>>(&self, args: impl IntoIterator<Item = A>) -> Said {
        self.start(args).finish(PATIENCE)
    }

    /// Runs a command that must succeed.
    pub fn ok<A: AsRef<OsStr>>(&self, args: impl IntoIterator<Item = A>) -> Said {
        let said = self.run(args);
        assert_eq!(said.code, 0, "it failed and said:\n{}\n{}", said.out, said.err);
        said
    }

    /// What a command that must succeed gives with `--json`.
    pub fn json<A: AsRef<OsStr>>(&self, args: impl IntoIterator<Item = A>) -> Value {
        let args: Vec<OsString> = args.into_iter().map(|arg| arg.as_ref().to_owned()).collect();
        let said = self.ok([OsString::from("--json")].into_iter().chain(args));
        serde_json::from_str(&said.out).unwrap_or_else(|error| panic!("not one JSON document ({error}):\n{}", said.out))
    }

    /// Archives a folder, to the proof.
    pub fn archive(&self, source: &Path, name: &str) -> Said {
        self.ok([OsStr::new("--quiet"), "archive".as_ref(), source.as_ref(), "--name".as_ref(), name.as_ref()])
    }

    /// Retrieves a dataset into a folder.
    pub fn retrieve(&self, dataset: &str, into: &Path) -> Said {
        self.ok([OsStr::new("--quiet"), "retrieve".as_ref(), dataset.as_ref(), into.as_ref()])
    }

    /// Lays a storage elsewhere.
    pub fn lay(&self, storage: &str, folder: &Path) {
        self.ok([OsStr::new("storage"), "set".as_ref(), storage.as_ref(), "--path".as_ref(), folder.as_ref()]);
    }

    /// The workspace's folder.
    pub fn workspace(&self) -> &Path {
        &self.workspace
    }
}

impl Said {
    /// Fails unless it ended with this code and its error names all of these.
    pub fn refused(&self, code: i32, names: &[&str]) {
        assert_eq!(self.code, code, "it said:\n{}\n{}", self.out, self.err);
        for name in names {
            assert!(self.err.contains(name), "{name:?} is not in what it said:\n{}", self.err);
        }
    }
}
