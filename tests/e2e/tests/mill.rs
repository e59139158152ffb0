//! A run of many tasks, killed again and again: no task lost, none done twice after it was confirmed, no limit exceeded.
#![allow(clippy::unwrap_used)]

use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write as _;
use std::fs;
use std::time::{Duration, Instant};

use longshore_e2e::cli::Cli;
use longshore_e2e::process::Running;
use longshore_e2e::site::Site;
use longshore_e2e::{soak, tell, tree};
use serde_json::Value;

/// Slots of the limit that the mapped task runs hold.
const SLOTS: usize = 4;

struct Mill {
    kills: u32,
    items: u32,
    chain: u32,
    /// Milliseconds that a mapped task run takes.
    takes: u32,
}

fn mill() -> Mill {
    if soak() {
        Mill { kills: 200, items: 1_940, chain: 58, takes: 60 }
    } else {
        Mill { kills: 8, items: 240, chain: 18, takes: 20 }
    }
}

/// A mapped task of which every seventh fails twice, beside a chain, and a task after both.
fn flow(mill: &Mill) -> String {
    let Mill { items, chain, takes, .. } = mill;
    let mut text = format!(
        "id: mill\ntasks:
  - id: grind
    uses: noop
    for_each: '{{{{ range({items}) | list }}}}'
    with: {{for_ms: {takes}, output: '{{{{ item }}}}', fail: transient, times: '{{{{ 2 if item % 7 == 0 else 0 }}}}'}}
    limits: [mill]
    retries: {{max: 3, delay: 1s}}
  - {{id: link0, uses: noop}}\n"
    );
    for link in 1..*chain {
        writeln!(text, "  - {{id: link{link}, uses: noop, needs: link{}, with: {{for_ms: {takes}}}}}", link - 1)
            .unwrap();
    }
    writeln!(text, "  - {{id: bake, uses: noop, needs: [grind, link{}]}}", chain - 1).unwrap();
    text
}

fn begin(cli: &Cli, site: &Site) -> Running {
    cli.start(["flow", "run", site.path("mill.yaml").to_str().unwrap(), "--key", "mill", "--wait"])
}

/// Kills at random instants that fall, all together, within the time that the work takes.
fn killed(cli: &Cli, site: &Site, mill: &Mill) -> u32 {
    let mut random = tree::Random(u64::from(std::process::id()) | 1);
    println!("instants drawn from {}", random.0);
    let whole = Duration::from_millis(u64::from(mill.items * mill.takes)) / u32::try_from(SLOTS).unwrap();
    let mut kills = 0;
    let mut running = begin(cli, site);
    while kills < mill.kills {
        let micros = random.below(u64::try_from(whole.as_micros()).unwrap() * 2 / u64::from(mill.kills));
        if !running.outlives(Duration::from_micros(micros)) {
            break;
        }
        running.kill();
        kills += 1;
        running = begin(cli, site);
    }
    let said = running.finish(1800);
    assert_eq!(said.code, 0, "after {kills} kills:\n{}\n{}", said.out, said.err);
    kills
}

/// The journal of the one run, in order: task, map index, event.
fn journal(site: &Site) -> Vec<(String, Option<u64>, Value)> {
    let database = rusqlite::Connection::open(site.workspace().join("longshore.db")).unwrap();
    let mut rows = database.prepare("SELECT what FROM journal ORDER BY seq").unwrap();
    let rows = rows.query_map([], |row| row.get::<_, String>(0)).unwrap();
    let events = rows.map(|row| serde_json::from_str::<Value>(&row.unwrap()).unwrap());
    let tasks = events.filter(|event| event["on"] == "task");
    let flat = tasks.flat_map(|event| {
        let (first, count) = (event["index"].as_u64(), event["count"].as_u64().unwrap_or(1));
        let task = event["task"].as_str().unwrap().to_owned();
        (0..count).map(move |at| (task.clone(), first.map(|first| first + at), event["event"].clone()))
    });
    flat.collect()
}

/// What the journal must say whatever happened.
fn judge(site: &Site, mill: &Mill) -> u32 {
    let (mut confirmed, mut at_work) = (BTreeSet::new(), BTreeSet::new());
    let mut interrupted = 0;
    let mut retried: BTreeMap<_, u32> = BTreeMap::new();
    for (task, index, event) in journal(site) {
        let place = (task, index);
        let kind = event["type"].as_str().unwrap();
        match kind {
            "started" => {
                assert!(!confirmed.contains(&place), "{place:?} was started after it was confirmed");
                assert!(at_work.insert(place.clone()), "{place:?} was started twice");
            }
            "succeeded" => assert!(confirmed.insert(place.clone()), "{place:?} was confirmed twice"),
            "retrying" => *retried.entry(place.clone()).or_default() += 1,
            "interrupted" => interrupted += 1,
            _ => {}
        }
        if kind != "started" {
            at_work.remove(&place);
        }
        let grinding = at_work.iter().filter(|(task, _)| task == "grind").count();
        assert!(grinding <= SLOTS, "{grinding} at once");
    }
    assert!(at_work.is_empty(), "{at_work:?}");
    assert_eq!(confirmed.len(), (mill.items + mill.chain + 1) as usize);
    assert!(retried.values().all(|times| *times <= 3), "{retried:?}");
    assert!(!retried.is_empty());
    interrupted
}

#[test]
fn killed_again_and_again_every_task_is_done_once() {
    let (site, mill) = (Site::new("mill"), mill());
    let cli = site.cli();
    fs::write(site.path("mill.yaml"), flow(&mill)).unwrap();
    cli.ok(["limit", "set", "mill", &SLOTS.to_string()]);
    let began = Instant::now();
    let kills = killed(&cli, &site, &mill);
    let interrupted = judge(&site, &mill);
    let tasks = mill.items + mill.chain + 1;
    tell(&format!(
        "{tasks} tasks, kill -9 {kills} times in {} s: {interrupted} attempts cut off, none lost, none done twice",
        began.elapsed().as_secs()
    ));
    assert!(kills > 0, "it was never stopped");
    assert_eq!(cli.json(["run", "list"])["total"], 1);
}
