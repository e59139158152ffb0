//! From the tree of a flow file to its parts, each field checked by itself. Goes on after an error, so that all are told.

use std::time::Duration;

use serde_json::Value;

use super::duration;
use super::near::meant;
use super::node::{Data, Node, Spot};
use crate::Fault;
use crate::expression::Template;

/// Reads fields and gathers what is wrong.
pub(super) struct Reading<'a> {
    pub(super) file: &'a str,
    pub(super) faults: Vec<Fault>,
}

/// A name in the file and where it stands.
#[derive(Debug, Clone)]
pub(super) struct Name {
    pub(super) text: String,
    pub(super) spot: Spot,
    pub(super) field: String,
}

/// A mapping whose keys were checked.
pub(super) struct Fields<'n> {
    pub(super) spot: Spot,
    pub(super) path: String,
    entries: Vec<(&'n str, &'n Node)>,
}

impl<'n> Fields<'n> {
    /// A field's value, unless it is not there or null.
    pub(super) fn get(&self, name: &str) -> Option<&'n Node> {
        let found = self.entries.iter().find(|(key, _)| *key == name).map(|(_, node)| *node);
        found.filter(|node| node.data != Data::Scalar(Value::Null))
    }

    /// Path of a field.
    pub(super) fn path(&self, name: &str) -> String {
        if self.path.is_empty() { name.into() } else { format!("{}.{name}", self.path) }
    }
}

