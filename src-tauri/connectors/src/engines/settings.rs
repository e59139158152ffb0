//! What an engine keeps beside its flows: variables, connections, and numbers of slots.

use serde_json::{Map, Value, json};

use super::text;

/// What stands in the place of a secret that an engine does not tell: `***` of Airflow, `********` of Prefect.
fn is_hidden(value: &Value) -> bool {
    value.as_str().is_some_and(|text| text.len() >= 3 && text.bytes().all(|byte| byte == b'*'))
}

/// Variables, connections and numbers of slots of an engine. Some may be secret: nothing of it is shown but names.
#[derive(Clone, Default, PartialEq)]
pub struct Settings {
    /// Variables by name.
    pub variables: Vec<(String, Value)>,
    /// Connections.
    pub connections: Vec<KeptConnection>,
    /// Pools of Airflow, limits of Prefect: name, and slots.
    pub limits: Vec<(String, u32)>,
    /// What has no counterpart here, or is not told.
    pub left: Vec<Left>,
}

/// A connection as an engine keeps it.
#[derive(Clone, PartialEq)]
pub struct KeptConnection {
    /// Its name there.
    pub name: String,
    /// What it says, in Airflow's form: `conn_type`, `host`, `port`, `login`, `password`, `schema`, `extra`, `description`.
    pub form: Map<String, Value>,
    /// Fields that are set and not told.
    pub hidden: Vec<String>,
}

/// Something that is not taken.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Left {
    /// `variable`, `connection`, `limit` or `block`.
    pub what: &'static str,
    /// Its name.
    pub name: String,
    /// Why.
    pub why: String,
}

impl Settings {
    fn leave(&mut self, what: &'static str, name: String, why: &str) {
        self.left.push(Left { what, name, why: why.to_owned() });
    }

    /// A variable of Airflow, whose value is a text: of JSON, as `airflow variables export` has it, or any other.
    pub(super) fn airflow_variable(&mut self, of: &Value) {
        let Some(name) = text(of, "key") else { return };
        match of.get("value") {
            Some(value) if is_hidden(value) => self.leave("variable", name, NOT_TOLD),
            Some(Value::String(value)) => {
                let read = serde_json::from_str(value).unwrap_or_else(|_| Value::String(value.clone()));
                self.variables.push((name, read));
            }
            _ => self.leave("variable", name, "it has no value"),
        }
    }

    /// A pool of Airflow.
    pub(super) fn pool(&mut self, of: &Value) {
        let Some(name) = text(of, "name") else { return };
        let slots = of.get("slots").and_then(Value::as_u64).and_then(|slots| u32::try_from(slots).ok());
        match slots {
            _ if name == "default_pool" => {
                self.leave("limit", name, "it bounds every task there; here a task names the limits that it takes");
            }
            Some(slots) => self.limits.push((name, slots)),
            None => self.leave("limit", name, "it bounds nothing"),
        }
    }

    /// A connection of Airflow. `told`: whether a password that is set would be shown as hidden.
    pub(super) fn airflow_connection(&mut self, of: &Value, told: bool) {
        let Some(name) = text(of, "connection_id") else { return };
        let mut hidden = Vec::new();
        let mut form = Map::new();
        for field in ["conn_type", "host", "port", "login", "schema", "description", "password"] {
            match of.get(field) {
                None | Some(Value::Null) => {}
                Some(value) if is_hidden(value) => hidden.push(field.to_owned()),
                Some(value) => drop(form.insert(field.to_owned(), value.clone())),
            }
        }
        if !told && form.get("login").is_some_and(|login| login != "") {
            hidden.push("password".to_owned());
        }
        if let Some(extra) = text(of, "extra") {
            let mut extra = serde_json::from_str(&extra).unwrap_or(Value::String(extra));
            if let Value::Object(extra) = &mut extra {
                hidden.extend(extra.iter().filter(|(_, value)| is_hidden(value)).map(|(field, _)| field.clone()));
                extra.retain(|_, value| !is_hidden(value));
            }
            form.insert("extra".to_owned(), extra);
        }
        self.connections.push(KeptConnection { name, form, hidden });
    }

    /// A variable of Prefect.
    pub(super) fn prefect_variable(&mut self, of: &Value) {
        if let (Some(name), Some(value)) = (text(of, "name"), of.get("value")) {
            self.variables.push((name, value.clone()));
        }
    }

