//! The mark that a run puts on its draft: an identifier of the record, by which the draft is told from that of another run whose record says the same.

use serde_json::{Value, json};

use super::record::Generation;

/// What a mark begins with; the run's id follows.
const PREFIX: &str = "longshore:";

impl Generation {
    /// Where identifiers stand in what a record says of itself, and what the identifier is called there.
    fn identifiers(self) -> (&'static str, &'static str) {
        match self {
            Self::B2share => ("/alternate_identifiers", "alternate_identifier"),
            Self::Invenio => ("/metadata/identifiers", "identifier"),
        }
    }

    fn mark(self, run: &str) -> Value {
        let mark = format!("{PREFIX}{run}");
        match self {
            Self::B2share => json!({"alternate_identifier": mark, "alternate_identifier_type": "Longshore run"}),
            Self::Invenio => json!({"identifier": mark, "scheme": "other"}),
        }
    }

    fn all(self, said: &Value) -> Vec<Value> {
        said.pointer(self.identifiers().0).and_then(Value::as_array).cloned().unwrap_or_default()
    }

    fn run(self, line: &Value) -> Option<&str> {
        line.get(self.identifiers().1)?.as_str()?.strip_prefix(PREFIX)
    }
}

/// The run whose mark a draft has.
pub(super) fn run_of(generation: Generation, said: &Value) -> Option<String> {
    generation.all(said).iter().find_map(|line| generation.run(line).map(str::to_owned))
}

/// All identifiers, with the mark of this run and of no other.
pub(super) fn identifiers(generation: Generation, said: &Value, run: Option<&str>) -> Vec<Value> {
    let mut lines = generation.all(said);
    lines.retain(|line| generation.run(line).is_none());
    lines.extend(run.map(|run| generation.mark(run)));
    lines
}

/// The same that is said, with the mark of this run and of no other; without one, as it was before it had any.
pub(super) fn marked(generation: Generation, said: &Value, run: Option<&str>) -> Value {
    let mut said = said.clone();
    let lines = identifiers(generation, &said, run);
    let (above, name) = generation.identifiers().0.rsplit_once('/').unwrap_or_default();
    if let Some(Value::Object(fields)) = said.pointer_mut(above) {
        match lines.as_slice() {
            [] => drop(fields.remove(name)),
            lines => drop(fields.insert(name.to_owned(), json!(lines))),
        }
    }
    said
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_mark_is_put_beside_other_identifiers_and_taken_away_again() {
        let invenio = json!({"metadata": {"title": "T", "identifiers": [{"identifier": "x", "scheme": "url"}]}});
        let b2share = json!({"titles": [{"title": "T"}], "community": "c"});
        for (generation, said) in [(Generation::Invenio, invenio), (Generation::B2share, b2share)] {
            let first = marked(generation, &said, Some("one"));
            assert_eq!(run_of(generation, &first).as_deref(), Some("one"));
            let second = marked(generation, &first, Some("two"));
            assert_eq!(run_of(generation, &second).as_deref(), Some("two"), "a draft has one mark");
            assert_eq!(marked(generation, &second, None), said);
        }
        assert_eq!(run_of(Generation::B2share, &json!({})), None);
    }
}
