//! `shell`, against real processes.
#![cfg(unix)]
#![allow(clippy::unwrap_used)]

mod common;

use std::fs;
use std::os::unix::fs::PermissionsExt as _;
use std::os::unix::process::CommandExt as _;
use std::process::Command;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

use common::Workshop;
use longshore_engine::Class;
use longshore_flows::TaskHost as _;
use longshore_flows::kind::{Done, Level};
use serde_json::{Value, json};

fn script(text: &str) -> Value {
    json!({"script": text})
}

fn alive(pid: &str) -> bool {
    fs::read_to_string(format!("/proc/{pid}/stat")).is_ok_and(|stat| !stat.contains(") Z "))
}

/// Lets something be done, beside an attempt, once the attempt has logged a line that begins so; it is given the line's rest.
fn beside<T: Send>(
    shop: &Workshop,
    with: &Value,
    begins: &str,
    then: impl FnOnce(&str) + Send,
    attempt: impl FnOnce() -> T,
) -> T {
    let host = shop.host("shell", with);
    let wait = move || loop {
        let said = host.logs().into_iter().find_map(|(_, text)| text.strip_prefix(begins).map(str::to_owned));
        match said {
            Some(rest) => return then(&rest),
            None => std::thread::yield_now(),
        }
    };
    std::thread::scope(|scope| {
        let waiting = scope.spawn(wait);
        let done = attempt();
        waiting.join().unwrap();
        done
    })
}

#[test]
fn the_last_line_is_the_output_as_json_if_it_is_that() {
    let shop = Workshop::new();
    let run = |text: &str| shop.attempt("shell", &script(text)).unwrap();
    assert_eq!(run("echo first; echo '{\"n\": 3}'; echo"), json!({"n": 3}));
    assert_eq!(run("printf 'plain text'"), json!("plain text"));
    assert_eq!(run("true"), Value::Null);
    assert_eq!(run("echo [1] > \"$LONGSHORE_OUTPUT\"; echo no"), json!([1]));
    let command = json!({"command": ["printf", "%s", "a b"]});
    assert_eq!(shop.attempt("shell", &command).unwrap(), json!("a b"));
}

#[test]
fn its_environment_is_clean_and_what_it_was_given() {
    let shop = Workshop::new();
    let with = json!({"command": ["env"], "env": {"WORD": "a=b", "NUMBER": 3, "TRUTH": true}});
    shop.attempt("shell", &with).unwrap();
    let mut names: Vec<String> = shop
        .logged("shell", &with)
        .iter()
        .filter_map(|line| line.split_once('=').map(|(name, _)| name.to_owned()))
        .filter(|name| !["HOME", "LANG", "TZ"].contains(&name.as_str()))
        .collect();
    names.sort();
    assert_eq!(
        names,
        ["LONGSHORE_ATTEMPT", "LONGSHORE_OUTPUT", "LONGSHORE_RUN", "LONGSHORE_TASK", "NUMBER", "PATH", "TRUTH", "WORD"]
    );
    let logged = shop.logged("shell", &with);
    assert!(logged.contains(&"WORD=a=b".to_owned()) && logged.contains(&"LONGSHORE_RUN=run-1".to_owned()));
}

#[test]
fn both_streams_go_into_the_log_line_by_line() {
    let shop = Workshop::new();
    let with = script("echo out; echo err >&2; printf 'bad \\377 byte\\n'");
    shop.attempt("shell", &with).unwrap();
    let logs = shop.host("shell", &with).logs();
    for line in [(Level::Info, "out"), (Level::Warning, "err"), (Level::Info, "bad \\xFF byte")] {
        assert!(logs.iter().any(|(level, text)| (*level, text.as_str()) == line), "{line:?} in {logs:?}");
    }
}

#[test]
fn an_exit_code_means_what_the_flow_says() {
    let shop = Workshop::new();
    let with = |code: u8| json!({"script": format!("exit {code}"), "exit_codes": {"1": "success", "2": "skip", "3": "fail", "4": "retry"}});
    assert_eq!(shop.done("shell", &with(1), &[]).unwrap(), Done::Output(Value::Null));
    assert!(matches!(shop.done("shell", &with(2), &[]).unwrap(), Done::Skipped(why) if why.contains("exit code 2")));
    let class = |with: &Value| shop.done("shell", with, &[]).unwrap_err().class;
    assert_eq!(class(&with(3)), Class::Permanent);
    assert_eq!(class(&with(4)), Class::Transient);
    assert_eq!(class(&with(5)), Class::Transient);
    assert!(matches!(shop.done("shell", &script("exit 99"), &[]).unwrap(), Done::Skipped(_)));
    let fault = shop.done("shell", &script("kill -SEGV $$"), &[]).unwrap_err();
    assert_eq!((fault.code.as_str(), fault.why.as_str()), ("shell.failed", "it ended with signal 11"));
}

