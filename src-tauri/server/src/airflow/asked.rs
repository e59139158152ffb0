//! What a request asks for in its address: pages, orders, filters.

use axum::extract::FromRequestParts;
use axum::http::StatusCode;
use axum::http::request::Parts;
use longshore_api::wire::Between;

use super::answer::Refusal;
use super::{Api, Ask};

/// Rows of a page at most, as in Airflow's default (`maximum_page_limit`). More are cut silently, as there.
pub(super) const MOST: u64 = 100;

/// Rows that may be passed over at most.
const FARTHEST: u64 = 1 << 31;

/// Who asks, and the pairs behind the question mark.
pub(super) struct Asked {
    pub(super) ask: Ask,
    pairs: Vec<(String, String)>,
}

/// Which rows of a list.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Window {
    pub(super) offset: u64,
    /// At least 1.
    pub(super) limit: u64,
}

impl Window {
    /// What of a list that is there as a whole.
    pub(super) fn of<T>(self, all: Vec<T>) -> Vec<T> {
        let number = |count: u64| usize::try_from(count).unwrap_or(usize::MAX);
        all.into_iter().skip(number(self.offset)).take(number(self.limit)).collect()
    }

    /// As an operation takes it.
    pub(super) fn rows(self) -> u32 {
        u32::try_from(self.limit).unwrap_or(u32::MAX)
    }
}

impl<S: Send + Sync> FromRequestParts<S> for Asked {
    type Rejection = Refusal;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Self, Refusal> {
        let ask = asks(parts)?;
        Ok(Self { ask, pairs: pairs(parts.uri.query().unwrap_or_default()) })
    }
}

/// Who asks, as the gate has found out.
pub(super) fn asks(parts: &Parts) -> Result<Ask, Refusal> {
    let nobody = || Refusal::new(StatusCode::UNAUTHORIZED, "Not authenticated");
    parts.extensions.get::<Ask>().cloned().ok_or_else(nobody)
}

/// The pairs of a query or a form, decoded.
pub(super) fn pairs(text: &str) -> Vec<(String, String)> {
    let Ok(mut url) = reqwest::Url::parse("http://localhost/") else { return Vec::new() };
    url.set_query(Some(text));
    url.query_pairs().into_owned().collect()
}

impl Asked {
    /// A value, the last if it is said more than once.
    pub(super) fn text(&self, name: &str) -> Option<&str> {
        self.pairs.iter().rev().find(|(known, _)| known == name).map(|(_, value)| value.as_str())
    }

    /// All values of a name: said again, or in v1 with commas between.
    pub(super) fn texts(&self, name: &str) -> Vec<&str> {
        let all = self.pairs.iter().filter(|(known, _)| known == name).map(|(_, value)| value.as_str());
        if self.ask.api == Api::V1 { all.flat_map(|value| value.split(',')).collect() } else { all.collect() }
    }

    pub(super) fn unfit(&self, name: &str, why: &str) -> Refusal {
        Refusal::unfit(&self.ask, "query", name, why)
    }

    pub(super) fn whole(&self, name: &str) -> Result<Option<i64>, Refusal> {
        let read = |text: &str| text.parse().map_err(|_| self.unfit(name, "a whole number is wanted"));
        self.text(name).map(read).transpose()
    }

    pub(super) fn truth(&self, name: &str) -> Result<Option<bool>, Refusal> {
        match self.text(name).map(str::to_ascii_lowercase).as_deref() {
            None => Ok(None),
            Some("true" | "1" | "yes" | "on" | "t" | "y") => Ok(Some(true)),
            Some("false" | "0" | "no" | "off" | "f" | "n") => Ok(Some(false)),
            Some(_) => Err(self.unfit(name, "true or false is wanted")),
        }
    }

    /// Milliseconds since the epoch.
    pub(super) fn time(&self, name: &str) -> Result<Option<i64>, Refusal> {
        let read =
            |text: &str| time(text).ok_or_else(|| self.unfit(name, "a time is wanted, such as 2026-01-31T12:00:00Z"));
        self.text(name).map(read).transpose()
    }

