//! `ssh.command`, against a real sshd.
#![cfg(unix)]
#![allow(clippy::unwrap_used)]

mod common;

use std::fs;

use common::Workshop;
use longshore_engine::Class;
use longshore_flows::kind::Done;
use longshore_testkit::servers::sshd::{Setup, Sshd};
use serde_json::{Value, json};

/// Parameters with a connection to the server that is there for this run only.
fn with(server: &Sshd, more: &Value) -> Value {
    let known = server.connection();
    let machine = json!({
        "id": "machine", "conn_type": "ssh", "host": known.host, "port": known.port, "login": known.login, "extra": known.extra,
    });
    let mut with = json!({"connection": "machine", "connections": [machine]});
    let fields = more.as_object().unwrap().iter().map(|(name, value)| (name.clone(), value.clone()));
    with.as_object_mut().unwrap().extend(fields);
    with
}

fn alive(process: &str) -> bool {
    fs::read_to_string(format!("/proc/{process}/stat")).is_ok_and(|stat| !stat.contains(") Z "))
}

#[test]
fn a_command_and_a_script_with_their_output_and_environment() {
    let Some(server) = Sshd::start(&Setup::default()) else { return };
    let shop = Workshop::new();
    let run = |more: Value| shop.attempt("ssh.command", &with(&server, &more)).unwrap();
    assert_eq!(run(json!({"command": ["printf", "%s|", "a b", "it's", "$(id)"]})), json!("a b|it's|$(id)|"));
    assert_eq!(run(json!({"script": "echo first\necho '{\"n\": 3}'\necho"})), json!({"n": 3}));
    let folder = server.files();
    fs::write(folder.join("here"), "").unwrap();
    let script = json!({"script": "read -r line || echo nothing; ls; echo \"$WORD $LONGSHORE_TASK\"", "folder": folder, "env": {"WORD": "it's 5"}});
    assert_eq!(run(script.clone()), json!("it's 5 ssh.command"));
    let logged = shop.host("ssh.command", &with(&server, &script)).logs();
    let logged: Vec<&str> = logged.iter().map(|(_, text)| text.as_str()).collect();
    assert_eq!(logged, ["nothing", "here", "it's 5 ssh.command"]);
    assert_eq!(
        run(json!({"script": "shopt -q extglob; echo \"${BASH_VERSION:+bash}\"", "shell": ["/bin/bash"]})),
        json!("bash")
    );
}

#[test]
fn exit_codes_and_signals_say_how_it_ended() {
    let Some(server) = Sshd::start(&Setup::default()) else { return };
    let shop = Workshop::new();
    let done = |more: Value| shop.done("ssh.command", &with(&server, &more), &[]);
    assert!(matches!(done(json!({"script": "exit 99"})), Ok(Done::Skipped(_))));
    let codes = json!({"4": "fail", "5": "success"});
    let failed = |script: &str| done(json!({"script": script, "exit_codes": codes})).unwrap_err();
    let fault = failed("echo why >&2; exit 3");
    assert_eq!((fault.code.as_str(), fault.class), ("ssh.command", Class::Transient));
    assert!(fault.why.contains("exit code 3"), "{fault}");
    assert_eq!(failed("exit 4").class, Class::Permanent);
    assert!(failed("kill -KILL $$").why.contains("signal KILL"));
    assert_eq!(done(json!({"script": "exit 5", "exit_codes": codes})).unwrap(), Done::Output(Value::Null));
    assert_eq!(failed("cd /nowhere; echo on").class, Class::Transient, "the script ends at the first failure");
    for wrong in [
        json!({}),
        json!({"command": []}),
        json!({"command": ["a"], "script": "b"}),
        json!({"script": "a", "env": {"A B": 1}}),
    ] {
        assert_eq!(done(wrong).unwrap_err().code, "task.with");
    }
    let local = json!({"connection": "scratch", "script": "true"});
    assert_eq!(shop.done("ssh.command", &local, &[]).unwrap_err().code, "connection.wrong");
}

#[test]
fn secrets_are_handed_over_unseen_and_hidden_in_what_is_logged() {
    let Some(server) = Sshd::start(&Setup::default()) else { return };
    let shop = Workshop::new();
    let secret = "very-secret-word";
    let script = "cat /proc/$PPID/cmdline /proc/$$/cmdline | grep -c \"$TOKEN\" || true; echo \"it is $TOKEN\"";
    let given = with(&server, &json!({"script": script, "env": {"TOKEN": secret}}));
    shop.done("ssh.command", &given, &[secret]).unwrap();
    let logged = shop.host("ssh.command", &given).logs();
    let logged: Vec<&str> = logged.iter().map(|(_, text)| text.as_str()).collect();
    assert_eq!(logged, ["0", "it is ***"]);
    let seen = with(&server, &json!({"command": ["echo", secret]}));
    assert_eq!(shop.done("ssh.command", &seen, &[secret]).unwrap_err().code, "shell.secret");
}

#[test]
fn what_an_earlier_attempt_left_at_work_is_ended_first() {
    let Some(server) = Sshd::start(&Setup::default()) else { return };
    let shop = Workshop::new();
    let given = with(
        &server,
        &json!({"script": "cat /proc/uptime; echo $$; [ -e again ] && exit 0; sleep 300 & wait", "folder": server.files()}),
    );
    let host = shop.host("ssh.command", &given);
    let process = std::thread::scope(|scope| {
        let attempt = scope.spawn(|| shop.attempt("ssh.command", &given));
        let process = loop {
            let lines = host.logs();
            match lines.get(1) {
                Some((_, process)) => break process.clone(),
                None => std::thread::yield_now(),
            }
        };
        // The connection goes; the command stays, as it writes nothing.
        let ours: u32 = process.parse().unwrap();
        server.drop_connection_of(ours);
        assert!(attempt.join().unwrap().is_err());
        process
    });
    assert!(alive(&process), "it is still at work");
    fs::write(server.files().join("again"), "").unwrap();
    shop.attempt("ssh.command", &given).unwrap();
    assert!(!alive(&process), "it was ended before the next began");
    assert!(host.logs().iter().any(|(_, text)| text.contains(&format!("process {process}"))));
}
