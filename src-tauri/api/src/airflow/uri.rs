//! The URI form: `conn_type://login:password@host:port/schema?key=value`.

use serde_json::{Map, Value};

use super::split::{pairs, quote, split, unquote};
use super::{Given, extra_of, normal_kind};

/// The parameter that holds all of `extra` as JSON.
const EXTRA: &str = "__extra__";

/// Reads a URI.
pub(super) fn read(text: &str) -> Result<Given, String> {
    let text: String = text.trim_start_matches(|c: char| c <= ' ').replace(['\t', '\r', '\n'], "");
    let schemes = text.matches("://").count();
    if schemes > 2 {
        return Err("it has `://` more than twice: what stands after the first two is to be percent-encoded".to_owned());
    }
    let kind = split(&text)?.scheme;
    // With two, the second is the protocol of the host: `http://https://h`.
    let rest = text.replace(&format!("{kind}://"), if schemes == 2 { "" } else { "//" });
    let before = rest.split("://").next().unwrap_or_default();
    if schemes == 2 && before.contains(['@', ':']) {
        return Err("login and port belong after the protocol of the host, as in http://https://user@host".to_owned());
    }
    let parts = split(&rest)?;
    let host = parts.host();
    let host = if schemes == 2 && !parts.scheme.is_empty() && !host.is_empty() {
        format!("{}://{host}", parts.scheme)
    } else {
        host
    };
    let (login, password) = parts.user();
    let mut after = parts.path.chars();
    after.next();
    Ok(Given {
        kind: normal_kind(&kind),
        host: Some(host).filter(|host| !host.is_empty()),
        port: parts.port()?,
        login: login.map(unquote),
        password: password.map(unquote),
        schema: Some(unquote(after.as_str())).filter(|schema| !schema.is_empty()),
        extra: extra(parts.query)?,
        description: None,
    })
}

fn extra(query: &str) -> Result<Map<String, Value>, String> {
    let fields: Map<String, Value> = pairs(query).map(|(name, value)| (name, Value::String(value))).collect();
    match fields.get(EXTRA) {
        Some(Value::String(all)) => extra_of(all),
        _ => Ok(fields),
    }
}

/// Writes the URI; none of what would not be read as it was written.
pub(crate) fn write(given: &Given) -> Option<String> {
    let mut uri = given.kind.to_lowercase().replace('_', "-") + "://";
    let host = given.host.as_deref().unwrap_or_default();
    let (protocol, host) = host.split_once("://").map_or((None, host), |(protocol, host)| (Some(protocol), host));
    if let Some(protocol) = protocol {
        uri = uri + protocol + "://";
    }
    let mut user = given.login.as_deref().map(quote).unwrap_or_default();
    if let Some(password) = &given.password {
        user = user + ":" + &quote(password);
    }
    let user_is_there = given.login.is_some() || given.password.is_some();
    if user_is_there || host.is_empty() && given.port.is_some() {
        user.push('@');
    }
    uri = uri + &user + &quote(host);
    if let Some(port) = given.port {
        uri = format!("{uri}:{port}");
    }
    if let Some(schema) = &given.schema {
        uri = uri + "/" + &quote(schema);
    }
    if !given.extra.is_empty() {
        uri = uri + if given.schema.is_some() { "?" } else { "/?" } + &query(&given.extra);
    }
    let same = read(&uri).is_ok_and(|read| read == Given { description: None, ..given.clone() });
    (same && given.description.is_none()).then_some(uri)
}

