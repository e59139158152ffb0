//! Keys of a bucket that no path can be: copied to a folder under names of their own, and back.
#![allow(clippy::unwrap_used)]

mod common;

use std::collections::BTreeMap;
use std::sync::Arc;

use common::{Workshop, put, tree};
use longshore_connectors::Connection;
use longshore_connectors::s3::S3;
use longshore_testkit::servers::{Moto, Seaweed};
use longshore_transfer::storage::{Kind, Storage};
use serde_json::{Value, json};

/// The keys of all objects, with their content.
fn objects(storage: &dyn Storage) -> BTreeMap<Vec<u8>, u64> {
    let mut found = BTreeMap::new();
    let listed = storage.list_all(b"", None, &mut |line| {
        found.insert(line.name, line.meta.size);
        Ok(())
    });
    assert!(listed.unwrap());
    found
}

/// A workspace with a part of a bucket that holds these keys, each with its own name as content; and another part that is empty.
fn shop(server: &dyn Fn(&Value) -> Connection, bucket: &str, keys: &[&str]) -> Workshop {
    let open = |name: &str| {
        let connection = server(&json!({"addressing": "path"}));
        Arc::new(S3::open(name, &connection, format!("{bucket}/{name}").as_bytes()).unwrap()) as Arc<dyn Storage>
    };
    let (from, back) = (open("from"), open("back"));
    for key in keys {
        put(from.as_ref(), key.as_bytes(), key.as_bytes(), 0o644, (1_700_000_000, 0));
    }
    Workshop::changed(|places| places.with("from", from).with("back", back))
}

/// Copies the bucket to a folder and from there to the other bucket; gives what the first copy said, and the paths in the folder.
fn there_and_back(shop: &Workshop) -> (Value, Vec<String>) {
    let (path, folder) = shop.folder("outer/inner");
    let path = path.to_text();
    let done = shop.attempt("copy", &json!({"from": "from:", "to": path})).unwrap();
    let found: Vec<_> = tree(folder.as_ref(), b"").into_iter().filter(|(_, lies)| lies.kind == Kind::File).collect();
    for (path, lies) in &found {
        let key = String::from_utf8_lossy(&lies.holds);
        assert!(
            path.as_bytes().ends_with(&lies.holds) || done["mapped_names"].to_string().contains("longshore"),
            "{key}"
        );
    }
    // All is there, and lies where it was meant to.
    let outer = shop.folder("outer").1;
    assert_eq!(tree(outer.as_ref(), b"").keys().filter(|path| !path.as_bytes().contains(&b'/')).count(), 1);
    let again =
        shop.attempt("copy", &json!({"from": "from:", "to": path, "compare": "content", "if_exists": "skip"})).unwrap();
    assert_eq!((&again["already"], &again["left"]), (&done["files"], &json!(0)));
    shop.attempt("copy", &json!({"from": path, "to": "back:", "restore_names": true})).unwrap();
    let bucket = |name| objects(shop.places.faulty(name).unwrap().as_ref());
    assert_eq!(bucket("back"), bucket("from"));
    // What is at the target only is told apart by the key that it stands for.
    let sync = json!({"from": "from:", "to": path, "if_exists": "overwrite", "delete_extra": true});
    assert_eq!(shop.attempt("copy", &sync).unwrap()["deleted"], 0);
    (done, found.into_iter().map(|(path, _)| path.to_text()).collect())
}

#[test]
fn hostile_keys_stay_in_the_folder_and_lead_back() {
    let server = Moto::start();
    let vault = S3::open("vault", &server.connection(&json!({"bucket": "vault"})), b"").unwrap();
    vault.create_bucket("vault").unwrap();
    let keys = [
        "a",
        "a/b",
        "c//d",
        "c///e",
        "/lead",
        "up/../../../escape",
        "dot/./f",
        "full/",
        "~longshore-empty",
        "plain/file",
    ];
    let shop = shop(&|extra| server.connection(extra), "vault", &keys);
    let (done, paths) = there_and_back(&shop);
    assert_eq!(paths.len(), keys.len(), "{paths:?}");
    assert_eq!((&done["files"], &done["mapped"]), (&json!(keys.len()), &json!(8)), "{done}");
    for path in [
        "a",
        "~longshore-folder-a/b",
        "c/~longshore-empty/d",
        "up/~longshore-dot-dot/~longshore-dot-dot/~longshore-dot-dot/escape",
        "plain/file",
    ] {
        assert!(paths.iter().any(|found| found == path), "{path} of {paths:?}");
    }
    assert!(done["mapped_names"][0].as_str().unwrap().contains(" -> "), "{done}");
    let told = shop.logged("copy", &json!({"from": "from:", "to": shop.folder("outer/inner").0.to_text()}));
    assert_eq!(told.iter().filter(|line| line.contains("another name at the target")).count(), 8, "{told:?}");
}

#[test]
fn long_and_odd_keys_of_a_real_server_come_whole() {
    let server = Seaweed::start();
    let long = format!("long/{}", "d".repeat(250)) + "/" + &"e".repeat(240);
    let keys = ["new\nline/\u{1F980}", "a b+c%20d", "..dots..", &long];
    let shop = shop(&|extra| server.connection(extra), "landing", &keys);
    let (done, paths) = there_and_back(&shop);
    assert_eq!((paths.len(), &done["mapped"]), (keys.len(), &json!(0)), "{paths:?}");
}
