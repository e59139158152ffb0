//! The query's `filter`: of its conditions as much as clients here use, which is equality.

use serde_json::{Map, Value};

use super::reply::{Refusal, framework};

/// A filter that was understood.
#[derive(Debug, Default)]
pub(super) struct Filter {
    conditions: Map<String, Value>,
    limit: Option<usize>,
    skip: usize,
    /// Field, and whether from the last to the first.
    order: Option<(String, bool)>,
}

impl Filter {
    /// Version 3 sorts by `limits.order`, version 4 by `limits.sort`.
    pub(super) fn read(filter: &Map<String, Value>, version: u8) -> Result<Self, Refusal> {
        let known = ["where", "fields", "limits", "include"];
        if let Some(odd) = filter.keys().find(|key| !known.contains(&key.as_str())) {
            return Err(framework(400, format!("Property {odd} should not exist in the filter object")));
        }
        let part = |name: &str| filter.get(name).and_then(Value::as_object).cloned().unwrap_or_default();
        let (conditions, limits) = (part("where"), part("limits"));
        let number = |name: &str| limits.get(name).and_then(Value::as_u64).and_then(|n| usize::try_from(n).ok());
        let order = if version == 3 {
            let text = limits.get("order").and_then(Value::as_str);
            text.and_then(|text| text.split_once(':')).map(|(field, way)| (field.to_owned(), way == "desc"))
        } else {
            let sort = limits.get("sort").and_then(Value::as_object).and_then(|sort| sort.iter().next());
            sort.map(|(field, way)| (field.clone(), way == "desc"))
        };
        Ok(Self { conditions, limit: number("limit"), skip: number("skip").unwrap_or(0), order })
    }

    /// What fits, in order.
    pub(super) fn of<'a>(&self, all: impl Iterator<Item = &'a Map<String, Value>>) -> Vec<&'a Map<String, Value>> {
        let mut found: Vec<_> = all.filter(|one| self.fits(one)).collect();
        if let Some((field, last_first)) = &self.order {
            found.sort_by_key(|one| one.get(field).map(ToString::to_string));
            if *last_first {
                found.reverse();
            }
        }
        found.into_iter().skip(self.skip).take(self.limit.unwrap_or(usize::MAX)).collect()
    }

    fn fits(&self, one: &Map<String, Value>) -> bool {
        self.conditions.iter().all(|(path, wanted)| at(one, path) == Some(wanted))
    }
}

/// The value at `a.b.c`.
fn at<'a>(one: &'a Map<String, Value>, path: &str) -> Option<&'a Value> {
    let (first, rest) = path.split_once('.').map_or((path, None), |(first, rest)| (first, Some(rest)));
    let value = one.get(first)?;
    rest.map_or(Some(value), |rest| at(value.as_object()?, rest))
}
