//! Which fields of a connection are secrets.

use longshore_connectors::connector;
use longshore_flows::secrets::hide_everywhere;
use serde_json::Value;

/// The field of a connection that is one always.
pub(super) const PASSWORD: &str = "password";

/// Parts of names by which Airflow takes a field for a secret (`DEFAULT_SENSITIVE_FIELDS`), and a few of other programs.
const SENSITIVE: [&str; 15] = [
    "access_key",
    "access_token",
    "account_key",
    "api_key",
    "apikey",
    "authorization",
    "credential",
    "keyfile_dict",
    "passphrase",
    "passwd",
    "password",
    "private_key",
    "secret",
    "service_account",
    "token",
];

/// Whether a field of `extra` is a secret: what the connector says; of a field that it does not know, by its name and the names in it.
pub(super) fn is_secret(kind: &str, field: &str, value: &Value) -> bool {
    if let Some(known) = connector(kind) {
        if known.secrets().contains(&field) {
            return true;
        }
        if known.schema().get("properties").is_some_and(|fields| fields.get(field).is_some()) {
            return false;
        }
    }
    sensitive(field) || holds_sensitive(value)
}

/// Whether something of this name is a secret.
pub(crate) fn sensitive(name: &str) -> bool {
    let name = name.to_lowercase().replace('-', "_");
    SENSITIVE.iter().any(|part| name.contains(part))
}

fn holds_sensitive(value: &Value) -> bool {
    match value {
        Value::Object(fields) => fields.iter().any(|(name, value)| sensitive(name) || holds_sensitive(value)),
        Value::Array(items) => items.iter().any(holds_sensitive),
        Value::String(text) => has_user_info(text),
        _ => false,
    }
}

/// Whether a text is a URL with a password in it.
pub(super) fn has_user_info(text: &str) -> bool {
    text.split_once("://").is_some_and(|(_, rest)| {
        let authority = rest.split(['/', '?', '#']).next().unwrap_or_default();
        authority.rsplit_once('@').is_some_and(|(user, _)| user.contains(':'))
    })
}

/// Hides a secret in all that the process writes from now on.
pub(crate) fn hide(value: &Value) {
    match value {
        Value::String(text) => hide_everywhere(text),
        Value::Object(fields) => {
            let named = fields.iter().any(|(name, _)| sensitive(name));
            fields
                .iter()
                .filter(|(name, value)| !named || sensitive(name) || value.is_object())
                .for_each(|(_, value)| hide(value));
        }
        Value::Array(items) => items.iter().for_each(hide),
        Value::Number(number) => hide_everywhere(&number.to_string()),
        Value::Bool(_) | Value::Null => {}
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn secrets_are_known_by_their_names_and_by_what_is_in_them() {
        for field in ["private_key", "aws_secret_access_key", "X-Api-Key", "key_file_passphrase", "sas_token"] {
            assert!(is_secret("other", field, &json!("v")), "{field}");
        }
        for field in ["endpoint_url", "key_file", "region_name", "no_host_key_check"] {
            assert!(!is_secret("other", field, &json!("v")), "{field}");
        }
        assert!(is_secret("other", "headers", &json!({"Authorization": "Bearer x"})));
        assert!(is_secret("other", "hook", &json!("https://u:p@h/x")));
        assert!(!is_secret("other", "hook", &json!("https://h/x?a=b:c@d")));
    }
}
