//! One place: looked at, linked to, restored, tagged, made.

use std::sync::Arc;
use std::time::Duration;

use longshore_connectors::s3::{Restoration, Speed, Version};
use longshore_engine::Fault;
use longshore_flows::place::{self, Details, Object};
use longshore_flows::secrets::hide_everywhere;
use longshore_transfer::storage::{Kind, Meta};

use super::super::Owner;
use super::super::dispatch::Answer;
use crate::wire::{
    HiddenText, Nothing, ObjectDetail, ObjectVersion, PlaceArgs, PlaceDetail, PlaceLink, PlaceLinkArgs, PlaceLinked,
    PlaceMake, PlaceRename, PlaceRenameArgs, PlaceRestore, PlaceRestoreArgs, PlaceShow, PlaceTag, PlaceTagArgs,
    RestoreSpeed, RestoreState, Restored,
};

impl Answer<PlaceShow> for Owner {
    async fn answer(self: &Arc<Self>, args: PlaceArgs) -> Result<PlaceDetail, Fault> {
        self.ask(move |owner| place::show(owner.places.as_ref(), &args.location).map(detail)).await
    }
}

impl Answer<PlaceLink> for Owner {
    async fn answer(self: &Arc<Self>, args: PlaceLinkArgs) -> Result<PlaceLinked, Fault> {
        let life = Duration::from_secs(args.seconds.into());
        self.ask(move |owner| {
            let until = (owner.clock.now() + life).0;
            let url = place::link(owner.places.as_ref(), &args.location, args.write, life)?;
            hide_everywhere(&url);
            Ok(PlaceLinked { url: HiddenText(url), until })
        })
        .await
    }
}

impl Answer<PlaceRestore> for Owner {
    async fn answer(self: &Arc<Self>, args: PlaceRestoreArgs) -> Result<Restored, Fault> {
        let speed = match args.speed {
            RestoreSpeed::Expedited => Speed::Expedited,
            RestoreSpeed::Standard => Speed::Standard,
            RestoreSpeed::Bulk => Speed::Bulk,
        };
        self.ask(move |owner| place::restore(owner.places.as_ref(), &args.location, args.days, speed).map(restored))
            .await
    }
}

impl Answer<PlaceTag> for Owner {
    async fn answer(self: &Arc<Self>, args: PlaceTagArgs) -> Result<Nothing, Fault> {
        let tags: Vec<(String, String)> = args.tags.into_iter().collect();
        self.ask(move |owner| place::tag(owner.places.as_ref(), &args.location, &tags)).await?;
        Ok(Nothing {})
    }
}

impl Answer<PlaceMake> for Owner {
    async fn answer(self: &Arc<Self>, args: PlaceArgs) -> Result<Nothing, Fault> {
        self.ask(move |owner| place::make(owner.places.as_ref(), &args.location)).await?;
        Ok(Nothing {})
    }
}

impl Answer<PlaceRename> for Owner {
    async fn answer(self: &Arc<Self>, args: PlaceRenameArgs) -> Result<Nothing, Fault> {
        self.ask(move |owner| place::rename(owner.places.as_ref(), &args.location, &args.name)).await?;
        Ok(Nothing {})
    }
}

fn detail(of: Details) -> PlaceDetail {
    let Details { meta, checksum, object } = of;
    let kind = match meta.kind {
        Kind::File => "file",
        Kind::Folder => "folder",
        Kind::Link => "link",
        Kind::Special => "special",
    };
    PlaceDetail {
        kind: kind.to_owned(),
        size: if meta.kind == Kind::File { meta.size } else { 0 },
        mtime: time(&meta),
        checksum: checksum.map(|(algorithm, value)| format!("{algorithm}:{value}")),
        object: object.map(|Object { class, restoration, tags, versions }| ObjectDetail {
            class,
            restore: restored(restoration),
            tags: tags.into_iter().collect(),
            versions: versions.into_iter().map(version).collect(),
        }),
    }
}

fn time(meta: &Meta) -> Option<i64> {
    (meta.mtime.0 != 0).then(|| meta.mtime.0.saturating_mul(1000))
}

fn version(of: Version) -> ObjectVersion {
    let (size, mtime) = (of.meta.as_ref().map(|meta| meta.size), of.meta.as_ref().and_then(time));
    ObjectVersion { id: of.id, latest: of.latest, size, mtime }
}

fn restored(of: Restoration) -> Restored {
    let (state, until) = match of {
        Restoration::NotNeeded => (RestoreState::NotNeeded, None),
        Restoration::Archived => (RestoreState::Archived, None),
        Restoration::Ongoing => (RestoreState::Ongoing, None),
        Restoration::Restored(until) => (RestoreState::Restored, until.map(|until| until.saturating_mul(1000))),
    };
    Restored { state, until }
}
