//! What differs between machines: waiting for sockets, a pair of them that are connected, and whether the processor has AES.

use std::io::{self, ErrorKind, Read};
use std::time::{Duration, Instant};

use rustix::event::{PollFd, PollFlags, Timespec, poll};
use rustix::io::Errno;

#[cfg(unix)]
pub(super) type Pipe = std::os::unix::net::UnixStream;
#[cfg(not(unix))]
pub(super) type Pipe = std::net::TcpStream;

/// Two sockets that are connected with each other.
#[cfg(unix)]
pub(super) fn pair() -> io::Result<(Pipe, Pipe)> {
    Pipe::pair()
}

/// Two sockets that are connected with each other, over the loopback device.
#[cfg(not(unix))]
pub(super) fn pair() -> io::Result<(Pipe, Pipe)> {
    let listener = std::net::TcpListener::bind((std::net::Ipv4Addr::LOCALHOST, 0))?;
    let near = Pipe::connect(listener.local_addr()?)?;
    // Nobody but this process is let in.
    let (far, from) = listener.accept()?;
    if from != near.local_addr()? {
        return Err(io::Error::other("another process connected"));
    }
    Ok((near, far))
}

/// Waits until one of the sockets is ready, or `patience` is over.
pub(super) fn wait(sockets: &mut [PollFd<'_>], patience: Duration) -> io::Result<()> {
    let until = Instant::now() + patience;
    loop {
        let left = until.saturating_duration_since(Instant::now());
        match poll(sockets, Timespec::try_from(left).ok().as_ref()) {
            Err(Errno::INTR) => {}
            Err(errno) => return Err(errno.into()),
            Ok(_) => return Ok(()),
        }
    }
}

/// What a session waits for that has sent a part of a packet.
pub(super) fn wanted(session: &ssh2::Session) -> PollFlags {
    match session.block_directions() {
        ssh2::BlockDirections::Outbound => PollFlags::OUT,
        ssh2::BlockDirections::Both => PollFlags::IN | PollFlags::OUT,
        ssh2::BlockDirections::None | ssh2::BlockDirections::Inbound => PollFlags::IN,
    }
}

/// What a channel brings, in a session that does not block. No bytes are its end only if it says so: libssh2 also gives none when it was
/// busy with other packets.
pub(super) struct Incoming<'c>(pub(super) &'c mut ssh2::Channel);

impl Read for Incoming<'_> {
    fn read(&mut self, into: &mut [u8]) -> io::Result<usize> {
        match self.0.read(into) {
            Ok(0) if !self.0.eof() => Err(ErrorKind::WouldBlock.into()),
            other => other,
        }
    }
}

/// Whether the processor has instructions for AES and for the multiplication that GCM needs.
#[cfg(target_arch = "x86_64")]
pub(super) fn has_aes() -> bool {
    std::arch::is_x86_feature_detected!("aes") && std::arch::is_x86_feature_detected!("pclmulqdq")
}

/// Whether the processor has instructions for AES and for the multiplication that GCM needs.
#[cfg(target_arch = "aarch64")]
pub(super) fn has_aes() -> bool {
    // On this architecture the feature stands for both.
    std::arch::is_aarch64_feature_detected!("aes")
}

/// Nothing is known of other processors.
#[cfg(not(any(target_arch = "x86_64", target_arch = "aarch64")))]
pub(super) fn has_aes() -> bool {
    false
}
