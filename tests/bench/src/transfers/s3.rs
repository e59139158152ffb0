//! An S3 endpoint (SeaweedFS on this machine): rclone and s5cmd.

use std::path::Path;
use std::process::Command;

use longshore_testkit::servers::Seaweed;
use serde_json::Value;

use super::{Bench, Carrier, Case, Cell, Outcome, Setup, head, installed, rclone};

/// The bucket that all of it goes to.
const BUCKET: &str = "landing";

/// Measures the six cells.
pub(crate) fn measure(setup: Setup<'_>) -> Outcome<()> {
    head();
    for cell in [Cell::LARGE, Cell::SMALL, Cell::TINY] {
        // A new one for each: what lies there already would slow down those who come later.
        let server = Seaweed::start();
        let mut connection: Value = serde_json::from_str(&server.airflow(server.address()))?;
        connection["extra"]["bucket"] = BUCKET.into();
        let bench = Bench::new(setup, Some(connection.to_string()))?;
        let (plain, tuned): (&[&str], &[&str]) = (&[], &["--transfers", "32", "--checkers", "32"]);
        let parts = ["--s3-upload-concurrency", "8", "--s3-chunk-size", "16M", "--multi-thread-streams", "8"];
        let tuned: Vec<&str> = tuned.iter().chain(&parts).copied().collect();
        let carriers = [
            Carrier::ours(&bench),
            of_rclone("rclone", &server, plain),
            of_rclone("rclone, tuned", &server, &tuned),
            of_s5cmd("s5cmd", &server, (&[], &[])),
            of_s5cmd("s5cmd, tuned", &server, (&["--numworkers", "32"], &["--concurrency", "8", "--part-size", "16"])),
        ];
        bench.contest(
            Case { place: "S3", cell: cell.scaled(setup.scale), goal: 1.0, lands: None },
            &carriers,
            |_| {},
        )?;
    }
    Ok(())
}

fn of_rclone<'c>(who: &'static str, server: &'c Seaweed, options: &'c [&'c str]) -> Carrier<'c> {
    let set = move |mut command: Command| {
        let [access, secret] = Seaweed::keys();
        command.args(options).args(["--s3-no-check-bucket", "--no-traverse"]);
        command.env("RCLONE_CONFIG_PEER_TYPE", "s3").env("RCLONE_CONFIG_PEER_PROVIDER", "SeaweedFS");
        command.env("RCLONE_CONFIG_PEER_ENDPOINT", server.url());
        command.env("RCLONE_CONFIG_PEER_ACCESS_KEY_ID", access).env("RCLONE_CONFIG_PEER_SECRET_ACCESS_KEY", secret);
        Ok(command)
    };
    let remote = |name: &str| format!("peer:{BUCKET}/{name}");
    Carrier::peer(
        who,
        move |local: &Path, name: &str| set(rclone(local.as_os_str(), remote(name).as_ref())),
        move |local: &Path, name: &str| set(rclone(remote(name).as_ref(), local.as_os_str())),
    )
}

fn of_s5cmd<'c>(who: &'static str, server: &'c Seaweed, (all, copy): (&'c [&'c str], &'c [&'c str])) -> Carrier<'c> {
    let run = move |from: String, to: String| {
        let [access, secret] = Seaweed::keys();
        let mut command = installed("s5cmd");
        command.args(["--endpoint-url", &server.url(), "--log", "error"]).args(all);
        command.env("AWS_ACCESS_KEY_ID", access).env("AWS_SECRET_ACCESS_KEY", secret).env("AWS_REGION", "us-east-1");
        command.arg("cp").args(copy).args([from, to]);
        Ok(command)
    };
    Carrier::peer(
        who,
        move |local: &Path, name: &str| run(format!("{}/", local.display()), format!("s3://{BUCKET}/{name}/")),
        move |local: &Path, name: &str| run(format!("s3://{BUCKET}/{name}/*"), format!("{}/", local.display())),
    )
}
