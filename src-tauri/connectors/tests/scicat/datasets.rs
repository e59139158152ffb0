//! Datasets and their lifecycle.

use longshore_connectors::scicat::{Lifecycle, NewDataset, Search, Version};
use longshore_testkit::servers::scicat as server;
use serde_json::{Map, Value, json};

use crate::common::{OTHER, PID, client, code, there};

fn new(pid: Option<&str>) -> NewDataset {
    NewDataset {
        pid: pid.map(str::to_owned),
        name: "Ribosomes".into(),
        kind: "raw".into(),
        owner: "A Scientist".into(),
        owner_group: "p1".into(),
        contact_email: "scientist@example.org".into(),
        source_folder: "/data/ribosomes".into(),
        creation_time: "2026-02-03T04:05:06+01:00".into(),
        investigators: vec!["One".into(), "Two".into()],
        more: json!({"creationLocation": "/site/titan"}).as_object().cloned().unwrap(),
    }
}

#[tokio::test]
async fn the_newest_version_that_is_there_is_spoken_unless_the_connection_says_otherwise() {
    let (server, found) = there();
    assert_eq!(found.version().await.unwrap(), Version::V4);
    let old = server::SciCat::start_v3();
    old.state().add_dataset(PID);
    let older = client(&old, &json!({}));
    assert_eq!(older.version().await.unwrap(), Version::V3);
    assert_eq!(older.dataset(PID).await.unwrap().investigators, ["A Scientist"]);
    for (extra, version) in [
        (json!({"version": "v3"}), Version::V3),
        (json!({"prefix": "/api/v3"}), Version::V3),
        (json!({"prefix": "api/v4/"}), Version::V4),
        (json!({"prefix": "/api/v3", "version": "v4"}), Version::V4),
    ] {
        let set = client(&server, &extra);
        assert_eq!(set.version().await.unwrap(), version, "{extra}");
        assert_eq!(set.dataset(PID).await.unwrap().pid, PID, "{extra}");
    }
}

#[tokio::test]
async fn a_change_of_the_lifecycle_leaves_all_else_as_it_was() {
    let (server, client) = there();
    let before = json!({"archivable": false, "retrievable": true, "publishable": true, "storageLocation": "lts"});
    server.state().datasets.get_mut(PID).unwrap().insert("datasetlifecycle".into(), before);
    let change = Lifecycle { archive_status_message: Some("started".into()), ..Lifecycle::default() };
    let after = client.change_lifecycle(PID, &change).await.unwrap();
    assert_eq!((after.archivable, after.retrievable, after.publishable), (Some(false), Some(true), Some(true)));
    let state = server.state();
    let sent = state.asked.last().unwrap();
    assert_eq!(serde_json::from_slice::<Value>(&sent.body).unwrap(), json!({"archiveStatusMessage": "started"}));
    assert_eq!(state.datasets[PID]["accessGroups"], json!(["p2"]));
    assert!(sent.target.contains("20.500.12269%2F2b1f/"), "{}", sent.target);
}

#[tokio::test]
async fn a_change_that_says_nothing_is_refused() {
    let (_server, client) = there();
    let error = client.change_lifecycle(PID, &Lifecycle::default()).await.unwrap_err();
    assert_eq!(error.code, "scicat.refused");
    assert!(error.why.ends_with("dataset lifecycle DTO must not be empty"), "{error}");
}

#[tokio::test]
async fn fields_are_changed_one_by_one_and_only_if_nobody_was_faster() {
    for version in ["v3", "v4"] {
        let (server, _) = there();
        let client = client(&server, &json!({"version": version}));
        let changed = client.dataset(PID).await.unwrap().changed;
        let rename = json!({"datasetName": "Other"}).as_object().cloned().unwrap();
        let after = client.change_dataset(PID, &rename, changed.as_deref()).await.unwrap();
        assert_eq!((after.name.as_str(), after.access_groups), ("Other", vec!["p2".to_owned()]));
        server.clock().advance(std::time::Duration::from_secs(2));
        client.change_dataset(PID, &rename, None).await.unwrap();
        assert_eq!(code(client.change_dataset(PID, &rename, changed.as_deref()).await), "scicat.changed");
        let lifecycle = json!({"datasetlifecycle": {}}).as_object().cloned().unwrap();
        assert_eq!(code(client.change_dataset(PID, &lifecycle, None).await), "scicat.refused");
    }
}

#[tokio::test]
async fn nested_fields_are_merged_where_the_version_can() {
    let (server, client) = there();
    server.state().datasets.get_mut(PID).unwrap().insert("scientificMetadata".into(), json!({"a": 1, "b": 2}));
    let change = json!({"scientificMetadata": {"b": 3}}).as_object().cloned().unwrap();
    client.change_dataset(PID, &change, None).await.unwrap();
    assert_eq!(server.state().datasets[PID]["scientificMetadata"], json!({"a": 1, "b": 3}));
}

#[tokio::test]
async fn a_dataset_is_made_once_in_either_version() {
    for version in ["v3", "v4"] {
        let (server, _) = there();
        let client = client(&server, &json!({"version": version}));
        client.whoami().await.unwrap();
        for (pid, name) in [(Some("20.500.12269/new"), "With a pid"), (None, "Without one")] {
            let new = NewDataset { name: name.into(), ..new(pid) };
            let before = server.state().datasets.len();
            // Its answer is lost: it is found, and not made again.
            server.trouble(Some("POST"), server::Trouble::LosesAnswer, 1);
            let made = client.create_dataset(&new).await.unwrap();
            let again = client.create_dataset(&new).await.unwrap();
            assert_eq!((made.pid.clone(), server.state().datasets.len()), (again.pid, before + 1), "{version}");
            // Version 3 has one field for all of them.
            let investigator = if version == "v3" { "One; Two" } else { "One" };
            assert_eq!((made.investigators[0].as_str(), made.lifecycle.archivable), (investigator, Some(true)));
        }
    }
}

#[tokio::test]
async fn datasets_are_found_by_their_fields_newest_first() {
    for version in ["v3", "v4"] {
        let (server, _) = there();
        server
            .state()
            .datasets
            .get_mut(OTHER)
            .unwrap()
            .insert("creationTime".into(), json!("2026-05-01T00:00:00.000Z"));
        let client = client(&server, &json!({"version": version}));
        let mut search = Search { conditions: Map::new(), skip: 0, limit: 1 };
        assert_eq!(client.datasets(&search).await.unwrap()[0].pid, OTHER, "{version}");
        search.skip = 1;
        assert_eq!(client.datasets(&search).await.unwrap()[0].pid, PID, "{version}");
        search.conditions.insert("pid".into(), json!("none"));
        assert!(client.datasets(&search).await.unwrap().is_empty());
    }
}

#[tokio::test]
async fn what_is_no_identifier_is_not_sent() {
    let (server, client) = there();
    client.version().await.unwrap();
    for odd in ["", ".", ".."] {
        assert_eq!(code(client.dataset(odd).await), "scicat.id", "{odd:?}");
    }
    for odd in ["a/../b", "a b+c%2F?#", "%2e%2e"] {
        let error = client.dataset(odd).await.unwrap_err();
        assert!(error.why.ends_with(&format!("dataset: {odd} not found")), "{error}");
    }
    assert_eq!(server.state().datasets.len(), 2);
}
