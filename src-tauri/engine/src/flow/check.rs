//! The parts of a flow put together and checked against each other.

use std::collections::BTreeSet;
use std::time::Duration;

use serde_json::Value;
use sha2::{Digest, Sha256};

use super::cycle::cycle;
use super::kinds::Kinds;
use super::near::meant;
use super::node::{Data, Node, Spot};
use super::read::{Fields, Name, Reading};
use super::{Backoff, Flow, Reserve, Retries, Role, Task, Trigger};
use crate::Fault;
use crate::expression::Template;

const FLOW: [&str; 10] = [
    "id",
    "title",
    "description",
    "params",
    "schedule",
    "max_active_runs",
    "tasks",
    "on_failure",
    "on_cancel",
    "finally",
];
const TASK: [&str; 12] =
    ["id", "uses", "needs", "with", "for_each", "when", "trigger", "limits", "reserve", "retries", "timeout", "label"];
const RETRIES: [&str; 5] = ["max", "delay", "backoff", "jitter", "cap"];

/// A task as it stands in the file, its references not followed yet.
struct Draft {
    task: Task,
    id: Name,
    uses: Name,
    needs: Vec<Name>,
    /// Names that its expressions use.
    used: Vec<Name>,
    with: Option<Node>,
    path: String,
}

/// Reads and checks a flow file.
pub(super) fn flow(file: &str, text: &str, kinds: Option<&Kinds>) -> Result<Flow, Vec<Fault>> {
    let root = Node::read(file, text).map_err(|fault| vec![fault])?;
    let mut reading = Reading { file, faults: Vec::new() };
    let flow = reading.flow(&root, text, kinds);
    match flow {
        Some(flow) if reading.faults.is_empty() => Ok(flow),
        _ => Err(reading.faults),
    }
}

/// Letters, digits and underscores, not starting with a digit: what expressions can name.
pub(super) fn is_identifier(text: &str) -> bool {
    text.starts_with(|c: char| c.is_ascii_alphabetic() || c == '_')
        && text.chars().all(|c| c.is_ascii_alphanumeric() || c == '_')
}

/// Digest of a text, hex.
pub(super) fn digest(text: &[u8]) -> String {
    let digits = |byte: &u8| [byte >> 4, byte & 15].map(|digit| char::from_digit(digit.into(), 16).unwrap_or_default());
    Sha256::digest(text).iter().flat_map(digits).collect()
}

