//! Every page in a real browser, with made-up data: judged by axe in both themes, colours and all, and at 200 % zoom (WCAG 2.2, 1.4.4 and 1.4.10: no
//! page is wider than its window). With `LONGSHORE_PICTURES=1` (`make pictures`) each is kept as a picture too, in both themes and at both sizes.
#![allow(clippy::unwrap_used)]

use std::path::Path;

use longshore_e2e::desktop::{Display, Driver, Window};
use longshore_e2e::pages;
use longshore_e2e::site::Site;
use serde_json::{Value, json};

const PAGES: [(&str, &str); 34] = [
    ("overview", "/"),
    ("upload", "/upload"),
    ("datasets", "/datasets"),
    ("dataset", "/datasets/ds-0"),
    ("flows", "/flows"),
    ("flow", "/flows/archive_dataset"),
    ("flow-grid", "/flows/archive_dataset?tab=grid"),
    ("flow-calendar", "/flows/archive_dataset?tab=calendar"),
    ("flow-durations", "/flows/archive_dataset?tab=durations"),
    ("flow-versions", "/flows/archive_dataset?tab=versions"),
    ("flow-file", "/flows/archive_dataset?tab=file"),
    ("flow-schedule", "/flows/verify_dataset?tab=schedule"),
    ("flows-there", "/flows?at=engines"),
    ("schedules", "/schedules"),
    ("runs", "/runs"),
    ("runs-everywhere", "/runs?tab=all"),
    ("run", "/runs/r-01KAV4Q7"),
    ("run-task", "/runs/r-01KAV4Q7?task=pack&index=6"),
    ("run-gantt", "/runs/r-01KAV4Q7?tab=gantt"),
    ("run-tasks", "/runs/r-01KAV4Q7?tab=tasks"),
    ("run-log", "/runs/r-01KAV4Q7?tab=log"),
    ("run-events", "/runs/r-01KAV4Q7?tab=events"),
    ("run-there", "/runs/at/hpc-airflow/manual__2026-11-24T08%3A10%3A00%2B00%3A00?flow=archive_dataset"),
    ("transfers", "/transfers"),
    ("transfers-failed", "/transfers?tab=failed"),
    ("storage", "/storage"),
    ("browse", "/browse?left=lts:"),
    ("connections", "/connections"),
    ("variables", "/variables"),
    ("limits", "/limits?limit=move-datablocks-to-lts"),
    ("works", "/works"),
    ("messages", "/works?tab=messages"),
    ("audit", "/audit"),
    ("settings", "/settings"),
];

/// What axe judges by; how large a button in the graph is, is the operator's own zoom. https://github.com/dequelabs/axe-core/blob/develop/doc/rule-descriptions.md
const JUDGED: &str = "const done = arguments[0];
    axe.run(document, {runOnly: {type: 'tag', values: ['wcag2a', 'wcag2aa', 'wcag21a', 'wcag21aa', 'wcag22aa']}, resultTypes: ['violations']})
        .then(({violations}) => done(violations.map(({id, nodes}) => ({id, nodes: nodes.filter(({target}) => id !== 'target-size' || !document.querySelector(target[0])?.closest('.react-flow'))}))
            .filter(({nodes}) => nodes.length > 0).map(({id, nodes}) => `${id}: ${nodes.slice(0, 3).map(({target, failureSummary}) => `${target} ${failureSummary.replaceAll('\\n', ' ')}`).join(' | ')}`)),
              (error) => done([String(error)]));";

/// What is wider than the window and cannot be reached by scrolling a part of the page.
const TOO_WIDE: &str = "const page = document.scrollingElement;
    const over = page.scrollWidth - page.clientWidth;
    const wide = [...document.querySelectorAll('main *')].filter((one) => one.getBoundingClientRect().right > innerWidth + 1).slice(0, 3);
    const titles = [...document.querySelectorAll('h1, .side h2')].map((one) => one.getBoundingClientRect());
    return [...(over > 0 ? [`it is ${over} pixels wider than its window: ${wide.map((one) => one.className || one.tagName).join(', ')}`] : []),
        ...(titles.some(({width, right}) => width >= 20 && right <= innerWidth + 1) ? [] : ['no title is to be read'])];";

async fn judge(window: &Window) -> Vec<String> {
    strings(&window.script_async(JUDGED, Vec::new()).await)
}

fn strings(value: &Value) -> Vec<String> {
    value.as_array().unwrap().iter().map(|text| text.as_str().unwrap().to_owned()).collect()
}

/// Goes to a page, and waits until it has come.
async fn come(window: &Window, address: &str, theme: &str) {
    window.script(&format!("document.documentElement.dataset.theme = {}", json!(theme))).await;
    window.go(address).await;
    let shown = "const done = arguments[0];
        const look = () => (document.querySelector('h1') && !document.querySelector('[role=status][aria-label=Loading]')) ? requestAnimationFrame(() => requestAnimationFrame(() => done(null))) : requestAnimationFrame(look);
        requestAnimationFrame(look);";
    window.script_async(shown, Vec::new()).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn every_page_can_be_read_by_everybody_in_both_themes_and_at_twice_the_size() {
    let site = Site::new("pages");
    let display = Display::sized("2700x1700x24");
    let driver = Driver::start(&display, &site, &[]);
    let window = driver.browse(&pages::serve()).await;
    let axe = std::fs::read_to_string(
        Path::new(env!("CARGO_MANIFEST_DIR")).join("../../ui/node_modules/axe-core/axe.min.js"),
    );
    window.script(&axe.unwrap()).await;
    let pictures = std::env::var_os("LONGSHORE_PICTURES").is_some();
    let mut wrong = Vec::new();
    for theme in ["light", "dark"] {
        window.sized(1280, 800).await;
        for (name, address) in PAGES {
            come(&window, address, theme).await;
            wrong.extend(judge(&window).await.into_iter().map(|what| format!("{name}, {theme}: {what}")));
            if pictures {
                window.picture_of(&format!("pictures/{name}-{theme}-1280")).await;
            }
        }
        if pictures {
            window.sized(2560, 1440).await;
            for (name, address) in PAGES {
                come(&window, address, theme).await;
                window.picture_of(&format!("pictures/{name}-{theme}-2560")).await;
            }
        }
    }
    // 1280 x 800 at 200 % is a page of half of that.
    window.sized(640, 400).await;
    for (name, address) in PAGES {
        come(&window, address, "light").await;
        let found = strings(&window.script(TOO_WIDE).await).into_iter().chain(judge(&window).await);
        wrong.extend(found.map(|what| format!("{name}, at 200 %: {what}")));
        if pictures {
            window.picture_of(&format!("pictures/{name}-light-640")).await;
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
    window.quit().await;
}
