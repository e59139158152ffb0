//! Other engines: what a task that an engine hands to a worker costs before and after its work, and what it costs to ask an engine how its
//! runs stand.

use std::fs;
use std::path::Path;
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

use longshore_api::wire::{ConnectionSet, ConnectionSetArgs, RemotePause, RemotePauseArgs};
use longshore_api::wire::{RemoteArgs, RemoteRunsArgs, SecretGiven};
use longshore_api::wire::{RemoteFlowList, RemoteRunList, RemoteTrigger, RemoteTriggerArgs};
use longshore_api::{Role, Session};
use longshore_testkit::servers::Airflow;
use serde_json::{Map, Value, json};

use crate::transfers::{Outcome, Setup};

/// Task runs that are started, one behind the other.
const TASKS: usize = 101;
/// Milliseconds from start to exit, and MiB.
const TASK_GOALS: (u32, u32) = (30, 40);
/// Runs of the other engine, and how often it is asked for them.
const RUNS: usize = 100;
const ASKED: u32 = 200;
/// Seconds between two questions of the window while something moves.
const PACE: f64 = 5.0;
/// Share of a core in percent.
const POLL_GOAL: f64 = 1.0;

const FLOW: &str = "id: nothing\ntasks:\n  - {id: nothing, uses: noop, with: {output: 1}}\n";

const DAG: &str = "
from airflow.sdk import DAG, task
with DAG('waits', schedule=None):
    @task
    def nothing():
        pass
    nothing()
";

/// Both.
pub(crate) fn measure(setup: Setup<'_>) -> Outcome<()> {
    let place = tempfile::Builder::new().prefix("longshore-bench-").tempdir()?;
    tasks(setup.binary, place.path())?;
    let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build()?;
    runtime.block_on(polls(place.path()))
}

fn tasks(binary: &Path, place: &Path) -> Outcome<()> {
    let flow = place.join("nothing.yaml");
    fs::write(&flow, FLOW)?;
    let mut milliseconds = Vec::new();
    let mut peak = 0;
    for at in 0..TASKS {
        let mut command = Command::new(binary);
        command.args(["task", "run", "--task", "nothing", "--run-id", &format!("r{at}")]);
        command.arg("--flow").arg(&flow).arg("--state").arg(place.join("state"));
        let began = Instant::now();
        let mut child = command.stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null()).spawn()?;
        let status = loop {
            if let Some(status) = child.try_wait()? {
                break status;
            }
            peak = peak.max(longshore_testkit::resident_peak(child.id()).unwrap_or(0));
            std::thread::park_timeout(Duration::from_micros(500));
        };
        milliseconds.push(began.elapsed().as_secs_f64() * 1000.0);
        if !status.success() {
            return Err(format!("{command:?} ended with {status}").into());
        }
    }
    milliseconds.sort_by(f64::total_cmp);
    let at = |share: usize| milliseconds.get(milliseconds.len() * share / 100).copied().unwrap_or_default();
    println!(
        "\n| {TASKS} times `longshore task run` of a task that does nothing | median ms | p95 ms | goal | peak MiB | goal |"
    );
    println!("| --- | ---: | ---: | ---: | ---: | ---: |");
    println!(
        "| start to exit | {:.1} | {:.1} | {} | {:.1} | {} |",
        at(50),
        at(95),
        TASK_GOALS.0,
        peak as f64 / f64::from(1 << 20),
        TASK_GOALS.1
    );
    Ok(())
}

async fn polls(place: &Path) -> Outcome<()> {
    let airflow = Airflow::start(DAG);
    let password = place.join("password");
    fs::write(&password, airflow.password())?;
    let session = Session::open(&place.join("workspace"), Role::Glance).await?;
    let secrets = [("password".to_owned(), SecretGiven::From(format!("file:{}", password.display())))];
    let connection = ConnectionSetArgs {
        connection: "airflow".to_owned(),
        kind: "airflow".to_owned(),
        host: Some("127.0.0.1".to_owned()),
        port: Some(airflow.port()),
        login: Some("admin".to_owned()),
        schema: Some("http".to_owned()),
        secrets: secrets.into_iter().collect(),
        ..ConnectionSetArgs::default()
    };
    session.call::<ConnectionSet>(connection).await?;
    let named = || "airflow".to_owned();
    let began = Instant::now();
    while session.call::<RemoteFlowList>(RemoteArgs { connection: named() }).await?.said.is_empty() {
        if began.elapsed() > Duration::from_mins(3) {
            return Err("Airflow does not find the DAG".into());
        }
    }
    // A paused flow holds its runs: they wait, as runs of a busy engine do.
    let pause = RemotePauseArgs { connection: named(), flow: "waits".to_owned(), paused: true, why: None };
    session.call::<RemotePause>(pause).await?;
    for at in 0..RUNS {
        let (flow, params) = ("waits".to_owned(), Value::Object(Map::new()));
        let start = RemoteTriggerArgs { connection: named(), flow, params, key: Some(format!("k{at}")), why: None };
        session.call::<RemoteTrigger>(start).await?;
    }
    let ask = async || -> Outcome<usize> {
        let args = RemoteRunsArgs { connection: named(), flow: None, limit: 100 };
        let runs = session.call::<RemoteRunList>(args).await?;
        // What goes to the window is written out, too.
        std::hint::black_box(serde_json::to_string(&json!(runs))?);
        Ok(runs.said.len())
    };
    let there = ask().await?;
    let (cpu, began) = (own_ticks()?, Instant::now());
    for _ in 0..ASKED {
        ask().await?;
    }
    let each = (own_ticks()? - cpu) as f64 * 10.0 / f64::from(ASKED);
    let waited = began.elapsed().as_secs_f64() * 1000.0 / f64::from(ASKED);
    println!(
        "\n| asking a real Airflow for {there} runs, {ASKED} times | ms each | ms of the processor each | share of a core, every {PACE} s | goal |"
    );
    println!("| --- | ---: | ---: | ---: | ---: |");
    println!("| `remote.runs` | {waited:.1} | {each:.2} | {:.3} % | {POLL_GOAL} % |", each / (PACE * 1000.0) * 100.0);
    session.close().await;
    Ok(())
}

/// Time of the processor that this process has had, in hundredths of a second (`utime` and `stime` of proc_pid_stat(5)).
fn own_ticks() -> Outcome<u64> {
    let text = fs::read_to_string("/proc/self/stat")?;
    let fields: Vec<&str> = text.rsplit_once(')').ok_or("stat")?.1.split_whitespace().collect();
    let number = |at: usize| fields.get(at).and_then(|field| field.parse::<u64>().ok()).unwrap_or_default();
    Ok(number(11) + number(12))
}
