//! What the variables of an archiving service come to, kept in step with them: by its import, when one of them is set, and at the start, since
//! the environment may override them.

use std::collections::BTreeMap;
use std::sync::Arc;

use longshore_engine::Fault;
use longshore_store::StorageRecord;
use serde_json::{Map, Value, json};

use super::environment::is_archivers;
use super::{Owner, ops};
use crate::fault::bytes;
use crate::import::archiver::{Settings, Source, Whose, of};
use crate::wire::{ArchiverSetting, ConnectionSetArgs, Imported, SecretGiven, StorageSetArgs};

/// The setting that holds the variables as they were when they last came into force. There is none where no configuration was taken over.
const APPLIED: &str = "archiver.applied";

/// How settings are brought into force.
#[derive(Debug, Clone, Copy)]
pub(super) struct How {
    /// Change what is there, not only what lies where it lay in a new workspace.
    pub(super) replace: bool,
    /// Only say what would be done.
    pub(super) dry_run: bool,
}

/// The variables of an archiving service in force: what is set, and above it the environment.
pub(super) fn variables(owner: &Owner) -> Result<Map<String, Value>, Fault> {
    let set = owner.store.variables()?.into_iter().map(|variable| (variable.name, variable.value));
    let mut all: Map<String, Value> = set.chain(owner.environment.clone()).collect();
    all.retain(|name, value| (is_archivers(name) || name == "scicat_connection") && !value.is_null());
    Ok(all)
}

/// What variables and secrets come to here.
pub(super) fn settings(owner: &Owner, all: &Map<String, Value>, secrets: &BTreeMap<Whose, Source>) -> Settings {
    let known = |id: &str| owner.connections.row(id).is_ok_and(|row| !row.secrets.is_empty());
    of(all, secrets, &known)
}

/// Notes that these variables are in force.
pub(super) fn applied(owner: &Owner, all: &Map<String, Value>) -> Result<(), Fault> {
    Ok(owner.store.set_setting(APPLIED, &json!(all))?)
}

/// Variables as they last came into force, and as they are now.
struct Changed {
    before: Map<String, Value>,
    now: Map<String, Value>,
}

/// Those, where they differ.
fn changed(owner: &Owner) -> Result<Option<Changed>, Fault> {
    let Some(Value::Object(before)) = owner.store.setting(APPLIED)? else { return Ok(None) };
    let now = variables(owner)?;
    Ok((before != now).then_some(Changed { before, now }))
}

/// Brings into force what has changed since the variables last came into force; what the operator changed by hand since stays. What cannot
/// be brought into force is told, and tried again at the next occasion.
pub(super) fn renew(owner: &Owner) -> Result<Vec<ArchiverSetting>, Fault> {
    let Some(Changed { before, now }) = changed(owner)? else { return Ok(Vec::new()) };
    let (old, mut new) = (settings(owner, &before, &BTreeMap::new()), settings(owner, &now, &BTreeMap::new()));
    new.connections.retain(|connection| !old.connections.contains(connection));
    new.storages.retain(|storage| !old.storages.contains(storage));
    let done = bring(owner, new, How { replace: true, dry_run: false });
    if done.iter().all(|one| one.became != Imported::Left) {
        applied(owner, &now)?;
    }
    Ok(done)
}

/// The same, of a variable that was set just now.
///
/// # Errors
/// `archiver.unsettled`: it is set, but not all that it says could be brought into force.
pub(super) fn settle(owner: &Owner) -> Result<(), Fault> {
    let left = left(&renew(owner)?);
    if left.is_empty() {
        return Ok(());
    }
    let what = "The variable is set, but not all that it says is in force";
    let now = "Mend that, then set the variable again; until then it is tried at each start.";
    Err(Fault::permanent("archiver.unsettled", what, left.join("; ")).now(now))
}

fn left(done: &[ArchiverSetting]) -> Vec<String> {
    let left = done.iter().filter(|one| one.became == Imported::Left);
    left.map(|one| format!("{}: {}", one.what, one.how)).collect()
}

impl Owner {
    /// The same at the start, since the environment may be another one. Nobody waits for a server that is asked on the way.
    pub(super) async fn renew_archiver(self: &Arc<Self>) {
        match self.ask(changed).await {
            Ok(Some(_)) => {}
            Ok(None) => return,
            Err(fault) => return tracing::error!(%fault, "whether variables have changed is not known"),
        }
        let owner = Arc::downgrade(self);
        tokio::task::spawn_blocking(move || {
            let Some(owner) = owner.upgrade() else { return };
            match renew(&owner) {
                Ok(done) => left(&done).iter().for_each(|why| tracing::warn!(%why, "a setting is not in force")),
                Err(fault) => tracing::error!(%fault, "the variables were not brought into force"),
            }
        });
    }
}

