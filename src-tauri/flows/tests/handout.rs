//! What whoever asked for a dataset is given: links, and a script that fetches the datablocks with them, run by a shell with curl.
#![allow(clippy::unwrap_used)]

mod common;

use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Output};
use std::sync::Arc;

use common::{Workshop, small};
use longshore_catalogue::Catalogue;
use longshore_connectors::s3::S3;
use longshore_flows::handout::{Handout, Links, Offer, hand_out};
use longshore_testkit::servers::Seaweed;
use serde_json::{Value, json};
use tempfile::TempDir;

/// What nobody should call a dataset.
const PID: &str = "20.5/it's $(touch pwned) `touch pwned` \"x\" \\";

/// A workspace that retrieves to a bucket, or to a folder, with a dataset that was retrieved.
fn retrieved(server: Option<&Seaweed>) -> Workshop {
    let shop = Workshop::changed(|places| match server {
        Some(server) => {
            let bucket = server.connection(&json!({"bucket": "staging"}));
            places.with("retrieval", Arc::new(S3::open("retrieval", &bucket, b"a folder/o'clock").unwrap()))
        }
        None => places,
    });
    small(&shop, "ds");
    shop.upload_and_archive("ds").unwrap();
    let plan = shop.task("retrieval.plan", json!({"dataset": "ds"})).unwrap();
    for block in plan["blocks"].as_array().unwrap() {
        shop.task("retrieval.fetch", json!({"block": block})).unwrap();
    }
    shop
}

fn handed(shop: &Workshop) -> Handout {
    handed_for(shop, None)
}

/// With links for those who reach the server elsewhere.
fn handed_for(shop: &Workshop, endpoint: Option<String>) -> Handout {
    let blocks = shop.catalogue.blocks(shop.dataset("ds").id).unwrap();
    let offers: Vec<_> = blocks.iter().map(|block| Offer { pid: PID.into(), block: block.id }).collect();
    let now = i64::try_from(std::time::SystemTime::UNIX_EPOCH.elapsed().unwrap().as_millis()).unwrap();
    hand_out(shop.places.as_ref(), shop.catalogue.as_ref(), &offers, &Links { days: 30, endpoint }, now).unwrap()
}

/// Somebody's machine, with the script.
struct Desk {
    folder: TempDir,
    script: PathBuf,
}

impl Desk {
    fn new(script: &str) -> Self {
        let folder = TempDir::new().unwrap();
        let path = folder.path().join("down load.sh");
        fs::write(&path, script).unwrap();
        Self { folder, script: path }
    }

    fn run(&self, args: &[&str]) -> Output {
        Command::new("sh").arg(&self.script).args(args).current_dir(self.folder.path()).output().unwrap()
    }

    fn at(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }
}

fn said(output: &Output) -> String {
    format!("{}{}", String::from_utf8_lossy(&output.stdout), String::from_utf8_lossy(&output.stderr))
}

fn same(shop: &Workshop, folder: &Path) {
    for name in ["ds_0.tar", "ds_1.tar", "ds_2.tar", "ds_3.tar"] {
        assert_eq!(fs::read(folder.join(name)).unwrap(), fs::read(shop.lts_path("ds").join(name)).unwrap(), "{name}");
    }
}

#[test]
fn the_script_fetches_compares_and_unpacks() {
    let server = Seaweed::start();
    let shop = retrieved(Some(&server));
    let desk = Desk::new(&handed(&shop).script.unwrap());
    let into = "it's a \"folder\" of $HOME";
    let ran = desk.run(&["-x", "-d", into]);
    assert!(ran.status.success(), "{}", said(&ran));
    assert!(said(&ran).ends_with("All 4 datablocks are there and right.\n"), "{}", said(&ran));
    same(&shop, &desk.at(into));
    let unpacked: Vec<_> =
        fs::read_dir(desk.at(into)).unwrap().map(|one| one.unwrap().path()).filter(|path| path.is_dir()).collect();
    assert_eq!(unpacked.len(), 1, "{unpacked:?}");
    let file = fs::read(unpacked[0].join("data/file4")).unwrap();
    assert_eq!(file, fs::read(shop.places.top().join("source/data/file4")).unwrap());
    assert!(!desk.at("pwned").exists() && !desk.at(into).join("pwned").exists(), "a name is not run");
    // What is there is not fetched again.
    server.remove_bucket("staging");
    assert!(desk.run(&["-d", into]).status.success());
}

