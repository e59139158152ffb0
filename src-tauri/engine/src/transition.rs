//! The state machine: which event may follow which state. The only place where that is said, live and on recovery.

use crate::event::{RunEvent, TaskEvent};
use crate::{RunState, TaskState};

/// An event that may not follow a state.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{event} cannot follow the state {state}")]
pub struct Illegal {
    /// The state, in its stable word.
    pub state: String,
    /// The event, in its stable word.
    pub event: &'static str,
}

/// The state of a task run after an event. Any pair that is not in the table is an error.
pub fn next(state: TaskState, event: &TaskEvent) -> Result<TaskState, Illegal> {
    use TaskEvent as E;
    use TaskState as S;
    let legal = match event {
        E::Scheduled => matches!(state, S::None | S::UpForRetry | S::Deferred),
        E::Queued { .. } => matches!(state, S::Scheduled | S::Interrupted),
        E::Started { .. } => matches!(state, S::Scheduled | S::Queued | S::Interrupted),
        E::Deferred { .. } | E::Retrying { .. } | E::Cancelling => state == S::Running,
        E::Stopping { .. } => matches!(state, S::Running | S::Cancelling),
        E::Marked { .. } => state != S::Running,
        E::Succeeded { .. } => matches!(state, S::Running | S::Cancelling),
        E::Failed { .. } => !state.is_final() && state != S::Cancelling,
        E::Skipped { .. } => matches!(state, S::None | S::Running),
        E::UpstreamFailed { .. } => state == S::None,
        E::Held => matches!(state, S::Scheduled | S::Queued | S::Interrupted),
        E::Released => state == S::Paused,
        E::Cancelled => !state.is_final() && state != S::Running,
        E::Interrupted => matches!(state, S::Running | S::Cancelling),
        E::Cleared => state.is_final(),
    };
    if legal { Ok(event.state()) } else { Err(Illegal { state: state.word().into(), event: event.name() }) }
}

/// The state of a run after an event; `None` is a run that does not exist yet.
pub fn next_run(state: Option<RunState>, event: &RunEvent) -> Result<RunState, Illegal> {
    use RunEvent as E;
    use RunState as S;
    let legal = match (event, state) {
        (E::Created(_), state) => state.is_none(),
        (_, None) => false,
        (E::Started, Some(state)) => state == S::Queued,
        (E::Paused, Some(state)) => matches!(state, S::Queued | S::Running),
        (E::Resumed { .. }, Some(state)) => state == S::Paused,
        (E::Cancelling, Some(state)) => matches!(state, S::Queued | S::Running | S::Paused),
        (E::Ended { .. }, Some(state)) => matches!(state, S::Running | S::Paused | S::Cancelling),
        (E::Reopened, Some(state)) => state.is_final(),
    };
    let illegal = || Illegal { state: state.map_or("no run", RunState::word).into(), event: event.name() };
    if legal { Ok(event.state()) } else { Err(illegal()) }
}
