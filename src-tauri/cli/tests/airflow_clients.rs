//! Airflow's interface, driven by Airflow's own clients, and held against the documents that say what is served.
#![allow(clippy::unwrap_used)]

mod common;

use std::path::Path;
use std::process::Command;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use common::airflow::{ADMIN, Api, place};
use longshore_testkit::servers::program;
use rustix::process::Signal;
use serde_json::Value;

fn ran(command: &mut Command) -> String {
    let output = command.output().unwrap();
    let said = format!("{}{}", String::from_utf8_lossy(&output.stdout), String::from_utf8_lossy(&output.stderr));
    assert!(output.status.success(), "{said}");
    said
}

fn driven(kit: &str, script: &str) {
    let place = place();
    let api = Api::start(&place);
    let script = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/airflow").join(script);
    let url = format!("http://{}", api.address);
    let said = ran(Command::new(program(kit, "python")).arg(script).args([&url, ADMIN.0, ADMIN.1]));
    assert!(said.ends_with("done\n"), "{said}");
    api.end();
}

#[test]
fn the_client_of_airflow_2_drives_it() {
    driven("airflow2", "v1.py");
}

#[test]
fn the_client_of_airflow_3_drives_it() {
    driven("airflow3", "v2.py");
}

#[test]
fn other_machines_are_answered_with_tls_only() {
    let place = place();
    let listen = ["--json", "serve", "--airflow-api", "--listen"];
    let refused = place.run(listen.iter().chain(&["0.0.0.0:0"])).expect(4).json();
    assert_eq!(refused["fault"]["code"], "serve.tls");
    let made = rcgen::generate_simple_self_signed(["localhost".to_owned()]).unwrap();
    let (cert, key) =
        (place.file("cert.pem", made.cert.pem()), place.file("key.pem", made.signing_key.serialize_pem()));
    let (cert, key) = (cert.to_str().unwrap(), key.to_str().unwrap());
    let mut owner = place.start(listen.iter().chain(&["127.0.0.1:0", "--tls-cert", cert, "--tls-key", key]));
    let said: Value = serde_json::from_str(&owner.until_printed()).unwrap();
    let url = said["airflow_api"].as_str().unwrap().replace("127.0.0.1", "localhost");
    assert!(url.starts_with("https://"), "{url}");
    let script = "import ssl, sys, urllib.request as u; c = ssl.create_default_context(cafile=sys.argv[2])\n\
                  print(u.urlopen(sys.argv[1] + '/api/v1/health', context=c).status)";
    assert_eq!(ran(Command::new(program("airflow3", "python")).args(["-c", script, &url, cert])), "200\n");
    owner.signal(Signal::TERM);
    owner.end().expect(0);
}

/// Whatever is sent that the document allows is answered as it says, and what it forbids is refused. What is sent is the same each time. Two
/// checks are left out: what a document allows may still be refused (a name that is taken, a parameter that a flow wants), and logins that fail
/// again and again are told to wait, and not that they are wrong.
fn held_to_its_document(login: &str, version: &str) {
    let place = place();
    let api = Api::start(&place);
    let login = if login == "token" {
        api.token(ADMIN)
    } else {
        format!("Basic {}", STANDARD.encode(format!("{}:{}", ADMIN.0, ADMIN.1)))
    };
    let document = format!("http://{}/api/{version}/openapi.json", api.address);
    let header = format!("Authorization: {login}");
    let mut command = Command::new(program("schemathesis", "schemathesis"));
    command.current_dir(place.path("")).args(["run", &document, "--header", &header]);
    command.args(["--seed", "7", "--max-examples", "4", "--phases", "examples,coverage,fuzzing", "--no-color"]);
    command.args(["--exclude-checks", "positive_data_acceptance,ignored_auth"]);
    command.args(["--generation-database", "none", "--suppress-health-check", "all", "--workers", "1"]);
    ran(&mut command);
    api.end();
}

#[test]
fn what_is_served_as_v1_is_what_its_document_says() {
    held_to_its_document("password", "v1");
}

#[test]
fn what_is_served_as_v2_is_what_its_document_says() {
    held_to_its_document("token", "v2");
}
