//! What is asked of SciCat and what it is told, against a server written from SciCat's documented behaviour.
#![allow(clippy::unwrap_used)]

mod common;

use std::sync::Arc;
use std::time::SystemTime;

use common::{Workshop, small};
use longshore_connectors::Connection;
use longshore_connectors::scicat::{Datablock, SciCat};
use longshore_engine::{Class, Fault};
use longshore_flows::scicat::{Sources, Undelivered, deliver};
use longshore_testkit::servers::scicat as server;
use serde_json::{Value, json};

/// A dataset as SciCat calls it.
const PID: &str = "20.500.12269/2b1f";

/// A workspace and a SciCat with the dataset [`PID`].
struct Site {
    shop: Workshop,
    server: server::SciCat,
    client: Arc<SciCat>,
    runtime: tokio::runtime::Runtime,
}

impl Site {
    fn new() -> Self {
        let site = Self::without_connection();
        site.shop.places.with_scicat(site.client.clone());
        site
    }

    /// The workspace does not know of the SciCat yet.
    fn without_connection() -> Self {
        let (shop, server) = (Workshop::new(), server::SciCat::start());
        server.state().add_dataset(PID);
        let user = server::User::archiver();
        let connection = Connection {
            host: Some(server.url()),
            login: Some(user.name),
            password: Some(user.password.into()),
            extra: json!({"retries": 1}).as_object().cloned().unwrap(),
            ..Connection::default()
        };
        let client = Arc::new(SciCat::open(&connection, Arc::new(SystemTime::now)).unwrap());
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
        Self { shop, server, client, runtime }
    }

    /// Delivers every message that was kept, in order.
    fn deliver(&self) -> Result<(), Undelivered> {
        let (catalogue, storages) = (self.shop.catalogue.clone(), self.shop.places.clone());
        let sources = Sources { catalogue, storages, now: 0 };
        let messages = self.shop.catalogue.messages();
        messages.iter().try_for_each(|one| self.runtime.block_on(deliver(&self.client, &sources, &one.body)))
    }

    /// Puts a file into the landing zone and into SciCat's list.
    fn lands(&self, path: &str, content: &[u8]) {
        self.puts(path, content);
        self.registers(path, content);
    }

    fn puts(&self, path: &str, content: &[u8]) {
        let landing = self.shop.places.faulty("landing").unwrap();
        common::put(landing.as_ref(), format!("set/{path}").as_bytes(), content, 0o644, (1_700_000_000, 0));
    }

    fn registers(&self, path: &str, content: &[u8]) {
        self.server.state().add_file(PID, path, content);
    }

    fn compare(&self, checksums: bool) -> Result<Value, Fault> {
        let with = json!({"pid": PID, "folder": "landing:set", "checksums": checksums});
        self.shop.attempt("scicat.origdatablocks", &with)
    }
}

#[test]
fn a_job_is_read_and_a_dataset_that_it_has_twice_is_done_once() {
    let site = Site::new();
    let id = site.server.state().add_job("archive", &[PID, "b/2", PID]);
    let job = site.shop.attempt("scicat.job", &json!({"job": id})).unwrap();
    let all = json!([{"pid": PID, "files": []}, {"pid": "b/2", "files": []}]);
    assert_eq!((&job["job"], &job["type"], &job["datasets"]), (&json!(id), &json!("archive"), &all));
    let unknown = site.shop.attempt("scicat.job", &json!({"job": "none"})).unwrap_err();
    assert_eq!((unknown.code.as_str(), unknown.class), ("scicat.unknown", Class::Permanent));
    let empty = site.server.state().add_job("archive", &[]);
    assert_eq!(site.shop.attempt("scicat.job", &json!({"job": empty})).unwrap_err().code, "scicat.job_empty");
    site.server.down();
    let away = site.shop.attempt("scicat.job", &json!({"job": id})).unwrap_err();
    assert_eq!(away.class, Class::Transient);
}

