//! File formats as streams: what a datablock looks like, byte for byte, bags, and the archives that they travel in.

pub mod archive;
pub mod bagit;
pub mod tar;
pub mod zip;
