//! What the tests of transfers share: a watcher that notes everything and can stop, and small buffers.
#![allow(clippy::unwrap_used, clippy::cast_possible_truncation, dead_code, unreachable_pub)]

use std::cell::Cell;
use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

use longshore_testkit::{Faulty, Fuse, Memory};
use longshore_transfer::{Fail, Pace, Result, Watch};
use serde::Serialize;
use serde::de::DeserializeOwned;

/// A storage in memory with faults around it.
pub struct Place {
    pub memory: Memory,
    pub faulty: Faulty,
}

impl Place {
    pub fn new() -> Self {
        let memory = Memory::new();
        let faulty = Faulty::new(Arc::new(memory.clone()), Arc::new(Fuse::new()));
        Self { memory, faulty }
    }
}

/// Bytes that look random and are the same every time.
pub fn noise(seed: u64, length: usize) -> Vec<u8> {
    let mut state = seed.wrapping_mul(0x9E37_79B9_7F4A_7C15) | 1;
    let next = || {
        state ^= state << 13;
        state ^= state >> 7;
        state ^= state << 17;
        (state >> 32) as u8
    };
    std::iter::repeat_with(next).take(length).collect()
}

/// Notes everything that it is told, and says to stop after so many questions.
pub struct Watcher<C> {
    pub checkpoint: Option<C>,
    pub checkpoints: usize,
    pub progress: (u64, u64),
    pub now: Vec<u8>,
    /// What was reported by key; the last report counts.
    pub rows: BTreeMap<i64, String>,
    pub failed: BTreeMap<i64, &'static str>,
    /// Questions that are still answered with "go on".
    pub patience: Cell<u64>,
    /// Reports and checkpoints that are still taken.
    pub ledger: u64,
    pub pace: Pace,
}

impl<C: Serialize + DeserializeOwned> Watcher<C> {
    pub fn new() -> Self {
        let pace = Pace {
            buffer: 4096,
            buffers: 4,
            checkpoint_bytes: 8192,
            checkpoint_every: Duration::from_hours(1),
            small: 10_000,
            window: 5,
            window_bytes: 20_000,
        };
        Self {
            checkpoint: None,
            checkpoints: 0,
            progress: (0, 0),
            now: Vec::new(),
            rows: BTreeMap::new(),
            failed: BTreeMap::new(),
            patience: Cell::new(u64::MAX),
            ledger: u64::MAX,
            pace,
        }
    }

    /// The last checkpoint, through JSON as a journal keeps it.
    pub fn resume(&self) -> Option<C> {
        let text = serde_json::to_string(self.checkpoint.as_ref()?).unwrap();
        Some(serde_json::from_str(&text).unwrap())
    }

    pub fn save(&mut self, checkpoint: C) -> Result<()> {
        self.write()?;
        self.checkpoint = Some(checkpoint);
        self.checkpoints += 1;
        Ok(())
    }

    pub fn note(&mut self, rows: impl IntoIterator<Item = (i64, String)>) -> Result<()> {
        self.write()?;
        self.rows.extend(rows);
        Ok(())
    }

    fn write(&mut self) -> Result<()> {
        self.ledger = self.ledger.checked_sub(1).ok_or_else(|| Fail::Observer("the ledger is full".into()))?;
        Ok(())
    }
}

impl<C> Watch for Watcher<C> {
    fn progress(&mut self, bytes: u64, files: u64, now: &[u8]) {
        self.progress = (bytes, files);
        self.now = now.to_vec();
    }

    fn cancelled(&self) -> bool {
        let left = self.patience.get();
        self.patience.set(left.saturating_sub(1));
        left == 0
    }

    fn pace(&self) -> Pace {
        self.pace
    }
}
