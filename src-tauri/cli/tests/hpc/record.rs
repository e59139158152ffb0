//! Records to a machine.

use std::fs;
use std::os::unix::fs::PermissionsExt as _;

use longshore_testkit::servers::repository::{Speaks, Stored};
use longshore_testkit::servers::sshd::FreshUser;
use serde_json::json;

use crate::site::{Site, site};

/// An id as B2SHARE 2 has them.
const ID: &str = "0123456789abcdef0123456789abcdef";

fn some(site: &Site) {
    let files = [("a.h5", "one"), ("b c.txt", "two"), ("sub/d", "three")];
    let files = files.map(|(name, text)| (name.to_owned(), Stored::of(text)));
    site.repository.held().publish(ID, "Run 12", files);
}

fn params(site: &Site, target: &str) -> serde_json::Value {
    json!({"oid": ID, "target": site.there(target)})
}

#[test]
fn all_files_of_a_record_arrive_whichever_interface_the_repository_speaks() {
    for speaks in [Speaks::B2share, Speaks::Invenio] {
        let Some(site) = site(speaks) else { return };
        some(&site);
        site.repository.held().page = 2;
        site.well("taskflow_example", &params(&site, "out/"));
        assert_eq!(site.names("out"), ["a.h5", "b c.txt", "sub"]);
        assert_eq!(site.content("out/sub/d"), b"three");
    }
}

#[test]
fn without_force_only_what_is_proved_to_be_the_same_is_left() {
    let Some(site) = site(Speaks::B2share) else { return };
    some(&site);
    site.well("b2share_to_ssh", &params(&site, "out"));
    // Of the same size, but not the same.
    fs::write(site.ssh.files().join("out/a.h5"), "two").unwrap();
    let before = site.repository.held().sent;
    let mut without = params(&site, "out");
    without["force"] = json!(false);
    site.well("b2share_to_ssh", &without);
    assert_eq!(site.content("out/a.h5"), b"one");
    assert_eq!(site.repository.held().sent - before, 3, "only the file that was another was fetched");
    site.well("b2share_to_ssh", &params(&site, "out"));
    assert_eq!(site.repository.held().sent - before, 3 + 11, "force fetches all");
}

#[test]
fn a_record_is_found_by_its_entry_in_the_catalogue_and_by_nothing_else() {
    let Some(site) = site(Speaks::B2share) else { return };
    some(&site);
    let oid = "9f6d3c1e-6a2b-4a43-9a0e-0d6a2c2f9b11";
    let ask = json!({"oid": oid, "target": site.there("out")});
    assert_eq!(site.fault("b2share_to_ssh", &ask).0, "file.missing", "an entry that is not there is an error");
    site.catalogue.put(
        "dataset",
        oid,
        json!({"name": "n", "url": format!("https://b2share.eu/records/{ID}"), "metadata": {}}),
    );
    site.well("b2share_to_ssh", &ask);
    assert_eq!(site.names("out").len(), 3);
    site.catalogue.put("dataset", oid, json!({"name": "n", "url": "nowhere", "metadata": {}}));
    assert_eq!(site.fault("b2share_to_ssh", &ask).0, "datacat.malformed");
    site.catalogue.put("dataset", oid, json!({"name": "n"}));
    assert_eq!(site.fault("b2share_to_ssh", &ask).0, "datacat.malformed");
}

#[test]
fn what_is_not_what_the_record_says_gets_no_name() {
    let Some(site) = site(Speaks::B2share) else { return };
    let wrong = Stored { checksum: Stored::of("other").checksum, ..Stored::of(vec![7; 3 << 20]) };
    site.repository.held().publish(ID, "T", [("big".to_owned(), wrong.clone())]);
    assert_eq!(site.fault("b2share_to_ssh", &params(&site, "out")).0, "file.not_as_stated");
    assert!(site.names("out").is_empty(), "{:?}", site.names("out"));
    let small = Stored { bytes: b"x".to_vec(), ..wrong };
    site.repository.held().publish(ID, "T", [("small".to_owned(), small)]);
    assert_eq!(site.fault("b2share_to_ssh", &params(&site, "out")).0, "file.not_as_stated");
    some(&site);
    site.repository.held().pages_for_files = true;
    let (_, told) = site.fault("b2share_to_ssh", &params(&site, "out"));
    assert!(told.contains("answers with a page"), "{told}");
    assert!(site.names("out").iter().all(|name| name == "sub"), "{:?}", site.names("out"));
}

