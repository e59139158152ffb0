//! `longshore workspace`.

use longshore_api::wire::{Nothing, WorkspaceInfo, WorkspaceShow};
use longshore_api::{Fault, Role};

use crate::exit::Exit;
use crate::shell::Shell;
use crate::text;

/// Shows the workspace.
pub(crate) async fn show(shell: &Shell) -> Result<Exit, Fault> {
    let session = shell.open(Role::Glance).await?;
    let info = session.call::<WorkspaceShow>(Nothing {}).await?;
    shell.out.result(&info, || in_words(&info, session.owns()));
    Ok(Exit::Done)
}

fn in_words(info: &WorkspaceInfo, owns: bool) -> String {
    let owner = if owns { "nobody".to_owned() } else { format!("{} (process {})", info.owner, info.owner_pid) };
    let profile = info.profiles.iter().find(|profile| profile.here && info.profiles.len() > 1);
    let profile = profile.map(|profile| format!("profile    {}\n", profile.name)).unwrap_or_default();
    format!(
        "workspace  {}\n{profile}version    {}\nowner      {owner}\njournal    {} rows, last {}\nflows      {}\n",
        info.path,
        info.version,
        text::count(info.journal_rows),
        text::time_or_dash(info.journal_last),
        info.flows_folder,
    )
}