/// `extra` as plain parameters, if they read back as the same; else as JSON in one.
fn query(extra: &Map<String, Value>) -> String {
    let plain = extra.values().all(Value::is_string) && !extra.contains_key(EXTRA);
    if !plain {
        return format!("{EXTRA}={}", quote(&Value::Object(extra.clone()).to_string()));
    }
    let pair =
        |(name, value): (&String, &Value)| format!("{}={}", quote(name), quote(value.as_str().unwrap_or_default()));
    extra.iter().map(pair).collect::<Vec<_>>().join("&")
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use proptest::prelude::*;
    use serde_json::json;

    use super::super::read;
    use super::*;

    fn fields(text: &str) -> Value {
        let given = read(text).unwrap();
        let Given { kind, host, port, login, password, schema, extra, .. } = given;
        let all = json!({"type": kind, "host": host, "port": port, "login": login, "password": password, "schema": schema, "extra": extra});
        let Value::Object(all) = all else { unreachable!() };
        Value::Object(all.into_iter().filter(|(_, value)| !value.is_null() && *value != json!({})).collect())
    }

    /// The cases of the grammar, each with what Airflow reads from it.
    #[test]
    fn a_uri_is_read_as_airflow_reads_it() {
        let cases = [
            (
                "ssh://u:p%40ss@Host.org:22",
                json!({"type": "ssh", "login": "u", "password": "p@ss", "host": "host.org", "port": 22}),
            ),
            ("  ssh://h\n", json!({"type": "ssh", "host": "h"})),
            (
                "google-cloud-platform://?keyfile=%2Fk.json",
                json!({"type": "google_cloud_platform", "extra": {"keyfile": "/k.json"}}),
            ),
            ("google_cloud_platform://h", json!({"type": "", "schema": "oogle_cloud_platform//h"})),
            ("ssh://h?url=http://x", json!({"type": "ssh", "extra": {"url": "http://x"}})),
            (
                "ssh://u:a+b@h/?n=a+b",
                json!({"type": "ssh", "login": "u", "password": "a+b", "host": "h", "extra": {"n": "a b"}}),
            ),
            (
                "ssh://h/?no_host_key_check=true",
                json!({"type": "ssh", "host": "h", "extra": {"no_host_key_check": "true"}}),
            ),
            (
                "ssh://h/?__extra__=%7B%22no_host_key_check%22%3Atrue%7D&x=1",
                json!({"type": "ssh", "host": "h", "extra": {"no_host_key_check": true}}),
            ),
            ("ssh://@:2222", json!({"type": "ssh", "login": "", "port": 2222})),
            ("ssh://:@h", json!({"type": "ssh", "login": "", "password": "", "host": "h"})),
            (
                "http://https://u:p@h:8443/x",
                json!({"type": "http", "host": "https://h", "login": "u", "password": "p", "port": 8443, "schema": "x"}),
            ),
            ("http://https://h:8443/x", json!({"type": "http", "host": "https://h", "port": 8443, "schema": "x"})),
            ("ssh://u@[2001:db8::1]:22", json!({"type": "ssh", "login": "u", "host": "2001:db8::1", "port": 22})),
            ("https://https://h", json!({"type": "https"})),
            (
                "postgres://u:p@h:5432/db%2Fx",
                json!({"type": "postgres", "login": "u", "password": "p", "host": "h", "port": 5432, "schema": "db/x"}),
            ),
            ("postgresql://h", json!({"type": "postgres", "host": "h"})),
            (
                "s3://AKIA:a%2Fb%2Bc@/?endpoint_url=http%3A%2F%2F127.0.0.1&blank=&d=1&d=2",
                json!({"type": "s3", "login": "AKIA", "password": "a/b+c", "extra": {"endpoint_url": "http://127.0.0.1", "blank": "", "d": "2"}}),
            ),
            ("fs://%2FData%2FLTS", json!({"type": "fs", "host": "/Data/LTS"})),
            ("ssh://h/#part", json!({"type": "ssh", "host": "h"})),
        ];
        for (text, expected) in cases {
            assert_eq!(fields(text), expected, "{text}");
        }
    }

    #[test]
    fn what_airflow_refuses_is_refused_without_showing_it() {
        let wrong = [
            "ssh://u:a#b@h",
            "http://u:p@https://h",
            "http://http://h:80",
            "a://b://c://d",
            "ssh://h:65536",
            "ssh://h:+22",
            "ssh://[::1",
            "ssh://h/?__extra__=%5B1%5D",
            "{\"conn_type\": \"ssh\", ",
            "{\"conn_type\": \"ssh\", \"pasword\": \"a\"}",
        ];
        for text in wrong {
            let why = read(text).unwrap_err();
            assert!(!why.contains("u:a") && !why.contains("#b"), "{why}");
        }
    }

    #[test]
    fn what_a_uri_cannot_say_is_not_written_as_one() {
        let given = |kind: &str, host: &str| Given { kind: kind.into(), host: Some(host.into()), ..Given::default() };
        assert_eq!(write(&given("ssh", "2001:db8::1")).unwrap(), "ssh://2001%3Adb8%3A%3A1");
        assert_eq!(write(&given("https", "https://h")), None);
        assert_eq!(write(&given("ssh", "Upper")), None);
        assert_eq!(write(&Given { description: Some("d".into()), ..given("ssh", "h") }), None);
        let extra = Map::from_iter([("n".to_owned(), json!(1))]);
        assert_eq!(write(&Given { extra, ..given("ssh", "h") }).unwrap(), "ssh://h/?__extra__=%7B%22n%22%3A1%7D");
    }

    proptest! {
        #[test]
        fn what_is_written_is_read_again(
            kind in "[a-z][a-z0-9_]{0,8}", host in prop::option::of(".{1,12}"), port in prop::option::of(any::<u16>()),
            login in prop::option::of(".{0,8}"), password in prop::option::of(".{0,8}"), schema in prop::option::of(".{1,8}"),
            extra in prop::collection::hash_map("[a-z_]{1,6}", ".{0,8}", 0..3)
        ) {
            let extra = extra.into_iter().map(|(name, value)| (name, Value::String(value))).collect();
            let given = Given { kind, host, port, login, password, schema, extra, description: None };
            if let Some(uri) = write(&given) {
                prop_assert!(read(&uri).unwrap() == given, "{}", uri);
            }
        }

        #[test]
        fn nothing_that_is_written_down_breaks_the_reader(text in ".{0,40}", kind in "[a-z]{1,3}://") {
            let _ = read(&text);
            let _ = read(&(kind + &text));
        }
    }
}
