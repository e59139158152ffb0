//! Variables, connections and limits taken over from running engines, the real ones.
#![allow(clippy::unwrap_used)]

mod common;

use std::collections::BTreeMap;

use common::Place;
use longshore_testkit::servers::{Airflow, Prefect};
use serde_json::{Value, json};

/// What became of what, with the reasons.
fn became(rows: &Value) -> BTreeMap<String, (String, String)> {
    let text = |row: &Value, field: &str| row[field].as_str().unwrap_or_default().to_owned();
    let rows = rows.as_array().unwrap().iter();
    rows.map(|row| (format!("{} {}", text(row, "what"), text(row, "name")), (text(row, "became"), text(row, "why"))))
        .collect()
}

#[track_caller]
fn is(rows: &Value, name: &str, state: &str, why: &str) {
    let all = became(rows);
    let found = all.get(name).unwrap_or_else(|| panic!("no {name}: {all:#?}"));
    assert!(found.0 == state && found.1.contains(why), "{name}: {found:?}");
}

fn value(place: &Place, variable: &str) -> Value {
    let all = place.run(["--json", "variable", "list"]).expect(0).json();
    all.as_array()
        .unwrap()
        .iter()
        .find(|row| row["name"] == variable)
        .map(|row| row["value"].clone())
        .unwrap_or_default()
}

