//! `longshore serve`: the workspace's owner without a window.

use longshore_api::{Fault, Role};
use longshore_server::{Access, Options, Server, Target};
use serde_json::json;

use crate::args::Serve;
use crate::exit::Exit;
use crate::shell::Shell;

/// Port of the metrics unless another one is asked for.
const PORT: u16 = 9464;

/// Owns the workspace and carries its runs on until it is told to end.
pub(crate) async fn serve(shell: &Shell, args: Serve) -> Result<Exit, Fault> {
    let lineage = target(&args)?;
    let archiver = args.archiver_api.then(|| access(&args)).transpose()?;
    let session = shell.open(Role::Service).await?;
    if !session.owns() {
        let why = "Another process owns the workspace and carries its runs on";
        return Err(
            Fault::permanent("serve.owned", "Nothing is served", why).now("End that process, or leave it to it.")
        );
    }
    let port = (args.metrics || args.archiver_api || args.port.is_some()).then(|| args.port.unwrap_or(PORT));
    // A port by itself has always had the metrics on it.
    let metrics = args.metrics || !args.archiver_api;
    let mut server = Server::start(session, Options { port, metrics, archiver, lineage }).await?;
    let at = |path: &str| server.address().map(|address| format!("http://{address}{path}"));
    let metrics = at("/metrics").filter(|_| metrics);
    let archiver = at("/archiver/api/v1").filter(|_| args.archiver_api);
    shell.out.result(&json!({ "pid": std::process::id(), "metrics": metrics, "archiver_api": archiver }), || {
        let told = [("Metrics", &metrics), ("Archiver's interface", &archiver)];
        let told = told.iter().filter_map(|(what, url)| Some(format!(" {what}: {}", url.as_ref()?)));
        format!("The workspace is served.{}\n", told.collect::<String>())
    });
    server.wait().await;
    // Only a signal ends it, and that is heard elsewhere.
    std::future::pending().await
}

/// Who may use the archiver's interface.
fn access(args: &Serve) -> Result<Access, Fault> {
    if args.archiver_open {
        return Ok(Access::Open);
    }
    let read = |file: &std::path::PathBuf| {
        let wrong = |why: String| {
            let what = format!("{} does not say who may start jobs", file.display());
            Fault::permanent("serve.jobs", what, why)
                .now("Write user:password into it, and let only its owner read it.")
        };
        let text = std::fs::read_to_string(file).map_err(|error| wrong(error.to_string()))?;
        let line = text.lines().next().unwrap_or_default().trim();
        match line.split_once(':') {
            Some((user, password)) if !user.is_empty() && !password.is_empty() => Ok(line.to_owned()),
            _ => Err(wrong("Its first line is not user:password".to_owned())),
        }
    };
    let jobs = args.archiver_jobs.as_ref().map(read).transpose()?;
    Ok(Access::Known { jobs, groups: args.archiver_group.clone() })
}

fn target(args: &Serve) -> Result<Option<Target>, Fault> {
    if let Some(url) = &args.lineage_url {
        let why = format!("{url:?} is not http[s]://HOST[:PORT]/PATH without a user or password in it");
        let wrong = || Fault::permanent("serve.lineage", "Events cannot be posted there", why);
        return Target::server(url).map(Some).ok_or_else(wrong);
    }
    Ok(args.lineage_file.clone().map(Target::File))
}
