//! A workspace of its own for each test, and the built program run in it.
#![allow(dead_code, unreachable_pub, clippy::unwrap_used, clippy::must_use_candidate, clippy::new_without_default)]

pub mod airflow;
pub mod http;

use std::ffi::OsStr;
use std::fs;
use std::io::{BufRead, BufReader, Read as _};
use std::path::{Path, PathBuf};
use std::process::{Child, ChildStderr, Command, Output, Stdio};
use std::sync::mpsc::RecvTimeoutError;
use std::time::Duration;

use longshore_api::wire::{Event, RunList, RunListArgs};
use longshore_api::{Role, RunState, Session};
use longshore_testkit::servers::Seaweed;
use longshore_testkit::servers::scicat::{SciCat, User};
use rustix::process::{Pid, Signal, kill_process};
use serde_json::{Value, json};

/// How long a program may take to its end: a hundred times what the slowest here needs, and short enough that the
/// test that hangs is named and the others still run.
const PATIENCE: Duration = Duration::from_mins(5);

/// A workspace, and a folder beside it for sources and destinations.
pub struct Place {
    temp: tempfile::TempDir,
    variables: Vec<(&'static str, String)>,
}

/// How the program ended, and what it said.
pub struct Ran {
    pub code: i32,
    pub out: String,
    pub err: String,
}

impl Ran {
    /// The one JSON document on standard output.
    pub fn json(&self) -> Value {
        serde_json::from_str(&self.out).unwrap_or_else(|error| panic!("{error}: {}\n{}", self.out, self.err))
    }

    /// The same, after the exit code was looked at.
    #[track_caller]
    pub fn expect(self, code: i32) -> Self {
        assert_eq!(self.code, code, "stdout: {}\nstderr: {}", self.out, self.err);
        self
    }
}

impl Place {
    pub fn new() -> Self {
        Self { temp: tempfile::tempdir().unwrap(), variables: Vec::new() }
    }

    /// With one more variable in the environment of every program that is run here.
    #[must_use]
    pub fn with(mut self, name: &'static str, value: &str) -> Self {
        self.variables.push((name, value.to_owned()));
        self
    }

    /// The same, where it is known late only.
    pub fn connect(&mut self, name: &'static str, value: &str) {
        self.variables.push((name, value.to_owned()));
    }

    pub fn path(&self, name: &str) -> PathBuf {
        self.temp.path().join(name)
    }

    pub fn workspace(&self) -> PathBuf {
        self.path("workspace")
    }

    /// A file with this content; folders above are made.
    pub fn file(&self, name: &str, content: impl AsRef<[u8]>) -> PathBuf {
        let path = self.path(name);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(&path, content).unwrap();
        path
    }

    /// The program, run here.
    pub fn command<S: AsRef<OsStr>>(&self, args: impl IntoIterator<Item = S>) -> Command {
        let mut command = Command::new(env!("CARGO_BIN_EXE_longshore"));
        command.args(args).current_dir(self.temp.path()).env("LONGSHORE_WORKSPACE", self.workspace());
        command.env("LONGSHORE_VARIABLE_DATABLOCK_TARGET_BYTES", "64KiB").env("TZ", "UTC");
        command.envs(self.variables.iter().map(|(name, value)| (name, value)));
        command.stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::piped());
        command
    }

    /// Runs the program to its end, which must come within [`PATIENCE`].
    #[track_caller]
    pub fn run<S: AsRef<OsStr>>(&self, args: impl IntoIterator<Item = S>) -> Ran {
        let child = self.command(args).spawn().unwrap();
        let pid = Pid::from_child(&child);
        let (ended, end) = std::sync::mpsc::channel::<()>();
        let watch = std::thread::spawn(move || {
            let late = end.recv_timeout(PATIENCE) == Err(RecvTimeoutError::Timeout);
            late && kill_process(pid, Signal::KILL).is_ok()
        });
        let Output { status, stdout, stderr } = child.wait_with_output().unwrap();
        drop(ended);
        let text = |bytes| String::from_utf8(bytes).unwrap();
        let ran = Ran { code: status.code().unwrap_or(-1), out: text(stdout), err: text(stderr) };
        assert!(!watch.join().unwrap(), "it had not ended after {PATIENCE:?}: {}\n{}", ran.out, ran.err);
        ran
    }

    /// Starts the program; it says on standard error what it does.
    pub fn start<S: AsRef<OsStr>>(&self, args: impl IntoIterator<Item = S>) -> Running {
        let mut child = self.command(args).env("LONGSHORE_LOG", "longshore_api=info").spawn().unwrap();
        let stderr = BufReader::new(child.stderr.take().unwrap());
        Running { child, stderr, said: String::new() }
    }

    /// A flow whose only task waits for an hour.
    pub fn sleepy(&self) -> PathBuf {
        let text = "id: sleepy\ntasks:\n  - {id: sleep, uses: noop, with: {output: 1, for_ms: 3600000}}\n";
        self.file("sleepy.yaml", text)
    }

