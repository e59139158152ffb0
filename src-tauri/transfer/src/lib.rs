//! Moving and proving bytes between any two storages: hashing in the pass that moves, resuming at the byte, reading back.
//!
//! Knows storages only by the traits in [`storage`]; names no system, no dataset and no database.

pub mod storage;
