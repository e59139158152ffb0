//! Archived objects, and versions, against Moto: the other server has neither.

use longshore_connectors::s3::{Restoration, S3, Speed};
use longshore_testkit::servers::Moto;
use serde_json::json;

use crate::{code, get, put};

fn archive(server: &Moto) -> S3 {
    let extra = json!({"bucket": "vault", "storage_class": "DEEP_ARCHIVE"});
    let storage = S3::open("vault", &server.connection(&extra), b"").unwrap();
    storage.create_bucket("vault").unwrap();
    storage
}

#[test]
fn an_archived_object_is_restored_before_it_is_read() {
    let server = Moto::start();
    let storage = archive(&server);
    server.restores_take(3);
    put(&storage, b"cold", b"frozen").unwrap();
    assert_eq!(storage.storage_class(b"cold").as_deref(), Ok("DEEP_ARCHIVE"));
    assert_eq!(storage.restoration(b"cold"), Ok(Restoration::Archived));
    assert_eq!(code(get(&storage, b"cold")), "s3.archived");
    let mut seen = vec![storage.restore(b"cold", 3, Speed::Bulk).unwrap()];
    while !matches!(seen.last(), Some(Restoration::Restored(_))) && seen.len() < 6 {
        seen.push(storage.restoration(b"cold").unwrap());
    }
    assert!(seen.contains(&Restoration::Ongoing), "{seen:?}");
    assert!(matches!(seen.last(), Some(Restoration::Restored(Some(until))) if *until > 1_700_000_000), "{seen:?}");
    assert_eq!(get(&storage, b"cold").unwrap(), b"frozen");
}

#[test]
fn what_is_not_archived_needs_no_restore() {
    let server = Moto::start();
    archive(&server);
    let storage = S3::open("vault", &server.connection(&json!({"bucket": "vault"})), b"").unwrap();
    put(&storage, b"warm", b"x").unwrap();
    assert_eq!(storage.storage_class(b"warm").as_deref(), Ok("STANDARD"));
    assert_eq!(storage.restoration(b"warm"), Ok(Restoration::NotNeeded));
    assert_eq!(storage.restore(b"warm", 1, Speed::Standard), Ok(Restoration::NotNeeded));
    assert_eq!(code(storage.restoration(b"nothing")), "file.missing");
    assert_eq!(storage.versions(b"warm").map(|all| all.len()), Ok(1));
}
