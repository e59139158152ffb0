//! Connections for one run, from its parameters or from Vault.

use std::fs;

use longshore_testkit::servers::repository::{Speaks, Stored};
use longshore_testkit::servers::sshd::user;
use longshore_testkit::servers::{Answer, Answers};
use serde_json::{Value, json};

use crate::common::Place;
use crate::site::{Site, site, site_in};

const ID: &str = "0123456789abcdef0123456789abcdef";

/// Parameters that name the machine and not a connection.
fn params(site: &Site) -> Value {
    site.repository.state().publish(ID, "T", [("a".to_owned(), Stored::of("x"))]);
    let host_key = fs::read_to_string(site.ssh.path("host_ed25519.pub")).unwrap();
    let host_key: Vec<&str> = host_key.split_whitespace().take(2).collect();
    json!({
        "oid": ID, "target": site.there("out"), "host": "127.0.0.1", "port": site.ssh.port(), "login": user(),
        "host_key": host_key.join(" "),
    })
}

fn key(site: &Site) -> String {
    fs::read_to_string(site.ssh.path("login_key")).unwrap()
}

#[test]
fn host_port_login_and_key_are_enough_and_leave_nothing_behind() {
    let Some(site) = site(Speaks::B2share) else { return };
    let mut ask = params(&site);
    ask["key"] = json!(key(&site));
    let before = site.place.run(["--json", "connection", "list"]).expect(0).json();
    let run = site.well("taskflow_stream", &ask);
    assert_eq!(site.content("out/a"), b"x");
    assert_eq!(site.place.run(["--json", "connection", "list"]).expect(0).json(), before);
    let secret = key(&site).lines().nth(2).unwrap().to_owned();
    assert!(!run.to_string().contains(&secret));
    for name in ["longshore.db", "longshore.db-wal"] {
        let bytes = fs::read(site.place.workspace().join(name)).unwrap_or_default();
        assert!(!bytes.windows(secret.len()).any(|window| window == secret.as_bytes()), "{name}");
    }
}

#[test]
fn a_host_key_that_has_changed_is_refused() {
    let Some(site) = site(Speaks::B2share) else { return };
    let mut ask = params(&site);
    ask["key"] = json!(key(&site));
    let other = site.place.path("other");
    longshore_testkit::servers::sshd::make_key(&other, "ed25519", "");
    let other = fs::read_to_string(other.with_extension("pub")).unwrap();
    ask["host_key"] = json!(other.split_whitespace().take(2).collect::<Vec<_>>().join(" "));
    assert_eq!(site.fault("b2share_to_ssh", &ask).0, "ssh.host_key_changed");
    assert!(site.names("out").is_empty());
}

/// A Vault with one login, as its interface answers (KV version 2).
fn vault(key: String) -> Answers {
    Answers::start(move |asked| match asked.target.as_str() {
        "/v1/secret/data/ssh-credentials/ab12" => {
            Answer::new(200, json!({"data": {"data": {"privateKey": key}, "metadata": {"version": 1}}}).to_string())
        }
        _ => Answer::new(404, r#"{"errors":[]}"#),
    })
}

#[test]
fn a_login_is_read_from_vault() {
    let keys = tempfile::tempdir().unwrap();
    let path = keys.path().join("key");
    longshore_testkit::servers::sshd::make_key(&path, "ed25519", "");
    let vault = vault(fs::read_to_string(&path).unwrap());
    let place = Place::new().with("VAULT_ADDR", &vault.url()).with("VAULT_TOKEN", "a-token-of-vault");
    let Some(site) = site_in(place, Speaks::B2share) else { return };
    fs::copy(path.with_extension("pub"), site.ssh.path("authorized_keys")).unwrap();
    let mut ask = params(&site);
    ask["vault_id"] = json!("ab12");
    site.well("b2share_to_ssh", &ask);
    assert_eq!(site.content("out/a"), b"x");
    ask["vault_id"] = json!("other");
    assert_eq!(site.fault("b2share_to_ssh", &ask).0, "secrets.unreachable");
    ask["vault_id"] = json!("../sys");
    assert_eq!(site.fault("b2share_to_ssh", &ask).0, "connection.temporary");
}
