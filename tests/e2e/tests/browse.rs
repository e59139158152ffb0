//! Two places side by side in the real window: dragged from one to the other, renamed, deleted.
#![allow(clippy::unwrap_used)]

use std::fs;
use std::time::Duration;

use longshore_e2e::desktop::{Display, Driver, Window};
use longshore_e2e::site::Site;
use longshore_e2e::{tree, wait};

/// Time for bytes to move on a busy machine.
const MOVING: Duration = Duration::from_mins(2);

/// Clicks what a selector finds in a pane.
async fn press(window: &Window, side: &str, key: &str, what: &str) {
    let row = format!("[data-testid=\"rows-{side}\"] [data-key=\"{key}\"] {what}");
    window.press(&row).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_dragged_over_is_copied_and_what_is_chosen_renamed_and_deleted() {
    let site = Site::new("browse");
    let display = Display::start();
    let driver = Driver::start(&display, &site, &[]);
    let (here, there) = (site.path("here"), site.path("there"));
    tree::write_small(&here.join("frames"), 20, 4000);
    fs::write(here.join("notes.txt"), "content").unwrap();
    fs::create_dir_all(&there).unwrap();
    let window = driver.open().await;
    window.see("first-run").await;
    window.click("first-run-start").await;
    window.see("nav-overview").await;
    window.go(&format!("/browse?left={}&right={}", here.display(), there.display())).await;

    let folder = "[data-testid=\"rows-left\"] [data-key=\"folder frames\"] .grabs";
    window.drag(folder, "[data-testid=\"browse-right\"]").await;
    window.see("browse-copy").await;
    window.click("browse-go").await;
    window.reads("browse-planned", "20 files", MOVING).await;
    window.picture("browse-copy").await;
    window.click("browse-go").await;
    window.reads("browse-runs", "success", MOVING).await;
    tree::assert_same(&tree::read(&there.join("frames/part-000")), &tree::read(&here.join("frames/part-000")));

    window.see_css("[data-testid=\"rows-right\"] [data-key=\"folder frames\"]").await;
    press(&window, "right", "folder frames", "input").await;
    window.click("rename-right").await;
    window.fill("new-name", "grid 1").await;
    window.click("name-go").await;
    window.see_css("[data-testid=\"rows-right\"] [data-key=\"folder grid 1\"]").await;
    assert!(there.join("grid 1").is_dir() && !there.join("frames").exists());

    press(&window, "left", "file notes.txt", "input").await;
    window.click("delete-left").await;
    window.reads("delete-takes", "1 file, 7 B", MOVING).await;
    window.click("delete-go").await;
    wait::until("the file to go", 60, || (!here.join("notes.txt").exists()).then_some(()));
    window.reads("browse-runs", "delete", MOVING).await;
    window.picture("browse").await;
    window.quit().await;
}
