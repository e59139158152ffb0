//! A dataset from a landing zone in S3 to the LTS, proved, beside the way of the archiving service that ran on Prefect; and back to a bucket,
//! beside rclone. Both sides with the same SeaweedFS, in one run.

use std::path::Path;
use std::process::Command;

use longshore_testkit::servers::{Seaweed, program};
use serde_json::Value;

use crate::data;
use crate::measure::{Measured, command, median};
use crate::transfers::{Outcome, Setup, rclone};

/// The dataset, which lies below `ws` in the bucket `landing`.
const DATASET: &str = "bench";
/// Exit code of `--land-only`: done, and not proved yet.
const LANDED: i32 = 3;

struct Case {
    name: &'static str,
    files: u64,
    bytes: u64,
    /// How many times as fast: straight to the LTS, and by the staging bucket.
    goals: [f64; 2],
}

/// Measures both ways there, and the way back.
pub(crate) fn measure(setup: Setup<'_>) -> Outcome<()> {
    println!(
        "| case | files | GiB | what | seconds | s/GiB | times as fast | goal | bytes moved per byte | peak MiB |"
    );
    println!("| --- | ---: | ---: | --- | ---: | ---: | ---: | ---: | ---: | ---: |");
    let large = Case { name: "large", files: 40, bytes: (4 << 30) / setup.scale, goals: [8.0, 4.0] };
    let files = 20_000 / setup.scale;
    let small = Case { name: "small", files, bytes: files * 20_000, goals: [20.0, 10.0] };
    for case in [large, small] {
        case.measure(setup)?;
    }
    Ok(())
}

impl Case {
    fn measure(&self, setup: Setup<'_>) -> Outcome<()> {
        let place = tempfile::Builder::new().prefix("longshore-bench-").tempdir()?;
        let source = place.path().join("source");
        data::write(&source, self.files, self.bytes)?;
        let mut all: [Vec<Measured>; 7] = Default::default();
        for round in 0..setup.rounds {
            for (at, staging) in ["none", "bucket"].into_iter().enumerate() {
                let work = place.path().join(format!("{staging}-{round}"));
                std::fs::create_dir_all(&work)?;
                let site = Site { server: Seaweed::start(), work: &work, binary: setup.binary };
                site.prepare(&source, staging)?;
                if staging == "none" {
                    all[2].push(site.old_way()?);
                }
                let whole = site.archive()?;
                all[5 + at].push(Measured { seconds: whole.seconds - site.after_proof()?, ..whole.clone() });
                all[at].push(whole);
                if staging == "none" {
                    all[3].push(site.retrieve()?);
                    all[4].push(site.rclone()?);
                }
                std::fs::remove_dir_all(&work)?;
            }
        }
        let [straight, staged, old, back, other, straight_proved, staged_proved] = all.map(median);
        self.row("the Prefect archiver's way, to verified LTS", &old, None);
        let times = |of: &Measured, peer: &Measured, goal| Some((peer.seconds / of.seconds, goal));
        self.row(
            "longshore, staging: none, to verified LTS",
            &straight_proved,
            times(&straight_proved, &old, self.goals[0]),
        );
        self.row("the same, landing zone compared and deleted too", &straight, times(&straight, &old, self.goals[0]));
        self.row(
            "longshore, staging: bucket, to verified LTS",
            &staged_proved,
            times(&staged_proved, &old, self.goals[1]),
        );
        self.row("the same, landing zone and staging deleted too", &staged, times(&staged, &old, self.goals[1]));
        self.row("rclone copy of the datablocks to the bucket", &other, None);
        self.row("longshore, retrieved to the bucket", &back, times(&back, &other, 0.9));
        Ok(())
    }

    fn row(&self, what: &str, of: &Measured, times: Option<(f64, f64)>) {
        let gib = self.bytes as f64 / f64::from(1 << 30);
        let (fast, goal) =
            times.map_or_else(Default::default, |(fast, goal)| (format!("{fast:.2}"), format!("{goal:.1}")));
        println!(
            "| {} | {} | {gib:.2} | {what} | {:.1} | {:.2} | {fast} | {goal} | {:.2} | {} |",
            self.name,
            self.files,
            of.seconds,
            of.seconds / gib,
            of.moved as f64 / self.bytes as f64,
            of.peak >> 20,
        );
    }
}

/// A server, a workspace and a folder to work in.
struct Site<'s> {
    server: Seaweed,
    work: &'s Path,
    binary: &'s Path,
}

