//! Other engines, the real ones: listed, started, looked at, retried, stopped.
#![allow(clippy::unwrap_used)]

mod common;

use std::fs;
use std::time::{Duration, Instant};

use common::{Place, Ran};
use longshore_testkit::servers::{Airflow, Prefect};
use serde_json::{Value, json};

/// How long an engine may take to carry a run out.
const PATIENCE: Duration = Duration::from_mins(3);

const DAGS: &str = r#"
import os
from airflow.sdk import DAG, Param, task

with DAG("try", schedule=None, tags=["t"],
         params={"word": Param("hello", type="string", description="A word"), "fail": Param(False, type="boolean")}):
    @task
    def first(params=None):
        print("the word is", params["word"])
        return [1, 2]

    @task
    def each(x):
        print("item", x)

    @task
    def last(params=None):
        if params["fail"] and not os.path.exists(os.environ["AIRFLOW_HOME"] + "/mended"):
            raise ValueError("told to fail")

    each.expand(x=first()) >> last()
"#;

const SERVE: &str = r#"
import os
from prefect import flow, task

@task
def first(word):
    return [1, 2]

@task(log_prints=True)
def last(xs, word):
    print("the word is", word)
    if not os.path.exists(os.environ["PREFECT_HOME"] + "/mended"):
        raise ValueError("told to fail")

@flow(name="try")
def whole(word: str = "hello", n: int = 2):
    last(first(word), word)

if __name__ == "__main__":
    whole.serve(name="here", tags=["t"], parameters={"n": 3})
"#;

fn remote(place: &Place, args: &[&str]) -> Ran {
    place.run([&["--json", "remote"], args].concat())
}

/// Looks at a run until it is in one of these states.
fn until(place: &Place, of: &[&str], wanted: &[&str]) -> Value {
    let began = Instant::now();
    loop {
        let shown = remote(place, &[&["show"], of].concat()).expect(0).json();
        if wanted.iter().any(|state| shown["said"]["run"]["state"] == *state) {
            return shown;
        }
        assert!(began.elapsed() < PATIENCE, "it is not {wanted:?}: {shown}");
    }
}

fn states(shown: &Value) -> Vec<(String, String)> {
    let text = |value: &Value| value.as_str().unwrap().to_owned();
    let tasks = shown["said"]["tasks"].as_array().unwrap().iter();
    let mut states: Vec<_> = tasks.map(|task| (text(&task["id"]), text(&task["state"]))).collect();
    states.sort();
    states
}

#[test]
fn runs_of_airflow_are_started_watched_retried_and_stopped() {
    let mut airflow = Airflow::start(DAGS);
    let with = |password: &str| json!({"conn_type": "airflow", "host": "127.0.0.1", "port": airflow.port(), "schema": "http", "login": "admin", "password": password});
    let place = Place::new().with("AIRFLOW_CONN_AF", &with(&airflow.password()).to_string());
    let place = place.with("AIRFLOW_CONN_WRONG", &with("no password").to_string());
    let tested = place.run(["connection", "test", "af"]).expect(0);
    assert!(tested.out.contains("by its API v2"), "{}", tested.out);
    let refused = place.run(["connection", "test", "wrong"]).expect(1);
    assert!(refused.out.contains("(401 Unauthorized)"), "{}{}", refused.out, refused.err);

    let began = Instant::now();
    let flows = loop {
        let flows = remote(&place, &["flows", "af"]).expect(0).json();
        if flows["said"] != json!([]) {
            break flows;
        }
        assert!(began.elapsed() < PATIENCE, "the DAG is not found");
    };
    assert_eq!((&flows["said"][0]["id"], &flows["said"][0]["paused"]), (&json!("try"), &json!(false)));
    assert!(flows["at"].as_i64().unwrap() > 1_700_000_000_000, "{flows}");

    let wrong = remote(&place, &["trigger", "af", "try", "--param", "fail=perhaps"]).expect(1);
    assert!(wrong.err.contains("is not of type 'boolean'"), "{}", wrong.err);
    let asked = ["trigger", "af", "try", "--param", "word=7", "--param", "fail=true", "--key", "k1"];
    for _again in 0..2 {
        assert_eq!(remote(&place, &asked).expect(0).json()["id"], "k1");
    }
    let of = ["af", "k1", "--flow", "try"];
    let failed = until(&place, &of, &["failed"]);
    assert_eq!(failed["said"]["run"]["params"], json!({"word": "7", "fail": true}));
    let word = |id: &str, state: &str| (id.to_owned(), state.to_owned());
    let well = [word("each[0]", "success"), word("each[1]", "success"), word("first", "success")];
    assert_eq!(states(&failed), [&well[..], &[word("last", "failed")]].concat());
    let each = failed["said"]["tasks"].as_array().unwrap().iter().find(|task| task["id"] == "each[0]").unwrap();
    assert_eq!(each["needs"], json!(["first"]));
    let log = |task: &str| place.run(["remote", "log", "af", "k1", task, "--flow", "try"]).expect(0).out;
    assert!(log("last").contains("ValueError: told to fail"), "{}", log("last"));
    assert!(log("each[1]").contains("item 2"), "{}", log("each[1]"));
    let none = remote(&place, &["log", "af", "k1", "nothing", "--flow", "try"]).expect(1);
    assert!(none.err.contains("remote.task"), "{}", none.err);

    let look = remote(&place, &[&["retry"], &of[..], &["--dry-run"]].concat()).expect(0).json();
    assert_eq!((look.as_array().unwrap().len(), &look[0]["id"]), (1, &json!("last")));
    assert_eq!(until(&place, &of, &["failed"])["said"]["run"]["state"], "failed", "it was only looked at");
    fs::write(airflow.home().join("mended"), "").unwrap();
    remote(&place, &[&["retry"], &of[..]].concat()).expect(0);
    let well = until(&place, &of, &["success"]);
    let last = well["said"]["tasks"].as_array().unwrap().iter().find(|task| task["id"] == "last").unwrap();
    assert_eq!((&last["state"], &last["attempt"]), (&json!("success"), &json!(2)));

    remote(&place, &["pause", "af", "try"]).expect(0);
    assert_eq!(remote(&place, &["flows", "af"]).expect(0).json()["said"][0]["paused"], true);
    remote(&place, &["trigger", "af", "try", "--key", "k2"]).expect(0);
    assert_eq!(remote(&place, &["cancel", "af", "k2", "--flow", "try"]).expect(0).json()["said"], "failed");
    assert_eq!(remote(&place, &["runs", "af", "--flow", "try"]).expect(0).json()["said"].as_array().unwrap().len(), 2);
    let missing = remote(&place, &["show", "af", "k9", "--flow", "try"]).expect(1);
    assert!(missing.err.contains("file.missing"), "{}", missing.err);
    airflow.kill();
    assert!(remote(&place, &["runs", "af"]).expect(1).err.contains("net.refused"));
}

