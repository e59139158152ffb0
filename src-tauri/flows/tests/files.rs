//! `copy` and `delete`, on real folders.
#![allow(clippy::unwrap_used)]

mod common;

use std::path::PathBuf;

use common::{Workshop, leftovers, noise, put, small, tree};
use longshore_catalogue::LandingState;
use longshore_engine::Class;
use longshore_testkit::When;
use serde_json::{Value, json};

fn top(shop: &Workshop, name: &str) -> PathBuf {
    shop.places.top().join(name)
}

fn code(shop: &Workshop, kind: &str, with: &Value) -> String {
    shop.attempt(kind, with).unwrap_err().code
}

#[test]
fn a_tree_is_copied_as_it_is_and_read_back() {
    let shop = Workshop::new();
    let source = small(&shop, "d");
    let with = json!({"from": source.to_text(), "to": "lts:copies/data"});
    let need = shop.plan("copy", &with).unwrap();
    assert_eq!((need.files, need.bytes, need.space.get("lts").copied()), (Some(5), Some(175_000), Some(175_000)));
    let done = shop.attempt("copy", &with).unwrap();
    assert_eq!((&done["files"], &done["bytes"], &done["verified"]), (&json!(5), &json!(175_000), &json!(true)));
    let (_, storage) = shop.folder("source/data");
    assert!(shop.tree("lts", "copies/data") == tree(storage.as_ref(), b""));
    assert!(leftovers(&shop).is_empty());
}

#[test]
fn a_file_is_copied_to_a_path_and_not_over_another() {
    let shop = Workshop::new();
    let (folder, storage) = shop.folder("a");
    put(storage.as_ref(), b"x", b"content", 0o644, (1, 0));
    let from = format!("{}/x", folder.to_text());
    let with = json!({"from": from, "to": "lts:y"});
    assert_eq!(shop.attempt("copy", &with).unwrap()["already"], 0);
    assert_eq!(std::fs::read(top(&shop, "lts/y")).unwrap(), b"content");
    assert_eq!(shop.attempt("copy", &json!({"from": from, "to": "lts:y", "verify": false})).unwrap()["already"], 1);
    std::fs::write(top(&shop, "lts/y"), b"another").unwrap();
    assert_eq!(code(&shop, "copy", &json!({"from": from, "to": "lts:y", "exclude": []})), "file.exists");
    let back = json!({"from": "lts:y", "to": from, "if_exists": "overwrite"});
    assert_eq!(shop.attempt("copy", &back).unwrap()["files"], 1);
    assert_eq!(std::fs::read(top(&shop, "a/x")).unwrap(), b"another");
}

#[test]
fn what_makes_no_sense_is_refused() {
    let shop = Workshop::new();
    let source = small(&shop, "d").to_text();
    let refused = |from: &str, to: &str| code(&shop, "copy", &json!({"from": from, "to": to}));
    assert_eq!(refused(&source, &format!("{source}/below/copy")), "copy.refused");
    assert_eq!(refused(&format!("{source}/file1"), "lts:"), "copy.refused");
    assert_eq!(refused(&format!("{source}/file1"), &format!("{source}/file1")), "copy.refused");
    assert_eq!(refused(&format!("{source}/none"), "lts:x"), "file.missing");
    assert_eq!(refused("nowhere", "lts:x"), "location.wrong");
    assert_eq!(refused("nowhere:x", "lts:x"), "storage.unknown");
}

#[test]
fn a_failure_in_a_tree_leaves_the_others_copied_and_a_retry_finds_them() {
    let shop = Workshop::new();
    let source = small(&shop, "d").to_text();
    std::fs::create_dir(top(&shop, "lts/c")).unwrap();
    std::fs::write(top(&shop, "lts/c/file1"), b"in the way").unwrap();
    let with = json!({"from": source, "to": "lts:c"});
    let fault = shop.attempt("copy", &with).unwrap_err();
    assert_eq!((fault.code.as_str(), fault.class), ("file.exists", Class::Permanent));
    assert!(top(&shop, "lts/c/below/deep/file5").exists());
    std::fs::remove_file(top(&shop, "lts/c/file1")).unwrap();
    let done = shop.attempt("copy", &with).unwrap();
    assert_eq!((&done["files"], &done["already"]), (&json!(5), &json!(0)), "only what had failed is tried again");
}

#[test]
fn a_copy_that_was_killed_anywhere_goes_on_and_ends_whole() {
    let mut at = 0;
    loop {
        let shop = Workshop::in_memory();
        let (folder, storage) = shop.folder("many");
        for n in 0..1200_u64 {
            put(storage.as_ref(), format!("{}/{n}", n % 7).as_bytes(), &noise(n, 10), 0o644, (1, 0));
        }
        let with = json!({"from": folder.to_text(), "to": "lts:many"});
        shop.fuse.set(Some((at, When::Before)));
        let first = shop.attempt("copy", &with);
        let blown = shop.fuse.blown();
        assert_eq!(first.is_err(), blown);
        shop.fuse.set(None);
        if blown {
            shop.attempt("copy", &with).unwrap();
        }
        assert!(shop.tree("lts", "many") == tree(storage.as_ref(), b""), "killed at step {at}");
        if !blown {
            return;
        }
        at = at * 2 + 1;
    }
}

