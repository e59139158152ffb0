//! How many turns there are: more while more of them move more, half as many when a storage says that it was too much.

use std::time::Duration;

/// Turns at first, and at most.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Bounds {
    /// Before anything is known of the storage.
    pub start: usize,
    /// Never more.
    pub most: usize,
}

impl Bounds {
    /// With the limit that an operator has set, if one was.
    #[must_use]
    pub fn limited(self, most: Option<usize>) -> Self {
        let most = most.unwrap_or(self.most).max(1);
        Self { start: self.start.clamp(1, most), most }
    }
}

/// Bytes that what is asked of a storage counts for besides those that it moves: so small files are told from large ones, and what
/// moves none is not nothing.
const WORTH: u64 = 64 << 10;

/// A round is judged when as many turns have ended as there are, and not before this: what is shorter says little.
const ROUND: Duration = Duration::from_millis(100);

/// One more step is worth it when a round moves this many times as much as the one before it.
const GAIN: f64 = 1.05;

/// Rounds for which a level is held that did no better than the one below it, at first and at most: each time it is tried in vain they
/// double.
const HOLD: u32 = 8;
const HOLD_MAX: u32 = 256;

/// For this long the level at which a storage last said that it was too much is not tried again.
const QUIET: Duration = Duration::from_mins(1);

/// The law. Times are counted from any fixed moment.
#[derive(Debug)]
pub(super) struct Law {
    most: usize,
    turns: usize,
    round: Round,
    climb: Climb,
    hold: u32,
    cut: Option<Cut>,
}

/// What was seen since the last judgement.
#[derive(Debug, Default)]
struct Round {
    since: Duration,
    ended: usize,
    work: u64,
    /// Somebody had to wait for a turn: only then is the level what holds the work up.
    waited: bool,
}

#[derive(Debug, Clone, Copy)]
enum Climb {
    /// A step was taken from there, where a second moved so much.
    Tried { from: usize, rate: f64 },
    /// The next step is taken after so many rounds.
    Held(u32),
}

/// The last time that it was too much.
#[derive(Debug, Clone, Copy)]
struct Cut {
    at: Duration,
    /// Turns that were under way then.
    level: usize,
}

impl Law {
    pub(super) fn new(bounds: Bounds, now: Duration) -> Self {
        let Bounds { start, most } = bounds.limited(Some(bounds.most));
        let round = Round { since: now, ..Round::default() };
        Self { most, turns: start, round, climb: Climb::Held(0), hold: HOLD, cut: None }
    }

    pub(super) fn turns(&self) -> usize {
        self.turns
    }

    pub(super) fn most(&self) -> usize {
        self.most
    }

    /// Somebody waits for a turn.
    pub(super) fn waited(&mut self) {
        self.round.waited = true;
    }

    /// A turn has ended well, after so many bytes.
    pub(super) fn ended(&mut self, now: Duration, bytes: u64) {
        self.round.ended += 1;
        self.round.work = self.round.work.saturating_add(bytes).saturating_add(WORTH);
        let took = now.saturating_sub(self.round.since);
        if self.round.ended >= self.turns && took >= ROUND {
            let round = std::mem::replace(&mut self.round, Round { since: now, ..Round::default() });
            if round.waited {
                self.judge(now, round.work as f64 / took.as_secs_f64());
            }
        }
    }

    fn judge(&mut self, now: Duration, rate: f64) {
        match self.climb {
            Climb::Held(0) => self.step(now, rate),
            Climb::Held(rounds) => self.climb = Climb::Held(rounds - 1),
            Climb::Tried { rate: before, .. } if rate >= before * GAIN => {
                self.hold = HOLD;
                self.step(now, rate);
            }
            Climb::Tried { from, .. } => {
                self.turns = from;
                self.climb = Climb::Held(self.hold);
                self.hold = (self.hold * 2).min(HOLD_MAX);
            }
        }
    }

