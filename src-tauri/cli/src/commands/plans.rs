//! `longshore plan archive`.

use std::ffi::OsString;
use std::fmt::Write as _;

use longshore_api::wire::{ArchivePlan, PlanArchive, PlanArchiveArgs, SpaceNeed};
use longshore_api::{Fault, Role};

use crate::exit::Exit;
use crate::shell::{Shell, local};
use crate::table::Table;
use crate::text;

/// What archiving these paths would do.
pub(crate) async fn archive(shell: &Shell, paths: &[OsString]) -> Result<Exit, Fault> {
    let paths = paths.iter().map(|path| local(path)).collect::<Result<Vec<_>, _>>()?;
    let session = shell.open(Role::Glance).await?;
    let token = format!("command-{}", std::process::id());
    let plan = session.call::<PlanArchive>(PlanArchiveArgs { paths, token }).await?;
    shell.out.result(&plan, || in_words(&plan));
    Ok(if plan.can_start { Exit::Done } else { Exit::Refused })
}

fn in_words(plan: &ArchivePlan) -> String {
    let mut words = format!(
        "{}, {}, {}, {}\n{} of at most {}, unless one file is larger\n\n",
        text::counted(plan.files, "file"),
        text::size(plan.bytes),
        text::counted(plan.folders, "folder"),
        text::counted(plan.links, "link"),
        text::counted(u64::from(plan.block_count), "datablock"),
        text::size(plan.block_target),
    );
    words += &space(&plan.space);
    for note in &plan.notes {
        let _ = writeln!(words, "\n{}: {} ({})", note.level, note.text, note.code);
        for detail in &note.details {
            let _ = writeln!(words, "  {detail}");
        }
    }
    words
}

pub(super) fn space(needs: &[SpaceNeed]) -> String {
    let mut table = Table::new(["STORAGE", ">NEEDS", ">FREE", ">STAYS FREE", ">SHORT", "PATH"]);
    for need in needs {
        table.row([
            need.storage.clone(),
            text::size(need.needs),
            need.free_unreserved.map_or_else(|| "-".to_owned(), text::size),
            text::size(need.floor),
            if need.short == 0 { "-".to_owned() } else { text::size(need.short) },
            need.problem.as_ref().map_or_else(|| need.path.clone(), |problem| format!("{} ({problem})", need.path)),
        ]);
    }
    table.to_string()
}
