//! A process's way into a workspace: as its owner, or as a client of the owner.

use std::path::Path;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Weak};
use std::time::Duration;

use longshore_engine::Fault;
use serde::{Deserialize, Serialize};
use serde_json::Value;
use tokio::sync::watch;
use tokio::time::Instant;

use crate::caller::Caller;
use crate::events::{Bus, Listener};
use crate::fault;
use crate::lock::{Holder, Lock};
use crate::owner::Owner;
use crate::place::Place;
use crate::socket::{Answers as _, Client, Lost};
use crate::wire::{Event, Operation, is_write};

/// How long a workspace that is locked may take to answer before the operator is told.
const PATIENCE: Duration = Duration::from_secs(5);
/// Between two tries to lock or to connect. There is nothing to wait on that covers both.
const BETWEEN_TRIES: Duration = Duration::from_millis(20);
/// Between two tries of a window that could not get back in.
const BETWEEN_WINDOW_TRIES: Duration = Duration::from_secs(1);

/// What a process is to a workspace.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Role {
    /// The desktop window. As owner it carries runs on.
    Window,
    /// A service without a window. As owner it carries runs on.
    Service,
    /// A command that waits for runs. As owner it carries runs on, until it has what it waits for.
    Command,
    /// A command that asks or says something and ends. As owner it records what it is told, and starts no task.
    Glance,
}

impl Role {
    /// Whether it carries runs on when it owns the workspace.
    pub fn carries_on(self) -> bool {
        self != Self::Glance
    }

    /// Whether it starts what schedules ask for when it owns the workspace. A command ends, and would leave the runs behind.
    pub fn keeps_schedules(self) -> bool {
        matches!(self, Self::Window | Self::Service)
    }

    /// The word on the wire.
    pub fn word(self) -> &'static str {
        match self {
            Self::Window => "window",
            Self::Service => "service",
            Self::Command | Self::Glance => "command",
        }
    }
}

/// An open workspace. Cheap to clone; the last one dropped leaves the workspace, but a tidy end is [`Session::close`].
#[derive(Clone)]
pub struct Session {
    inner: Arc<Inner>,
    caller: Arc<Caller>,
}

struct Inner {
    place: Place,
    role: Role,
    bus: Bus,
    listens: AtomicBool,
    closed: AtomicBool,
    link: watch::Sender<Link>,
}

/// Whom to ask.
#[derive(Clone)]
enum Link {
    Owner(Arc<Owner>),
    Client(Arc<Client>),
    /// Nobody now; why, once it is known that nobody will be soon.
    Down(Option<Box<Fault>>),
}

impl Session {
    /// Opens the workspace in this folder, made if need be: owns it if nobody does, else asks its owner.
    ///
    /// Refused with `workspace.locked` when it has an owner that does not answer, `workspace.version` when the owner is of another
    /// version, `database.newer` and `database.locked` when the database is not to be touched.
    pub async fn open(folder: &Path, role: Role) -> Result<Self, Fault> {
        let (link, _) = watch::channel(Link::Down(None));
        let (listens, closed) = (AtomicBool::new(false), AtomicBool::new(false));
        let place = Place::make(folder)?;
        let inner = Arc::new(Inner { place, role, bus: Bus::default(), listens, closed, link });
        if let Some(client) = inner.attach().await? {
            tokio::spawn(watch_over(Arc::downgrade(&inner), client));
        }
        Ok(Self { inner, caller: Arc::new(Caller::own()) })
    }

    /// The same, in the name of somebody for whom this process asks through a program: what they do is in the audit log as theirs. Of a
    /// session that does not own the workspace the owner goes on to see the process and its user.
    #[must_use]
    pub fn named(&self, user: &str, program: &str) -> Self {
        let caller = Caller { user: user.to_owned(), program: program.to_owned() };
        Self { inner: self.inner.clone(), caller: Arc::new(caller) }
    }

    /// Calls an operation.
    pub async fn call<O: Operation>(&self, args: O::Args) -> Result<O::Reply, Fault> {
        let args = serde_json::to_value(args).map_err(|error| fault::wire(O::NAME, &error))?;
        if !O::ACTS
            && let Link::Owner(owner) = self.inner.link().await?
        {
            return owner.answer_here::<O>(args).await;
        }
        let reply = self.call_value(O::NAME, args).await?;
        serde_json::from_value(reply).map_err(|error| fault::wire(O::NAME, &error))
    }

    /// Calls an operation by its name on the wire. A read that the owner did not answer before it went is asked of the next owner; a
    /// write is not repeated, and fails with `workspace.lost`.
    pub async fn call_value(&self, op: &str, args: Value) -> Result<Value, Fault> {
        loop {
            match self.inner.link().await? {
                Link::Owner(owner) => return owner.answer(&self.caller, op, args).await,
                Link::Client(client) => match client.call(op, args.clone()).await {
                    // It did not take the call any more: the next owner will.
                    Ok(Err(fault)) if fault.code == fault::CLOSING => self.inner.left_by(&client).await,
                    Ok(result) => return result,
                    Err(Lost) if is_write(op) => return Err(fault::lost(op)),
                    Err(Lost) => self.inner.left_by(&client).await,
                },
                Link::Down(why) => return Err(why.map_or_else(|| fault::lost(op), |why| *why)),
            }
        }
    }

