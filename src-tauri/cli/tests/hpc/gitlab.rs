//! Repositories of GitLab to a machine.

use std::fs;
use std::os::unix::fs::PermissionsExt as _;

use longshore_testkit::servers::gitlab::{Blob, GitLab, TOKEN};
use longshore_testkit::servers::repository::Speaks;
use serde_json::{Value, json};

use crate::site::{Site, https, site};

const PROJECT: &str = "ocean/models/fesom2_core2";

fn gitlab(site: &Site) -> GitLab {
    let server = GitLab::start();
    site.add("default_gitlab", &https(&server.url()), &[("password", TOKEN)]);
    server
}

fn files() -> Vec<(&'static str, Blob)> {
    vec![
        ("README.md", Blob::Plain(b"a model".to_vec())),
        ("bin/run.sh", Blob::Program(b"#!/bin/sh\n".to_vec())),
        ("mesh/big.nc", Blob::Lfs(vec![3; 3 << 20])),
        ("mesh/deep/a b.txt", Blob::Plain(vec![b'x'; 2000])),
        ("mesh/empty", Blob::Plain(Vec::new())),
        ("mesh/link", Blob::Link("deep/a b.txt")),
        ("mesh/passwd", Blob::Link("/etc/passwd")),
        ("module", Blob::Module),
    ]
}

fn ask(site: &Site, target: &str) -> Value {
    json!({"project": PROJECT, "target": site.there(target)})
}

#[test]
fn the_files_of_a_commit_arrive_those_of_lfs_themselves() {
    let Some(site) = site(Speaks::B2share) else { return };
    let server = gitlab(&site);
    server.held().push(PROJECT, files());
    let run = site.well("gitlab_to_ssh", &ask(&site, "out"));
    assert_eq!(site.names("out"), ["README.md", "bin", "mesh"]);
    assert_eq!(site.names("out/mesh"), ["big.nc", "deep", "empty", "link"]);
    assert_eq!(site.content("out/mesh/big.nc"), vec![3; 3 << 20]);
    assert_eq!(site.content("out/mesh/link"), vec![b'x'; 2000]);
    assert_eq!(site.content("out/mesh/empty"), b"");
    let mode = fs::metadata(site.ssh.files().join("out/bin/run.sh")).unwrap().permissions().mode();
    assert_eq!(mode & 0o111, 0o111, "what can be executed still can");
    assert!(!run.to_string().contains(TOKEN));
    let once = |what: &str| server.held().asked.iter().filter(|asked| asked.contains(what)).count();
    assert_eq!(once("big.nc/raw?ref") - 2, 1, "beside its size and its pointer one request gets a file");
}

#[test]
fn the_former_names_of_flow_and_parameters_and_a_gitlab_for_one_run_are_taken() {
    let Some(site) = site(Speaks::B2share) else { return };
    let server = GitLab::start();
    server.held().push(PROJECT, [("a", Blob::Plain(b"x".to_vec()))]);
    let former = json!({
        "gitlab_url": server.url(), "gitlab_repo": "fesom2_core2", "gitlab_token": TOKEN, "target": site.there("out"),
    });
    let run = site.well("git2ssh", &former);
    assert_eq!(site.content("out/a"), b"x");
    assert!(!run.to_string().contains(TOKEN));
    server.held().push("other/fesom2_core2", []);
    let (code, told) = site.fault("git2ssh", &former);
    assert_eq!(code, "gitlab.ambiguous");
    assert!(told.contains("other/fesom2_core2") && told.contains(PROJECT), "{told}");
}

#[test]
fn a_part_of_another_branch_is_copied_and_a_file_under_its_name() {
    let Some(site) = site(Speaks::B2share) else { return };
    let server = gitlab(&site);
    let first = server.held().push(PROJECT, files());
    server.held().push(PROJECT, [("other", Blob::Plain(b"y".to_vec()))]);
    server.held().projects[0].branches.insert("feature/a".into(), first);
    let mut part = ask(&site, "out");
    (part["ref"], part["path"]) = (json!("feature/a"), json!("/mesh/deep/"));
    site.well("gitlab_to_ssh", &part);
    assert_eq!(site.names("out"), ["a b.txt"]);
    part["path"] = json!("README.md");
    site.well("gitlab_to_ssh", &part);
    assert_eq!(site.names("out"), ["README.md", "a b.txt"]);
    part["path"] = json!("nothing");
    assert_eq!(site.fault("gitlab_to_ssh", &part).0, "file.missing");
}