#[test]
fn a_script_stops_at_its_first_failure_and_may_have_another_shell() {
    let shop = Workshop::new();
    assert!(shop.done("shell", &script("false\necho on"), &[]).is_err());
    let bash = json!({"script": "set -o; [[ a == a ]] && echo \"${BASH_VERSION%%.*}\"", "shell": ["/bin/bash", "-euo", "pipefail"]});
    assert!(shop.attempt("shell", &bash).unwrap().as_u64().is_some_and(|version| version > 2));
    let failing = json!({"script": "false | true", "shell": ["/bin/bash", "-euo", "pipefail"]});
    assert!(shop.done("shell", &failing, &[]).is_err());
}

#[test]
fn what_makes_no_sense_is_refused() {
    let shop = Workshop::new();
    let code = |with: Value| shop.done("shell", &with, &[]).unwrap_err().code;
    assert_eq!(code(json!({})), "task.with");
    assert_eq!(code(json!({"command": ["true"], "script": "true"})), "task.with");
    assert_eq!(code(json!({"command": []})), "task.with");
    assert_eq!(code(json!({"command": ["true"], "env": {"A=B": "c"}})), "task.with");
    assert_eq!(code(json!({"command": ["/no/such/program"]})), "shell.not_started");
    assert_eq!(code(json!({"command": ["true"], "folder": "/no/such/folder"})), "shell.folder");
    assert_eq!(code(json!({"command": ["true"], "folder": "lts:../.."})), "location.wrong");
}

#[test]
fn its_folder_stays_for_the_next_attempt_and_goes_after_a_success() {
    let shop = Workshop::new();
    let with = script("pwd; test -e half || { touch half; exit 1; }");
    assert!(shop.done("shell", &with, &[]).is_err());
    let folder = shop.logged("shell", &with)[0].clone();
    let top = std::path::Path::new(&folder).parent().unwrap();
    assert_eq!(fs::metadata(top).unwrap().permissions().mode() & 0o077, 0);
    assert!(std::path::Path::new(&folder).join("half").exists());
    shop.attempt("shell", &with).unwrap();
    assert!(!top.exists() && fs::read_dir(shop.places.top().join("scratch/shell")).unwrap().next().is_none());
}

#[test]
fn it_works_where_it_is_told() {
    let shop = Workshop::new();
    fs::create_dir(shop.places.top().join("lts/sub")).unwrap();
    let with = json!({"command": ["pwd"], "folder": "lts:sub"});
    assert!(shop.attempt("shell", &with).unwrap().as_str().unwrap().ends_with("lts/sub"));
}

#[test]
fn cancelling_ends_the_whole_group() {
    let shop = Workshop::new();
    let with = script("sleep 1000 & (sleep 1000; true) & echo pids $! $$; wait");
    let mut pids = String::new();
    let host = shop.host("shell", &with);
    let end = |rest: &str| {
        pids = rest.to_owned();
        host.cancel();
    };
    let fault = beside(&shop, &with, "pids ", end, || shop.done("shell", &with, &[])).unwrap_err();
    assert_eq!(fault.code, "task.stopped");
    for pid in pids.split(' ') {
        assert!(goes(pid), "{pid} is still there");
    }
}

#[test]
fn who_does_not_end_when_told_is_killed_after_a_while() {
    let shop = Workshop::new();
    let with = script("trap 'echo told' TERM; echo pid $$; while true; do sleep 1000 & wait || true; done");
    let host = shop.host("shell", &with);
    let (clock, mut pid) = (shop.clock.clone(), String::new());
    let watching = host.clone();
    let end = |rest: &str| {
        pid = rest.to_owned();
        host.cancel();
        while !watching.logs().iter().any(|(_, text)| text == "told") {
            std::thread::yield_now();
        }
        clock.advance(Duration::from_secs(11));
    };
    assert!(beside(&shop, &with, "pid ", end, || shop.done("shell", &with, &[])).is_err());
    assert!(goes(&pid), "{pid} is still there");
}

/// Whether a process that was killed is gone soon: the kernel takes its time on a busy machine.
fn goes(pid: &str) -> bool {
    let until = Instant::now() + Duration::from_secs(20);
    while alive(pid) && Instant::now() < until {
        std::thread::yield_now();
    }
    !alive(pid)
}

/// Does something while the clock runs, however fast.
fn while_time_passes<T>(shop: &Workshop, work: impl FnOnce() -> T) -> T {
    let ended = AtomicBool::new(false);
    std::thread::scope(|scope| {
        scope.spawn(|| {
            while !ended.load(Ordering::SeqCst) {
                shop.clock.advance(Duration::from_millis(1));
                std::thread::yield_now();
            }
        });
        let done = work();
        ended.store(true, Ordering::SeqCst);
        done
    })
}

