//! What there is to decide about, kept up with every event, so that no decision looks at all task runs.

use super::{Retried, Run, Slot};
use crate::TaskState;
use crate::event::TaskEvent;
use crate::flow::Role;

impl Run {
    /// After a task changed: it, what needs it, and if it ended or woke, the hooks.
    pub(super) fn task_changed(&mut self, task: usize, turned: bool) {
        let flow = self.flow.clone();
        self.look_at(task);
        for other in &flow.tasks[task].needed_by {
            self.look_at(*other);
            if turned && flow.tasks[*other].each.is_some_and(|followed| followed != task) {
                self.look_at_items(*other);
            }
        }
        if turned {
            let hooks = flow.tasks.iter().enumerate().filter(|(_, task)| task.role != Role::Task);
            hooks.for_each(|(i, _)| self.look_at(i));
        }
    }

    pub(super) fn look_at_all(&mut self) {
        for task in 0..self.tasks.len() {
            self.look_at(task);
            self.look_at_items(task);
        }
    }

    pub(super) fn look_at(&mut self, task: usize) {
        if self.tasks[task].count(TaskState::None) > 0 && self.verdict(task).is_some() {
            self.due.insert(task);
        } else {
            self.due.remove(&task);
        }
    }

    /// All task runs of a task that follows another item by item.
    pub(super) fn look_at_items(&mut self, task: usize) {
        if self.flow.tasks[task].each.is_some() && self.tasks[task].expanded() {
            let count = u32::try_from(self.tasks[task].runs().len()).unwrap_or(u32::MAX);
            (0..count).for_each(|run| self.look_at_item((task, run)));
        }
    }

    pub(super) fn look_at_item(&mut self, slot: Slot) {
        if self.flow.tasks[slot.0].each.is_none() || !self.tasks[slot.0].expanded() {
            return;
        }
        let waits = self.task_run(slot).is_some_and(|one| one.state() == TaskState::None);
        if waits && self.item_verdict(slot).is_some() {
            self.due_items.insert(slot);
        } else {
            self.due_items.remove(&slot);
        }
    }

    /// The task runs that follow this one.
    pub(super) fn look_at_followers(&mut self, (task, run): Slot) {
        let flow = self.flow.clone();
        for other in flow.tasks[task].needed_by.iter().filter(|other| flow.tasks[**other].each == Some(task)) {
            self.look_at_item((*other, run));
        }
    }

    /// A hook for retries that begins sees all there have been; one that begins anew sees them again.
    pub(super) fn hook_seen(&mut self, task: usize, begins: bool, anew: bool) {
        if self.flow.tasks[task].role != Role::OnRetry {
            return;
        }
        if anew {
            self.hooked.remove(&task);
        } else if begins {
            self.hooked.insert(task, self.retries);
        }
    }

    /// Keeps count of retries, for the hooks that come with them.
    pub(super) fn retrying(&mut self, slot: Slot, event: &TaskEvent) {
        let TaskEvent::Retrying { fault, next_at } = event else { return };
        if self.flow.tasks[slot.0].role == Role::OnRetry {
            return;
        }
        self.retries += 1;
        let (task, index) = (self.flow.tasks[slot.0].id.clone(), self.index(slot));
        self.retried = Some(Retried { task, index, fault: fault.clone(), next_at: *next_at });
        let hooks: Vec<usize> = self.of(Role::OnRetry).collect();
        for hook in hooks {
            self.look_at(hook);
        }
    }
}
