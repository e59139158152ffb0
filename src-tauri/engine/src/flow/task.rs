//! A task's fields, each by itself.

use std::time::Duration;

use serde_json::Value;

use super::node::{Data, Node};
use super::read::{Fields, Name, Reading};
use super::{Backoff, Claim, Reserve, Retries, Role, Task, Trigger};
use crate::expression::Template;

const RETRIES: [&str; 5] = ["max", "delay", "backoff", "jitter", "cap"];

impl Reading<'_> {
    /// The fields of a task that stand for themselves; id and kind are left empty.
    pub(super) fn task(&mut self, fields: &Fields<'_>, role: Role, used: &mut Vec<Name>) -> Task {
        let with = fields.get("with").map(|node| self.template(node, &fields.path("with"), used));
        let label = fields.get("label").map(|node| self.template(node, &fields.path("label"), used));
        let for_each = fields.get("for_each").map(|node| self.expression(node, &fields.path("for_each"), used));
        let when = fields.get("when").map(|node| self.expression(node, &fields.path("when"), used));
        if label.is_some() && for_each.is_none() {
            let why = "only a mapped task (`for_each`) has labels".to_owned();
            self.wrong("value", fields.spot, &fields.path("label"), why, String::new());
        }
        Task {
            id: String::new(),
            role,
            uses: String::new(),
            with: with.unwrap_or_else(|| Template::Literal(Value::Object(serde_json::Map::new()))),
            for_each,
            needs: Vec::new(),
            needed_by: Vec::new(),
            reads: Vec::new(),
            when,
            when_text: fields
                .get("when")
                .map(|node| node.text().map_or_else(|| node.json().to_string(), str::to_owned)),
            trigger: self.word(fields, "trigger", &Trigger::WORDS).unwrap_or_default(),
            each: None,
            limits: self.claims(fields),
            priority: self.whole(fields, "priority").unwrap_or_default(),
            group: self.text(fields, "group").map(|one| one.text),
            setup: self.truth(fields, "setup").unwrap_or_default(),
            teardown: Vec::new(),
            spares_run: fields.get("teardown").is_some()
                && !self.truth(fields, "on_failure_fail_run").unwrap_or_default(),
            reserve: self.reserves(fields, used),
            retries: self.retries(fields),
            timeout: fields.get("timeout").and_then(|node| self.duration(node, &fields.path("timeout"))),
            stall_timeout: fields
                .get("stall_timeout")
                .and_then(|node| self.duration(node, &fields.path("stall_timeout"))),
            deadline: fields.get("deadline").and_then(|node| self.duration(node, &fields.path("deadline"))),
            label,
        }
    }

    /// Slots of limits: names, or names with a number.
    fn claims(&mut self, fields: &Fields<'_>) -> Vec<Claim> {
        let path = fields.path("limits");
        let nodes = match fields.get("limits") {
            None => return Vec::new(),
            Some(Node { data: Data::List(all), .. }) => all.as_slice(),
            Some(node) => std::slice::from_ref(node),
        };
        let mut claims: Vec<Claim> = Vec::new();
        for (i, node) in nodes.iter().enumerate() {
            let path = format!("{path}[{i}]");
            let Some(claim) = self.claim(node, &path) else { continue };
            if claims.iter().any(|other| other.limit == claim.limit) {
                let why = format!("the limit {:?} stands here twice", claim.limit);
                self.wrong(
                    "duplicate",
                    node.spot,
                    &path,
                    why,
                    "Write {name: ..., slots: 2} for two slots of it.".into(),
                );
            }
            claims.push(claim);
        }
        claims
    }

    fn claim(&mut self, node: &Node, path: &str) -> Option<Claim> {
        if !matches!(node.data, Data::Map(_)) {
            return self.name(node, path).map(|name| Claim { limit: name.text, slots: 1 });
        }
        let fields = self.fields(node, path, &["name", "slots"])?;
        let slots = self.count(&fields, "slots", 1).unwrap_or(1);
        Some(Claim { limit: self.needed_text(&fields, "name")?.text, slots })
    }

    fn reserves(&mut self, fields: &Fields<'_>, used: &mut Vec<Name>) -> Vec<Reserve> {
        let path = fields.path("reserve");
        match fields.get("reserve") {
            None => Vec::new(),
            Some(Node { data: Data::List(all), .. }) => {
                let one = |(i, node)| self.reserve(node, &format!("{path}[{i}]"), used);
                all.iter().enumerate().filter_map(one).collect()
            }
            Some(node) => self.reserve(node, &path, used).into_iter().collect(),
        }
    }

    fn reserve(&mut self, node: &Node, path: &str, used: &mut Vec<Name>) -> Option<Reserve> {
        let fields = self.fields(node, path, &["storage", "bytes"])?;
        let mut part = |name: &str| {
            let Some(node) = fields.get(name) else {
                self.wrong("missing", fields.spot, &fields.path(name), "it must be there".into(), String::new());
                return None;
            };
            Some(self.template(node, &fields.path(name), used))
        };
        let (storage, bytes) = (part("storage"), part("bytes"));
        Some(Reserve { storage: storage?, bytes: bytes? })
    }

    fn retries(&mut self, fields: &Fields<'_>) -> Retries {
        let mut retries = Retries::default();
        let path = fields.path("retries");
        let Some(node) = fields.get("retries") else { return retries };
        if matches!(node.data, Data::Scalar(Value::Number(_))) {
            retries.max = self.count(fields, "retries", 0).unwrap_or_default();
            return retries;
        }
        let Some(fields) = self.fields(node, &path, &RETRIES) else { return retries };
        retries.max = self.count(&fields, "max", 0).unwrap_or(1);
        if let Some(delays) = self.delays(&fields) {
            retries.delays = delays;
        }
        let words = [("fixed", Backoff::Fixed), ("exponential", Backoff::Exponential)];
        retries.backoff = self.word(&fields, "backoff", &words).unwrap_or_default();
        retries.jitter = self.truth(&fields, "jitter").unwrap_or_default();
        if let Some(cap) = fields.get("cap").and_then(|node| self.duration(node, &fields.path("cap"))) {
            retries.cap = cap;
        }
        retries
    }

    fn delays(&mut self, fields: &Fields<'_>) -> Option<Vec<Duration>> {
        let node = fields.get("delay")?;
        let path = fields.path("delay");
        let nodes = if let Data::List(all) = &node.data { all.as_slice() } else { std::slice::from_ref(node) };
        if nodes.is_empty() {
            self.wrong("value", node.spot, &path, "the list is empty".into(), String::new());
        }
        let delays: Vec<_> = nodes.iter().filter_map(|node| self.duration(node, &path)).collect();
        (!delays.is_empty()).then_some(delays)
    }
}
