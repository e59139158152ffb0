//! Flows and runs of other engines. What is told is what the engine said, with the time at which it was asked.

use std::sync::Arc;

use longshore_connectors::engines::{Again, Engine, RemoteFlow, RemoteLine, RemoteRun, RemoteTask};
use longshore_engine::Fault;
use longshore_flows::faults::of_storage;
use longshore_transfer::storage;
use serde_json::{Map, Value};

use super::super::Owner;
use super::super::dispatch::Answer;
use super::limit;
use crate::wire::{
    Nothing, RemoteArgs, RemoteCancel, RemoteFlowArgs, RemoteFlowList, RemoteFlowRow, RemoteLog, RemoteLogArgs,
    RemoteLogLine, RemoteParams, RemotePause, RemotePauseArgs, RemoteRetry, RemoteRetryArgs, RemoteRetryLook,
    RemoteRunArgs, RemoteRunDetail, RemoteRunList, RemoteRunRow, RemoteRunShow, RemoteRunsArgs, RemoteSaid,
    RemoteSchema, RemoteTaskRow, RemoteTrigger, RemoteTriggerArgs,
};

impl Owner {
    /// Asks an engine, on a thread that may wait.
    pub(super) async fn of_engine<T: Send + 'static>(
        self: &Arc<Self>,
        connection: String,
        ask: impl FnOnce(&dyn Engine) -> storage::Result<T> + Send + 'static,
    ) -> Result<T, Fault> {
        self.ask(move |owner| {
            let engine = owner.connections.engine(&connection)?;
            ask(engine.as_ref()).map_err(|error| of_storage(&connection, &error))
        })
        .await
    }
}

impl Answer<RemoteFlowList> for Owner {
    async fn answer(self: &Arc<Self>, args: RemoteArgs) -> Result<RemoteSaid<Vec<RemoteFlowRow>>, Fault> {
        let at = self.clock.now().0;
        let flows = self.of_engine(args.connection, |engine| engine.flows()).await?;
        Ok(RemoteSaid { at, said: flows.into_iter().map(flow_row).collect() })
    }
}

impl Answer<RemoteParams> for Owner {
    async fn answer(self: &Arc<Self>, args: RemoteFlowArgs) -> Result<RemoteSchema, Fault> {
        let schema = self.of_engine(args.connection, move |engine| engine.params(&args.flow)).await?;
        Ok(RemoteSchema { schema })
    }
}

impl Answer<RemoteRunList> for Owner {
    async fn answer(self: &Arc<Self>, args: RemoteRunsArgs) -> Result<RemoteSaid<Vec<RemoteRunRow>>, Fault> {
        let (at, most) = (self.clock.now().0, limit(args.limit) as usize);
        let runs = self.of_engine(args.connection, move |engine| engine.runs(args.flow.as_deref(), most)).await?;
        Ok(RemoteSaid { at, said: runs.into_iter().map(run_row).collect() })
    }
}

impl Answer<RemoteRunShow> for Owner {
    async fn answer(self: &Arc<Self>, args: RemoteRunArgs) -> Result<RemoteSaid<RemoteRunDetail>, Fault> {
        let at = self.clock.now().0;
        let (run, tasks) = self.of_engine(args.connection, move |engine| engine.run(&args.flow, &args.run)).await?;
        let detail = RemoteRunDetail { run: run_row(run), tasks: tasks.into_iter().map(task_row).collect() };
        Ok(RemoteSaid { at, said: detail })
    }
}

