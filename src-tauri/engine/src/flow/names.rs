//! Names in a flow: what expressions use, and what needs what.

use std::collections::BTreeSet;

use super::check::Draft;
use super::cycle::cycle;
use super::near::meant;
use super::node::Spot;
use super::read::{Name, Reading};
use super::{Role, Task};

impl Reading<'_> {
    /// Checks every name that an expression uses.
    pub(super) fn names_in_use(&mut self, drafts: &[Draft], params: &BTreeSet<&str>) {
        for draft in drafts {
            for name in &draft.used {
                self.name_in_use(name, draft, drafts, params);
            }
        }
    }

    fn name_in_use(&mut self, name: &Name, draft: &Draft, drafts: &[Draft], params: &BTreeSet<&str>) {
        let mut parts = name.text.split('.');
        let (root, second, third) = (parts.next().unwrap_or_default(), parts.next(), parts.next());
        let in_list = name.field == format!("{}.for_each", draft.path);
        if in_list && each(draft) == second && third == Some("each") {
            return self.followed(name, second.unwrap_or_default(), draft, drafts);
        }
        // Who follows another task item by item has an item when its condition is looked at.
        let in_condition = name.field == format!("{}.when", draft.path) && each(draft).is_none();
        let before_items = in_list || in_condition;
        let mapped = draft.task.mapped() && !before_items;
        match (root, second) {
            ("item" | "index", _) if mapped => {}
            ("item" | "index", _) => {
                let why = format!("{root:?} is there only in a mapped task, outside of `for_each` and `when`");
                self.wrong("expression", name.spot, &name.field, why, String::new());
            }
            ("params", Some(param)) if !params.contains(param) => {
                let now = meant(param, params.iter().copied());
                self.wrong("expression", name.spot, &name.field, format!("the flow has no parameter {param:?}"), now);
            }
            ("params" | "vars" | "run", _) => {}
            ("tasks", Some(task)) => self.output_in_use(name, task, third, draft, drafts),
            ("tasks", None) => {
                let why = "a task's output is named in full".to_owned();
                self.wrong("expression", name.spot, &name.field, why, "Write tasks.<id>.output.".into());
            }
            _ => {
                let now = meant(root, ["params", "tasks", "item", "index", "run", "vars"].into_iter());
                self.wrong("expression", name.spot, &name.field, format!("there is no {root:?} here"), now);
            }
        }
    }

    fn output_in_use(&mut self, name: &Name, task: &str, attribute: Option<&str>, draft: &Draft, drafts: &[Draft]) {
        if attribute.is_some_and(|attribute| attribute != "output") {
            let why = format!("a task has no {:?}", attribute.unwrap_or_default());
            self.wrong("expression", name.spot, &name.field, why, format!("Write tasks.{task}.output."));
        }
        self.target(name, task, draft, drafts);
    }

    /// A task that is followed item by item has items.
    fn followed(&mut self, name: &Name, task: &str, draft: &Draft, drafts: &[Draft]) {
        let Some(found) = self.target(name, task, draft, drafts) else { return };
        let (to, from) = (&drafts[found].task, &draft.task);
        let why = if !to.mapped() {
            format!("{task:?} is not mapped, so there is nothing to follow item by item")
        } else if to.role != from.role {
            format!("{task:?} has ended before {:?} begins", draft.id.text)
        } else {
            return;
        };
        self.wrong("value", name.spot, &name.field, why, format!("Write tasks.{task}.output."));
    }

    /// The setups that a task tears down.
    fn teardown(&mut self, draft: &Draft, drafts: &[Draft]) -> BTreeSet<usize> {
        let mut setups = BTreeSet::new();
        for name in &draft.teardown {
            let Some(found) = self.target(name, &name.text, draft, drafts) else { continue };
            if !drafts[found].task.setup || drafts[found].task.role != draft.task.role {
                let why = format!("{:?} is no setup", name.text);
                self.wrong("value", name.spot, &name.field, why, "Write `setup: true` at that task.".into());
            }
            setups.insert(found);
        }
        let wrong = match () {
            () if draft.teardown.is_empty() => None,
            () if draft.task.setup => Some("a task is a setup or a teardown, not both"),
            () if draft.task.mapped() => Some("a teardown is one task run, it is not mapped"),
            () if draft.task.trigger != super::Trigger::AllSuccess => {
                Some("a teardown has a rule of its own, and no `trigger`")
            }
            () => None,
        };
        if let Some(why) = wrong {
            self.wrong("value", draft.id.spot, &draft.path, why.into(), String::new());
        }
        setups
    }

    /// The task that another one may need under this name.
    fn target(&mut self, name: &Name, task: &str, draft: &Draft, drafts: &[Draft]) -> Option<usize> {
        let Some(found) = drafts.iter().position(|other| other.id.text == task) else {
            let now = meant(task, drafts.iter().map(|other| other.id.text.as_str()));
            self.wrong("unknown_task", name.spot, &name.field, format!("there is no task {task:?}"), now);
            return None;
        };
        let (from, to) = (drafts[found].task.role, draft.task.role);
        if from != to && from != Role::Task {
            let why = format!("{task:?} is a hook ({}), which comes after", from.word());
            self.wrong("value", name.spot, &name.field, why, String::new());
            return None;
        }
        Some(found)
    }

    /// Follows the references between tasks, and finds cycles.
    pub(super) fn connected(&mut self, drafts: Vec<Draft>) -> Vec<Task> {
        let needs: Vec<BTreeSet<usize>> = drafts.iter().map(|draft| self.needs(draft, &drafts)).collect();
        if let Some(ring) = cycle(&needs) {
            let names: Vec<_> = ring.iter().map(|i| drafts[*i].id.text.as_str()).collect();
            let first = &drafts[ring[0]];
            let why = format!("the tasks need each other in a circle: {} -> {}", names.join(" -> "), names[0]);
            let spot: Spot = first.id.spot;
            self.wrong("cycle", spot, &first.path, why, "Take one of these needs away.".into());
        }
        let reads: Vec<BTreeSet<usize>> = drafts.iter().map(|draft| reads(draft, &drafts)).collect();
        let teardowns: Vec<BTreeSet<usize>> = drafts.iter().map(|draft| self.teardown(draft, &drafts)).collect();
        let followed = |draft: &Draft| drafts.iter().position(|other| Some(other.id.text.as_str()) == each(draft));
        let each: Vec<Option<usize>> = drafts.iter().map(followed).collect();
        let mut tasks: Vec<Task> = drafts.into_iter().map(|draft| draft.task).collect();
        tasks.iter_mut().zip(reads).for_each(|(task, reads)| task.reads = reads.into_iter().collect());
        for (task, (each, teardown)) in tasks.iter_mut().zip(each.into_iter().zip(teardowns)) {
            (task.each, task.teardown) = (each, teardown.into_iter().collect());
        }
        for (i, needs) in needs.into_iter().enumerate() {
            for need in &needs {
                tasks[*need].needed_by.push(i);
            }
            tasks[i].needs = needs.into_iter().collect();
        }
        tasks
    }

    fn needs(&mut self, draft: &Draft, drafts: &[Draft]) -> BTreeSet<usize> {
        let named: Vec<_> =
            draft.needs.iter().filter_map(|name| self.target(name, &name.text, draft, drafts)).collect();
        // What a hook uses of the work itself has ended before the hook begins.
        let same = |need: &usize| drafts[*need].task.role == draft.task.role;
        let setups =
            drafts.iter().enumerate().filter(|(_, other)| draft.teardown.iter().any(|n| n.text == other.id.text));
        let setups: Vec<usize> = setups.map(|(i, _)| i).collect();
        named.into_iter().chain(reads(draft, drafts)).chain(setups).filter(same).collect()
    }
}

/// The task that a task follows item by item: its `for_each` is `{{ tasks.<id>.each }}` and nothing else.
fn each(draft: &Draft) -> Option<&str> {
    let text = draft.task.for_each.as_ref()?.sole()?;
    let id = text.strip_prefix("tasks.")?.strip_suffix(".each")?;
    super::check::is_identifier(id).then_some(id)
}

/// Positions of the tasks whose output a task uses.
fn reads(draft: &Draft, drafts: &[Draft]) -> BTreeSet<usize> {
    let task = |name: &Name| {
        let mut parts = name.text.split('.');
        let task = (parts.next() == Some("tasks")).then(|| parts.next()).flatten()?;
        drafts.iter().position(|other| other.id.text == task)
    };
    draft.used.iter().filter_map(task).collect()
}