impl Reading<'_> {
    /// Notes what is wrong with a field.
    pub(super) fn wrong(&mut self, code: &str, spot: Spot, field: &str, why: String, now: String) {
        let what = if field.is_empty() { "The flow is wrong".into() } else { format!("`{field}` is wrong") };
        let at = format!("{}:{spot} {field}", self.file);
        self.faults.push(Fault::permanent(format!("flow.{code}"), what, why).at(at.trim_end()).now(now));
    }

    fn expected(&mut self, node: &Node, field: &str, wanted: &str) {
        let why = format!("{wanted} is wanted, and {} stands here", node.kind());
        self.wrong("type", node.spot, field, why, String::new());
    }

    /// A mapping with no other keys than these.
    pub(super) fn fields<'n>(&mut self, node: &'n Node, path: &str, known: &[&str]) -> Option<Fields<'n>> {
        let Data::Map(all) = &node.data else {
            self.expected(node, path, "a mapping");
            return None;
        };
        let fields = Fields {
            spot: node.spot,
            path: path.into(),
            entries: all.iter().map(|(key, one)| (key.text().unwrap_or_default(), one)).collect(),
        };
        for (key, _) in all {
            let name = key.text().unwrap_or_default();
            if !known.contains(&name) {
                let why = format!("there is no field {name:?} here");
                self.wrong("field", key.spot, &fields.path(name), why, meant(name, known.iter().copied()));
            }
        }
        Some(fields)
    }

    /// The elements of a list; of one that is not there, none.
    pub(super) fn list<'n>(&mut self, fields: &Fields<'n>, name: &str) -> &'n [Node] {
        match fields.get(name) {
            None => &[],
            Some(Node { data: Data::List(all), .. }) => all,
            Some(node) => {
                self.expected(node, &fields.path(name), "a list");
                &[]
            }
        }
    }

    /// A text.
    pub(super) fn text(&mut self, fields: &Fields<'_>, name: &str) -> Option<Name> {
        let node = fields.get(name)?;
        self.name(node, &fields.path(name))
    }

    /// A text that must be there.
    pub(super) fn needed_text(&mut self, fields: &Fields<'_>, name: &str) -> Option<Name> {
        if fields.get(name).is_none() {
            let why = "it is missing, and must be there".to_owned();
            self.wrong("missing", fields.spot, &fields.path(name), why, String::new());
            return None;
        }
        self.text(fields, name)
    }

    /// A text, with its place.
    pub(super) fn name(&mut self, node: &Node, field: &str) -> Option<Name> {
        let Some(text) = node.text() else {
            self.expected(node, field, "a text");
            return None;
        };
        Some(Name { text: text.into(), spot: node.spot, field: field.into() })
    }

    /// A list of names; one name alone will do.
    pub(super) fn names(&mut self, fields: &Fields<'_>, name: &str) -> Vec<Name> {
        if let Some(node) = fields.get(name).filter(|node| node.text().is_some()) {
            return self.name(node, &fields.path(name)).into_iter().collect();
        }
        let path = fields.path(name);
        let nodes = self.list(fields, name).iter().enumerate();
        nodes.filter_map(|(i, node)| self.name(node, &format!("{path}[{i}]"))).collect()
    }

    /// A whole number in a range.
    pub(super) fn count(&mut self, fields: &Fields<'_>, name: &str, least: u32) -> Option<u32> {
        let node = fields.get(name)?;
        let value =
            node.json().as_u64().and_then(|number| u32::try_from(number).ok()).filter(|number| *number >= least);
        if value.is_none() {
            let why = format!("a whole number from {least} on is wanted, and {} stands here", node.json());
            self.wrong("value", node.spot, &fields.path(name), why, String::new());
        }
        value
    }

    /// A whole number, negative or not.
    pub(super) fn whole(&mut self, fields: &Fields<'_>, name: &str) -> Option<i32> {
        let node = fields.get(name)?;
        let value = node.json().as_i64().and_then(|number| i32::try_from(number).ok());
        if value.is_none() {
            self.expected(node, &fields.path(name), "a whole number");
        }
        value
    }

    /// A truth value.
    pub(super) fn truth(&mut self, fields: &Fields<'_>, name: &str) -> Option<bool> {
        let node = fields.get(name)?;
        let value = node.json().as_bool();
        if value.is_none() {
            self.expected(node, &fields.path(name), "true or false");
        }
        value
    }

    /// A duration.
    pub(super) fn duration(&mut self, node: &Node, field: &str) -> Option<Duration> {
        let text =
            if let Data::Scalar(Value::Number(number)) = &node.data { number.to_string() } else { node.text()?.into() };
        let value = duration::duration(&text);
        if value.is_none() {
            let why = format!("{text:?} is not a duration");
            self.wrong("value", node.spot, field, why, "Write it as 90s, 15m, 6h or 1h 30m.".into());
        }
        value
    }

    /// One word of a list of words.
    pub(super) fn word<T: Copy>(&mut self, fields: &Fields<'_>, name: &str, words: &[(&str, T)]) -> Option<T> {
        let found = self.text(fields, name)?;
        let value = words.iter().find(|(word, _)| *word == found.text).map(|(_, value)| *value);
        if value.is_none() {
            let why = format!("{:?} is not one of its words", found.text);
            let now = meant(&found.text, words.iter().map(|(word, _)| *word));
            self.wrong("value", found.spot, &found.field, why, now);
        }
        value
    }

    /// A value with expressions in it; notes where each stands.
    pub(super) fn template(&mut self, node: &Node, field: &str, used: &mut Vec<Name>) -> Template {
        match &node.data {
            Data::Scalar(Value::String(text)) => self.leaf(Template::text(text), node, field, used),
            Data::Scalar(value) => Template::Literal(value.clone()),
            Data::List(all) => {
                let one = |(i, node)| self.template(node, &format!("{field}[{i}]"), used);
                joined_list(all.iter().enumerate().map(one).collect())
            }
            Data::Map(all) => {
                let one = |(key, node): &(Node, Node)| {
                    let key = key.text().unwrap_or_default();
                    (key.to_owned(), self.template(node, &format!("{field}.{key}"), used))
                };
                joined_map(all.iter().map(one).collect())
            }
        }
    }

    /// An expression, with or without braces, or a plain value.
    pub(super) fn expression(&mut self, node: &Node, field: &str, used: &mut Vec<Name>) -> Template {
        match node.text() {
            Some(text) => self.leaf(Template::expression(text), node, field, used),
            None => self.template(node, field, used),
        }
    }

    fn leaf(
        &mut self,
        read: Result<Template, crate::expression::Error>,
        node: &Node,
        field: &str,
        used: &mut Vec<Name>,
    ) -> Template {
        let template = read.unwrap_or_else(|error| {
            self.wrong("expression", node.spot, field, error.why, String::new());
            Template::default()
        });
        let names = template.names().into_iter();
        used.extend(names.map(|text| Name { text, spot: node.spot, field: field.into() }));
        template
    }
}

fn joined_list(all: Vec<Template>) -> Template {
    if !all.iter().all(Template::is_literal) {
        return Template::List(all);
    }
    Template::Literal(Value::Array(all.into_iter().map(literal).collect()))
}

fn joined_map(all: Vec<(String, Template)>) -> Template {
    if !all.iter().all(|(_, one)| one.is_literal()) {
        return Template::Map(all);
    }
    Template::Literal(Value::Object(all.into_iter().map(|(key, one)| (key, literal(one))).collect()))
}

fn literal(template: Template) -> Value {
    if let Template::Literal(value) = template { value } else { Value::Null }
}
