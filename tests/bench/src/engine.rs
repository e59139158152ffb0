//! The engine alone: tasks that do nothing, one after the other and many at once, beside a real Prefect server and a real Airflow.

use std::error::Error;
use std::path::Path;
use std::process::{Command, Stdio};

use serde_json::Value;

/// How many tasks each side is given: in a chain, and at once. The peers get fewer, or one would wait for an hour.
const OURS: (u32, u32) = (500, 10_000);
const PREFECT: (u32, u32) = (200, 200);
const AIRFLOW: (u32, u32) = (20, 100);

/// Measures all sides; a peer that is not installed is named as such.
pub(crate) fn measure(rounds: usize, programs: &Path) -> Result<(), Box<dyn Error>> {
    println!("\n| engine | tasks | a task of a chain (ms) | many at once (tasks a second) | peak MiB |");
    println!("| --- | ---: | ---: | ---: | ---: |");
    let ours = (0..rounds).map(|_| product(programs)).collect::<Result<Vec<_>, _>>()?;
    row("longshore, every step journalled and synced", OURS, ours);
    for (name, script, count) in [("Prefect", "prefect", PREFECT), ("Airflow", "airflow", AIRFLOW)] {
        let Some(python) = python_of(programs, script) else {
            println!("| {name}: not installed here | | | | |");
            continue;
        };
        match peer(&python, script, count) {
            Ok(took) => row(name, count, vec![took]),
            Err(error) => println!("| {name}: {error} | | | | |"),
        }
    }
    Ok(())
}

/// Seconds of a chain and of tasks at once, and the peak of memory in bytes, where it is known.
type Took = (f64, f64, Option<u64>);

fn product(programs: &Path) -> Result<Took, Box<dyn Error>> {
    let folder = tempfile::Builder::new().prefix("longshore-bench-").tempdir()?;
    let mut command = Command::new(programs.join("examples/noops"));
    command.args([OURS.0.to_string(), OURS.1.to_string()]).arg(folder.path());
    let said = last_line(command)?;
    let number = |name: &str| said[name].as_f64().ok_or_else(|| format!("noops did not say {name}: {said}"));
    Ok((number("chain")?, number("mapped")?, said["peak"].as_u64()))
}

/// The interpreter of a peer's own environment, which `scripts/install.sh peers` makes.
fn python_of(programs: &Path, peer: &str) -> Option<std::path::PathBuf> {
    let python = programs.parent()?.join("peers").join(peer).join("bin/python");
    python.is_file().then_some(python)
}

fn peer(python: &Path, script: &str, (chain, mapped): (u32, u32)) -> Result<Took, Box<dyn Error>> {
    let script = Path::new(env!("CARGO_MANIFEST_DIR")).join(format!("peers/{script}_noops.py"));
    // A network of its own: some of what a peer starts listens on every address.
    let mut command = Command::new("unshare");
    command.args(["--net", "--map-root-user", "sh", "-ec", "ip link set lo up; exec \"$@\"", "sh"]);
    command.arg(python).arg(script).args([chain.to_string(), mapped.to_string()]);
    let said = last_line(command)?;
    let number = |name: &str| said[name].as_f64().ok_or_else(|| format!("it did not say {name}: {said}"));
    Ok((number("chain")?, number("mapped")?, None))
}

/// Runs a command to its end; what it says last is JSON.
fn last_line(mut command: Command) -> Result<Value, Box<dyn Error>> {
    let output = command.stdin(Stdio::null()).stderr(Stdio::inherit()).output()?;
    if !output.status.success() {
        return Err(format!("{command:?} ended with {}", output.status).into());
    }
    let text = String::from_utf8_lossy(&output.stdout).into_owned();
    Ok(serde_json::from_str(text.lines().last().unwrap_or_default())?)
}

fn row(what: &str, (chain, mapped): (u32, u32), mut took: Vec<Took>) {
    took.sort_by(|a, b| a.1.total_cmp(&b.1));
    let Some((chain_seconds, mapped_seconds, peak)) = took.get(took.len() / 2) else { return };
    let peak = peak.map_or_else(String::new, |bytes| (bytes >> 20).to_string());
    println!(
        "| {what} | {chain} + {mapped} | {:.2} | {:.0} | {peak} |",
        chain_seconds * 1000.0 / f64::from(chain),
        f64::from(mapped) / mapped_seconds,
    );
}
