//! What tests of several crates need: a clock that they move, a catalogue in memory, storages that fail as told, a host of task runs,
//! a fuse that kills all of them together at a step, a database of many runs, and a proxy that does to connections what networks do.

pub mod bags;
pub mod catalogue;
pub mod clock;
pub mod conformance;
pub mod faulty;
pub mod fuse;
pub mod host;
pub mod many_runs;
pub mod memory;
pub mod places;
pub mod proxy;
pub mod resident;
pub mod servers;
pub mod trees;

pub use catalogue::MemoryCatalogue;
pub use clock::SimClock;
pub use faulty::Faulty;
pub use fuse::{Fuse, When};
pub use host::MemoryHost;
pub use memory::Memory;
pub use places::Places;
pub use proxy::Proxy;
pub use resident::resident_peak;