#[test]
fn what_is_pushed_meanwhile_changes_nothing() {
    let Some(site) = site(Speaks::B2share) else { return };
    let server = gitlab(&site);
    server.held().push(PROJECT, files());
    // The copy fails for good, the branch moves on, and the copy is tried again.
    server.held().damaged = true;
    let mut readme = ask(&site, "out");
    readme["path"] = json!("README.md");
    let (code, run) = site.failed("gitlab_to_ssh", &readme);
    assert_eq!(code, "file.not_as_stated");
    assert!(site.names("out").is_empty(), "what is not as it is stated gets no name");
    server.held().push(PROJECT, [("README.md", Blob::Plain(b"another".to_vec()))]);
    site.retried(&Site::id(&run));
    assert_eq!(site.content("out/README.md"), b"a model");
}

#[test]
fn without_force_only_what_is_proved_to_be_the_same_is_left() {
    let Some(site) = site(Speaks::B2share) else { return };
    let server = gitlab(&site);
    server.held().push(PROJECT, files());
    site.well("gitlab_to_ssh", &ask(&site, "out"));
    fs::write(site.ssh.files().join("out/README.md"), "a modem").unwrap();
    server.held().asked.clear();
    let mut without = ask(&site, "out");
    without["force"] = json!(false);
    site.well("gitlab_to_ssh", &without);
    assert_eq!(site.content("out/README.md"), b"a model");
    let fetched: Vec<String> = server.held().asked.iter().filter(|asked| asked.contains("lfs=true")).cloned().collect();
    assert_eq!(fetched.len(), 1, "{fetched:?}");
}

#[test]
fn a_transfer_that_is_cut_or_stalls_and_a_server_that_asks_for_a_pause_change_nothing() {
    let Some(site) = site(Speaks::B2share) else { return };
    for stalls in [false, true] {
        let server = GitLab::start();
        let mut connection = https(&server.url());
        connection["extra"] = json!({"timeout": 0.5});
        let (name, out) = (format!("lab_{stalls}"), format!("out_{stalls}"));
        site.add(&name, &connection, &[("password", TOKEN)]);
        server.held().push(PROJECT, files());
        {
            let mut state = server.held();
            (state.cut_after, state.stalls, state.busy) = (Some(1 << 20), stalls, 2);
        }
        let mut ask = ask(&site, &out);
        ask["gitlab"] = json!(name);
        site.well("gitlab_to_ssh", &ask);
        assert_eq!(site.content(&format!("{out}/mesh/big.nc")), vec![3; 3 << 20]);
        let state = server.held();
        assert_eq!((state.cut_after, state.busy), (None, 0), "all of it has happened");
    }
}

#[test]
fn names_that_would_leave_the_target_are_refused() {
    let Some(site) = site(Speaks::B2share) else { return };
    let server = gitlab(&site);
    for name in ["../escaped", ".."] {
        server.held().push(PROJECT, [(name, Blob::Plain(b"x".to_vec()))]);
        assert_eq!(site.fault("gitlab_to_ssh", &ask(&site, "out")).0, "record.name", "{name}");
    }
    assert!(site.names("").iter().all(|name| name == "out"), "{:?}", site.names(""));
    assert!(site.names("out").is_empty());
}

#[test]
fn a_project_that_may_not_be_seen_and_a_proxy_that_answers_in_its_place_are_told() {
    let Some(site) = site(Speaks::B2share) else { return };
    let server = gitlab(&site);
    server.held().push(PROJECT, files());
    site.add("closed", &https(&server.url()), &[]);
    let mut closed = ask(&site, "out");
    closed["gitlab"] = json!("closed");
    let (code, told) = site.fault("gitlab_to_ssh", &closed);
    assert_eq!(code, "file.missing");
    assert!(told.contains("may not see"), "{told}");
    server.held().proxy_in_front = true;
    let (code, told) = site.fault("gitlab_to_ssh", &ask(&site, "out"));
    assert_eq!(code, "file.missing");
    assert!(told.contains("a proxy before the server"), "{told}");
    closed["gitlab"] = json!("nobody");
    assert_eq!(site.fault("gitlab_to_ssh", &closed).0, "storage.unknown");
}

#[test]
fn a_gitlab_is_a_storage_too() {
    let Some(site) = site(Speaks::B2share) else { return };
    let server = GitLab::start();
    server.held().push(PROJECT, files());
    let mut connection = https(&server.url());
    connection["conn_type"] = json!("gitlab");
    connection["extra"] = json!({"project": PROJECT});
    site.add("lab", &connection, &[("password", TOKEN)]);
    site.place.run(["connection", "test", "lab"]).expect(0);
    let to = site.place.path("here");
    let from = format!("lab:{}@main/mesh", PROJECT.replace('/', "%2F"));
    site.place.run(["copy", &from, to.to_str().unwrap()]).expect(0);
    assert_eq!(fs::read(to.join("big.nc")).unwrap().len(), 3 << 20);
    site.place.run(["copy", "lab:@HEAD/README.md", to.join("r").to_str().unwrap()]).expect(0);
    assert_eq!(fs::read(to.join("r")).unwrap(), b"a model");
}
