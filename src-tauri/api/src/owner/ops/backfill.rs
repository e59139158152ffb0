//! Runs for times gone by. Each has the key that its schedule would give it, so that asking twice gives each run once.

use std::sync::{Arc, Weak};

use longshore_engine::event::Scheduled;
use longshore_engine::{Fault, Flow, Millis};
use longshore_runner::{NewRun, schedules};
use serde::{Deserialize, Serialize};
use serde_json::json;
use tokio::task::JoinSet;

use super::super::Owner;
use super::super::dispatch::Answer;
use crate::events::lock;
use crate::wire::{Backfill, BackfillArgs, BackfillTime, FlowBackfill, FlowBackfillPreview};

/// Times of one backfill at most.
const MOST: usize = 10_000;
/// Times that are told.
const TOLD: usize = 500;
/// Setting that holds the backfills that are not whole, so that the next owner goes on with them.
const UNFINISHED: &str = "backfill.unfinished";

/// A backfill that is not whole.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
struct Order {
    flow: String,
    schedule: u32,
    times: Vec<Millis>,
    /// Unfinished runs of it at once at most.
    max_active: Option<usize>,
}

/// The times of a backfill.
struct Span {
    flow: Arc<Flow>,
    n: u32,
    times: Vec<Millis>,
}

impl Span {
    fn of(owner: &Owner, args: &BackfillArgs) -> Result<Self, Fault> {
        let flow = owner.shelf.get(&args.flow)?.flow;
        let has_times = |n: &usize| flow.schedules[*n].watch().is_none();
        let n = match args.schedule {
            Some(n) => Some(n as usize).filter(|n| *n < flow.schedules.len() && has_times(n)),
            None => (0..flow.schedules.len()).find(has_times),
        };
        let none = || {
            let what = format!("The flow {} has no such schedule", flow.id);
            Fault::permanent("schedule.none", what, "A backfill needs a schedule that has times")
        };
        let n = n.ok_or_else(none)?;
        let schedule = &flow.schedules[n];
        let moment = |text: &str, end| schedule.moment(text, end).ok_or_else(|| no_time(text));
        let (from, to) = (moment(&args.from, false)?, moment(&args.to, true)?);
        let times = schedule.times(Millis(from.0 - 1)).take_while(|at| *at <= to).take(MOST + 1).collect::<Vec<_>>();
        if times.len() > MOST {
            let why = format!("More than {MOST} times lie between {} and {}", args.from, args.to);
            return Err(Fault::permanent("backfill.large", format!("The flow {} is not backfilled", flow.id), why)
                .now("Do it in parts: what is there already is not run again."));
        }
        Ok(Self { n: u32::try_from(n).unwrap_or_default(), flow, times })
    }

    /// What is told of it, with the runs that there are.
    fn told(&self, owner: &Owner) -> Result<Backfill, Fault> {
        let (mut times, mut there) = (Vec::new(), 0);
        for at in &self.times {
            let key = schedules::key_of(&self.flow.id, self.n as usize, *at);
            let run = owner.store.run_of_key(&self.flow.id, &key)?.map(String::from);
            there += u32::from(run.is_some());
            if times.len() < TOLD {
                times.push(BackfillTime { at: at.0, run });
            }
        }
        Ok(Backfill {
            flow: self.flow.id.clone(),
            schedule: self.n,
            words: self.flow.schedules[self.n as usize].words.clone(),
            times,
            count: u32::try_from(self.times.len()).unwrap_or(u32::MAX),
            there,
        })
    }
}

fn no_time(text: &str) -> Fault {
    Fault::permanent("schedule.time", "Nothing was backfilled", format!("{text:?} is not a time"))
        .now("Write it as 2026-03-29, 2026-03-29T02:00 or 2026-03-29T02:00:00+01:00.")
}

impl Answer<FlowBackfillPreview> for Owner {
    async fn answer(self: &Arc<Self>, args: BackfillArgs) -> Result<Backfill, Fault> {
        self.ask(move |owner| Span::of(owner, &args)?.told(owner)).await
    }
}

