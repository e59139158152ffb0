//! Syncing a file on the server while more of it is sent: which of its bytes are on the medium by now.

use std::collections::VecDeque;
use std::sync::mpsc::Sender;

use super::lanes::Lane;
use super::link::Answer;
use super::wire::ask;

/// Mark of the question for a sync: no part of a file begins there.
pub(super) const SYNC: u64 = u64::MAX;

/// How far a file is synced, and how far it is to be.
#[derive(Debug, Default)]
pub(super) struct Syncs {
    synced: u64,
    /// Bytes that the sync under way covers.
    asked: Option<u64>,
    /// Bytes that are to be synced, ascending.
    wanted: VecDeque<u64>,
}

impl Syncs {
    /// With so many bytes that were synced before.
    pub(super) fn new(synced: u64) -> Self {
        Self { synced, ..Self::default() }
    }

    /// So many bytes are to be synced, once the server has confirmed them.
    pub(super) fn want(&mut self, bytes: u64) {
        self.wanted.push_back(bytes);
    }

    /// So many bytes were synced otherwise.
    pub(super) fn reach(&mut self, bytes: u64) {
        self.synced = self.synced.max(bytes);
    }

    pub(super) fn synced(&self) -> u64 {
        self.synced
    }

    /// Asks for a sync, where the server has confirmed what is to be synced. A server that cannot be asked for it sees to it itself.
    pub(super) fn ask(&mut self, lane: &Lane, sender: &Sender<Answer>, confirmed: u64) {
        if self.asked.is_some() {
            return;
        }
        while let Some(bytes) = self.wanted.pop_front_if(|bytes| *bytes <= confirmed) {
            self.asked = Some(bytes);
        }
        match self.asked {
            Some(bytes) if !lane.link.offers.fsync => {
                self.answered(true);
                self.reach(bytes);
            }
            Some(_) => {
                lane.link
                    .send(ask::EXTENDED, SYNC, sender, |packet| packet.text(b"fsync@openssh.com").text(&lane.handle));
            }
            None => {}
        }
    }

    /// The sync under way was done, or was lost with its connection: then it is asked for again.
    pub(super) fn answered(&mut self, done: bool) {
        let Some(bytes) = self.asked.take() else { return };
        if done {
            self.reach(bytes);
        } else {
            self.wanted.push_front(bytes);
        }
    }
}
