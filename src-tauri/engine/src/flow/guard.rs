//! The field `guard` of a flow.

use std::collections::BTreeSet;

use super::near::meant;
use super::node::{Data, Node};
use super::read::{Fields, Name, Reading};
use super::{Guard, OnDuplicate};
use crate::expression::Template;

impl Reading<'_> {
    /// A text, or a mapping with `value` and `on_duplicate`.
    pub(super) fn guard(&mut self, fields: &Fields<'_>, params: &BTreeSet<&str>) -> Option<Guard> {
        let node = fields.get("guard")?;
        let path = fields.path("guard");
        let mut used = Vec::new();
        let guard = if let Data::Map(_) = node.data {
            self.whole_guard(node, &path, &mut used)
        } else {
            let value = self.template(node, &path, &mut used);
            Some(Guard { value, on_duplicate: OnDuplicate::default() })
        };
        for name in &used {
            self.known_before(name, params);
        }
        guard
    }

    fn whole_guard(&mut self, node: &Node, path: &str, used: &mut Vec<Name>) -> Option<Guard> {
        let fields = self.fields(node, path, &["value", "on_duplicate"])?;
        let on_duplicate = self.word(&fields, "on_duplicate", &OnDuplicate::WORDS).unwrap_or_default();
        let Some(value) = fields.get("value") else {
            let why = "it is missing, and must be there".to_owned();
            self.wrong("missing", fields.spot, &fields.path("value"), why, String::new());
            return None;
        };
        Some(Guard { value: self.template(value, &fields.path("value"), used), on_duplicate })
    }

    /// The template for the titles of runs.
    pub(super) fn run_title(&mut self, fields: &Fields<'_>, params: &BTreeSet<&str>) -> Option<Template> {
        let node = fields.get("run_title")?;
        let mut used = Vec::new();
        let title = self.template(node, &fields.path("run_title"), &mut used);
        for name in &used {
            if name.text.split('.').next() == Some("vars") {
                let why = "a title is made of the parameters alone".to_owned();
                self.wrong("expression", name.spot, &name.field, why, String::new());
            }
            self.known_before(name, params);
        }
        Some(title)
    }

    /// Before a run begins there are only parameters and variables.
    fn known_before(&mut self, name: &Name, params: &BTreeSet<&str>) {
        let mut parts = name.text.split('.');
        match (parts.next().unwrap_or_default(), parts.next()) {
            ("params", Some(param)) if !params.contains(param) => {
                let now = meant(param, params.iter().copied());
                self.wrong("expression", name.spot, &name.field, format!("the flow has no parameter {param:?}"), now);
            }
            ("params" | "vars", _) => {}
            (root, _) => {
                let why = format!("there is no {root:?} before a run begins");
                self.wrong("expression", name.spot, &name.field, why, meant(root, ["params", "vars"].into_iter()));
            }
        }
    }
}
