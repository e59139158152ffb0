//! `longshore serve`: the workspace's owner without a window.

use longshore_api::{Fault, Role};
use longshore_server::{Options, Server, Target};
use serde_json::json;

use crate::args::Serve;
use crate::exit::Exit;
use crate::shell::Shell;

/// Port of the metrics unless another one is asked for.
const PORT: u16 = 9464;

/// Owns the workspace and carries its runs on until it is told to end.
pub(crate) async fn serve(shell: &Shell, args: Serve) -> Result<Exit, Fault> {
    let lineage = target(&args)?;
    let session = shell.open(Role::Service).await?;
    if !session.owns() {
        let why = "Another process owns the workspace and carries its runs on";
        return Err(
            Fault::permanent("serve.owned", "Nothing is served", why).now("End that process, or leave it to it.")
        );
    }
    let port = (args.metrics || args.port.is_some()).then(|| args.port.unwrap_or(PORT));
    let mut server = Server::start(session, Options { port, lineage }).await?;
    let metrics = server.address().map(|address| format!("http://{address}/metrics"));
    shell.out.result(&json!({ "pid": std::process::id(), "metrics": metrics }), || match &metrics {
        Some(metrics) => format!("The workspace is served. Metrics: {metrics}\n"),
        None => "The workspace is served.\n".to_owned(),
    });
    server.wait().await;
    // Only a signal ends it, and that is heard elsewhere.
    std::future::pending().await
}

fn target(args: &Serve) -> Result<Option<Target>, Fault> {
    if let Some(url) = &args.lineage_url {
        let why = format!("{url:?} is not http[s]://HOST[:PORT]/PATH without a user or password in it");
        let wrong = || Fault::permanent("serve.lineage", "Events cannot be posted there", why);
        return Target::server(url).map(Some).ok_or_else(wrong);
    }
    Ok(args.lineage_file.clone().map(Target::File))
}
