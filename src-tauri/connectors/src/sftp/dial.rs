//! Reaching a server and knowing that it is the right one.

use std::io::ErrorKind;
use std::net::{SocketAddr, TcpStream, ToSocketAddrs};
use std::time::Duration;

use rustix::fd::OwnedFd;
use ssh2::{ErrorCode, MethodType, Session};

use super::known_hosts::{HostKey, Verdict};
use super::target::Target;
use super::trouble::Lost;
use super::tunnel::{self, Tunnel};
use super::{auth, known_hosts, os};

/// Ciphers to offer where the processor has AES and libssh2 passes whole packets to OpenSSL (`third_party/libssh2-sys`), the fastest first.
/// OpenSSL takes 4 GB/s through AES-128-GCM there; libssh2 has a ChaCha20 of its own, in plain C, which takes a tenth of that.
const AES_FIRST: &str =
    "aes128-gcm@openssh.com,aes256-gcm@openssh.com,chacha20-poly1305@openssh.com,aes128-ctr,aes192-ctr,aes256-ctr";

/// Ciphers to offer elsewhere: what AES costs without the processor's help, ChaCha20 does not.
const CHACHA_FIRST: &str =
    "chacha20-poly1305@openssh.com,aes128-gcm@openssh.com,aes256-gcm@openssh.com,aes128-ctr,aes192-ctr,aes256-ctr";

/// Types of host keys, the most wanted first. `ssh-rsa` is a type of key here; how it signs is agreed apart from that.
const KINDS: [&str; 5] =
    ["ssh-ed25519", "ecdsa-sha2-nistp256", "ecdsa-sha2-nistp384", "ecdsa-sha2-nistp521", "ssh-rsa"];

/// A session on a server.
pub(super) struct Dialed {
    pub(super) session: Session,
    /// The session's socket once more, to wait for.
    pub(super) socket: OwnedFd,
    /// What carries the socket's bytes, if a jump host does. It ends with this.
    _tunnel: Option<Tunnel>,
}

/// A connection to a server that nothing was said on yet.
pub(super) struct Wire {
    socket: OwnedFd,
    tunnel: Option<Tunnel>,
}

impl Wire {
    /// A connection without jump hosts.
    pub(super) fn of(stream: TcpStream) -> Self {
        Self { socket: stream.into(), tunnel: None }
    }
}

/// The key exchange and the cipher that both sides agreed on.
pub(super) fn agreed(session: &Session) -> String {
    let method = |what| session.methods(what).unwrap_or("unknown").to_owned();
    format!("{}, {}", method(MethodType::Kex), method(MethodType::CryptSc))
}

/// Reaches the server, checks its key and logs in.
pub(super) fn dial(target: &Target) -> Result<Dialed, Lost> {
    let dialed = shake(target, reach(target)?)?;
    check(target, &dialed.session)?;
    auth::login(target, &dialed.session)?;
    Ok(dialed)
}

/// The server's addresses.
pub(super) fn addresses(target: &Target) -> Result<Vec<SocketAddr>, Lost> {
    let found = (target.host.as_str(), target.port).to_socket_addrs().map(Vec::from_iter);
    match found {
        Ok(found) if !found.is_empty() => Ok(found),
        Ok(_) => Err(Lost::new("ssh.unreachable", format!("the name {} has no address", target.host))),
        Err(error) => Err(Lost::new("ssh.unreachable", format!("the name {} is not known: {error}", target.host))),
    }
}

/// A connection to the server, by way of its jump hosts.
pub(super) fn reach(target: &Target) -> Result<Wire, Lost> {
    let Some((last, before)) = target.by_way_of.split_last() else {
        return Ok(Wire::of(connect(&addresses(target)?, target.connect)?));
    };
    let jump = Target { by_way_of: before.to_vec(), ..last.clone() };
    let dialed =
        dial(&jump).map_err(|lost| Lost::new(lost.code, format!("at the jump host {}: {}", jump.name(), lost.why)))?;
    let (socket, tunnel) = tunnel::open(dialed, target)?;
    Ok(Wire { socket, tunnel: Some(tunnel) })
}

/// The first of the addresses that answers.
pub(super) fn connect(addresses: &[SocketAddr], patience: Duration) -> Result<TcpStream, Lost> {
    let mut why = String::from("there is no address");
    let mut code = "ssh.unreachable";
    for address in addresses {
        match TcpStream::connect_timeout(address, patience.max(Duration::from_millis(1))) {
            Ok(stream) => {
                // Requests are small and wait for their replies.
                let _ = stream.set_nodelay(true);
                return Ok(stream);
            }
            Err(error) if error.kind() == ErrorKind::TimedOut => {
                (code, why) = ("ssh.timeout", format!("{address} does not answer within {} s", patience.as_secs()));
            }
            Err(error) => why = format!("{address} does not let one connect: {error}"),
        }
    }
    Err(Lost::new(code, why))
}

