//! Each flow over a bad network: the connection of one side is cut, or falls silent, in the middle of a file. The run ends right, by itself or by a
//! retry, and no more is sent again than must be.

use std::fs;
use std::net::SocketAddr;

use longshore_testkit::proxy::{Cut, Direction, Ending, Proxy};
use longshore_testkit::servers::gitlab::{self, Blob, GitLab};
use longshore_testkit::servers::model_server::ModelServer;
use longshore_testkit::servers::repository::{Speaks, Stored, TOKEN};
use longshore_testkit::servers::unicore::{self, Unicore};
use longshore_testkit::servers::{Nginx, Program, WebDav};
use serde_json::{Value, json};

use crate::common::http::send;
use crate::site::{Site, https, site};

const ID: &str = "0123456789abcdef0123456789abcdef";
const OID: &str = "9f6d3c1e-6a2b-4a43-9a0e-0d6a2c2f9b15";
const LENGTH: usize = 16 << 20;
/// Where it breaks: in the middle of the file.
const BREAKS: u64 = 8 << 20;

/// Bytes in which a place differs from its neighbours.
fn content() -> Vec<u8> {
    (0..LENGTH).map(|at| u8::try_from(at % 251).unwrap()).collect()
}

/// Both sides, each by way of a proxy.
struct Network {
    site: Site,
    ssh: Proxy,
    other: Proxy,
    gitlab: GitLab,
    models: ModelServer,
    unicore: Unicore,
    dav: WebDav,
    web: Nginx,
}

fn address(url: &str) -> SocketAddr {
    url.trim_start_matches("http://").split('/').next().unwrap().parse().unwrap()
}

impl Network {
    fn new() -> Option<Self> {
        let site = site(Speaks::B2share)?;
        let ssh = Proxy::to(SocketAddr::from(([127, 0, 0, 1], site.ssh.port()))).unwrap();
        let other = Proxy::to(address(&site.repository.url())).unwrap();
        let known = site.ssh.known_line("ed25519");
        let through = known.replace(&site.ssh.port().to_string(), &ssh.address().port().to_string());
        fs::write(site.ssh.path("known_hosts"), [known, through].concat()).unwrap();
        let mut connection = site.ssh.connection_with(json!({"remote_path": null, "stall_timeout": 1}));
        connection.port = Some(ssh.address().port());
        let fields = json!({"conn_type": "ssh", "host": connection.host, "port": connection.port,
            "login": connection.login, "extra": connection.extra});
        site.add("far_ssh", &fields, &[]);
        let dav = WebDav::start(Program::Rclone);
        let network = Self {
            site,
            ssh,
            other,
            gitlab: GitLab::start(),
            models: ModelServer::start(),
            unicore: Unicore::start(),
            dav,
            web: Nginx::start(),
        };
        network.connections();
        Some(network)
    }

    /// The address of what the second proxy leads to.
    fn far(&self) -> String {
        format!("http://{}", self.other.address())
    }

    fn connections(&self) {
        let mut far = https(&self.far());
        far["extra"] = json!({"timeout": 1});
        self.site.add("far_b2share", &far, &[("access_token", TOKEN)]);
        self.site.add("far_gitlab", &far, &[("password", gitlab::TOKEN)]);
        self.site.add("far_mlflow", &far, &[]);
        far["login"] = json!("user");
        self.site.add("far_webdav", &far, &[("password", "secret")]);
        far["host"] = json!(format!("{}{}", self.far(), unicore::BASE));
        far["login"] = json!(unicore::USER.0);
        self.site.add("far_unicore", &far, &[("password", unicore::USER.1)]);
        let entry = json!({"name": "n", "url": "webdav://far_webdav", "metadata": {"path": "/models/v1/"}});
        self.site.catalogue.put("storage_target", OID, entry.clone());
        self.site.catalogue.put("dataset", OID, entry);
    }

    /// Runs a flow over a connection that breaks once; how many bytes went in this direction, as a share of the file.
    fn broken(&self, flow: &str, ask: &Value, side: &Proxy, direction: Direction, ending: Ending) -> f64 {
        let what = format!("{flow} {direction:?} {ending:?}");
        let (cuts, before) = (side.cuts(), side.passed(direction));
        let set = |cut| {
            side.change(|faults| match direction {
                Direction::Up => faults.up.cut = cut,
                Direction::Down => faults.down.cut = cut,
            });
        };
        set(Some(Cut { after: BREAKS, ending, again: false }));
        let (code, run) = self.site.flow(&self.site.once(flow), ask);
        set(None);
        assert_eq!(side.cuts() - cuts, 1, "{what}: it was cut once");
        // What hangs ends, as it does on a network that is mended.
        side.restart();
        if code != 0 {
            self.site.retried(&Site::id(&run));
        }
        (side.passed(direction) - before) as f64 / LENGTH as f64
    }

