//! Notices at the desktop, and the log that the window leaves in its workspace.
#![allow(clippy::unwrap_used)]

use longshore_e2e::desktop::{Bus, Display, Driver, Window};
use longshore_e2e::site::Site;
use longshore_e2e::wait;
use serde_json::{Value, json};

const TITLE: &str = "workspace - Longshore";

/// Answers the first-run page.
async fn set_up(window: &Window) {
    window.see("first-run").await;
    window.click("first-run-start").await;
    window.see("nav-overview").await;
}

/// Starts a run whose tasks tell this; gives its id.
async fn told(window: &Window, title: &str, text: &str, times: u32) -> String {
    let notify = json!({"id": "tell", "uses": "notify", "for_each": format!("{{{{ range({times}) | list }}}}"),
        "with": {"title": title, "text": text, "desktop": true}});
    let flow = json!({"id": "teller", "tasks": [notify]}).to_string();
    let started = json!({"flow": "teller.yaml", "source": flow, "params": {}, "key": null});
    window.ask("flow.run", &started).await.unwrap()["run"].as_str().unwrap().to_owned()
}

#[tokio::test(flavor = "multi_thread")]
async fn notices_are_shown_at_the_desktop_and_a_click_opens_the_run() {
    let site = Site::new("notices");
    let bus = Bus::start(&site);
    let display = Display::start();
    let driver = Driver::start(&display, &site, &[bus.env()]);
    let window = driver.open().await;
    set_up(&window).await;
    told(&window, "Ready", "<b>a & b</b>", 1).await;
    let ready =
        json!({"title": "Ready", "text": "&lt;b&gt;a &amp; b&lt;/b&gt;", "actions": ["default", "Open the run"]});
    assert_eq!(bus.shown(1), [ready]);

    display.minimise(TITLE);
    wait::until("the window out of sight", 20, || display.windows(TITLE).is_empty().then_some(()));
    let run = told(&window, "Please click", "", 1).await;
    bus.shown(2);
    wait::until("the window again", 20, || (display.windows(TITLE).len() == 1).then_some(()));
    window.see("run-state").await;
    assert!(window.address().await.contains(&format!("/runs/{run}")), "{}", window.address().await);

    // Twelve of one kind are one, and the bell has them all.
    told(&window, "A run failed", "No space left", 12).await;
    let many = &bus.shown(3)[2];
    assert_eq!((&many["title"], &many["text"]), (&json!("A run failed (12 times)"), &json!("No space left")));
    window.reads("notices-open", "14", std::time::Duration::from_secs(30)).await;
    window.quit().await;
    assert_eq!(bus.shown(3).len(), 3);
}

#[tokio::test(flavor = "multi_thread")]
async fn without_a_bus_the_bell_has_them_and_the_log_lies_in_the_workspace() {
    let site = Site::new("no-bus");
    let display = Display::start();
    let driver = Driver::start(&display, &site, &[("DBUS_SESSION_BUS_ADDRESS", "unix:path=/nowhere")]);
    let window = driver.open().await;
    set_up(&window).await;
    told(&window, "Ready", "", 1).await;
    window.reads("notices-open", "1", std::time::Duration::from_secs(30)).await;
    window.quit().await;
    let log = std::fs::read_to_string(site.workspace().join("logs/longshore.log")).unwrap();
    let lines: Vec<Value> = log.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
    assert!(lines.iter().any(|line| line["fields"]["role"] == "window"), "{log}");
}
