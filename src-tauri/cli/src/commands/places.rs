//! `longshore place`.

use std::fmt::Write as _;

use longshore_api::wire::{
    PlaceArgs, PlaceDetail, PlaceLink, PlaceLinkArgs, PlaceMake, PlaceRename, PlaceRenameArgs, PlaceRestore,
    PlaceRestoreArgs, PlaceShow, PlaceTag, PlaceTagArgs, RestoreSpeed, RestoreState, Restored,
};
use longshore_api::{Fault, Role};

use super::copies::location;
use crate::args::{Place, Speed};
use crate::exit::Exit;
use crate::shell::{Shell, inside};
use crate::text;

/// One of the commands about a place.
pub(crate) async fn run(shell: &Shell, command: Place) -> Result<Exit, Fault> {
    let session = shell.open(Role::Glance).await?;
    match command {
        Place::Show { place } => {
            let args = PlaceArgs { location: location(&place)?, why: None };
            let detail = session.call::<PlaceShow>(args).await?;
            shell.out.result(&detail, || shown(&detail));
        }
        Place::Link { place, write, seconds, reason } => {
            let args = PlaceLinkArgs { location: location(&place)?, write, seconds, why: reason };
            let linked = session.call::<PlaceLink>(args).await?;
            shell.out.result(&linked, || format!("{}\n", linked.url.0));
        }
        Place::Restore { place, days, speed, reason } => {
            let speed = match speed {
                Speed::Expedited => RestoreSpeed::Expedited,
                Speed::Standard => RestoreSpeed::Standard,
                Speed::Bulk => RestoreSpeed::Bulk,
            };
            let args = PlaceRestoreArgs { location: location(&place)?, days, speed, why: reason };
            let now = session.call::<PlaceRestore>(args).await?;
            shell.out.result(&now, || stands(&now) + "\n");
            let there = matches!(now.state, RestoreState::Restored | RestoreState::NotNeeded);
            return Ok(if there { Exit::Done } else { Exit::NotProved });
        }
        Place::Tag { place, tags, reason } => {
            let args = PlaceTagArgs { location: location(&place)?, tags: tags.into_iter().collect(), why: reason };
            let done = session.call::<PlaceTag>(args).await?;
            shell.out.result(&done, String::new);
        }
        Place::Rename { place, name, reason } => {
            let name = inside(&name);
            let args = PlaceRenameArgs { location: location(&place)?, name, why: reason };
            let done = session.call::<PlaceRename>(args).await?;
            shell.out.result(&done, String::new);
        }
        Place::Make { place, reason } => {
            let done = session.call::<PlaceMake>(PlaceArgs { location: location(&place)?, why: reason }).await?;
            shell.out.result(&done, String::new);
        }
    }
    Ok(Exit::Done)
}

fn shown(of: &PlaceDetail) -> String {
    let mut told = of.kind.clone();
    if of.kind == "file" {
        let _ = write!(told, ", {}", text::size(of.size));
    }
    let _ = writeln!(told, ", changed {}", text::time_or_dash(of.mtime));
    if let Some(checksum) = &of.checksum {
        let _ = writeln!(told, "{checksum}");
    }
    let Some(object) = &of.object else { return told };
    let _ = writeln!(told, "class {}, {}", object.class, stands(&object.restore));
    for (name, value) in &object.tags {
        let _ = writeln!(told, "tag {name}={value}");
    }
    for version in object.versions.iter().filter(|_| object.versions.len() > 1) {
        let what = version.size.map_or_else(|| "deleted".to_owned(), text::size);
        let latest = if version.latest { ", the one that is read" } else { "" };
        let _ = writeln!(told, "version {} of {}: {what}{latest}", version.id, text::time_or_dash(version.mtime));
    }
    told
}

fn stands(of: &Restored) -> String {
    match (of.state, of.until) {
        (RestoreState::NotNeeded, _) => "read at once".into(),
        (RestoreState::Archived, _) => "archived: it must be restored before it is read".into(),
        (RestoreState::Ongoing, _) => "being restored".into(),
        (RestoreState::Restored, until) => format!("restored until {}", text::time_or_dash(until)),
    }
}