#[test]
fn names_that_would_leave_the_target_are_refused_and_nothing_is_written() {
    for speaks in [Speaks::B2share, Speaks::Invenio] {
        let Some(site) = site(speaks) else { return };
        for name in ["../escaped", "/etc/escaped", "a/../../escaped"] {
            let files = [("good", "x"), (name, "x")].map(|(name, text)| (name.to_owned(), Stored::of(text)));
            site.repository.held().publish(ID, "T", files);
            assert_eq!(site.fault("b2share_to_ssh", &params(&site, "out")).0, "record.name", "{speaks:?} {name}");
        }
        assert!(site.names("").is_empty());
    }
}

#[test]
fn a_record_without_files_is_an_error_and_one_with_five_hundred_is_not() {
    for speaks in [Speaks::B2share, Speaks::Invenio] {
        let Some(site) = site(speaks) else { return };
        site.repository.held().publish(ID, "T", []);
        assert_eq!(site.fault("b2share_to_ssh", &params(&site, "out")).0, "record.no_files");
        let many = (0..500).map(|number| (format!("{number:03}"), Stored::of(number.to_string())));
        site.repository.held().publish(ID, "T", many);
        site.repository.held().page = 100;
        site.well("b2share_to_ssh", &params(&site, "out"));
        assert_eq!(site.names("out").len(), 500);
        assert_eq!(site.content("out/499"), b"499");
    }
}

#[test]
fn a_transfer_that_is_cut_goes_on_where_it_was_cut() {
    let Some(site) = site(Speaks::B2share) else { return };
    let length = 6 << 20;
    let bytes: Vec<u8> = (0..length).map(|at: u32| u8::try_from(at % 251).unwrap()).collect();
    site.repository.held().publish(ID, "T", [("big".to_owned(), Stored::of(bytes.clone()))]);
    site.repository.held().cut_after = Some(2 << 20);
    site.well("b2share_to_ssh", &params(&site, "out"));
    assert_eq!(site.content("out/big"), bytes);
    assert_eq!(site.repository.held().sent, u64::from(length), "no byte came twice");
}

#[test]
fn a_folder_that_may_not_be_written_to_is_told() {
    let Some(site) = site(Speaks::B2share) else { return };
    some(&site);
    // Root may write everywhere: where the tests run as root, a user of its own logs in.
    let other = if rustix::process::getuid().is_root() { FreshUser::make("closed") } else { None };
    let above = other.as_ref().map_or_else(|| site.ssh.files(), |user| user.home.path().to_owned());
    let folder = above.join("closed");
    let may = |mode| fs::set_permissions(&folder, fs::Permissions::from_mode(mode)).unwrap();
    fs::create_dir(&folder).unwrap();
    may(0o555);
    let mut ask = json!({"oid": ID, "target": folder});
    if let Some(user) = &other {
        ask.as_object_mut().unwrap().extend(site.machine().as_object().unwrap().clone());
        (ask["login"], ask["password"]) = (json!(user.name), json!(user.password));
    }
    let (code, run) = site.failed("b2share_to_ssh", &ask);
    assert_eq!(code, "file.denied");
    assert!(run.to_string().contains("closed"), "{run:#}");
    assert_eq!(fs::read_dir(&folder).unwrap().count(), 0);
    may(0o777);
    site.well("b2share_to_ssh", &ask);
    assert_eq!(fs::read(folder.join("sub/d")).unwrap(), b"three");
}
