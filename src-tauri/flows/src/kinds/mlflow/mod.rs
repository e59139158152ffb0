//! Kinds of task that speak to MLflow.

pub mod find;
pub mod finish;
pub mod results;
pub mod run;
mod table;

use std::sync::Arc;

use longshore_connectors::mlflow::Mlflow;
use longshore_engine::Fault;
use longshore_transfer::storage::{ReadOptions, Storage};

use crate::faults::ToldAt as _;
use crate::kind::Storages;
use crate::location::Location;

/// Bytes of a file that is read as a whole, at most.
const LARGEST: usize = 16 << 20;

/// An MLflow server, to be spoken to.
struct Server {
    /// The storage that its artifacts are, whatever type the connection has: Airflow's users have it as `http`.
    name: String,
    storage: Arc<dyn Storage>,
}

impl Server {
    fn open(storages: &dyn Storages, connection: &str) -> Result<Self, Fault> {
        let name = if connection.contains('+') { connection.to_owned() } else { format!("mlflow+{connection}") };
        let storage = storages.storage(&name)?;
        Ok(Self { name, storage })
    }

    fn mlflow(&self) -> Result<&Mlflow, Fault> {
        Mlflow::behind(self.storage.as_ref()).ok_or_else(|| {
            let what = format!("{} is no MLflow", self.name);
            Fault::permanent("connection.wrong", what, "It leads to a system of another kind")
        })
    }
}

/// A text that was filled in.
fn filled(text: Option<&String>) -> Option<&str> {
    text.map(|text| text.trim()).filter(|text| !text.is_empty())
}

/// The text of a small file.
fn text_at(storages: &dyn Storages, place: &str) -> Result<String, Fault> {
    let at = Location::read(storages, place)?;
    let name = at.storage.name();
    let mut reader = at.storage.read(&at.path, ReadOptions::default()).told_at(name)?;
    let (mut bytes, mut buffer) = (Vec::new(), vec![0; 64 << 10]);
    loop {
        let count = reader.read(&mut buffer).told_at(name)?;
        bytes.extend_from_slice(&buffer[..count]);
        if count == 0 || bytes.len() > LARGEST {
            break;
        }
    }
    if bytes.len() > LARGEST {
        return Err(malformed(place, "it is larger than 16 MiB"));
    }
    String::from_utf8(bytes).map_err(|_| malformed(place, "it is no text in UTF-8"))
}

fn malformed(place: &str, why: impl Into<String>) -> Fault {
    Fault::permanent("mlflow.malformed", format!("{place} is not understood"), why)
}
