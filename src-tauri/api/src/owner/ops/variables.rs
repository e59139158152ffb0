//! Variables: those that flows read, and those that Longshore itself reads.

use std::collections::BTreeMap;
use std::sync::Arc;

use longshore_engine::Fault;
use longshore_engine::flow::size;
use longshore_runner::variables;
use longshore_store::{Store, Variable};
use serde_json::{Map, Value};

use super::super::Owner;
use super::super::archiver;
use super::super::connections::secret_fields::{hide, sensitive};
use super::super::dispatch::Answer;
use crate::wire::{
    Nothing, VariableArgs, VariableList, VariableRemove, VariableRow, VariableSet, VariableSetArgs, VariableSource,
};

/// A variable of Longshore's own that is a number (of bytes, where its name says so): the value in force.
pub(in super::super) fn number(owner: &Owner, name: &str) -> Result<Option<u64>, Fault> {
    let all = owner.ask_variables()?;
    Ok(all.get(name).and_then(|row| as_number(&row.value)))
}

/// A variable of Longshore's own that is a text: the value in force, if it has one.
pub(in super::super) fn text(owner: &Owner, name: &str) -> Result<Option<String>, Fault> {
    let all = owner.ask_variables()?;
    Ok(all.get(name).and_then(|row| row.value.as_str().map(str::to_owned)))
}

fn as_number(value: &Value) -> Option<u64> {
    value.as_u64().or_else(|| size(value.as_str()?))
}

impl Owner {
    /// Every variable with its value in force.
    fn ask_variables(&self) -> Result<BTreeMap<String, VariableRow>, Fault> {
        let mut rows = BTreeMap::new();
        let mut put = |name: &str, value: Value, from| {
            let meaning = variables::known(name).map(|known| known.meaning.to_owned());
            rows.insert(
                name.to_owned(),
                VariableRow { name: name.to_owned(), value, hidden: sensitive(name), from, meaning },
            );
        };
        for known in variables::KNOWN {
            put(known.name, (known.value)(), VariableSource::BuiltIn);
        }
        for Variable { name, value } in self.store.variables()? {
            put(&name, value, VariableSource::Set);
        }
        for (name, value) in &self.environment {
            put(name, value.clone(), VariableSource::Environment);
        }
        Ok(rows)
    }
}

impl Answer<VariableList> for Owner {
    async fn answer(self: &Arc<Self>, _: Nothing) -> Result<Vec<VariableRow>, Fault> {
        self.ask(|owner| Ok(owner.ask_variables()?.into_values().map(shown).collect())).await
    }
}

impl Answer<VariableSet> for Owner {
    async fn answer(self: &Arc<Self>, args: VariableSetArgs) -> Result<VariableRow, Fault> {
        let VariableSetArgs { variable: name, value, .. } = args;
        let name = kept_as(name);
        check(&name, &value)?;
        self.ask(move |owner| {
            owner.store.set_variable(&Variable { name: name.clone(), value })?;
            archiver::settle(owner)?;
            owner.ask_variables()?.remove(&name).map(shown).ok_or_else(|| unknown(&name))
        })
        .await
    }
}

impl Answer<VariableRemove> for Owner {
    async fn answer(self: &Arc<Self>, args: VariableArgs) -> Result<Nothing, Fault> {
        let name = kept_as(args.variable);
        self.ask(move |owner| {
            owner.store.remove_variable(&name).map_err(|_| unknown(&name))?;
            archiver::settle(owner)
        })
        .await?;
        Ok(Nothing {})
    }
}

/// Hides the values of those whose names say that they are secrets in all that the process writes from here on.
pub(in super::super) fn hide_variables(store: &Store, environment: &Map<String, Value>) -> Result<(), Fault> {
    let set = store.variables()?;
    let all = set.iter().map(|one| (&one.name, &one.value)).chain(environment);
    all.filter(|(name, _)| sensitive(name)).for_each(|(_, value)| hide(value));
    Ok(())
}

/// As it is told: without what is hidden, which is hidden in all that the process writes too.
fn shown(row: VariableRow) -> VariableRow {
    if !row.hidden {
        return row;
    }
    hide(&row.value);
    VariableRow { value: Value::Null, ..row }
}

/// The name that a variable is kept under: that of the archiving service's in lower case, however it is written.
pub(super) fn kept_as(name: String) -> String {
    variables::canonical(&name).map_or(name, str::to_owned)
}

/// Whether a variable may have this name and value.
pub(super) fn check(name: &str, value: &Value) -> Result<(), Fault> {
    let plain = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '_';
    if name.is_empty() || name.len() > 100 || !name.chars().all(plain) || name.starts_with(|c: char| c.is_ascii_digit())
    {
        let why = format!("{name:?} is not a name of lower-case letters, digits and `_`");
        return Err(Fault::permanent("variable.name", "The variable was not set", why));
    }
    variables::check(name, value)
}

fn unknown(name: &str) -> Fault {
    Fault::permanent("variable.unknown", format!("There is no variable {name:?}"), "Nobody has set it")
        .now("See the variables with: longshore variable list")
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use serde_json::json;

    use super::*;

    #[test]
    fn names_and_values_are_checked() {
        check("target", &json!({"any": ["thing"]})).unwrap();
        check("keep_logs_bytes", &json!("1 GiB")).unwrap();
        check("keep_runs_days", &json!(30)).unwrap();
        for name in ["", "Big", "1st", "with space"] {
            assert_eq!(check(name, &json!(1)).unwrap_err().code, "variable.name", "{name}");
        }
        for value in [json!("soon"), json!(-1), json!([1])] {
            assert_eq!(check("keep_runs_days", &value).unwrap_err().code, "variable.value", "{value}");
        }
        assert_eq!(kept_as("LTS_STORAGE_ROOT".into()), "lts_storage_root");
        assert_eq!(kept_as("Mine".into()), "Mine");
    }
}
