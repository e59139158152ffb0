//! What all connectors over the network share: why a connection failed, in the operator's words, and the first steps of a test.

use std::error::Error as StdError;
use std::io::{self, ErrorKind};
use std::net::{SocketAddr, TcpStream, ToSocketAddrs};
use std::sync::Arc;
use std::time::Duration;

use longshore_transfer::storage::{Error, Result, Status};
use rustls::pki_types::pem::PemObject;
use rustls::pki_types::{CertificateDer, ServerName};
use rustls::{CertificateError, ClientConfig, ClientConnection, RootCertStore};

use crate::{Step, step};

/// How long each of the first steps of a test may take.
const PATIENCE: Duration = Duration::from_secs(10);

/// A stable code, what a retry can hope for, and words.
pub(crate) type Verdict = (&'static str, Status, String);

/// What a failure of the network means, by what lies at the bottom of it; `None` where that is not known.
pub(crate) fn verdict(error: &(dyn StdError + 'static)) -> Option<Verdict> {
    let mut at = Some(error);
    let mut found = None;
    while let Some(error) = at {
        if let Some(tls) = error.downcast_ref::<rustls::Error>() {
            return Some(of_tls(tls));
        }
        if let Some(io) = error.downcast_ref::<io::Error>() {
            found = of_io(io).or(found);
            // What an I/O error wraps is not among its sources.
            if let Some(inner) = io.get_ref() {
                found = verdict(inner).or(found);
            }
        }
        at = error.source();
    }
    found
}

/// A failure in words, from what was tried down to what went wrong.
pub(crate) fn chain(error: &(dyn StdError + 'static)) -> String {
    let mut words: Vec<String> = Vec::new();
    let mut at = Some(error);
    while let Some(error) = at {
        let text = error.to_string();
        // Many say what their sources say.
        if !words.last().is_some_and(|said| said.contains(&text)) {
            words.push(text);
        }
        at = error.source();
    }
    words.join(": ")
}

/// What an I/O error of a socket means.
fn of_io(error: &io::Error) -> Option<Verdict> {
    use Status::{Permanent, Transient};
    let text = error.to_string();
    let (code, status, words) = match error.kind() {
        ErrorKind::ConnectionRefused => ("net.refused", Transient, "nothing answers at that port"),
        ErrorKind::TimedOut => ("io.timeout", Transient, "the host did not answer in time"),
        ErrorKind::HostUnreachable | ErrorKind::NetworkUnreachable | ErrorKind::NetworkDown => {
            ("net.unreachable", Transient, "there is no way to the host")
        }
        ErrorKind::ConnectionReset
        | ErrorKind::ConnectionAborted
        | ErrorKind::BrokenPipe
        | ErrorKind::NotConnected
        | ErrorKind::UnexpectedEof => ("net.broken", Transient, "the connection broke"),
        // The system's resolver has no kinds of its own, only words.
        _ if text.contains("Temporary failure in name resolution") => {
            ("net.unknown_host", Transient, "the name of the host cannot be looked up now")
        }
        _ if text.contains("failed to lookup address") => {
            ("net.unknown_host", Permanent, "no host of that name is known")
        }
        _ => return None,
    };
    Some((code, status, format!("{words} ({text})")))
}

/// What a failure of TLS means: nearly always something about the certificate.
fn of_tls(error: &rustls::Error) -> Verdict {
    let words = match error {
        rustls::Error::InvalidCertificate(reason) => match reason {
            CertificateError::Expired | CertificateError::ExpiredContext { .. } => {
                "the server's certificate has expired"
            }
            CertificateError::NotValidYet | CertificateError::NotValidYetContext { .. } => {
                "the server's certificate is not valid yet; see whether the clock is right"
            }
            CertificateError::UnknownIssuer => {
                "the server's certificate is not from an authority that this machine trusts"
            }
            CertificateError::NotValidForName | CertificateError::NotValidForNameContext { .. } => {
                "the server's certificate is for another name"
            }
            CertificateError::Revoked => "the server's certificate was revoked",
            _ => "the server's certificate is not good",
        },
        _ => return ("net.tls", Status::Permanent, format!("the two sides do not agree on TLS ({error})")),
    };
    ("net.certificate", Status::Permanent, format!("{words} ({error})"))
}

/// Where a test goes.
#[derive(Debug, Clone)]
pub(crate) struct Destination {
    /// Host name or address.
    pub(crate) host: String,
    /// Port.
    pub(crate) port: u16,
}

impl Destination {
    fn fail(&self, verb: &str, (code, status, why): Verdict) -> Error {
        let what = format!("{verb} {}:{}", self.host, self.port);
        Error { code, status, what, why, path: Vec::new(), storage: String::new() }
    }

    fn failed(&self, verb: &str, error: &io::Error) -> Error {
        let known = verdict(error);
        self.fail(verb, known.unwrap_or_else(|| ("net.broken", Status::Transient, error.to_string())))
    }

    fn look_up(&self) -> Result<(Vec<SocketAddr>, String)> {
        let found = (self.host.as_str(), self.port).to_socket_addrs();
        let found: Vec<SocketAddr> = found.map_err(|error| self.failed("Looking up", &error))?.collect();
        let words = found.iter().map(|address| address.ip().to_string()).collect::<Vec<_>>().join(", ");
        Ok((found, words))
    }

    fn connect(&self, addresses: &[SocketAddr]) -> Result<(TcpStream, String)> {
        let mut failed = io::Error::new(ErrorKind::HostUnreachable, "it has no address");
        for address in addresses {
            match TcpStream::connect_timeout(address, PATIENCE) {
                Ok(stream) => return Ok((stream, address.to_string())),
                Err(error) => failed = error,
            }
        }
        Err(self.failed("Connecting to", &failed))
    }

    /// A handshake, after which the connection is of no more use.
    fn handshake(&self, mut stream: TcpStream, authorities: &[u8]) -> Result<((), String)> {
        let fail = |error: io::Error| self.failed("Agreeing on TLS with", &error);
        let name = ServerName::try_from(self.host.clone()).map_err(|error| fail(io::Error::other(error)))?;
        let mut tls = ClientConnection::new(trusting(authorities).map_err(fail)?, name)
            .map_err(|error| fail(io::Error::other(error)))?;
        stream.set_read_timeout(Some(PATIENCE)).map_err(fail)?;
        while tls.is_handshaking() {
            tls.complete_io(&mut stream).map_err(fail)?;
        }
        let version = tls.protocol_version().map(|version| format!("{version:?}")).unwrap_or_default();
        Ok(((), format!("{version}, the certificate is good")))
    }
}

/// Trusts the system's authorities, and those in `authorities` (PEM).
fn trusting(authorities: &[u8]) -> io::Result<Arc<ClientConfig>> {
    let mut roots = RootCertStore::empty();
    roots.add_parsable_certificates(rustls_native_certs::load_native_certs().certs);
    let own: std::result::Result<Vec<_>, _> = CertificateDer::pem_slice_iter(authorities).collect();
    roots.add_parsable_certificates(own.map_err(io::Error::other)?);
    let provider = Arc::new(rustls::crypto::ring::default_provider());
    let config = ClientConfig::builder_with_provider(provider).with_safe_default_protocol_versions();
    Ok(Arc::new(config.map_err(io::Error::other)?.with_root_certificates(roots).with_no_client_auth()))
}

/// The steps `dns`, `tcp` and, with `authorities` to trust besides the system's, `tls`. `None` when one failed.
pub(crate) fn reach(destination: &Destination, authorities: Option<&[u8]>, tell: &mut dyn FnMut(Step)) -> Option<()> {
    let addresses = step(tell, "dns", || destination.look_up())?;
    let stream = step(tell, "tcp", || destination.connect(&addresses))?;
    match authorities {
        Some(authorities) => step(tell, "tls", || destination.handshake(stream, authorities)),
        None => Some(()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn code(error: impl StdError + 'static) -> Option<(&'static str, Status)> {
        verdict(&error).map(|(code, status, _)| (code, status))
    }

    #[test]
    fn the_bottom_of_a_failure_is_told() {
        let reset = io::Error::from(ErrorKind::ConnectionReset);
        assert_eq!(code(io::Error::other(reset)), Some(("net.broken", Status::Transient)));
        let expired = rustls::Error::InvalidCertificate(CertificateError::Expired);
        let wrapped = io::Error::new(ErrorKind::InvalidData, expired);
        assert_eq!(code(io::Error::other(wrapped)), Some(("net.certificate", Status::Permanent)));
        assert_eq!(code(io::Error::other("odd")), None);
    }

    #[test]
    fn nothing_is_told_twice() {
        let tls = rustls::Error::InvalidCertificate(CertificateError::Expired);
        let words = chain(&io::Error::other(tls));
        assert_eq!(words.matches("Expired").count(), 1, "{words}");
    }

    #[test]
    fn a_test_ends_at_the_step_that_fails() {
        let listener = std::net::TcpListener::bind("127.0.0.1:0").and_then(|held| held.local_addr());
        let port = listener.map(|address| address.port()).unwrap_or_default();
        let (mut steps, destination) = (Vec::new(), Destination { host: "127.0.0.1".into(), port });
        let reached = reach(&destination, None, &mut |step| steps.push(step));
        let seen: Vec<_> = steps.iter().map(|step| (step.name, step.outcome.as_ref().err().map(|e| e.code))).collect();
        assert_eq!((reached, seen), (None, vec![("dns", None), ("tcp", Some("net.refused"))]));
    }
}
