//! The one thread that writes: it takes changes from a bounded queue and commits many callers' changes at once.

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Mutex;
use std::sync::mpsc::{Receiver, SyncSender, TrySendError, sync_channel};
use std::thread::JoinHandle;
use std::time::{Duration, Instant};

use rusqlite::Connection;
use tokio::sync::oneshot;

use crate::error::{Abort, Error, Result, Work};

/// Changes that may stand in line; who comes then waits.
const QUEUE: usize = 1_024;
/// Changes in one commit at most.
const GROUP: usize = 512;
/// Work in one commit at most, roughly; so that the first of a group does not wait long for its commit.
const GROUP_TIME: Duration = Duration::from_millis(10);

/// What stands in line.
enum Order {
    /// A change to make.
    Change(Box<dyn Change>),
    /// Something to do outside of any transaction.
    Alone(Box<dyn FnOnce(&Connection) + Send>),
    /// No more changes: finish and close the connection.
    Stop,
}

/// One caller's change, of whatever result.
trait Change: Send {
    /// Does it inside the open transaction. An error: it failed, and is to be undone.
    fn apply(&mut self, sql: &Connection) -> Result<()>;
    /// Tells the caller, once it is known whether the commit held.
    fn settle(self: Box<Self>, commit: &Result<()>);
}

/// A change that is done by a closure and answered through another.
struct Call<T, W, R> {
    work: Option<W>,
    outcome: Option<Result<T>>,
    reply: R,
}

impl<T, W, R> Change for Call<T, W, R>
where
    T: Send,
    W: FnOnce(&Connection) -> Work<T> + Send,
    R: FnOnce(Result<T>) + Send,
{
    fn apply(&mut self, sql: &Connection) -> Result<()> {
        let Some(work) = self.work.take() else { return Err(Error::Closed) };
        // A panic is a bug of one caller's change; the others' must not suffer for it.
        let outcome = catch_unwind(AssertUnwindSafe(|| work(sql).map_err(Error::from)))
            .unwrap_or_else(|_| Err(Error::Failed("a change to the database broke off (a bug)".into())));
        let told = outcome.as_ref().map(|_| ()).map_err(Error::clone);
        self.outcome = Some(outcome);
        told
    }

    fn settle(self: Box<Self>, commit: &Result<()>) {
        let this = *self;
        let outcome = match (this.outcome, commit) {
            (Some(Ok(value)), Ok(())) => Ok(value),
            (Some(Err(own)), _) => Err(own),
            (_, Err(shared)) => Err(shared.clone()),
            (None, Ok(())) => Err(Error::Closed),
        };
        (this.reply)(outcome);
    }
}

/// The way to the writing thread.
pub(crate) struct Writer {
    queue: SyncSender<Order>,
    thread: Mutex<Option<JoinHandle<Result<()>>>>,
}

impl Writer {
    /// Starts the thread on a connection that may write.
    pub(crate) fn start(sql: Connection) -> Result<Self> {
        let (queue, orders) = sync_channel(QUEUE);
        let thread = std::thread::Builder::new()
            .name("store-writer".into())
            .spawn(move || serve(sql, &orders))
            .map_err(|error| Error::Failed(format!("no thread for the database's writer: {error}")))?;
        Ok(Self { queue, thread: Mutex::new(Some(thread)) })
    }

