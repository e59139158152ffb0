//! TLS for what is reached from other machines.

use std::fmt;
use std::io;
use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use longshore_api::Fault;
use rustls::ServerConfig;
use rustls::pki_types::pem::PemObject as _;
use rustls::pki_types::{CertificateDer, PrivateKeyDer};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::{Semaphore, mpsc};
use tokio::task::JoinSet;
use tokio_rustls::TlsAcceptor;
use tokio_rustls::server::TlsStream;

/// How long a client may take to agree on a connection.
const PATIENCE: Duration = Duration::from_secs(10);
/// Clients that may be agreeing at once.
const AGREEING: usize = 256;

/// The certificate by which this machine is known, and its key.
#[derive(Clone)]
pub struct Tls(Arc<ServerConfig>);

impl fmt::Debug for Tls {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Tls")
    }
}

impl Tls {
    /// Of two files in PEM: the certificate with those above it, and the private key. `serve.tls` if they are not that.
    pub fn read(cert: &Path, key: &Path) -> Result<Self, Fault> {
        let wrong = |path: &PathBuf, why: String| {
            Fault::permanent("serve.tls", format!("{} cannot be used for TLS", path.display()), why)
                .now("Give a certificate with --tls-cert and its private key with --tls-key, both in PEM.")
        };
        let (cert, key) = (cert.to_owned(), key.to_owned());
        let chain = CertificateDer::pem_file_iter(&cert).and_then(Iterator::collect::<Result<Vec<_>, _>>);
        let chain = chain.map_err(|error| wrong(&cert, error.to_string()))?;
        let private = PrivateKeyDer::from_pem_file(&key).map_err(|error| wrong(&key, error.to_string()))?;
        let provider = Arc::new(rustls::crypto::ring::default_provider());
        let config = ServerConfig::builder_with_provider(provider)
            .with_safe_default_protocol_versions()
            .and_then(|config| config.with_no_client_auth().with_single_cert(chain, private))
            .map_err(|error| wrong(&cert, error.to_string()))?;
        Ok(Self(Arc::new(config)))
    }
}

/// Takes connections and gives those that speak TLS. One client that is slow to agree holds up no other.
pub(crate) struct TlsListener {
    agreed: mpsc::Receiver<(TlsStream<TcpStream>, SocketAddr)>,
    address: SocketAddr,
    _taking: JoinSet<()>,
}

impl TlsListener {
    pub(crate) fn new(listener: TcpListener, tls: &Tls) -> io::Result<Self> {
        let (address, acceptor) = (listener.local_addr()?, TlsAcceptor::from(tls.0.clone()));
        let (agreeing, agreed) = mpsc::channel(AGREEING);
        let mut taking = JoinSet::new();
        taking.spawn(take(listener, acceptor, agreeing));
        Ok(Self { agreed, address, _taking: taking })
    }
}

async fn take(
    mut listener: TcpListener,
    acceptor: TlsAcceptor,
    agreed: mpsc::Sender<(TlsStream<TcpStream>, SocketAddr)>,
) {
    let places = Arc::new(Semaphore::new(AGREEING));
    let mut agreeing = JoinSet::new();
    loop {
        let Ok(place) = places.clone().acquire_owned().await else { return };
        // This waits where no further connection can be taken for now.
        let (stream, address) = axum::serve::Listener::accept(&mut listener).await;
        let (acceptor, agreed) = (acceptor.clone(), agreed.clone());
        agreeing.spawn(async move {
            match tokio::time::timeout(PATIENCE, acceptor.accept(stream)).await {
                // Nobody listens any more: the server is being stopped.
                Ok(Ok(stream)) => drop(agreed.send((stream, address)).await),
                Ok(Err(error)) => tracing::debug!(%address, %error, "a client does not speak TLS as it should"),
                Err(_) => tracing::debug!(%address, "a client took too long to agree on TLS"),
            }
            drop(place);
        });
        while agreeing.try_join_next().is_some() {}
    }
}

impl axum::serve::Listener for TlsListener {
    type Io = TlsStream<TcpStream>;
    type Addr = SocketAddr;

    async fn accept(&mut self) -> (Self::Io, Self::Addr) {
        match self.agreed.recv().await {
            Some(agreed) => agreed,
            // What takes connections never ends before this does.
            None => std::future::pending().await,
        }
    }

    fn local_addr(&self) -> io::Result<Self::Addr> {
        Ok(self.address)
    }
}