#[test]
fn a_download_that_broke_off_goes_on_and_is_compared() {
    let server = Seaweed::start();
    let shop = retrieved(Some(&server));
    let desk = Desk::new(&handed(&shop).script.unwrap());
    let whole = fs::read(shop.lts_path("ds/ds_2.tar")).unwrap();
    // That its first byte is wrong shows that it went on from what was there.
    let mut half = whole[..whole.len() / 2].to_vec();
    half[0] ^= 1;
    fs::write(desk.at("ds_2.tar.part"), half).unwrap();
    fs::write(desk.at("ds_1.tar"), "somebody's own").unwrap();
    let ran = desk.run(&[]);
    assert_eq!(ran.status.code(), Some(1), "{}", said(&ran));
    for told in [
        "2 datablocks are there and right, 2 are not",
        "ds_2.tar: its checksum is wrong",
        "ds_1.tar: a file of this name",
    ] {
        assert!(said(&ran).contains(told), "{told}: {}", said(&ran));
    }
    assert_eq!(fs::read(desk.at("ds_1.tar")).unwrap(), b"somebody's own", "nothing is written over");
    fs::remove_file(desk.at("ds_1.tar")).unwrap();
    fs::write(desk.at("ds_2.tar.part"), &whole[..whole.len() / 2]).unwrap();
    let ran = desk.run(&[]);
    assert!(ran.status.success(), "{}", said(&ran));
    same(&shop, &desk.at(""));
}

#[test]
fn what_cannot_be_fetched_is_told_and_the_others_are() {
    let server = Seaweed::start();
    let shop = retrieved(Some(&server));
    let handout = handed(&shop);
    let refused = handout.blocks[1].url.clone().unwrap().replace("X-Amz-Signature=", "X-Amz-Signature=0");
    let script = handout.script.unwrap().replace(&handout.blocks[1].url.clone().unwrap(), &refused);
    let desk = Desk::new(&script);
    let ran = desk.run(&[]);
    assert_eq!(ran.status.code(), Some(1));
    let told = said(&ran);
    assert!(told.contains("ds_1.tar: the server refuses it. The links hold until 20"), "{told}");
    assert!(told.contains("3 datablocks are there and right, 1 are not"), "{told}");
    assert!(!desk.at("ds_1.tar").exists(), "a page that says no is not taken for a datablock");
    assert_eq!(desk.run(&["wrong"]).status.code(), Some(2));
    assert_eq!(desk.run(&["-q"]).status.code(), Some(2));
    assert!(desk.run(&["-h"]).status.success());
}

#[test]
fn the_result_has_the_form_that_the_archiving_service_gives() {
    let server = Seaweed::start();
    let result = handed(&retrieved(Some(&server))).result();
    let first = &result["result"][0];
    let known = ["datasetId", "name", "size", "archiveId", "url"];
    assert!(known.iter().all(|field| first.get(field).is_some_and(|value| !value.is_null())), "{first}");
    assert_eq!((&first["datasetId"], &first["archiveId"]), (&json!(PID), &json!("ds/ds_0.tar")));
    let url = first["url"].as_str().unwrap();
    assert!(url.contains("X-Amz-Expires=604800"), "7 days at most: {url}");
    assert!(result["downloadScript"].as_str().unwrap().starts_with("IyEvYmluL3No"), "Base64 of #!/bin/sh");
}

#[test]
fn links_lead_to_where_others_reach_the_server_and_hold_there() {
    let server = Seaweed::start();
    let shop = retrieved(Some(&server));
    let elsewhere = format!("http://localhost:{}", server.port());
    let handout = handed_for(&shop, Some(elsewhere.clone()));
    let url = handout.blocks[0].url.as_deref().unwrap();
    assert!(url.starts_with(&format!("{elsewhere}/staging/a%20folder/")), "{url}");
    let desk = Desk::new(&handout.script.unwrap());
    let ran = desk.run(&[]);
    assert!(ran.status.success(), "{}", said(&ran));
    same(&shop, &desk.at(""));
    let plain = handed_for(&shop, Some("s3.example.org:9000".into()));
    assert!(plain.blocks[0].url.as_deref().unwrap().starts_with("https://s3.example.org:9000/staging/"));
}

#[test]
fn of_a_folder_there_are_paths_and_no_script() {
    let shop = retrieved(None);
    let result = handed(&shop).result();
    assert_eq!(result.get("downloadScript"), None);
    let path = result["result"][0]["path"].as_str().unwrap();
    assert_eq!(Path::new(path), shop.places.top().join("retrieval/ds/ds_0.tar"));
    assert!(Path::new(path).is_file());
    assert_eq!(result["result"][0].get("url"), None::<&Value>);
}
