//! One SSH connection with one SFTP channel on it: requests of many callers, under way at the same time.
//!
//! libssh2 lets one thread at a time into a session, so one thread owns it ([`pump`]): it sends what is queued, takes replies apart
//! and gives each to whoever asked. Callers queue as many requests as they like before they wait for the first reply, which is what
//! makes a far server fast.

mod calls;
mod frames;
mod pump;
mod start;

use std::sync::atomic::{AtomicBool, AtomicU32, AtomicUsize, Ordering};
use std::sync::mpsc::Sender;
use std::sync::{Arc, Mutex, OnceLock, PoisonError};
use std::time::Duration;

use super::os::Pipe;
use super::trouble::Lost;
use super::wire::{Packet, Reply};

pub(super) use calls::{Batch, Found};
pub(super) use start::start;

/// What a reply is for the one who asked: the mark that was given with the request, and the reply or why there is none.
pub(super) type Answer = (u64, Result<Reply, Lost>);

/// A request on its way to the server.
struct Order {
    id: u32,
    packet: Arc<Vec<u8>>,
    mark: u64,
    answer: Sender<Answer>,
}

/// How long a connection is waited for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Patience {
    /// Time in which a server that owes a reply must send something, or take something.
    pub(super) stall: Duration,
    /// Time without traffic after which the server is asked for a sign of life. Zero: never.
    pub(super) keepalive: Duration,
}

/// What a server offers beyond the protocol.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[allow(clippy::struct_excessive_bools)] // each stands for itself
pub(super) struct Offers {
    pub(super) posix_rename: bool,
    pub(super) hardlink: bool,
    pub(super) fsync: bool,
    pub(super) statvfs: bool,
    pub(super) lsetstat: bool,
    pub(super) limits: bool,
    pub(super) copy_data: bool,
    /// Most bytes that one request reads.
    pub(super) read: u32,
    /// Most bytes that one request writes.
    pub(super) write: u32,
}

impl Default for Offers {
    fn default() -> Self {
        Self {
            posix_rename: false,
            hardlink: false,
            fsync: false,
            statvfs: false,
            lsetstat: false,
            limits: false,
            copy_data: false,
            read: LEAST,
            write: LEAST,
        }
    }
}

/// What every server takes in one request: packets of 34,000 bytes (draft-ietf-secsh-filexfer-02, section 3).
const LEAST: u32 = 32_768;

/// A connection that is there, or was.
pub(super) struct Link {
    pub(super) offers: Offers,
    /// The folder that a login arrives in.
    pub(super) home: Vec<u8>,
    orders: Mutex<Option<Sender<Order>>>,
    bell: Pipe,
    rung: Arc<AtomicBool>,
    next: AtomicU32,
    waiting: Arc<AtomicUsize>,
    lost: Arc<OnceLock<Lost>>,
}

impl Link {
    /// A number for a request.
    pub(super) fn id(&self) -> u32 {
        self.next.fetch_add(1, Ordering::Relaxed)
    }

    /// Queues a request; its reply comes to `answer` with `mark`, or why there will be none.
    pub(super) fn send(&self, kind: u8, mark: u64, answer: &Sender<Answer>, fill: impl FnOnce(Packet) -> Packet) {
        let id = self.id();
        let packet = fill(Packet::new(kind, id)).done();
        self.send_packet(id, Arc::new(packet), mark, answer);
    }

    /// The same, for a request that is put together already, with a number from [`Link::id`].
    pub(super) fn send_packet(&self, id: u32, packet: Arc<Vec<u8>>, mark: u64, answer: &Sender<Answer>) {
        self.order(Order { id, packet, mark, answer: answer.clone() });
    }

    fn order(&self, order: Order) {
        self.waiting.fetch_add(1, Ordering::Relaxed);
        let orders = self.orders.lock().unwrap_or_else(PoisonError::into_inner);
        let refused = match orders.as_ref() {
            Some(queue) => queue.send(order).err().map(|unsent| unsent.0),
            None => Some(order),
        };
        drop(orders);
        match refused {
            None => self.ring(),
            Some(order) => {
                let _ = order.answer.send((order.mark, Err(self.why())));
            }
        }
    }

    /// Wakes the thread that sends.
    fn ring(&self) {
        if !self.rung.swap(true, Ordering::AcqRel) {
            // A bell that is full rings already.
            let _ = std::io::Write::write(&mut &self.bell, &[1]);
        }
    }

    /// Requests without a reply yet.
    pub(super) fn waiting(&self) -> usize {
        self.waiting.load(Ordering::Relaxed)
    }

    pub(super) fn is_lost(&self) -> bool {
        self.lost.get().is_some()
    }

    fn why(&self) -> Lost {
        self.lost.get().cloned().unwrap_or_else(|| Lost::new("ssh.lost", "the connection was closed"))
    }
}

impl Drop for Link {
    fn drop(&mut self) {
        self.orders.lock().unwrap_or_else(PoisonError::into_inner).take();
        self.rung.store(false, Ordering::Release);
        self.ring();
    }
}
