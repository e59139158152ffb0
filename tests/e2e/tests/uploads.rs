//! The real window: a dataset that is described and registered in SciCat, and the interface for scripts.
#![allow(clippy::unwrap_used)]

use std::io::{Read as _, Write as _};
use std::net::TcpStream;
use std::time::Duration;

use longshore_e2e::desktop::{Display, Driver, Window};
use longshore_e2e::site::Site;
use longshore_e2e::{tree, wait};
use longshore_testkit::servers::free_ports;
use longshore_testkit::servers::scicat::{SciCat, User};
use serde_json::{Value, json};

const SOON: Duration = Duration::from_secs(30);
const MOVING: Duration = Duration::from_mins(3);
const TITLE: &str = "workspace - Longshore";

async fn set_up(window: &Window) {
    window.see("first-run").await;
    window.click("first-run-start").await;
    window.see("nav-overview").await;
}

/// Keeps pictures of a page in light and dark.
async fn pictures(window: &Window, name: &str) {
    for theme in ["light", "dark"] {
        window.script(&format!("document.documentElement.dataset.theme = '{theme}'; return 0")).await;
        window.settle().await;
        window.picture(&format!("{name}-{theme}")).await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_dropped_dataset_is_described_registered_and_archived() {
    let (site, server, user) = (Site::new("described"), SciCat::start(), User::scientist());
    let display = Display::start();
    let scicat = json!({"conn_type": "scicat", "host": server.url(), "login": user.name, "password": user.password});
    let driver = Driver::start(&display, &site, &[("AIRFLOW_CONN_SCICAT", &scicat.to_string())]);
    tree::write_small(&site.path("grid 3"), 20, 2_000);
    let window = driver.open().await;
    set_up(&window).await;
    let drag = display.begin_drag(&[&site.path("grid 3")], TITLE);
    window.see("drop-overlay").await;
    let _from = drag.drop_here();
    window.reads("plan-files", "20", SOON).await;
    window.fill("plan-name", "Krios grid 3").await;
    window.fill("param-ownerGroup", "p1").await;
    window.fill("param-contactEmail", "nobody").await;
    window.fill("param-scientific", "{\"voltage\": 300").await;
    window.click("plan-start").await;
    // What SciCat would refuse is said at its field, and nothing has begun.
    let wrong = "return [...document.querySelectorAll('[aria-invalid=true]')].map((one) => one.dataset.testid).sort()";
    let missing = ["creationLocation", "owner", "principalInvestigator"];
    let all = ["contactEmail", missing[0], missing[1], missing[2], "scientific"].map(|name| format!("param-{name}"));
    wait_for(&window, wrong, &json!(all)).await;
    pictures(&window, "30-described").await;
    assert!(server.state().datasets.is_empty());
    window.fill("param-contactEmail", "scientist@example.org").await;
    for (name, text) in missing.into_iter().zip(["/site/em/krios", "A Scientist", "B Scientist"]) {
        window.fill(&format!("param-{name}"), text).await;
    }
    window.fill("param-scientific", "{\"voltage\": 300}").await;
    window.click("plan-start").await;
    window.reads("run-state", "success", MOVING).await;
    window.picture("31-registered").await;
    site.cli().ok(["run", "wait"]);
    let (pid, made) = server.state().datasets.iter().next().map(|(pid, made)| (pid.clone(), made.clone())).unwrap();
    assert_eq!((&made["datasetName"], &made["scientificMetadata"]), (&json!("Krios grid 3"), &json!({"voltage": 300})));
    let status = || server.state().lifecycle(&pid)["archiveStatusMessage"] == "datasetOnArchiveDisk";
    wait::until("the archive in SciCat", 60, || status().then_some(()));
    window.quit().await;
}

/// Waits until a script gives this.
async fn wait_for(window: &Window, script: &str, wanted: &Value) {
    let end = tokio::time::Instant::now() + SOON;
    loop {
        let seen = window.script(script).await;
        if seen == *wanted {
            return;
        }
        assert!(tokio::time::Instant::now() < end, "{seen} and not {wanted}: {}", window.text().await);
    }
}

/// The first line of what a port of this machine answers, if anybody does.
fn answered(port: u16) -> Option<String> {
    let mut stream = TcpStream::connect(("127.0.0.1", port)).ok()?;
    write!(stream, "GET /api/v1/dags HTTP/1.1\r\nHost: 127.0.0.1:{port}\r\nConnection: close\r\n\r\n").ok()?;
    let mut text = String::new();
    stream.read_to_string(&mut text).ok()?;
    text.lines().next().map(str::to_owned)
}

#[tokio::test(flavor = "multi_thread")]
async fn scripts_are_answered_while_the_window_says_so() {
    let site = Site::new("interface");
    let display = Display::start();
    let driver = Driver::start(&display, &site, &[]);
    let window = driver.open().await;
    set_up(&window).await;
    window.click("nav-settings").await;
    let [port, other] = free_ports();
    assert_eq!(answered(port), None);
    window.click("interface-on").await;
    window.fill("interface-port", &port.to_string()).await;
    window.click("interface-go").await;
    window.reads("interface-state", &format!("http://127.0.0.1:{port}/api/v1"), SOON).await;
    // Nobody is known yet.
    assert_eq!(answered(port).as_deref(), Some("HTTP/1.1 401 Unauthorized"));
    window.click("user-new").await;
    window.fill("user-name", "ada").await;
    window.fill("user-password", "correct horse").await;
    window.click("user-go").await;
    window.see("user-ada").await;
    pictures(&window, "32-interface").await;
    site.cli().ok(["variable", "set", "airflow_api_port", &other.to_string()]);
    window.reads("interface-state", &format!("http://127.0.0.1:{other}/api/v1"), SOON).await;
    assert_eq!(answered(port), None);
    window.click("interface-off").await;
    window.reads("interface-state", "off", SOON).await;
    wait::until("nobody listening", 20, || answered(other).is_none().then_some(()));
    window.quit().await;
}
