//! What comes in at the actor.

use longshore_engine::decide::{self, Ending, Marking, Redo, Room, Waking};
use longshore_engine::event::By;
use longshore_engine::run::Slot;
use longshore_engine::{Fault, Run, RunId, RunState};
use tokio::sync::oneshot;

use crate::{At, NewRun, Touched};

/// Where an answer goes.
pub(crate) type Reply<T> = oneshot::Sender<Result<T, Fault>>;

/// What an operator does with a run.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Act {
    Cancel,
    /// Cancel, and wait for no attempt that does not stop.
    Abandon,
    Pause,
    Resume,
}

/// What an operator does with task runs.
#[derive(Debug, Clone, PartialEq)]
pub(crate) enum Change {
    Redo(Redo),
    Mark(Box<Marking>),
    Wake(Waking),
}

impl Change {
    pub(crate) fn touches(&self, run: &Run) -> Result<decide::Touched, Fault> {
        match self {
            Self::Redo(redo) => redo.touches(run),
            Self::Mark(marking) => marking.touches(run),
            Self::Wake(waking) => waking.touches(run),
        }
    }
}

pub(crate) enum Message {
    /// A run is asked for; its parameters and variables are complete.
    Create {
        new: NewRun,
        vars: serde_json::Map<String, serde_json::Value>,
        reply: Reply<RunId>,
    },
    Act {
        run: RunId,
        act: Act,
        by: By,
        reply: Reply<()>,
    },
    Change {
        run: RunId,
        change: Change,
        preview: bool,
        by: By,
        reply: Reply<Touched>,
    },
    /// A task run that waits looks at once.
    Wake {
        at: At,
        by: By,
        reply: Option<Reply<bool>>,
    },
    /// Which active run holds this value of a flow's guard.
    Holder {
        flow: String,
        value: serde_json::Value,
        reply: Reply<Option<RunId>>,
    },
    Wait {
        run: RunId,
        reply: Reply<RunState>,
    },
    /// An attempt has ended.
    Ended {
        run: RunId,
        slot: Slot,
        attempt: u32,
        ending: Ending,
    },
    /// The room of a storage; `answered`: it is the storage that says so, and not our patience.
    Measured {
        storage: String,
        room: Room,
        answered: bool,
    },
    /// The operator changed limits, floors or storages.
    LookAgain,
    Shutdown {
        reply: Reply<()>,
    },
}
