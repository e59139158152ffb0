//! The JSON form: an object of `conn_type`, `description`, `login`, `password`, `host`, `port`, `schema` and `extra`.

use serde_json::{Map, Value, json};

use super::{Given, extra_of, normal_kind, uri};

/// Reads the object. What Airflow knows no field for is refused by its name, as Airflow does.
pub(crate) fn of_object(value: &Value) -> Result<Given, String> {
    let Value::Object(fields) = value else { return Err("it is no JSON object".to_owned()) };
    if let Some(Value::String(text)) = fields.get("uri") {
        return uri::read(text.trim());
    }
    let mut given = Given::default();
    for (name, value) in fields {
        field(&mut given, name, value)?;
    }
    Ok(given)
}

fn field(given: &mut Given, name: &str, value: &Value) -> Result<(), String> {
    let text = || match value {
        Value::Null => Ok(None),
        Value::String(text) => Ok(Some(text.clone())),
        Value::Number(_) | Value::Bool(_) => Ok(Some(value.to_string())),
        _ => Err(format!("its {name} is no text")),
    };
    match name {
        "conn_type" => given.kind = normal_kind(&text()?.unwrap_or_default()),
        "host" => given.host = text()?.filter(|host| !host.is_empty()),
        "login" => given.login = text()?,
        "password" => given.password = text()?,
        "schema" => given.schema = text()?.filter(|schema| !schema.is_empty()),
        "description" => given.description = text()?.filter(|text| !text.is_empty()),
        "port" => {
            let number = text()?.filter(|port| !port.is_empty()).map(|port| port.trim().parse()).transpose();
            given.port = number.map_err(|_| "its port is no number up to 65535".to_owned())?;
        }
        "extra" => {
            given.extra = match value {
                Value::Null => Map::new(),
                Value::Object(extra) => extra.clone(),
                Value::String(text) => extra_of(text)?,
                _ => return Err("its extra is no JSON object".to_owned()),
            };
        }
        // What Airflow's own exports say besides, and what names the connection in a list.
        "conn_id" | "connection_id" | "id" | "is_encrypted" | "is_extra_encrypted" | "team_name" | "uri" => {}
        other => return Err(format!("it has a field {other}, which no connection has")),
    }
    Ok(())
}

/// Writes the object, with the fields that Airflow's exports have.
pub(crate) fn object(given: &Given) -> Value {
    json!({
        "conn_type": given.kind,
        "description": given.description,
        "login": given.login,
        "password": given.password,
        "host": given.host,
        "port": given.port,
        "schema": given.schema,
        "extra": given.extra,
    })
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::super::read;
    use super::*;

    #[test]
    fn json_is_read_as_airflow_reads_it() {
        let text = r#" {"conn_type": "google-cloud-platform", "port": "22", "extra": "{\"a\": 1}", "login": "u", "host": "Host"} "#;
        let given = read(text).unwrap();
        assert_eq!(
            (given.kind.as_str(), given.port, given.host.as_deref()),
            ("google_cloud_platform", Some(22), Some("Host"))
        );
        assert_eq!(Value::Object(given.extra), json!({"a": 1}));
        for text in
            [r#"{"port": "x"}"#, r#"{"extra": "[]"}"#, r#"{"extra": [1]}"#, r#"{"host": {}}"#, r#"{"hots": "h"}"#]
        {
            read(text).unwrap_err();
        }
    }

    #[test]
    fn what_is_written_is_read_again() {
        let extra = Map::from_iter([("deep".to_owned(), json!({"n": [1, null]}))]);
        let given = Given {
            kind: "s3".into(),
            host: Some("https://H".into()),
            password: Some(String::new()),
            extra,
            ..Given::default()
        };
        assert!(of_object(&object(&given)).unwrap() == given);
    }
}