#[test]
fn without_a_scicat_datasets_are_named_by_hand() {
    let site = Site::without_connection();
    let job = site.shop.attempt("scicat.job", &json!({"datasets": ["a", "a", "b"]})).unwrap();
    assert_eq!((&job["job"], job["datasets"].as_array().unwrap().len()), (&Value::Null, 2));
    assert_eq!(site.shop.attempt("scicat.job", &json!({"job": "x"})).unwrap_err().code, "scicat.none");
    for wrong in [json!({}), json!({"job": "x", "datasets": ["a"]})] {
        assert_eq!(site.shop.attempt("scicat.job", &wrong).unwrap_err().code, "task.with");
    }
    let compared = site.compare(true).unwrap();
    assert_eq!(compared["compared"], json!(false));
}

#[test]
fn what_is_told_is_kept_and_delivered_in_order_whenever_scicat_is_there() {
    let site = Site::without_connection();
    small(&site.shop, "ds");
    let id = site.server.state().add_job("archive", &[PID]);
    let started = json!({"pid": PID, "dataset": "ds", "set": {"archiveStatusMessage": "started", "archivable": false}});
    site.shop.attempt("scicat.lifecycle", &started).unwrap();
    let running = json!({"job": id, "code": "inProgress", "message": "jobStarted"});
    site.shop.attempt("scicat.job_status", &running).unwrap();
    assert_eq!(
        site.shop.attempt("scicat.job_status", &json!({"job": null, "code": "x", "message": "y"})).unwrap()["job"],
        Value::Null
    );
    // The same attempt once more, as after a crash.
    site.shop.attempt("scicat.lifecycle", &started).unwrap();
    let kept = site.shop.catalogue.messages();
    let about: Vec<&str> = kept.iter().map(|one| one.about.as_str()).collect();
    assert_eq!(about, ["dataset 20.500.12269/2b1f".to_owned(), format!("job {id}")]);
    assert!(kept.iter().all(|one| one.to == "scicat" && one.run.as_deref() == Some("run-1")));
    assert_eq!(site.shop.history("ds"), ["lifecycle"]);
    assert_eq!(site.server.state().asked.len(), 0);
    site.server.down();
    assert!(matches!(site.deliver(), Err(Undelivered::Held(fault)) if fault.class == Class::Transient));
    site.server.up();
    site.deliver().unwrap();
    site.deliver().unwrap();
    let state = site.server.state();
    let lifecycle = state.lifecycle(PID);
    assert_eq!((&lifecycle["archiveStatusMessage"], &lifecycle["archivable"]), (&json!("started"), &json!(false)));
    assert_eq!((&lifecycle["isOnCentralDisk"], &state.jobs[0]["statusCode"]), (&json!(true), &json!("inProgress")));
}

#[test]
fn a_change_that_changes_nothing_is_refused_before_it_is_kept() {
    let site = Site::new();
    let fault = site.shop.attempt("scicat.lifecycle", &json!({"pid": PID, "set": {}})).unwrap_err();
    assert_eq!(fault.code, "task.with");
    assert!(site.shop.catalogue.messages().is_empty());
}

#[test]
fn what_scicat_does_not_take_is_told_apart_from_a_scicat_that_is_away() {
    let site = Site::new();
    site.shop.attempt("scicat.job_status", &json!({"job": "none", "code": "inProgress", "message": "m"})).unwrap();
    assert!(matches!(site.deliver(), Err(Undelivered::Refused(fault)) if fault.code == "scicat.unknown"));
    // Nobody's fault but the connection's: nothing of it is given up.
    site.server.state().users.clear();
    site.server.expire_tokens();
    assert!(matches!(site.deliver(), Err(Undelivered::Held(fault)) if fault.code == "scicat.login"));
}

