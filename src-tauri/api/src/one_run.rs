//! A workspace for one run alone: what another knows of the world outside, and nothing of what it holds.

use std::path::Path;
use std::{fs, io};

use longshore_engine::Fault;
use longshore_secrets::Reference;
use longshore_store::{ConnectionRecord, Options, Store};
use serde_json::Value;

use crate::fault;
use crate::owner::connections::WORKSPACE_ID;
use crate::place::{Place, unusable};
use crate::profile::{ProfileColour, Profiles, folder};
use crate::wire::SecretPlace;

/// Makes a workspace in the empty folder `at`, with the variables, limits, connections and flow files of a profile of the workspace in
/// `top`: the one that is named, else the one that is on. Datasets, runs, schedules and storages it has none of. Blocks.
///
/// No secret is read for it: what the keyring holds is found there under the same name, and an encrypted file is copied as it is.
///
/// # Errors
/// `profile.production` where the profile is one that counts and was not named; `profile.unknown`; what keeps either from being read or written.
pub fn workspace_for_one_run(top: &Path, profile: Option<&str>, at: &Path) -> Result<(), Fault> {
    let all = Profiles::read(top)?;
    let chosen = all.find(profile.unwrap_or(&all.on))?;
    if chosen.colour == ProfileColour::Red && profile.is_none() {
        let (name, named) = (&chosen.name, format!("--profile {}", chosen.name));
        return Err(Fault::permanent(
            "profile.production",
            "The flow was not started",
            format!("The profile {name} is on, which counts, and a run to try something would use its connections"),
        )
        .now(format!("Name another profile with --profile, or this one, if you mean it: {named}"))
        .at_place(fault::text(top)));
    }
    let (of, to) = (folder(top, &chosen.name), Place::make(at)?);
    copy_flows(&top.join("flows"), &to.flows()).map_err(|error| unusable(to.root(), &error))?;
    copy_file(&of, to.root(), "secrets.age").map_err(|error| unusable(to.root(), &error))?;
    if !of.join("longshore.db").exists() {
        return Ok(());
    }
    let (from, into) = (
        Store::open(&of.join("longshore.db"), &Options::default())?,
        Store::open(&to.database(), &Options::default())?,
    );
    copy_settings(&from, &into, &of)?;
    // The other may have an owner that writes: it is not closed for it.
    drop(from);
    Ok(into.close()?)
}

fn copy_settings(from: &Store, into: &Store, of: &Path) -> Result<(), Fault> {
    // Under this id the keyring knows the secrets of the connections.
    if let Some(id) = from.setting(WORKSPACE_ID)? {
        into.set_setting(WORKSPACE_ID, &id)?;
    }
    for variable in from.variables()? {
        into.set_variable(&variable)?;
    }
    for limit in from.limits()? {
        into.set_limit(&limit)?;
    }
    let connections: Vec<_> = from.connections()?.into_iter().map(|one| with_whole_paths(one, of)).collect();
    Ok(into.set_connections(&connections)?)
}

/// A secret in a file is looked for in the folder of the workspace, which is another one now.
fn with_whole_paths(mut connection: ConnectionRecord, of: &Path) -> ConnectionRecord {
    for place in connection.secrets.values_mut() {
        if let Ok(SecretPlace::Reference(text)) = serde_json::from_value(place.clone())
            && let Ok(Reference::File(path)) = text.parse()
        {
            let whole = Reference::File(of.join(path)).to_string();
            *place = serde_json::to_value(SecretPlace::Reference(whole)).unwrap_or(Value::Null);
        }
    }
    connection
}

fn copy_flows(from: &Path, to: &Path) -> io::Result<()> {
    let entries = match fs::read_dir(from) {
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(()),
        entries => entries?,
    };
    for entry in entries {
        let entry = entry?;
        if entry.metadata()?.is_file() {
            fs::copy(entry.path(), to.join(entry.file_name()))?;
        }
    }
    Ok(())
}

fn copy_file(from: &Path, to: &Path, name: &str) -> io::Result<()> {
    match fs::copy(from.join(name), to.join(name)) {
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(()),
        done => done.map(|_| ()),
    }
}
