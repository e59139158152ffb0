//! The process that owns the workspace: the store, the runner and the flows in force, and the answers to every operation.

mod amounts;
mod archiver;
mod audit;
mod care;
pub(crate) mod connections;
mod delivery;
mod dispatch;
pub(crate) mod environment;
mod notes;
mod ops;
pub(crate) mod places;
pub(crate) mod rates;
mod rows;
mod schedules;
mod shelf;
mod speeds;
mod tally;
mod walks;
mod watch;

use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, Weak};
use std::time::Duration;

use async_trait::async_trait;
use longshore_engine::{Clock, Fault};
use longshore_runner::{Parts, Runner, Scheduler};
use longshore_store::Store;
use serde_json::{Map, Value};
use tokio::sync::RwLock;
use tokio::task::JoinSet;

use self::amounts::Amounts;
use self::connections::Connections;
use self::places::Places;
use self::rates::Rates;
use self::shelf::Shelf;
pub(crate) use self::shelf::first as first_fault;
use self::walks::Walks;
use crate::caller::Caller;
use crate::clock::SystemClock;
use crate::events::{Bus, lock};
use crate::fault;
use crate::lock::{Holder, Lock};
use crate::place::{Place, unusable};
use crate::session::Role;
use crate::socket::{Answers, Server};
use crate::trace;
use crate::wire::{Operation, is_act};

/// Attempts that may work at once, over all runs. Moving bytes is bounded by limits; the others mostly wait.
pub const CAPACITY: usize = 16;

/// How long calls that were taken may take once the workspace is being closed.
const LAST_CALLS: Duration = Duration::from_secs(5);

/// The owner of a workspace.
pub(crate) struct Owner {
    place: Place,
    role: Role,
    bus: Bus,
    store: Store,
    places: Arc<Places>,
    connections: Arc<Connections>,
    shelf: Arc<Shelf>,
    runner: Runner,
    clock: Arc<dyn Clock>,
    /// Variables that stand above those of the workspace.
    environment: Map<String, Value>,
    amounts: Amounts,
    tally: Mutex<tally::Tally>,
    speeds: Mutex<speeds::Speeds>,
    walks: Walks,
    /// Held while the list of unfinished backfills is changed.
    backfills: Mutex<()>,
    /// Held while it is kept how a test of a connection ended.
    testing: Mutex<()>,
    /// Held while room in the landing zone is promised.
    promising: Mutex<()>,
    /// Held while a run is started under a name that nobody else may have.
    triggering: tokio::sync::Mutex<()>,
    /// Held while SciCat is told, so that it is told in order.
    delivering: tokio::sync::Mutex<()>,
    closing: AtomicBool,
    /// Held for reading by each call that is being answered.
    calls: RwLock<()>,
    open: Mutex<Option<Open>>,
}

/// What ends when the workspace is closed. The lock goes last.
struct Open {
    tasks: JoinSet<()>,
    server: Server,
    /// Of an owner that stays.
    scheduler: Option<Arc<Scheduler>>,
    lock: Lock,
}

impl Owner {
    /// Opens the database, takes up what was cut off, and answers on the socket.
    pub(crate) async fn start(place: &Place, role: Role, held: Lock, bus: Bus) -> Result<Arc<Self>, Fault> {
        let changes = watch::folder(&place.flows());
        let clock: Arc<dyn Clock> = Arc::new(SystemClock::new());
        let Opened { store, connections, places, shelf, environment } = open_store(place, clock.clone()).await?;
        let runner = Runner::start(Parts {
            journal: Arc::new(store.clone()),
            catalogue: Arc::new(store.clone()),
            storages: places.clone(),
            kinds: shelf.kinds(),
            flows: shelf.clone(),
            clock: clock.clone(),
            capacity: if role.carries_on() { CAPACITY } else { 0 },
            variables: environment.clone(),
        })
        .await?;
        let (place, amounts) = (place.clone(), Amounts::default());
        let (walks, open, calls, tally) = (Walks::default(), Mutex::default(), RwLock::default(), Mutex::default());
        let (backfills, speeds) = (Mutex::default(), Mutex::new(speeds::Speeds::new(clock.now().0)));
        let closing = AtomicBool::new(false);
        let owner = Arc::new(Self {
            place,
            role,
            bus,
            store,
            places,
            connections,
            shelf,
            runner,
            clock,
            environment,
            amounts,
            tally,
            speeds,
            walks,
            backfills,
            testing: Mutex::default(),
            promising: Mutex::default(),
            triggering: tokio::sync::Mutex::default(),
            delivering: tokio::sync::Mutex::default(),
            closing,
            calls,
            open,
        });
        owner.serve(held, changes)?;
        if role.carries_on() {
            owner.renew_archiver().await;
            owner.resume_backfills().await;
        }
        Ok(owner)
    }

