//! What a task run is begun with: its flow, the outputs that it reads, its parameters, the room that it needs.

use std::collections::BTreeMap;
use std::sync::Arc;

use longshore_engine::flow::{MOST_BYTES, Role, Task, too_large};
use longshore_engine::run::apart::{Apart, read_by, read_by_mapping};
use longshore_engine::{Clock as _, Fault, Flow, Millis};
use longshore_flows::Secrets;
use longshore_flows::kind::Storages as _;
use longshore_flows::room;
use longshore_flows::secrets::{SHORTEST, hide_everywhere};
use longshore_runner::variables;
use longshore_secrets::ExposeSecret as _;
use serde_json::{Map, Value};

use super::Asked;
use super::ground::{Ground, floor};
use super::kinds::needs_engine;
use super::record::{Records, Stands};
use super::state::State;
use crate::owner::environment;

/// A task run, ready to be worked on.
pub(super) struct Prepared {
    pub(super) flow: Arc<Flow>,
    pub(super) position: usize,
    pub(super) ground: Arc<Ground>,
    pub(super) state: State,
    pub(super) records: Records,
    pub(super) secrets: Secrets,
    apart: Apart,
    asked: Asked,
}

/// What is to be done with it.
pub(super) enum Next {
    /// This, with what its kind is given.
    Work(Value),
    /// Nothing, and why.
    Skip(String),
}

impl Prepared {
    pub(super) fn task(&self) -> &Task {
        &self.flow.tasks[self.position]
    }

    /// Reads what there is, and begins nothing.
    pub(super) fn of(asked: &Asked, ground: &Arc<Ground>) -> Result<Self, Fault> {
        check_run(&asked.run)?;
        let flow = Arc::new(flow_of(&asked.flow)?);
        let position = flow.position(&asked.task).ok_or_else(|| {
            let why = format!("{} has no task {:?}", flow.id, asked.task);
            Fault::permanent("task.unknown", "There is nothing to carry out", why)
        })?;
        let state = State::open(&asked.state, ground.as_ref())?;
        let mut given = asked.params.clone();
        given.extend(asked.texts.iter().map(|(name, text)| (name.clone(), flow.read_param(name, text))));
        let mut params = flow.check_params(&given)?;
        let secrets = unlocked(&flow, &mut params, ground)?;
        let over = environment::variables(std::env::vars_os(), &[]);
        let scheduled_at = asked.scheduled_at.as_deref().map(due).transpose()?;
        let apart = Apart {
            run: asked.run.clone(),
            flow: flow.id.clone(),
            params,
            vars: variables::all(Map::new(), &over)?,
            state: "running",
            created_at: scheduled_at.unwrap_or_else(|| ground.clock().now()),
            scheduled_at,
            ..Apart::default()
        };
        let records = Records::of(&state, &flow.id, &asked.run);
        Ok(Self { flow, position, ground: ground.clone(), state, records, secrets, apart, asked: asked.clone() })
    }

    /// Takes the outputs of tasks in, from what was given or else from the shared place.
    fn read(&mut self, tasks: &[String]) -> Result<(), Fault> {
        let mut outputs = BTreeMap::new();
        for id in tasks {
            let given = self.asked.inputs.get(id).cloned();
            let read = || self.flow.task(id).map(|task| self.records.output(&self.flow, task)).transpose();
            if let Some(output) = given.map_or_else(|| read().map(Option::flatten), |given| Ok(Some(given)))? {
                outputs.insert(id.clone(), output);
            }
        }
        self.apart.outputs.extend(outputs);
        Ok(())
    }

