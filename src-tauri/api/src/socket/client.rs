//! The side of everybody else.

use std::collections::HashMap;
use std::io;
use std::path::Path;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex};

use longshore_engine::Fault;
use serde_json::Value;
use tokio::io::AsyncWriteExt as _;
use tokio::net::UnixStream;
use tokio::net::unix::{OwnedReadHalf, OwnedWriteHalf};
use tokio::sync::{mpsc, oneshot, watch};

use super::line::{Lines, decode, encode};
use super::{HELLO, Reply, Request, SUBSCRIBE};
use crate::events::{Bus, lock};
use crate::lock::Holder;
use crate::wire::Event;

/// The owner went before it answered: nobody knows whether the call was carried out.
#[derive(Debug)]
pub(crate) struct Lost;

/// A connection to the owner. Reading and writing are tasks of their own, so that neither side ever waits for the other to do both.
pub(crate) struct Client {
    lines: mpsc::Sender<Vec<u8>>,
    waiting: Waiting,
    next: AtomicU64,
    up: watch::Receiver<()>,
}

/// Who waits for which reply; `None` once the owner is gone.
type Waiting = Arc<Mutex<Option<HashMap<u64, oneshot::Sender<Reply>>>>>;

impl Client {
    /// Connects; events of the owner go to `bus` once asked for.
    pub(crate) async fn connect(path: &Path, bus: Bus) -> io::Result<Self> {
        let (read, write) = UnixStream::connect(path).await?.into_split();
        let (lines, to_write) = mpsc::channel(32);
        let (gone, up) = watch::channel(());
        let waiting: Waiting = Arc::new(Mutex::new(Some(HashMap::new())));
        tokio::spawn(write_lines(write, to_write));
        tokio::spawn(read_lines(Lines::new(read), bus, waiting.clone(), gone));
        Ok(Self { lines, waiting, next: AtomicU64::new(1), up })
    }

    /// Who answers.
    pub(crate) async fn hello(&self) -> Result<Holder, Lost> {
        let answer = self.call(HELLO, Value::Null).await?;
        answer.ok().and_then(|value| serde_json::from_value(value).ok()).ok_or(Lost)
    }

    /// Asks for events.
    pub(crate) async fn subscribe(&self) -> Result<(), Lost> {
        self.call(SUBSCRIBE, Value::Null).await.map(drop)
    }

    /// Calls an operation.
    pub(crate) async fn call(&self, op: &str, args: Value) -> Result<Result<Value, Fault>, Lost> {
        let id = self.next.fetch_add(1, Ordering::Relaxed);
        let line = match encode(&Request { id, op: op.to_owned(), args }) {
            Ok(line) => line,
            Err(error) => return Ok(Err(too_long(op, &error))),
        };
        let (reply, answered) = oneshot::channel();
        lock(&self.waiting).as_mut().ok_or(Lost)?.insert(id, reply);
        self.lines.send(line).await.map_err(|_| Lost)?;
        Ok(answered.await.map_err(|_| Lost)?.result())
    }

    /// Resolves once the owner is gone.
    pub(crate) async fn gone(&self) {
        let mut up = self.up.clone();
        while up.changed().await.is_ok() {}
    }
}

/// Ends when the client is dropped, and with it the owner's side of the connection.
async fn write_lines(mut to: OwnedWriteHalf, mut lines: mpsc::Receiver<Vec<u8>>) {
    while let Some(line) = lines.recv().await {
        if to.write_all(&line).await.is_err() {
            return;
        }
    }
}

async fn read_lines(mut lines: Lines<OwnedReadHalf>, bus: Bus, waiting: Waiting, gone: watch::Sender<()>) {
    while let Ok(Some(line)) = lines.next().await {
        if let Err(error) = take(&line, &bus, &waiting) {
            tracing::warn!(%error, "the owner sent a line that is none");
            break;
        }
    }
    lock(&waiting).take();
    drop(gone);
}

fn take(line: &[u8], bus: &Bus, waiting: &Waiting) -> io::Result<()> {
    let value: Value = decode(line)?;
    if value.get("event").is_some() {
        // An owner of this version sends only events that are known here.
        bus.send(&serde_json::from_value::<Event>(value)?);
        return Ok(());
    }
    let reply: Reply = serde_json::from_value(value)?;
    if let Some(asked) = lock(waiting).as_mut().and_then(|waiting| waiting.remove(&reply.id)) {
        // Whoever asked may have gone.
        let _ = asked.send(reply);
    }
    Ok(())
}

fn too_long(op: &str, error: &io::Error) -> Fault {
    Fault::permanent("request.too_long", format!("The request {op} is too long"), error.to_string())
        .now("Name fewer things at once.")
}