    /// A span of time, from `NAME_gte`, `NAME_gt`, `NAME_lte` and `NAME_lt`.
    pub(super) fn between(&self, name: &str) -> Result<Between, Refusal> {
        let at = |end: &str| self.time(&format!("{name}_{end}"));
        let later = |at: Option<i64>| at.map(|at| at.saturating_add(1));
        let since = at("gte")?.max(later(at("gt")?));
        let until = [later(at("lte")?), at("lt")?].into_iter().flatten().min();
        Ok(Between { since, until })
    }

    /// The page: of 100 rows in v1 and 50 in v2, if nothing is said.
    pub(super) fn window(&self) -> Result<Window, Refusal> {
        let unless = if self.ask.api == Api::V1 { MOST } else { 50 };
        let least = |name: &str, unless: u64| match self.whole(name)? {
            None => Ok(unless),
            Some(number) => u64::try_from(number).map_err(|_| self.unfit(name, "0 or more is wanted")),
        };
        let limit = match least("limit", unless)? {
            0 => unless,
            limit => limit.min(MOST),
        };
        let offset = least("offset", 0)?;
        if offset > FARTHEST {
            return Err(self.unfit("offset", &format!("at most {FARTHEST} is wanted")));
        }
        Ok(Window { offset, limit })
    }

    /// The first order that is asked for: its name and whether the highest come first.
    pub(super) fn order(&self, known: &[&str]) -> Result<Option<(String, bool)>, Refusal> {
        let Some(asked) = self.texts("order_by").first().copied().filter(|asked| !asked.is_empty()) else {
            return Ok(None);
        };
        order(asked, known).map(Some)
    }
}

/// An order by one of these.
pub(super) fn order(asked: &str, known: &[&str]) -> Result<(String, bool), Refusal> {
    let name = asked.strip_prefix('-').unwrap_or(asked);
    if !known.contains(&name) {
        let why = format!("Ordering with {name:?} is disallowed or the attribute does not exist on the model");
        return Err(Refusal::bad(why));
    }
    Ok((name.to_owned(), asked.starts_with('-')))
}

/// A time in one of the forms of ISO 8601 that Airflow takes; without a zone it is UTC.
pub(super) fn time(text: &str) -> Option<i64> {
    // A plus that was not encoded is a space by now.
    let text = text.trim().replace(' ', "+");
    let zoned = text.parse::<jiff::Timestamp>();
    let plain = || text.parse::<jiff::civil::DateTime>().ok()?.to_zoned(jiff::tz::TimeZone::UTC).ok();
    let at = zoned.ok().or_else(|| plain().map(|zoned| zoned.timestamp()))?;
    Some(at.as_millisecond())
}

/// Whether a name is like a pattern of SQL, in which `%` stands for anything; one without it may stand anywhere.
pub(super) fn like(name: &str, pattern: &str) -> bool {
    let (name, pattern) = (name.to_lowercase(), pattern.to_lowercase());
    if !pattern.contains('%') {
        return name.contains(&pattern) || pattern == "~";
    }
    let mut rest = name.as_str();
    let parts: Vec<&str> = pattern.split('%').collect();
    for (i, part) in parts.iter().enumerate() {
        let last = i + 1 == parts.len();
        match rest.find(part) {
            Some(0) if i == 0 => rest = &rest[part.len()..],
            Some(_) if i == 0 => return false,
            Some(_) if last => return rest.ends_with(part),
            Some(at) => rest = &rest[at + part.len()..],
            None => return false,
        }
    }
    true
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn times_are_read_in_the_forms_that_scripts_write() {
        let at = Some(1_767_225_600_000);
        let forms = [
            "2026-01-01T00:00:00Z",
            "2026-01-01T01:00:00+01:00",
            "2026-01-01T01:00:00 01:00",
            "2026-01-01T00:00:00",
            "2026-01-01",
        ];
        for form in forms {
            assert_eq!(time(form), at, "{form}");
        }
        assert_eq!(time("soon"), None);
    }

    #[test]
    fn patterns_are_those_of_sql() {
        for (pattern, fits) in
            [("arch", true), ("%set", true), ("archive%", true), ("a%e%t", true), ("set%", false), ("x", false)]
        {
            assert_eq!(like("archive_dataset", pattern), fits, "{pattern}");
        }
    }

    #[test]
    fn pairs_are_decoded() {
        let wanted = [("a", "1 2"), ("b", "x&y"), ("a", "")].map(|(name, value)| (name.to_owned(), value.to_owned()));
        assert_eq!(pairs("a=1+2&b=x%26y&a="), wanted);
    }
}
