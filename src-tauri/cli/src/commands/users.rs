//! `longshore user`.

use longshore_api::wire::{
    HiddenText, Nothing, UserAdd, UserAddArgs, UserArgs, UserList, UserPassword, UserPasswordArgs, UserRemove, UserRow,
};
use longshore_api::{Fault, Role};

use crate::args::User;
use crate::exit::Exit;
use crate::shell::Shell;
use crate::table::Table;
use crate::{secret, text};

/// One of the commands about users.
pub(crate) async fn run(shell: &Shell, command: User) -> Result<Exit, Fault> {
    let password = match &command {
        User::Add { name, .. } | User::Password { name, .. } => {
            HiddenText(secret::ask(&format!("password of {name}"))?)
        }
        User::List | User::Remove { .. } => HiddenText(String::new()),
    };
    let session = shell.open(Role::Glance).await?;
    let row = match command {
        User::List => {
            let rows = session.call::<UserList>(Nothing {}).await?;
            shell.out.result(&rows, || users(&rows));
            return Ok(Exit::Done);
        }
        User::Remove { name, reason } => {
            let done = session.call::<UserRemove>(UserArgs { user: name, why: reason }).await?;
            shell.out.result(&done, String::new);
            return Ok(Exit::Done);
        }
        User::Add { name, role, reason } => {
            session.call::<UserAdd>(UserAddArgs { user: name, role, password, why: reason }).await?
        }
        User::Password { name, reason } => {
            session.call::<UserPassword>(UserPasswordArgs { user: name, password, why: reason }).await?
        }
    };
    shell.out.result(&row, || users(std::slice::from_ref(&row)));
    Ok(Exit::Done)
}

fn users(rows: &[UserRow]) -> String {
    let mut table = Table::new(["USER", "ROLE", ">CHANGED"]);
    for row in rows {
        table.row([row.name.clone(), super::word(row.role), text::between(Some(row.changed), None)]);
    }
    table.to_string()
}