    /// One step up, by an eighth, so that it can be told from chance; not to where it was too much a short while ago.
    fn step(&mut self, now: Duration, rate: f64) {
        let top = match self.cut {
            Some(cut) if now.saturating_sub(cut.at) < QUIET => self.most.min(cut.level.saturating_sub(1).max(1)),
            _ => self.most,
        };
        let from = self.turns;
        self.turns = (from + (from / 8).max(1)).min(top).max(from);
        self.climb = if self.turns > from { Climb::Tried { from, rate } } else { Climb::Held(HOLD) };
    }

    /// A turn that began then has failed by what too many at once lead to, when so many were under way. Those that had begun before
    /// the last cut say nothing new.
    pub(super) fn too_much(&mut self, now: Duration, began: Duration, under_way: usize) {
        if self.cut.is_some_and(|cut| began < cut.at) {
            return;
        }
        let level = under_way.min(self.turns).max(1);
        self.cut = Some(Cut { at: now, level });
        self.turns = (level / 2).max(1);
        self.climb = Climb::Held(0);
        self.round = Round { since: now, ..Round::default() };
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// How long a turn takes.
    const TURN: Duration = Duration::from_millis(100);

    /// A storage that moves so many pieces of a MiB at once as fast as one, and refuses above a number.
    struct Model {
        law: Law,
        now: Duration,
        lanes: usize,
        refuses_above: usize,
        refused: usize,
    }

    impl Model {
        fn new(start: usize, most: usize, lanes: usize, refuses_above: usize) -> Self {
            let law = Law::new(Bounds { start, most }, Duration::ZERO);
            Self { law, now: Duration::ZERO, lanes, refuses_above, refused: 0 }
        }

        /// Every turn there is begins now and ends together with the others.
        fn go(&mut self) -> usize {
            let (began, turns) = (self.now, self.law.turns());
            // Above the lanes that the line has, all go slower.
            self.now += TURN.mul_f64((turns as f64 / self.lanes as f64).max(1.0));
            for at in 0..turns {
                self.law.waited();
                if at >= self.refuses_above {
                    self.refused += 1;
                    self.law.too_much(self.now, began, turns);
                } else {
                    self.law.ended(self.now, 1 << 20);
                }
            }
            self.law.turns()
        }

        fn levels(&mut self, times: usize) -> Vec<usize> {
            (0..times).map(|_| self.go()).collect()
        }
    }

    #[test]
    fn it_climbs_while_more_turns_move_more_and_stays_where_they_do_not() {
        let mut model = Model::new(4, 64, 20, usize::MAX);
        let levels = model.levels(300);
        let settled = &levels[100..];
        assert_eq!(settled.iter().min(), Some(&20), "{levels:?}");
        assert!(settled.iter().max() <= Some(&23), "a step above and back: {levels:?}");
        let above = settled.iter().filter(|level| **level > 20).count();
        assert!(above * 8 < settled.len(), "it is tried seldom: {above} of {}", settled.len());
    }

    #[test]
    fn it_never_goes_above_its_limit() {
        let mut model = Model::new(16, 5, 100, usize::MAX);
        assert_eq!(model.law.turns(), 5);
        assert_eq!(model.levels(200).into_iter().max(), Some(5));
    }

    #[test]
    fn what_is_too_much_halves_it_once_for_all_that_were_under_way() {
        let mut model = Model::new(32, 64, 100, 6);
        assert_eq!(model.levels(3), [16, 8, 4]);
        assert_eq!(model.refused, (32 - 6) + (16 - 6) + (8 - 6));
    }

    #[test]
    fn the_level_below_what_was_too_much_is_found_and_held() {
        let mut model = Model::new(32, 64, 100, 6);
        model.levels(20);
        // From there on it is tried again once a minute, and found to be too much.
        let (before, levels) = (model.refused, model.levels(1200));
        let held = levels.iter().filter(|level| **level == 6).count();
        assert!(held > 1100, "{held} of 1200 rounds at the level: {:?}", &levels[..80]);
        assert!(model.refused - before <= 4, "{} refused in two minutes", model.refused - before);
    }

    #[test]
    fn nobody_who_waits_means_that_more_would_change_nothing() {
        let mut law = Law::new(Bounds { start: 4, most: 64 }, Duration::ZERO);
        for at in 1..1000 {
            law.ended(TURN * at, 1 << 20);
        }
        assert_eq!(law.turns(), 4);
    }
}
