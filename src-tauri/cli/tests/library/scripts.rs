//! `sync_debagged` and `feeder`, with real shells and folders.

use std::fs;
use std::os::unix::fs::PermissionsExt as _;

use serde_json::{Value, json};

use crate::common::Place;

struct Library(Place);

impl Library {
    fn new() -> Self {
        let library = Self(Place::new());
        library.0.file("works/W1/images/1.jpg", "x");
        library
    }

    /// The script, in bash.
    fn script(&self, text: &str) -> String {
        let path = self.0.file("bin/syncOneWork.sh", format!("#!/bin/bash\n{text}\n"));
        fs::set_permissions(&path, fs::Permissions::from_mode(0o755)).unwrap();
        path.display().to_string()
    }

    fn at(&self, name: &str) -> String {
        self.0.path(name).display().to_string()
    }

    /// Syncs the work with a script and these parameters besides: the exit code, the run, and its log.
    fn sync(&self, script: &str, more: &Value) -> (i32, Value, String) {
        let mut params = json!({"works": [{"id": "W1", "folder": self.at("works/W1")}], "script": self.script(script)});
        params.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
        let (code, run) = self.flow("sync_debagged", &params);
        let log = self.0.run(["run", "logs", run["id"].as_str().unwrap()]).out;
        (code, run, log)
    }

    fn flow(&self, flow: &str, params: &Value) -> (i32, Value) {
        let file = self.0.file("params.json", params.to_string());
        let ran = self.0.run(["--json", "flow", "run", flow, "--wait", "--params-file", file.to_str().unwrap()]);
        let told: Value =
            serde_json::from_str(&ran.out).unwrap_or_else(|error| panic!("{error}: {}\n{}", ran.out, ran.err));
        (ran.code, told.get(0).cloned().unwrap_or(told))
    }

    fn names(&self, folder: &str) -> Vec<String> {
        let entries = fs::read_dir(self.0.path(folder)).unwrap();
        let mut names: Vec<String> = entries.map(|entry| entry.unwrap().file_name().into_string().unwrap()).collect();
        names.sort();
        names
    }

    /// The log of the work: of the one day that there is.
    fn log_file(&self) -> String {
        let days = self.names("logs");
        assert_eq!(days.len(), 1, "{days:?}");
        assert_eq!(days[0].split('-').map(str::len).collect::<Vec<_>>(), [4, 2, 2], "{days:?}");
        fs::read_to_string(self.0.path("logs").join(&days[0]).join("W1.log")).unwrap()
    }
}

#[test]
fn a_script_has_its_environment_and_the_options_of_the_work() {
    let library = Library::new();
    library.0.file("site.yml", "update_web: true\ngroup: site\n");
    library.0.file("works/W1/config/sync.yml", "update_web: false\n");
    let more = json!({"path": format!("{}:/usr/bin:/bin", library.at("bin")), "db_config": "prod:~/db.config",
        "aws_credentials": "/home/library/.aws/credentials", "site_options": library.at("site.yml"),
        "log_folder": library.at("logs"), "options": {"update_web": true, "replace": 3}, "env": {"DEBUG": 1}});
    let script = "echo $1 $2 $UPDATE_WEB $GROUP $REPLACE $DB_CONFIG $AWS_SHARED_CREDENTIALS_FILE $DEBUG $PATH";
    let (code, run, log) = library.sync(script, &more);
    assert_eq!(code, 0, "{run:#}\n{log}");
    let line = format!(
        "{} W1 false site 3 prod:~/db.config /home/library/.aws/credentials 1 {}:/usr/bin:/bin",
        library.at("works/W1"),
        library.at("bin")
    );
    assert!(log.contains(&line), "{log}");
    assert_eq!(library.log_file(), format!("{line}\n"));
    let works = library.0.run(["--json", "work", "list"]).expect(0).json();
    assert_eq!((&works[0]["work"], &works[0]["state"]), (&json!("W1"), &json!("synced")));
}

#[test]
fn a_script_that_fails_or_only_ends_does_not_sync() {
    let library = Library::new();
    let (code, run, _) = library.sync("echo half of it; exit 3", &json!({"log_folder": library.at("logs")}));
    assert_eq!((code, &run["fault"]["code"]), (1, &json!("shell.failed")), "{run:#}");
    assert!(run["fault"]["why"].as_str().unwrap().contains("exit code 3"), "not that of whoever keeps the log");
    let (code, run, _) = library.sync("echo '{\"synced\": 0}'", &json!({"expect": "output.synced > 0"}));
    assert_eq!((code, &run["fault"]["code"]), (1, &json!("shell.unproved")), "{run:#}");
    assert_eq!(library.0.run(["--json", "work", "list"]).expect(0).json(), json!([]));
    let (code, run, _) = library.sync("echo '{\"synced\": 5}'", &json!({"expect": "output.synced > 0"}));
    assert_eq!(code, 0, "{run:#}");
    library.0.file("works/W1/config/sync.yml", "- no\n- mapping\n");
    let (_, run, _) = library.sync("true", &json!({}));
    assert_eq!(run["fault"]["code"], "options.wrong", "{run:#}");
}

#[test]
fn secrets_that_a_script_prints_are_hidden_and_what_it_leaves_behind_ends() {
    let library = Library::new();
    let secret = "correct-horse-battery";
    library.0.file("db.password", format!("{secret}\n"));
    let mark = library.0.path("left");
    let script = format!(
        "echo the password is $DB_PASSWORD; echo $DB_PASSWORD >&2; (trap '' TERM; sleep 1000; touch {}) & echo $!",
        mark.display()
    );
    let reference = format!("file:{}", library.at("db.password"));
    let (code, run, log) =
        library.sync(&script, &json!({"secrets": {"DB_PASSWORD": reference}, "log_folder": library.at("logs")}));
    assert_eq!(code, 0, "{run:#}\n{log}");
    assert!(log.contains("the password is ***") && !log.contains(secret), "{log}");
    let kept = library.log_file();
    assert!(kept.contains("the password is ***") && !kept.contains(secret), "{kept}");
    assert!(log.contains("left processes behind"), "{log}");
    let left = kept.lines().find_map(|line| line.parse::<i32>().ok()).unwrap();
    // Whoever takes in orphans may not have done so yet.
    let status = fs::read_to_string(format!("/proc/{left}/status")).unwrap_or_default();
    assert!(status.is_empty() || status.contains("State:\tZ"), "it was ended: {status}");
}

#[test]
fn a_feeder_keeps_a_few_files_ready() {
    let library = Library::new();
    for name in ["1.zip", "2.zip", "3.zip", ".hidden"] {
        library.0.file(&format!("waiting/{name}"), name);
    }
    library.0.file("ready/0.zip", "0");
    let feed = |settled: &str| {
        let params =
            json!({"from": library.at("waiting"), "ready": library.at("ready"), "most": 3, "settled": settled});
        let (code, run) = library.flow("feeder", &params);
        assert_eq!(code, 0, "{run:#}");
        library.names("ready")
    };
    assert_eq!(feed("1h"), ["0.zip"], "what may still grow is left alone");
    assert_eq!(feed("0"), ["0.zip", "1.zip", "2.zip"]);
    assert_eq!(feed("0"), ["0.zip", "1.zip", "2.zip"]);
    fs::remove_file(library.0.path("ready/0.zip")).unwrap();
    assert_eq!(feed("0"), ["1.zip", "2.zip", "3.zip"]);
    assert_eq!(library.names("waiting"), [".hidden"]);
}
