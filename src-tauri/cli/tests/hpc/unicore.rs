//! Datasets from WebDAV to a storage of UNICORE.

use std::fs;

use longshore_testkit::servers::repository::Speaks;
use longshore_testkit::servers::unicore::{BASE, TOKEN, USER, Unicore};
use longshore_testkit::servers::{Program, WebDav};
use serde_json::{Value, json};

use crate::site::{Site, https, site};

const OID: &str = "9f6d3c1e-6a2b-4a43-9a0e-0d6a2c2f9b14";
const LENGTH: usize = 3 << 20;

/// A dataset of the data catalogue on WebDAV, and a site that the connection `default_unicore` leads to.
fn dataset(site: &Site) -> (WebDav, Unicore, Value) {
    let dav = WebDav::start(Program::Rclone);
    let connection = dav.connection();
    let to_dav = json!({"conn_type": "https", "host": connection.host, "login": connection.login});
    site.add("my_webdav", &to_dav, &[("password", "secret")]);
    fs::create_dir_all(dav.files().join("models/v1/deep")).unwrap();
    fs::write(dav.files().join("models/v1/model b.pkl"), vec![3; LENGTH]).unwrap();
    fs::write(dav.files().join("models/v1/deep/a"), "x").unwrap();
    fs::write(dav.files().join("models/v1/empty"), "").unwrap();
    let entry = json!({"name": "n", "url": "webdav://my_webdav", "metadata": {"path": "/models/v1/"}});
    site.catalogue.put("dataset", OID, entry);
    let unicore = Unicore::start();
    let mut to_unicore = https(&unicore.url());
    to_unicore["host"] = json!(format!("{}{BASE}", unicore.url()));
    to_unicore["login"] = json!(USER.0);
    site.add("default_unicore", &to_unicore, &[("password", USER.1)]);
    (dav, unicore, json!({"oid": OID, "target": "/tmp/in/"}))
}

/// Files of a storage, with how long they are.
fn files(unicore: &Unicore, storage: &str) -> Vec<(String, usize)> {
    let mut state = unicore.held();
    let files = state.files(storage).iter().filter_map(|(path, file)| Some((path.clone(), file.as_ref()?.len())));
    files.collect()
}

fn all() -> Vec<(String, usize)> {
    let of = |name: &str, length| (format!("tmp/in/v1/{name}"), length);
    vec![of("deep/a", 1), of("empty", 0), of("model b.pkl", LENGTH)]
}

#[test]
fn a_dataset_goes_to_unicore_and_what_is_proved_to_be_there_is_left() {
    let Some(site) = site(Speaks::B2share) else { return };
    let (_dav, unicore, mut ask) = dataset(&site);
    site.well("webdav2unicore", &ask);
    assert_eq!(files(&unicore, "HOME"), all());
    assert!(unicore.held().logins < 8, "a session takes the place of most logins: {}", unicore.held().logins);
    // Of the same size, but not the same.
    unicore.held().files("HOME").insert("tmp/in/v1/deep/a".into(), Some(b"y".to_vec()));
    let puts = |unicore: &Unicore| unicore.held().asked.iter().filter(|asked| asked.starts_with("PUT")).count();
    let before = puts(&unicore);
    ask["force"] = json!(false);
    site.well("webdav_to_unicore", &ask);
    assert_eq!(puts(&unicore) - before, 1, "only the file that was another was sent");
    assert_eq!(unicore.held().files("HOME")["tmp/in/v1/deep/a"].as_deref(), Some(&b"x"[..]));
    ask["oid"] = json!("9f6d3c1e-6a2b-4a43-9a0e-0d6a2c2f9b99");
    assert_eq!(site.fault("webdav_to_unicore", &ask).0, "file.missing", "no default stands in for an unknown oid");
}

#[test]
fn a_site_for_one_run_is_reached_by_password_or_by_token() {
    let Some(site) = site(Speaks::B2share) else { return };
    let (_dav, unicore, ask) = dataset(&site);
    let url = format!("{}{BASE}", unicore.url());
    let with = |more: Value| {
        let mut ask = ask.clone();
        ask.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
        ask["site_url"] = json!(url);
        ask
    };
    let run = site.well("webdav2unicore", &with(json!({"user": USER.0, "password": USER.1, "working_dir": "/tmp/"})));
    assert!(!run.to_string().contains(USER.1));
    assert_eq!(files(&unicore, "HOME"), all());
    site.well("webdav2unicore", &with(json!({"password": TOKEN, "storage": "SCRATCH"})));
    assert_eq!(files(&unicore, "SCRATCH"), all());
    assert_eq!(site.fault("webdav2unicore", &with(json!({"password": "another"}))).0, "http.denied");
    let nowhere = with(json!({"password": TOKEN, "storage": "NOWHERE"}));
    assert_eq!(site.fault("webdav2unicore", &nowhere).0, "file.missing");
}

#[test]
fn what_breaks_on_its_way_is_sent_again_and_ends_right() {
    let Some(site) = site(Speaks::B2share) else { return };
    let (_dav, unicore, ask) = dataset(&site);
    {
        let mut state = unicore.held();
        (state.breaks, state.damages, state.loses, state.making) = (1, 1, 1, 1);
    }
    let (code, run) = site.flow("webdav_to_unicore", &ask);
    assert_eq!(code, 0, "{run:#}");
    assert_eq!(files(&unicore, "HOME"), all(), "nothing half or temporary is left");
    let mut state = unicore.held();
    let model = state.files("HOME")["tmp/in/v1/model b.pkl"].clone().unwrap();
    assert!(model.iter().all(|byte| *byte == 3));
}

#[test]
fn a_site_is_a_storage_too() {
    let Some(site) = site(Speaks::B2share) else { return };
    let (_dav, unicore, _) = dataset(&site);
    unicore.held().files("PROJECT").insert("a".into(), Some(vec![1; 9 << 20]));
    let mut project = https(&unicore.url());
    project["conn_type"] = json!("unicore");
    project["host"] = json!(format!("{}/DEMO-SITE", unicore.url()));
    project["extra"] = json!({"storage": "PROJECT"});
    site.add("project", &project, &[("password", TOKEN)]);
    let told = site.place.run(["--json", "connection", "test", "project", "--write"]).expect(0).json();
    assert!(told.to_string().contains("3 storages can be seen"), "{told}");
    unicore.held().cut_after = Some(5 << 20);
    unicore.held().end_session();
    site.place.run(["copy", "project:a", site.place.path("back").to_str().unwrap()]).expect(0);
    assert_eq!(fs::read(site.place.path("back")).unwrap(), vec![1; 9 << 20]);
    unicore.held().files("PROJECT").insert("bad".into(), None);
    unicore.held().files("PROJECT").insert("bad/../up".into(), Some(b"x".to_vec()));
    let out = site.place.run(["--json", "copy", "project:bad", site.place.path("bad").to_str().unwrap()]);
    assert_eq!((out.code, out.json().to_string().contains("record.name")), (1, true));
}
