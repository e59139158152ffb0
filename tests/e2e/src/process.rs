//! Programs that a test starts, each in a process group of its own.

use std::io::Read;
use std::os::unix::process::{CommandExt as _, ExitStatusExt as _};
use std::process::{Child, Command, Stdio};
use std::thread::JoinHandle;
use std::time::{Duration, Instant};

use rustix::process::{Pid, Signal, kill_process_group};

use crate::wait;

/// A running program; it and what it started end with this value.
#[derive(Debug)]
pub struct Running {
    name: String,
    child: Child,
    out: Option<JoinHandle<String>>,
    err: Option<JoinHandle<String>>,
}

/// How a program ended and what it said.
#[derive(Debug, Clone)]
pub struct Said {
    /// Exit code; a signal gives 128 and its number, as a shell would.
    pub code: i32,
    /// Standard output.
    pub out: String,
    /// Standard error.
    pub err: String,
}

impl Running {
    /// Starts it, and collects what it says.
    pub fn start(command: &mut Command) -> Self {
        let name = command.get_program().to_string_lossy().into_owned();
        command.stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::piped()).process_group(0);
        let mut child = command.spawn().unwrap_or_else(|error| panic!("{name} does not start: {error}"));
        let (out, err) = (child.stdout.take().map(collect), child.stderr.take().map(collect));
        Self { name, child, out, err }
    }

    /// Process id.
    pub fn id(&self) -> u32 {
        self.child.id()
    }

    /// Whether it still runs.
    pub fn runs(&mut self) -> bool {
        self.child.try_wait().unwrap().is_none()
    }

    /// The highest resident memory that it has had so far, in bytes (`VmHWM` of proc(5)).
    pub fn resident_peak(&self) -> Option<u64> {
        longshore_testkit::resident_peak(self.id())
    }

    /// Sends a signal to it and to all that it started.
    pub fn signal(&self, signal: Signal) {
        let group = i32::try_from(self.child.id()).ok().and_then(Pid::from_raw).unwrap();
        // It may have ended by itself in the meantime.
        let _ = kill_process_group(group, signal);
    }

    /// kill -9, at this instant.
    pub fn kill(mut self) -> Said {
        self.signal(Signal::KILL);
        self.ended()
    }

    /// Runs on for so long at most; `true` if it still runs then.
    pub fn outlives(&mut self, time: Duration) -> bool {
        let deadline = Instant::now() + time;
        while self.runs() {
            if Instant::now() >= deadline {
                return true;
            }
            wait::pause();
        }
        false
    }

    /// Waits for its end; fails after `seconds`.
    pub fn finish(mut self, seconds: u64) -> Said {
        if self.outlives(Duration::from_secs(seconds)) {
            self.signal(Signal::KILL);
            let said = self.ended();
            panic!("{} did not end within {seconds} s; it said:\n{}\n{}", self.name, said.out, said.err);
        }
        self.ended()
    }

    fn ended(&mut self) -> Said {
        let status = self.child.wait().unwrap();
        let code = status.code().or(status.signal().map(|signal| 128 + signal)).unwrap();
        let text =
            |reader: &mut Option<JoinHandle<String>>| reader.take().map_or_else(String::new, |it| it.join().unwrap());
        Said { code, out: text(&mut self.out), err: text(&mut self.err) }
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        self.signal(Signal::KILL);
        let _ = self.child.wait();
    }
}

fn collect(mut from: impl Read + Send + 'static) -> JoinHandle<String> {
    std::thread::spawn(move || {
        let mut bytes = Vec::new();
        // What was read until the pipe broke is all there is.
        let _ = from.read_to_end(&mut bytes);
        String::from_utf8_lossy(&bytes).into_owned()
    })
}

/// Runs a tool to its end; fails unless it succeeds.
pub fn tool(command: &mut Command) -> String {
    let said = Running::start(command).finish(300);
    assert_eq!(said.code, 0, "{command:?} failed:\n{}{}", said.out, said.err);
    said.out
}
