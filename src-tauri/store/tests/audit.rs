//! The audit log.
#![allow(clippy::unwrap_used)]

mod common;

use common::Place;
use longshore_store::{Act, AuditFilter, Ending};
use serde_json::json;

fn act(at: i64, by: &str, op: &str, object: &str) -> Act {
    let (by, program, op, object) = (by.into(), "longshore".into(), op.into(), object.into());
    Act { at, by, program, op, object, why: Some("a test".into()), detail: json!({"n": at}), part_of: None }
}

#[tokio::test]
async fn an_act_begins_and_ends_once_and_stays() {
    let place = Place::new();
    let seq = place.store.act_begins(act(5, "ada", "run.cancel", "run R1")).await.unwrap();
    let read = |filter: &AuditFilter| place.store.audit(filter).unwrap();
    assert_eq!(read(&AuditFilter::default()).rows[0].ending, Ending::Unknown);
    let fault = Ending::Fault("run.ended".into());
    place.store.act_ended(seq, fault.clone(), json!({"n": 6})).await.unwrap();
    let row = read(&AuditFilter::default()).rows.remove(0);
    assert_eq!((row.ending, row.act.detail), (fault, json!({"n": 6})));
    let again = place.store.act_ended(seq, Ending::Done, json!({})).await.unwrap_err();
    assert_eq!(again.code(), "database.refused");
    place.store.close().unwrap();
    let sql = rusqlite::Connection::open(place.path()).unwrap();
    for change in ["DELETE FROM audit", "UPDATE audit SET by = 'eve'", "UPDATE audit SET fault = ''"] {
        let refused = sql.execute_batch(change).unwrap_err().to_string();
        assert!(refused.contains("the audit log is never"), "{refused}");
    }
}

#[tokio::test]
async fn rows_are_found_by_operation_object_user_and_time() {
    let place = Place::new();
    let acts = [
        act(10, "ada", "run.cancel", "run R1"),
        act(20, "bob", "run.retry", "run R2"),
        act(30, "ada", "limit.set", "limit lts"),
        act(40, "ada", "runs.act", "runs"),
    ];
    place.store.acts_done(acts.map(|act| (act, Ending::Done)).into()).await.unwrap();
    let found = |filter: AuditFilter| -> Vec<i64> {
        let page = place.store.audit(&filter).unwrap();
        assert_eq!(page.total, page.rows.len() as u64);
        page.rows.iter().map(|row| row.act.at).collect()
    };
    let word = |word: &str| Some(word.to_owned());
    assert_eq!(found(AuditFilter::default()), [40, 30, 20, 10]);
    assert_eq!(found(AuditFilter { op: word("run"), ..AuditFilter::default() }), [20, 10]);
    assert_eq!(found(AuditFilter { op: word("run.retry"), ..AuditFilter::default() }), [20]);
    for object in ["limit", "lts", "limit lts"] {
        assert_eq!(found(AuditFilter { object: word(object), ..AuditFilter::default() }), [30], "{object}");
    }
    assert_eq!(found(AuditFilter { by: word("bob"), ..AuditFilter::default() }), [20]);
    assert_eq!(found(AuditFilter { since: Some(20), until: Some(40), ..AuditFilter::default() }), [30, 20]);
    let second = AuditFilter { offset: 1, limit: 1, ..AuditFilter::default() };
    assert_eq!(place.store.audit(&second).unwrap().rows[0].act.at, 30);
}