    /// How the work went, for hooks and for whoever asks after it.
    fn look_at_run(&mut self) -> Result<Option<String>, Fault> {
        let task = &self.flow.tasks[self.position];
        let templates = [Some(&task.with), task.when.as_ref(), task.for_each.as_ref()];
        let mut names = templates.into_iter().flatten().flat_map(longshore_engine::expression::Template::names);
        let asks = names.any(|name| name == "run" || name.starts_with("run.fault") || name.starts_with("run.state"));
        if task.role == Role::Task && !asks {
            return Ok(None);
        }
        let outcome = self.records.outcome(&self.flow)?;
        let why = match task.role {
            Role::OnFailure if outcome.fault.is_none() => Some("no task of the run has failed".to_owned()),
            Role::OnCancel if outcome.word() != "cancelled" => Some("no task of the run was stopped".to_owned()),
            _ => None,
        };
        self.apart.state = if task.role == Role::Task && outcome.fault.is_none() { "running" } else { outcome.word() };
        self.apart.fault = outcome.fault;
        Ok(why)
    }

    /// What is to be done: the condition, the item, and the parameters of its kind.
    pub(super) fn next(&mut self) -> Result<Next, Fault> {
        let masked = |fault, secrets: &Secrets| secrets.mask_fault(fault);
        let secrets = self.secrets.clone();
        self.rendered().map_err(|fault| masked(fault, &secrets))
    }

    fn rendered(&mut self) -> Result<Next, Fault> {
        if let Some(why) = self.look_at_run()? {
            return Ok(Next::Skip(why));
        }
        match (self.task().mapped(), self.asked.index) {
            (true, Some(index)) => {
                let Some(item) = self.item(index)? else {
                    return Ok(Next::Skip("the one that it follows gave nothing".to_owned()));
                };
                self.apart.item = Some((index, item));
            }
            (false, None) => {}
            (mapped, _) => return Err(no_index(&self.asked.task, mapped)),
        }
        let mut reads = read_by(self.task());
        if !self.task().mapped() {
            reads.extend(read_by_mapping(self.task()));
        }
        self.read(&reads)?;
        if !self.task().mapped() && !self.apart.lets(self.task())? {
            return Ok(Next::Skip("its condition is false".to_owned()));
        }
        for reserved in self.apart.reserved(self.task())? {
            self.has_room(&reserved.storage, reserved.bytes)?;
        }
        self.apart.with(self.task()).map(Next::Work)
    }

    /// The item of a map index: what the task that it follows gave there, or that of its list.
    fn item(&mut self, index: u32) -> Result<Option<Value>, Fault> {
        if let Some(followed) = self.task().each {
            let followed = &self.flow.tasks[followed].id;
            let record = self.records.read(followed, Some(index))?;
            return Ok(record.filter(|record| record.state == Stands::Success).map(|record| record.output));
        }
        let known = self.records.items(&self.asked.task)?;
        let items = known.map_or_else(|| self.items(), Ok)?;
        let count = items.len();
        items.into_iter().nth(index as usize).map(Some).ok_or_else(|| {
            let why = format!("it is mapped over {count}, counted from 0, and {index} was asked for");
            Fault::permanent("task.unknown", format!("{} has no such task run", self.asked.task), why)
        })
    }

    /// What the task is mapped over; nothing where its condition is false.
    pub(super) fn items(&mut self) -> Result<Vec<Value>, Fault> {
        if !self.task().mapped() {
            return Err(no_index(&self.asked.task, false));
        }
        let _ = self.look_at_run()?;
        self.read(&read_by_mapping(self.task()))?;
        if !self.apart.lets(self.task())? {
            return Ok(Vec::new());
        }
        self.apart.items(self.task())
    }

    /// Whether a storage has the room, and its floor besides. What else is being written there the engine's pools bound.
    fn has_room(&self, name: &str, bytes: u64) -> Result<(), Fault> {
        if bytes == 0 {
            return Ok(());
        }
        let storage = self.ground.place(name)?;
        let Some(space) = room::space(name, storage.as_ref(), None)? else { return Ok(()) };
        let floor = longshore_runner::floor_of(space.total, floor(name));
        if space.free.saturating_sub(bytes) >= floor && space.free >= bytes {
            return Ok(());
        }
        let why = format!("{bytes} bytes are needed, {} are free, and {floor} of these must stay so", space.free);
        let class = if space.total.saturating_sub(floor) < bytes { Fault::permanent } else { Fault::transient };
        Err(class("space.short".to_owned(), format!("There is too little room on {name}"), why)
            .now("Make room: the engine tries again.")
            .at_place(name))
    }
}

