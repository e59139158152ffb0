//! Host keys.

use std::fs;
use std::process::Command;

use longshore_connectors::sftp::Ssh;
use longshore_connectors::{Connection, Connector, connector};
use longshore_testkit::servers::sshd::{Setup, Sshd, make_key};
use longshore_transfer::storage::Status;
use serde_json::json;

use crate::{enter, refused, server};

#[test]
fn an_unknown_key_is_told_confirmed_and_kept() {
    let Some(server) = server() else { return };
    let connection = server.connection_with(json!({"known_hosts": server.path("own/known_hosts")}));
    let error = refused(&connection);
    let key = Ssh.unknown_key(&connection).unwrap().unwrap();
    assert_eq!((error.code, error.status), ("ssh.host_key_unknown", Status::Unusable));
    assert!(error.why.contains(&key.fingerprint()) && error.why.contains("ssh-ed25519"), "{}", error.why);
    let other = Ssh.accept_key(&connection, "SHA256:another").unwrap_err();
    assert_eq!(other.code, "ssh.host_key_changed");
    assert_eq!(refused(&connection).code, "ssh.host_key_unknown", "nothing was kept");
    Ssh.accept_key(&connection, &key.fingerprint()).unwrap();
    enter(&connection).unwrap();
    assert_eq!(Ssh.unknown_key(&connection).unwrap(), None);
    let kept = fs::read_to_string(server.path("own/known_hosts")).unwrap();
    assert_eq!(kept, server.known_line("ed25519"));
}

#[test]
fn a_changed_key_is_refused() {
    let Some(mut server) = server() else { return };
    enter(&server.connection()).unwrap();
    make_key(&server.path("host_ed25519"), "ed25519", "");
    server.restart();
    let error = refused(&server.connection());
    assert_eq!((error.code, error.status), ("ssh.host_key_changed", Status::Unusable));
    assert!(error.why.contains("known_hosts:1"), "{}", error.why);
    assert_eq!(Ssh.unknown_key(&server.connection()).unwrap_err().code, "ssh.host_key_changed");
}

#[test]
fn a_revoked_key_is_refused_although_it_is_known() {
    let Some(server) = server() else { return };
    let line = server.known_line("ed25519");
    fs::write(server.path("known_hosts"), format!("{line}@revoked {line}")).unwrap();
    assert_eq!(refused(&server.connection()).code, "ssh.host_key_revoked");
}

/// The server shows a certificate where it is asked for one; its plain key is not known. What is said names the way out.
#[test]
fn a_certificate_of_a_host_is_not_taken_for_a_known_key() {
    let Some(mut server) = server() else { return };
    make_key(&server.path("authority"), "ed25519", "");
    let signed = Command::new("ssh-keygen")
        .args(["-q", "-h", "-I", "host", "-n", "127.0.0.1", "-s"])
        .args([server.path("authority"), server.path("host_ed25519.pub")])
        .status();
    assert!(signed.unwrap().success());
    let config = fs::read_to_string(server.path("sshd_config")).unwrap();
    let certificate = server.path("host_ed25519-cert.pub");
    fs::write(server.path("sshd_config"), format!("{config}HostCertificate {}\n", certificate.display())).unwrap();
    server.restart();
    let authority = fs::read_to_string(server.path("authority.pub")).unwrap();
    let named = format!("@cert-authority [127.0.0.1]:{} {authority}", server.port());
    fs::write(server.path("known_hosts"), named).unwrap();
    let error = refused(&server.connection());
    assert_eq!((error.code, error.status), ("ssh.host_key_unknown", Status::Unusable));
    assert!(error.why.contains("certificates of hosts cannot be checked"), "{}", error.why);
    fs::write(server.path("known_hosts"), server.known_line("ed25519")).unwrap();
    enter(&server.connection()).unwrap();
}

/// The server has keys of three types; whichever one is known is the one that is asked for.
#[test]
fn the_type_of_key_that_is_known_is_asked_for() {
    let setup = Setup { host_keys: vec!["ed25519", "ecdsa", "rsa"], ..Setup::default() };
    let Some(server) = Sshd::start(&setup) else { return };
    for kind in ["rsa", "ecdsa", "ed25519"] {
        fs::write(server.path("known_hosts"), server.known_line(kind)).unwrap();
        enter(&server.connection()).unwrap_or_else(|error| panic!("{kind}: {error}"));
    }
}

#[test]
fn a_key_that_the_connection_names_is_the_only_one() {
    let Some(server) = server() else { return };
    let line = server.known_line("ed25519");
    let named = line.split_once(' ').unwrap().1.trim().to_owned();
    let fields = json!({"known_hosts": null, "host_key": named});
    enter(&server.connection_with(fields)).unwrap();
    make_key(&server.path("other"), "ed25519", "");
    let other = fs::read_to_string(server.path("other.pub")).unwrap();
    let error = refused(&server.connection_with(json!({"host_key": other})));
    assert_eq!(error.code, "ssh.host_key_changed");
}

#[test]
fn a_switch_that_leaves_keys_unchecked_is_refused() {
    for field in ["no_host_key_check", "allow_host_key_change"] {
        let mut connection = Connection { host: Some("127.0.0.1".into()), ..Connection::default() };
        connection.extra.insert(field.into(), json!("true"));
        let error = refused(&connection);
        assert_eq!(error.code, "connection.wrong");
        assert!(error.why.contains(field) && error.why.contains("always checked"), "{}", error.why);
        connection.extra.insert(field.into(), json!("false"));
        connection.extra.insert("ssh_config".into(), json!("none"));
        connection.port = Some(1);
        assert_eq!(refused(&connection).code, "ssh.unreachable");
    }
}

#[test]
fn it_is_found_by_airflows_words() {
    for word in ["ssh", "sftp"] {
        assert_eq!(connector(word).unwrap().kind(), "sftp");
    }
    let schema = serde_json::to_value(Ssh.schema()).unwrap();
    for field in ["key_file", "private_key", "private_key_passphrase", "host_key", "conn_timeout"] {
        assert!(schema["properties"][field]["title"].is_string(), "{field}");
    }
    assert!(schema["properties"].get("no_host_key_check").is_none());
}

#[test]
fn the_test_of_a_connection_goes_step_by_step() {
    let Some(server) = server() else { return };
    let steps = |connection: &Connection| {
        let mut steps = Vec::new();
        Ssh.test(connection, b"", true, &mut |step| steps.push((step.name, step.outcome)));
        steps
    };
    let done = steps(&server.connection());
    let names: Vec<&str> = done.iter().map(|(name, _)| *name).collect();
    let all = ["dns", "tcp", "host_key", "login", "list", "write", "rename", "delete", "space", "checksum"];
    assert_eq!(names, all, "{done:?}");
    for (name, word) in [("host_key", "SHA256:"), ("login", "login_key"), ("space", "GiB free"), ("checksum", "sha256")]
    {
        let (_, outcome) = done.iter().find(|(step, _)| *step == name).unwrap();
        assert!(outcome.as_ref().unwrap().contains(word), "{name}: {outcome:?}");
    }
    assert_eq!(fs::read_dir(server.files()).unwrap().count(), 0, "the probe was removed");
    let stranger = steps(&server.connection_with(json!({"key_file": "/none"})));
    assert_eq!(stranger.last().unwrap().0, "login");
    assert_eq!(stranger.last().unwrap().1.as_ref().unwrap_err().code, "ssh.auth_failed");
    let mut nobody = server.connection();
    nobody.host = Some("no-such-host.invalid".into());
    assert_eq!(steps(&nobody).iter().map(|(name, _)| *name).collect::<Vec<_>>(), ["dns"]);
}
