//! The real window: what an operator does by hand, from the first start to the files back in a folder. Pictures of each screen are kept in
//! tests/output.
#![allow(clippy::unwrap_used)]

use std::path::Path;
use std::time::Duration;

use longshore_e2e::desktop::{Display, Driver, Window};
use longshore_e2e::site::{self, Site};
use longshore_e2e::{judge, tree, wait};
use rustix::process::Signal;
use serde_json::json;

/// Time for bytes to move on a busy machine.
const MOVING: Duration = Duration::from_mins(5);
/// Time for a page to change.
const SOON: Duration = Duration::from_secs(30);
const TITLE: &str = "workspace - Longshore";

/// Answers the first-run page with an LTS of its own.
async fn set_up(window: &Window, lts: &Path) {
    window.see("first-run").await;
    window.fill("place-lts", lts.to_str().unwrap()).await;
    window.click("first-run-start").await;
    window.see("nav-overview").await;
}

/// Confirms the plan of what was dropped under a name; gives the page of its run.
async fn confirm(window: &Window, name: &str) {
    window.fill("plan-name", name).await;
    window.click("plan-start").await;
    window.see("run-state").await;
}

/// Waits on the page of a dataset until it is archived.
async fn archived(window: &Window, dataset: &str) {
    window.go(&format!("/datasets/{dataset}")).await;
    window.reads("dataset-state", "archived", MOVING).await;
}

/// Keeps a picture of each page that the main job does not lead to.
async fn other_pages(window: &Window) {
    for page in ["datasets", "flows", "transfers", "storage", "settings"] {
        window.click(&format!("nav-{page}")).await;
        window.see("page-title").await;
        window.picture(&format!("12-{page}")).await;
    }
}

/// A picture of every page that the navigation leads to.
async fn tour(window: &Window) {
    window.go("/").await;
    window.see("space-lts").await;
    window.picture("12-overview").await;
    other_pages(window).await;
}

