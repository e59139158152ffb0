//! Credentials that are asked for: a role that is taken on, against Moto, which keeps the buckets of accounts apart.

use longshore_connectors::s3::S3;
use longshore_testkit::servers::Moto;
use longshore_transfer::storage::Storage;
use serde_json::json;

use crate::{get, put};

/// The buckets that a storage of a whole account shows.
fn buckets(storage: &S3) -> Vec<Vec<u8>> {
    let mut names = Vec::new();
    let mut each = |line: longshore_transfer::storage::Listed| {
        names.push(line.name);
        Ok(())
    };
    storage.list(b"", &mut each).unwrap();
    names
}

#[test]
fn a_role_in_another_account_is_taken_on() {
    let server = Moto::start();
    let own = S3::open("own", &server.connection(&json!({})), b"").unwrap();
    let role = json!({"role_arn": "arn:aws:iam::222222222222:role/archive", "external_id": "lab"});
    let other = S3::open("other", &server.connection(&role), b"").unwrap();
    own.create_bucket("own-vault").unwrap();
    other.create_bucket("other-vault").unwrap();
    put(&other, b"other-vault/file", b"content").unwrap();
    assert_eq!(get(&other, b"other-vault/file").unwrap(), b"content");
    assert_eq!(buckets(&own), [b"own-vault"]);
    assert_eq!(buckets(&other), [b"other-vault"]);
}
