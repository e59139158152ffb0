//! The checksum of a file that is being written, taken by the server behind the writing: a command reads as much of it as it is told.

use std::io::{Read as _, Write as _};
use std::sync::Arc;
use std::time::Duration;

use longshore_transfer::hash::unhex;
use longshore_transfer::storage::Follow;
use ssh2::Channel;

use super::checksum::{PACE, Sums, first_word};
use super::command::quoted;
use super::dial::Dialed;
use super::target::Target;

/// Bytes that the command reads at a time.
const BLOCK: u64 = 1 << 20;

/// Bytes of an answer that are read.
const SHORT: u64 = 1 << 10;

/// What comes first from the command, once it has the file open.
const OPENED: &[u8] = b"longshore-opened\n";

/// A command that reads a file, of which it is told how much is there.
pub(super) struct Following {
    sums: Arc<Sums>,
    target: Target,
    /// The temporary file, as a shell takes it.
    path: String,
    running: Option<Running>,
    /// Blocks that it was told to read.
    told: u64,
}

struct Running {
    channel: Channel,
    dialed: Dialed,
}

impl Following {
    /// Of a temporary file, its path from the server's top. Nothing is run yet. `None` where its name is no text, as a command is.
    pub(super) fn new(sums: Arc<Sums>, target: Target, path: &[u8]) -> Option<Self> {
        let path = quoted(std::str::from_utf8(path).ok()?);
        Some(Self { sums, target, path, running: None, told: 0 })
    }

    /// Starts the command, and waits until it has the file open: that may get another name later.
    fn start(&self) -> Option<Running> {
        let (dialed, tool) = self.sums.sha256(&self.target)?;
        let read = format!("while read -r count; do dd bs={BLOCK} count=\"$count\" <&3 2>/dev/null; done");
        let opened = String::from_utf8_lossy(OPENED.trim_ascii_end());
        let line = format!("exec 3< {} && echo {opened} && {{ {read}; }} | {tool}", self.path);
        dialed.session.set_blocking(true);
        let mut channel = dialed.session.channel_session().ok()?;
        channel.exec(&format!("exec sh -c {}", quoted(&line))).ok()?;
        let mut said = [0; OPENED.len()];
        channel.read_exact(&mut said).ok()?;
        if said != *OPENED {
            return None;
        }
        Some(Running { channel, dialed })
    }

    /// Tells the command to read up to a block.
    fn tell(&mut self, blocks: u64) -> Option<()> {
        if self.running.is_none() {
            self.running = Some(self.start()?);
        }
        let running = self.running.as_mut()?;
        if blocks > self.told {
            running.channel.write_all(format!("{}\n", blocks - self.told).as_bytes()).ok()?;
            self.told = blocks;
        }
        Some(())
    }
}

impl Follow for Following {
    fn reach(&mut self, bytes: u64) -> bool {
        // A block is read whole, or not at all: only behind the last one may there be less.
        self.tell(bytes / BLOCK).is_some()
    }

    fn finish(mut self: Box<Self>, bytes: u64) -> Option<[u8; 32]> {
        self.tell(bytes.div_ceil(BLOCK))?;
        let Running { mut channel, dialed } = self.running.take()?;
        let limit = self.target.patience.stall + Duration::from_secs(bytes / PACE);
        let before = dialed.session.timeout();
        dialed.session.set_timeout(u32::try_from(limit.as_millis()).unwrap_or(u32::MAX));
        channel.send_eof().ok()?;
        let mut printed = Vec::new();
        channel.stream(0).take(SHORT).read_to_end(&mut printed).ok()?;
        channel.close().ok()?;
        channel.wait_close().ok()?;
        let code = channel.exit_status().ok()?;
        drop(channel);
        dialed.session.set_timeout(before);
        self.sums.give_back(dialed);
        let sum = unhex(std::str::from_utf8(first_word(&printed)?).ok()?)?;
        if code == 0 { sum.try_into().ok() } else { None }
    }
}
