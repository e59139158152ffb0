//! Connections for one run, from its parameters or from Vault.

use std::fs;
use std::path::Path;

use longshore_testkit::servers::OpenBao;
use longshore_testkit::servers::repository::{Speaks, Stored};
use longshore_testkit::servers::sshd::user;
use serde_json::{Value, json};
use tempfile::TempDir;

use crate::common::Place;
use crate::site::{Site, site, site_in};

const ID: &str = "0123456789abcdef0123456789abcdef";

/// Parameters that name the machine and not a connection.
fn params(site: &Site) -> Value {
    site.repository.held().publish(ID, "T", [("a".to_owned(), Stored::of("x"))]);
    let mut ask = site.machine();
    (ask["oid"], ask["target"], ask["login"]) = (json!(ID), json!(site.there("out")), json!(user()));
    ask
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

#[test]
fn a_machine_of_a_connection_that_has_another_host_key_now_is_refused_and_nothing_is_written() {
    let Some(site) = site(Speaks::B2share) else { return };
    params(&site);
    let ask = json!({"oid": ID, "target": site.there("out")});
    site.well("b2share_to_ssh", &ask);
    fs::remove_file(site.ssh.files().join("out/a")).unwrap();
    let known = fs::read_to_string(site.ssh.path("known_hosts")).unwrap();
    let other = site.place.path("other");
    longshore_testkit::servers::sshd::make_key(&other, "ed25519", "");
    let other = fs::read_to_string(other.with_extension("pub")).unwrap();
    let line = format!("[127.0.0.1]:{} {other}", site.ssh.port());
    fs::write(site.ssh.path("known_hosts"), line).unwrap();
    let (code, run) = site.failed("b2share_to_ssh", &ask);
    assert_eq!(code, "ssh.host_key_changed");
    assert!(run.to_string().contains("127.0.0.1"), "{run:#}");
    assert!(site.names("out").is_empty());
    // The operator has seen to it that the key is the right one.
    fs::write(site.ssh.path("known_hosts"), known).unwrap();
    site.retried(&Site::id(&run));
    assert_eq!(site.content("out/a"), b"x");
}

/// Parameters that name a login in Vault, for which the machine has another key.
fn by_vault(site: &Site, vault: &OpenBao, key: &Path) -> Value {
    fs::copy(key.with_extension("pub"), site.ssh.path("authorized_keys")).unwrap();
    vault.bao(&["kv", "put", "secret/ssh-credentials/ab12", &format!("privateKey=@{}", key.display())]);
    let mut ask = params(site);
    ask["vault_id"] = json!("ab12");
    ask
}

/// A Vault, a place that knows it, and a key.
fn vault() -> (OpenBao, Place, TempDir) {
    let (vault, keys) = (OpenBao::start(), tempfile::tempdir().unwrap());
    longshore_testkit::servers::sshd::make_key(&keys.path().join("key"), "ed25519", "");
    let place = Place::new().with("VAULT_ADDR", &vault.url()).with("VAULT_TOKEN", OpenBao::TOKEN);
    (vault, place, keys)
}

#[test]
fn a_login_is_read_from_vault_and_one_that_is_not_there_is_told() {
    let (vault, place, keys) = vault();
    let Some(site) = site_in(place, Speaks::B2share) else { return };
    let mut ask = by_vault(&site, &vault, &keys.path().join("key"));
    site.well("b2share_to_ssh", &ask);
    assert_eq!(site.content("out/a"), b"x");
    ask["vault_id"] = json!("other");
    let (code, told) = site.fault("b2share_to_ssh", &ask);
    assert_eq!(code, "secrets.not_found");
    assert!(told.contains("ssh-credentials/other") && told.contains("no secret at this path"), "{told}");
    assert!(!told.contains(OpenBao::TOKEN));
    ask["vault_id"] = json!("../sys");
    assert_eq!(site.fault("b2share_to_ssh", &ask).0, "connection.temporary");
    vault.bao(&["kv", "put", "secret/ssh-credentials/gone", "user=somebody", "password=of-somebody"]);
    vault.bao(&["kv", "delete", "secret/ssh-credentials/gone"]);
    ask["vault_id"] = json!("gone");
    let (code, told) = site.fault("b2share_to_ssh", &ask);
    assert_eq!(code, "secrets.not_found");
    assert!(told.contains("its newest version was deleted"), "{told}");
    vault.bao(&["kv", "put", "secret/ssh-credentials/half", "user=somebody"]);
    ask["vault_id"] = json!("half");
    let (code, told) = site.fault("b2share_to_ssh", &ask);
    assert_eq!(code, "secrets.not_found");
    assert!(told.contains("no field password"), "{told}");
}

#[test]
fn a_vault_that_does_not_let_one_read_is_told_as_that() {
    let (vault, place, keys) = vault();
    let Some(site) = site_in(place.with("BAO_TOKEN", "no-such-token-91"), Speaks::B2share) else { return };
    let ask = by_vault(&site, &vault, &keys.path().join("key"));
    let (code, told) = site.fault("b2share_to_ssh", &ask);
    assert_eq!(code, "secrets.denied");
    assert!(told.contains("ssh-credentials/ab12") && !told.contains("no-such-token-91"), "{told}");
}

#[test]
fn a_vault_that_is_away_is_waited_for() {
    let (mut vault, place, keys) = vault();
    let Some(site) = site_in(place, Speaks::B2share) else { return };
    let ask = by_vault(&site, &vault, &keys.path().join("key"));
    vault.stop();
    let file = site.place.file("params.json", ask.to_string());
    let mut running =
        site.place.start(["flow", "run", "b2share_to_ssh", "--wait", "--params-file", file.to_str().unwrap()]);
    let run = site.place.until_running(&mut running);
    let shown = loop {
        let shown = site.place.run(["--json", "run", "show", &run]).expect(0).json();
        if shown.to_string().contains("up_for_retry") {
            break shown;
        }
    };
    assert!(shown.to_string().contains("secrets.unreachable"), "{shown:#}");
    vault.restart();
    by_vault(&site, &vault, &keys.path().join("key"));
    running.end().expect(0);
    assert_eq!(site.content("out/a"), b"x");
}
