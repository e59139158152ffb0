//! Bags: made, validated, and taken out of the archives that they travel in.

mod bags;
pub mod debag;
mod description;
pub mod make;
mod moving;
mod report;
mod shape;
mod source;
mod staging;
mod tarred;
mod unpack;
pub mod validate;
mod zipped;

pub use report::{BagReport, Found};
