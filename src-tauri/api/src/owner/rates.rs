//! Limits of bytes a second over connections: kept in the settings, in force at once.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex};

use longshore_engine::schedule::Timetable;
use longshore_engine::{Clock, Fault};
use longshore_store::Store;
use longshore_transfer::bandwidth::{Bandwidth, limited};
use longshore_transfer::storage::Storage;
use serde::{Deserialize, Serialize};
use serde_json::json;

use crate::events::lock;
use crate::wire::{RateRow, RateSetArgs};

/// The setting that they are kept in.
const SETTING: &str = "transfer.rates";

/// What is written where there is no limit.
const OFF: &str = "off";

/// The limits of a workspace. All calls that change something block.
pub(crate) struct Rates {
    store: Store,
    clock: Arc<dyn Clock>,
    all: Arc<Bandwidth>,
    known: Mutex<Known>,
}

#[derive(Default)]
struct Known {
    written: Written,
    /// Of each connection that was opened or has a limit.
    own: BTreeMap<String, Arc<Bandwidth>>,
}

/// As the setting holds it.
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
#[serde(default)]
struct Written {
    all: Option<Line>,
    connections: BTreeMap<String, Line>,
}

#[derive(Debug, Clone, Serialize, Deserialize)]
struct Line {
    rates: String,
    timezone: String,
}

impl Rates {
    /// Those of the workspace. What cannot be read any more (a time zone that is gone) limits nothing, and is said in the log.
    pub(crate) fn open(store: Store, clock: Arc<dyn Clock>) -> Result<Self, Fault> {
        let kept = store.setting(SETTING)?;
        let written: Written = kept.and_then(|kept| serde_json::from_value(kept).ok()).unwrap_or_default();
        let rates = Self { store, clock, all: Arc::default(), known: Mutex::default() };
        rates.follow(&rates.all, written.all.as_ref());
        let mut known = Known::default();
        for (connection, line) in &written.connections {
            let own: Arc<Bandwidth> = Arc::default();
            rates.follow(&own, Some(line));
            known.own.insert(connection.clone(), own);
        }
        known.written = written;
        *lock(&rates.known) = known;
        Ok(rates)
    }

    /// A storage that a connection leads to, within the limit of all and that of the connection.
    pub(crate) fn within(&self, connection: &str, storage: Arc<dyn Storage>) -> Arc<dyn Storage> {
        let own = lock(&self.known).own.entry(connection.to_owned()).or_default().clone();
        limited(storage, vec![self.all.clone(), own])
    }

    /// A storage that a temporary connection leads to, within the limit of all.
    pub(crate) fn within_all(&self, storage: Arc<dyn Storage>) -> Arc<dyn Storage> {
        limited(storage, vec![self.all.clone()])
    }

    /// That of all connections together, and those of single ones by name.
    pub(crate) fn rows(&self) -> Vec<RateRow> {
        let written = lock(&self.known).written.clone();
        let single = written.connections.iter().map(|(id, line)| self.row(Some(id), Some(line)));
        std::iter::once(self.row(None, written.all.as_ref())).chain(single).collect()
    }

    /// Sets one, and puts it into force.
    pub(crate) fn set(&self, args: RateSetArgs) -> Result<RateRow, Fault> {
        let RateSetArgs { connection, rates, timezone, .. } = args;
        let line = Line { rates: rates.trim().to_owned(), timezone: timezone.unwrap_or_else(|| "UTC".into()) };
        let line = (!line.rates.eq_ignore_ascii_case(OFF)).then_some(line);
        line.as_ref().map(read).transpose()?;
        let mut known = lock(&self.known);
        let mut written = known.written.clone();
        match (&connection, &line) {
            (None, line) => written.all.clone_from(line),
            (Some(id), Some(line)) => drop(written.connections.insert(id.clone(), line.clone())),
            (Some(id), None) => drop(written.connections.remove(id)),
        }
        self.store.set_setting(SETTING, &json!(written))?;
        known.written = written;
        let bandwidth = match &connection {
            None => self.all.clone(),
            Some(id) => known.own.entry(id.clone()).or_default().clone(),
        };
        self.follow(&bandwidth, line.as_ref());
        drop(known);
        Ok(self.row(connection.as_deref(), line.as_ref()))
    }

    /// Forgets the limit of a connection that is gone.
    pub(crate) fn forget(&self, connection: &str) -> Result<(), Fault> {
        if !lock(&self.known).written.connections.contains_key(connection) {
            return Ok(());
        }
        let args = RateSetArgs { connection: Some(connection.into()), rates: OFF.into(), timezone: None, why: None };
        self.set(args).map(drop)
    }

    fn follow(&self, bandwidth: &Bandwidth, line: Option<&Line>) {
        let table = line.and_then(|line| {
            read(line).inspect_err(|fault| tracing::warn!(%fault, "a limit of bytes a second is not in force")).ok()
        });
        let clock = self.clock.clone();
        bandwidth.follow(move || table.as_ref().and_then(|table| table.at(clock.read().wall).rate));
    }

    fn row(&self, connection: Option<&str>, line: Option<&Line>) -> RateRow {
        let in_force = line.and_then(|line| read(line).ok()).map(|table| table.at(self.clock.read().wall));
        RateRow {
            connection: connection.map(str::to_owned),
            rates: line.map_or_else(|| OFF.into(), |line| line.rates.clone()),
            timezone: line.map_or_else(|| "UTC".into(), |line| line.timezone.clone()),
            now: in_force.and_then(|now| now.rate),
            until: in_force.and_then(|now| now.until).map(|at| at.0),
        }
    }
}

fn read(line: &Line) -> Result<Timetable, Fault> {
    Timetable::parse(&line.rates, &line.timezone).map_err(|unread| {
        Fault::permanent("rate.wrong", "The limit of bytes a second is not understood", unread.to_string())
            .now("Write `off`, a rate such as 10 MiB/s, or times with rates: mon-fri 08:00 10 MiB/s, 19:00 off.")
    })
}
