//! Bags: made, validated, and taken out of the archives that they travel in.

mod attempt;
mod bags;
pub mod by_itself;
pub mod debag;
mod description;
mod inside;
mod judge;
pub mod make;
mod moving;
mod report;
mod same;
mod shape;
mod source;
mod staging;
mod tarred;
mod unpack;
pub mod unzip;
pub mod validate;
mod zipped;

pub use report::{BagReport, Found, One};
