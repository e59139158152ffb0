//! File formats as streams: what a datablock looks like, byte for byte.

pub mod tar;
