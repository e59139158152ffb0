//! Every operation that changes something passes here: what is to be done is in the audit log before it is begun, and what became of it
//! is added after.

use std::sync::Arc;

use longshore_engine::Fault;
use longshore_runner::{By, Runner};
use longshore_store::{Act, Ending};
use serde_json::{Map, Value, json};

use super::dispatch::Reply;
use super::{Owner, dispatch};
use crate::caller::Caller;
use crate::events::Bus;
use crate::wire::{Event, Tag};

/// Arguments that are kept as the detail of an act. What is not named here is not kept: it might be a secret.
const TOLD: [&str; 59] = [
    "act",
    "all",
    "archive",
    "bytes",
    "colour",
    "connection",
    "count",
    "dataset",
    "days",
    "dest",
    "downstream",
    "dry_run",
    "expect",
    "file",
    "files",
    "fingerprint",
    "floor_percent",
    "flow",
    "folder",
    "hard",
    "index",
    "key",
    "kind",
    "limit",
    "location",
    "name",
    "new",
    "object",
    "on",
    "outcome",
    "parts",
    "path",
    "paths",
    "pid",
    "port",
    "profile",
    "quota",
    "rates",
    "replace",
    "role",
    "run",
    "runs",
    "search",
    "select",
    "since",
    "slots",
    "sources",
    "state",
    "states",
    "storage",
    "storages",
    "task",
    "timezone",
    "to",
    "until",
    "user",
    "variable",
    "with_secrets",
    "write",
];
/// Items of a list that are kept.
const ITEMS: usize = 20;
/// Bytes of a text that are kept.
const TEXT: usize = 500;
/// Bytes of a reason that are kept.
const REASON: usize = 2_000;
/// Arguments that name what an act is done to, the one that names it best first.
const OBJECTS: [&str; 10] =
    ["run", "user", "dataset", "storage", "limit", "variable", "connection", "schedule", "flow", "profile"];

/// The act that is being carried out.
#[derive(Debug, Clone)]
pub(crate) struct Acting {
    /// Its row in the audit log.
    pub(crate) seq: i64,
    /// Who asked for it.
    pub(crate) caller: Caller,
    /// The reason that was given.
    pub(crate) why: Option<String>,
}

tokio::task_local! {
    static ACTING: Acting;
}

/// The act that the operation which asks is a part of; none for one that is not recorded.
pub(crate) fn acting() -> Option<Acting> {
    ACTING.try_with(Clone::clone).ok()
}

impl Owner {
    /// The runner, acting in the name of whoever asked for the act that is being carried out.
    pub(crate) fn acting_runner(&self) -> Runner {
        let by = |acting: Acting| By { who: Some(acting.caller.user), why: acting.why };
        acting().map_or_else(|| self.runner.clone(), |acting| self.runner.by(by(acting)))
    }
}

/// Answers an operation that changes something, and records it. What cannot be recorded is not done.
pub(super) async fn recorded(owner: &Arc<Owner>, caller: &Caller, op: &str, mut args: Value) -> Result<Value, Fault> {
    let why = args.as_object_mut().and_then(|args| args.get("why")?.as_str().map(|why| cut(why, REASON)));
    let (object, mut kept) = (object(op, &args), detail(op, &args));
    let act = Act {
        at: owner.clock.now().0,
        by: caller.user.clone(),
        program: caller.program.clone(),
        op: op.to_owned(),
        object,
        why: why.clone(),
        detail: Value::Object(kept.clone()),
        part_of: None,
    };
    let seq = owner.store.act_begins(act).await?;
    let acting = Acting { seq, caller: caller.clone(), why };
    let answer = ACTING.scope(acting, dispatch::dispatch(owner, op, args)).await.and_then(Reply::into_json);
    kept.extend(answer.as_ref().map(made).unwrap_or_default());
    let ending = match &answer {
        Ok(_) => Ending::Done,
        Err(fault) => Ending::Fault(fault.code.clone()),
    };
    if let Err(error) = owner.store.act_ended(seq, ending, Value::Object(kept)).await {
        // It is in the log that it was begun; whoever asked must hear what became of it all the same.
        tracing::error!(%error, op, "how an act ended is missing in the audit log");
    }
    tell(&owner.bus);
    answer
}

