//! Ways to log in.

use std::fs;
use std::process::{Child, Command, Stdio};

use longshore_connectors::sftp::Sftp;
use longshore_testkit::servers::sshd::{FreshUser, Sshd, make_key};
use longshore_transfer::storage::{Status, Storage};
use serde_json::json;

use crate::{enter, refused, server, text, with_config};

/// Lets a key in besides those that may.
fn allow(server: &Sshd, key: &str) {
    let mut allowed = fs::read_to_string(server.path("authorized_keys")).unwrap();
    allowed += &fs::read_to_string(server.path(&format!("{key}.pub"))).unwrap();
    fs::write(server.path("authorized_keys"), allowed).unwrap();
}

#[test]
fn keys_of_all_types_with_and_without_passphrase() {
    let Some(server) = server() else { return };
    for (kind, passphrase) in [("ed25519", "open sesame"), ("rsa", ""), ("ecdsa", "open sesame")] {
        let name = format!("key_{kind}");
        make_key(&server.path(&name), kind, passphrase);
        allow(&server, &name);
        let file = server.path(&name);
        enter(&server.connection_with(json!({"key_file": file, "private_key_passphrase": passphrase}))).unwrap();
        let key = fs::read_to_string(&file).unwrap();
        let given = json!({"key_file": null, "private_key": key, "private_key_passphrase": passphrase});
        enter(&server.connection_with(given)).unwrap();
    }
    let file = server.path("key_ed25519");
    let error = refused(&server.connection_with(json!({"key_file": file, "private_key_passphrase": "wrong"})));
    assert_eq!((error.code, error.status), ("ssh.auth_failed", Status::Unusable));
    assert!(error.why.contains("key_ed25519 (it cannot be read"), "{}", error.why);
    assert!(!error.why.contains("wrong") && error.why.contains("It offers publickey"), "{}", error.why);
}

#[test]
fn a_key_that_is_not_let_in() {
    let Some(server) = server() else { return };
    make_key(&server.path("stranger"), "ed25519", "");
    let error = refused(&server.connection_with(json!({"key_file": server.path("stranger")})));
    assert_eq!(error.code, "ssh.auth_failed");
    assert!(error.why.contains("stranger (refused)"), "{}", error.why);
    let error = refused(&server.connection_with(json!({"key_file": server.path("none there")})));
    assert!(error.why.contains("none there (No such file"), "{}", error.why);
    let error = refused(&server.connection_with(json!({"key_file": null})));
    assert!(error.why.contains("nothing that the connection has fits"), "{}", error.why);
}

/// An agent that runs until it is dropped.
struct Agent(Child);

impl Agent {
    fn start(server: &Sshd, keys: &[&str]) -> Self {
        let socket = server.path("agent");
        let agent = Command::new("ssh-agent").arg("-D").arg("-a").arg(&socket).stdout(Stdio::null()).spawn().unwrap();
        let agent = Self(agent);
        for key in keys {
            let add = || Command::new("ssh-add").arg("-q").arg(server.path(key)).env("SSH_AUTH_SOCK", &socket).output();
            // The agent may not listen yet.
            let added = (0..500).any(|_| add().unwrap().status.success());
            assert!(added, "{key} cannot be added");
        }
        agent
    }
}

