//! The parts of a flow put together and checked against each other.

use std::collections::BTreeSet;

use sha2::{Digest, Sha256};

use super::kinds::Kinds;
use super::node::{Data, Node};
use super::read::{Fields, Name, Reading};
use super::{Flow, Role, Task};
use crate::Fault;

const FLOW: [&str; 15] = [
    "id",
    "aliases",
    "title",
    "run_title",
    "description",
    "params",
    "schedule",
    "guard",
    "max_active_runs",
    "max_active_tasks",
    "tasks",
    "on_failure",
    "on_cancel",
    "on_retry",
    "finally",
];
const TASK: [&str; 19] = [
    "id",
    "uses",
    "needs",
    "with",
    "for_each",
    "when",
    "trigger",
    "limits",
    "priority",
    "reserve",
    "retries",
    "timeout",
    "stall_timeout",
    "deadline",
    "label",
    "group",
    "setup",
    "teardown",
    "on_failure_fail_run",
];
/// A longer text is no flow file.
pub(super) const MOST_BYTES: usize = 1 << 20;

/// A task as it stands in the file, its references not followed yet.
pub(super) struct Draft {
    pub(super) task: Task,
    pub(super) id: Name,
    uses: Name,
    pub(super) needs: Vec<Name>,
    /// Names that its expressions use.
    pub(super) used: Vec<Name>,
    /// The setups that it tears down.
    pub(super) teardown: Vec<Name>,
    with: Option<Node>,
    pub(super) path: String,
}

/// Reads and checks a flow file.
pub(super) fn flow(file: &str, text: &str, kinds: Option<&Kinds>) -> Result<Flow, Vec<Fault>> {
    if text.len() > MOST_BYTES {
        return Err(vec![super::too_large(file, text.len() as u64)]);
    }
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

/// What Airflow takes for the id of a DAG (`validate_key`).
fn is_alias(text: &str) -> bool {
    !text.is_empty()
        && text.len() <= 250
        && text.chars().all(|c| c.is_ascii_alphanumeric() || matches!(c, '_' | '-' | '.'))
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
        let aliases = self.aliases(&fields);
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
        let guard = self.guard(&fields, &param_names);
        let run_title = self.run_title(&fields, &param_names);
        let tasks = self.connected(drafts);
        let title = self.text(&fields, "title").map(|one| one.text);
        let description = self.text(&fields, "description").map(|one| one.text).unwrap_or_default();
        let max_active_runs = self.count(&fields, "max_active_runs", 1);
        let max_active_tasks = self.count(&fields, "max_active_tasks", 1);
        let id = id?.text;
        let title = title.unwrap_or_else(|| id.clone());
        let version = digest(text.as_bytes());
        let positions = tasks.iter().enumerate().map(|(i, task)| (task.id.clone(), i)).collect();
        let source = text.into();
        Some(Flow {
            id,
            aliases,
            title,
            run_title,
            description,
            params,
            guard,
            max_active_runs,
            max_active_tasks,
            tasks,
            schedules,
            version,
            source,
            positions,
        })
    }

    fn identifier(&mut self, name: &Name) {
        if !is_identifier(&name.text) {
            let why = format!("{:?} is not an id", name.text);
            let now = "An id is letters, digits and underscores, and does not start with a digit.".into();
            self.wrong("value", name.spot, &name.field, why, now);
        }
    }

    /// Other names of the flow: as free as the ids of Airflow's DAGs.
    fn aliases(&mut self, fields: &Fields<'_>) -> Vec<String> {
        let names = self.names(fields, "aliases");
        for name in names.iter().filter(|name| !is_alias(&name.text)) {
            let why = format!("{:?} is not a name that a flow can have besides", name.text);
            let now = "An alias is letters, digits, underscores, dashes and dots, at most 250.".into();
            self.wrong("value", name.spot, &name.field, why, now);
        }
        names.into_iter().map(|name| name.text).collect()
    }

    fn drafts(&mut self, fields: &Fields<'_>) -> Vec<Draft> {
        let parts = [
            ("tasks", Role::Task),
            ("on_failure", Role::OnFailure),
            ("on_cancel", Role::OnCancel),
            ("on_retry", Role::OnRetry),
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
        let teardown = self.names(&fields, "teardown");
        let (id, uses) = (id?, uses?);
        let task = Task { id: id.text.clone(), uses: uses.text.clone(), ..task };
        Some(Draft { task, id, uses, needs, teardown, used: names, with: with.cloned(), path: path.into() })
    }
}