#[test]
fn what_a_running_airflow_keeps_is_taken_over_line_by_line() {
    let mut airflow = Airflow::start("");
    // More than one page of them.
    let many: BTreeMap<String, Value> = (0..230).map(|at| (format!("many_{at:03}"), json!(at))).collect();
    let file = airflow.home().join("variables.json");
    std::fs::write(&file, serde_json::to_string(&many).unwrap()).unwrap();
    airflow.run(&["variables", "import", file.to_str().unwrap()]);
    airflow.run(&["variables", "set", "site", "harbour"]);
    airflow.run(&["variables", "set", "options", r#"{"a": [1, 2]}"#]);
    airflow.run(&["variables", "set", "api_secret_key", "hidden-from-all"]);
    airflow.run(&["pools", "set", "lts_slots", "3", "tape drives"]);
    let lake = json!({"conn_type": "aws", "login": "AKIA", "password": "hidden-too", "extra": {"endpoint_url": "http://s3.example:9000", "aws_session_token": "hidden-as-well"}});
    airflow.run(&["connections", "add", "lake", "--conn-json", &lake.to_string()]);
    airflow.run(&["connections", "add", "cluster", "--conn-uri", "ssh://me@login.example:2222"]);
    airflow.run(&["connections", "add", "odd", "--conn-json", r#"{"conn_type": "snowflake", "host": "x"}"#]);
    let connection = json!({"conn_type": "airflow", "host": "127.0.0.1", "port": airflow.port(), "schema": "http", "login": "admin", "password": airflow.password()});
    let place = Place::new().with("AIRFLOW_CONN_AF", &connection.to_string());
    let place = place.with("AIRFLOW_CONN_WRONG", &connection.to_string().replace(&airflow.password(), "wrong"));
    place.run(["variable", "set", "site", "another"]).expect(0);

    let look = place.run(["--json", "import", "airflow", "af", "--dry-run"]).expect(0).json();
    is(&look, "variable many_229", "added", "");
    assert_eq!(value(&place, "many_229"), Value::Null, "it was only looked at");
    let told = place.run(["--json", "import", "airflow", "af"]).expect(0);
    for hidden in ["hidden-from-all", "hidden-too", "hidden-as-well"] {
        assert!(!told.out.contains(hidden) && !told.err.contains(hidden));
    }
    let rows = told.json();
    is(&rows, "variable site", "kept", "there is one of this name");
    is(&rows, "variable api_secret_key", "left", "its value is hidden there");
    is(&rows, "connection lake", "added", "to be given by hand: password, aws_session_token");
    is(&rows, "connection cluster", "added", "");
    is(&rows, "limit lts_slots", "added", "");
    is(&rows, "limit default_pool", "left", "it bounds every task there");
    assert_eq!(became(&rows).keys().filter(|name| name.starts_with("variable many_")).count(), many.len());
    assert_eq!((value(&place, "many_117"), value(&place, "options")), (json!(117), json!({"a": [1, 2]})));
    let lake = place.run(["--json", "connection", "show", "lake"]).expect(0).json().to_string();
    assert!(lake.contains("http://s3.example:9000") && lake.contains("AKIA") && !lake.contains("***"), "{lake}");
    let limits = place.run(["limit", "list"]).expect(0).out;
    assert!(limits.contains("lts_slots"), "{limits}");

    let again = place.run(["--json", "import", "airflow", "af", "--replace", "--reason", "we move"]).expect(0).json();
    is(&again, "variable site", "replaced", "");
    is(&again, "variable many_000", "kept", "the same");
    is(&again, "limit lts_slots", "kept", "the same");
    assert_eq!(value(&place, "site"), "harbour");
    let log = place.run(["--json", "audit", "list"]).expect(0).out;
    assert!(log.contains("remote.import") && log.contains("we move"), "{log}");

    assert!(place.run(["import", "prefect", "af"]).expect(1).err.contains("remote.other_engine"));
    assert!(place.run(["import", "airflow", "wrong"]).expect(1).err.contains("401"));
    assert!(place.run(["import", "airflow", "nobody"]).expect(1).err.contains("connection.unknown"));
    airflow.kill();
    assert!(place.run(["import", "airflow", "af"]).expect(1).err.contains("net.refused"));
}

const BLOCKS: &str = "
from prefect.variables import Variable
from prefect.blocks.system import Secret
from prefect.filesystems import LocalFileSystem, RemoteFileSystem
Variable.set('site', 'harbour')
Variable.set('options', {'a': [1, 2]})
for at in range(230):
    Variable.set(f'many_{at:03}', at)
Secret(value='hidden-from-all').save('token')
kept = {'key': 'AKIA', 'secret': 'hidden-too', 'client_kwargs': {'endpoint_url': 'http://s3.example:9000'}}
RemoteFileSystem(basepath='s3://lake/results', settings=kept).save('lake')
LocalFileSystem(basepath='/data').save('disk')
";

#[test]
fn what_a_running_prefect_keeps_is_taken_over_line_by_line() {
    let serve =
        "from prefect import flow\n@flow(name='try')\ndef whole():\n    pass\nwhole.serve(name='here', limit=2)\n";
    let prefect = Prefect::start(serve, "try/here");
    prefect.script(BLOCKS);
    prefect.run(&["gcl", "create", "tape", "--limit", "2"]);
    prefect.run(&["gcl", "create", "off", "--limit", "2", "--disable"]);
    prefect.run(&["concurrency-limit", "create", "spectrometer", "3"]);
    prefect.run(&["work-pool", "create", "here-too", "--type", "process"]);
    prefect.run(&["work-pool", "set-concurrency-limit", "here-too", "5"]);
    let connection = json!({"conn_type": "prefect", "host": "127.0.0.1", "port": prefect.port(), "schema": "http"});
    let mut place = Place::new().with("AIRFLOW_CONN_PF", &connection.to_string());
    assert!(place.run(["import", "prefect", "pf"]).expect(4).err.contains("secrets.locked"));
    assert_eq!(value(&place, "site"), Value::Null, "nothing is taken by half");
    let passphrase = place.file("passphrase", "a passphrase for this test");
    place.connect("LONGSHORE_PASSPHRASE_FILE", passphrase.to_str().unwrap());
    let told = place.run(["--json", "import", "prefect", "pf"]).expect(0);
    assert!(!told.out.contains("hidden-from-all") && !told.out.contains("hidden-too"), "{}", told.out);
    let rows = told.json();
    is(&rows, "variable many_229", "added", "");
    is(&rows, "connection lake", "added", "");
    is(&rows, "limit tape", "added", "");
    is(&rows, "limit spectrometer", "added", "");
    is(&rows, "limit off", "left", "switched off");
    is(&rows, "limit here-too", "left", "max_active_runs");
    is(&rows, "block token", "left", "its value is hidden there");
    is(&rows, "block disk", "left", "local-file-system");
    assert_eq!((value(&place, "site"), value(&place, "options")), (json!("harbour"), json!({"a": [1, 2]})));
    let lake = place.run(["--json", "connection", "show", "lake"]).expect(0).json().to_string();
    assert!(lake.contains("http://s3.example:9000") && lake.contains("AKIA") && !lake.contains("hidden-too"), "{lake}");
    let again = place.run(["--json", "import", "prefect", "pf"]).expect(0).json();
    is(&again, "variable site", "kept", "the same");
}
