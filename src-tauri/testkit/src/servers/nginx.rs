//! nginx, which serves a folder by HTTP and HTTPS and takes uploads into it.

use std::io::Write as _;
use std::net::{Ipv4Addr, SocketAddr};
use std::path::{Path, PathBuf};
use std::process::Command;

use longshore_connectors::Connection;
use rcgen::{BasicConstraints, CertificateParams, IsCa, Issuer, KeyPair, date_time_ymd};
use serde_json::{Value, json};
use tempfile::TempDir;

use super::{Server, free_ports, program, status};

/// Serves `files/` of a temporary folder: below `/` to everyone, below `/locked/` to `user` with the password `secret`; takes uploads
/// below `/up/`. At a second port the same by TLS with a good certificate, at a third with one that has expired.
pub struct Nginx {
    server: Server,
    folder: TempDir,
    ports: [u16; 3],
}

impl Nginx {
    /// Starts one, empty.
    ///
    /// # Panics
    /// Where it is not installed or does not start.
    pub fn start() -> Self {
        let folder = TempDir::new().expect("a folder");
        let ports = free_ports();
        for name in ["files", "files/locked", "files/up", "temporary"] {
            std::fs::create_dir(folder.path().join(name)).expect("a folder");
        }
        certificates(folder.path());
        // The hash is that of `openssl passwd -apr1 -salt longshor secret`.
        std::fs::write(folder.path().join("users"), "user:$apr1$longshor$uZYoovraU1ncc0Ltzo6da.\n").expect("users");
        std::fs::write(folder.path().join("nginx.conf"), configuration(folder.path(), ports)).expect("a configuration");
        Self { server: run(folder.path(), ports), folder, ports }
    }

    /// Ends it at once and starts it again at the same ports.
    pub fn restart(&mut self) {
        self.server.kill();
        self.server = run(self.folder.path(), self.ports);
    }

    /// Ends it at once.
    pub fn kill(&mut self) {
        self.server.kill();
    }

    /// Where it listens for plain HTTP.
    pub fn address(&self) -> SocketAddr {
        (Ipv4Addr::LOCALHOST, self.ports[0]).into()
    }

    /// The folder that it serves.
    pub fn files(&self) -> PathBuf {
        self.folder.path().join("files")
    }

    /// A file with the certificate of the authority that signed its own.
    pub fn authority(&self) -> PathBuf {
        self.folder.path().join("ca.pem")
    }

    /// Writes a file that it serves.
    ///
    /// # Panics
    /// Where that cannot be done.
    pub fn put(&self, name: &str, content: &[u8]) {
        let path = self.files().join(name);
        std::fs::create_dir_all(path.parent().unwrap_or(&path)).expect("a folder");
        let mut file = std::fs::File::create(path).expect("a file");
        file.write_all(content).expect("its content");
    }

    /// A connection to it, with these extra fields.
    pub fn connection(&self, extra: &Value) -> Connection {
        to(&format!("http://{}", self.address()), extra)
    }

    /// A connection by TLS that trusts its authority; `expired` leads to the port whose certificate has expired.
    pub fn secure(&self, expired: bool) -> Connection {
        let port = self.ports[if expired { 2 } else { 1 }];
        to(&format!("https://localhost:{port}"), &json!({"ca_bundle": self.authority()}))
    }
}

/// A connection to a server of HTTP at `url`, with these extra fields.
///
/// # Panics
/// Where they are no object.
pub fn to(url: &str, extra: &Value) -> Connection {
    let extra = extra.as_object().expect("an object").clone();
    Connection { id: "test".into(), kind: "http".into(), host: Some(url.into()), extra, ..Connection::default() }
}

fn run(folder: &Path, ports: [u16; 3]) -> Server {
    let mut command = Command::new(nginx());
    command.arg("-p").arg(folder).args(["-e", "error.log", "-c", "nginx.conf"]);
    Server::start(&mut command, || status(ports[0], "GET", "/alive", "").is_some())
}

/// Debian keeps it where only the administrator's path leads.
fn nginx() -> PathBuf {
    let usual = PathBuf::from("/usr/sbin/nginx");
    if usual.is_file() { usual } else { program("nginx", "nginx") }
}

fn configuration(folder: &Path, [plain, secure, expired]: [u16; 3]) -> String {
    let folder = folder.display();
    // A master that is root gives its workers another user, who may not enter a temporary folder.
    let user = if rustix::process::geteuid().is_root() { "user root;" } else { "" };
    format!(
        "{user}
daemon off; worker_processes 2; pid {folder}/nginx.pid;
events {{ worker_connections 512; }}
http {{
  access_log off; sendfile on; types {{ }} default_type application/octet-stream;
  client_body_temp_path {folder}/temporary/body; proxy_temp_path {folder}/temporary/proxy;
  fastcgi_temp_path {folder}/temporary/fastcgi; uwsgi_temp_path {folder}/temporary/uwsgi; scgi_temp_path {folder}/temporary/scgi;
  client_max_body_size 0;
  server {{
    listen 127.0.0.1:{plain};
    listen 127.0.0.1:{secure} ssl;
    server_name localhost;
    ssl_certificate {folder}/good.pem; ssl_certificate_key {folder}/good.key;
    root {folder}/files;
    location /up/ {{ dav_methods PUT DELETE MKCOL; create_full_put_path on; dav_access user:rw; }}
    location /locked/ {{ auth_basic locked; auth_basic_user_file {folder}/users; }}
    location /slow/ {{ limit_rate 1m; }}
  }}
  server {{
    listen 127.0.0.1:{expired} ssl;
    ssl_certificate {folder}/expired.pem; ssl_certificate_key {folder}/expired.key;
    root {folder}/files;
  }}
}}
"
    )
}

/// An authority, a certificate of it for `localhost`, and one that has expired.
fn certificates(folder: &Path) {
    let authority_key = KeyPair::generate().expect("a key");
    let mut params = CertificateParams::new(Vec::new()).expect("no names");
    params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
    let authority = params.self_signed(&authority_key).expect("an authority");
    std::fs::write(folder.join("ca.pem"), authority.pem()).expect("a file");
    let issuer = Issuer::new(params, authority_key);
    for (name, until) in [("good", 2099), ("expired", 2020)] {
        let key = KeyPair::generate().expect("a key");
        let mut params = CertificateParams::new(vec!["localhost".into(), "127.0.0.1".into()]).expect("names");
        params.not_before = date_time_ymd(2019, 1, 1);
        params.not_after = date_time_ymd(until, 1, 1);
        let signed = params.signed_by(&key, &issuer).expect("a certificate");
        std::fs::write(folder.join(format!("{name}.pem")), signed.pem()).expect("a file");
        std::fs::write(folder.join(format!("{name}.key")), key.serialize_pem()).expect("a file");
    }
}