#[test]
fn what_it_leaves_behind_is_ended() {
    let shop = Workshop::new();
    let with = script("sleep 1000 & echo $!");
    let pid = while_time_passes(&shop, || shop.attempt("shell", &with).unwrap());
    assert!(goes(&pid.to_string()));
    let said = shop.logged("shell", &with);
    assert!(said.iter().any(|line| line.contains(&format!("sleep ({pid})"))), "{said:?}");
}

/// A process in a group of its own, as one that was left over.
fn left_over(run: &str) -> std::process::Child {
    Command::new("sleep").arg("1000").env("LONGSHORE_RUN", run).process_group(0).spawn().unwrap()
}

#[test]
fn a_group_that_an_earlier_attempt_left_is_ended_before_the_next_begins() {
    let shop = Workshop::new();
    let with = script("echo next");
    let mut left = left_over("run-1");
    shop.host("shell", &with).save_checkpoint(json!({"group": left.id()})).unwrap();
    assert_eq!(shop.attempt("shell", &with).unwrap(), json!("next"));
    assert!(left.try_wait().unwrap().is_some(), "it is still there");
    assert!(shop.logged("shell", &with)[0].contains("earlier attempt"));
}

#[test]
fn a_group_that_has_the_same_number_by_chance_is_left_alone() {
    let shop = Workshop::new();
    let with = script("echo next");
    let mut other = left_over("another-run");
    shop.host("shell", &with).save_checkpoint(json!({"group": other.id()})).unwrap();
    assert_eq!(shop.attempt("shell", &with).unwrap(), json!("next"));
    assert!(other.try_wait().unwrap().is_none());
    other.kill().unwrap();
    other.wait().unwrap();
}

#[test]
fn secrets_are_hidden_and_are_not_put_where_others_see_them() {
    let shop = Workshop::new();
    let secret = "hunter2-hunter2";
    let with = json!({"script": "echo \"it is $TOKEN\"; echo \"$TOKEN\" | fold -w 4; echo \"$TOKEN\" >&2; echo \"got $TOKEN\"",
        "env": {"TOKEN": secret}});
    let done = shop.done("shell", &with, &[secret]).unwrap();
    assert_eq!(done, Done::Output(json!("got ***")));
    let logged = shop.logged("shell", &with).join("\n");
    assert!(logged.contains("it is ***") && !logged.contains("hunt") && !logged.contains("er2"), "{logged}");
    let seen = json!({"command": ["echo", format!("x{secret}")]});
    assert_eq!(shop.done("shell", &seen, &[secret]).unwrap_err().code, "shell.secret");
}

/// 50 MB; in the long form (`LONGSHORE_SOAK=1`) a gigabyte.
#[test]
fn a_program_that_writes_without_end_is_bounded_in_the_log() {
    let shop = Workshop::new();
    let bytes = if std::env::var_os("LONGSHORE_SOAK").is_some() { 1_000_000_000 } else { 50_000_000 };
    let text = format!(
        "yes 'a line of some length to fill the log with' | head -c {bytes}; head -c 20000000 /dev/zero; echo; echo last"
    );
    let with = json!({"command": ["sh", "-c", text]});
    assert_eq!(shop.attempt("shell", &with).unwrap(), json!("last"));
    let logs = shop.logged("shell", &with);
    let bytes: usize = logs.iter().map(String::len).sum();
    assert!(logs.len() < 5_000 && bytes < 4 << 20, "{} lines, {bytes} bytes", logs.len());
    assert_eq!(logs.last().map(String::as_str), Some("last"));
}

#[test]
fn a_program_that_hangs_is_ended_with_all_that_it_started_once_its_time_is_over() {
    let shop = Workshop::new();
    let with = json!({"script": "trap '' TERM; (trap '' TERM; sleep 1000) & echo \"child $!\"; wait", "timeout": "3s"});
    let child = std::sync::Mutex::new(String::new());
    let time_passes = |pid: &str| {
        pid.clone_into(&mut child.lock().unwrap());
        while alive(pid) {
            shop.clock.advance(Duration::from_secs(1));
            std::thread::yield_now();
        }
    };
    let fault = beside(&shop, &with, "child ", time_passes, || shop.attempt("shell", &with).unwrap_err());
    assert_eq!((fault.code.as_str(), fault.class), ("shell.timeout", Class::Transient));
    assert!(fault.why.contains("3 seconds"), "{fault:?}");
    assert!(!alive(&child.lock().unwrap()));
    let quick = json!({"script": "echo done", "timeout": "1h"});
    assert_eq!(shop.attempt("shell", &quick).unwrap(), json!("done"));
}