    /// The same for a cut and a silence, on the side of the machine and on the other, of which a share of the file passes at most; `there` is
    /// what has arrived, which is taken away.
    fn each(&self, flow: &str, ask: &Value, ways: [Direction; 2], most: [f64; 2], there: impl Fn() -> Option<Vec<u8>>) {
        for ending in [Ending::Reset, Ending::Stall] {
            for ((side, direction), most) in [&self.ssh, &self.other].into_iter().zip(ways).zip(most) {
                let share = self.broken(flow, ask, side, direction, ending);
                assert!(there() == Some(content()), "{flow} {direction:?} {ending:?}: what arrived is right");
                assert!(share < most, "{flow} {direction:?} {ending:?}: {share:.2} of the file went over the line");
            }
        }
    }

    fn lead(&self, url: &str) {
        let target = address(url);
        self.other.change(|faults| faults.target = target);
    }

    /// What has arrived at the machine, which is taken away.
    fn arrived(&self, name: &str) -> Option<Vec<u8>> {
        let path = self.site.ssh.files().join(name);
        let found = fs::read(&path).ok();
        fs::remove_file(path).ok();
        found
    }

    fn source(&self) -> String {
        let folder = self.site.ssh.files().join("source");
        fs::create_dir_all(&folder).unwrap();
        fs::write(folder.join("big"), content()).unwrap();
        self.site.there("source")
    }
}

const IN: [Direction; 2] = [Direction::Up, Direction::Down];
const OUT: [Direction; 2] = [Direction::Down, Direction::Up];

/// What is under way is lost, a few MiB.
const GOES_ON: f64 = 1.4;

/// A file that is uploaded over HTTP begins anew, and so does one that a server gives as a whole alone.
const ANEW: f64 = 1.75;

#[test]
fn files_of_web_servers_and_repositories_arrive() {
    let Some(network) = Network::new() else { return };
    let to = |target: &str| json!({"target": network.site.there(target), "connection_id": "far_ssh"});
    let with = |mut ask: Value, more: Value| {
        ask.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
        ask
    };
    network.site.repository.held().publish(ID, "T", [("big".to_owned(), Stored::of(content()))]);
    network.site.repository.held().url = network.far();
    let ask = with(to("in"), json!({"oid": ID, "b2share": "far_b2share"}));
    network.each("b2share_to_ssh", &ask, IN, [GOES_ON; 2], || network.arrived("in/big"));

    network.gitlab.held().push("group/project", [("big", Blob::Lfs(content()))]);
    network.lead(&network.gitlab.url());
    let ask = with(to("in"), json!({"project": "group/project", "gitlab": "far_gitlab"}));
    network.each("gitlab_to_ssh", &ask, IN, [GOES_ON, ANEW], || network.arrived("in/big"));

    network.web.put("images/big", &content());
    network.lead(&format!("http://{}", network.web.address()));
    let ask = with(to("in/big"), json!({"url": format!("{}/images/big", network.far())}));
    // Nothing says for a URL how long its server may be silent: it is cut alone.
    for (side, direction) in [(&network.ssh, Direction::Up), (&network.other, Direction::Down)] {
        network.broken("http_to_ssh", &ask, side, direction, Ending::Reset);
        assert!(network.arrived("in/big") == Some(content()));
        let image = with(to("in"), json!({"url": format!("{}/images", network.far()), "image_id": "big"}));
        network.broken("image_transfer", &image, side, direction, Ending::Reset);
        assert!(network.arrived("in/big") == Some(content()));
    }
}

/// Takes a file away by the server: rclone's keeps for minutes what it knows of a folder, and refuses to replace a file (403) that is gone
/// behind its back.
fn gone(dav: &WebDav, path: &str) {
    let login = [("Authorization", "Basic dXNlcjpzZWNyZXQ=")];
    send(&dav.address().to_string(), "DELETE", path, &login, b"");
}

#[test]
fn datasets_come_from_webdav_and_go_there() {
    let Some(network) = Network::new() else { return };
    let folder = network.dav.files().join("models/v1");
    fs::create_dir_all(&folder).unwrap();
    fs::write(folder.join("big"), content()).unwrap();
    network.lead(&network.dav.connection().host.unwrap());
    let ask = json!({"oid": OID, "target": network.site.there("in"), "connection_id": "far_ssh"});
    network.each("webdav_stagein", &ask, IN, [GOES_ON; 2], || network.arrived("in/v1/big"));

    gone(&network.dav, "/models/v1/big");
    let ask = json!({"oid": OID, "path": network.source(), "connection_id": "far_ssh"});
    network.each("webdav_stageout", &ask, OUT, [GOES_ON, ANEW], || {
        let found = fs::read(folder.join("big")).ok();
        gone(&network.dav, "/models/v1/big");
        found
    });
}

