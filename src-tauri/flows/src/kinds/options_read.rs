//! `options.read`: the options of a program, from files in YAML that lie above one another, and the environment that they make.

use std::collections::BTreeMap;

use async_trait::async_trait;
use longshore_engine::Fault;
use longshore_transfer::storage::ReadOptions;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

use crate::attempt::blocking;
use crate::faults::ToldAt as _;
use crate::kind::{Context, Done, Level, Need, Services, Storages, TypedKind};
use crate::location::Location;
use crate::scalar::Scalar;

/// Bytes of a file of options at most.
const LARGEST: u64 = 1 << 20;

/// Parameters of `options.read`.
#[derive(Debug, Clone, Default, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub struct With {
    /// Options of which no file says anything.
    pub defaults: Map<String, Value>,
    /// Files with a mapping in YAML: STORAGE:PATH or an absolute path of this machine. What a later one says goes before what an earlier one
    /// says; one that is not there is passed over, and one that is null too.
    pub files: Vec<Option<String>>,
    /// Variables that go into the environment besides the options. One that is null does not.
    pub env: BTreeMap<String, Option<Scalar>>,
}

/// Output of `options.read`.
#[derive(Debug, Serialize, JsonSchema)]
pub struct Output {
    /// The options in force.
    pub options: Map<String, Value>,
    /// The files that were there.
    pub files: Vec<String>,
    /// The environment: each option under its name in capitals, lists and mappings as JSON, and the variables that were given.
    pub env: BTreeMap<String, String>,
}

/// `options.read`.
pub struct OptionsRead;

#[async_trait]
impl TypedKind for OptionsRead {
    type With = With;
    type Output = Output;
    const NAME: &'static str = "options.read";
    const TITLE: &'static str = "Reads the options of a program from files in YAML";

    async fn plan(&self, _: With, _: &Services) -> Result<Need, Fault> {
        Ok(Need::default())
    }

    async fn run(&self, with: With, context: Context) -> Result<Done<Output>, Fault> {
        blocking(move || {
            let (mut options, mut files) = (with.defaults, Vec::new());
            for file in with.files.into_iter().flatten().filter(|file| !file.is_empty()) {
                if let Some(said) = read(context.services.storages.as_ref(), &file)? {
                    options.extend(said);
                    files.push(file);
                }
            }
            context.host.log(Level::Info, &format!("Options: {}", Value::Object(options.clone())));
            let mut env: BTreeMap<String, String> =
                options.iter().filter_map(|(name, value)| Some((variable(name), text(value)?))).collect();
            env.extend(with.env.into_iter().filter_map(|(name, value)| Some((name, value?.to_string()))));
            Ok(Output { options, files, env }.into())
        })
        .await
    }
}

/// What a file says; none where there is none.
fn read(storages: &dyn Storages, file: &str) -> Result<Option<Map<String, Value>>, Fault> {
    let wrong = |why: String| {
        Fault::permanent("options.wrong", format!("The options in {file} were not taken"), why).on_file(file)
    };
    let place = Location::read(storages, file)?;
    let name = place.storage.name();
    let size = match place.storage.stat(&place.path) {
        Err(error) if matches!(error.code, "file.missing" | "path.not_folder") => return Ok(None),
        found => found.told_at(name)?.size,
    };
    if size > LARGEST {
        return Err(wrong(format!("it has more than {LARGEST} bytes")));
    }
    let mut bytes = Vec::new();
    let mut reader = place.storage.read(&place.path, ReadOptions::default()).told_at(name)?;
    let mut chunk = vec![0; 64 << 10];
    loop {
        match reader.read(&mut chunk).told_at(name)? {
            0 => break,
            read => bytes.extend_from_slice(&chunk[..read]),
        }
    }
    let text = String::from_utf8(bytes).map_err(|error| wrong(error.to_string()))?;
    match serde_saphyr::from_str::<Value>(&text).map_err(|error| wrong(error.to_string()))? {
        Value::Object(said) => Ok(Some(said)),
        Value::Null => Ok(Some(Map::new())),
        _ => Err(wrong("it holds no mapping of names to values".into())),
    }
}

/// `update_web` is `UPDATE_WEB`.
fn variable(name: &str) -> String {
    name.chars().map(|c| if c.is_ascii_alphanumeric() { c.to_ascii_uppercase() } else { '_' }).collect()
}

/// A value as programs read it: `false` is `false`. What is null is not said.
fn text(value: &Value) -> Option<String> {
    match value {
        Value::Null => None,
        Value::String(text) => Some(text.clone()),
        other => Some(other.to_string()),
    }
}
