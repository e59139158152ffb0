//! The handle to the runner.

use std::collections::{HashMap, HashSet};
use std::sync::Arc;

use longshore_engine::decide::World;
use longshore_engine::{Fault, RunId, RunState};
use longshore_flows::secrets::SHORTEST;
use longshore_flows::temporary::Temporary;
use tokio::sync::{broadcast, mpsc, oneshot};

use crate::actor::{Actor, blocking, stopped};
use crate::attempt::Ground;
use crate::board::Board;
use crate::load::load;
use crate::logs::Logs;
use crate::message::{Act, Change, Message, Reply};
use crate::vault::{self, Vault};
use crate::{At, By, Live, Marking, NewRun, Note, Parts, Reservation, Retry, Touched, Waking, variables};

/// Messages that may stand in line; who comes then waits.
const QUEUE: usize = 4096;

/// The runner. A handle: cheap to clone; the work goes on as long as the runtime does, until [`Runner::shutdown`].
#[derive(Clone)]
pub struct Runner {
    inbox: mpsc::Sender<Message>,
    board: Arc<Board>,
    pub(crate) parts: Arc<Parts>,
    by: By,
    pub(crate) vault: Vault,
    /// Connections that tasks have made for their run.
    pub(crate) temporary: Temporary,
    runtime: tokio::runtime::Handle,
}

impl Runner {
    /// Reads the unfinished runs from the journal, marks what was cut off as interrupted, and carries on.
    pub async fn start(parts: Parts) -> Result<Self, Fault> {
        let parts = Arc::new(parts);
        let board = Arc::new(Board::new(parts.clock.clone()));
        let logs = Arc::new(Logs::new(parts.journal.clone(), board.clone(), parts.clock.clone()));
        let (outbox, inbox) = mpsc::channel(QUEUE);
        let runtime = tokio::runtime::Handle::current();
        let (inbox_of, by, vault) = (outbox.clone(), By::default(), Vault::default());
        let temporary = Temporary::default();
        let runner =
            Self { inbox: inbox_of, board: board.clone(), parts: parts.clone(), by, vault, temporary, runtime };
        let world = World { capacity: parts.capacity, ..World::default() };
        let mut actor = Actor {
            ground: Ground { parts, board: board.clone(), logs: logs.clone(), runner: runner.clone() },
            inbox,
            outbox,
            world,
            attempts: HashMap::new(),
            waiters: HashMap::new(),
            asked: HashSet::new(),
            last_id: ulid::Ulid::default(),
            farewell: None,
        };
        actor.recover().await?;
        let work = async move {
            tokio::select! {
                () = actor.serve() => {}
                () = board.pulse() => {}
                () = logs.serve() => {}
            }
        };
        tokio::spawn(work);
        Ok(runner)
    }

    pub(crate) async fn ask<T>(&self, message: impl FnOnce(Reply<T>) -> Message) -> Result<T, Fault> {
        let (reply, answer) = oneshot::channel();
        if self.inbox.send(message(reply)).await.is_err() {
            return Err(self.why_not());
        }
        answer.await.unwrap_or_else(|_| Err(self.why_not()))
    }

    fn why_not(&self) -> Fault {
        self.board.state().broken.clone().unwrap_or_else(stopped)
    }

    /// Starts a run, or gives back the one of the same flow and key. The run is in the journal when this returns.
    pub async fn create_run(&self, mut new: NewRun) -> Result<RunId, Fault> {
        new.params = new.flow.check_params(&new.params)?;
        let (parts, flow) = (self.parts.clone(), new.flow.clone());
        let prepare = move || {
            parts.journal.keep_flow(&flow.id, &flow.version, &flow.source)?;
            variables::all(parts.journal.variables()?, &parts.variables)
        };
        let vars = blocking(prepare).await?;
        let flow = new.flow.clone();
        let sealed = self.vault.seal(&flow, &mut new.params)?;
        if self.parts.capacity == 0 && !sealed.is_empty() {
            self.vault.forget(&sealed);
            return Err(vault::lost());
        }
        let created = self.ask(|reply| Message::Create { new, vars, reply }).await;
        if created.is_err() {
            self.vault.forget(&sealed);
        }
        created
    }

    /// Gives the value of a secret parameter of a run again, after the process that had it has ended.
    pub async fn give_secret(&self, run: &RunId, name: &str, value: String) -> Result<(), Fault> {
        if value.chars().count() < SHORTEST {
            let why = format!("a secret is a text of {SHORTEST} characters or more");
            return Err(Fault::permanent("params.wrong", format!("The secret {name} was not taken"), why));
        }
        if self.parts.capacity == 0 {
            return Err(vault::lost());
        }
        let (parts, run) = (self.parts.clone(), run.clone());
        let sealed = blocking(move || {
            let loaded = load(parts.journal.as_ref(), parts.clock.as_ref(), &run)?;
            Ok(vault::sealed(&loaded.run.flow, &loaded.run.created.params))
        });
        let sealed = sealed.await?.into_iter().find(|one| one.name == name);
        let unknown = || {
            let what = format!("The secret {name} was not taken");
            Fault::permanent("param.unknown", what, "the run was given no secret parameter of this name")
        };
        self.vault.put(&sealed.ok_or_else(unknown)?.token, value);
        Ok(())
    }

    /// A handle that acts in the name of somebody: who, and why, is kept with every event that follows from an act through it.
    #[must_use]
    pub fn by(&self, by: By) -> Self {
        Self { by, ..self.clone() }
    }

