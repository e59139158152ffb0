//! Files of web servers and of other machines.

use std::fs;

use longshore_testkit::servers::repository::Speaks;
use longshore_testkit::servers::{Answer, Answers, WebDav};
use serde_json::json;

use crate::site::{Site, site};

fn images() -> Answers {
    Answers::start(|asked| match asked.target.as_str() {
        "/images/a%20b.sif?token=t" | "/images/image.sif" => Answer::new(200, "an image").with("ETag", "\"1\""),
        "/images/page.sif" => Answer::new(200, "<html>404</html>").with("Content-Type", "text/html"),
        _ => Answer::new(404, "no"),
    })
}

#[test]
fn a_file_of_a_web_server_goes_to_a_machine() {
    let Some(site) = site(Speaks::B2share) else { return };
    let server = images();
    let url = |name: &str| format!("{}/images/{name}", server.url());
    site.well("plainhttp2ssh", &json!({"url": url("a%20b.sif?token=t"), "target": site.there("out.sif")}));
    site.well("http_to_ssh", &json!({"url": url("image.sif"), "target": site.there("in/"), "force": false}));
    assert_eq!((site.content("out.sif"), site.content("in/image.sif")), (b"an image".to_vec(), b"an image".to_vec()));
    let page = json!({"url": url("page.sif"), "target": site.there("page.sif")});
    assert_eq!(site.fault("http_to_ssh", &page).0, "http.page");
    let gone = json!({"url": url("gone.sif"), "target": site.there("gone.sif")});
    assert_eq!(site.fault("http_to_ssh", &gone).0, "file.missing");
    assert_eq!(site.names(""), ["in", "out.sif"]);
}

#[test]
fn an_image_goes_to_a_folder_of_a_machine() {
    let Some(site) = site(Speaks::B2share) else { return };
    let server = images();
    let url = format!("{}/images", server.url());
    site.well("transfer_image", &json!({"image_id": "image.sif", "target": site.there("images"), "url": url}));
    assert_eq!(site.names("images"), ["image.sif"]);
    let ask = |id: &str| json!({"image_id": id, "target": site.there("images"), "url": url});
    assert_eq!(site.fault("image_transfer", &ask("page.sif")).0, "http.page");
    assert_eq!(site.fault("image_transfer", &ask("gone.sif")).0, "file.missing");
    assert_eq!(site.names("images"), ["image.sif"], "neither got a name");
}

#[test]
fn a_path_of_one_machine_gets_the_other_path_on_the_other() {
    let Some(site) = site(Speaks::B2share) else { return };
    // The path that is replaced comes twice.
    let folder = site.ssh.files().join("run/run");
    fs::create_dir_all(&folder).unwrap();
    fs::write(folder.join("a"), "x").unwrap();
    fs::write(folder.join("../b"), "y").unwrap();
    site.well("ssh2ssh", &json!({"source_path": site.there("run"), "target_path": site.there("copy")}));
    assert_eq!(
        (site.names("copy"), site.names("copy/run")),
        (vec!["b".to_owned(), "run".to_owned()], vec!["a".to_owned()])
    );
    site.well("ssh_to_ssh", &json!({"source_path": site.there("run/b"), "target_path": site.there("c")}));
    assert_eq!(site.content("c"), b"y");
}

const OID: &str = "9f6d3c1e-6a2b-4a43-9a0e-0d6a2c2f9b13";

fn dav(site: &Site) -> WebDav {
    let server = WebDav::start(longshore_testkit::servers::Program::Rclone);
    let connection = server.connection();
    let https = json!({"conn_type": "https", "host": connection.host, "login": connection.login});
    site.add("my_webdav", &https, &[("password", "secret")]);
    server
}

#[test]
fn a_dataset_goes_from_webdav_to_a_machine_and_results_come_back() {
    let Some(site) = site(Speaks::B2share) else { return };
    let server = dav(&site);
    let ask = json!({"oid": OID, "target": site.there("in")});
    assert_eq!(site.fault("webdav_stagein", &ask).0, "file.missing", "an id that is not known is an error");
    fs::create_dir_all(site.ssh.files().join("results/deep")).unwrap();
    fs::write(site.ssh.files().join("results/deep/a"), "x").unwrap();
    let entry = json!({"name": "n", "url": "webdav://my_webdav", "metadata": {"path": "/models/v1/"}});
    site.catalogue.put("storage_target", OID, entry.clone());
    site.catalogue.put("dataset", OID, entry);
    site.well("webdav_stageout", &json!({"oid": OID, "path": site.there("results")}));
    site.well("webdav_stagein", &ask);
    assert_eq!(site.content("in/v1/deep/a"), b"x");
    site.catalogue.put("dataset", OID, json!({"name": "n", "url": "webdav://my_webdav", "metadata": {}}));
    assert_eq!(site.fault("webdav_stagein", &ask).0, "datacat.malformed");
    site.catalogue.put("dataset", OID, json!({"name": "n", "url": "webdav://my_webdav", "metadata": {"path": "../x"}}));
    assert_eq!(site.fault("webdav_stagein", &ask).0, "datacat.malformed");
    let out = json!({"oid": OID, "path": site.there("results")});
    for entry in [
        json!({"name": "n", "url": "webdav://my_webdav", "metadata": {}}),
        json!({"name": "n", "url": "my_webdav", "metadata": {"path": "/models/v2/"}}),
        json!({"name": "n", "url": "webdav://my_webdav", "metadata": {"path": "/../v2/"}}),
        json!({"name": "n", "metadata": {"path": "/models/v2/"}}),
        json!(["n"]),
    ] {
        site.catalogue.put("storage_target", OID, entry.clone());
        assert_eq!(site.fault("webdav_stageout", &out).0, "datacat.malformed", "{entry}");
    }
    assert_eq!(fs::read_dir(server.files().join("models")).unwrap().count(), 1, "nothing was sent");
}
