//! The page of transfers in the real window: a copy of which files fail, why they do, and what failed retried to its end.
#![allow(clippy::unwrap_used)]

use std::fs;
use std::time::Duration;

use longshore_e2e::desktop::{Display, Driver};
use longshore_e2e::site::Site;
use longshore_e2e::tree;
use serde_json::json;

/// Time for bytes to move on a busy machine.
const MOVING: Duration = Duration::from_mins(2);

#[tokio::test(flavor = "multi_thread")]
async fn files_that_failed_are_told_by_cause_and_retried_to_the_end() {
    let site = Site::new("transfers");
    let display = Display::start();
    let driver = Driver::start(&display, &site, &[]);
    let (here, there) = (site.path("here"), site.path("there"));
    tree::write_small(&here, 60, 4000);
    // Three files of others lie where copies shall lie, one of them under a name that means harm.
    let hostile = "<img src=x onerror=alert(1)>\u{202e}gpj.exe";
    fs::write(here.join(hostile), "ours").unwrap();
    let first = fs::read_dir(here.join("part-000")).unwrap().take(2).map(|file| file.unwrap().file_name());
    let mut blockers = first.map(|name| there.join("part-000").join(name)).collect::<Vec<_>>();
    blockers.push(there.join(hostile));
    fs::create_dir_all(there.join("part-000")).unwrap();
    for path in &blockers {
        fs::write(path, "another's").unwrap();
    }

    let window = driver.open().await;
    window.see("first-run").await;
    window.click("first-run-start").await;
    window.see("nav-overview").await;
    let started = window
        .ask("flow.run", &json!({ "flow": "copy", "params": { "from": here.to_str(), "to": there.to_str() } }))
        .await
        .unwrap();
    let run = started["run"].as_str().unwrap();

    window.go("/transfers?tab=failed").await;
    window.reads("cause-copy.incomplete", "3 files were not copied", MOVING).await;
    window.picture("transfers-causes").await;
    window.go(&format!("/transfers?tab=history&run={run}")).await;
    window.reads("transfer-counts", "58 files", MOVING).await;
    window.reads("transfer-counts", "3 files", MOVING).await;
    window.click("file-cause-file.exists").await;
    window.fill("transfer-search", "onerror").await;
    window.reads("transfer-failed", "Something else lies there", MOVING).await;
    window.picture("transfers-files").await;

    for path in &blockers {
        fs::remove_file(path).unwrap();
    }
    window.go("/transfers?tab=failed").await;
    window.click("retry-cause-copy.incomplete").await;
    window.reads("act-preview", "1 run, 1 task run", MOVING).await;
    window.picture("transfers-retry").await;
    window.click("retry-failed-confirm").await;
    window.reads("causes", "No run has failed", MOVING).await;
    window.go(&format!("/transfers?tab=history&run={run}")).await;
    window.reads("transfer-counts", "61 files", MOVING).await;
    window.reads("transfers-ended", "success", MOVING).await;
    assert_eq!(fs::read(there.join(hostile)).unwrap(), b"ours");
    tree::assert_same(&tree::read(&there.join("part-000")), &tree::read(&here.join("part-000")));
    window.quit().await;
}