#[test]
fn datablocks_are_registered_with_every_file_once_they_are_proved() {
    let site = Site::new();
    small(&site.shop, "ds");
    site.shop.upload("ds").unwrap();
    let blocks = site.shop.pack("ds").unwrap();
    let with = json!({"dataset": "ds", "pid": PID});
    assert_eq!(site.shop.attempt("scicat.register_datablocks", &with).unwrap_err().code, "dataset.not_proved");
    assert!(site.shop.catalogue.messages().is_empty());
    site.shop.verify(&blocks).unwrap();
    let told = site.shop.attempt("scicat.register_datablocks", &with).unwrap();
    // An answer is lost on the way.
    site.runtime.block_on(site.client.whoami()).unwrap();
    site.server.trouble(Some("POST"), server::Trouble::LosesAnswer, 1);
    site.deliver().unwrap();
    site.deliver().unwrap();
    let registered: Vec<Datablock> = site.runtime.block_on(site.client.datablocks(PID)).unwrap();
    let names: Vec<&str> = registered.iter().map(|block| block.archive_id.as_str()).collect();
    assert_eq!(told["blocks"], json!(names));
    let files: Vec<_> = registered.iter().flat_map(|block| &block.data_file_list).collect();
    let totals = site.shop.dataset("ds").totals;
    assert_eq!(files.len() as u64, totals.files);
    assert_eq!(files.iter().map(|file| file.size).sum::<u64>(), totals.bytes);
    assert!(files.iter().all(|file| file.chk.as_ref().is_some_and(|chk| chk.len() == 32)));
    assert_eq!(site.server.state().datasets[PID]["numberOfFilesArchived"], json!(totals.files));
}

#[test]
fn files_that_are_as_scicat_knows_them_pass() {
    let site = Site::new();
    site.lands("a.mrc", b"one");
    site.lands("deep/b c.mrc", b"three");
    site.lands("empty", b"");
    let compared = site.compare(true).unwrap();
    assert_eq!(compared, json!({"compared": true, "files": 3, "bytes": 8, "checksums": 3}));
    assert_eq!(site.compare(false).unwrap()["checksums"], json!(0));
}

/// What is wrong with the files, as the operator reads it.
fn wrong(change: impl FnOnce(&Site)) -> String {
    let site = Site::new();
    site.lands("a.mrc", b"one");
    site.lands("b.mrc", b"two");
    change(&site);
    let fault = site.compare(true).unwrap_err();
    assert_eq!((fault.code.as_str(), fault.class), ("scicat.files_differ", Class::Permanent));
    fault.why
}

#[test]
fn files_that_are_not_as_scicat_knows_them_are_named() {
    assert_eq!(wrong(|site| site.registers("c.mrc", b"x")), "1 is missing (c.mrc)");
    assert_eq!(wrong(|site| site.puts("c.mrc", b"x")), "1 is not known to SciCat (c.mrc)");
    assert_eq!(wrong(|site| site.puts("a.mrc", b"longer")), "1 has another size (a.mrc)");
    assert_eq!(wrong(|site| site.puts("b.mrc", b"owt")), "1 has another checksum (b.mrc)");
    let twice = wrong(|site| site.registers("a.mrc", b"other"));
    assert_eq!(twice, "1 is registered twice and differently (a.mrc)");
    let all = wrong(|site| {
        (0..30).for_each(|at| site.registers(&format!("m{at:02}"), b""));
        site.puts("A.mrc", b"one");
    });
    assert!(
        all.starts_with("30 are missing (m00, m01, ") && all.ends_with("m19, ...); 1 is not known to SciCat (A.mrc)"),
        "{all}"
    );
}

#[test]
fn a_dataset_without_files_in_scicat_or_without_a_folder_is_not_right() {
    let site = Site::new();
    assert_eq!(site.compare(true).unwrap_err().code, "scicat.files_differ");
    site.registers("a.mrc", b"one");
    let fault = site.compare(true).unwrap_err();
    assert_eq!((fault.code.as_str(), fault.why.as_str()), ("scicat.files_differ", "1 is missing (a.mrc)"));
}

#[test]
fn names_that_differ_in_capitals_alone_are_pointed_out() {
    let site = Site::new();
    site.lands("a.mrc", b"one");
    site.lands("A.mrc", b"two");
    site.compare(true).unwrap();
    let with = json!({"pid": PID, "folder": "landing:set", "checksums": true});
    let logged = site.shop.logged("scicat.origdatablocks", &with);
    assert_eq!(logged, ["A.mrc and a.mrc are one file on systems that do not tell capitals from small letters"]);
}