#[test]
fn runs_of_prefect_are_started_watched_retried_and_stopped() {
    let mut prefect = Prefect::start(SERVE, "try/here");
    let connection = json!({"conn_type": "prefect", "host": "127.0.0.1", "port": prefect.port(), "schema": "http"});
    let place = Place::new().with("AIRFLOW_CONN_PF", &connection.to_string());
    assert!(place.run(["connection", "test", "pf"]).expect(0).out.contains("Prefect 3."));
    let flows = remote(&place, &["flows", "pf"]).expect(0).json();
    assert_eq!((&flows["said"][0]["title"], &flows["said"][0]["tags"]), (&json!("try/here"), &json!(["t"])));
    let flow = flows["said"][0]["id"].as_str().unwrap();

    let wrong = remote(&place, &["trigger", "pf", flow, "--param", "n=many"]).expect(1);
    assert!(wrong.err.contains("is not of type 'integer'"), "{}", wrong.err);
    let asked = ["trigger", "pf", flow, "--param", "word=7", "--key", "k1"];
    let run = remote(&place, &asked).expect(0).json();
    assert_eq!(remote(&place, &asked).expect(0).json()["id"], run["id"]);
    let run = run["id"].as_str().unwrap();
    let failed = until(&place, &["pf", run], &["failed"]);
    assert_eq!(
        (&failed["said"]["run"]["said"], &failed["said"]["run"]["params"]["word"]),
        (&json!("Failed"), &json!("7"))
    );
    let tasks = failed["said"]["tasks"].as_array().unwrap();
    let named = |name: &str| tasks.iter().find(|task| task["task"].as_str().unwrap().starts_with(name)).unwrap();
    assert_eq!((&named("first")["state"], &named("last")["state"]), (&json!("success"), &json!("failed")));
    assert_eq!(named("last")["needs"], json!([named("first")["id"]]));
    let log = place.run(["remote", "log", "pf", run, named("last")["id"].as_str().unwrap()]).expect(0).out;
    assert!(log.contains("the word is 7") && log.contains("ValueError: told to fail"), "{log}");

    let look = remote(&place, &["retry", "pf", run, "--dry-run"]).expect(0).json();
    assert_eq!((look.as_array().unwrap().len(), &look[0]["state"]), (1, &json!("failed")));
    let alone = remote(&place, &["retry", "pf", run, "--task", "last"]).expect(4);
    assert!(alone.err.contains("remote.cannot"), "{}", alone.err);
    fs::write(prefect.home().join("mended"), "").unwrap();
    remote(&place, &["retry", "pf", run]).expect(0);
    until(&place, &["pf", run], &["success"]);
    let over = remote(&place, &["cancel", "pf", run]).expect(1);
    assert!(over.err.contains("already in terminal state"), "{}", over.err);

    remote(&place, &["pause", "pf", flow]).expect(0);
    assert_eq!(remote(&place, &["flows", "pf"]).expect(0).json()["said"][0]["paused"], true);
    remote(&place, &["resume", "pf", flow]).expect(0);
    prefect.stop_serving();
    let waits = remote(&place, &["trigger", "pf", flow]).expect(0).json();
    let ended = remote(&place, &["cancel", "pf", waits["id"].as_str().unwrap()]).expect(0).json();
    assert_eq!(ended["state"], "cancelled");
    assert_eq!(remote(&place, &["runs", "pf", "--flow", flow]).expect(0).json()["said"].as_array().unwrap().len(), 2);
}
