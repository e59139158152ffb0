//! From one folder of this machine to another: cp.

use std::path::Path;
use std::process::Command;

use super::{Bench, Carrier, Case, Cell, Outcome, Role, Setup, hash, head};

/// Measures copies, and then what checksums take.
pub(crate) fn measure(setup: Setup<'_>) -> Outcome<()> {
    head();
    for cell in [Cell::LARGE, Cell::SMALL] {
        let bench = Bench::new(setup, None)?;
        let target = |name: &str| bench.path("copies").join(name);
        std::fs::create_dir_all(target(""))?;
        let ours = |from: &Path, name: &str| Ok(bench.copy(from.as_os_str(), target(name).as_os_str()));
        let cp = |from: &Path, name: &str| {
            let mut command = Command::new("cp");
            command.arg("-r").arg(from).arg(target(name));
            Ok(command)
        };
        let proved = |from: &Path, name: &str| {
            let mut command = Command::new("sh");
            let script = r#"cp -r "$1" "$2" && sync && find "$1" "$2" -type f -exec sha256sum {} + "#;
            command.args(["-ec", script, "sh"]).arg(from).arg(target(name));
            Ok(command)
        };
        let carriers = [
            Carrier { who: "longshore copy", role: Role::Ours, up: Some(Box::new(ours)), down: None },
            Carrier { who: "cp", role: Role::Peer, up: Some(Box::new(cp)), down: None },
            Carrier { who: "cp, sync, sha256sum of both", role: Role::Synced, up: Some(Box::new(proved)), down: None },
        ];
        // 0.95 of its speed.
        let copies = target("");
        let case = Case { place: "local", cell: cell.scaled(setup.scale), goal: 1.05, lands: Some(&copies) };
        bench.contest(case, &carriers, |name| {
            // It goes with the folder at the latest.
            let _ = std::fs::remove_dir_all(target(name));
        })?;
    }
    hash::measure(setup)
}
