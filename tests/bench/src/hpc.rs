//! Files from a web server and from a repository of records to a machine over SSH, as `http_to_ssh` and `b2share_to_ssh` move them: large
//! ones beside `curl | ssh cat`, near and from afar; small ones beside the service that ran on Airflow.
//!
//! Longshore holds what arrives against what the record states, syncs it, and proves it by a checksum that the machine takes. The others do none of that.

use std::net::SocketAddr;
use std::path::Path;
use std::process::Command;

use longshore_testkit::proxy::Proxy;
use longshore_testkit::servers::sshd::{self, Sshd, user};
use longshore_testkit::servers::{Nginx, program};
use serde_json::json;

use crate::data;
use crate::measure::{Measured, command, median};
use crate::transfers::{FAR, Outcome, Setup, WINDOW, airflow};

/// The record.
const RECORD: &str = "0123456789abcdef0123456789abcdef";

/// Bytes of the large file.
const LARGE: u64 = 2 << 30;

/// Small files, and bytes of each.
const SMALL: (u64, u64) = (2_000, 64 << 10);

/// Measures all of them.
pub(crate) fn measure(setup: Setup<'_>) -> Outcome<()> {
    println!("\n| between | files | what | seconds | MiB/s | times as fast | goal | peak MiB |");
    println!("| --- | --- | --- | ---: | ---: | ---: | ---: | ---: |");
    for (far, goal) in [(false, 0.9), (true, 1.0)] {
        let site = Site::start(setup, far, 1, LARGE / setup.scale)?;
        site.contest(&["curl, ssh cat", "http_to_ssh", "b2share_to_ssh"], goal)?;
    }
    let files = (SMALL.0 / setup.scale).max(1);
    Site::start(setup, false, files, files * SMALL.1)?.contest(&["the Airflow service's way", "b2share_to_ssh"], 10.0)
}

/// A web server with a record, a machine, and where both are reached.
struct Site<'s> {
    setup: Setup<'s>,
    web: Nginx,
    ssh: Sshd,
    /// What makes them far, while it lives.
    _line: [Proxy; 2],
    far: bool,
    web_address: SocketAddr,
    ssh_port: u16,
    files: u64,
    bytes: u64,
    place: tempfile::TempDir,
}

impl<'s> Site<'s> {
    fn start(setup: Setup<'s>, far: bool, files: u64, bytes: u64) -> Outcome<Self> {
        let web = Nginx::start();
        let ssh = Sshd::start(&sshd::Setup::default()).ok_or("there is no sshd")?;
        let to_ssh = SocketAddr::from(([127, 0, 0, 1], ssh.port()));
        let line = [Proxy::with_buffer(web.address(), WINDOW)?, Proxy::with_buffer(to_ssh, WINDOW)?];
        for proxy in &line {
            proxy.change(|faults| faults.round_trip(FAR));
        }
        let [web_address, ssh_address] = line.each_ref().map(Proxy::address);
        let web_address = if far { web_address } else { web.address() };
        let ssh_port = if far { ssh_address.port() } else { ssh.port() };
        let known = ssh.known_line("ed25519");
        let through = known.replace(&ssh.port().to_string(), &ssh_address.port().to_string());
        std::fs::write(ssh.path("known_hosts"), [known, through].concat())?;
        let place = tempfile::Builder::new().prefix("longshore-bench-").tempdir()?;
        let site = Self { setup, web, ssh, _line: line, far, web_address, ssh_port, files, bytes, place };
        site.publish()?;
        // The workspace is made here, and not while something is measured.
        command(site.longshore().args(["connection", "list"]), 0)?;
        Ok(site)
    }

    /// The record with its files, as B2SHARE 2 answers.
    fn publish(&self) -> Outcome<()> {
        let (source, bucket) = (self.web.files().join("source"), self.web.files().join("api/files/bucket"));
        data::write(&source, self.files, self.bytes)?;
        std::fs::create_dir_all(&bucket)?;
        let mut lines = Vec::new();
        for folder in std::fs::read_dir(&source)? {
            for file in std::fs::read_dir(folder?.path())? {
                let file = file?;
                let (name, size) = (file.file_name().to_string_lossy().into_owned(), file.metadata()?.len());
                let sum = md5(&file.path())?;
                lines.push(json!({"key": name, "size": size, "checksum": format!("md5:{sum}")}));
                std::fs::rename(file.path(), bucket.join(&name))?;
            }
        }
        std::fs::remove_dir_all(&source)?;
        let record = json!({"id": RECORD, "metadata": {"titles": [{"title": "T"}]}, "files": [], "links": {"files": self.bucket()}});
        self.web.put(&format!("api/records/{RECORD}/index.html"), record.to_string().as_bytes());
        self.web.put("api/files/bucket/index.html", json!({"contents": lines}).to_string().as_bytes());
        Ok(())
    }