    /// Waits until the program owns the workspace and a run of it works; gives the run.
    pub fn until_running(&self, owner: &mut Running) -> String {
        owner.until_said("the workspace is owned");
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
        runtime.block_on(async {
            let session = Session::open(&self.workspace(), Role::Glance).await.unwrap();
            assert!(!session.owns());
            let mut events = session.events().await;
            loop {
                let args = RunListArgs { states: vec![RunState::Running], ..RunListArgs::default() };
                if let Some(run) = session.call::<RunList>(args).await.unwrap().rows.into_iter().next() {
                    return run.id;
                }
                while !matches!(events.next().await, Event::Changed { .. } | Event::Everything) {}
            }
        })
    }
}

/// A workspace whose landing zone is a bucket with this quota.
pub fn with_bucket(s3: &Seaweed, quota: &str) -> Place {
    let place = Place::new();
    bucket_of(&place, s3, quota);
    place
}

/// Makes a bucket the landing zone of a workspace.
pub fn bucket_of(place: &Place, s3: &Seaweed, quota: &str) {
    let [user, password] = Seaweed::keys();
    let connection = json!({"conn_type": "s3", "login": user, "extra": {"endpoint_url": s3.url()}});
    let file = place.file("lab.json", connection.to_string());
    place.file("key.txt", password);
    let secret = format!("password=file:{}", place.path("key.txt").display());
    place.run(["connection", "add", "lab", "--file", file.to_str().unwrap(), "--secret", &secret]).expect(0);
    let landing = ["storage", "set", "landing", "--connection", "lab", "--folder", "landing", "--quota", quota];
    place.run(landing).expect(0);
}

impl Place {
    /// With a connection `scicat` in the environment, as this user.
    #[must_use]
    pub fn with_scicat(self, server: &SciCat, user: &User) -> Self {
        let connection = json!({"conn_type": "scicat", "host": server.url(), "login": user.name,
            "password": user.password, "extra": {"retries": 1}});
        self.with("AIRFLOW_CONN_SCICAT", &connection.to_string())
    }
}

/// A program that runs.
pub struct Running {
    child: Child,
    stderr: BufReader<ChildStderr>,
    said: String,
}

impl Running {
    pub fn id(&self) -> u32 {
        self.child.id()
    }

    pub fn signal(&self, signal: Signal) {
        let pid = Pid::from_child(&self.child);
        kill_process(pid, signal).unwrap();
    }

    /// The next line that it writes to standard output.
    pub fn until_printed(&mut self) -> String {
        let mut line = Vec::new();
        let out = self.child.stdout.as_mut().unwrap();
        // Byte by byte: what comes after it is for whoever reads next.
        let mut byte = [0];
        while out.read(&mut byte).unwrap() == 1 && byte[0] != b'\n' {
            line.push(byte[0]);
        }
        String::from_utf8(line).unwrap()
    }

    /// Waits until it writes a line with this text to standard error.
    pub fn until_said(&mut self, text: &str) {
        while !self.said.contains(text) {
            assert_ne!(self.stderr.read_line(&mut self.said).unwrap(), 0, "it never said {text:?}: {}", self.said);
        }
    }

    /// Waits until it writes such a line once more.
    pub fn until_said_again(&mut self, text: &str) {
        self.said.clear();
        self.until_said(text);
    }

    /// Waits for its end.
    pub fn end(mut self) -> Ran {
        let mut out = String::new();
        self.child.stdout.take().unwrap().read_to_string(&mut out).unwrap();
        self.stderr.read_to_string(&mut self.said).unwrap();
        let code = self.child.wait().unwrap().code().unwrap_or(-1);
        Ran { code, out, err: std::mem::take(&mut self.said) }
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        // A test that failed leaves nothing running.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// Everything in a tree that an archive keeps: path, kind, mode, time, content or target.
pub fn tree(top: &Path) -> Vec<String> {
    use std::os::unix::fs::MetadataExt as _;
    let mut found = Vec::new();
    let mut folders = vec![top.to_owned()];
    while let Some(folder) = folders.pop() {
        for entry in fs::read_dir(&folder).unwrap() {
            let path = entry.unwrap().path();
            let meta = path.symlink_metadata().unwrap();
            let what = if meta.is_dir() {
                folders.push(path.clone());
                "folder".to_owned()
            } else if meta.is_symlink() {
                format!("link to {:?}", fs::read_link(&path).unwrap().into_os_string().into_encoded_bytes())
            } else {
                format!("file {:?}", fs::read(&path).unwrap())
            };
            let (name, time) = (
                path.strip_prefix(top).unwrap().as_os_str().as_encoded_bytes().to_owned(),
                (meta.mtime(), meta.mtime_nsec()),
            );
            let mode = if meta.is_symlink() { 0 } else { meta.mode() & 0o7777 };
            found.push(format!("{name:?} {mode:o} {time:?} {what}"));
        }
    }
    found.sort();
    found
}
