//! Original datablocks, which say what a dataset's files are, and datablocks, which say what is archived.

use serde_json::{Map, Value, json};

use super::call::Call;
use super::datasets::{may_see, readable, writable};
use super::reply::{Refusal, Reply, framework, unexpected};
use super::rules::{Field, Is, wrong_files, wrongs};
use super::state::State;

const BLOCK: &[Field] = &[
    ("archiveId", true, Is::Text),
    ("size", true, Is::Whole),
    ("packedSize", true, Is::Whole),
    ("version", true, Is::Text),
    ("chkAlg", false, Is::Text),
    ("dataFileList", true, Is::List),
];
const ORIG: &[Field] = &[("size", true, Is::Whole), ("chkAlg", false, Is::Text), ("dataFileList", true, Is::List)];

type Block = Map<String, Value>;

/// `/datasets/:pid/datablocks[/:id]` and the same of `origdatablocks`.
pub(super) fn of_dataset(state: &mut State, call: &Call, pid: &str, kind: &str, rest: &[&str]) -> Reply {
    let archived = kind == "datablocks";
    match (call.method.as_str(), rest) {
        ("GET", []) => {
            readable(state, call, pid)?;
            Ok((200, of(held(state, archived), pid).cloned().map(Value::Object).collect()))
        }
        ("GET", ["count"]) => {
            readable(state, call, pid)?;
            Ok((200, json!({"count": of(held(state, archived), pid).count()})))
        }
        ("POST", []) => {
            writable(state, call, pid)?;
            // The unique index refuses it, and the backend does not expect that here: whether all releases answer so is not documented.
            create(state, call.body.clone(), pid, archived, unexpected)
        }
        ("PATCH" | "DELETE", [id]) if archived => {
            writable(state, call, pid)?;
            let at = state.datablocks.iter().position(|block| block["_id"] == *id && block["datasetId"] == pid);
            let at = at.ok_or_else(|| framework(404, format!("datablock: {id} not found")))?;
            change(state, call, at)
        }
        ("DELETE", []) if archived => {
            writable(state, call, pid)?;
            let before = state.datablocks.len();
            state.datablocks.retain(|block| block["datasetId"] != pid);
            count(state, pid, true);
            Ok((200, json!({"count": before - state.datablocks.len()})))
        }
        _ => Err(call.nothing_there()),
    }
}

/// `/datablocks`, in version 3 alone.
pub(super) fn all(state: &mut State, call: &Call) -> Reply {
    match call.method.as_str() {
        "GET" => listed(state, call, &state.datablocks),
        "POST" => {
            let mut body = call.body.clone();
            let pid = body.remove("datasetId").and_then(|pid| pid.as_str().map(str::to_owned));
            let pid = pid.ok_or_else(|| framework(400, json!(["datasetId must be a string"])))?;
            writable(state, call, &pid)?;
            create(state, body, &pid, true, || framework(409, "Datablock with this archiveId already exists"))
        }
        _ => Err(call.nothing_there()),
    }
}

/// `/origdatablocks`, in both versions.
pub(super) fn all_orig(state: &mut State, call: &Call) -> Reply {
    match call.method.as_str() {
        "GET" => listed(state, call, &state.origdatablocks),
        _ => Err(call.nothing_there()),
    }
}

fn listed(state: &State, call: &Call, blocks: &[Block]) -> Reply {
    let seen = |block: &&Block| {
        let dataset = block["datasetId"].as_str().and_then(|pid| state.datasets.get(pid));
        dataset.is_some_and(|dataset| may_see(dataset, call.user.as_ref()))
    };
    let found = call.filter()?.of(blocks.iter().filter(seen));
    Ok((200, found.into_iter().cloned().map(Value::Object).collect()))
}

fn held(state: &State, archived: bool) -> &[Block] {
    if archived { &state.datablocks } else { &state.origdatablocks }
}

fn of<'a>(blocks: &'a [Block], pid: &str) -> impl Iterator<Item = &'a Block> {
    blocks.iter().filter(move |block| block["datasetId"] == pid)
}

fn create(state: &mut State, body: Block, pid: &str, archived: bool, taken: fn() -> Refusal) -> Reply {
    let mut wrong = wrongs(&body, if archived { BLOCK } else { ORIG }, false);
    wrong.extend(wrong_files(&body));
    if !wrong.is_empty() {
        return Err(framework(400, wrong));
    }
    if archived && state.datablocks.iter().any(|block| block["archiveId"] == body["archiveId"]) {
        return Err(taken());
    }
    let (mut block, id) = (body, state.next_id());
    let group = state.datasets[pid]["ownerGroup"].clone();
    for (field, value) in [("_id", json!(id)), ("id", json!(id)), ("datasetId", json!(pid)), ("ownerGroup", group)] {
        block.insert(field.into(), value);
    }
    block.insert("createdAt".into(), state.time());
    if archived { &mut state.datablocks } else { &mut state.origdatablocks }.push(block.clone());
    count(state, pid, archived);
    Ok((201, Value::Object(block)))
}

fn change(state: &mut State, call: &Call, at: usize) -> Reply {
    let pid = state.datablocks[at]["datasetId"].as_str().unwrap_or_default().to_owned();
    let reply = if call.method == "DELETE" {
        state.datablocks.remove(at);
        Value::Null
    } else {
        let wrong = wrongs(&call.body, BLOCK, true);
        if !wrong.is_empty() {
            return Err(framework(400, wrong));
        }
        state.datablocks[at].extend(call.body.clone());
        Value::Object(state.datablocks[at].clone())
    };
    count(state, &pid, true);
    Ok((200, reply))
}

/// What a dataset says of its blocks follows them.
fn count(state: &mut State, pid: &str, archived: bool) {
    let (size, bytes, files) = if archived {
        ("packedSize", "packedSize", "numberOfFilesArchived")
    } else {
        ("size", "size", "numberOfFiles")
    };
    let blocks: Vec<&Block> = of(held(state, archived), pid).collect();
    let sum: u64 = blocks.iter().filter_map(|block| block[bytes].as_u64()).sum();
    let number: usize = blocks.iter().filter_map(|block| block["dataFileList"].as_array()).map(Vec::len).sum();
    let mut dataset = state.datasets[pid].clone();
    dataset.insert(size.into(), json!(sum));
    dataset.insert(files.into(), json!(number));
    state.put_dataset(pid, dataset);
}
