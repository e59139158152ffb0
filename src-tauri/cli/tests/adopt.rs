//! Datasets that another archiver put on the LTS, and that SciCat alone knows: taken in, proved and retrieved by the built program.
#![allow(clippy::unwrap_used)]

mod common;

use std::fs;
use std::os::unix::fs::MetadataExt as _;
use std::path::PathBuf;
use std::process::Command;

use common::{Place, Ran};
use longshore_testkit::servers::scicat::{SciCat, User};
use serde_json::{Value, json};

const PID: &str = "20.500.12269/2b1f";
/// The files of each datablock, in the order in which they are in it.
const BLOCKS: [&[&str]; 2] =
    [&["grid.mrc", "raw/notes.txt", "raw/deep/a.tif"], &["raw/deep/b.tif", "raw/last one.tif"]];

/// A workspace beside a SciCat, and an LTS on which another archiver wrote.
struct Site {
    server: SciCat,
    place: Place,
}

impl Site {
    fn new() -> Self {
        let (server, user) = (SciCat::start(), User::archiver());
        let connection = json!({"conn_type": "scicat", "host": server.url(), "login": user.name,
            "password": user.password, "extra": {"retries": 1}});
        let place = Place::new().with("AIRFLOW_CONN_SCICAT", &connection.to_string());
        server.state().add_dataset(PID);
        let site = Self { server, place };
        for (number, files) in BLOCKS.iter().enumerate() {
            site.pack(number, files);
        }
        site
    }

    /// Packs and registers a datablock as the service of the facility does: a tar that is named `.tar.gz`.
    fn pack(&self, number: usize, files: &[&str]) {
        for file in files {
            self.place.file(&format!("raw_files/{file}"), format!("{file} ").repeat(9_000));
        }
        let block = self.block(number);
        fs::create_dir_all(block.parent().unwrap()).unwrap();
        let mut tar = Command::new("tar");
        tar.args(["--format=pax", "-cf"]).arg(&block).arg("-C").arg(self.place.path("raw_files")).args(files);
        assert!(tar.status().unwrap().success());
        let listed: Vec<Value> = files.iter().map(|file| self.listed(file)).collect();
        let size: u64 = listed.iter().map(|file| file["size"].as_u64().unwrap()).sum();
        let block = json!({"_id": format!("b{number}"), "datasetId": PID, "archiveId": Self::archive_id(number), "size": size,
            "packedSize": fs::metadata(&block).unwrap().len(), "chkAlg": "md5", "version": "1.0", "dataFileList": listed});
        self.server.state().datablocks.push(block.as_object().unwrap().clone());
    }

    fn listed(&self, file: &str) -> Value {
        let path = self.place.path(&format!("raw_files/{file}"));
        let md5 = String::from_utf8(Command::new("md5sum").arg(&path).output().unwrap().stdout).unwrap();
        let size = fs::metadata(path).unwrap().len();
        json!({"path": file, "size": size, "time": "2025-03-01T10:00:00.000Z", "chk": md5[..32]})
    }

    fn archive_id(number: usize) -> String {
        format!("openem-network/datasets/{PID}/datablocks/20.500.12269-2b1f_{number}.tar.gz")
    }

    fn block(&self, number: usize) -> PathBuf {
        self.place.workspace().join("lts").join(Self::archive_id(number))
    }

    fn run(&self, flow: &str, more: &[&str]) -> Ran {
        let dataset = format!("dataset_id={PID}");
        let args = ["--json", "flow", "run", flow, "--param", &dataset, "--wait"];
        self.place.run(args.iter().chain(more))
    }

    fn state(&self) -> Value {
        self.place.run(["--json", "dataset", "show", PID]).expect(0).json()["dataset"]["state"].clone()
    }
}

