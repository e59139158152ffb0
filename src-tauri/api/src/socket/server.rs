//! The owner's side.

use std::io;
use std::os::unix::fs::PermissionsExt as _;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use futures::FutureExt as _;
use longshore_engine::Fault;
use serde_json::Value;
use tokio::io::AsyncWriteExt as _;
use tokio::net::unix::{OwnedReadHalf, OwnedWriteHalf};
use tokio::net::{UnixListener, UnixStream};
use tokio::sync::{Semaphore, mpsc, watch};
use tokio::task::{JoinHandle, JoinSet};

use super::line::{Lines, decode, encode};
use super::{Answers, HELLO, Reply, Request, SUBSCRIBE};
use crate::caller::Caller;
use crate::events::Bus;
use crate::lock::Holder;

/// Calls of one client that are worked on at a time; further ones wait.
const CALLS_AT_ONCE: usize = 32;
/// Lines that wait to be written to one client. When they are full its calls wait, and nobody else's.
const LINES_WAITING: usize = 32;
/// How long clients may take to read the last answers.
const LAST_ANSWERS: Duration = Duration::from_secs(1);
/// Between two batches of events to one client.
const EVENT_PAUSE: Duration = Duration::from_millis(100);

/// Answers on a socket until it is dropped.
pub(crate) struct Server {
    path: PathBuf,
    stop: watch::Sender<()>,
    accepts: JoinHandle<()>,
}

impl Server {
    /// Listens. To be called only by who holds the workspace's lock: a socket that is left behind there is nobody's.
    pub(crate) fn start(path: &Path, holder: Holder, answers: Arc<dyn Answers>) -> io::Result<Self> {
        match std::fs::remove_file(path) {
            Err(error) if error.kind() != io::ErrorKind::NotFound => return Err(error),
            _ => {}
        }
        let listener = UnixListener::bind(path)?;
        std::fs::set_permissions(path, std::fs::Permissions::from_mode(0o600))?;
        let (stop, stopped) = watch::channel(());
        let accepts = tokio::spawn(accept(listener, Arc::new(holder), answers, stopped));
        Ok(Self { path: path.to_owned(), stop, accepts })
    }

    /// Sends the answers that are due and ends. A client that does not read them is left.
    pub(crate) async fn stop(mut self) {
        // Nobody who comes now shall wait for an answer here.
        let _ = std::fs::remove_file(&self.path);
        self.stop.send_replace(());
        let _ = tokio::time::timeout(LAST_ANSWERS, &mut self.accepts).await;
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        self.accepts.abort();
        // What is left behind here the next owner takes away.
        let _ = std::fs::remove_file(&self.path);
    }
}

async fn accept(listener: UnixListener, holder: Arc<Holder>, answers: Arc<dyn Answers>, mut stop: watch::Receiver<()>) {
    let mut clients = JoinSet::new();
    loop {
        tokio::select! {
            _ = stop.changed() => break,
            accepted = listener.accept() => match accepted {
                Ok((stream, _)) if ours(&stream) => {
                    clients.spawn(serve(stream, holder.clone(), answers.clone(), stop.clone()));
                }
                Ok(_) => tracing::warn!("a process of another user was turned away from the socket"),
                // Out of file descriptors, say: existing clients go on, and this is tried again.
                Err(error) => {
                    tracing::warn!(%error, "a client could not be accepted");
                    tokio::time::sleep(EVENT_PAUSE).await;
                }
            },
            Some(_) = clients.join_next() => {}
        }
    }
    while clients.join_next().await.is_some() {}
}

/// Whether the other end is this user (or root): the folder's mode may be wider than the socket's.
fn ours(stream: &UnixStream) -> bool {
    let own = rustix::process::geteuid().as_raw();
    stream.peer_cred().is_ok_and(|peer| peer.uid() == own || peer.uid() == 0)
}

