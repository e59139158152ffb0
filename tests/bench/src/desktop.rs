//! The window: how soon it can be used, and how soon it answers while an archive keeps the machine busy.

use std::error::Error;
use std::time::Instant;

use longshore_e2e::desktop::{Display, Driver, Window};
use longshore_e2e::site::Site;
use serde_json::{Value, json};

use crate::data;

/// Runs in the workspace that is opened.
const RUNS: usize = 1_000;
/// Pages that the window is asked for, one after the other, again and again.
const PAGES: [&str; 5] = ["datasets", "runs", "flows", "storage", "overview"];
/// Seconds from the start of the program to a page that can be used.
const START: f64 = 1.5;
/// Seconds from a click to the page that was asked for.
const ANSWER: f64 = 0.1;

/// Share of one core that a window takes in which nothing happens, and how long is looked.
const IDLE: f64 = 0.005;
const LOOK: std::time::Duration = std::time::Duration::from_secs(20);

/// Clicks through all pages once; gives the milliseconds from each click to the frame that shows the page.
const CLICK_THROUGH: &str = r#"
    const [pages, done] = arguments;
    const frame = () => new Promise(resolve => requestAnimationFrame(resolve));
    const at = page => document.querySelector(`[data-testid="nav-${page}"]`);
    (async () => {
        const took = [];
        for (const page of pages) {
            const began = performance.now();
            at(page).click();
            do { await frame(); } while (at(page).getAttribute('aria-current') !== 'page' || !document.querySelector('[data-testid="page-title"]'));
            await frame();
            took.push(performance.now() - began);
        }
        return took;
    })().then(done);
"#;

/// Measures both, with a `scale`-th of 4 GiB to archive meanwhile.
pub(crate) fn measure(rounds: usize, scale: u64) -> Result<(), Box<dyn Error>> {
    tokio::runtime::Runtime::new()?.block_on(async {
        let site = Site::new("bench-window");
        let display = Display::start();
        // As the app draws without a driver on a machine without a graphics card, which is what this display is.
        let driver = Driver::start(&display, &site, &[("WEBKIT_DISABLE_COMPOSITING_MODE", "1")]);
        fill(&driver, &site).await;
        let mut starts = Vec::new();
        for _ in 0..rounds {
            let began = Instant::now();
            let window = driver.open().await;
            window.see("space-lts").await;
            starts.push(began.elapsed().as_secs_f64());
            window.quit().await;
        }
        println!("\n| window | middle | worst | goal |\n| --- | ---: | ---: | ---: |");
        row(
            &format!("start to usable, {RUNS} runs in the workspace (s, the driver's own part included)"),
            starts,
            START,
        );
        busy(&driver, &site, scale).await
    })
}

/// A workspace with many runs in it.
async fn fill(driver: &Driver, site: &Site) {
    let window = driver.open().await;
    window.see("first-run").await;
    window.fill("place-lts", &site.path("lts").to_string_lossy()).await;
    window.click("first-run-start").await;
    window.see("nav-overview").await;
    let source = "id: many\ntasks:\n  - {id: nothing, uses: noop}\n";
    let one = json!({"flow": "many", "source": source, "params": {}, "key": null});
    for _ in 0..RUNS / 100 {
        window.ask_all("flow.run", &vec![one.clone(); 100]).await;
    }
    window.quit().await;
    site.cli().ok(["--quiet", "run", "wait"]);
}

/// Uses the window until an archive that was begun has ended.
async fn busy(driver: &Driver, site: &Site, scale: u64) -> Result<(), Box<dyn Error>> {
    let source = site.path("source");
    data::write(&source, 16, (4 << 30) / scale)?;
    let window = driver.open().await;
    window.see("space-lts").await;
    let at_rest = idle(&window).await?;
    let idle = click_through(&window).await;
    site.cli().ok(["archive".as_ref(), "--no-wait".as_ref(), source.as_os_str(), "--name".as_ref(), "busy".as_ref()]);
    let mut answers = Vec::new();
    while works(&window).await {
        answers.extend(click_through(&window).await);
    }
    window.quit().await;
    row("the backend's share of a core, nothing to do", vec![at_rest], IDLE);
    row("a page after a click, nothing to do (s)", idle, ANSWER);
    row("a page after a click, an archive at full speed (s)", answers, ANSWER);
    Ok(())
}

/// The share of one core that the owner of the workspace takes while nobody asks for anything.
async fn idle(window: &Window) -> Result<f64, Box<dyn Error>> {
    let shown = window.ask("workspace.show", &json!({})).await.map_err(|fault| fault.to_string())?;
    let pid = shown["owner_pid"].as_u64().ok_or("the owner has no process id")?;
    let before = cpu_seconds(pid)?;
    let began = Instant::now();
    // Nothing rests on how long this is: the time that went by is measured.
    tokio::task::block_in_place(|| std::thread::park_timeout(LOOK));
    Ok((cpu_seconds(pid)? - before) / began.elapsed().as_secs_f64())
}

/// Seconds of processor time that a process has used, from `utime` and `stime` of proc(5), in ticks of a hundredth of a second.
fn cpu_seconds(pid: u64) -> Result<f64, Box<dyn Error>> {
    let stat = std::fs::read_to_string(format!("/proc/{pid}/stat"))?;
    let after_name = stat.rsplit_once(") ").ok_or("no name in stat")?.1;
    let ticks = after_name.split(' ').skip(11).take(2).map(str::parse::<f64>).sum::<Result<f64, _>>()?;
    Ok(ticks / 100.0)
}

async fn click_through(window: &Window) -> Vec<f64> {
    let took = window.script_async(CLICK_THROUGH, vec![json!(PAGES)]).await;
    took.as_array().into_iter().flatten().filter_map(Value::as_f64).map(|millis| millis / 1000.0).collect()
}

async fn works(window: &Window) -> bool {
    let wanted = json!({"flow": null, "dataset": null, "states": ["queued", "running"], "search": null, "offset": 0, "limit": 1});
    window.ask("run.list", &wanted).await.is_ok_and(|runs| runs["total"] != 0)
}

fn row(what: &str, mut seconds: Vec<f64>, goal: f64) {
    seconds.sort_by(f64::total_cmp);
    let at = |index: usize| seconds.get(index).copied().unwrap_or(f64::NAN);
    println!("| {what} | {:.3} | {:.3} | {goal} |", at(seconds.len() / 2), at(seconds.len().saturating_sub(1)));
}