    /// A global limit of Prefect; limits of tags are kept among them by newer servers.
    pub(super) fn global_limit(&mut self, of: &Value) {
        let Some(name) = text(of, "name") else { return };
        let slots = of.get("limit").and_then(Value::as_u64).and_then(|slots| u32::try_from(slots).ok());
        if name.starts_with("deployment:") {
            return self.leave(
                "limit",
                name,
                "it bounds the runs of a deployment: a flow's max_active_runs does that here",
            );
        }
        if of.get("active").and_then(Value::as_bool) == Some(false) {
            return self.leave("limit", name, "it is switched off there");
        }
        let plain = name.strip_prefix("tag:").unwrap_or(&name).to_owned();
        if let Some(slots) = slots {
            self.limits.retain(|(known, _)| *known != plain);
            self.limits.push((plain, slots));
        }
    }

    /// A limit of a tag, as Prefect has kept it from the beginning.
    pub(super) fn tag_limit(&mut self, of: &Value) {
        let slots = of.get("concurrency_limit").and_then(Value::as_u64).and_then(|slots| u32::try_from(slots).ok());
        if let (Some(name), Some(slots)) = (text(of, "tag"), slots)
            && !self.limits.iter().any(|(known, _)| *known == name)
        {
            self.limits.push((name, slots));
        }
    }

    /// A work pool of Prefect.
    pub(super) fn work_pool(&mut self, of: &Value) {
        if let (Some(name), Some(_)) = (text(of, "name"), of.get("concurrency_limit").and_then(Value::as_u64)) {
            self.leave("limit", name, "it bounds the runs of a work pool: a flow's max_active_runs does that here");
        }
    }

    /// A block of Prefect: one that leads to an S3 becomes a connection.
    pub(super) fn block(&mut self, of: &Value) {
        let Some(name) = text(of, "name") else { return };
        let kind = of.get("block_type").and_then(|kind| text(kind, "slug")).unwrap_or_default();
        let data = of.get("data").cloned().unwrap_or_default();
        let found = match kind.as_str() {
            "aws-credentials" => {
                Some(keys(&data, "aws_access_key_id", "aws_secret_access_key", "aws_client_parameters"))
            }
            "minio-credentials" => Some(keys(&data, "minio_root_user", "minio_root_password", "aws_client_parameters")),
            "remote-file-system" if text(&data, "basepath").is_some_and(|path| path.starts_with("s3")) => {
                Some(keys(data.get("settings").unwrap_or(&Value::Null), "key", "secret", "client_kwargs"))
            }
            "secret" => return self.leave("block", name, NOT_TOLD),
            _ => None,
        };
        match found {
            Some((form, hidden)) => self.connections.push(KeptConnection { name, form, hidden }),
            None => self.leave("block", name, &format!("no connection is made of a block of the type {kind}")),
        }
    }

    /// In the order of their names.
    pub(super) fn sorted(mut self) -> Self {
        self.variables.sort_by(|a, b| a.0.cmp(&b.0));
        self.connections.sort_by(|a, b| a.name.cmp(&b.name));
        self.limits.sort();
        self.left.sort_by(|a, b| (a.what, &a.name).cmp(&(b.what, &b.name)));
        self
    }
}

/// Why a secret is left.
const NOT_TOLD: &str = "its value is hidden there: set it by hand";

/// A connection to S3 by a pair of keys, with the endpoint and the region where they are said.
fn keys(of: &Value, key: &str, secret: &str, client: &str) -> (Map<String, Value>, Vec<String>) {
    let mut form = Map::from_iter([("conn_type".to_owned(), json!("s3"))]);
    let (mut extra, mut hidden) = (Map::new(), Vec::new());
    if let Some(login) = text(of, key) {
        form.insert("login".to_owned(), json!(login));
    }
    match of.get(secret) {
        None | Some(Value::Null) => {}
        Some(value) if is_hidden(value) => hidden.push("password".to_owned()),
        Some(value) => drop(form.insert("password".to_owned(), value.clone())),
    }
    let client = of.get(client).unwrap_or(&Value::Null);
    let said = |name: &str| text(of, name).or_else(|| text(client, name));
    if let Some(url) = said("endpoint_url") {
        extra.insert("endpoint_url".to_owned(), json!(url));
    }
    if let Some(region) = said("region_name") {
        extra.insert("region_name".to_owned(), json!(region));
    }
    form.insert("extra".to_owned(), Value::Object(extra));
    (form, hidden)
}
