//! A folder of a machine becomes a record.

use std::fs;

use longshore_testkit::proxy::Proxy;
use longshore_testkit::servers::repository::{Held, Speaks, Stored, TOKEN};
use serde_json::{Value, json};

use crate::site::{Site, https, site};

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
    site.repository.held().records.values().cloned().collect()
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
    let entries = site.catalogue.held().clone();
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
fn a_publication_that_is_refused_names_each_field_and_a_retry_sends_no_file_again() {
    let wrong = json!([
        {"field": "metadata.creators.0.affiliation", "messages": ["Not a valid string.", "Too long."]},
        {"field": "metadata.dates.1.date", "message": "Not a date."},
        {"field": "keywords", "messages": ["Shorter than minimum length 1."]},
    ]);
    for speaks in [Speaks::B2share, Speaks::Invenio] {
        let Some(site) = site(speaks) else { return };
        template(&site);
        let mut ask = json!({"source": results(&site)});
        match speaks {
            Speaks::B2share => ask["mid"] = json!(MID),
            Speaks::Invenio => ask["metadata"] = of_invenio(),
        }
        site.repository.held().refuses = Some((422, wrong.clone()));
        let file = site.place.file("params.json", ask.to_string());
        let ran = site.place.run(["flow", "run", "ssh_to_b2share", "--wait", "--params-file", file.to_str().unwrap()]);
        let said = [ran.out.as_str(), ran.err.as_str()].concat();
        assert_eq!(ran.code, 1, "{said}");
        for field in [
            "http.invalid",
            "metadata.creators.0.affiliation: Not a valid string. Too long.",
            "metadata.dates.1.date: Not a date.",
            "keywords: Shorter than minimum length 1.",
        ] {
            assert!(said.contains(field), "{speaks:?}: {field} in {said}");
        }
        let left = held(&site);
        assert_eq!((left.len(), left[0].state), (1, "draft"));
        site.repository.held().refuses = None;
        let sent = |site: &Site| site.repository.held().asked.iter().filter(|asked| asked.contains("a.h5")).count();
        let before = sent(&site);
        let runs = site.place.run(["--json", "run", "list"]).expect(0).json();
        site.retried(&Site::id(&runs["rows"]));
        assert_eq!(held(&site)[0].state, "published");
        assert_eq!(sent(&site), before, "what was confirmed is not sent again");
    }
}

/// Makes the first run fail whose draft is to be left: the source is not there.
fn failed(site: &Site, ask: &Value) -> String {
    let mut wrong = ask.clone();
    wrong["source"] = json!(site.there("nowhere"));
    Site::id(&site.failed("ssh_to_b2share", &wrong).1)
}

#[test]
fn runs_that_say_the_same_have_drafts_of_their_own_unless_one_has_failed() {
    for speaks in [Speaks::B2share, Speaks::Invenio] {
        let Some(site) = site(speaks) else { return };
        template(&site);
        let mut ask = json!({"source": results(&site), "publish": false});
        match speaks {
            Speaks::B2share => ask["mid"] = json!(MID),
            Speaks::Invenio => ask["metadata"] = of_invenio(),
        }
        site.well("ssh_to_b2share", &ask);
        site.well("ssh_to_b2share", &ask);
        assert_eq!(held(&site).len(), 2, "a draft that is as it was wanted stays with its run");
        let first = failed(&site, &ask);
        assert_eq!(held(&site).len(), 3);
        ask["publish"] = json!(true);
        site.well("ssh_to_b2share", &ask);
        let states: Vec<&str> = held(&site).iter().map(|held| held.state).collect();
        assert_eq!(states.iter().filter(|state| **state == "published").count(), 1, "{states:?}");
        assert_eq!(states.len(), 3, "the draft of the run that had failed was taken up");
        // That one is no more the first run's: its retry makes no second record of it.
        fs::create_dir_all(site.ssh.files().join("nowhere")).unwrap();
        fs::write(site.ssh.files().join("nowhere/x"), "x").unwrap();
        site.place.run(["run", "retry", &first]).expect(0);
        assert_eq!(site.place.run(["run", "wait", &first]).code, 1);
        assert_eq!(held(&site).iter().filter(|held| held.state == "published").count(), 1);
    }
}

#[test]
fn a_repository_that_takes_no_mark_gets_none() {
    let Some(site) = site(Speaks::B2share) else { return };
    template(&site);
    site.repository.held().takes_no_mark = true;
    site.well("ssh_to_b2share", &json!({"source": results(&site), "mid": MID}));
    let records = held(&site);
    assert_eq!((records.len(), records[0].state), (1, "published"));
    assert!(records[0].said.get("alternate_identifiers").is_none());
}

#[test]
fn nothing_is_published_with_files_that_were_not_sent_now() {
    let Some(site) = site(Speaks::B2share) else { return };
    template(&site);
    let ask = json!({"source": results(&site), "mid": MID});
    failed(&site, &ask);
    for held in site.repository.held().records.values_mut() {
        assert_eq!(held.state, "draft");
        held.files.insert("of somebody else".into(), Stored::of("x"));
    }
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
fn an_upload_that_is_damaged_on_its_way_is_found_and_nothing_is_published_with_it() {
    for speaks in [Speaks::B2share, Speaks::Invenio] {
        let Some(site) = site(speaks) else { return };
        template(&site);
        let mut ask = json!({"source": results(&site), "b2share": "far"});
        match speaks {
            Speaks::B2share => ask["mid"] = json!(MID),
            Speaks::Invenio => ask["metadata"] = of_invenio(),
        }
        let proxy = Proxy::to(site.repository.url().trim_start_matches("http://").parse().unwrap()).unwrap();
        let far = format!("http://{}", proxy.address());
        site.add("far", &https(&far), &[("access_token", TOKEN)]);
        site.repository.held().url = far;
        // Nothing else of what is sent is that long.
        proxy.change(|faults| faults.up.damage = Some(1 << 20));
        let (code, told) = site.fault(&site.once("ssh_to_b2share"), &ask);
        assert_eq!(code, "record.damaged", "{told}");
        let left = held(&site);
        assert_eq!((left.len(), left[0].state), (1, "draft"));
        proxy.change(|faults| faults.up.damage = None);
        site.well("ssh_to_b2share", &ask);
        let after = held(&site);
        assert_eq!((after.len(), after[0].state), (1, "published"), "the draft was taken up");
        assert_eq!(after[0].files["a.h5"].bytes, vec![5; 2 << 20]);
    }
}

#[test]
fn a_server_that_is_busy_gets_every_file_once_it_is_not() {
    let Some(site) = site(Speaks::B2share) else { return };
    template(&site);
    site.repository.held().busy = 1;
    site.well("ssh_to_b2share", &json!({"source": results(&site), "mid": MID}));
    assert_eq!(held(&site)[0].state, "published");
}
