//! Commands that are run on a server: what they print as it comes, how they end, and ending them.

use std::io::{self, ErrorKind, Read, Write as _};
use std::time::{Duration, Instant};

use longshore_transfer::storage::Result;
use rustix::event::{PollFd, PollFlags};
use ssh2::Channel;

use super::dial::{Dialed, dial};
use super::os;
use super::target::Target;
use super::trouble::{Lost, broken};

/// How often one who waits looks whether to go on.
const LOOK: Duration = Duration::from_millis(200);

/// Bytes that are read at a time.
const ROOM: usize = 64 << 10;

/// What comes first from a command, so that it can be ended: this word and the number of its process.
const GREETING: &str = "longshore-process";

/// Something that a command did.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Output<'o> {
    /// It has begun, as the process of this number, which leads a group of its own.
    Begun(u32),
    /// It printed on its standard output.
    Out(&'o [u8]),
    /// It printed on its standard error.
    Err(&'o [u8]),
}

/// How a command ended.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Ended {
    /// Its exit code.
    pub code: i32,
    /// The signal that ended it, such as `TERM`, if one did.
    pub signal: Option<String>,
    /// It was ended because nobody wanted it any more.
    pub cancelled: bool,
}

/// Commands on one server.
pub struct Command {
    pub(super) target: Target,
}

impl Command {
    /// Runs a line in the login shell of the server's user, which must be a POSIX shell, on a connection of its own. Its standard input is
    /// `input`. `tell` is given what it prints; `go_on` is asked five times a second, and once it says no the command's processes are sent
    /// TERM.
    ///
    /// A server that falls silent is noticed by the connection, not by the command's silence: a command may say nothing for hours.
    pub fn run(
        &self,
        line: &str,
        input: &[u8],
        tell: &mut dyn FnMut(Output<'_>),
        go_on: &dyn Fn() -> bool,
    ) -> Result<Ended> {
        let lost = |lost: Lost| lost.connecting(&self.target.name());
        let dialed = dial(&self.target).map_err(lost)?;
        let mut process = Process::default();
        let wrapped = format!("echo {GREETING} $$; exec sh -c {}", quoted(line));
        let seconds = u32::try_from(self.target.patience.keepalive.as_secs()).unwrap_or(30);
        dialed.session.set_keepalive(true, seconds);
        let mut running = Running::start(&dialed, &wrapped, input).map_err(lost)?;
        let mut cancelled = false;
        while running.turn(&mut |output| process.hear(output, tell)).map_err(lost)? {
            if !cancelled && !go_on() {
                cancelled = true;
                process.end(&self.target);
            }
        }
        process.rest(tell);
        let ended = running.end().map_err(lost)?;
        Ok(Ended { cancelled, ..ended })
    }
}

/// A word as a POSIX shell takes it, whatever is in it.
pub fn quoted(word: &str) -> String {
    format!("'{}'", word.replace('\'', r"'\''"))
}

/// What a command's first line says.
#[derive(Default)]
struct Process {
    begin: Vec<u8>,
    known: bool,
    number: Option<u32>,
}

impl Process {
    /// Takes the first line out of what is printed.
    fn hear(&mut self, output: Output<'_>, tell: &mut dyn FnMut(Output<'_>)) {
        let Output::Out(bytes) = output else { return tell(output) };
        if self.known {
            return tell(output);
        }
        self.begin.extend_from_slice(bytes);
        let Some(at) = self.begin.iter().position(|byte| *byte == b'\n') else { return };
        self.known = true;
        let line = String::from_utf8_lossy(&self.begin[..at]).into_owned();
        self.number = line.strip_prefix(GREETING).and_then(|number| number.trim().parse().ok());
        if let Some(number) = self.number {
            tell(Output::Begun(number));
        }
        let from = if self.number.is_some() { at + 1 } else { 0 };
        if from < self.begin.len() {
            tell(Output::Out(&self.begin[from..]));
        }
        self.begin.clear();
    }

    /// What was held back by a command that printed no line at all.
    fn rest(&mut self, tell: &mut dyn FnMut(Output<'_>)) {
        if !self.known && !self.begin.is_empty() {
            tell(Output::Out(&self.begin));
        }
    }

    /// Sends TERM to the command and what it started.
    fn end(&self, target: &Target) {
        let (Some(number), Ok(dialed)) = (self.number, dial(target)) else { return };
        let line = format!("kill -TERM -- -{number} 2>/dev/null || kill -TERM {number}");
        // If it cannot be sent the command ends by itself, or when the connection does.
        let _ = gather(&dialed, &line, target.patience.stall);
    }
}

/// A command that was started.
pub(super) struct Running<'d> {
    dialed: &'d Dialed,
    channel: Channel,
    /// What is still to be given to its standard input; nothing once that is closed.
    input: Option<&'d [u8]>,
    buffer: Vec<u8>,
}

