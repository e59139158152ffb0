//! What a connection's `extra` says: names and meaning are those of Airflow's `ssh` and `sftp` connections where it has them.

use std::path::PathBuf;

use schemars::JsonSchema;
use serde::{Deserialize, Deserializer};
use serde_json::Value;

/// Fields of `extra`.
#[derive(Debug, Clone, Deserialize, JsonSchema, Default)]
#[serde(default)]
pub(super) struct Options {
    /// Private key file
    #[schemars(title = "Key file", description = "Path of a private key on this machine.")]
    pub(super) key_file: Option<PathBuf>,
    #[schemars(title = "Private key", description = "The private key itself, in OpenSSH's or PEM form.")]
    pub(super) private_key: Option<String>,
    #[schemars(title = "Passphrase", description = "Passphrase of the private key.")]
    pub(super) private_key_passphrase: Option<String>,
    #[schemars(
        title = "Host key",
        description = "The server's key, as in known_hosts: type and key. If given, only this one is accepted."
    )]
    pub(super) host_key: Option<String>,
    #[schemars(
        title = "Known hosts file",
        description = "File in which accepted host keys are kept, read besides ~/.ssh/known_hosts."
    )]
    pub(super) known_hosts: Option<PathBuf>,
    #[schemars(
        title = "SSH configuration",
        description = "File to read in the place of ~/.ssh/config and /etc/ssh/ssh_config, or none."
    )]
    pub(super) ssh_config: Option<String>,
    #[serde(deserialize_with = "whole")]
    #[schemars(
        with = "Option<u64>",
        title = "Connect timeout (s)",
        description = "Seconds to wait for a connection: 10."
    )]
    pub(super) conn_timeout: Option<u64>,
    #[serde(deserialize_with = "whole")]
    #[schemars(
        with = "Option<u64>",
        title = "Stall timeout (s)",
        description = "Seconds of silence after which a server that owes an answer is taken for lost: 60."
    )]
    pub(super) stall_timeout: Option<u64>,
    #[serde(deserialize_with = "whole")]
    #[schemars(
        with = "Option<u64>",
        title = "Keepalive (s)",
        description = "Seconds without traffic after which the server is asked for a sign of life: 30. 0 never asks."
    )]
    pub(super) keepalive_interval: Option<u64>,
    #[serde(deserialize_with = "truth")]
    #[schemars(
        with = "Option<bool>",
        title = "Compress",
        description = "Compress what is sent. Off unless asked for."
    )]
    pub(super) compress: Option<bool>,
    #[serde(deserialize_with = "truth")]
    #[schemars(
        with = "Option<bool>",
        title = "Look for keys",
        description = "Try the agent's keys and those in ~/.ssh too. On unless switched off."
    )]
    pub(super) look_for_keys: Option<bool>,
    #[schemars(
        title = "Jump hosts",
        description = "Hosts to go by, as in ProxyJump: [user@]host[:port], several with commas."
    )]
    pub(super) proxy_jump: Option<String>,
    #[schemars(title = "Ciphers", description = "Ciphers to offer, the most wanted first, with commas.")]
    pub(super) ciphers: Option<Words>,
    #[schemars(
        title = "Folder",
        description = "The folder that paths are below: from /, or from the folder that the login arrives in, which it is if empty."
    )]
    pub(super) remote_path: Option<String>,
    #[serde(deserialize_with = "whole")]
    #[schemars(with = "Option<u64>", title = "Sessions", description = "SSH connections side by side, at most: 4.")]
    pub(super) sessions: Option<u64>,
    #[serde(deserialize_with = "whole")]
    #[schemars(
        with = "Option<u64>",
        title = "Transfers at once",
        description = "Files, and parts of them on further sessions, that are moved at once, at most, for all transfers together. How many of these are of use is found out."
    )]
    pub(super) max_transfers: Option<u64>,
    #[serde(deserialize_with = "truth")]
    #[schemars(
        with = "Option<bool>",
        title = "Remote checksums",
        description = "Let the server take checksums by running openssl, or sha256sum and md5sum. On unless switched off."
    )]
    pub(super) remote_checksums: Option<bool>,
    /// Airflow's switch that leaves host keys unchecked. It is refused.
    #[serde(deserialize_with = "truth")]
    #[schemars(skip)]
    pub(super) no_host_key_check: Option<bool>,
    /// Airflow's switch that takes a changed host key. It is refused.
    #[serde(deserialize_with = "truth")]
    #[schemars(skip)]
    pub(super) allow_host_key_change: Option<bool>,
}

/// Words of a list, or of a text with commas.
#[derive(Debug, Clone, Deserialize, JsonSchema)]
#[serde(untagged)]
pub(super) enum Words {
    /// With commas.
    Text(String),
    /// One by one.
    List(Vec<String>),
}

impl Words {
    pub(super) fn joined(&self) -> String {
        match self {
            Self::Text(text) => text.clone(),
            Self::List(list) => list.join(","),
        }
    }
}

/// A number, or a text that is one: forms and URIs give texts.
fn whole<'de, D: Deserializer<'de>>(from: D) -> Result<Option<u64>, D::Error> {
    match Value::deserialize(from)? {
        Value::Null => Ok(None),
        Value::String(text) if text.trim().is_empty() => Ok(None),
        Value::String(text) => text.trim().parse().map(Some).map_err(serde::de::Error::custom),
        Value::Number(number) => Ok(number.as_u64().or_else(|| rounded_up(&number))),
        other => Err(serde::de::Error::custom(format!("{other} is not a number"))),
    }
}

/// Seconds with a fraction, which Airflow takes as well: up to the next whole one.
fn rounded_up(number: &serde_json::Number) -> Option<u64> {
    let whole = format!("{:.0}", number.as_f64()?.max(0.0).ceil());
    whole.parse().ok()
}

/// A truth value, or a text that is one.
fn truth<'de, D: Deserializer<'de>>(from: D) -> Result<Option<bool>, D::Error> {
    match Value::deserialize(from)? {
        Value::Null => Ok(None),
        Value::Bool(truth) => Ok(Some(truth)),
        Value::String(text) => match text.trim().to_ascii_lowercase().as_str() {
            "" => Ok(None),
            "true" | "yes" | "1" => Ok(Some(true)),
            "false" | "no" | "0" => Ok(Some(false)),
            other => Err(serde::de::Error::custom(format!("{other} is neither true nor false"))),
        },
        other => Err(serde::de::Error::custom(format!("{other} is neither true nor false"))),
    }
}
