//! Care of the database: what is checked, copied, and let go of.

pub(crate) mod backup;
pub(crate) mod check;
pub(crate) mod forget;
