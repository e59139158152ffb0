//! The process that owns the workspace.
use crate::{
    Role,
    events::Bus,
    fault,
    lock::{Holder, Lock},
    place::Place,
    socket::{Answers, Server},
};
use async_trait::async_trait;
use longshore_engine::Fault;
use serde_json::Value;
use std::sync::Arc;

pub(crate) struct Owner {
    bus: Bus,
    _lock: Lock,
    server: std::sync::Mutex<Option<Server>>,
}

impl Owner {
    pub(crate) async fn start(place: &Place, role: Role, lock: Lock, bus: Bus) -> Result<Arc<Self>, Fault> {
        let owner = Arc::new(Self { bus, _lock: lock, server: std::sync::Mutex::default() });
        let holder = Holder { pid: std::process::id(), role, version: crate::VERSION.to_owned() };
        let server = Server::start(&place.socket()?, holder, owner.clone()).unwrap();
        *crate::events::lock(&owner.server) = Some(server);
        Ok(owner)
    }
    pub(crate) async fn close(&self) {
        crate::events::lock(&self.server).take();
    }
}

#[async_trait]
impl Answers for Owner {
    async fn answer(&self, op: &str, _args: Value) -> Result<Value, Fault> {
        Err(fault::unknown_operation(op))
    }
    fn bus(&self) -> &Bus {
        &self.bus
    }
}
