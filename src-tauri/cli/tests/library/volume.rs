//! Many archives on a real S3 server, told of by a queue that tells some of them twice, with a process that is killed among them: each message goes when
//! its works are there, and not before. In the long form (`LONGSHORE_SOAK=1`) 2,000 archives with 4,000 works of 2 GiB.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::time::Instant;

use longshore_testkit::bags::zip_of_bags;
use longshore_testkit::servers::Seaweed;
use serde_json::{Value, json};
use sha2::{Digest as _, Sha256};

use crate::site::{Site, connection, killed, until};

/// Works in each archive.
const WORKS: usize = 2;
/// Every so manieth message comes twice.
const TWICE: usize = 5;
/// Bytes of memory that the program may take.
const MEMORY: u64 = 200 << 20;

struct Load {
    site: Site,
    archives: usize,
    /// Bytes of a work.
    bytes: usize,
    /// Messages that one run receives.
    most: usize,
    /// SHA-256 of each work.
    digests: BTreeMap<String, String>,
}

fn key(archive: usize) -> String {
    format!("Works/{:02}/A{archive}.bag.zip", archive % 100)
}

fn work(archive: usize, at: usize) -> String {
    format!("W{archive}x{at}")
}

/// Bytes that no compression makes smaller, others for each work.
fn content(seed: usize, bytes: usize) -> Vec<u8> {
    let mut state = (seed as u64 + 1).wrapping_mul(0x9E37_79B9_7F4A_7C15);
    let step = move || {
        state ^= state << 13;
        state ^= state >> 7;
        state ^= state << 17;
        state
    };
    std::iter::repeat_with(step).flat_map(u64::to_le_bytes).take(bytes).collect()
}

fn hex(bytes: &[u8]) -> String {
    bytes
        .iter()
        .flat_map(|byte| [byte >> 4, byte & 15])
        .filter_map(|digit| char::from_digit(u32::from(digit), 16))
        .collect()
}

impl Load {
    fn new(s3: &Seaweed) -> Self {
        let long = std::env::var_os("LONGSHORE_SOAK").is_some();
        let (archives, bytes, most) = if long { (2000, 512 << 10, 250) } else { (30, 32 << 10, 12) };
        let mut site = Site::new();
        site.place.connect("AIRFLOW_CONN_LAKE", &connection(&s3.url()));
        // What the program writes is compared with what was put in; how much memory it has had is looked at from below it.
        site.script(
            "syncOneWork.sh",
            "echo \"$2 $(sha256sum < \"$1/a\" | cut -d' ' -f1)\" >> \"$SYNCED\"\n\
             echo \"$(cat /proc/$PPID/comm) $(grep VmHWM /proc/$PPID/status)\" >> \"$PEAKS\"",
        );
        let mut load = Self { site, archives, bytes, most, digests: BTreeMap::new() };
        load.put();
        load
    }

    /// Puts the archives into the bucket, and tells the queue of them.
    fn put(&mut self) {
        for archive in 0..self.archives {
            let works: Vec<_> =
                (0..WORKS).map(|at| (work(archive, at), content(archive * WORKS + at, self.bytes))).collect();
            let files: Vec<_> = works.iter().map(|(_, bytes)| [("a", bytes.as_slice())]).collect();
            let bags: Vec<_> =
                works.iter().zip(&files).map(|((id, _), files)| (id.as_str(), files.as_slice())).collect();
            self.site.place.file(&format!("vault/{}", key(archive)), zip_of_bags(&bags).unwrap());
            for (id, bytes) in &works {
                self.digests.insert(id.clone(), hex(&Sha256::digest(bytes)));
            }
        }
        let from = format!("{}/", self.at("vault"));
        self.site.place.run(["copy", &from, "lake:landing"]).expect(0);
        fs::remove_dir_all(self.site.place.path("vault")).unwrap();
        let bodies: Vec<Value> =
            self.told().into_iter().map(|archive| event(&key(archive)).to_string().into()).collect();
        let file = self.site.place.file("bodies.json", Value::from(bodies).to_string());
        self.site.aws.script(&format!(
            "url = sqs.get_queue_url(QueueName='restored')['QueueUrl']\nsqs.purge_queue(QueueUrl=url)\n\
             for at, body in enumerate(json.load(open('{}'))):\n    sqs.send_message(QueueUrl=url, MessageBody=body)",
            file.display()
        ));
    }

    /// Of which archives messages tell, in their order.
    fn told(&self) -> Vec<usize> {
        (0..self.archives).chain((0..self.archives).step_by(TWICE)).collect()
    }

