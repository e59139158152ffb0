//! The guard of a flow: of runs for which it has the same value, one is active at a time.

use serde_json::{Map, Value};

use super::World;
use super::expand::fault;
use crate::expression::{Scope, seen};
use crate::flow::OnDuplicate;
use crate::{Fault, Flow, RunId};

/// What becomes of a run that is asked for.
#[derive(Debug, Clone, PartialEq)]
pub enum Admission {
    /// It is made. It waits by itself for another one of its kind, if its flow wants that.
    Made,
    /// This one is given instead.
    Same(RunId),
    /// It is refused.
    Refused(Box<Fault>),
}

/// The value of a flow's guard for a run with these parameters; none if nothing guards it.
pub fn guard(flow: &Flow, params: &Map<String, Value>, vars: &Map<String, Value>) -> Result<Option<Value>, Fault> {
    let Some(guard) = &flow.guard else { return Ok(None) };
    let mut scope = Scope::default();
    scope.names.insert("params", seen(&Value::Object(params.clone())));
    scope.names.insert("vars", seen(&Value::Object(vars.clone())));
    let value = guard.value.render(&scope).map_err(|error| fault(&flow.id, "guard", &error))?;
    Ok((!value.is_null() && value != "").then_some(value))
}

impl World {
    /// Whether a run with this guard may be made now.
    pub fn admits(&self, flow: &Flow, guard: Option<&Value>) -> Admission {
        let Some((settings, value)) = flow.guard.as_ref().zip(guard) else { return Admission::Made };
        let Some(holder) = self.holder(&flow.id, value) else { return Admission::Made };
        match settings.on_duplicate {
            OnDuplicate::Wait => Admission::Made,
            OnDuplicate::Same => Admission::Same(holder.clone()),
            OnDuplicate::Refuse => Admission::Refused(guarded(&flow.id, value, holder).into()),
        }
    }

    /// The active run of a flow with this value of its guard: the one that works, or else the oldest.
    pub fn holder(&self, flow: &str, value: &Value) -> Option<&RunId> {
        let of_kind = |run: &&crate::Run| {
            run.flow.id == flow && !run.state.is_final() && run.created.guard.as_ref() == Some(value)
        };
        let works = self.runs.values().filter(of_kind).find(|run| run.placed);
        works.or_else(|| self.runs.values().find(of_kind)).map(|run| &run.id)
    }
}

/// A run that is refused because another one of its kind is active.
pub fn guarded(flow: &str, value: &Value, holder: &RunId) -> Fault {
    let value = value.as_str().map_or_else(|| value.to_string(), str::to_owned);
    let why = format!("the run {holder} is active for {value}");
    Fault::permanent("run.guarded", format!("{flow} is not started a second time for {value}"), why)
        .now(format!("Look at the run {holder}; wait for it, or cancel it first."))
}
