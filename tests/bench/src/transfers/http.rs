//! A file from nginx on this machine, near and by way of a proxy that makes it far: curl.

use std::net::SocketAddr;
use std::path::Path;
use std::process::Command;

use longshore_testkit::proxy::Proxy;
use longshore_testkit::servers::{Nginx, to};
use serde_json::json;

use super::{Bench, Carrier, Case, Cell, FAR, Outcome, Role, Setup, airflow, head};

/// Bytes under way in a connection of the proxy: what Linux's usual bound of 6 MiB for a receiving socket's memory (`tcp_rmem`) lets a
/// sender have unconfirmed.
pub(crate) const WINDOW: usize = 3 << 20;

/// Measures both.
pub(crate) fn measure(setup: Setup<'_>) -> Outcome<()> {
    head();
    let server = Nginx::start();
    let proxy = Proxy::with_buffer(server.address(), WINDOW)?;
    proxy.change(|faults| faults.round_trip(FAR));
    let cell = Cell::LARGE.scaled(setup.scale);
    cell.write(&server.files())?;
    for (place, address, goal) in [("HTTP", server.address(), 1.0), ("HTTP, 20 ms", proxy.address(), 0.5)] {
        let bench = Bench::new(setup, Some(airflow(&to(&format!("http://{address}"), &json!({})))))?;
        let carriers = [ours(&bench), of_curl(address)];
        bench.contest(Case { place, cell, goal, lands: None }, &carriers, |_| {})?;
    }
    Ok(())
}

/// Where the one file lies that [`crate::data::write`] writes.
const FILE: &str = "part-000/frame-000000.tiff";

fn ours<'c>(bench: &'c Bench<'_>) -> Carrier<'c> {
    let down = |local: &Path, _: &str| Ok(bench.copy(format!("peer:{FILE}").as_ref(), local.as_os_str()));
    Carrier { down: Some(Box::new(down)), up: None, ..Carrier::ours(bench) }
}

fn of_curl<'c>(address: SocketAddr) -> Carrier<'c> {
    let down = move |local: &Path, _: &str| {
        let mut curl = Command::new("curl");
        curl.args(["-sSf", "-o"]).arg(local).arg(format!("http://{address}/{FILE}"));
        Ok(curl)
    };
    Carrier { who: "curl", role: Role::Peer, up: None, down: Some(Box::new(down)) }
}