/// Agrees on keys and ciphers with the server.
pub(super) fn shake(target: &Target, wire: Wire) -> Result<Dialed, Lost> {
    let strange = |error: &dyn std::fmt::Display| Lost::new("ssh.protocol", format!("no session can be had: {error}"));
    let mut session = Session::new().map_err(|error| strange(&error))?;
    let socket = wire.socket.try_clone().map_err(|error| strange(&error))?;
    session.set_tcp_stream(wire.socket);
    session.set_timeout(u32::try_from(target.connect.as_millis()).unwrap_or(u32::MAX));
    session.set_compress(target.compress);
    prefer(target, &session)?;
    session.handshake().map_err(|error| unshaken(&error))?;
    Ok(Dialed { session, socket, _tunnel: wire.tunnel })
}

/// Asks for the types of host key that are known of the server first, and for the fast ciphers.
fn prefer(target: &Target, session: &Session) -> Result<(), Lost> {
    let known = known_of(target)?;
    let known: Vec<&str> = match &target.pinned {
        Some(pinned) => vec![&pinned.kind],
        None => known.kinds(&target.known_as),
    };
    let wanted = KINDS.iter().filter(|kind| known.contains(*kind));
    let others = KINDS.iter().filter(|kind| !known.contains(*kind));
    let order: Vec<&str> = wanted.chain(others).flat_map(|kind| signed_as(kind)).collect();
    let prefer = |what, list: &str| {
        session.method_pref(what, list).map_err(|error| {
            Lost::new("ssh.protocol", format!("none of {list} is known to this program: {}", error.message()))
        })
    };
    prefer(MethodType::HostKey, &order.join(","))?;
    for direction in [MethodType::CryptCs, MethodType::CryptSc] {
        prefer(direction, target.ciphers.as_deref().unwrap_or_else(|| ciphers()))?;
    }
    Ok(())
}

/// Ciphers to offer, the fastest on this machine first. On Windows libssh2 has another library under it, and passes it single blocks.
fn ciphers() -> &'static str {
    if cfg!(unix) && os::has_aes() { AES_FIRST } else { CHACHA_FIRST }
}

fn known_of(target: &Target) -> Result<known_hosts::KnownHosts, Lost> {
    target.known().map_err(|error| {
        Lost::new(
            "ssh.known_hosts",
            format!("the file of known host keys cannot be read, so no key can be checked: {error}"),
        )
    })
}

/// The ways in which a type of key signs: names as in RFC 8332.
fn signed_as(kind: &'static str) -> Vec<&'static str> {
    match kind {
        "ssh-rsa" => vec!["rsa-sha2-512", "rsa-sha2-256"],
        _ => vec![kind],
    }
}

fn unshaken(error: &ssh2::Error) -> Lost {
    match error.code() {
        ErrorCode::Session(-9) => Lost::new("ssh.timeout", "it lets one connect, but says nothing"),
        ErrorCode::Session(-2 | -13 | -43) => Lost::new(
            "ssh.lost",
            "it ended the connection before it said who it is: it may let in fewer at a time, or refuse this machine",
        ),
        ErrorCode::Session(-5 | -8) => Lost::new(
            "ssh.protocol",
            format!("no cipher, key exchange or type of host key is known to both sides ({})", error.message()),
        ),
        _ => Lost::new("ssh.protocol", format!("it does not speak SSH as it should: {}", error.message())),
    }
}

/// The key that the server showed.
pub(super) fn shown(target: &Target, session: &Session) -> Result<HostKey, Lost> {
    let key = session.host_key().and_then(|(key, _)| HostKey::of(target.known_as.clone(), key));
    key.ok_or_else(|| Lost::new("ssh.protocol", "the server showed no host key"))
}

/// Checks the key that the server showed.
pub(super) fn check(target: &Target, session: &Session) -> Result<HostKey, Lost> {
    let shown = shown(target, session)?;
    let print = format!("{} {}", shown.kind, shown.fingerprint());
    if let Some(pinned) = &target.pinned {
        return if pinned.key == shown.key {
            Ok(shown)
        } else {
            Err(changed(target, &print, "the connection's host_key"))
        };
    }
    let known = known_of(target)?;
    match known.check(&shown) {
        Verdict::Known => Ok(shown),
        Verdict::Changed(place) => Err(changed(target, &print, &place)),
        Verdict::Revoked(place) => {
            Err(Lost::new("ssh.host_key_revoked", format!("its key {print} is marked as revoked in {place}")))
        }
        Verdict::Unknown(others) => Err(unknown(target, &print, &others, known.authority(&target.known_as))),
    }
}

fn changed(target: &Target, print: &str, place: &str) -> Lost {
    let why = format!(
        "the host key of {} is {print}, which is not the one in {place}. Either the server was set up anew, or somebody is in between: ask its \
         operator, and only then remove the old key",
        target.known_as
    );
    Lost::new("ssh.host_key_changed", why)
}

fn unknown(target: &Target, print: &str, others: &[String], authority: Option<&str>) -> Lost {
    let others = match others {
        [] => String::new(),
        _ => format!("; known are only its keys of type {}", others.join(", ")),
    };
    let authority = authority
        .map(|place| format!("; {place} names an authority for it, but certificates of hosts cannot be checked"))
        .unwrap_or_default();
    let why = format!(
        "the host key of {} is not known: {print}{others}{authority}. Compare it with what the server's operator says, then accept it",
        target.known_as
    );
    Lost::new("ssh.host_key_unknown", why)
}