impl Reading<'_> {
    fn flow(&mut self, root: &Node, text: &str, kinds: Option<&Kinds>) -> Option<Flow> {
        let fields = self.fields(root, "", &FLOW)?;
        let id = self.needed_text(&fields, "id");
        if let Some(id) = &id {
            self.identifier(id);
        }
        let params = self.params(fields.get("params"));
        let schedules = self.schedules(&fields, &params);
        let drafts = self.drafts(&fields);
        if let Some(kinds) = kinds {
            for one in &drafts {
                self.kind(kinds, &one.uses, one.with.as_ref(), &one.path);
            }
        }
        let param_names: BTreeSet<&str> = params.iter().map(|one| one.name.as_str()).collect();
        self.names_in_use(&drafts, &param_names);
        let tasks = self.connected(drafts);
        let title = self.text(&fields, "title").map(|one| one.text);
        let description = self.text(&fields, "description").map(|one| one.text).unwrap_or_default();
        let max_active_runs = self.count(&fields, "max_active_runs", 1);
        let id = id?.text;
        let title = title.unwrap_or_else(|| id.clone());
        let version = digest(text.as_bytes());
        let positions = tasks.iter().enumerate().map(|(i, task)| (task.id.clone(), i)).collect();
        let source = text.into();
        Some(Flow { id, title, description, params, max_active_runs, tasks, schedules, version, source, positions })
    }

    fn identifier(&mut self, name: &Name) {
        if !is_identifier(&name.text) {
            let why = format!("{:?} is not an id", name.text);
            let now = "An id is letters, digits and underscores, and does not start with a digit.".into();
            self.wrong("value", name.spot, &name.field, why, now);
        }
    }

    fn drafts(&mut self, fields: &Fields<'_>) -> Vec<Draft> {
        let parts = [
            ("tasks", Role::Task),
            ("on_failure", Role::OnFailure),
            ("on_cancel", Role::OnCancel),
            ("finally", Role::Finally),
        ];
        let mut drafts: Vec<Draft> = Vec::new();
        for (name, role) in parts {
            for (i, node) in self.list(fields, name).iter().enumerate() {
                drafts.extend(self.draft(node, &format!("{name}[{i}]"), role));
            }
        }
        if fields.get("tasks").is_none() {
            let why = "a flow needs tasks".to_owned();
            self.wrong("missing", fields.spot, "tasks", why, String::new());
        }
        self.unique(&drafts);
        drafts
    }

    fn unique(&mut self, drafts: &[Draft]) {
        for (i, draft) in drafts.iter().enumerate() {
            if let Some(first) = drafts[..i].iter().find(|other| other.id.text == draft.id.text) {
                let why =
                    format!("the id {:?} is taken by {} (line {})", draft.id.text, first.path, first.id.spot.line);
                self.wrong("duplicate", draft.id.spot, &draft.id.field, why, "Give it another id.".into());
            }
        }
    }

    fn draft(&mut self, node: &Node, path: &str, role: Role) -> Option<Draft> {
        let fields = self.fields(node, path, &TASK)?;
        let id = self.needed_text(&fields, "id");
        let uses = self.needed_text(&fields, "uses");
        if let Some(id) = &id {
            self.identifier(id);
        }
        let mut names = Vec::new();
        let with = fields.get("with");
        if let Some(node) = with.filter(|node| !matches!(node.data, Data::Map(_))) {
            self.wrong("type", node.spot, &fields.path("with"), "a mapping is wanted".into(), String::new());
        }
        let task = self.task(&fields, role, &mut names);
        let needs = self.names(&fields, "needs");
        let (id, uses) = (id?, uses?);
        let task = Task { id: id.text.clone(), uses: uses.text.clone(), ..task };
        Some(Draft { task, id, uses, needs, used: names, with: with.cloned(), path: path.into() })
    }

    /// The fields of a task that stand for themselves; id and kind are left empty.
    fn task(&mut self, fields: &Fields<'_>, role: Role, used: &mut Vec<Name>) -> Task {
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
            limits: self.names(fields, "limits").into_iter().map(|one| one.text).collect(),
            reserve: self.reserves(fields, used),
            retries: self.retries(fields),
            timeout: fields.get("timeout").and_then(|node| self.duration(node, &fields.path("timeout"))),
            label,
        }
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

    /// Checks every name that an expression uses.
    fn names_in_use(&mut self, drafts: &[Draft], params: &BTreeSet<&str>) {
        for draft in drafts {
            for name in &draft.used {
                self.name_in_use(name, draft, drafts, params);
            }
        }
    }

    fn name_in_use(&mut self, name: &Name, draft: &Draft, drafts: &[Draft], params: &BTreeSet<&str>) {
        let mut parts = name.text.split('.');
        let (root, second, third) = (parts.next().unwrap_or_default(), parts.next(), parts.next());
        let before_items =
            name.field == format!("{}.for_each", draft.path) || name.field == format!("{}.when", draft.path);
        let mapped = draft.task.mapped() && !before_items;
        match (root, second) {
            ("item" | "index", _) if mapped => {}
            ("item" | "index", _) => {
                let why = format!("{root:?} is there only in a mapped task, outside of `for_each` and `when`");
                self.wrong("expression", name.spot, &name.field, why, String::new());
            }
            ("params", Some(param)) if !params.contains(param) => {
                let now = meant(param, params.iter().copied());
                self.wrong("expression", name.spot, &name.field, format!("the flow has no parameter {param:?}"), now);
            }
            ("params" | "vars" | "run", _) => {}
            ("tasks", Some(task)) => self.output_in_use(name, task, third, draft, drafts),
            ("tasks", None) => {
                let why = "a task's output is named in full".to_owned();
                self.wrong("expression", name.spot, &name.field, why, "Write tasks.<id>.output.".into());
            }
            _ => {
                let now = meant(root, ["params", "tasks", "item", "index", "run", "vars"].into_iter());
                self.wrong("expression", name.spot, &name.field, format!("there is no {root:?} here"), now);
            }
        }
    }

    fn output_in_use(&mut self, name: &Name, task: &str, attribute: Option<&str>, draft: &Draft, drafts: &[Draft]) {
        if attribute.is_some_and(|attribute| attribute != "output") {
            let why = format!("a task has no {:?}", attribute.unwrap_or_default());
            self.wrong("expression", name.spot, &name.field, why, format!("Write tasks.{task}.output."));
        }
        self.target(name, task, draft, drafts);
    }

    /// The task that another one may need under this name.
    fn target(&mut self, name: &Name, task: &str, draft: &Draft, drafts: &[Draft]) -> Option<usize> {
        let Some(found) = drafts.iter().position(|other| other.id.text == task) else {
            let now = meant(task, drafts.iter().map(|other| other.id.text.as_str()));
            self.wrong("unknown_task", name.spot, &name.field, format!("there is no task {task:?}"), now);
            return None;
        };
        let (from, to) = (drafts[found].task.role, draft.task.role);
        if from != to && from != Role::Task {
            let why = format!("{task:?} is a hook ({}), which comes after", from.word());
            self.wrong("value", name.spot, &name.field, why, String::new());
            return None;
        }
        Some(found)
    }

    /// Follows the references between tasks, and finds cycles.
    fn connected(&mut self, drafts: Vec<Draft>) -> Vec<Task> {
        let needs: Vec<BTreeSet<usize>> = drafts.iter().map(|draft| self.needs(draft, &drafts)).collect();
        if let Some(ring) = cycle(&needs) {
            let names: Vec<_> = ring.iter().map(|i| drafts[*i].id.text.as_str()).collect();
            let first = &drafts[ring[0]];
            let why = format!("the tasks need each other in a circle: {} -> {}", names.join(" -> "), names[0]);
            let spot: Spot = first.id.spot;
            self.wrong("cycle", spot, &first.path, why, "Take one of these needs away.".into());
        }
        let reads: Vec<BTreeSet<usize>> = drafts.iter().map(|draft| reads(draft, &drafts)).collect();
        let mut tasks: Vec<Task> = drafts.into_iter().map(|draft| draft.task).collect();
        tasks.iter_mut().zip(reads).for_each(|(task, reads)| task.reads = reads.into_iter().collect());
        for (i, needs) in needs.into_iter().enumerate() {
            for need in &needs {
                tasks[*need].needed_by.push(i);
            }
            tasks[i].needs = needs.into_iter().collect();
        }
        tasks
    }

    fn needs(&mut self, draft: &Draft, drafts: &[Draft]) -> BTreeSet<usize> {
        let named: Vec<_> =
            draft.needs.iter().filter_map(|name| self.target(name, &name.text, draft, drafts)).collect();
        // What a hook uses of the work itself has ended before the hook begins.
        let same = |need: &usize| drafts[*need].task.role == draft.task.role;
        named.into_iter().chain(reads(draft, drafts)).filter(same).collect()
    }
}

/// Positions of the tasks whose output a task uses.
fn reads(draft: &Draft, drafts: &[Draft]) -> BTreeSet<usize> {
    let task = |name: &Name| {
        let mut parts = name.text.split('.');
        let task = (parts.next() == Some("tasks")).then(|| parts.next()).flatten()?;
        drafts.iter().position(|other| other.id.text == task)
    };
    draft.used.iter().filter_map(task).collect()
}