/// Makes connections and storages what they are to be, each for itself.
pub(super) fn bring(owner: &Owner, settings: Settings, how: How) -> Vec<ArchiverSetting> {
    let connections = settings.connections.into_iter().map(|args| {
        let what = format!("connection {}", args.connection);
        told(what, connection(owner, args, how))
    });
    let mut done: Vec<ArchiverSetting> = connections.collect();
    for args in settings.storages {
        let what = format!("storage {}", args.name);
        done.push(told(what, storage(owner, args, how)));
    }
    done
}

fn told(what: String, became: Result<(Imported, String), Fault>) -> ArchiverSetting {
    let (became, how) = became.unwrap_or_else(|fault| (Imported::Left, fault.why));
    ArchiverSetting { what, became, how }
}

fn connection(owner: &Owner, wanted: ConnectionSetArgs, how: How) -> Result<(Imported, String), Fault> {
    let place = |args: &ConnectionSetArgs| {
        let endpoint = args.extra.get("endpoint_url").and_then(|url| url.0.as_str());
        args.host.as_deref().or(endpoint).unwrap_or_default().to_owned()
    };
    let place = place(&wanted);
    let Ok(there) = owner.connections.row(&wanted.connection) else {
        set(owner, wanted, how)?;
        return Ok((Imported::Added, place));
    };
    let mut args = wanted.clone();
    args.login = args.login.or_else(|| there.login.clone());
    (args.port, args.schema, args.description) = (there.port, there.schema.clone(), there.description.clone());
    for (field, value) in &there.extra {
        args.extra.entry(field.clone()).or_insert_with(|| crate::wire::Hidden(value.clone()));
    }
    let extra_same = args.extra.len() == there.extra.len()
        && args.extra.iter().all(|(field, value)| there.extra.get(field) == Some(&value.0));
    let same = (&args.kind, &args.host, &args.login) == (&there.kind, &there.host, &there.login) && extra_same;
    let secret_same = args.secrets.iter().all(|(field, given)| {
        matches!(given, SecretGiven::From(text) if there.secrets.iter()
        .any(|row| row.field == *field && row.place == crate::wire::SecretPlace::Reference(text.clone())))
    });
    if same && secret_same {
        return Ok((Imported::Kept, "it is so already".to_owned()));
    }
    if !how.replace {
        return Ok((Imported::Kept, "there is one of this name".to_owned()));
    }
    set(owner, args, how)?;
    Ok((Imported::Replaced, place))
}

fn set(owner: &Owner, args: ConnectionSetArgs, how: How) -> Result<(), Fault> {
    if how.dry_run { owner.connections.check(&args) } else { owner.connections.set(args, owner.clock.now()) }
}

fn storage(owner: &Owner, args: StorageSetArgs, how: How) -> Result<(Imported, String), Fault> {
    let record = owner.places.record(&args.name)?;
    let wanted = place(&record, &args);
    let floor = args.floor_percent.unwrap_or(record.floor_percent);
    let moves = wanted != record.place();
    if !moves && (floor - record.floor_percent).abs() < f64::EPSILON {
        return Ok((Imported::Kept, "it is so already".to_owned()));
    }
    // Where a storage lies in a new workspace nobody has said that it shall lie there.
    let new = record.connection.is_none() && record.path == bytes(&owner.place.storage(&record.name));
    if !how.replace && !new {
        return Ok((Imported::Kept, format!("it lies at {}", record.place())));
    }
    let told = match args.floor_percent {
        Some(_) => format!("{wanted}, {floor} % of it stays free"),
        None => wanted,
    };
    if !how.dry_run {
        ops::set_storages(owner, &[args])?;
    }
    Ok((if new { Imported::Added } else { Imported::Replaced }, told))
}

/// Where a storage would lie, in words.
fn place(record: &StorageRecord, args: &StorageSetArgs) -> String {
    match (&args.path, &args.connection) {
        (Some(path), _) => path.clone(),
        (None, Some(connection)) => format!("{connection}:{}", args.folder.as_deref().unwrap_or_default()),
        (None, None) => record.place(),
    }
}
