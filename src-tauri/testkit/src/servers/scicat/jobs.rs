//! Jobs. Both versions look at the same ones.

use serde_json::{Map, Value, json};

use super::call::Call;
use super::reply::{Refusal, Reply, framework, short};
use super::rules::{Field, Is, wrongs};
use super::state::{State, User};

type Job = Map<String, Value>;

const CREATE_V3: &[Field] = &[
    ("type", true, Is::Text),
    ("datasetList", true, Is::List),
    ("jobParams", false, Is::Object),
    ("emailJobInitiator", false, Is::Text),
    ("executionTime", false, Is::Text),
];
const CREATE_V4: &[Field] = &[
    ("type", true, Is::Text),
    ("jobParams", true, Is::Object),
    ("ownerUser", false, Is::Text),
    ("ownerGroup", false, Is::Text),
    ("contactEmail", false, Is::Text),
];
const CHANGE_V4: &[Field] =
    &[("statusCode", true, Is::Text), ("statusMessage", true, Is::Text), ("jobResultObject", false, Is::Object)];

pub(super) fn answer(state: &mut State, call: &Call, rest: &[&str]) -> Reply {
    let user = call.login()?.clone();
    match (call.method.as_str(), rest) {
        ("GET", []) => {
            let theirs = state.jobs.iter().filter(|job| may(&user, job));
            let found = call.filter()?.of(theirs);
            Ok((200, found.into_iter().map(|job| shown(job, call.version)).collect()))
        }
        ("POST", []) => create(state, call, &user),
        ("GET", [id]) => {
            let at = known(state, id, &user, "get")?;
            Ok((200, shown(&state.jobs[at], call.version)))
        }
        ("PATCH", [id]) => {
            let at = known(state, id, &user, "update")?;
            change(state, call, at)
        }
        ("DELETE", [id]) => {
            let at = state.jobs.iter().position(|job| job["id"] == *id);
            let at = at.ok_or_else(|| short(400, format!("Job id {id} doesn't exist.")))?;
            state.jobs.remove(at);
            Ok((200, Value::Null))
        }
        _ => Err(call.nothing_there()),
    }
}

fn may(user: &User, job: &Job) -> bool {
    let own = |group: &String| job.get("ownerGroup").is_some_and(|owner| owner == group);
    user.admin || user.groups.iter().any(own) || job.get("ownerUser").is_some_and(|owner| owner == &user.name)
}

/// Not a 404: an unknown id is a bad request.
fn known(state: &State, id: &str, user: &User, verb: &str) -> Result<usize, Refusal> {
    let at = state.jobs.iter().position(|job| job["id"] == id);
    let at = at.ok_or_else(|| short(400, "Invalid job id."))?;
    let refused = || short(403, format!("Unauthorized to {verb} this job."));
    if may(user, &state.jobs[at]) { Ok(at) } else { Err(refused()) }
}

fn create(state: &mut State, call: &Call, user: &User) -> Reply {
    let fields = if call.version == 3 { CREATE_V3 } else { CREATE_V4 };
    let wrong = wrongs(&call.body, fields, false);
    if !wrong.is_empty() {
        return Err(framework(400, wrong));
    }
    let mut job = canonical(call);
    job.entry("ownerUser").or_insert_with(|| json!(user.name));
    may_begin(state, &job)?;
    let id = state.put_job(job);
    let made = state.jobs.iter().find(|job| job["id"] == id.as_str()).cloned().unwrap_or_default();
    Ok((201, shown(&made, call.version)))
}

/// The body in the words of version 4.
fn canonical(call: &Call) -> Job {
    let mut job = call.body.clone();
    if call.version == 4 {
        return job;
    }
    let mut params = job.get("jobParams").and_then(Value::as_object).cloned().unwrap_or_default();
    for field in ["datasetList", "executionTime"] {
        params.extend(job.remove(field).map(|value| (field.to_owned(), value)));
    }
    if let Some(name) = params.get("username").cloned() {
        job.insert("ownerUser".into(), name);
    }
    job.insert("jobParams".into(), Value::Object(params));
    if let Some(email) = job.remove("emailJobInitiator") {
        job.insert("contactEmail".into(), email);
    }
    job
}

/// What the example of a site's configuration asks of jobs.
fn may_begin(state: &State, job: &Job) -> Result<(), Refusal> {
    let wanted = match job["type"].as_str() {
        Some("archive") => "archivable",
        Some("retrieve") => "retrievable",
        other => return Err(short(400, format!("Invalid job type: {}", other.unwrap_or_default()))),
    };
    let list = job["jobParams"]["datasetList"].as_array().cloned().unwrap_or_default();
    if list.is_empty() {
        return Err(short(400, "List of passed datasets is empty."));
    }
    for one in &list {
        let pid = one["pid"].as_str().unwrap_or_default();
        if state.lifecycle(pid)[wanted] != true {
            return Err(short(409, format!("The following datasets are not in {wanted} state: {pid}")));
        }
    }
    Ok(())
}

fn change(state: &mut State, call: &Call, at: usize) -> Reply {
    let mut body = call.body.clone();
    if call.version == 3 {
        // Everything else is dropped, and nobody is told.
        body.retain(|field, _| matches!(field.as_str(), "jobStatusMessage" | "jobResultObject"));
        if let Some(status) = body.remove("jobStatusMessage") {
            body.insert("statusCode".into(), status.clone());
            body.insert("statusMessage".into(), status);
        }
    } else {
        let wrong = wrongs(&body, CHANGE_V4, false);
        if !wrong.is_empty() {
            return Err(framework(400, wrong));
        }
    }
    body.insert("updatedAt".into(), state.time());
    state.jobs[at].extend(body);
    Ok((200, shown(&state.jobs[at], call.version)))
}

/// A job in the words of a version.
fn shown(job: &Job, version: u8) -> Value {
    if version == 4 {
        return Value::Object(job.clone());
    }
    let field = |name: &str| job.get(name).cloned().unwrap_or_default();
    let mut params = field("jobParams");
    let mut pull = |name: &str| params.as_object_mut().and_then(|params| params.remove(name)).unwrap_or_default();
    let (datasets, executed) = (pull("datasetList"), pull("executionTime"));
    json!({"_id": job["id"], "id": job["id"], "type": field("type"), "emailJobInitiator": field("contactEmail"),
        "creationTime": field("createdAt"), "executionTime": executed, "jobParams": params,
        "jobStatusMessage": field("statusCode"), "datasetList": datasets, "jobResultObject": field("jobResultObject")})
}
