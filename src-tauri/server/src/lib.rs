//! What goes out of a workspace by itself, where the operator asks for it: metrics on the loopback, and events of runs in OpenLineage's
//! form. Nothing here can hold up a run: what cannot be delivered waits where it is, in the journal.

mod archiver;
mod http;
mod lineage;
mod metrics;
mod target;

use std::net::{Ipv4Addr, SocketAddr};

use longshore_api::{Fault, Session};
use tokio::net::TcpListener;
use tokio::task::JoinSet;

pub use archiver::Access;
use lineage::Lineage;
pub use target::Target;

/// What shall go out.
#[derive(Debug, Clone, Default)]
pub struct Options {
    /// Answers `/healthz` and what is asked for below on this port of the loopback; 0 for any that is free.
    pub port: Option<u16>,
    /// Answers `/metrics`.
    pub metrics: bool,
    /// Answers the archiver's interface, for whom.
    pub archiver: Option<Access>,
    /// Gets an event for each start and end of a run.
    pub lineage: Option<Target>,
}

/// What goes out, for as long as this is kept.
pub struct Server {
    tasks: JoinSet<()>,
    address: Option<SocketAddr>,
}

impl Server {
    /// Begins. `serve.port` if the port cannot be had.
    pub async fn start(session: &Session, options: Options) -> Result<Self, Fault> {
        let mut server = Self { tasks: JoinSet::new(), address: None };
        if let Some(port) = options.port {
            let refused = |error: std::io::Error| {
                Fault::permanent(
                    "serve.port",
                    format!("Port {port} of the loopback cannot be listened on"),
                    error.to_string(),
                )
                .now("Choose another one with --port, or 0 for any that is free.")
            };
            // The loopback and nothing else: what is told here is for this machine.
            let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, port)).await.map_err(refused)?;
            server.address = Some(listener.local_addr().map_err(refused)?);
            let answered = http::Answered { metrics: options.metrics, archiver: options.archiver };
            server.tasks.spawn(http::serve(listener, session.clone(), answered));
        }
        if let Some(target) = options.lineage {
            server.tasks.spawn(Lineage::begin(session, target).await?.deliver());
        }
        Ok(server)
    }

    /// Where it listens, if it does.
    pub fn address(&self) -> Option<SocketAddr> {
        self.address
    }

    /// Waits for as long as anything goes out.
    pub async fn wait(&mut self) {
        while self.tasks.join_next().await.is_some() {}
    }
}