#[test]
fn what_lies_there_already_is_dealt_with_as_chosen() {
    let shop = Workshop::new();
    let source = small(&shop, "d").to_text();
    std::fs::create_dir(top(&shop, "retrieval/c")).unwrap();
    let other = top(&shop, "retrieval/c/file1");
    let lay = || std::fs::write(&other, b"something else").unwrap();
    lay();
    let with = |rule: &str| json!({"from": source, "to": "retrieval:c", "if_exists": rule});
    let skipped = shop.attempt("copy", &with("skip")).unwrap();
    assert_eq!((&skipped["left"], &skipped["files"]), (&json!(1), &json!(4)));
    assert_eq!(std::fs::read(&other).unwrap(), b"something else");
    let renamed = shop.attempt("copy", &with("rename")).unwrap();
    assert_eq!((&renamed["renamed"], &renamed["already"], &renamed["files"]), (&json!(1), &json!(4), &json!(5)));
    let copy = top(&shop, "retrieval/c/file1 (2)");
    assert_eq!(std::fs::read(&copy).unwrap(), std::fs::read(format!("{source}/file1")).unwrap());
    let again = json!({"from": source, "to": "retrieval:c", "if_exists": "rename", "verify": false});
    assert_eq!(shop.attempt("copy", &again).unwrap()["already"], 5, "the renamed copy is found again");
    assert!(!top(&shop, "retrieval/c/file1 (3)").exists());
    assert_eq!(shop.attempt("copy", &with("overwrite")).unwrap()["already"], 4);
    assert_eq!(std::fs::read(&other).unwrap(), std::fs::read(&copy).unwrap());
    assert_eq!(code(&shop, "copy", &json!({"from": source, "to": "lts:c", "if_exists": "overwrite"})), "copy.refused");
    assert_eq!(code(&shop, "copy", &json!({"from": source, "to": "lts:c", "delete_extra": true})), "copy.refused");
}

#[test]
fn a_sync_copies_what_changed_and_deletes_what_is_gone() {
    let shop = Workshop::new();
    let source = small(&shop, "d").to_text();
    let sync = |number: u64| {
        let with = json!({
            "from": source, "to": "retrieval:s", "if_exists": "overwrite", "compare": "size_and_time", "delete_extra": true,
            // Each is a task run of its own.
            "max_size": 1_000_000 + number,
        });
        shop.attempt("copy", &with).unwrap()
    };
    assert_eq!(sync(1)["files"], 5);
    assert_eq!(sync(2)["already"], 5);
    std::fs::write(format!("{source}/file1"), b"changed").unwrap();
    std::fs::remove_file(format!("{source}/file2")).unwrap();
    let done = sync(3);
    assert_eq!((&done["already"], &done["deleted"], &done["files"]), (&json!(3), &json!(1), &json!(4)));
    assert_eq!(std::fs::read(top(&shop, "retrieval/s/file1")).unwrap(), b"changed");
    assert!(!top(&shop, "retrieval/s/file2").exists());
}

#[test]
fn filters_choose_files_and_what_they_leave_out_is_not_deleted() {
    let shop = Workshop::new();
    let (folder, storage) = shop.folder("a");
    for (path, size) in [("x.tif", 10), ("y.log", 10), ("raw/z.tif", 5_000), ("raw/tmp/t.tif", 10)] {
        put(storage.as_ref(), path.as_bytes(), &vec![b'x'; size], 0o644, (1_000_000, 0));
    }
    put(storage.as_ref(), b"new.tif", b"new", 0o644, (1_900_000_000, 0));
    let copy = |to: &str, rest: Value| {
        let mut with = json!({"from": folder.to_text(), "to": format!("retrieval:{to}")});
        with.as_object_mut().unwrap().extend(rest.as_object().unwrap().clone());
        shop.attempt("copy", &with).unwrap()["files"].as_u64().unwrap()
    };
    assert_eq!(copy("1", json!({"include": ["*.tif"], "exclude": ["tmp"]})), 3);
    assert_eq!(copy("2", json!({"include": ["raw/**/*.tif"]})), 2);
    assert_eq!(copy("3", json!({"newer_than": "2001-01-01T00:00:00Z"})), 1);
    assert_eq!(copy("4", json!({"min_size": "4 KiB"})), 1);
    assert!(!top(&shop, "retrieval/4/raw/tmp").exists(), "no empty folders of a choice");
    std::fs::write(top(&shop, "retrieval/1/kept.log"), b"x").unwrap();
    std::fs::write(top(&shop, "retrieval/1/gone.tif"), b"x").unwrap();
    copy("1", json!({"include": ["*.tif"], "exclude": ["tmp"], "delete_extra": true}));
    assert!(top(&shop, "retrieval/1/kept.log").exists() && !top(&shop, "retrieval/1/gone.tif").exists());
}