#[test]
fn what_another_archiver_wrote_is_read_once_and_retrieved_like_any_other() {
    let site = Site::new();
    let dest = site.place.path("back");
    site.run("retrieve_dataset", &["--param", &format!("dest={}", dest.display())]).expect(0);
    assert_eq!(site.state(), "archived");
    let runs = site.place.run(["--json", "run", "list"]).expect(0).json();
    assert_eq!(runs["rows"][0]["dataset"], "20.500.12269-2b1f", "the run that took it in is of it: {runs}");
    for file in BLOCKS.concat() {
        let (from, to) = (site.place.path(&format!("raw_files/{file}")), dest.join(file));
        assert_eq!(fs::read(&from).unwrap(), fs::read(&to).unwrap(), "{file}");
        // The times are the files' own, from the tar, and not those that SciCat was told.
        assert_eq!(fs::metadata(from).unwrap().mtime(), fs::metadata(to).unwrap().mtime(), "{file}");
    }
    // Its datablocks can be brought to the storage for retrieval as they are.
    site.run("retrieve_dataset", &[]).expect(0);
    let brought = site.place.workspace().join("retrieval").join(Site::archive_id(1));
    assert_eq!(fs::read(brought).unwrap(), fs::read(site.block(1)).unwrap());
    let asked = site.server.state().times("GET", "/datablocks");
    site.run("verify_dataset", &[]).expect(0);
    assert_eq!(site.server.state().times("GET", "/datablocks"), asked, "it is known now");
    let history = site.place.run(["--json", "dataset", "show", PID, "--history"]).expect(0).out;
    assert!(history.contains("each with the checksum that SciCat has"), "{history}");
    assert!(site.place.run(["--json", "find", "last one.tif"]).expect(0).out.contains("raw/last one.tif"));
}

#[test]
fn a_datablock_that_is_not_what_scicat_knows_is_named_and_taken_in_once_it_is_mended() {
    let site = Site::new();
    let right = fs::read(site.block(0)).unwrap();
    let mut spoilt = right.clone();
    let at = spoilt.windows(13).position(|text| text == b"raw/notes.txt").unwrap();
    // In its content, behind two headers of pax and its own.
    spoilt[at + 4096] ^= 1;
    fs::write(site.block(0), &spoilt).unwrap();
    let failed = site.run("verify_dataset", &[]).expect(1);
    assert!(failed.out.contains("adopt.differs") && failed.out.contains("raw/notes.txt"), "{}", failed.out);
    assert_eq!(site.state(), "archiving", "the other datablock is right, this one is not proved");
    fs::write(site.block(0), right).unwrap();
    let run = failed.json()[0]["id"].as_str().unwrap().to_owned();
    site.place.run(["run", "retry", &run]).expect(0);
    site.place.run(["run", "wait", &run]).expect(0);
    assert_eq!(site.state(), "archived");
}

#[test]
fn what_is_not_there_or_not_archived_is_said() {
    let site = Site::new();
    let whole = fs::read(site.block(1)).unwrap();
    fs::write(site.block(1), &whole[..whole.len() - 512]).unwrap();
    let short = site.run("verify_dataset", &[]).expect(1).out;
    assert!(short.contains("adopt.datablock") && short.contains(&Site::archive_id(1)), "{short}");
    fs::remove_file(site.block(1)).unwrap();
    let gone = site.run("verify_dataset", &[]).expect(1).out;
    assert!(gone.contains("It is not there"), "{gone}");
    site.server.state().datablocks.clear();
    let nothing = site.run("verify_dataset", &[]).expect(1).out;
    assert!(nothing.contains("SciCat knows no datablock of it"), "{nothing}");
    site.server.state().datasets.clear();
    let unknown = site.run("verify_dataset", &[]).expect(1).out;
    assert!(unknown.contains("dataset.unknown"), "{unknown}");
}

#[test]
fn what_scicat_lists_must_be_in_it_and_in_order() {
    for (change, code, named) in [
        (json!({"path": "../../etc/passwd"}), "adopt.path", "../../etc/passwd"),
        (json!({"path": "raw/other.txt"}), "adopt.differs", "raw/other.txt"),
        (json!({"path": "raw/deep/a.tif"}), "ledger", "raw/deep/a.tif"),
        (json!({"size": 1}), "adopt.differs", "raw/notes.txt"),
        (json!({"chk": null}), "adopt.no_checksum", "raw/notes.txt"),
    ] {
        let site = Site::new();
        {
            let mut state = site.server.state();
            let file = &mut state.datablocks[0]["dataFileList"][1];
            change.as_object().unwrap().iter().for_each(|(key, value)| file[key] = value.clone());
        }
        let failed = site.run("verify_dataset", &[]).expect(1).out;
        assert!(failed.contains(code) && failed.contains(named), "{failed}");
    }
    let site = Site::new();
    site.server.state().datablocks[0]["dataFileList"].as_array_mut().unwrap().swap(1, 2);
    let failed = site.run("verify_dataset", &[]).expect(1).out;
    assert!(failed.contains("adopt.order"), "{failed}");
}
