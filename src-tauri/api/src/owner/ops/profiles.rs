//! Profiles of the workspace.

use std::sync::Arc;

use longshore_engine::Fault;

use super::super::Owner;
use super::super::dispatch::Answer;
use crate::fault::text;
use crate::profile::{Profile, Profiles, folder};
use crate::wire::{
    Nothing, ProfileArgs, ProfileList, ProfileRemove, ProfileRow, ProfileSet, ProfileSetArgs, ProfileUse,
};

/// All of them; one where nobody has made any.
pub(super) fn rows(owner: &Owner) -> Result<Vec<ProfileRow>, Fault> {
    let (top, here) = owner.place.profile();
    let all = Profiles::read(&top)?;
    let row = |Profile { name, colour }: &Profile| ProfileRow {
        name: name.clone(),
        colour: *colour,
        on: *name == all.on,
        here: *name == here,
        folder: text(&folder(&top, name)),
    };
    Ok(all.profiles.iter().map(row).collect())
}

impl Answer<ProfileList> for Owner {
    async fn answer(self: &Arc<Self>, _: Nothing) -> Result<Vec<ProfileRow>, Fault> {
        self.ask(rows).await
    }
}

impl Answer<ProfileSet> for Owner {
    async fn answer(self: &Arc<Self>, args: ProfileSetArgs) -> Result<Vec<ProfileRow>, Fault> {
        self.ask(move |owner| {
            Profiles::change(&owner.place.profile().0, |all| all.set(&args.profile, args.colour))?;
            rows(owner)
        })
        .await
    }
}

impl Answer<ProfileUse> for Owner {
    async fn answer(self: &Arc<Self>, args: ProfileArgs) -> Result<Vec<ProfileRow>, Fault> {
        self.ask(move |owner| {
            let on = |all: &mut Profiles| {
                all.on.clone_from(&all.find(&args.profile)?.name.clone());
                Ok(())
            };
            Profiles::change(&owner.place.profile().0, on)?;
            tracing::info!(profile = args.profile, "this profile is on now");
            rows(owner)
        })
        .await
    }
}

impl Answer<ProfileRemove> for Owner {
    async fn answer(self: &Arc<Self>, args: ProfileArgs) -> Result<Vec<ProfileRow>, Fault> {
        self.ask(move |owner| {
            let (top, here) = owner.place.profile();
            Profiles::change(&top, |all| {
                let name = all.find(&args.profile)?.name.clone();
                if name == all.on || name == here || folder(&top, &name) == top {
                    let why = "It is on, or open here, or the workspace itself";
                    return Err(Fault::permanent("profile.in_use", format!("The profile {name} was not removed"), why)
                        .now("Switch to another first: longshore profile use NAME"));
                }
                all.profiles.retain(|profile| profile.name != name);
                Ok(())
            })?;
            rows(owner)
        })
        .await
    }
}