impl<'d> Running<'d> {
    pub(super) fn start(dialed: &'d Dialed, line: &str, input: &'d [u8]) -> std::result::Result<Self, Lost> {
        dialed.session.set_blocking(true);
        let mut channel = dialed.session.channel_session().map_err(|error| broken(&error))?;
        channel.exec(line).map_err(|error| broken(&error))?;
        dialed.session.set_blocking(false);
        Ok(Self { dialed, channel, input: Some(input), buffer: vec![0; ROOM] })
    }

    /// Tells what has come, or waits a little; `false` once nothing more will come.
    pub(super) fn turn(&mut self, tell: &mut dyn FnMut(Output<'_>)) -> std::result::Result<bool, Lost> {
        self.feed();
        let out = read(&mut self.channel.stream(0), &mut self.buffer)?;
        if let Some(count) = out {
            tell(Output::Out(&self.buffer[..count]));
        }
        let err = read(&mut self.channel.stderr(), &mut self.buffer)?;
        if let Some(count) = err {
            tell(Output::Err(&self.buffer[..count]));
        }
        if out.is_some() || err.is_some() {
            return Ok(true);
        }
        if self.channel.eof() {
            return Ok(false);
        }
        self.dialed.session.keepalive_send().map_err(|error| broken(&error))?;
        let broken = |error: io::Error| Lost::new("ssh.lost", format!("waiting failed: {error}"));
        os::wait(&mut [PollFd::new(&self.dialed.socket, PollFlags::IN)], LOOK).map_err(broken)?;
        Ok(true)
    }

    /// Gives its standard input as much as it takes now, and closes it behind the last byte.
    fn feed(&mut self) {
        let later = |error: &io::Error| error.kind() == ErrorKind::WouldBlock;
        while let Some(rest) = self.input {
            let done = if rest.is_empty() {
                self.channel.send_eof().map_err(io::Error::from).map(|()| None)
            } else {
                self.channel.write(rest).map(|count| Some(&rest[count..]))
            };
            match done {
                Ok(rest) => self.input = rest,
                Err(error) if later(&error) => break,
                // It has ended without having read all of it: how, its exit code says.
                Err(_) => self.input = None,
            }
        }
    }

    pub(super) fn end(mut self) -> std::result::Result<Ended, Lost> {
        self.dialed.session.set_blocking(true);
        let told = |error: ssh2::Error| broken(&error);
        self.channel.close().map_err(told)?;
        self.channel.wait_close().map_err(told)?;
        let signal = self.channel.exit_signal().map_err(told)?.exit_signal;
        Ok(Ended { code: self.channel.exit_status().map_err(told)?, signal, cancelled: false })
    }
}

/// What has come on one stream, if anything.
fn read(stream: &mut impl Read, buffer: &mut [u8]) -> std::result::Result<Option<usize>, Lost> {
    match stream.read(buffer) {
        Ok(0) => Ok(None),
        Ok(count) => Ok(Some(count)),
        Err(error) if error.kind() == ErrorKind::WouldBlock => Ok(None),
        Err(error) => Err(Lost::new("ssh.lost", format!("the connection broke: {error}"))),
    }
}

/// Most that a short command may print.
const SHORT: usize = 64 << 10;

/// Runs a command that prints little, for no longer than `limit`: its exit code and standard output.
pub(super) fn gather(dialed: &Dialed, line: &str, limit: Duration) -> std::result::Result<(i32, Vec<u8>), Lost> {
    let until = Instant::now() + limit;
    let mut printed = Vec::new();
    let mut running = Running::start(dialed, line, b"")?;
    while running.turn(&mut |output| {
        if let Output::Out(bytes) = output {
            printed.extend_from_slice(&bytes[..bytes.len().min(SHORT.saturating_sub(printed.len()))]);
        }
    })? {
        if Instant::now() > until {
            return Err(Lost::new("ssh.timeout", "a command on the server took too long"));
        }
    }
    Ok((running.end()?.code, printed))
}
