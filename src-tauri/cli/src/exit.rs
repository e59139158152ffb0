//! How a command ends.

use std::process::ExitCode;

use longshore_api::{Fault, codes};

/// The exit codes that scripts rely on. Wrong usage, 2, is found while the arguments are read.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Exit {
    /// Done, and proved where bytes were moved.
    Done = 0,
    /// Failed.
    Failed = 1,
    /// Done, but not proved.
    NotProved = 3,
    /// Refused: locked, no space, not allowed.
    Refused = 4,
    /// Of `task run`: failed, and another try would fail as well.
    Permanent = 65,
    /// Of `task run`: failed, and another try may do.
    Transient = 75,
    /// Of `task run`: only a workspace's own engine carries out tasks of this kind.
    Elsewhere = 78,
    /// Of `task run`: there was nothing to do.
    Skipped = 99,
    /// Stopped by a signal.
    Interrupted = 130,
}

impl Exit {
    /// How a command ends that this fault stopped.
    pub(crate) fn of(fault: &Fault) -> Self {
        if codes::is_refusal(&fault.code) { Self::Refused } else { Self::Failed }
    }
}

impl From<Exit> for ExitCode {
    fn from(exit: Exit) -> Self {
        Self::from(exit as u8)
    }
}
