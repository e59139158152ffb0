//! `longshore export`.

use std::collections::BTreeMap;
use std::path::Path;

use longshore_api::export::{Engine, Given, Written, export};
use longshore_api::wire::{LimitList, Nothing};
use longshore_api::{Fault, Role};
use serde_json::json;

use crate::args::tasks::{Export, Exported};
use crate::exit::Exit;
use crate::shell::Shell;

/// One of the commands.
pub(super) async fn run(shell: &Shell, command: Export) -> Result<Exit, Fault> {
    let (of, engine) = match command {
        Export::Airflow { of, airflow } if airflow == "3" => (of, Engine::Airflow3),
        Export::Airflow { of, .. } => (of, Engine::Airflow2),
        Export::Prefect(of) => (of, Engine::Prefect),
    };
    let Exported { flows, out, state, limits } = of;
    let limits = slots(shell, &limits).await?;
    let files = export(&flows, engine, &Given { state, limits })?;
    let names = files.iter().map(|file| write(&out, file)).collect::<Result<Vec<_>, _>>()?;
    shell.out.result(&json!({ "files": names }), || names.join("\n") + "\n");
    Ok(Exit::Done)
}

/// Those of the workspace, if there is one, and above them those that were named.
async fn slots(shell: &Shell, named: &[(String, String)]) -> Result<BTreeMap<String, u32>, Fault> {
    let mut slots = BTreeMap::new();
    if shell.folder()?.join("longshore.db").exists() {
        let known = shell.open(Role::Glance).await?.call::<LimitList>(Nothing {}).await?;
        slots.extend(known.into_iter().map(|limit| (limit.name, limit.slots)));
    }
    for (name, text) in named {
        let count = text.parse().map_err(|_| {
            let why = format!("{text:?} is no number of slots");
            Fault::permanent("params.wrong", format!("The limit {name} was not understood"), why)
        })?;
        slots.insert(name.clone(), count);
    }
    Ok(slots)
}

fn write(folder: &Path, file: &Written) -> Result<String, Fault> {
    let path = folder.join(&file.name);
    let written = std::fs::create_dir_all(folder).and_then(|()| std::fs::write(&path, &file.text));
    let shown = path.display().to_string();
    written.map(|()| shown.clone()).map_err(|error| {
        Fault::permanent("export.unwritten", format!("{shown} was not written"), error.to_string())
            .now("Choose another folder with --out.")
    })
}