    fn at(&self, name: &str) -> String {
        self.site.place.path(name).display().to_string()
    }

    fn params(&self) -> Value {
        json!({"download_map": [{"connection": "aws_default", "region": "us-east-1", "queue": "restored", "objects": "lake"}],
            // Looked at again after a third of it: a run that was carried on ends as soon as that.
            "folder": self.at("down"), "when_none": "done", "hidden": "15s", "most": self.most, "script": self.at("bin/syncOneWork.sh"),
            "sync": {"env": {"SYNCED": self.at("synced"), "PEAKS": self.at("peaks")}}})
    }

    /// What was synced so far: works and the digests of what the script was given.
    fn synced(&self) -> BTreeSet<(String, String)> {
        let text = fs::read_to_string(self.at("synced")).unwrap_or_default();
        text.lines().filter_map(|line| line.split_once(' ')).map(|(id, sum)| (id.to_owned(), sum.to_owned())).collect()
    }

    /// No message is gone of which a work was not synced.
    fn nothing_was_forgotten(&self) {
        let synced: BTreeSet<_> = self.synced().into_iter().map(|(work, _)| work).collect();
        let done = |archive: &usize| (0..WORKS).all(|at| synced.contains(&work(*archive, at)));
        let (waits, hidden) = self.site.queued();
        let gone = self.told().len() - usize::try_from(waits + hidden).unwrap();
        let may = self.told().iter().filter(|archive| done(archive)).count();
        assert!(gone <= may, "{gone} messages are gone, and what {may} asked for is done");
        let deleted = self.site.messages(true);
        for row in deleted.as_array().unwrap().iter().filter(|row| row["deleted"] == true) {
            let ask = row["asks"][0].as_str().unwrap_or_else(|| panic!("{row:#}"));
            let archive = self
                .told()
                .into_iter()
                .find(|archive| ask.contains(&key(*archive)))
                .unwrap_or_else(|| panic!("{row:#}"));
            assert!(done(&archive), "{row:#}");
        }
    }

    /// The most memory that the program has had when a script ran below it. A script whose program was killed tells of none.
    fn peak(&self) -> u64 {
        let text = fs::read_to_string(self.at("peaks")).unwrap();
        let kib =
            |line: &str| line.strip_prefix("longshore VmHWM:")?.trim().strip_suffix(" kB")?.trim().parse::<u64>().ok();
        let peaks: Vec<u64> = text.lines().filter_map(kib).collect();
        assert!(peaks.len() > self.digests.len() / 2, "{text}");
        peaks.into_iter().max().unwrap() << 10
    }
}

fn event(key: &str) -> Value {
    json!({"Records": [{"eventSource": "aws:s3", "eventName": "ObjectRestore:Completed", "eventVersion": "2.1",
        "s3": {"bucket": {"name": "landing"}, "object": {"key": key}}}]})
}

#[test]
fn many_archives_are_synced_whole_and_no_message_goes_before_its_works_are_there() {
    let s3 = Seaweed::start();
    let load = Load::new(&s3);
    let began = Instant::now();
    let owner = load.site.start("sqs_scheduled_dag", &load.params());
    until(|| load.synced().len() >= load.most / 2);
    killed(owner);
    load.nothing_was_forgotten();
    load.site.place.run(["run", "wait"]).expect(0);
    load.nothing_was_forgotten();
    while load.site.queued() != (0, 0) {
        load.site.well("sqs_scheduled_dag", &load.params());
        load.nothing_was_forgotten();
    }
    let wanted: BTreeSet<_> = load.digests.clone().into_iter().collect();
    assert_eq!(load.synced(), wanted, "each work with its own bytes, and none with others");
    let rows = load.site.works();
    let rows = rows.as_array().unwrap();
    assert!(rows.iter().all(|row| row["state"] == "synced"), "{rows:#?}");
    // An archive with several works has a row of its own.
    assert_eq!(rows.len(), wanted.len() + load.archives);
    assert_eq!(fs::read_dir(load.at("down")).unwrap().count(), 0);
    let (seconds, peak) = (began.elapsed().as_secs_f64(), load.peak());
    let mib = (load.archives * WORKS * load.bytes) >> 20;
    println!("{} archives, {} works, {mib} MiB: {seconds:.1} s, peak {} MiB", load.archives, wanted.len(), peak >> 20);
    assert!(peak < MEMORY, "{} MiB of memory", peak >> 20);
}
