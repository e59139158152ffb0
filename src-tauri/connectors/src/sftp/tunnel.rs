//! A connection to a server by way of another: a channel of the jump host's session (`direct-tcpip`, RFC 4254, section 7.2) behind a socket
//! of this machine, so that a session of its own can run over it.

use std::io::{self, ErrorKind, Read, Write};
use std::net::Shutdown;
use std::thread::JoinHandle;
use std::time::Duration;

use rustix::event::{PollFd, PollFlags};
use rustix::fd::OwnedFd;
use ssh2::{BlockDirections, Channel};

use super::dial::Dialed;
use super::os::{self, Incoming, Pipe};
use super::target::Target;
use super::trouble::Lost;

/// Bytes that are on their way in one direction, at most.
const ROOM: usize = 256 << 10;

/// Longest sleep.
const NAP: Duration = Duration::from_secs(30);

/// What carries the bytes. It ends when this is dropped.
pub(super) struct Tunnel {
    end: Pipe,
    thread: Option<JoinHandle<()>>,
}

impl Drop for Tunnel {
    fn drop(&mut self) {
        // The socket may be closed already.
        let _ = self.end.shutdown(Shutdown::Both);
        if let Some(thread) = self.thread.take() {
            let _ = thread.join();
        }
    }
}

/// Opens a way to the target from the jump host: the socket to talk to it, and what carries its bytes.
pub(super) fn open(jump: Dialed, target: &Target) -> Result<(OwnedFd, Tunnel), Lost> {
    let refused = |error: ssh2::Error| {
        let why = format!("the jump host does not get to {}:{}: {}", target.host, target.port, error.message());
        Lost::new("ssh.unreachable", why)
    };
    let channel = jump.session.channel_direct_tcpip(&target.host, target.port, None).map_err(refused)?;
    jump.session.set_blocking(false);
    let failed = |error: io::Error| Lost::new("ssh.lost", format!("no thread or socket can be had: {error}"));
    let (near, far) = os::pair().map_err(failed)?;
    far.set_nonblocking(true).map_err(failed)?;
    let end = near.try_clone().map_err(failed)?;
    let mut carrier = Carrier { channel, jump, far, out: Flow::new(), back: Flow::new(), stuck: None };
    let thread = std::thread::Builder::new().name("ssh jump".into()).spawn(move || carrier.run()).map_err(failed)?;
    Ok((near.into(), Tunnel { end, thread: Some(thread) }))
}

/// Bytes on their way.
struct Flow {
    bytes: Vec<u8>,
    from: usize,
    to: usize,
    /// Nothing more comes.
    ended: bool,
}

impl Flow {
    fn new() -> Self {
        Self { bytes: vec![0; ROOM], from: 0, to: 0, ended: false }
    }

    fn is_empty(&self) -> bool {
        self.from == self.to
    }

    /// Takes what there is, if there is room; whether anything came.
    fn fill(&mut self, source: &mut impl Read) -> io::Result<bool> {
        if !self.is_empty() || self.ended {
            return Ok(false);
        }
        match source.read(&mut self.bytes) {
            Ok(count) => {
                (self.from, self.to, self.ended) = (0, count, count == 0);
                Ok(true)
            }
            Err(error) if error.kind() == ErrorKind::WouldBlock => Ok(false),
            Err(error) => Err(error),
        }
    }

    /// Gives on what it can; whether anything went.
    fn drain(&mut self, sink: &mut impl Write) -> io::Result<bool> {
        let mut moved = false;
        while !self.is_empty() {
            match sink.write(&self.bytes[self.from..self.to]) {
                Ok(0) => break,
                Ok(count) => {
                    self.from += count;
                    moved = true;
                }
                Err(error) if error.kind() == ErrorKind::WouldBlock => break,
                Err(error) => return Err(error),
            }
        }
        Ok(moved)
    }
}

/// Which way libssh2 has sent a part of a packet in, and must go on with.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Stuck {
    Out,
    Back,
}

struct Carrier {
    channel: Channel,
    jump: Dialed,
    far: Pipe,
    out: Flow,
    back: Flow,
    stuck: Option<Stuck>,
}

impl Carrier {
    /// Carries until either side ends.
    fn run(&mut self) {
        while let Ok(true) = self.turn() {}
        let _ = self.far.shutdown(Shutdown::Both);
    }

    fn turn(&mut self) -> io::Result<bool> {
        let mut moved = self.out.fill(&mut self.far)?;
        if self.stuck != Some(Stuck::Back) {
            moved |= self.out.drain(&mut self.channel)?;
            self.note(Stuck::Out, self.out.is_empty());
        }
        if self.stuck != Some(Stuck::Out) {
            moved |= self.back.fill(&mut Incoming(&mut self.channel))?;
            self.note(Stuck::Back, !self.back.is_empty());
        }
        moved |= self.back.drain(&mut self.far)?;
        if (self.out.ended && self.out.is_empty()) || (self.back.ended && self.back.is_empty()) {
            return Ok(false);
        }
        if !moved {
            self.sleep()?;
        }
        Ok(true)
    }

    fn note(&mut self, way: Stuck, done: bool) {
        let outbound =
            matches!(self.jump.session.block_directions(), BlockDirections::Outbound | BlockDirections::Both);
        self.stuck = (!done && outbound).then_some(way);
    }

    fn sleep(&self) -> io::Result<()> {
        let session = if self.stuck.is_some() { os::wanted(&self.jump.session) } else { PollFlags::IN };
        let mut pipe = PollFlags::empty();
        pipe.set(PollFlags::IN, self.out.is_empty());
        pipe.set(PollFlags::OUT, !self.back.is_empty());
        os::wait(&mut [PollFd::new(&self.jump.socket, session), PollFd::new(&self.far, pipe)], NAP)
    }
}
