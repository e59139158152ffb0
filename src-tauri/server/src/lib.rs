//! What goes out of a workspace by itself, where the operator asks for it: metrics on the loopback, and events of runs in OpenLineage's
//! form. Nothing here can hold up a run: what cannot be delivered waits where it is, in the journal.

mod airflow;
mod archiver;
mod http;
mod lineage;
mod metrics;
mod target;
mod tls;
mod tokens;

use std::net::{Ipv4Addr, SocketAddr};

use longshore_api::{Fault, Session};
use tokio::net::TcpListener;
use tokio::task::JoinSet;

pub use archiver::Access;
use lineage::Lineage;
pub use target::Target;
pub use tls::Tls;

/// What shall go out.
#[derive(Debug, Clone, Default)]
pub struct Options {
    /// Answers `/healthz` and what is asked for below on this port of the loopback; 0 for any that is free.
    pub port: Option<u16>,
    /// Answers `/metrics`.
    pub metrics: bool,
    /// Answers the archiver's interface, for whom.
    pub archiver: Option<Access>,
    /// Answers Airflow's interface, where.
    pub airflow: Option<Airflow>,
    /// Gets an event for each start and end of a run.
    pub lineage: Option<Target>,
}

/// Where Airflow's interface is answered.
#[derive(Debug, Clone)]
pub enum Airflow {
    /// With the rest, on the loopback.
    Here,
    /// At an address of its own. One that other machines reach needs TLS.
    At(SocketAddr, Option<Tls>),
}

/// What goes out, for as long as this is kept.
pub struct Server {
    tasks: JoinSet<()>,
    address: Option<SocketAddr>,
    afar: Option<SocketAddr>,
}

impl Server {
    /// Begins. `serve.port` if the port cannot be had.
    pub async fn start(session: &Session, options: Options) -> Result<Self, Fault> {
        let mut server = Self { tasks: JoinSet::new(), address: None, afar: None };
        if let Some(port) = options.port {
            let refused = |error: std::io::Error| {
                Fault::permanent(
                    "serve.port",
                    format!("Port {port} of the loopback cannot be listened on"),
                    error.to_string(),
                )
                .now("Choose another one: with --port (0 for any that is free), or in the variable airflow_api_port.")
            };
            // The loopback and nothing else: what is told here is for this machine.
            let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, port)).await.map_err(refused)?;
            server.address = Some(listener.local_addr().map_err(refused)?);
            let answered = http::Answered {
                metrics: options.metrics,
                archiver: options.archiver,
                airflow: matches!(options.airflow, Some(Airflow::Here)),
            };
            server.tasks.spawn(http::serve(listener, session.clone(), answered));
        }
        if let Some(Airflow::At(address, tls)) = options.airflow {
            server.answer_afar(session, address, tls).await?;
        }
        if let Some(target) = options.lineage {
            server.tasks.spawn(Lineage::begin(session, target).await?.deliver());
        }
        Ok(server)
    }

    /// Answers Airflow's interface at an address of its own.
    async fn answer_afar(&mut self, session: &Session, address: SocketAddr, tls: Option<Tls>) -> Result<(), Fault> {
        if tls.is_none() && !address.ip().is_loopback() {
            let what = format!("{address} is not listened on");
            let why = "Other machines reach it, and without TLS passwords would be read on the way";
            return Err(Fault::permanent("serve.tls", what, why)
                .now("Give --tls-cert and --tls-key, or an address of the loopback."));
        }
        let refused = |error: std::io::Error| {
            Fault::permanent("serve.port", format!("{address} cannot be listened on"), error.to_string())
                .now("Choose another one with --listen.")
        };
        let listener = TcpListener::bind(address).await.map_err(refused)?;
        self.afar = Some(listener.local_addr().map_err(refused)?);
        match tls {
            Some(tls) => {
                let listener = tls::TlsListener::new(listener, &tls).map_err(refused)?;
                self.tasks.spawn(http::serve_afar(listener, session.clone()));
            }
            None => drop(self.tasks.spawn(http::serve_afar(listener, session.clone()))),
        }
        Ok(())
    }

    /// Where Airflow's interface listens, if it has an address of its own.
    pub fn afar(&self) -> Option<SocketAddr> {
        self.afar
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