    /// Makes a change and blocks until it is committed.
    pub(crate) fn blocking<T: Send + 'static>(
        &self,
        work: impl FnOnce(&Connection) -> Work<T> + Send + 'static,
    ) -> Result<T> {
        let (sender, receiver) = sync_channel(1);
        let reply = move |outcome| drop(sender.send(outcome));
        let order = Order::Change(Box::new(Call { work: Some(work), outcome: None, reply }));
        self.queue.send(order).map_err(|_| Error::Closed)?;
        receiver.recv().unwrap_or(Err(Error::Closed))
    }

    /// Makes a change; resolves once it is committed. It is made even if the future is dropped.
    pub(crate) async fn change<T: Send + 'static>(
        &self,
        work: impl FnOnce(&Connection) -> Work<T> + Send + 'static,
    ) -> Result<T> {
        let (sender, receiver) = oneshot::channel();
        let reply = move |outcome| drop(sender.send(outcome));
        self.enqueue(Order::Change(Box::new(Call { work: Some(work), outcome: None, reply }))).await?;
        receiver.await.unwrap_or(Err(Error::Closed))
    }

    /// Does something outside of any transaction, after all that stands in line, and blocks until it is done.
    pub(crate) fn alone<T: Send + 'static>(
        &self,
        work: impl FnOnce(&Connection) -> Work<T> + Send + 'static,
    ) -> Result<T> {
        let (sender, receiver) = sync_channel(1);
        let order = Order::Alone(Box::new(move |sql| {
            // A panic is a bug of the caller's; the writer must not end with it.
            let done = catch_unwind(AssertUnwindSafe(|| work(sql).map_err(Error::from)));
            drop(
                sender
                    .send(done.unwrap_or_else(|_| Err(Error::Failed("work on the database broke off (a bug)".into())))),
            );
        }));
        self.queue.send(order).map_err(|_| Error::Closed)?;
        receiver.recv().unwrap_or(Err(Error::Closed))
    }

    async fn enqueue(&self, order: Order) -> Result<()> {
        match self.queue.try_send(order) {
            Ok(()) => Ok(()),
            Err(TrySendError::Disconnected(_)) => Err(Error::Closed),
            Err(TrySendError::Full(order)) => {
                let queue = self.queue.clone();
                let sent = tokio::task::spawn_blocking(move || queue.send(order)).await;
                sent.ok().and_then(std::result::Result::ok).ok_or(Error::Closed)
            }
        }
    }

    /// Makes what stands in line, closes the connection and ends the thread. A second call does nothing.
    pub(crate) fn stop(&self) -> Result<()> {
        let thread = self.thread.lock().unwrap_or_else(std::sync::PoisonError::into_inner).take();
        let Some(thread) = thread else { return Ok(()) };
        // If it cannot be sent, the thread has ended already, and says below why.
        let _ = self.queue.send(Order::Stop);
        thread.join().unwrap_or_else(|_| Err(Error::Failed("the database's writer broke off (a bug)".into())))
    }
}

fn serve(sql: Connection, orders: &Receiver<Order>) -> Result<()> {
    let mut next = orders.recv().ok();
    while let Some(order) = next.take() {
        next = match order {
            Order::Change(first) => commit_group(&sql, first, orders),
            Order::Alone(work) => {
                work(&sql);
                None
            }
            Order::Stop => break,
        };
        next = next.or_else(|| orders.recv().ok());
    }
    crate::open::close(sql)
}

/// Commits a first change and what stands behind it. Gives the order that comes next, if it is not a change.
fn commit_group(sql: &Connection, first: Box<dyn Change>, orders: &Receiver<Order>) -> Option<Order> {
    let begun = Instant::now();
    let mut group = Vec::new();
    let mut next = Some(first);
    let mut after = None;
    let mut commit = run(sql, "BEGIN IMMEDIATE");
    while let Some(mut change) = next.take() {
        if commit.is_ok() {
            commit = apply(sql, change.as_mut());
        }
        group.push(change);
        if commit.is_ok() && group.len() < GROUP && begun.elapsed() < GROUP_TIME {
            match orders.try_recv() {
                Ok(Order::Change(change)) => next = Some(change),
                Ok(other) => after = Some(other),
                Err(_) => {}
            }
        }
    }
    let commit = finish(sql, commit);
    for change in group {
        change.settle(&commit);
    }
    after
}

/// Does one change in a savepoint of its own. An error means that the whole transaction is lost.
fn apply(sql: &Connection, change: &mut dyn Change) -> Result<()> {
    run(sql, "SAVEPOINT change")?;
    if let Err(own) = change.apply(sql) {
        if sql.is_autocommit() {
            // A full disk or a failed read made SQLite roll everything back by itself.
            return Err(own);
        }
        run(sql, "ROLLBACK TO change")?;
    }
    run(sql, "RELEASE change")
}

fn finish(sql: &Connection, begun: Result<()>) -> Result<()> {
    let committed = begun.and_then(|()| run(sql, "COMMIT"));
    if committed.is_err() && !sql.is_autocommit() {
        // The error of the commit is what the callers must hear; a rollback that fails too adds nothing to it.
        let _ = run(sql, "ROLLBACK");
    }
    committed
}

fn run(sql: &Connection, statement: &str) -> Result<()> {
    let done = sql.prepare_cached(statement).and_then(|mut prepared| prepared.execute([]));
    done.map(drop).map_err(|error| Abort::from(error).into())
}

#[cfg(test)]
mod tests;
