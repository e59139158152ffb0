//! What comes in at the actor.

use longshore_engine::decide::{Ending, Redo, Room};
use longshore_engine::run::Slot;
use longshore_engine::{Fault, RunId, RunState};
use tokio::sync::oneshot;

use crate::{NewRun, Touched};

/// Where an answer goes.
pub(crate) type Reply<T> = oneshot::Sender<Result<T, Fault>>;

/// What an operator does with a run.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Act {
    Cancel,
    Pause,
    Resume,
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
        reply: Reply<()>,
    },
    Retry {
        run: RunId,
        redo: Redo,
        preview: bool,
        reply: Reply<Touched>,
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