    fn serve(self: &Arc<Self>, held: Lock, changes: Option<watch::Changes>) -> Result<(), Fault> {
        let holder = Holder { pid: std::process::id(), role: self.role, version: crate::VERSION.to_owned() };
        // The server must not keep the owner alive: the owner holds the server.
        let server =
            Server::start(&self.place.socket()?, holder, Arc::new(Remote(Arc::downgrade(self), self.bus.clone())))
                .map_err(|error| unusable(self.place.root(), &error))?;
        let mut tasks = JoinSet::new();
        tasks.spawn(notes::pass_on(Arc::downgrade(self), self.runner.subscribe()));
        let scheduler = self.role.keeps_schedules().then(|| schedules::begin(self, &mut tasks));
        tasks.spawn(care::take(Arc::downgrade(self)));
        if self.role.carries_on() {
            tasks.spawn(delivery::carry_on(Arc::downgrade(self), self.runner.subscribe()));
        }
        tasks.spawn(tally::count(Arc::downgrade(self), self.runner.subscribe()));
        if let Some(changes) = changes {
            tasks.spawn(watch::flows(changes, self.shelf.clone(), self.bus.clone(), scheduler.clone()));
        }
        trace::begin(&self.place.logs());
        *lock(&self.open) = Some(Open { tasks, server, scheduler, lock: held });
        tracing::info!(role = self.role.word(), "the workspace is owned by this process");
        Ok(())
    }

    /// Answers the calls that it has taken and no more, stops what runs at a checkpoint, closes the database, and gives the lock back.
    pub(crate) async fn close(&self) {
        let Some(mut open) = lock(&self.open).take() else { return };
        self.closing.store(true, Ordering::SeqCst);
        self.walks.stop_all();
        if tokio::time::timeout(LAST_CALLS, self.calls.write()).await.is_err() {
            tracing::warn!("calls were still being answered when the workspace was closed");
        }
        drop(open.scheduler.take());
        if let Err(fault) = self.runner.shutdown().await {
            tracing::error!(%fault, "what ran could not be recorded as interrupted; the next start finds it so");
        }
        open.tasks.abort_all();
        open.server.stop().await;
        let store = self.store.clone();
        // It reports its own failures, and the journal is whole in either case.
        let _ = tokio::task::spawn_blocking(move || store.close()).await;
        trace::end();
        drop(open.lock);
    }

    /// Does something that blocks where that may be done.
    async fn ask<T, W>(self: &Arc<Self>, work: W) -> Result<T, Fault>
    where
        T: Send + 'static,
        W: FnOnce(&Self) -> Result<T, Fault> + Send + 'static,
    {
        let owner = self.clone();
        tokio::task::spawn_blocking(move || work(&owner)).await.unwrap_or_else(|error| Err(fault::broken(&error)))
    }
}

impl Drop for Owner {
    /// An owner that was not closed keeps the lock for as long as its process lives: its runner may still write.
    fn drop(&mut self) {
        if let Some(open) = lock(&self.open).take() {
            std::mem::forget(open.lock);
        }
    }
}

/// What a workspace holds, opened.
struct Opened {
    store: Store,
    connections: Arc<Connections>,
    places: Arc<Places>,
    shelf: Arc<Shelf>,
    /// Variables that the environment sets.
    environment: Map<String, Value>,
}

async fn open_store(place: &Place, clock: Arc<dyn Clock>) -> Result<Opened, Fault> {
    let place = place.clone();
    let opened = tokio::task::spawn_blocking(move || {
        let store = Store::open(&place.database(), &longshore_store::Options::default())?;
        let rates = Rates::open(store.clone(), clock)?;
        let connections = Arc::new(Connections::open(&place, store.clone(), rates)?);
        let places = Arc::new(Places::open(&place, store.clone(), connections.clone())?);
        let shelf = Arc::new(Shelf::open(&place.flows(), store.clone())?);
        let environment = environment::variables(std::env::vars_os(), &store.variables()?);
        ops::hide_variables(&store, &environment)?;
        Ok(Opened { store, connections, places, shelf, environment })
    });
    opened.await.unwrap_or_else(|error| Err(fault::broken(&error)))
}

impl Owner {
    /// Answers whoever asks in this process and does not change what lasts: a page of a hundred rows need not be written and read again.
    pub(crate) async fn answer_here<O: Operation>(self: &Arc<Self>, args: Value) -> Result<O::Reply, Fault> {
        let _call = self.calls.read().await;
        if self.closing.load(Ordering::SeqCst) {
            return Err(fault::closing());
        }
        dispatch::dispatch(self, O::NAME, args).await?.into_plain::<O>()
    }
}

#[async_trait]
impl Answers for Arc<Owner> {
    async fn answer(&self, caller: &Caller, op: &str, args: Value) -> Result<Value, Fault> {
        let _call = self.calls.read().await;
        if self.closing.load(Ordering::SeqCst) {
            return Err(fault::closing());
        }
        if is_act(op) {
            return audit::recorded(self, caller, op, args).await;
        }
        dispatch::dispatch(self, op, args).await?.into_json()
    }

    fn bus(&self) -> &Bus {
        &self.bus
    }
}

/// The owner as the socket sees it.
struct Remote(Weak<Owner>, Bus);

#[async_trait]
impl Answers for Remote {
    async fn answer(&self, caller: &Caller, op: &str, args: Value) -> Result<Value, Fault> {
        match self.0.upgrade() {
            Some(owner) => owner.answer(caller, op, args).await,
            None => Err(fault::closing()),
        }
    }

    fn bus(&self) -> &Bus {
        &self.1
    }
}
