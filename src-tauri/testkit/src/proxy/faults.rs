//! What a proxy does to the connections through it.

use std::net::SocketAddr;
use std::sync::atomic::AtomicU64;
use std::time::Duration;

/// A way through the proxy.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Direction {
    /// From the client to the server.
    Up,
    /// From the server to the client.
    Down,
}

/// How a connection ends, or does not.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Ending {
    /// An RST: what is under way is lost.
    Reset,
    /// A FIN after the last byte, as from a server that thinks it has said all.
    Close,
    /// Nothing comes any more, in neither direction, and the connection stays.
    Stall,
}

/// A cut of the connection that carries a certain byte.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Cut {
    /// Bytes of the direction that still pass, over all connections together, from when the cut is set.
    pub after: u64,
    /// What comes then.
    pub ending: Ending,
    /// Whether the count begins anew after each cut. Otherwise there is one.
    pub again: bool,
}

/// What happens to one direction.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Lane {
    /// Time from when a byte comes in to when it goes out, however many others are under way.
    pub latency: Duration,
    /// Bytes a second of each connection; `None`: as many as come.
    pub rate: Option<u64>,
    /// The cut that comes next.
    pub cut: Option<Cut>,
    /// The byte behind so many of each connection comes out as another one.
    pub damage: Option<u64>,
}

/// What a proxy does.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Faults {
    /// Where new connections lead.
    pub target: SocketAddr,
    /// From the client to the server.
    pub up: Lane,
    /// From the server to the client.
    pub down: Lane,
    /// Nothing passes while this is set; connections stay and new ones are taken.
    pub stall: bool,
    /// New connections are refused, as where no server listens.
    pub refuse: bool,
    /// Raised to end all connections by a reset.
    pub(super) restarts: u64,
}

impl Faults {
    pub(super) fn none(target: SocketAddr) -> Self {
        let lane = Lane::default();
        Self { target, up: lane, down: lane, stall: false, refuse: false, restarts: 0 }
    }

    /// Half of it in each direction.
    pub fn round_trip(&mut self, time: Duration) {
        self.up.latency = time / 2;
        self.down.latency = time / 2;
    }

    /// Bytes a second, in each direction of each connection.
    pub fn rate(&mut self, bytes: Option<u64>) {
        self.up.rate = bytes;
        self.down.rate = bytes;
    }

    pub(super) fn lane(&self, direction: Direction) -> Lane {
        match direction {
            Direction::Up => self.up,
            Direction::Down => self.down,
        }
    }
}

/// What has passed.
#[derive(Debug, Default)]
pub(super) struct Counts {
    up: Passed,
    down: Passed,
    pub(super) connections: AtomicU64,
    pub(super) cuts: AtomicU64,
}

#[derive(Debug, Default)]
pub(super) struct Passed {
    pub(super) passed: AtomicU64,
    /// Since the cut was set, or since it was last made.
    pub(super) since_cut: AtomicU64,
}

impl Counts {
    pub(super) fn of(&self, direction: Direction) -> &Passed {
        match direction {
            Direction::Up => &self.up,
            Direction::Down => &self.down,
        }
    }
}
