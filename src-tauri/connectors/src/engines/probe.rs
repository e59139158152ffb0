//! The tests of connections to engines, step by step.

use super::airflow_site::Generation;
use super::{Airflow, Engine as _, Prefect};
use crate::http::{probe, told, wait};
use crate::{Connection, Step, step};

/// Every step until one fails.
pub(super) fn airflow(connection: &Connection, tell: &mut dyn FnMut(Step)) -> Option<()> {
    let airflow = step(tell, "options", || {
        let airflow = Airflow::open(connection)?;
        let words = told::place(&airflow.to().site.base);
        Ok((airflow, words))
    })?;
    let site = &airflow.to().site;
    probe::reach(site, tell)?;
    step(tell, "version", || {
        let (generation, version) = wait(&site.place(b""), "Asking for the version of", airflow.to().generation())?;
        let api = if generation == Generation::V1 { "v1" } else { "v2" };
        Ok(((), format!("Airflow {version}, by its API {api}")))
    })?;
    step(tell, "login", || Ok(((), seen(airflow.runs(None, 1)?.len()))))
}

/// The same, of Prefect.
pub(super) fn prefect(connection: &Connection, tell: &mut dyn FnMut(Step)) -> Option<()> {
    let prefect = step(tell, "options", || {
        let prefect = Prefect::open(connection)?;
        let words = told::place(&prefect.site.base);
        Ok((prefect, words))
    })?;
    probe::reach(&prefect.site, tell)?;
    step(tell, "version", || {
        let version = wait(&prefect.site.place(b""), "Asking for the version of", prefect.get(&["admin", "version"]))?;
        Ok(((), format!("Prefect {}", version.as_str().unwrap_or("of no version that it would tell"))))
    })?;
    step(tell, "login", || Ok(((), seen(prefect.runs(None, 1)?.len()))))
}

fn seen(runs: usize) -> String {
    if runs == 0 { "its runs may be seen, there are none".into() } else { "its runs may be seen".into() }
}