/// The audit log has grown.
pub(super) fn tell(bus: &Bus) {
    bus.send(&Event::Changed { tags: vec![Tag::Audit] });
}

/// What an act is done to: its kind and its name, or the operation's noun.
fn object(op: &str, args: &Value) -> String {
    let noun = op.split('.').next().unwrap_or(op);
    let named = |field: &'static str| Some((field, args.get(field)?.as_str()?));
    let found = OBJECTS.into_iter().find_map(named).or_else(|| Some((noun, args.get("name")?.as_str()?)));
    found.map_or_else(|| noun.to_owned(), |(kind, name)| format!("{kind} {}", cut(name, TEXT)))
}

/// What of the arguments is kept. A variable is no secret: flows show it.
fn detail(op: &str, args: &Value) -> Map<String, Value> {
    let mut kept = told(args);
    if op == "variable.set" {
        kept.extend(args.get("value").map(|value| ("value".to_owned(), bounded(value))));
    }
    kept
}

/// What may be kept of an object.
fn told(args: &Value) -> Map<String, Value> {
    let fields = args.as_object().into_iter().flatten();
    fields
        .filter(|(name, _)| TOLD.contains(&name.as_str()))
        .map(|(name, value)| (name.clone(), bounded(value)))
        .collect()
}

fn bounded(value: &Value) -> Value {
    match value {
        Value::String(text) => cut(text, TEXT).into(),
        Value::Array(items) => {
            let more = items.len().saturating_sub(ITEMS);
            let kept = items.iter().take(ITEMS).map(bounded);
            kept.chain((more > 0).then(|| json!(format!("and {more} more")))).collect()
        }
        Value::Object(_) => Value::Object(told(value)),
        other => other.clone(),
    }
}

/// What an act has made: a run, a dataset.
fn made(reply: &Value) -> Map<String, Value> {
    let named = |name: &str| Some((format!("made_{name}"), reply.get(name)?.as_str()?.into()));
    ["run", "dataset"].into_iter().filter_map(named).collect()
}

fn cut(text: &str, bytes: usize) -> String {
    if text.len() <= bytes { text.to_owned() } else { format!("{}…", &text[..text.floor_char_boundary(bytes)]) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_not_known_to_be_harmless_is_not_kept() {
        let args = json!({"connection": "c", "uri": "s3://key:secret@host", "params": {"password": "x"}, "run": "R", "why": "y",
            "storages": [{"name": "lts", "path": "/mnt", "token": "t"}]});
        let kept = Value::Object(told(&args)).to_string();
        assert_eq!(kept, r#"{"connection":"c","run":"R","storages":[{"name":"lts","path":"/mnt"}]}"#);
    }

    #[test]
    fn an_act_names_what_it_is_done_to() {
        let named = |op: &str, args: Value| object(op, &args);
        assert_eq!(named("run.retry", json!({"run": "R1", "task": "pack"})), "run R1");
        assert_eq!(named("storage.set", json!({"name": "lts"})), "storage lts");
        assert_eq!(named("archive.start", json!({"name": "Mouse brain"})), "archive Mouse brain");
        assert_eq!(named("workspace.setup", json!({})), "workspace");
    }

    #[test]
    fn long_lists_and_texts_are_cut() {
        let runs: Vec<String> = (0..50).map(|n| n.to_string()).collect();
        let kept = told(&json!({"runs": runs, "path": "é".repeat(400)}));
        assert_eq!((kept["runs"].as_array().map(Vec::len), kept["runs"][20].as_str()), (Some(21), Some("and 30 more")));
        assert_eq!(kept["path"].as_str().map(str::len), Some(500 + '…'.len_utf8()));
    }
}
