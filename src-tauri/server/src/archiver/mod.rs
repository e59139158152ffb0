//! The REST interface of the archiver (ScopeMArchiver's `backend/api/openapi.yaml`), so that what spoke to it goes on: jobs of SciCat, uploads through
//! presigned URLs, health. Every POST that is done answers 201, as there.

mod access;
mod answer;
mod jobs;
mod s3;

use std::sync::Arc;

use axum::Router;
use axum::extract::DefaultBodyLimit;
use axum::routing::{get, post};
use longshore_api::Session;

pub use access::Access;

use crate::tokens::Tokens;

/// Bytes of a request at most: 10,000 parts with their checksums have less.
const REQUEST: usize = 4 << 20;

/// What each answer needs.
#[derive(Clone)]
struct Desk {
    session: Session,
    access: Arc<Access>,
    tokens: Arc<Tokens<()>>,
}

/// The interface, below whatever it is nested.
pub(crate) fn routes(session: Session, access: Access) -> Router {
    let desk = Desk { session, access: Arc::new(access), tokens: Arc::new(Tokens::new(access::LIFE)) };
    Router::new()
        .route("/health/livez", get(jobs::alive))
        .route("/health/readyz", get(jobs::ready))
        .route("/token", post(access::token))
        .route("/archiver/jobs", post(jobs::start))
        .route("/s3/requestDatasetUpload", post(s3::request))
        .route("/s3/presignedUrls", post(s3::urls))
        .route("/s3/completeUpload", post(s3::complete))
        .route("/s3/abortMultipartUpload", post(s3::abort))
        .route("/s3/finalizeDatasetUpload", post(s3::finalize))
        .route("/s3/abortDatasetUpload", post(s3::abort_dataset))
        .layer(DefaultBodyLimit::max(REQUEST))
        .with_state(desk)
}
