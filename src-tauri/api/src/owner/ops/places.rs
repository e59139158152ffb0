//! Places that are copied from and to: what lies there, and what a copy would do.

use std::sync::Arc;

use longshore_engine::Fault;
use longshore_flows::browse::{Named, browse};
use longshore_flows::kinds::{CopyWith, Measured, measure_copy};

use super::super::Owner;
use super::super::dispatch::Answer;
use crate::wire::{CopyPlan, CopyPlanArgs, CopyPlanned, PlaceList, PlaceListArgs, PlaceListing, PlaceRow};

impl Answer<PlaceList> for Owner {
    async fn answer(self: &Arc<Self>, args: PlaceListArgs) -> Result<PlaceListing, Fault> {
        let limit = usize::try_from(super::limit(args.limit)).unwrap_or(usize::MAX);
        self.ask(move |owner| {
            let after = args.after.as_ref().map(|after| (after.name.as_str(), after.folder));
            let (rows, more) = browse(owner.places.as_ref(), &args.location, after, limit)?;
            Ok(PlaceListing { rows: rows.into_iter().map(row).collect(), more })
        })
        .await
    }
}

fn row(named: Named) -> PlaceRow {
    let Named { name, kind, size, mtime } = named;
    let mtime = (mtime != 0).then(|| mtime.saturating_mul(1000));
    PlaceRow { name, kind: super::super::rows::kind_word(kind).to_owned(), size, mtime }
}

impl Answer<CopyPlan> for Owner {
    async fn answer(self: &Arc<Self>, args: CopyPlanArgs) -> Result<CopyPlanned, Fault> {
        let with: CopyWith = serde_json::from_value(args.with).map_err(|error| {
            Fault::permanent("task.with", "The parameters of the copy are wrong", error.to_string())
        })?;
        self.ask(move |owner| {
            let found = measure_copy(&with, owner.places.as_ref(), owner.clock.now(), &|| false)?;
            let Measured { files, bytes, there, space, extra, extra_names, .. } = found;
            Ok(CopyPlanned { files, bytes, there, space, extra, extra_names })
        })
        .await
    }
}