fn no_index(task: &str, mapped: bool) -> Fault {
    let why = if mapped { "it is mapped, and needs a map index" } else { "it is not mapped, and has no map index" };
    Fault::permanent("task.unknown", format!("{task} has no such task run"), why)
}

/// The kind of the task, unless only a workspace's own engine can carry it out.
pub(super) fn check_kind(task: &Task) -> Result<(), Fault> {
    let Some(why) = needs_engine(&task.uses) else { return Ok(()) };
    let what = format!("{} ({}) cannot be carried out by a worker", task.id, task.uses);
    Err(Fault::permanent("worker.kind", what, why)
        .now("Run the flow in a workspace, or export it: what can be carried over is."))
}

/// A flow by the id of a built-in one, or by the path of its file. Its kinds are not looked at: what is built in was checked, and a file
/// is checked where it is exported.
pub(crate) fn flow_of(name: &str) -> Result<Flow, Fault> {
    let parse = |file: &str, text: &str| {
        Flow::parse(file, text, None).map_err(|faults| crate::owner::first_fault(file, faults))
    };
    if let Some(built_in) = longshore_flows::builtin().iter().find(|built_in| built_in.id == name) {
        return parse(built_in.file, built_in.text);
    }
    let unreadable = |why: String| {
        Fault::permanent("flow.unreadable", format!("{name} cannot be read"), why)
            .now("Name a built-in flow, or the path of a flow file.")
    };
    let bytes = std::fs::metadata(name).map_err(|error| unreadable(error.to_string()))?.len();
    if bytes > MOST_BYTES {
        return Err(too_large(name, bytes));
    }
    parse(name, &std::fs::read_to_string(name).map_err(|error| unreadable(error.to_string()))?)
}

/// A run's id names folders.
fn check_run(run: &str) -> Result<(), Fault> {
    let plain = |c: char| c.is_ascii_alphanumeric() || "_.~:+-".contains(c);
    if !run.is_empty() && run.len() <= 200 && run.chars().all(plain) {
        return Ok(());
    }
    let why = "it has 1 to 200 letters, digits and _ . ~ : + -";
    Err(Fault::permanent("run.id", format!("{run:?} cannot be the id of a run"), why))
}

fn due(text: &str) -> Result<Millis, Fault> {
    let at = text.parse::<jiff::Timestamp>().map_err(|error| {
        Fault::permanent("time.wrong", format!("{text:?} is no time"), error.to_string())
            .now("Write it as 2026-11-03T14:00:00Z.")
    })?;
    Ok(Millis(at.as_millisecond()))
}

/// Reads the secrets that parameters refer to, and puts them in their place.
fn unlocked(flow: &Flow, params: &mut Map<String, Value>, ground: &Ground) -> Result<Secrets, Fault> {
    let mut values = Vec::new();
    for param in flow.params.iter().filter(|param| param.is_secret()) {
        let Some(given) = params.get_mut(&param.name).filter(|given| !given.is_null()) else { continue };
        let reference =
            given.as_str().filter(|text| ["env:", "file:", "vault:"].iter().any(|kind| text.starts_with(kind)));
        let reference = reference.ok_or_else(|| {
            let why = format!("{} is a secret, and the engine would keep its value where many can read it", param.name);
            Fault::permanent("param.secret_exposed", format!("A task of {} was not carried out", flow.id), why)
                .now("Give a reference that each worker can read: env:NAME, file:PATH or vault:MOUNT/PATH#FIELD.")
        })?;
        let value = ground.secret(reference)?.expose_secret().to_owned();
        if value.chars().count() < SHORTEST {
            let why = format!("{}: a secret is a text of {SHORTEST} characters or more", param.name);
            return Err(Fault::permanent("params.wrong", format!("The parameters of {} are wrong", flow.id), why));
        }
        hide_everywhere(&value);
        *given = Value::String(value.clone());
        values.push(value);
    }
    Ok(Secrets::of(values.iter().map(String::as_str)))
}
