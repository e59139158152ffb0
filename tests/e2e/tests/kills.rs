//! kill -9 at random instants: nothing lost, nothing archived twice, nothing left behind.
#![allow(clippy::unwrap_used)]

use std::ffi::OsString;
use std::time::{Duration, Instant};

use longshore_e2e::cli::Cli;
use longshore_e2e::process::Running;
use longshore_e2e::site::Site;
use longshore_e2e::{judge, soak, tell, tree};

/// How much is archived and how often it is stopped.
struct Job {
    kills: u32,
    small: u64,
    large: u64,
}

fn job() -> Job {
    // 3 GB in 20,000 files: 19,990 of up to 100 kB, about 1 GB, and ten of 200 MB.
    if soak() {
        Job { kills: 50, small: 19_990, large: 200 << 20 }
    } else {
        Job { kills: 5, small: 2_000, large: 12 << 20 }
    }
}

fn write(site: &Site, job: &Job) {
    let source = site.path("source");
    tree::write_small(&source, job.small, 100_000);
    for number in 0..10 {
        tree::write_random(&source.join(format!("movies/{number}.tiff")), job.large, number + 1);
    }
}

fn begin(cli: &Cli, site: &Site) -> Running {
    let source = site.path("source").into_os_string();
    cli.start([OsString::from("archive"), source, "--name".into(), "it".into()])
}

/// How long it takes when nobody stops it.
fn undisturbed(cli: &Cli, site: &Site) -> Duration {
    let began = Instant::now();
    let said = begin(cli, site).finish(1800);
    assert_eq!(said.code, 0, "{}", said.err);
    began.elapsed()
}

/// Kills it at random instants, and gives how often it was still at work.
fn killed(cli: &Cli, site: &Site, job: &Job, whole: Duration) -> u32 {
    let mut random = tree::Random(u64::from(std::process::id()) | 1);
    println!("instants drawn from {}", random.0);
    let mut kills = 0;
    let mut running = begin(cli, site);
    while kills < job.kills {
        // On average all kills together fall within the time that the work takes.
        let micros = random.below(u64::try_from(whole.as_micros()).unwrap() * 2 / u64::from(job.kills));
        if !running.outlives(Duration::from_micros(micros)) {
            break;
        }
        running.kill();
        kills += 1;
        assert_sane(cli);
        running = cli.start(["run", "wait"]);
    }
    let said = running.finish(1800);
    assert_eq!(said.code, 0, "after {kills} kills:\n{}\n{}", said.out, said.err);
    kills
}

/// What holds at every instant: a final name is a whole datablock, and nothing was deleted before its proof.
fn assert_sane(cli: &Cli) {
    let datasets = cli.json(["datasets"]);
    let Some(row) = datasets["rows"].as_array().unwrap().first() else { return };
    let number = |name: &str| row[name].as_u64().unwrap();
    assert!(number("proved_files") <= number("files"), "{row}");
    if row["state"] == "archiving" || row["state"] == "landed" {
        assert!(
            number("landing_files") + number("proved_files") >= number("files"),
            "files are gone without a proof: {row}"
        );
    }
}

#[test]
fn killed_at_random_instants_it_ends_proved() {
    let (first, second, job) = (Site::new("undisturbed"), Site::new("killed"), job());
    let with_blocks =
        |site: &Site| site.cli().variable("datablock_target_bytes", if soak() { "512MiB" } else { "32MiB" });
    write(&first, &job);
    let whole = undisturbed(&with_blocks(&first), &first);
    drop(first);
    write(&second, &job);
    let cli = with_blocks(&second);
    let before = tree::read(&second.path("source"));
    let kills = killed(&cli, &second, &job, whole);
    tell(&format!("kill -9: {kills} times within {} ms of work", whole.as_millis()));
    assert!(kills > 0, "it was never stopped");
    // The command's first kill can fall before the dataset is there: then nothing was begun, and it is begun again.
    if cli.json(["datasets"])["total"] == 0 {
        assert_eq!(begin(&cli, &second).finish(1800).code, 0);
    }
    judge::archived(&cli, "it", &second.path("source"), &before);
    let back = second.path("back");
    cli.retrieve("it", &back);
    tree::assert_same(&before, &tree::read(&back.join("source")));
}
