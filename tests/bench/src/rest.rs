//! Airflow's interface: pages of runs a second, and how long the slowest in a hundred waits.

use std::io::{BufRead as _, BufReader, Read as _, Write as _};
use std::net::TcpStream;
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use longshore_testkit::many_runs;
use serde_json::{Value, json};

use crate::transfers::{Outcome, Setup};

/// Runs of the database.
const RUNS: u32 = 10_000;
/// Connections that ask at the same time, each as soon as it was answered.
const CLIENTS: usize = 16;
/// How long each page is asked for.
const LONG: Duration = Duration::from_secs(5);
/// Requests a second, and milliseconds of the slowest in a hundred.
const GOALS: (u32, u32) = (2_000, 50);
const USER: (&str, &str) = ("bench", "correct horse battery");

/// Fills a workspace, serves it with the program, and asks.
pub(crate) fn measure(setup: Setup<'_>) -> Outcome<()> {
    let place = tempfile::Builder::new().prefix("longshore-bench-").tempdir()?;
    let workspace = place.path().join("workspace");
    let longshore = || {
        let mut command = Command::new(setup.binary);
        command.arg("--json").arg("--workspace").arg(&workspace).env("LONGSHORE_KEYRING", "off");
        command
    };
    add_user(longshore())?;
    let now = i64::try_from(std::time::UNIX_EPOCH.elapsed()?.as_millis())?;
    many_runs::fill(&workspace.join("longshore.db"), RUNS, 0, now - i64::from(RUNS) * many_runs::APART)?;
    let served = Served::start(longshore())?;
    let basic = format!("Basic {}", STANDARD.encode(format!("{}:{}", USER.0, USER.1)));
    let token = format!("Bearer {}", token(&served.address)?);
    println!("\n| {RUNS} runs, {CLIENTS} connections | pages a second | goal | median ms | p99 ms | goal |");
    println!("| --- | ---: | ---: | ---: | ---: | ---: |");
    for (what, login, path) in [
        ("v1, 100 runs of all DAGs", &basic, "/api/v1/dags/~/dagRuns?limit=100"),
        ("v1, 25 runs of a DAG", &basic, "/api/v1/dags/archive_dataset/dagRuns?limit=25"),
        ("v2, 50 runs of all DAGs, newest first", &token, "/api/v2/dags/~/dagRuns?order_by=-start_date"),
        ("v2, 25 failed runs of a DAG", &token, "/api/v2/dags/verify_dataset/dagRuns?limit=25&state=failed"),
    ] {
        row(what, asked(&served.address, login, path)?);
    }
    Ok(())
}

fn add_user(mut longshore: Command) -> Outcome<()> {
    let mut child = longshore.args(["user", "add", USER.0]).stdin(Stdio::piped()).stdout(Stdio::null()).spawn()?;
    if let Some(mut line) = child.stdin.take() {
        writeln!(line, "{}", USER.1)?;
    }
    if child.wait()?.success() { Ok(()) } else { Err("the user was not made".into()) }
}

/// The program, serving; ended with this.
struct Served {
    child: Child,
    address: String,
}

impl Served {
    fn start(mut longshore: Command) -> Outcome<Self> {
        let child = longshore.args(["serve", "--airflow-api", "--port", "0"]).stdout(Stdio::piped()).spawn()?;
        let mut served = Self { child, address: String::new() };
        let mut said = BufReader::new(served.child.stdout.take().ok_or("it has no output")?);
        let mut text = String::new();
        // One JSON document over several lines, after which it goes on.
        let told: Value = loop {
            if said.read_line(&mut text)? == 0 {
                return Err("nothing is served".into());
            }
            if let Ok(told) = serde_json::from_str(&text) {
                break told;
            }
        };
        let url = told["airflow_api"].as_str().and_then(|url| url.strip_prefix("http://"));
        url.ok_or("Airflow's interface is not served")?.clone_into(&mut served.address);
        Ok(served)
    }
}

impl Drop for Served {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

fn token(address: &str) -> Outcome<String> {
    let body = json!({"username": USER.0, "password": USER.1}).to_string();
    let head = format!("POST /auth/token HTTP/1.1\r\nHost: {address}\r\nContent-Type: application/json\r\n");
    let mut client = Client::new(address)?;
    let answer = client.send(&format!("{head}Content-Length: {}\r\n\r\n{body}", body.len()))?;
    let told: Value = serde_json::from_slice(&answer)?;
    Ok(told["access_token"].as_str().ok_or("no token was given")?.to_owned())
}

/// A connection that is kept.
struct Client(BufReader<TcpStream>);

impl Client {
    fn new(address: &str) -> Outcome<Self> {
        let stream = TcpStream::connect(address)?;
        stream.set_nodelay(true)?;
        Ok(Self(BufReader::new(stream)))
    }

    /// The body of the answer, which must be a good one with a length.
    fn send(&mut self, request: &str) -> Outcome<Vec<u8>> {
        self.0.get_mut().write_all(request.as_bytes())?;
        let mut line = String::new();
        self.0.read_line(&mut line)?;
        if !line.starts_with("HTTP/1.1 20") {
            return Err(format!("it was answered with {line:?}").into());
        }
        let mut length = 0;
        while line != "\r\n" {
            line.clear();
            self.0.read_line(&mut line)?;
            if let Some(("content-length", value)) = line.to_ascii_lowercase().split_once(':') {
                length = value.trim().parse()?;
            }
        }
        let mut body = vec![0; length];
        self.0.read_exact(&mut body)?;
        Ok(body)
    }
}

/// Asks for a page over and over: the time of each answer, and the answers a second.
fn asked(address: &str, login: &str, path: &str) -> Outcome<(Vec<f64>, f64)> {
    let request = format!("GET {path} HTTP/1.1\r\nHost: {address}\r\nAuthorization: {login}\r\n\r\n");
    let page: Value = serde_json::from_slice(&Client::new(address)?.send(&request)?)?;
    if page["dag_runs"].as_array().is_none_or(Vec::is_empty) {
        return Err(format!("{path} has no runs").into());
    }
    let begun = Instant::now();
    let one = || -> Result<Vec<f64>, String> {
        let mut client = Client::new(address).map_err(|error| error.to_string())?;
        let mut times = Vec::new();
        while begun.elapsed() < LONG {
            let sent = Instant::now();
            client.send(&request).map_err(|error| error.to_string())?;
            times.push(sent.elapsed().as_secs_f64() * 1_000.0);
        }
        Ok(times)
    };
    let mut all = Vec::new();
    std::thread::scope(|scope| {
        let clients: Vec<_> = (0..CLIENTS).map(|_| scope.spawn(one)).collect();
        for client in clients {
            all.extend(client.join().map_err(|_| "a client ended".to_owned())??);
        }
        Ok::<(), String>(())
    })?;
    let rate = all.len() as f64 / begun.elapsed().as_secs_f64();
    all.sort_by(f64::total_cmp);
    Ok((all, rate))
}

fn row(what: &str, (times, rate): (Vec<f64>, f64)) {
    let at = |share: usize| times.get(times.len() * share / 100).copied().unwrap_or_default();
    println!("| {what} | {rate:.0} | {} | {:.1} | {:.1} | {} |", GOALS.0, at(50), at(99), GOALS.1);
}
