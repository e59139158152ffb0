//! Uploads of datasets, through presigned URLs.

use axum::body::Bytes;
use axum::extract::State;
use axum::http::HeaderMap;
use axum::response::Response;
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use longshore_api::wire::{
    HiddenText, IngestAbort, IngestComplete, IngestCompleteArgs, IngestFinish, IngestFinishArgs, IngestPart,
    IngestRequest, IngestRequestArgs, IngestUploadArgs, IngestUrls, IngestUrlsArgs, IngestUrlsGet, Operation,
};
use serde::Deserialize;
use serde::de::DeserializeOwned;
use serde_json::{Value, json};

use super::{Desk, access, answer};

/// What is asked, of somebody who may.
fn asked<T: DeserializeOwned>(desk: &Desk, headers: &HeaderMap, body: &[u8]) -> Result<T, Box<Response>> {
    access::for_uploads(desk, headers)?;
    answer::read(body).map_err(Box::new)
}

/// Does it, and says it in the archiver's words.
async fn does<O: Operation>(
    desk: &Desk,
    dataset: &str,
    args: O::Args,
    told: impl FnOnce(O::Reply) -> Value,
) -> Response {
    match desk.session.call::<O>(args).await {
        Ok(reply) => answer::done(told(reply)),
        Err(fault) => answer::failed(&fault, Some(dataset)),
    }
}

#[derive(Deserialize)]
struct Request {
    dataset_id: String,
    dataset_size_gib: u64,
}

/// Whether a dataset fits: 507 if it does not. GiB that are given as a whole number are rounded down by clients: one more is looked for.
pub(super) async fn request(State(desk): State<Desk>, headers: HeaderMap, body: Bytes) -> Response {
    let Request { dataset_id: pid, dataset_size_gib: size } = match asked(&desk, &headers, &body) {
        Ok(asked) => asked,
        Err(refusal) => return *refusal,
    };
    let args = IngestRequestArgs { pid: pid.clone(), bytes: size.saturating_add(1).saturating_mul(1 << 30) };
    let told = |_| json!({"message": format!("There is room for the dataset {pid}.")});
    does::<IngestRequest>(&desk, &pid.clone(), args, told).await
}

#[derive(Deserialize)]
struct Urls {
    dataset_id: String,
    object_name: String,
    parts: u32,
}

/// URLs, each in base64, as clients expect them; of one part no upload.
pub(super) async fn urls(State(desk): State<Desk>, headers: HeaderMap, body: Bytes) -> Response {
    let Urls { dataset_id: pid, object_name: object, parts } = match asked(&desk, &headers, &body) {
        Ok(asked) => asked,
        Err(refusal) => return *refusal,
    };
    let told = |IngestUrls { upload, urls }: IngestUrls| {
        let urls: Vec<String> = urls.into_iter().map(|HiddenText(url)| STANDARD.encode(url)).collect();
        json!({"upload_id": upload.unwrap_or_default(), "urls": urls})
    };
    does::<IngestUrlsGet>(&desk, &pid.clone(), IngestUrlsArgs { pid, object, parts }, told).await
}

#[derive(Deserialize)]
struct Complete {
    dataset_id: String,
    object_name: String,
    upload_id: String,
    parts: Vec<IngestPart>,
    checksum_sha256: String,
}

/// Makes the object of its parts.
pub(super) async fn complete(State(desk): State<Desk>, headers: HeaderMap, body: Bytes) -> Response {
    let Complete { dataset_id: pid, object_name: object, upload_id: upload, parts, checksum_sha256: sha256 } =
        match asked(&desk, &headers, &body) {
            Ok(asked) => asked,
            Err(refusal) => return *refusal,
        };
    let key = object.clone();
    let args = IngestCompleteArgs { of: IngestUploadArgs { pid: pid.clone(), object, upload }, parts, sha256 };
    does::<IngestComplete>(&desk, &pid, args, |_| json!({"location": key, "key": key})).await
}

#[derive(Deserialize)]
struct Abort {
    dataset_id: String,
    object_name: String,
    upload_id: String,
}

/// Throws the parts of an object away.
pub(super) async fn abort(State(desk): State<Desk>, headers: HeaderMap, body: Bytes) -> Response {
    let Abort { dataset_id: pid, object_name: object, upload_id: upload } = match asked(&desk, &headers, &body) {
        Ok(asked) => asked,
        Err(refusal) => return *refusal,
    };
    let reply = json!({"message": "The upload was aborted.", "upload_id": upload, "object_name": object});
    does::<IngestAbort>(&desk, &pid.clone(), IngestUploadArgs { pid, object, upload }, |_| reply).await
}

#[derive(Deserialize)]
struct Finalize {
    dataset_id: String,
    create_archiving_job: bool,
    #[serde(default)]
    owner_group: Option<String>,
    #[serde(default)]
    owner_user: Option<String>,
    #[serde(default)]
    contact_email: Option<String>,
}

/// All was uploaded; the dataset is archived if that is asked for.
pub(super) async fn finalize(State(desk): State<Desk>, headers: HeaderMap, body: Bytes) -> Response {
    let asked: Finalize = match asked(&desk, &headers, &body) {
        Ok(asked) => asked,
        Err(refusal) => return *refusal,
    };
    let pid = asked.dataset_id;
    let args = IngestFinishArgs {
        pid: pid.clone(),
        archive: asked.create_archiving_job,
        owner: asked.owner_user,
        owner_group: asked.owner_group,
        contact: asked.contact_email,
    };
    let told = |done: longshore_api::wire::IngestFinished| {
        let message = match (&done.job, &done.run) {
            (Some(job), Some(run)) => format!("The job {job} archives it, in the run {run}."),
            (_, Some(run)) => format!("The run {run} archives it."),
            _ => "It was uploaded.".to_owned(),
        };
        json!({"dataset_id": pid, "message": message})
    };
    does::<IngestFinish>(&desk, &pid.clone(), args, told).await
}

#[derive(Deserialize)]
struct AbortDataset {
    dataset_id: String,
}

/// A dataset is not uploaded after all: its room is for others again. What was uploaded of it stays.
pub(super) async fn abort_dataset(State(desk): State<Desk>, headers: HeaderMap, body: Bytes) -> Response {
    let AbortDataset { dataset_id: pid } = match asked(&desk, &headers, &body) {
        Ok(asked) => asked,
        Err(refusal) => return *refusal,
    };
    let args = IngestFinishArgs { pid: pid.clone(), archive: false, owner: None, owner_group: None, contact: None };
    let told = |_| json!({"dataset_id": pid, "message": "The upload was aborted; what was uploaded is still there."});
    does::<IngestFinish>(&desk, &pid.clone(), args, told).await
}