impl Drop for Agent {
    fn drop(&mut self) {
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

#[test]
fn every_key_of_an_agent_is_tried() {
    let Some(server) = server() else { return };
    for key in ["one", "two", "three"] {
        make_key(&server.path(key), "ed25519", "");
    }
    allow(&server, "three");
    let _agent = Agent::start(&server, &["one", "two", "three"]);
    let config = format!("IdentityAgent {}\n", text(&server.path("agent")));
    fs::write(server.path("config"), &config).unwrap();
    let fields = json!({"key_file": null, "look_for_keys": true, "ssh_config": server.path("config")});
    enter(&server.connection_with(fields.clone())).unwrap();
    // Only the keys that are named: the first is not let in.
    let named = format!("{config}IdentitiesOnly yes\nIdentityFile {}\n", text(&server.path("one")));
    fs::write(server.path("config"), named).unwrap();
    let error = refused(&server.connection_with(fields));
    assert!(error.why.contains("key one") || error.why.contains("/one (refused)"), "{}", error.why);
    assert_eq!(error.why.matches("refused").count(), 2, "the file and the agent's key of that name: {}", error.why);
}

#[test]
fn passwords_and_questions() {
    let Some(user) = FreshUser::make("pw") else { return };
    for config in [
        vec!["PasswordAuthentication yes", "KbdInteractiveAuthentication no"],
        vec!["PasswordAuthentication yes", "AuthenticationMethods publickey,password"],
    ] {
        let Some(server) = with_config(&config) else { return };
        let both = config[1].starts_with("AuthenticationMethods");
        let key = both.then(|| server.path("login_key"));
        let fields = json!({"key_file": key, "remote_path": text(user.home.path())});
        let mut connection = server.connection_with(fields);
        connection.login = Some(user.name.clone());
        connection.password = Some(user.password.to_owned().into());
        enter(&connection).unwrap_or_else(|error| panic!("{config:?}: {error}\n{}", server.log()));
        connection.password = Some("not this one".to_owned().into());
        let error = refused(&connection);
        assert_eq!(error.code, "ssh.auth_failed");
        assert!(error.why.contains("the password (refused)"), "{}", error.why);
        assert!(!error.why.contains("not this one"), "{}", error.why);
    }
}

#[test]
fn what_the_configuration_says() {
    let Some(server) = server() else { return };
    let config = format!(
        "Host else\n User nobody-at-all\nHost archive !else\n HostName 127.0.0.1\n Port {}\n IdentityFile {}\n Compression yes\n",
        server.port(),
        text(&server.path("login_%r")),
    );
    fs::write(server.path("config"), config).unwrap();
    let named = server.path(&format!("login_{}", longshore_testkit::servers::sshd::user()));
    fs::copy(server.path("login_key"), named).unwrap();
    let fields = json!({"key_file": null, "look_for_keys": null, "ssh_config": server.path("config")});
    let mut connection = server.connection_with(fields);
    (connection.host, connection.port) = (Some("archive".into()), None);
    let storage = Sftp::open("server", &connection, b"sub").unwrap();
    storage.make_folder(b"made").unwrap();
    assert!(server.files().join("sub/made").is_dir());
}

#[test]
fn a_jump_host_is_gone_by() {
    let (Some(jump), Some(server)) = (server(), server()) else { return };
    let known = jump.known_line("ed25519") + &server.known_line("ed25519");
    fs::write(server.path("known_hosts"), &known).unwrap();
    let config = format!(
        "Host jump\n HostName 127.0.0.1\n Port {}\n IdentityFile {}\nHost *\n IdentityFile {}\n",
        jump.port(),
        text(&jump.path("login_key")),
        text(&server.path("login_key")),
    );
    fs::write(server.path("config"), config).unwrap();
    let fields = json!({"ssh_config": server.path("config"), "proxy_jump": "jump"});
    let storage = Sftp::open("server", &server.connection_with(fields), b"").unwrap();
    let content = crate::pattern(40 << 20);
    crate::put(&storage, b"file", &content).unwrap();
    assert!(crate::get(&storage, b"file").unwrap() == content);
    assert!(jump.log().contains("Accepted publickey"), "{}", jump.log());
    // The key of the jump host is checked as that of the server is.
    fs::write(server.path("known_hosts"), server.known_line("ed25519")).unwrap();
    let fields = json!({"ssh_config": server.path("config"), "proxy_jump": "jump"});
    let error = refused(&server.connection_with(fields));
    assert_eq!(error.code, "ssh.host_key_unknown");
    assert!(error.why.starts_with("at the jump host"), "{}", error.why);
}
