//! A task whose rule lets it run: its condition, its items.

use serde_json::Value;

use super::Decision;
use super::advance::none;
use crate::event::{Event, Item, TaskEvent, What};
use crate::expression::{Error, Scope, Template};
use crate::flow::Task;
use crate::run::Run;
use crate::run::scope::with_item;
use crate::{Fault, Millis};

/// More items than this are a mistake, or a flow that needs to hand over pages.
const MOST_ITEMS: usize = 1_000_000;
/// Why a task is skipped whose `when` is false.
pub(super) const FALSE: &str = "its condition is false";
/// Why a mapped task is skipped that has no items.
pub(super) const NO_ITEMS: &str = "there is nothing to map it over";

/// Brings the task runs of a task that have not begun into line, or skips them, or fails them.
pub(super) fn ready(run: &Run, task: usize, now: Millis, decision: &mut Decision) {
    let scope = run.scope(task);
    let one = &run.flow.tasks[task];
    match step(run, task, &scope) {
        Ok(Step::Line) => none(run, task, &TaskEvent::Scheduled, now, decision),
        Ok(Step::Skip(why)) => none(run, task, &TaskEvent::Skipped { why }, now, decision),
        Ok(Step::Items(items)) => {
            let what = What::Expanded { task: one.id.clone(), items };
            decision.events.push(Event::new(&run.id, now, what));
        }
        Ok(Step::Follow { of, count, labels }) => {
            let what = What::Followed { task: one.id.clone(), of, count, labels };
            decision.events.push(Event::new(&run.id, now, what));
        }
        Err(fault) => none(run, task, &TaskEvent::Failed { fault }, now, decision),
    }
}

enum Step {
    Follow { of: String, count: u32, labels: Vec<Option<String>> },
    Line,
    Skip(String),
    Items(Vec<Item>),
}

fn step(run: &Run, task: usize, scope: &Scope) -> Result<Step, Fault> {
    let one = &run.flow.tasks[task];
    if let Some(followed) = one.each.filter(|_| !run.tasks()[task].expanded()) {
        return Ok(follow(run, followed));
    }
    if let Some(when) = &one.when
        && !when.is_true(scope).map_err(|error| fault(&one.id, "when", &error))?
    {
        return Ok(Step::Skip(FALSE.into()));
    }
    match &one.for_each {
        Some(_) if !run.tasks()[task].expanded() => items(one, scope),
        _ => Ok(Step::Line),
    }
}

/// As many task runs as the task has that it follows, under the same labels.
fn follow(run: &Run, followed: usize) -> Step {
    let all = &run.tasks()[followed];
    if !all.expanded() {
        return Step::Skip(NO_ITEMS.into());
    }
    let labels: Vec<Option<String>> = all.runs().iter().map(|one| one.label().map(Into::into)).collect();
    let labels = if labels.iter().all(Option::is_none) { Vec::new() } else { labels };
    let of = run.flow.tasks[followed].id.clone();
    Step::Follow { of, count: u32::try_from(all.runs().len()).unwrap_or(u32::MAX), labels }
}

fn items(task: &Task, scope: &Scope) -> Result<Step, Fault> {
    let Some(for_each) = &task.for_each else { return Ok(Step::Line) };
    let values = values(task, for_each, scope)?;
    if values.is_empty() {
        return Ok(Step::Skip(NO_ITEMS.into()));
    }
    (0..).zip(values).map(|(index, value)| item(task, scope, index, value)).collect::<Result<_, _>>().map(Step::Items)
}

/// What a task is mapped over.
pub(crate) fn values(task: &Task, for_each: &Template, scope: &Scope) -> Result<Vec<Value>, Fault> {
    let wrong = |why: String| Fault::permanent("flow.for_each", format!("{} cannot be mapped", task.id), why);
    let values = match for_each.render(scope).map_err(|error| fault(&task.id, "for_each", &error))? {
        Value::Array(values) => values,
        other => return Err(wrong(format!("`for_each` gave no list but {}", brief(&other)))),
    };
    if values.len() > MOST_ITEMS {
        return Err(wrong(format!("`for_each` gave {} items; at most {MOST_ITEMS} can be mapped", values.len())));
    }
    Ok(values)
}

fn item(task: &Task, scope: &Scope, index: u32, value: Value) -> Result<Item, Fault> {
    let Some(label) = &task.label else { return Ok(Item { value, label: None }) };
    let scope = with_item(scope.clone(), &value, index);
    let label = label.render(&scope).map_err(|error| fault(&task.id, "label", &error))?;
    let label = label.as_str().map_or_else(|| label.to_string(), str::to_owned);
    Ok(Item { value, label: Some(label) })
}

fn brief(value: &Value) -> String {
    let text = value.to_string();
    if text.chars().count() <= 60 { text } else { text.chars().take(60).chain("...".chars()).collect() }
}

/// An expression that could not be evaluated.
pub(crate) fn fault(task: &str, field: &str, error: &Error) -> Fault {
    Fault::permanent("flow.expression", format!("`{field}` of {task} cannot be evaluated"), error.to_string())
        .at(format!("{field}: {}", error.text))
        .now(
            "Correct the expression in the flow file; a run keeps the version with which it started, so start it anew.",
        )
}
