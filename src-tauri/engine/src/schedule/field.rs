//! One field of a cron expression: numbers, names, ranges, steps, lists.

use std::fmt;

/// What is wrong with an expression, and what was meant.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Error {
    /// Field: `minute`, `hour`, ...
    pub field: &'static str,
    /// What is wrong with it.
    pub why: String,
    /// What is meant, or what there is; empty if nothing can be said.
    pub now: String,
}

impl fmt::Display for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "its {}: {}", self.field, self.why)
    }
}

/// What a field may hold.
pub(super) struct Field {
    name: &'static str,
    least: u32,
    most: u32,
    /// Names for its numbers, the first for `least`.
    names: &'static [&'static str],
}

pub(super) const SECOND: Field = Field { name: "second", least: 0, most: 59, names: &[] };
pub(super) const MINUTE: Field = Field { name: "minute", least: 0, most: 59, names: &[] };
pub(super) const HOUR: Field = Field { name: "hour", least: 0, most: 23, names: &[] };
pub(super) const DAY: Field = Field { name: "day of the month", least: 1, most: 31, names: &[] };
pub(super) const MONTH: Field = Field {
    name: "month",
    least: 1,
    most: 12,
    names: &["jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec"],
};
pub(super) const WEEKDAY: Field =
    Field { name: "day of the week", least: 0, most: 7, names: &["sun", "mon", "tue", "wed", "thu", "fri", "sat"] };

/// One part of a field's list.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Part {
    /// Bits, one a number.
    Numbers(u64),
    /// `L`: the last; of a weekday (`5L`): the last of the month.
    Last(Option<u32>),
    /// `5#2`: the second Friday of the month.
    Nth(u32, u32),
}

/// Whether a set holds a number.
pub(super) fn holds(set: u64, number: u32) -> bool {
    set.checked_shr(number).is_some_and(|rest| rest & 1 == 1)
}

/// The least number of a set, from this one on.
pub(super) fn next(set: u64, from: u32) -> Option<u32> {
    let rest = set.checked_shr(from)?;
    (rest != 0).then(|| from + rest.trailing_zeros())
}

/// The numbers of a range, `step` apart.
fn span(first: u32, last: u32, step: u32) -> u64 {
    (first..=last).step_by(step.max(1) as usize).fold(0, |set, number| set | 1 << number)
}

/// A field of numbers alone.
pub(super) fn numbers(field: &Field, text: &str) -> Result<u64, Error> {
    let mut all = 0;
    for part in parts(field, text) {
        match part? {
            Part::Numbers(numbers) => all |= numbers,
            part => return Err(field.not_here(&part)),
        }
    }
    Ok(all)
}

/// The parts of a field's list.
pub(super) fn parts(field: &Field, text: &str) -> impl Iterator<Item = Result<Part, Error>> {
    text.split(',').map(move |part| field.part(part))
}

impl Field {
    /// Every number of it.
    pub(super) fn all(&self) -> u64 {
        span(self.least, self.most, 1)
    }

    fn refused(&self, why: String) -> Error {
        let names = self.names.iter().take(2).map(|name| name.to_ascii_uppercase()).collect::<Vec<_>>().join(", ");
        let names = if names.is_empty() { names } else { format!(", or names: {names}, ...") };
        let now = format!(
            "The {} is {} to {}{names}; *, lists 1,2, ranges 1-5, steps */2.",
            self.name, self.least, self.most
        );
        Error { field: self.name, why, now }
    }

    /// `L` and `#` where they mean nothing.
    pub(super) fn not_here(&self, part: &Part) -> Error {
        let word = if matches!(part, Part::Nth(..)) { "#" } else { "L" };
        self.refused(format!("{word} means nothing here"))
    }

    fn part(&self, text: &str) -> Result<Part, Error> {
        if text.is_empty() {
            return Err(self.refused("a part of its list is empty".into()));
        }
        if let Some(day) = text.strip_suffix(['L', 'l']).filter(|day| !day.ends_with(|c: char| c.is_alphabetic())) {
            return Ok(Part::Last(if day.is_empty() { None } else { Some(self.number(day)?) }));
        }
        if let Some((day, nth)) = text.split_once('#') {
            let wrong = || self.refused(format!("{text:?} is not a weekday and which of the month, as in 5#2"));
            let nth = nth.parse().ok().filter(|nth| (1..=5).contains(nth)).ok_or_else(wrong)?;
            return Ok(Part::Nth(self.number(day)?, nth));
        }
        let (range, step) = match text.split_once('/') {
            None => (text, None),
            Some((range, step)) => (range, Some(self.step(step)?)),
        };
        let (first, last) = self.range(range, step.is_some())?;
        Ok(Part::Numbers(span(first, last, step.unwrap_or(1))))
    }

    fn step(&self, text: &str) -> Result<u32, Error> {
        let step = text.parse().ok().filter(|step| *step > 0);
        step.ok_or_else(|| self.refused(format!("{text:?} is not a step: a whole number from 1 on is wanted")))
    }

    /// First and last of a range; a number with a step begins one that goes to the end.
    fn range(&self, text: &str, stepped: bool) -> Result<(u32, u32), Error> {
        if matches!(text, "*" | "?") {
            return Ok((self.least, self.most));
        }
        let Some((first, last)) = text.split_once('-') else {
            let first = self.number(text)?;
            return Ok((first, if stepped { self.most } else { first }));
        };
        let (first, last) = (self.number(first)?, self.number(last)?);
        // Sunday, 0, is 7 where it ends a range.
        let last = if last == 0 && self.most == 7 && first > 0 { 7 } else { last };
        if first > last {
            return Err(self.refused(format!("the range {text:?} runs backwards")));
        }
        Ok((first, last))
    }

    fn number(&self, text: &str) -> Result<u32, Error> {
        let lower = text.to_ascii_lowercase();
        if let Some(at) = self.names.iter().position(|name| lower == *name) {
            return Ok(self.least + u32::try_from(at).unwrap_or_default());
        }
        let digits = text.bytes().all(|byte| byte.is_ascii_digit());
        let number = text.parse().ok().filter(|number| digits && (self.least..=self.most).contains(number));
        number.ok_or_else(|| self.unknown(text, &lower))
    }

    fn unknown(&self, text: &str, lower: &str) -> Error {
        if text.parse::<i64>().is_ok() {
            return self.refused(format!("{text} is not between {} and {}", self.least, self.most));
        }
        let mut error = self.refused(format!("{text:?} is not a number of it"));
        let near = crate::flow::meant(lower, self.names.iter().copied());
        if near.starts_with("Did you mean") {
            error.now = near.to_ascii_uppercase().replacen("DID YOU MEAN", "Did you mean", 1);
        }
        error
    }
}