/// Many small files, a toolchain with its links, strange names, and large files.
fn write_mixed(source: &Path) {
    tree::copy_registry(&source.join("crates"), 1_500);
    tree::copy_toolchain(&source.join("toolchain"));
    tree::write_strange(&source.join("strange"));
    for number in 0..4 {
        tree::write_random(&source.join(format!("movies/{number}.tiff")), 100 << 20, number + 1);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn dropped_archived_proved_and_back() {
    let site = Site::new("window");
    let display = Display::start();
    let driver = Driver::start(&display, &site, &[("LONGSHORE_VARIABLE_DATABLOCK_TARGET_BYTES", "32MiB")]);
    let source = site.path("grid 3 \u{00c5}ngstr\u{00f6}m");
    write_mixed(&source);
    let before = tree::read(&source);

    let window = driver.open().await;
    window.see("first-run").await;
    window.picture("1-first-run").await;
    set_up(&window, &site.path("lts")).await;
    window.picture("2-overview-empty").await;

    let drag = display.begin_drag(&[&source], TITLE);
    window.see("drop-overlay").await;
    window.settle().await;
    display.picture("3-dragged-over");
    let _from = drag.drop_here();
    let files = tree::files(&before).to_string();
    window.reads("plan-files", &grouped(&files), SOON).await;
    window.picture("4-plan").await;

    confirm(&window, "grid3").await;
    window.see("graph").await;
    window.picture("5-landing").await;
    // Without another click: the page goes on with the run that the first one starts.
    window.see_within("node-move_datablock_to_lts", MOVING).await;
    window.picture("6-archiving").await;
    window.reads("run-state", "success", MOVING).await;
    window.picture("7-archived-run").await;
    window.go("/runs").await;
    window.see("row").await;
    window.picture("8-runs").await;
    archived(&window, "grid3").await;
    window.picture("9-dataset").await;

    let back = site.path("back");
    window.fill("retrieve-dest", back.to_str().unwrap()).await;
    window.picture("10-retrieve").await;
    window.click("retrieve-start").await;
    window.reads("run-state", "success", MOVING).await;
    window.picture("11-retrieved").await;
    tour(&window).await;
    tree::assert_same(&before, &tree::read(&back.join(source.file_name().unwrap())));
    tree::assert_same(&before, &tree::read(&source));
    judge::archived(&site.cli(), "grid3", &source, &before);
    window.quit().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn in_the_dark() {
    let site = Site::new("dark");
    let display = Display::start();
    let driver = Driver::start(&display, &site, &[]);
    tree::write_small(&site.path("source"), 200, 50_000);
    let window = driver.open().await;
    set_up(&window, &site.path("lts")).await;
    site.cli().archive(&site.path("source"), "small");
    window.click("nav-settings").await;
    window.click("theme-dark").await;
    let dark = "return getComputedStyle(document.documentElement).colorScheme";
    assert_eq!(window.script(dark).await, "dark");
    let run = newest_run(&window, "archive_dataset").await;
    for (name, page, shows) in [
        ("overview", "/", "space-lts"),
        ("dataset", "/datasets/small", "row"),
        ("run", &format!("/runs/{run}"), "node-verify_datablock_in_lts"),
        ("upload", "/upload", "upload-zone"),
        ("storage", "/storage", "storage-lts"),
        ("runs", "/runs", "sort-created"),
        ("grid", "/flows/archive_dataset?tab=grid", "grid-chosen"),
        ("versions", "/flows/archive_dataset?tab=versions", "versions"),
        ("log", &format!("/runs/{run}?tab=log"), "log-count"),
        ("schedules", "/schedules", "tab-next"),
        ("limits", "/limits", "limit-new"),
        ("variables", "/variables", "variables"),
        ("audit", "/audit", "row"),
    ] {
        window.go(page).await;
        window.see(shows).await;
        window.picture(&format!("dark-{name}")).await;
    }
    window.quit().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_second_start_raises_the_first() {
    let site = Site::new("second");
    let display = Display::start();
    let driver = Driver::start(&display, &site, &[]);
    let window = driver.open().await;
    window.see("first-run").await;
    assert_eq!(display.windows(TITLE).len(), 1);
    display.minimise(TITLE);
    wait::until("the window out of sight", 20, || display.windows(TITLE).is_empty().then_some(()));
    let second = display.app(&site).finish(30);
    assert_eq!(second.code, 0, "{}", second.err);
    wait::until("the first window again", 20, || (display.windows(TITLE).len() == 1).then_some(()));
    window.quit().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn killed_in_the_middle_and_started_again_it_ends_proved() {
    let site = Site::new("killed");
    let display = Display::start();
    let source = site.path("source");
    for number in 0..8 {
        tree::write_random(&source.join(format!("{number}.tiff")), 60 << 20, number + 1);
    }
    let before = tree::read(&source);
    let variable = ("LONGSHORE_VARIABLE_DATABLOCK_TARGET_BYTES", "64MiB");
    let driver = Driver::start(&display, &site, &[variable]);
    let window = driver.open().await;
    set_up(&window, &site.path("lts")).await;
    let drag = display.begin_drag(&[&source], TITLE);
    window.see("drop-overlay").await;
    let _from = drag.drop_here();
    confirm(&window, "killed").await;
    wait::until("a datablock begun", 120, || (!judge::files_in(&site.path("lts")).is_empty()).then_some(()));
    let owner = window.ask("workspace.show", &json!({})).await.unwrap()["owner_pid"].as_i64().unwrap();
    let owner = rustix::process::Pid::from_raw(i32::try_from(owner).unwrap()).unwrap();
    rustix::process::kill_process(owner, Signal::KILL).unwrap();
    drop(driver);

    let driver = Driver::start(&display, &site, &[variable]);
    let window = driver.open().await;
    window.see("nav-overview").await;
    window.picture("20-after-a-crash").await;
    archived(&window, "killed").await;
    // It is archived as soon as it is proved; the landing zone is cleared after.
    site.cli().ok(["run", "wait"]);
    judge::archived(&site.cli(), "killed", &source, &before);
    window.quit().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_newer_database_is_told_on_a_page() {
    let site = Site::new("newer-window");
    let display = Display::start();
    site.cli().ok(["datasets"]);
    let database = rusqlite::Connection::open(site.workspace().join("longshore.db")).unwrap();
    database.pragma_update(None, "user_version", 9999).unwrap();
    drop(database);
    let driver = Driver::start(&display, &site, &[]);
    let window = driver.open().await;
    window.see("refused").await;
    window.reads("fault", "newer", SOON).await;
    window.picture("21-newer-database").await;
    window.quit().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn closed_while_runs_are_active_it_goes_on_and_comes_back() {
    let site = Site::new("closed");
    let display = Display::start();
    let source = site.path("source");
    for number in 0..6 {
        tree::write_random(&source.join(format!("{number}.tiff")), 100 << 20, number + 1);
    }
    let app = display.app(&site);
    display.window(TITLE);
    let cli = site.cli();
    cli.ok(["archive", "--no-wait", source.to_str().unwrap(), "--name", "closed"]);
    display.close(TITLE);
    // There is no tray on this display: it goes to the task bar, and the engine goes on.
    wait::until("the window out of sight", 20, || display.windows(TITLE).is_empty().then_some(()));
    cli.ok(["--quiet", "run", "wait"]);
    judge::archived(&cli, "closed", &source, &tree::read(&source));
    assert_eq!(display.app(&site).finish(30).code, 0);
    display.window(TITLE);
    display.close(TITLE);
    let said = app.finish(30);
    assert_eq!(said.code, 0, "{}", said.err);
}

/// Id of the newest run of a flow, as the page would ask for it.
async fn newest_run(window: &Window, flow: &str) -> String {
    let runs = window.ask("run.list", &json!({"flow": flow, "offset": 0, "limit": 1, "states": []})).await.unwrap();
    runs["rows"][0]["id"].as_str().unwrap().to_owned()
}

/// A number as the pages show it.
fn grouped(digits: &str) -> String {
    let (head, tail) = digits.split_at(digits.len().saturating_sub(3));
    if head.is_empty() { tail.to_owned() } else { format!("{head},{tail}") }
}

#[test]
fn screenshots_go_where_ci_keeps_them() {
    assert!(site::output().ends_with("tests/output"));
}
