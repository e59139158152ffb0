//! Trigger rules: whether a task may run, seen from the task runs of what it needs. As in Airflow, mapped task runs count one by one.

use super::{Run, Slot};
use crate::flow::{Role, Trigger};
use crate::{RunState, TaskState};

/// What is to be done with a task that waits.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Verdict {
    /// It may run.
    Run,
    /// It will not run: its rule asks for what did not come.
    Skip,
    /// It will not run: a failure above.
    UpstreamFailed,
}

/// Task runs of the tasks above, by how they ended.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(super) struct Above {
    pub(super) total: u32,
    pub(super) success: u32,
    /// Failed, upstream failed, or cancelled.
    pub(super) failed: u32,
    pub(super) skipped: u32,
}

impl Above {
    fn done(self) -> bool {
        self.success + self.failed + self.skipped == self.total
    }
}

/// The verdict of a rule; none as long as it must wait.
pub(super) fn verdict(rule: Trigger, above: Above) -> Option<Verdict> {
    use Verdict::{Run, Skip, UpstreamFailed};
    let Above { total, success, failed, skipped } = above;
    let done = above.done();
    let when = |holds: bool, verdict| holds.then_some(verdict);
    let unless_failed = |otherwise: Option<Verdict>| if failed > 0 { Some(UpstreamFailed) } else { otherwise };
    if total == 0 {
        return Some(Run);
    }
    match rule {
        Trigger::Always => Some(Run),
        Trigger::AllSuccess => unless_failed(when(skipped > 0, Skip).or(when(success == total, Run))),
        Trigger::NoneFailed => unless_failed(when(done, Run)),
        Trigger::NoneFailedMinOneSuccess => unless_failed(when(done, if success > 0 { Run } else { Skip })),
        Trigger::AllFailed => when(success + skipped > 0, Skip).or(when(failed == total, Run)),
        Trigger::AllSkipped => when(success + failed > 0, Skip).or(when(skipped == total, Run)),
        Trigger::NoneSkipped => when(skipped > 0, Skip).or(when(done, Run)),
        Trigger::AllDone => when(done, Run),
        Trigger::AllDoneMinOneSuccess => when(done, min_one_success(above)),
        Trigger::OneSuccess => when(success > 0, Run).or(when(done, min_one_success(above))),
        Trigger::OneFailed => when(failed > 0, Run).or(when(done, Skip)),
        Trigger::OneDone => when(success + failed > 0, Run).or(when(done, Skip)),
    }
}

fn min_one_success(above: Above) -> Verdict {
    match above {
        Above { success, .. } if success > 0 => Verdict::Run,
        Above { skipped, total, .. } if skipped == total => Verdict::Skip,
        _ => Verdict::UpstreamFailed,
    }
}

impl Run {
    /// What is to be done with a task that waits; none as long as it must.
    pub fn verdict(&self, task: usize) -> Option<Verdict> {
        let one = &self.flow.tasks[task];
        if let Some(followed) = one.each.filter(|followed| self.tasks[*followed].expanded()) {
            // Its task runs come with those of the other one; then each of them is decided about by itself.
            let begins = !self.tasks[task].expanded() && self.tasks[followed].expanded();
            return begins.then_some(Verdict::Run);
        }
        match self.turn_of(one.role, task)? {
            Verdict::Run if one.teardown.is_empty() => verdict(one.trigger, self.above(&one.needs)),
            Verdict::Run => self.teardown(task),
            other => Some(other),
        }
    }

    /// What is to be done with a task run that follows another one: that one counts, and what else its task needs once it has ended.
    pub(crate) fn item_verdict(&self, (task, run): Slot) -> Option<Verdict> {
        let one = &self.flow.tasks[task];
        let followed = one.each?;
        let others: Vec<usize> = one.needs.iter().copied().filter(|need| *need != followed).collect();
        if !others.iter().all(|need| self.tasks[*need].ended()) {
            return None;
        }
        let mut above = self.above(&others);
        above.total += 1;
        match self.task_run((followed, run)).map(super::TaskRun::state) {
            Some(TaskState::Success) => above.success += 1,
            Some(TaskState::Skipped) => above.skipped += 1,
            Some(state) if state.is_final() => above.failed += 1,
            _ => {}
        }
        match self.turn_of(one.role, task)? {
            Verdict::Run => verdict(one.trigger, above),
            other => Some(other),
        }
    }

    fn turn_of(&self, role: Role, task: usize) -> Option<Verdict> {
        use Role::{OnCancel, OnFailure, OnRetry, Task};
        match role {
            Task => Some(Verdict::Run),
            OnFailure => self.turn(&[Task], self.failed(Task) && self.state != RunState::Cancelling),
            OnCancel => self.turn(&[Task, OnFailure], self.state == RunState::Cancelling),
            OnRetry if self.unseen(task) => Some(Verdict::Run),
            OnRetry => self.turn(&[Task], false),
            Role::Finally => self.turn(&[Task, OnFailure, OnCancel, OnRetry], true),
        }
    }