    /// What a retry would touch.
    pub async fn retry_preview(&self, run: &RunId, retry: Retry) -> Result<Touched, Fault> {
        self.change(run, Change::Redo(retry), true).await
    }

    /// Retries, or clears. What was confirmed is not repeated. A run that has ended is reopened.
    pub async fn retry(&self, run: &RunId, retry: Retry) -> Result<Touched, Fault> {
        self.change(run, Change::Redo(retry), false).await
    }

    /// What marking would touch.
    pub async fn mark_preview(&self, run: &RunId, marking: Marking) -> Result<Touched, Fault> {
        self.change(run, Change::Mark(marking.into()), true).await
    }

    /// Says how task runs ended. One that works is told to stop and marked once it has; this returns before that, when it is in the
    /// journal. A run that has ended is reopened.
    pub async fn mark(&self, run: &RunId, marking: Marking) -> Result<Touched, Fault> {
        self.change(run, Change::Mark(marking.into()), false).await
    }

    /// What [`Runner::rouse`] would touch.
    pub async fn rouse_preview(&self, run: &RunId, waking: Waking) -> Result<Touched, Fault> {
        self.change(run, Change::Wake(waking), true).await
    }

    /// Lets what is deferred, or waits for its next try, look at once.
    pub async fn rouse(&self, run: &RunId, waking: Waking) -> Result<Touched, Fault> {
        self.change(run, Change::Wake(waking), false).await
    }

    async fn change(&self, run: &RunId, change: Change, preview: bool) -> Result<Touched, Fault> {
        let (run, by) = (run.clone(), self.by.clone());
        self.ask(|reply| Message::Change { run, change, preview, by, reply }).await
    }

    /// Lets a task run that is deferred, or waits for its next try, look at once. One that works and is deferred after this looks
    /// again at once. Says whether it waited.
    pub async fn wake(&self, run: &RunId, task: &str, index: Option<u32>) -> Result<bool, Fault> {
        let at = At { run: run.clone(), task: task.into(), index };
        self.ask(|reply| Message::Wake { at, by: self.by.clone(), reply: Some(reply) }).await
    }

    /// [`Runner::wake`] without waiting for it: from any thread, and for whoever does not care whether it waited.
    pub(crate) fn wake_soon(&self, at: &At) {
        let wake = || Message::Wake { at: at.clone(), by: By::default(), reply: None };
        if let Err(mpsc::error::TrySendError::Full(wake)) = self.inbox.try_send(wake()) {
            let inbox = self.inbox.clone();
            // With nobody there any more, nothing waits.
            self.runtime.spawn(async move { drop(inbox.send(wake).await) });
        }
    }

    /// Stops a run, and its bytes. Returns when that is in the journal; [`Runner::wait`] tells when all has stopped.
    pub async fn cancel(&self, run: &RunId) -> Result<(), Fault> {
        self.act(run, Act::Cancel).await
    }

    /// Stops a run and waits for none of its attempts: those that have not stopped are recorded as cancelled, and cut off.
    pub async fn abandon(&self, run: &RunId) -> Result<(), Fault> {
        self.act(run, Act::Abandon).await
    }

    /// Starts nothing new; a copy stops and goes on later where it was, what else runs is let finish.
    pub async fn pause(&self, run: &RunId) -> Result<(), Fault> {
        self.act(run, Act::Pause).await
    }

    /// Goes on with a paused run.
    pub async fn resume(&self, run: &RunId) -> Result<(), Fault> {
        self.act(run, Act::Resume).await
    }

    async fn act(&self, run: &RunId, act: Act) -> Result<(), Fault> {
        self.ask(|reply| Message::Act { run: run.clone(), act, by: self.by.clone(), reply }).await
    }

    /// Waits until a run has ended, and tells how.
    pub async fn wait(&self, run: &RunId) -> Result<RunState, Fault> {
        self.ask(|reply| Message::Wait { run: run.clone(), reply }).await
    }

    /// Runs that have not ended, oldest first.
    pub fn active(&self) -> Vec<RunId> {
        self.board.state().active.clone()
    }

    /// What happens from now on. Who reads too slowly misses some, and is told so by the channel.
    pub fn subscribe(&self) -> broadcast::Receiver<Note> {
        self.board.subscribe()
    }

    /// Live amounts and waits of the task runs of a run that work or wait now, by task and index.
    pub fn live(&self, run: &RunId) -> Vec<Live> {
        self.board.live(run)
    }

    /// What a run as a whole waits for, in words (a free place among its flow's active runs).
    pub fn waits(&self, run: &RunId) -> Option<String> {
        let state = self.board.state();
        state.waits.iter().find(|wait| wait.run == *run && wait.task.is_none()).map(|wait| wait.text.clone())
    }

    /// Room held and waited for, over all runs.
    pub fn reservations(&self) -> Vec<Reservation> {
        self.board.reservations()
    }

    /// Limits, floors or storages were changed by the operator: looks at everything that waits again.
    pub async fn look_again(&self) {
        // With nobody there any more, nothing waits.
        drop(self.inbox.send(Message::LookAgain).await);
    }

    /// Why nothing goes on any more, if so.
    pub fn broken(&self) -> Option<Fault> {
        self.board.state().broken.clone()
    }

    /// Stops all attempts, records them as interrupted, and ends. The next start takes them up.
    pub async fn shutdown(&self) -> Result<(), Fault> {
        self.ask(|reply| Message::Shutdown { reply }).await
    }
}
