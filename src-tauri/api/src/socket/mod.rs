//! The owner's socket: lines of JSON, requests answered in any order, events for those who asked for them.
//!
//! `{"id":1,"op":"dataset.list","args":{}}` is answered by `{"id":1,"ok":...}` or `{"id":1,"fault":{...}}`. After
//! `{"id":2,"op":"events.subscribe","args":{}}` lines such as `{"event":"changed",...}` come as well.
//! `{"id":0,"op":"hello","args":{}}` is answered by who owns the workspace ([`crate::Holder`]).

mod client;
mod line;
mod server;

pub(crate) use client::{Client, Lost};
pub(crate) use server::Server;

use async_trait::async_trait;
use longshore_engine::Fault;
use serde::{Deserialize, Serialize};
use serde_json::Value;

use crate::caller::Caller;
use crate::events::Bus;

/// Greets, and asks who answers.
pub(crate) const HELLO: &str = "hello";
/// Asks for events.
pub(crate) const SUBSCRIBE: &str = "events.subscribe";

/// What answers the calls that come in on a socket.
#[async_trait]
pub(crate) trait Answers: Send + Sync + 'static {
    /// One call.
    async fn answer(&self, caller: &Caller, op: &str, args: Value) -> Result<Value, Fault>;
    /// Where its events go out.
    fn bus(&self) -> &Bus;
}

#[derive(Debug, Serialize, Deserialize)]
struct Request {
    id: u64,
    op: String,
    #[serde(default)]
    args: Value,
}

#[derive(Debug, Serialize, Deserialize)]
struct Reply {
    id: u64,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    ok: Option<Value>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    fault: Option<Fault>,
}

impl Reply {
    fn new(id: u64, result: Result<Value, Fault>) -> Self {
        match result {
            Ok(value) => Self { id, ok: Some(value), fault: None },
            Err(fault) => Self { id, ok: None, fault: Some(fault) },
        }
    }

    fn result(self) -> Result<Value, Fault> {
        // A reply of `null` reads back as no reply at all: both mean nothing.
        self.fault.map_or_else(|| Ok(self.ok.unwrap_or(Value::Null)), Err)
    }
}
