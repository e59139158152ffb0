//! How many task runs a second go through the journal: `cargo run --release -p longshore-runner --example noops [CHAIN [MAPPED [FOLDER]]]`.
//! A chain (one after the other), a mapped flow (many at once) and one that goes item by item, on a database in FOLDER, which should lie on a real disk. The last
//! line is JSON: seconds of each, and the peak of resident memory in bytes.

use std::fmt::Write;
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Instant;

use longshore_engine::{Clock, Fault, Flow, Millis};
use longshore_flows::KindSet;
use longshore_flows::kinds::noop::Noop;
use longshore_runner::{FlowSource, NewRun, Parts, Runner};
use longshore_store::{Options, Store};
use longshore_testkit::{Fuse, MemoryCatalogue, Places, resident_peak};
use serde_json::{Map, json};

struct None;

impl FlowSource for None {
    fn flow(&self, id: &str) -> Result<Arc<Flow>, Fault> {
        Err(Fault::permanent("flow.unknown", "There is no such flow", id))
    }
}

/// The machine's clock.
struct Wall;

impl Clock for Wall {
    fn now(&self) -> Millis {
        let since = std::time::UNIX_EPOCH.elapsed().unwrap_or_default();
        Millis::default() + since
    }

    fn sleep_until(&self, at: Millis) -> std::pin::Pin<Box<dyn Future<Output = ()> + Send>> {
        Box::pin(tokio::time::sleep(at - self.now()))
    }
}

type Failure = Box<dyn std::error::Error>;

#[tokio::main]
async fn main() -> Result<(), Failure> {
    let mut arguments = std::env::args().skip(1);
    let length: u32 = arguments.next().map_or(Ok(1_000), |text| text.parse())?;
    let count: u32 = arguments.next().map_or(Ok(20_000), |text| text.parse())?;
    let folder = arguments.next().map_or_else(|| PathBuf::from("."), PathBuf::from);
    let folder = tempfile::tempdir_in(folder)?;
    let store = Store::open(&folder.path().join("longshore.db"), &Options::default())?;
    let runner = Runner::start(Parts {
        journal: Arc::new(store.clone()),
        catalogue: Arc::new(MemoryCatalogue::default()),
        storages: Arc::new(Places::new(&Arc::new(Fuse::new()))?),
        kinds: KindSet::new().with(Noop),
        flows: Arc::new(None),
        clock: Arc::new(Wall),
        capacity: 64,
        variables: Map::new(),
    })
    .await?;
    let mapped = format!("id: m\ntasks: [{{id: a, uses: noop, for_each: '{{{{ range({count}) | list }}}}'}}]\n");
    let mapped = time("mapped", count, &runner, &mapped).await?;
    let pairs = format!(
        "id: p\ntasks:\n  - {{id: a, uses: noop, for_each: '{{{{ range({}) | list }}}}'}}\n  - {{id: b, uses: noop, for_each: '{{{{ tasks.a.each }}}}'}}\n",
        count / 2
    );
    let pairs = time("item by item", count, &runner, &pairs).await?;
    let mut chain = "id: c\ntasks:\n  - {id: t0, uses: noop}\n".to_owned();
    for i in 1..length {
        writeln!(chain, "  - {{id: t{i}, uses: noop, needs: t{}}}", i - 1)?;
    }
    let chain = time("chain", length, &runner, &chain).await?;
    runner.shutdown().await?;
    println!(
        "{}",
        json!({"chain": chain, "mapped": mapped, "pairs": pairs, "peak": resident_peak(std::process::id())})
    );
    Ok(())
}

/// Runs a flow to its end; gives the seconds that it took.
async fn time(name: &str, count: u32, runner: &Runner, text: &str) -> Result<f64, Failure> {
    let flow = Flow::parse(name, text, Option::None).map_err(|faults| json!(faults).to_string())?;
    let begun = Instant::now();
    let new = NewRun {
        flow: Arc::new(flow),
        params: Map::new(),
        key: Option::None,
        parent: Option::None,
        scheduled: Option::None,
        priority: Option::None,
    };
    let run = runner.create_run(new).await?;
    let state = runner.wait(&run).await?;
    let seconds = begun.elapsed().as_secs_f64();
    println!(
        "{name}: {count} task runs in {seconds:.2} s, {:.0} a second ({})",
        f64::from(count) / seconds,
        state.word()
    );
    Ok(seconds)
}