impl Answer<FlowBackfill> for Owner {
    async fn answer(self: &Arc<Self>, args: BackfillArgs) -> Result<Backfill, Fault> {
        let max_active = args.max_active.map(|most| most.max(1) as usize);
        let (span, before) = self
            .ask(move |owner| {
                let span = Span::of(owner, &args)?;
                let told = span.told(owner)?;
                Ok((span, told))
            })
            .await?;
        let order = Order { flow: span.flow.id.clone(), schedule: span.n, times: span.times.clone(), max_active };
        // Kept before the first run is made: the next owner makes the rest.
        self.keep(order.clone()).await?;
        if max_active.is_some() {
            self.spawn_backfill(order);
            return Ok(before);
        }
        let created = self.create_all(&span).await;
        self.forget(order).await?;
        created.map(|()| before)
    }
}

async fn create(owner: &Owner, flow: &Arc<Flow>, n: u32, at: Millis) -> Result<longshore_engine::RunId, Fault> {
    let new = NewRun {
        flow: flow.clone(),
        params: flow.schedules.get(n as usize).map(|schedule| schedule.params.clone()).unwrap_or_default(),
        key: Some(schedules::key_of(&flow.id, n as usize, at)),
        parent: None,
        scheduled: Some(Scheduled { schedule: n, at, backfill: true }),
        priority: None,
    };
    owner.runner.create_run(new).await
}

impl Owner {
    /// Goes on with the backfills that an earlier owner did not bring to their end.
    pub(in super::super) async fn resume_backfills(self: &Arc<Self>) {
        match self.ask(Self::unfinished_backfills).await {
            Ok(orders) => orders.into_iter().for_each(|order| self.spawn_backfill(order)),
            Err(fault) => tracing::error!(%fault, "backfills that are not whole cannot be read"),
        }
    }

    fn unfinished_backfills(&self) -> Result<Vec<Order>, Fault> {
        let kept = self.store.setting(UNFINISHED)?.unwrap_or_default();
        Ok(serde_json::from_value(kept).unwrap_or_default())
    }

    fn keep_backfills(&self, change: impl FnOnce(&mut Vec<Order>)) -> Result<(), Fault> {
        let _one = lock(&self.backfills);
        let mut orders = self.unfinished_backfills()?;
        change(&mut orders);
        Ok(self.store.set_setting(UNFINISHED, &json!(orders))?)
    }

    async fn create_all(&self, span: &Span) -> Result<(), Fault> {
        for at in &span.times {
            create(self, &span.flow, span.n, *at).await?;
        }
        Ok(())
    }

    async fn keep(self: &Arc<Self>, order: Order) -> Result<(), Fault> {
        let add = move |orders: &mut Vec<Order>| {
            if !orders.contains(&order) {
                orders.push(order);
            }
        };
        self.ask(move |owner| owner.keep_backfills(add)).await
    }

    async fn forget(self: &Arc<Self>, order: Order) -> Result<(), Fault> {
        self.ask(move |owner| owner.keep_backfills(|orders| orders.retain(|other| *other != order))).await
    }

    fn spawn_backfill(self: &Arc<Self>, order: Order) {
        if let Some(open) = lock(&self.open).as_mut() {
            open.tasks.spawn(drive(Arc::downgrade(self), order));
        }
    }
}

/// Creates the runs of a backfill, no more unfinished at once than it allows.
async fn drive(owner: Weak<Owner>, order: Order) {
    let mut unfinished = JoinSet::new();
    for at in &order.times {
        while order.max_active.is_some_and(|most| unfinished.len() >= most) {
            unfinished.join_next().await;
        }
        let Some(owner) = owner.upgrade() else { return };
        let created = match owner.shelf.get(&order.flow) {
            Ok(in_force) => create(&owner, &in_force.flow, order.schedule, *at).await,
            Err(fault) => Err(fault),
        };
        match created {
            Ok(run) => {
                let runner = owner.runner.clone();
                unfinished.spawn(async move { drop(runner.wait(&run).await) });
            }
            Err(fault) => {
                tracing::error!(flow = order.flow, %fault, "a backfill stops");
                break;
            }
        }
    }
    let Some(owner) = owner.upgrade() else { return };
    if let Err(fault) = owner.forget(order).await {
        tracing::error!(%fault, "the end of a backfill could not be noted; it is looked at again at the next start");
    }
}