    /// A teardown runs once all that it needs has ended, if one of its setups had succeeded. As in Airflow.
    fn teardown(&self, task: usize) -> Option<Verdict> {
        let one = &self.flow.tasks[task];
        if !self.above(&one.needs).done() {
            return None;
        }
        let setups = self.above(&one.teardown);
        Some(match setups {
            Above { success, .. } if success > 0 => Verdict::Run,
            Above { skipped, total, .. } if skipped == total => Verdict::Skip,
            _ => Verdict::UpstreamFailed,
        })
    }

    /// A hook's turn: it waits for the parts before it, and is skipped if there is no reason for it.
    fn turn(&self, before: &[Role], reason: bool) -> Option<Verdict> {
        let ended = before.iter().all(|role| self.ended(*role));
        ended.then_some(if reason { Verdict::Run } else { Verdict::Skip })
    }

    fn above(&self, needs: &[usize]) -> Above {
        let mut above = Above::default();
        for task in needs.iter().map(|need| &self.tasks[*need]) {
            above.total += u32::try_from(task.runs().len()).unwrap_or(u32::MAX);
            above.success += task.count(TaskState::Success);
            above.skipped += task.count(TaskState::Skipped);
            above.failed += task.count(TaskState::Failed);
            above.failed += task.count(TaskState::UpstreamFailed) + task.count(TaskState::Cancelled);
        }
        above
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn above(success: u32, failed: u32, skipped: u32, waiting: u32) -> Above {
        Above { total: success + failed + skipped + waiting, success, failed, skipped }
    }

    /// Rule, how those above ended (succeeded, failed, skipped, not ended), and Airflow's verdict: run, skip, fail, or wait.
    const TABLE: &[(&str, [u32; 4], &str)] = &[
        ("all_success", [2, 0, 0, 0], "run"),
        ("all_success", [1, 0, 0, 1], "wait"),
        ("all_success", [1, 1, 0, 1], "fail"),
        ("all_success", [1, 0, 1, 0], "skip"),
        ("all_failed", [0, 2, 0, 0], "run"),
        ("all_failed", [1, 0, 0, 1], "skip"),
        ("all_failed", [0, 1, 0, 1], "wait"),
        ("all_done", [1, 1, 1, 0], "run"),
        ("all_done", [1, 1, 0, 1], "wait"),
        ("all_done_min_one_success", [1, 1, 0, 0], "run"),
        ("all_done_min_one_success", [0, 1, 1, 0], "fail"),
        ("all_done_min_one_success", [0, 0, 2, 0], "skip"),
        ("all_skipped", [0, 0, 2, 0], "run"),
        ("all_skipped", [1, 0, 0, 1], "skip"),
        ("one_failed", [0, 1, 0, 3], "run"),
        ("one_failed", [2, 0, 0, 0], "skip"),
        ("one_success", [1, 1, 0, 3], "run"),
        ("one_success", [0, 1, 1, 0], "fail"),
        ("one_success", [0, 0, 2, 0], "skip"),
        ("one_done", [0, 1, 0, 1], "run"),
        ("one_done", [0, 0, 2, 0], "skip"),
        ("none_failed", [1, 0, 1, 0], "run"),
        ("none_failed", [0, 0, 2, 0], "run"),
        ("none_failed", [1, 1, 0, 1], "fail"),
        ("none_failed_min_one_success", [1, 0, 1, 0], "run"),
        ("none_failed_min_one_success", [0, 0, 2, 0], "skip"),
        ("none_skipped", [1, 1, 0, 0], "run"),
        ("none_skipped", [0, 0, 1, 3], "skip"),
        ("always", [0, 0, 0, 3], "run"),
    ];

    #[test]
    fn every_rule_decides_as_in_airflow() {
        for (word, [success, failed, skipped, waiting], wanted) in TABLE {
            let rule = Trigger::WORDS.iter().find(|(one, _)| one == word).map(|(_, rule)| *rule).expect("a rule");
            let found = match verdict(rule, above(*success, *failed, *skipped, *waiting)) {
                Some(Verdict::Run) => "run",
                Some(Verdict::Skip) => "skip",
                Some(Verdict::UpstreamFailed) => "fail",
                None => "wait",
            };
            assert_eq!(found, *wanted, "{word} of {success} {failed} {skipped} {waiting}");
        }
    }

    /// Nothing waits for ever, and what was decided is not decided otherwise later.
    #[test]
    fn a_verdict_comes_and_stays() {
        for (word, rule) in Trigger::WORDS {
            for n in 0..4_u32.pow(3) {
                let (success, failed, skipped) = (n % 4, n / 4 % 4, n / 16);
                assert!(verdict(rule, above(success, failed, skipped, 0)).is_some(), "{word} waits for nobody");
                let early = verdict(rule, above(success, failed, skipped, 1));
                let later = [(1, 0, 0), (0, 1, 0), (0, 0, 1)]
                    .map(|(s, f, k)| verdict(rule, above(success + s, failed + f, skipped + k, 0)));
                // With all_success a skip comes at once, although a failure still at work would have come first: as in Airflow.
                let overtaken = rule == Trigger::AllSuccess && early == Some(Verdict::Skip);
                assert!(early.is_none() || overtaken || later.iter().all(|one| *one == early), "{word} changes");
            }
        }
    }
}
