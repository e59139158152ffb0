//! A real Airflow beside the workspace in the real window: a flow started there by its form, watched, looked at, retried, cancelled; and what
//! is shown when it falls silent.
#![allow(clippy::unwrap_used)]

use std::fs;
use std::time::Duration;

use longshore_e2e::desktop::{Display, Driver};
use longshore_e2e::site::Site;
use longshore_testkit::servers::Airflow;
use serde_json::json;

/// How long an engine may take to carry a run out, on a busy machine.
const PATIENCE: Duration = Duration::from_mins(4);

const DAGS: &str = r#"
import os
from airflow.sdk import DAG, Param, task

with DAG("bring", schedule=None, tags=["e2e"], description="Brings what it is told to",
         params={"word": Param("hello", type="string", description="A word"), "fail": Param(False, type="boolean")}):
    @task
    def listing(params=None):
        return [1, 2, 3]

    @task
    def fetch(x):
        print("item", x)

    @task
    def check(params=None):
        print("the word is", params["word"])
        if params["fail"] and not os.path.exists(os.environ["AIRFLOW_HOME"] + "/mended"):
            raise ValueError("told to fail")

    fetch.expand(x=listing()) >> check()
"#;

#[tokio::test(flavor = "multi_thread")]
async fn runs_of_another_engine_are_started_watched_retried_and_cancelled_in_the_window() {
    let mut airflow = Airflow::start(DAGS);
    let connection = json!({"conn_type": "airflow", "host": "127.0.0.1", "port": airflow.port(), "schema": "http", "login": "admin", "password": airflow.password()});
    let site = Site::new("engines");
    let display = Display::start();
    let driver = Driver::start(&display, &site, &[("AIRFLOW_CONN_HPC", &connection.to_string())]);
    let window = driver.open().await;
    window.see("first-run").await;
    window.click("first-run-start").await;

    window.click("nav-flows").await;
    window.click("flows-there-link").await;
    window.reads("flows-there", "bring", PATIENCE).await;
    window.press(r#"[data-key="hpc bring"]"#).await;
    window.fill("param-word", "seven").await;
    window.click("param-fail").await;
    window.picture("engines-start").await;
    window.click("there-start").await;

    window.reads("there-said", "Airflow says: failed", PATIENCE).await;
    assert!(window.address().await.contains("/runs/at/hpc/longshore__"), "{}", window.address().await);
    window.reads("node-fetch", "3 success", PATIENCE).await;
    window.click("node-check").await;
    window.reads("log-there", "ValueError: told to fail", PATIENCE).await;
    window.picture("engines-run").await;

    fs::write(airflow.home().join("mended"), "").unwrap();
    window.click("there-retry").await;
    window.reads("retry-look", "check", PATIENCE).await;
    window.fill("reason", "it is mended").await;
    window.picture("engines-retry").await;
    window.click("there-retry-confirm").await;
    window.reads("there-said", "Airflow says: success", PATIENCE).await;

    // A paused flow holds its run, which can then be cancelled at leisure.
    let paused = window.ask("remote.pause", &json!({"connection": "hpc", "flow": "bring", "paused": true})).await;
    paused.unwrap();
    let held = json!({"connection": "hpc", "flow": "bring", "params": {}, "key": "held"});
    assert_eq!(window.ask("remote.trigger", &held).await.unwrap()["state"], "queued");
    window.go("/runs/at/hpc/held?flow=bring").await;
    window.reads("there-said", "Airflow says: queued", PATIENCE).await;
    window.click("there-cancel").await;
    window.click("cancel-there-confirm").await;
    window.reads("there-said", "Airflow says: failed", PATIENCE).await;

    window.go("/runs?tab=all").await;
    window.reads("all-runs", "failed", PATIENCE).await;
    window.reads("engine-hpc", "as of", PATIENCE).await;
    airflow.kill();
    window.reads("engine-hpc", "no answer for", PATIENCE).await;
    window.reads("engine-hpc", "net.refused", PATIENCE).await;
    window.reads("all-runs", "success", PATIENCE).await;
    window.picture("engines-silent").await;
    let kept = window.ask("audit.list", &json!({"offset": 0, "limit": 50})).await.unwrap();
    assert!(kept.to_string().contains("it is mended"), "{kept}");
    window.quit().await;
}
