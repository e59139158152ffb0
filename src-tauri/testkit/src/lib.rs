//! What tests of several crates need: a catalogue in memory.

pub mod catalogue;

pub use catalogue::MemoryCatalogue;
