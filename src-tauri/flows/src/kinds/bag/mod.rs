//! Bags: made, validated, and taken out of the archives that they travel in.

pub mod debag;
mod moving;
mod report;
mod source;
mod staging;
mod tarred;
mod unpack;
pub mod validate;
mod zipped;

pub use report::{BagReport, Found};