#[test]
fn what_failed_on_an_early_page_is_not_forgotten_by_a_crash_on_a_later_one() {
    for calls in [4_500, 7_000] {
        let shop = Workshop::new();
        let (folder, storage) = shop.folder("many");
        for n in 0..2200_u64 {
            put(storage.as_ref(), format!("{n:04}").as_bytes(), &noise(n, 10), 0o644, (1, 0));
        }
        std::fs::create_dir(top(&shop, "lts/m")).unwrap();
        std::fs::write(top(&shop, "lts/m/0007"), b"in the way").unwrap();
        let with = json!({"from": folder.to_text(), "to": "lts:m", "verify": false});
        let lts = shop.places.faulty("lts").unwrap();
        lts.unplug_at(lts.calls() + calls);
        assert_eq!(code(&shop, "copy", &with), "storage.missing", "after {calls} calls");
        lts.heal();
        assert_eq!(code(&shop, "copy", &with), "file.exists", "after {calls} calls");
        std::fs::remove_file(top(&shop, "lts/m/0007")).unwrap();
        shop.attempt("copy", &with).unwrap();
        assert!(shop.tree("lts", "m") == tree(storage.as_ref(), b""), "after {calls} calls");
    }
}

#[test]
fn nothing_in_the_landing_zone_goes_without_proof() {
    let shop = Workshop::new();
    small(&shop, "d");
    shop.upload("d").unwrap();
    let all = json!({"path": "landing:d", "recursive": true});
    let absolute = json!({"path": top(&shop, "landing/d/data/file1").to_str().unwrap()});
    assert_eq!(code(&shop, "delete", &all), "delete.unproved");
    assert_eq!(code(&shop, "delete", &absolute), "delete.unproved");
    std::fs::write(top(&shop, "landing/stranger"), b"x").unwrap();
    assert_eq!(code(&shop, "delete", &json!({"path": "landing:stranger"})), "delete.unproved");
    let blocks = shop.pack("d").unwrap();
    shop.verify(&blocks).unwrap();
    shop.attempt("delete", &absolute).unwrap();
    assert_eq!(shop.attempt("delete", &all).unwrap()["files"], 4);
    assert!(!top(&shop, "landing/d").exists());
    assert_eq!(shop.entry("d", "data/file1").landing, LandingState::Released);
    assert_eq!(code(&shop, "delete", &json!({"path": "lts:d", "recursive": true})), "delete.archived");
}

#[test]
fn what_is_not_there_or_not_empty_is_told() {
    let shop = Workshop::new();
    let (folder, storage) = shop.folder("a");
    put(storage.as_ref(), b"b/c", b"x", 0o644, (1, 0));
    let path = |rest: &str| json!({"path": format!("{}/{rest}", folder.to_text())});
    assert_eq!(code(&shop, "delete", &path("none")), "file.missing");
    let missing_ok = json!({"path": "lts:none", "missing_ok": true});
    assert_eq!(shop.attempt("delete", &missing_ok).unwrap()["files"], 0);
    assert_eq!(code(&shop, "delete", &path("b")), "delete.not_empty");
    assert_eq!(code(&shop, "delete", &json!({"path": "lts:"})), "delete.refused");
    assert_eq!(code(&shop, "delete", &json!({"path": "/"})), "delete.refused");
    let inside = json!({"path": "lts:../a", "recursive": true});
    assert_eq!(code(&shop, "delete", &inside), "location.wrong");
    std::os::unix::fs::symlink(top(&shop, "a"), top(&shop, "lts/link")).unwrap();
    assert!(shop.attempt("delete", &json!({"path": "lts:link/b", "recursive": true})).is_err());
    shop.attempt("delete", &json!({"path": "lts:link"})).unwrap();
    assert!(top(&shop, "a/b/c").exists());
}

#[test]
fn a_damaged_copy_is_taken_away_and_told() {
    let shop = Workshop::new();
    let source = small(&shop, "d").to_text();
    let with = json!({"from": source, "to": "lts:c"});
    shop.places.faulty("lts").unwrap().flip(b"c/file2", 7);
    let fault = shop.attempt("copy", &with).unwrap_err();
    assert_eq!((fault.code.as_str(), fault.class), ("copy.damaged", Class::Transient));
    assert!(!top(&shop, "lts/c/file2").exists());
    shop.places.faulty("lts").unwrap().heal();
    assert_eq!(shop.attempt("copy", &with).unwrap()["files"], 5);
    assert!(top(&shop, "lts/c/file2").exists());
}

#[test]
fn a_copy_that_is_told_to_stop_stops() {
    let shop = Workshop::new();
    let source = small(&shop, "d").to_text();
    let with = json!({"from": source, "to": "lts:c"});
    shop.host("copy", &with).cancel();
    assert_eq!(code(&shop, "copy", &with), "task.stopped");
}