impl Site<'_> {
    fn longshore(&self, args: &[&str]) -> Command {
        let mut command = Command::new(self.binary);
        command.arg("--workspace").arg(self.work.join("workspace")).arg("--quiet").args(args);
        command.env("AIRFLOW_CONN_LAB", self.server.airflow(self.server.address())).env("LONGSHORE_KEYRING", "off");
        command
    }

    /// The dataset in the landing zone, and a workspace that knows it.
    fn prepare(&self, source: &Path, staging: &str) -> Outcome<()> {
        self.server.make_bucket("retrieval");
        for (storage, folder) in [("landing", "landing/ws"), ("staging", "staging/ws"), ("retrieval", "retrieval/ws")] {
            let args = ["storage", "set", storage, "--connection", "lab", "--folder", folder];
            command(&mut self.longshore(&args), 0)?;
        }
        command(&mut self.longshore(&["variable", "set", "staging", staging]), 0)?;
        let land = ["archive", "--name", DATASET, "--land-only"];
        command(self.longshore(&land).arg(source), LANDED)?;
        command(&mut Command::new("sync"), 0)?;
        Ok(())
    }

    fn archive(&self) -> Outcome<Measured> {
        let dataset = format!("dataset_id={DATASET}");
        Ok(command(&mut self.longshore(&["flow", "run", "archive_dataset", "--param", &dataset, "--wait"]), 0)?)
    }

    /// Seconds that the archive went on after the last datablock was proved, in which the landing zone was compared with it and deleted: the peer
    /// leaves its own as it is.
    fn after_proof(&self) -> Outcome<f64> {
        let runs = self.told(&["run", "list", "--flow", "archive_dataset"])?;
        let id = runs["rows"][0]["id"].as_str().ok_or("the archive has no run")?;
        let shown = self.told(&["run", "show", id])?;
        let tasks = shown["tasks"].as_array().ok_or("the run has no tasks")?;
        let proof = tasks.iter().find(|task| task["id"] == "verify_datablock_in_lts").ok_or("nothing was verified")?;
        let ended = |row: &Value| row["ended_at"].as_i64().ok_or("it has not ended");
        Ok((ended(&shown["run"])? - ended(proof)?) as f64 / 1_000.0)
    }

    /// What the program says as JSON.
    fn told(&self, args: &[&str]) -> Outcome<Value> {
        let told = self.longshore(&[&["--json"], args].concat()).output()?;
        Ok(serde_json::from_slice(&told.stdout)?)
    }

    fn retrieve(&self) -> Outcome<Measured> {
        let dataset = format!("dataset_id={DATASET}");
        Ok(command(&mut self.longshore(&["flow", "run", "retrieve_dataset", "--param", &dataset, "--wait"]), 0)?)
    }

    fn old_way(&self) -> Outcome<Measured> {
        let [access, secret] = Seaweed::keys();
        let mut old = Command::new(program("s3", "python"));
        old.arg(concat!(env!("CARGO_MANIFEST_DIR"), "/peers/prefect_archiver.py"));
        old.args([&self.server.url(), "landing", &format!("ws/{DATASET}/"), "staging"]);
        old.arg(self.work.join("scratch")).arg(self.work.join("lts"));
        old.env("AWS_ACCESS_KEY_ID", access).env("AWS_SECRET_ACCESS_KEY", secret);
        let took = command(&mut old, 0)?;
        std::fs::remove_dir_all(self.work.join("scratch"))?;
        command(&mut Command::new("sync"), 0)?;
        Ok(took)
    }

    /// The same datablocks to another bucket, as rclone copies them.
    fn rclone(&self) -> Outcome<Measured> {
        let shown = self.told(&["dataset", "show", DATASET])?;
        let block = shown["blocks"][0]["path"].as_str().ok_or("the dataset has no datablock")?;
        let folder = Path::new(block).parent().ok_or("a datablock lies in no folder")?;
        let [access, secret] = Seaweed::keys();
        let mut copy = rclone(folder.as_os_str(), "peer:staging/rclone".as_ref());
        copy.env("RCLONE_CONFIG_PEER_TYPE", "s3").env("RCLONE_CONFIG_PEER_PROVIDER", "SeaweedFS");
        copy.env("RCLONE_CONFIG_PEER_ENDPOINT", self.server.url());
        copy.env("RCLONE_CONFIG_PEER_ACCESS_KEY_ID", access).env("RCLONE_CONFIG_PEER_SECRET_ACCESS_KEY", secret);
        copy.args(["--s3-no-check-bucket", "--no-traverse"]);
        Ok(command(&mut copy, 0)?)
    }
}
