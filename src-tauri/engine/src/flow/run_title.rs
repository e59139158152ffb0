//! Titles of runs: from a template of the flow's, where it has one.

use serde_json::{Map, Value};

use super::Flow;
use crate::expression::{Scope, seen};

/// Characters of a title at most.
const MOST: usize = 200;

/// What stands in a title for a secret.
const SECRET: &str = "***";

impl Flow {
    /// The title of a run with these parameters, where the flow makes one of its runs' parameters: in one line, without their secrets. `None`
    /// where it comes to nothing.
    pub fn title_of_run(&self, params: &Map<String, Value>) -> Option<String> {
        let template = self.run_title.as_ref()?;
        let mut shown = params.clone();
        for param in self.params.iter().filter(|param| param.is_secret()) {
            shown.insert(param.name.clone(), SECRET.into());
        }
        let mut scope = Scope::default();
        scope.names.insert("params", seen(&Value::Object(shown)));
        let text = match template.render(&scope).ok()? {
            Value::String(text) => text,
            other => other.to_string(),
        };
        let line = text.split(|c: char| c.is_control()).filter(|part| !part.is_empty()).collect::<Vec<_>>().join(" ");
        let title: String = line.trim().chars().take(MOST).collect();
        (!title.is_empty()).then_some(title)
    }
}
