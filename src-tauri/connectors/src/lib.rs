//! The systems that Longshore talks to, one folder each, all in the same shape: they implement
//! [`longshore_transfer::storage::Storage`].

pub mod local;
