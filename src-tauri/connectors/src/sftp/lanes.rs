//! One file, open on one or several connections at a time; opened again where a connection was lost.

use std::sync::Arc;

use longshore_transfer::level::Turn;

use super::link::Link;
use super::pool::Pool;
use super::trouble::Trouble;
use super::wire::{Attrs, Kept, ask};

/// Files of fewer bytes than this are moved on one connection.
pub(super) const MANY: u64 = 32 << 20;

/// Bytes on their way on one connection, at most: what 200 MB/s need over 20 ms.
pub(super) const WINDOW: u64 = 4 << 20;

/// Connections lost with no progress between, after which a transfer fails.
const PATIENT: usize = 3;

/// A handle on one connection.
pub(super) struct Lane {
    pub(super) link: Arc<Link>,
    pub(super) handle: Vec<u8>,
    /// Bytes on their way.
    pub(super) busy: u64,
    /// How often it was opened: replies to an earlier opening do not count.
    pub(super) times: u64,
    /// Its turn, of one besides the first: the first takes turns as it is used.
    turn: Option<Turn>,
}

/// The handles of one file.
pub(super) struct Lanes {
    pool: Arc<Pool>,
    /// From the server's top.
    path: Vec<u8>,
    how: u32,
    open: Vec<Lane>,
    /// Connections lost since something last got through.
    lost: usize,
}

impl Lanes {
    /// A file that is open on one connection.
    pub(super) fn new(pool: Arc<Pool>, path: Vec<u8>, how: u32, link: Arc<Link>, handle: Vec<u8>) -> Self {
        Self { pool, path, how, open: vec![Lane { link, handle, busy: 0, times: 0, turn: None }], lost: 0 }
    }

    pub(super) fn first(&self) -> &Lane {
        &self.open[0]
    }

    pub(super) fn count(&self) -> usize {
        self.open.len()
    }

    pub(super) fn get(&mut self, at: usize) -> &mut Lane {
        &mut self.open[at]
    }

    /// The one with the least on its way, if it has room.
    pub(super) fn free(&self) -> Option<usize> {
        let least = (0..self.open.len()).min_by_key(|at| self.open[*at].busy)?;
        (self.open[least].busy < WINDOW).then_some(least)
    }

    /// Opens the file on as many connections as there may be. It must be the same file on each.
    pub(super) fn widen(&mut self) -> Result<(), Trouble> {
        let links = self.pool.several(self.pool.most())?;
        let there = |link: &Arc<Link>| self.open.iter().any(|lane| Arc::ptr_eq(&lane.link, link));
        let more: Vec<_> = links.into_iter().filter(|link| !there(link)).collect();
        for link in more {
            let Some(turn) = self.pool.level.spare() else { break };
            // A server that lets a file be open once only serves it on one connection.
            let Ok(handle) = link.open(&self.path, self.how, Kept::default()) else { break };
            self.open.push(Lane { link, handle, busy: 0, times: 0, turn: Some(turn) });
        }
        Ok(())
    }

    /// Something got through.
    pub(super) fn progress(&mut self) {
        self.lost = 0;
    }

    /// Opens a lane again, after its connection was lost; what the file is like now.
    pub(super) fn renew(&mut self, at: usize, lost: Trouble) -> Result<Attrs, Trouble> {
        self.lost += 1;
        if self.lost > PATIENT * self.open.len() {
            return Err(lost);
        }
        let link = self.pool.link()?;
        let handle = link.open(&self.path, self.how, Kept::default())?;
        let attrs = link.call(ask::FSTAT, |packet| packet.text(&handle))?.attrs()?;
        let (times, turn) = (self.open[at].times + 1, self.open[at].turn.take());
        self.open[at] = Lane { link, handle, busy: 0, times, turn };
        Ok(attrs)
    }

    /// Closes all but the first.
    pub(super) fn narrow(&mut self) {
        for lane in self.open.drain(1..) {
            lane.link.close(&lane.handle);
        }
    }

    /// The path, from the server's top.
    pub(super) fn path(&self) -> &[u8] {
        &self.path
    }

    pub(super) fn pool(&self) -> &Arc<Pool> {
        &self.pool
    }
}