    /// Listens to the owner's events, from now on.
    pub async fn events(&self) -> Listener {
        let listener = self.inner.bus.listen();
        self.inner.listens.store(true, Ordering::SeqCst);
        if let Ok(Link::Client(client)) = self.inner.link().await {
            // An owner that goes now is noticed elsewhere, and the next one is asked for events too.
            let _ = client.subscribe().await;
        }
        listener
    }

    /// Whether this process owns the workspace.
    pub fn owns(&self) -> bool {
        matches!(*self.inner.link.borrow(), Link::Owner(_))
    }

    /// The workspace's folder.
    pub fn folder(&self) -> &Path {
        self.inner.place.root()
    }

    /// Leaves the workspace. An owner first stops what runs, at a checkpoint, and records it as interrupted; it is taken up again by the
    /// next owner.
    pub async fn close(&self) {
        self.inner.closed.store(true, Ordering::SeqCst);
        let link = self.inner.link.send_replace(Link::Down(Some(Box::new(fault::closed()))));
        if let Link::Owner(owner) = link {
            owner.close().await;
        }
    }
}

impl Inner {
    /// The link, once there is one.
    async fn link(&self) -> Result<Link, Fault> {
        let mut changes = self.link.subscribe();
        let up = changes.wait_for(|link| !matches!(link, Link::Down(None)));
        match tokio::time::timeout(PATIENCE * 2, up).await {
            Ok(Ok(link)) => Ok(link.clone()),
            _ => Err(fault::locked(self.place.root(), Lock::holder(&self.place.lock()).as_ref())),
        }
    }

    /// Resolves once the link is no longer this client.
    async fn left_by(&self, gone: &Arc<Client>) {
        let other = |link: &Link| !matches!(link, Link::Client(client) if Arc::ptr_eq(client, gone));
        // The sender lives as long as `self`.
        let _ = self.link.subscribe().wait_for(other).await;
    }

    /// Owns the workspace, or connects to its owner and gives the connection.
    async fn attach(&self) -> Result<Option<Arc<Client>>, Fault> {
        let deadline = Instant::now() + PATIENCE;
        loop {
            if let Some(lock) = self.try_lock()? {
                let owner = Owner::start(&self.place, self.role, lock, self.bus.clone()).await?;
                return self.own(owner).await;
            }
            if let Ok(Ok(client)) = tokio::time::timeout_at(deadline, self.connect()).await {
                let client = Arc::new(client?);
                self.link.send_replace(Link::Client(client.clone()));
                return Ok(Some(client));
            }
            if Instant::now() >= deadline {
                return Err(fault::locked(self.place.root(), Lock::holder(&self.place.lock()).as_ref()));
            }
            tokio::time::sleep(BETWEEN_TRIES).await;
        }
    }

    /// Owns the workspace, unless this session was closed while it was being opened.
    async fn own(&self, owner: Arc<Owner>) -> Result<Option<Arc<Client>>, Fault> {
        if self.closed.load(Ordering::SeqCst) {
            owner.close().await;
            return Err(fault::closed());
        }
        self.link.send_replace(Link::Owner(owner));
        Ok(None)
    }

    fn try_lock(&self) -> Result<Option<Lock>, Fault> {
        let path = self.place.lock();
        Lock::try_take(&path, self.role).map_err(|error| crate::place::unusable(self.place.root(), &error))
    }

    /// Outer error: nobody answers (yet). Inner error: somebody does, who is not to be talked to.
    async fn connect(&self) -> Result<Result<Client, Fault>, Lost> {
        let socket = match self.place.socket() {
            Ok(socket) => socket,
            Err(fault) => return Ok(Err(fault)),
        };
        let client = Client::connect(&socket, self.bus.clone()).await.map_err(|_| Lost)?;
        let Holder { version, pid, .. } = client.hello().await?;
        if version != crate::VERSION {
            return Ok(Err(fault::other_version(pid, &version)));
        }
        if self.listens.load(Ordering::SeqCst) {
            client.subscribe().await?;
        }
        Ok(Ok(client))
    }
}

/// Each time the owner goes: owns the workspace, or connects to whoever does.
async fn watch_over(inner: Weak<Inner>, mut client: Arc<Client>) {
    loop {
        client.gone().await;
        let Some(inner) = inner.upgrade() else { return };
        match inner.regain().await {
            Some(next) => client = next,
            None => return,
        }
    }
}

impl Inner {
    /// Gets back in after the owner went; gives the connection, if another process owns it now.
    async fn regain(&self) -> Option<Arc<Client>> {
        if self.closed.load(Ordering::SeqCst) {
            return None;
        }
        self.link.send_replace(Link::Down(None));
        self.bus.send(&Event::Connection { up: false });
        let client = self.attach_again().await?;
        self.bus.send(&Event::Connection { up: true });
        self.bus.send(&Event::Everything);
        client
    }

    /// `None` if it gave up: a window never does.
    async fn attach_again(&self) -> Option<Option<Arc<Client>>> {
        loop {
            match self.attach().await {
                Ok(client) => return Some(client),
                Err(why) => drop(self.link.send_replace(Link::Down(Some(Box::new(why))))),
            }
            if self.role != Role::Window || self.closed.load(Ordering::SeqCst) {
                return None;
            }
            tokio::time::sleep(BETWEEN_WINDOW_TRIES).await;
        }
    }
}
