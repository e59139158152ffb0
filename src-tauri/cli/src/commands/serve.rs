//! `longshore serve`: the workspace's owner without a window.

use std::path::Path;

use longshore_api::{Fault, Role};
use longshore_server::{Access, Airflow, Options, Server, Target, Tls};
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
    let airflow = args.airflow_api.then(|| airflow(&args)).transpose()?;
    let session = shell.open(Role::Service).await?;
    if !session.owns() {
        let why = "Another process owns the workspace and carries its runs on";
        return Err(
            Fault::permanent("serve.owned", "Nothing is served", why).now("End that process, or leave it to it.")
        );
    }
    let here = matches!(airflow, Some(Airflow::Here));
    let asked = args.metrics || args.archiver_api || here || args.port.is_some();
    let port = asked.then(|| args.port.unwrap_or(PORT));
    // A port by itself has always had the metrics on it.
    let metrics = args.metrics || !(args.archiver_api || here);
    let scheme = if args.tls_cert.is_some() { "https" } else { "http" };
    let mut server = Server::start(session, Options { port, metrics, archiver, airflow, lineage }).await?;
    let at = |path: &str| server.address().map(|address| format!("http://{address}{path}"));
    let metrics = at("/metrics").filter(|_| metrics);
    let archiver = at("/archiver/api/v1").filter(|_| args.archiver_api);
    let afar = server.afar().map(|address| format!("{scheme}://{address}"));
    let airflow = afar.or_else(|| at("").filter(|_| here));
    let told = json!({"pid": std::process::id(), "metrics": metrics, "archiver_api": archiver, "airflow_api": airflow});
    shell.out.result(&told, || {
        let told = [("Metrics", &metrics), ("Archiver's interface", &archiver), ("Airflow's interface", &airflow)];
        let told = told.iter().filter_map(|(what, url)| Some(format!(" {what}: {}", url.as_ref()?)));
        format!("The workspace is served.{}\n", told.collect::<String>())
    });
    server.wait().await;
    // Only a signal ends it, and that is heard elsewhere.
    std::future::pending().await
}

/// Where Airflow's interface is answered.
fn airflow(args: &Serve) -> Result<Airflow, Fault> {
    let Some(address) = args.listen else { return Ok(Airflow::Here) };
    let tls = match (&args.tls_cert, &args.tls_key) {
        (Some(cert), Some(key)) => Some(Tls::read(cert, key)?),
        _ => None,
    };
    Ok(Airflow::At(address, tls))
}

/// Who may use the archiver's interface.
fn access(args: &Serve) -> Result<Access, Fault> {
    if args.archiver_open {
        return Ok(Access::Open);
    }
    let jobs = args.archiver_jobs.as_deref().map(who_starts_jobs).transpose()?;
    Ok(Access::Known { jobs, groups: args.archiver_group.clone() })
}

/// The `user:password` of who may start jobs: of a file, or of a folder with the two files of the former service.
fn who_starts_jobs(place: &Path) -> Result<String, Fault> {
    let wrong = |why: String| {
        let what = format!("{} does not say who may start jobs", place.display());
        let now = "Write user:password into a file, or name the folder with jobsusername.txt and jobspassword.txt; let only its owner read it.";
        Fault::permanent("serve.jobs", what, why).now(now)
    };
    let first_line = |path: &Path| -> Result<String, Fault> {
        let text = std::fs::read_to_string(path).map_err(|error| wrong(format!("{}: {error}", path.display())))?;
        Ok(text.lines().next().unwrap_or_default().trim().to_owned())
    };
    let line = if place.is_dir() {
        // As files of Docker's secrets they have no ending.
        let of = |name: &str| {
            let plain = place.join(name);
            first_line(&if plain.is_file() { plain } else { place.join(format!("{name}.txt")) })
        };
        format!("{}:{}", of("jobsusername")?, of("jobspassword")?)
    } else {
        first_line(place)?
    };
    match line.split_once(':') {
        Some((user, password)) if !user.is_empty() && !password.is_empty() => Ok(line),
        _ => Err(wrong("It gives no user and password".to_owned())),
    }
}

fn target(args: &Serve) -> Result<Option<Target>, Fault> {
    if let Some(url) = &args.lineage_url {
        let why = format!("{url:?} is not http[s]://HOST[:PORT]/PATH without a user or password in it");
        let wrong = || Fault::permanent("serve.lineage", "Events cannot be posted there", why);
        return Target::server(url).map(Some).ok_or_else(wrong);
    }
    Ok(args.lineage_file.clone().map(Target::File))
}
