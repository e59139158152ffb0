//! SFTP against OpenSSH's own server.
#![allow(clippy::unwrap_used)]

use longshore_connectors::sftp::Sftp;
use longshore_testkit::conformance;
use longshore_testkit::servers::sshd::{Setup, Sshd};

#[test]
fn conformance_with_openssh() {
    let Some(server) = Sshd::start(&Setup::default()) else { return };
    let storage = Sftp::open("server", &server.connection(), b"").unwrap();
    conformance::run(&storage);
}