    fn bucket(&self) -> String {
        format!("http://{}/api/files/bucket", self.web_address)
    }

    /// The one large file.
    fn url(&self) -> String {
        format!("{}/frame-000000.tiff", self.bucket())
    }

    fn longshore(&self) -> Command {
        let mut command = Command::new(self.setup.binary);
        command.arg("--workspace").arg(self.place.path().join("workspace")).arg("--quiet");
        let mut machine = self.ssh.connection();
        machine.port = Some(self.ssh_port);
        let repository =
            json!({"conn_type": "https", "schema": "http", "host": "127.0.0.1", "port": self.web_address.port()});
        command.env("AIRFLOW_CONN_DEFAULT_SSH", airflow(&machine));
        command.env("AIRFLOW_CONN_DEFAULT_B2SHARE", repository.to_string()).env("LONGSHORE_KEYRING", "off");
        command
    }

    fn flow(&self, flow: &str, params: &[String]) -> Command {
        let mut command = self.longshore();
        command.args(["flow", "run", flow, "--wait"]);
        for param in params {
            command.args(["--param", param]);
        }
        command
    }

    /// The command by which somebody moves all files to a folder of the machine.
    fn work(&self, who: &str, target: &Path) -> Command {
        let (target, key, known) =
            (target.display().to_string(), self.ssh.path("login_key"), self.ssh.path("known_hosts"));
        match who {
            "http_to_ssh" => self.flow(who, &[format!("url={}", self.url()), format!("target={target}/file")]),
            "b2share_to_ssh" => self.flow(who, &[format!("oid={RECORD}"), format!("target={target}")]),
            "curl, ssh cat" => {
                let (key, known, url, port, user) = (key.display(), known.display(), self.url(), self.ssh_port, user());
                let login = format!("ssh -q -F none -i {key} -o UserKnownHostsFile={known} -p {port} {user}@127.0.0.1");
                let mut shell = Command::new("bash");
                shell.args(["-o", "pipefail", "-c"]);
                shell.arg(format!("curl -sSf {url} | {login} 'mkdir -p {target} && cat > {target}/file'"));
                shell
            }
            _ => {
                let mut python = Command::new(program("transfers", "python"));
                python.arg(concat!(env!("CARGO_MANIFEST_DIR"), "/peers/airflow_http_to_ssh.py"));
                python.args([self.bucket(), self.ssh_port.to_string(), user()]).arg(key).arg(known).arg(target);
                python
            }
        }
    }

    /// Lets everybody move the files in turns, the first the one to compare with. After each all lies on the disk, and is taken away.
    fn contest(&self, who: &[&str], goal: f64) -> Outcome<()> {
        let mut took: Vec<Vec<Measured>> = vec![Vec::new(); who.len()];
        for round in 0..self.setup.rounds {
            for at in (0..who.len()).map(|at| (at + round) % who.len()) {
                let target = self.ssh.files().join(format!("round-{round}-{at}"));
                command(&mut Command::new("sync"), 0)?;
                took[at].push(command(&mut self.work(who[at], &target), 0)?);
                self.arrived(&target)?;
                std::fs::remove_dir_all(&target)?;
            }
        }
        let took: Vec<Measured> = took.into_iter().map(median).collect();
        for (at, (who, one)) in who.iter().zip(&took).enumerate() {
            let (times, goal) = match at {
                0 => Default::default(),
                _ => (format!("{:.2}", took[0].seconds / one.seconds), format!("{goal:.1}")),
            };
            let (place, mib) = (if self.far { "20 ms" } else { "near" }, self.bytes as f64 / f64::from(1 << 20));
            let (files, size, rate) = (self.files, (self.bytes / self.files) >> 10, mib / one.seconds);
            let (seconds, peak) = (one.seconds, one.peak >> 20);
            println!(
                "| {place} | {files} x {size} KiB | {who} | {seconds:.2} | {rate:.0} | {times} | {goal} | {peak} |"
            );
        }
        Ok(())
    }

    /// Whether all bytes are there.
    fn arrived(&self, target: &Path) -> Outcome<()> {
        let sizes = std::fs::read_dir(target)?.map(|file| Ok(file?.metadata()?.len()));
        let sizes: Vec<u64> = sizes.collect::<std::io::Result<_>>()?;
        let found = (sizes.len() as u64, sizes.iter().sum::<u64>());
        if found == (self.files, self.bytes) { Ok(()) } else { Err(format!("{found:?} arrived").into()) }
    }
}

/// MD5 of a file.
fn md5(path: &Path) -> Outcome<String> {
    let told = Command::new("md5sum").arg(path).output()?.stdout;
    Ok(String::from_utf8(told)?.split(' ').next().ok_or("md5sum says nothing")?.to_owned())
}