/// One client, until it goes or this is stopped. What it asked for and nobody will read is dropped with it.
async fn serve(stream: UnixStream, holder: Arc<Holder>, answers: Arc<dyn Answers>, mut stop: watch::Receiver<()>) {
    let caller = stream.peer_cred().map_or_else(|_| Caller::own(), Caller::of);
    let (read, write) = stream.into_split();
    let (out, lines) = mpsc::channel(LINES_WAITING);
    let mut writer = JoinSet::new();
    writer.spawn(write_lines(write, lines));
    let (tasks, events, calls) = (JoinSet::new(), JoinSet::new(), Arc::new(Semaphore::new(CALLS_AT_ONCE)));
    let mut client = Client { holder, caller: Arc::new(caller), answers, out, tasks, events, calls };
    let mut lines = Lines::new(read);
    tokio::select! {
        read = client.read(&mut lines) => {
            if let Err(error) = read {
                tracing::debug!(%error, "a client went");
            }
            return;
        }
        _ = stop.changed() => {}
    }
    // What has come already is answered too; nothing is waited for.
    let _ = client.read(&mut lines).now_or_never();
    client.finish().await;
    while writer.join_next().await.is_some() {}
}

async fn write_lines(mut to: OwnedWriteHalf, mut lines: mpsc::Receiver<Vec<u8>>) {
    while let Some(line) = lines.recv().await {
        if to.write_all(&line).await.is_err() {
            return;
        }
    }
}

struct Client {
    holder: Arc<Holder>,
    caller: Arc<Caller>,
    answers: Arc<dyn Answers>,
    out: mpsc::Sender<Vec<u8>>,
    tasks: JoinSet<()>,
    events: JoinSet<()>,
    calls: Arc<Semaphore>,
}

impl Client {
    async fn read(&mut self, lines: &mut Lines<OwnedReadHalf>) -> io::Result<()> {
        while let Some(line) = lines.next().await? {
            while self.tasks.try_join_next().is_some() {}
            match decode::<Request>(&line) {
                Ok(request) => self.take(request).await?,
                Err(error) => self.send(&Reply::new(0, Err(not_a_request(&error)))).await?,
            }
        }
        Ok(())
    }

    async fn take(&mut self, request: Request) -> io::Result<()> {
        match request.op.as_str() {
            HELLO => {
                let reply = Reply::new(request.id, Ok(serde_json::to_value(&*self.holder)?));
                self.send(&reply).await
            }
            SUBSCRIBE => {
                self.events.spawn(send_events(self.answers.bus().clone(), self.out.clone()));
                self.send(&Reply::new(request.id, Ok(Value::Null))).await
            }
            _ => self.call(request).await,
        }
    }

    async fn call(&mut self, request: Request) -> io::Result<()> {
        let turn = self.calls.clone().acquire_owned().await.map_err(io::Error::other)?;
        let (caller, answers, out) = (self.caller.clone(), self.answers.clone(), self.out.clone());
        self.tasks.spawn(async move {
            let result = answers.answer(&caller, &request.op, request.args).await;
            let line = encode(&Reply::new(request.id, result))
                .or_else(|error| encode(&Reply::new(request.id, Err(too_long(&request.op, &error)))));
            if let Ok(line) = line {
                let _ = out.send(line).await;
            }
            drop(turn);
        });
        Ok(())
    }

    /// Waits for the answers that are due; with this, nobody sends lines any more.
    async fn finish(mut self) {
        self.events.shutdown().await;
        while self.tasks.join_next().await.is_some() {}
    }

    async fn send(&self, reply: &Reply) -> io::Result<()> {
        self.out.send(encode(reply)?).await.map_err(io::Error::other)
    }
}

async fn send_events(bus: Bus, out: mpsc::Sender<Vec<u8>>) {
    let mut listener = bus.listen();
    loop {
        for event in listener.batch().await {
            let Ok(line) = encode(&event) else { continue };
            if out.send(line).await.is_err() {
                return;
            }
        }
        tokio::time::sleep(EVENT_PAUSE).await;
    }
}

fn not_a_request(error: &io::Error) -> Fault {
    Fault::permanent("request.malformed", "A line on the socket is not a request", error.to_string())
        .now("Send one JSON object a line: {\"id\":1,\"op\":\"dataset.list\",\"args\":{}}.")
}

fn too_long(op: &str, error: &io::Error) -> Fault {
    Fault::permanent("reply.too_long", format!("The reply to {op} is too long"), error.to_string())
        .now("Ask for fewer rows.")
}
