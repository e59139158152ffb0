//! Profiles of the workspace.

use longshore_api::wire::{
    Nothing, ProfileArgs, ProfileList, ProfileRemove, ProfileRow, ProfileSet, ProfileSetArgs, ProfileUse,
};
use longshore_api::{Fault, Role};

use crate::args::{Profile, of_word};
use crate::exit::Exit;
use crate::shell::Shell;
use crate::table::Table;

/// Runs a command.
pub(super) async fn run(shell: &Shell, command: Profile) -> Result<Exit, Fault> {
    let session = shell.open(Role::Glance).await?;
    let rows = match command {
        Profile::List => session.call::<ProfileList>(Nothing {}).await?,
        Profile::Set { name, colour, reason } => {
            let colour = colour.as_deref().and_then(of_word);
            session.call::<ProfileSet>(ProfileSetArgs { profile: name, colour, why: reason }).await?
        }
        Profile::Use { name, reason } => session.call::<ProfileUse>(ProfileArgs { profile: name, why: reason }).await?,
        Profile::Remove { name, reason } => {
            session.call::<ProfileRemove>(ProfileArgs { profile: name, why: reason }).await?
        }
    };
    shell.out.result(&rows, || written(&rows));
    Ok(Exit::Done)
}

fn written(rows: &[ProfileRow]) -> String {
    let mut table = Table::new(["PROFILE", "ON", "COLOUR", "FOLDER"]);
    for row in rows {
        let on = if row.on { "on" } else { "" };
        table.row([row.name.clone(), on.to_owned(), super::word(row.colour), row.folder.clone()]);
    }
    table.to_string()
}
