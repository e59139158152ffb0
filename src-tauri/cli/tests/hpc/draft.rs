//! A folder of a machine becomes a record.

use std::fs;

use longshore_testkit::servers::repository::{Held, Speaks, Stored};
use serde_json::{Value, json};

use crate::site::{Site, site};

const MID: &str = "9f6d3c1e-6a2b-4a43-9a0e-0d6a2c2f9b12";

fn results(site: &Site) -> String {
    let folder = site.ssh.files().join("results");
    fs::create_dir_all(folder.join("deep")).unwrap();
    fs::write(folder.join("a.h5"), vec![5; 2 << 20]).unwrap();
    fs::write(folder.join("deep/b.txt"), "b").unwrap();
    site.there("results")
}

fn template(site: &Site) {
    let metadata = json!({
        "title": "Run 12", "creator_name": "A. Person", "description": "What was computed", "open_access": "True",
        "community": "2d58eb08-af65-4cad-bd25-92f1a17d325b",
    });
    site.catalogue.put("storage_target", MID, json!({"name": "t", "url": "b2share://x", "metadata": metadata}));
}

fn of_invenio() -> Value {
    json!({
        "access": {"record": "public", "files": "public"},
        "metadata": {"title": "T", "publication_date": "2026-03-01", "resource_type": {"id": "dataset"},
            "creators": [{"person_or_org": {"type": "personal", "family_name": "P"}}]},
    })
}

fn held(site: &Site) -> Vec<Held> {
    site.repository.state().records.values().cloned().collect()
}

#[test]
fn a_folder_is_published_by_a_template_and_registered() {
    let Some(site) = site(Speaks::B2share) else { return };
    template(&site);
    let ask = json!({"source": results(&site), "mid": MID, "register": true});
    site.well("upload_example", &ask);
    let records = held(&site);
    assert_eq!(records.len(), 1);
    assert_eq!((records[0].state, &records[0].said["titles"][0]["title"]), ("published", &json!("Run 12")));
    let files: Vec<(&str, usize)> =
        records[0].files.iter().map(|(name, file)| (name.as_str(), file.bytes.len())).collect();
    assert_eq!(files, [("a.h5", 2 << 20), ("deep/b.txt", 1)]);
    let entries = site.catalogue.entries().clone();
    let entry = entries.iter().find(|((kind, _), _)| kind == "dataset").unwrap().1;
    assert!(entry["url"].as_str().unwrap().contains("/api/records/"), "{entry}");
}

#[test]
fn a_folder_is_published_by_invenio() {
    let Some(site) = site(Speaks::Invenio) else { return };
    site.well("ssh_to_b2share", &json!({"source": results(&site), "metadata": of_invenio()}));
    let records = held(&site);
    assert_eq!((records.len(), records[0].state, records[0].files.len()), (1, "published", 2));
    assert!(records[0].files.values().all(|file| !file.pending));
}

#[test]
fn a_draft_that_was_left_is_taken_up_and_what_is_wrong_is_told_by_field() {
    let Some(site) = site(Speaks::Invenio) else { return };
    let mut wrong = of_invenio();
    wrong["metadata"].as_object_mut().unwrap().remove("publication_date");
    let ask = json!({"source": results(&site), "metadata": wrong});
    let (code, told) = site.fault("ssh_to_b2share", &ask);
    assert_eq!(code, "http.invalid");
    assert!(told.contains("metadata.publication_date: Missing data for required field."), "{told}");
    assert_eq!(site.fault("ssh_to_b2share", &ask).0, "http.invalid");
    let left = held(&site);
    assert_eq!((left.len(), left[0].state), (1, "draft"), "the second attempt took up the draft of the first");
}

#[test]
fn nothing_is_published_with_files_that_were_not_sent_now() {
    let Some(site) = site(Speaks::B2share) else { return };
    template(&site);
    let ask = json!({"source": results(&site), "mid": MID, "publish": false});
    site.well("ssh_to_b2share", &ask);
    for held in site.repository.state().records.values_mut() {
        assert_eq!(held.state, "draft");
        held.files.insert("of somebody else".into(), Stored::of("x"));
    }
    let ask = json!({"source": results(&site), "mid": MID});
    assert_eq!(site.fault("ssh_to_b2share", &ask).0, "record.incomplete");
    assert_eq!(held(&site)[0].state, "draft");
}

#[test]
fn a_template_that_says_too_little_makes_no_record() {
    let Some(site) = site(Speaks::B2share) else { return };
    let ask = json!({"source": results(&site), "mid": MID});
    assert_eq!(site.fault("ssh_to_b2share", &ask).0, "file.missing");
    site.catalogue.put("storage_target", MID, json!({"name": "t", "url": "b2share://x", "metadata": {"title": "T"}}));
    assert_eq!(site.fault("ssh_to_b2share", &ask).0, "datacat.malformed");
    let without = json!({"source": results(&site)});
    assert_eq!(site.fault("ssh_to_b2share", &without).0, "record.no_metadata");
    assert!(held(&site).is_empty());
}

#[test]
fn a_server_that_is_busy_gets_every_file_once_it_is_not() {
    let Some(site) = site(Speaks::B2share) else { return };
    template(&site);
    site.repository.state().busy = 1;
    site.well("ssh_to_b2share", &json!({"source": results(&site), "mid": MID}));
    assert_eq!(held(&site)[0].state, "published");
}
