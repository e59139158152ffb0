//! What needs what: groups of mapped tasks, the table of needs, and what comes at the end.

use std::fmt::Write as _;

use longshore_engine::Flow;
use longshore_engine::flow::{Role, Task, Trigger};
use serde_json::Value;

use super::super::python::{list, literal, string};
use super::super::shape::{Mapped, leaves, starts, tolerates};
use super::{one, timing, variable};

/// A chain of mapped tasks, as a group that is there once for each item.
pub(super) fn mapped(flow: &Flow, chain: &Mapped<'_>, groups: &[(String, String)]) -> String {
    let first = chain.first;
    let name = format!("each_{}", first.id);
    let parent = first.group.as_deref().map(|group| format!(", parent_group={}", variable(group))).unwrap_or_default();
    let rule = match first.trigger {
        Trigger::AllSuccess => String::new(),
        rule => format!(", trigger_rule={}", string(rule.word())),
    };
    let mut text = format!(
        "\n    items = carry({}, verb=\"expand\", task_id={}{}{rule})\n\
         \n    @task_group(group_id={}, prefix_group_id=False{parent})\n    def {name}(index):\n",
        string(&first.id),
        string(&items(&first.id)),
        timing(first),
        string(&name),
    );
    for position in &chain.tasks {
        let task = &flow.tasks[*position];
        let mut line = one(task, groups, "        ", true);
        if *position != chain.tasks[0] && task.trigger != Trigger::AllSuccess {
            line = line.trim_end().trim_end_matches(')').to_owned();
            let _ = writeln!(line, ", trigger_rule={})", string(task.trigger.word()));
        }
        text += &line;
    }
    for position in &chain.tasks {
        let task = &flow.tasks[*position];
        for above in task.needs.iter().filter(|need| chain.tasks.contains(need)) {
            let _ = writeln!(
                text,
                "        dag.get_task({}) >> dag.get_task({})",
                string(&flow.tasks[*above].id),
                string(&entry(task))
            );
        }
    }
    let _ = writeln!(text, "\n    {name}.expand(index=items.output)");
    text
}

/// The task that gives the list of a mapped one.
fn items(task: &str) -> String {
    format!("{task}__items")
}

/// The first of the lines that stand for a task.
fn entry(task: &Task) -> String {
    if starts(task) { format!("{}__params", task.id) } else { task.id.clone() }
}

/// What needs what, outside of the groups.
pub(super) fn needs(flow: &Flow, chains: &[Mapped<'_>]) -> String {
    let chain_of = |position: usize| chains.iter().position(|chain| chain.tasks.contains(&position));
    let mut lines = Vec::new();
    for (position, task) in flow.tasks.iter().enumerate() {
        let inside = |need: &&usize| chain_of(position).is_some() && chain_of(**need) == chain_of(position);
        let above: Vec<&str> =
            task.needs.iter().filter(|need| !inside(need)).map(|need| flow.tasks[*need].id.as_str()).collect();
        let first = chains.iter().any(|chain| chain.tasks[0] == position);
        let name = if first { items(&task.id) } else { entry(task) };
        if !above.is_empty() {
            lines.push(format!("        {}: {},", string(&name), list(above)));
        }
    }
    if lines.is_empty() {
        return String::new();
    }
    format!(
        "\n    needs = {{\n{}\n    }}\n    for name, above in needs.items():\n        \
         dag.get_task(name).set_upstream([dag.get_task(one) for one in above])\n",
        lines.join("\n")
    )
}

/// What comes at the end: setups and teardowns, hooks, and that a run has failed if any of its tasks has.
pub(super) fn ends(flow: &Flow) -> String {
    let mut text = String::new();
    for task in flow.tasks.iter().filter(|task| !task.teardown.is_empty()) {
        let setups: Vec<String> =
            task.teardown.iter().map(|one| format!("dag.get_task({})", string(&flow.tasks[*one].id))).collect();
        let fails = literal(&Value::Bool(!task.spares_run));
        let _ = writeln!(
            text,
            "    dag.get_task({}).as_teardown(setups=[{}], on_failure_fail_dagrun={fails})",
            string(&task.id),
            setups.join(", ")
        );
    }
    let leaves = leaves(flow);
    if flow.tasks.iter().any(|task| task.role == Role::Task && tolerates(task)) {
        let work: Vec<&str> = flow
            .tasks
            .iter()
            .filter(|one| one.role == Role::Task && one.teardown.is_empty())
            .map(|one| one.id.as_str())
            .collect();
        let _ = write!(
            text,
            "\n    def failed():\n        raise AirflowFailException(\"a task of the run has failed\")\n\n    \
             # A run has failed if any of its tasks has, also where others went on.\n    \
             watcher = PythonOperator(task_id=\"watcher__\", python_callable=failed, trigger_rule=\"one_failed\")\n    \
             watcher.set_upstream([dag.get_task(one) for one in {}])\n",
            list(work)
        );
    }
    text + &hooks(flow, &leaves)
}

/// Hooks run when all of the work has ended, however it did; each finds out by itself whether it is meant.
fn hooks(flow: &Flow, leaves: &[&str]) -> String {
    let hooks = |last: bool| {
        let meant = move |task: &&Task| match task.role {
            Role::OnFailure | Role::OnCancel => !last,
            Role::Finally => last,
            _ => false,
        };
        flow.tasks.iter().filter(meant).map(|task| task.id.as_str()).collect::<Vec<_>>()
    };
    let mut text = String::new();
    let mut above: Vec<&str> = leaves.to_vec();
    for all in [hooks(false), hooks(true)] {
        if all.is_empty() {
            continue;
        }
        let _ = write!(
            text,
            "\n    for hook in {}:  # after all of the work; each finds out whether it is meant\n        \
             dag.get_task(hook).set_upstream([dag.get_task(one) for one in {}])\n        dag.get_task(hook).as_teardown()\n",
            list(all.iter().copied()),
            list(above.iter().copied())
        );
        above.extend(all);
    }
    text
}