impl Answer<RemoteLog> for Owner {
    async fn answer(self: &Arc<Self>, args: RemoteLogArgs) -> Result<RemoteSaid<Vec<RemoteLogLine>>, Fault> {
        let at = self.clock.now().0;
        let connection = args.connection.clone();
        let found = self
            .of_engine(args.connection.clone(), move |engine| {
                let (_, tasks) = engine.run(&args.flow, &args.run)?;
                let Some(task) = tasks.into_iter().find(|task| task.id == args.task || task.task == args.task) else {
                    return Ok(Err(args.task));
                };
                let attempt = args.attempt.unwrap_or(task.attempt).max(1);
                engine.log(&args.flow, &args.run, &task, attempt).map(Ok)
            })
            .await?;
        let lines = found.map_err(|task| {
            let what = format!("The run on {connection} has no task run {task}");
            Fault::permanent(
                "remote.task",
                what,
                "the engine does not name it; `remote show` lists those that there are",
            )
        })?;
        Ok(RemoteSaid { at, said: lines.into_iter().map(line_row).collect() })
    }
}

impl Answer<RemoteTrigger> for Owner {
    async fn answer(self: &Arc<Self>, args: RemoteTriggerArgs) -> Result<RemoteRunRow, Fault> {
        let params: Map<String, Value> = match args.params {
            Value::Object(params) => params,
            Value::Null => Map::new(),
            _ => {
                let what = format!("{} was not started on {}", args.flow, args.connection);
                return Err(Fault::permanent("flow.params", what, "the parameters are no object"));
            }
        };
        let key = args.key.unwrap_or_else(|| format!("longshore__{}", ulid::Ulid::generate()));
        self.of_engine(args.connection, move |engine| engine.trigger(&args.flow, &key, &params)).await.map(run_row)
    }
}

impl Answer<RemoteRetryLook> for Owner {
    async fn answer(self: &Arc<Self>, args: RemoteRetryArgs) -> Result<Vec<RemoteTaskRow>, Fault> {
        again(self, args, true).await
    }
}

impl Answer<RemoteRetry> for Owner {
    async fn answer(self: &Arc<Self>, args: RemoteRetryArgs) -> Result<Vec<RemoteTaskRow>, Fault> {
        again(self, args, false).await
    }
}

async fn again(owner: &Arc<Owner>, args: RemoteRetryArgs, only_look: bool) -> Result<Vec<RemoteTaskRow>, Fault> {
    let what = Again { tasks: args.tasks, only_failed: !args.all, downstream: args.downstream };
    let touched =
        owner.of_engine(args.connection, move |engine| engine.again(&args.flow, &args.run, &what, only_look)).await?;
    Ok(touched.into_iter().map(task_row).collect())
}

impl Answer<RemoteCancel> for Owner {
    async fn answer(self: &Arc<Self>, args: RemoteRunArgs) -> Result<RemoteRunRow, Fault> {
        self.of_engine(args.connection, move |engine| engine.cancel(&args.flow, &args.run)).await.map(run_row)
    }
}

impl Answer<RemotePause> for Owner {
    async fn answer(self: &Arc<Self>, args: RemotePauseArgs) -> Result<Nothing, Fault> {
        self.of_engine(args.connection, move |engine| engine.pause(&args.flow, args.paused)).await?;
        Ok(Nothing {})
    }
}

fn flow_row(of: RemoteFlow) -> RemoteFlowRow {
    let RemoteFlow { id, title, description, paused, schedule, tags } = of;
    RemoteFlowRow { id, title, description, paused, schedule, tags }
}

fn run_row(of: RemoteRun) -> RemoteRunRow {
    let RemoteRun { id, flow, title, state, due, began, ended, params } = of;
    let (state, said) = (state.word.to_owned(), state.said);
    RemoteRunRow { id, flow, title, state, said, due, began, ended, params: Value::Object(params) }
}

fn task_row(of: RemoteTask) -> RemoteTaskRow {
    let RemoteTask { id, task, map_index, state, attempt, began, ended, needs } = of;
    let (state, said) = (state.word.to_owned(), state.said);
    RemoteTaskRow { id, task, map_index, state, said, attempt, began, ended, needs }
}

fn line_row(of: RemoteLine) -> RemoteLogLine {
    let RemoteLine { at, level, text } = of;
    RemoteLogLine { at, level, text }
}
