//! What a run of a flow would do, as far as it can be said before there is one: from its parameters and variables alone.

use serde_json::{Map, Value};

use super::expand::{FALSE, NO_ITEMS, fault, values};
use super::start::reserved;
use crate::Fault;
use crate::event::Reserved;
use crate::expression::{Scope, Template, seen};
use crate::flow::{Flow, Role, Task, Trigger};
use crate::run::scope::with_item;

/// Task runs of a task that are drawn at most. Of a task with more of them nothing is drawn.
pub const MOST_DRAWN: usize = 1_000;

/// What can be said of a task.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Outlook {
    /// How many task runs it will have; nothing if that is known only in the run.
    pub count: Option<u32>,
    /// The task whose output says how many, where that is why it is not known.
    pub as_many_as: Option<String>,
    /// Why it will be skipped, if that is known.
    pub skipped: Option<String>,
    /// Its task runs, by index; none if it is not known how many, or if they are more than [`MOST_DRAWN`].
    pub runs: Vec<Drawn>,
    /// An expression of it that cannot be evaluated, though all is known that it uses.
    pub fault: Option<Fault>,
}

/// What can be said of a task run.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Drawn {
    /// Parameters of the kind, if they rest on nothing that only the run knows.
    pub with: Option<Value>,
    /// Room that it will ask for, if that rests on nothing that only the run knows.
    pub reserved: Option<Vec<Reserved>>,
}

/// What can be said of each task of a flow, in the flow's order. The parameters are complete.
pub fn outlook(flow: &Flow, params: &Map<String, Value>, vars: &Map<String, Value>) -> Vec<Outlook> {
    let mut scope = Scope::default();
    scope.names.insert("params", seen(&Value::Object(params.clone())));
    scope.names.insert("vars", seen(&Value::Object(vars.clone())));
    let mut all: Vec<Outlook> = (0..flow.tasks.len()).map(|task| of_task(flow, task, &scope)).collect();
    pass_on(flow, &mut all);
    all
}

/// What a task is mapped over.
enum Items {
    /// Nothing: it has one task run.
    One,
    Known(Vec<Value>),
    /// So many that only the run knows.
    Counted(u32),
    /// As many as the output of this task says.
    Unknown(Option<String>),
}

fn of_task(flow: &Flow, task: usize, scope: &Scope) -> Outlook {
    let one = &flow.tasks[task];
    let found = condition(one, scope).and_then(|goes| goes.then(|| items(flow, task, scope)).transpose());
    match found {
        Err(fault) => Outlook { fault: Some(fault), ..Outlook::default() },
        Ok(None) => skipped(FALSE.to_owned()),
        Ok(Some(Items::Known(items))) if items.is_empty() => skipped(NO_ITEMS.to_owned()),
        Ok(Some(Items::Unknown(as_many_as))) => Outlook { as_many_as, ..Outlook::default() },
        Ok(Some(Items::One)) => drawn(one, std::slice::from_ref(scope), true),
        Ok(Some(Items::Counted(count))) if count as usize > MOST_DRAWN => many(count as usize),
        Ok(Some(Items::Counted(count))) => drawn(one, &vec![scope.clone(); count as usize], false),
        Ok(Some(Items::Known(items))) if items.len() > MOST_DRAWN => many(items.len()),
        Ok(Some(Items::Known(items))) => {
            let scope_of = |(index, item)| with_item(scope.clone(), item, index);
            drawn(one, &(0..).zip(&items).map(scope_of).collect::<Vec<_>>(), true)
        }
    }
}

fn skipped(why: String) -> Outlook {
    Outlook { count: Some(0), skipped: Some(why), ..Outlook::default() }
}

fn many(count: usize) -> Outlook {
    Outlook { count: u32::try_from(count).ok(), ..Outlook::default() }
}

/// Whether its condition lets it run, as far as that is known.
fn condition(task: &Task, scope: &Scope) -> Result<bool, Fault> {
    match &task.when {
        Some(when) if known(when, false) => when.is_true(scope).map_err(|error| fault(&task.id, "when", &error)),
        _ => Ok(true),
    }
}

fn items(flow: &Flow, task: usize, scope: &Scope) -> Result<Items, Fault> {
    let mut root = task;
    while let Some(followed) = flow.tasks[root].each {
        root = followed;
    }
    let mapped = &flow.tasks[root];
    let Some(for_each) = &mapped.for_each else { return Ok(Items::One) };
    if !known(for_each, false) {
        return Ok(Items::Unknown(for_each.tasks().into_iter().next()));
    }
    let items = values(mapped, for_each, scope);
    if root == task {
        return items.map(Items::Known);
    }
    // The items of a task that follows another one are what that one gave; what is wrong there is told there.
    Ok(match items {
        Ok(items) => Items::Counted(u32::try_from(items.len()).unwrap_or(u32::MAX)),
        Err(_) => Items::Unknown(Some(mapped.id.clone())),
    })
}

fn drawn(task: &Task, scopes: &[Scope], item: bool) -> Outlook {
    let count = u32::try_from(scopes.len()).ok();
    match scopes.iter().map(|scope| draw(task, scope, item)).collect() {
        Ok(runs) => Outlook { count, runs, ..Outlook::default() },
        Err(fault) => Outlook { count, fault: Some(fault), ..Outlook::default() },
    }
}

fn draw(task: &Task, scope: &Scope, item: bool) -> Result<Drawn, Fault> {
    let with = known(&task.with, item)
        .then(|| task.with.render(scope).map_err(|error| fault(&task.id, "with", &error)))
        .transpose()?;
    let room = task.reserve.iter().all(|one| known(&one.storage, item) && known(&one.bytes, item));
    Ok(Drawn { with, reserved: room.then(|| reserved(task, scope)).transpose()? })
}

/// Whether it rests on parameters and variables alone, and on the item where that is known.
fn known(template: &Template, item: bool) -> bool {
    template.names().iter().all(|name| match name.split('.').next() {
        Some("params" | "vars") => true,
        Some("item" | "index") => item,
        _ => false,
    })
}

/// A task that needs the success of one that is skipped is skipped too.
fn pass_on(flow: &Flow, all: &mut [Outlook]) {
    let mut open: Vec<usize> = (0..all.len()).filter(|task| all[*task].skipped.is_some()).collect();
    while let Some(from) = open.pop() {
        for to in flow.tasks[from].needed_by.iter().copied() {
            let task = &flow.tasks[to];
            let follows = task.role == Role::Task && task.trigger == Trigger::AllSuccess && task.teardown.is_empty();
            if follows && all[to].skipped.is_none() {
                all[to] = skipped(format!("{} is skipped", flow.tasks[from].id));
                open.push(to);
            }
        }
    }
}