#[test]
fn a_folder_becomes_a_record() {
    let Some(network) = Network::new() else { return };
    network.site.repository.held().url = network.far();
    let metadata = json!({"titles": [{"title": "T"}], "community": "c", "open_access": true, "community_specific": {}});
    let ask =
        json!({"source": network.source(), "metadata": metadata, "b2share": "far_b2share", "connection_id": "far_ssh"});
    network.each("ssh_to_b2share", &ask, OUT, [GOES_ON, ANEW], || {
        let mut state = network.site.repository.held();
        let records = std::mem::take(&mut state.records);
        let [record]: [_; 1] = records.into_values().collect::<Vec<_>>().try_into().ok()?;
        (record.state == "published").then(|| record.files["big"].bytes.clone())
    });
}

#[test]
fn models_go_to_mlflow_and_come_back() {
    let Some(network) = Network::new() else { return };
    network.lead(&network.models.url());
    let source = network.source();
    let attributes = json!({"name": "e", "metrics": {}, "params": {}, "artifacts": ["big"]});
    fs::write(network.site.ssh.files().join("source/attrs.json"), attributes.to_string()).unwrap();
    let ask = json!({"location": source, "mlflow": "far_mlflow", "connection_id": "far_ssh"});
    network.each("mlflow_upload_model", &ask, OUT, [GOES_ON, ANEW], || {
        let mut state = network.models.held();
        let artifacts = std::mem::take(&mut state.artifacts);
        artifacts.into_iter().find(|(path, _)| path.ends_with("/big")).map(|(_, bytes)| bytes)
    });
    network.models.held().artifacts.insert("0/0/artifacts/model/big".into(), content());
    let ask = json!({"location": network.site.there("in"), "mlflow": "far_mlflow", "mlflow_runid": "0", "connection_id": "far_ssh"});
    network.each("mlflow_stagein", &ask, IN, [GOES_ON, ANEW], || network.arrived("in/model/big"));
}

#[test]
fn datasets_go_to_unicore() {
    let Some(network) = Network::new() else { return };
    // From a WebDAV that is near: the far side is the site.
    let mut near = https(&network.dav.connection().host.unwrap());
    near["login"] = json!("user");
    network.site.add("near_webdav", &near, &[("password", "secret")]);
    let folder = network.dav.files().join("models/v1");
    fs::create_dir_all(&folder).unwrap();
    fs::write(folder.join("big"), content()).unwrap();
    let entry = json!({"name": "n", "url": "webdav://near_webdav", "metadata": {"path": "/models/v1/"}});
    network.site.catalogue.put("dataset", OID, entry);
    network.lead(&network.unicore.url());
    let ask = json!({"oid": OID, "target": "in", "unicore": "far_unicore"});
    for ending in [Ending::Reset, Ending::Stall] {
        for direction in [Direction::Up, Direction::Down] {
            let share = network.broken("webdav_to_unicore", &ask, &network.other, direction, ending);
            let found = network.unicore.held().files("HOME").remove("in/v1/big").flatten();
            assert!(found == Some(content()), "{direction:?} {ending:?}");
            assert!(share < ANEW, "{direction:?} {ending:?}: {share:.2} of the file went over the line");
        }
    }
    let left: Vec<String> = network.unicore.held().files("HOME").keys().cloned().collect();
    assert_eq!(left, ["in", "in/v1"], "nothing temporary is left");
}

#[test]
fn a_tree_goes_from_one_machine_to_another() {
    let Some(network) = Network::new() else { return };
    let ask = json!({
        "source_path": network.source(), "source_connection_id": "default_ssh",
        "target_path": network.site.there("copy"), "target_connection_id": "far_ssh",
    });
    for ending in [Ending::Reset, Ending::Stall] {
        let share = network.broken("ssh_to_ssh", &ask, &network.ssh, Direction::Up, ending);
        assert!(network.arrived("copy/big") == Some(content()) && share < GOES_ON, "{ending:?}: {share:.2}");
        let mut back = ask.clone();
        (back["source_connection_id"], back["target_connection_id"]) = (json!("far_ssh"), json!("default_ssh"));
        let share = network.broken("ssh_to_ssh", &back, &network.ssh, Direction::Down, ending);
        assert!(network.arrived("copy/big") == Some(content()) && share < GOES_ON, "{ending:?}: {share:.2}");
    }
}
