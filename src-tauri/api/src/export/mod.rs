//! Flows as files for other engines: plain Python that people read and change, each task carried out by `longshore task run`.
//!
//! What an engine has no counterpart for is refused by name before anything is written.

mod airflow;
mod prefect;
mod python;
mod shape;

use std::collections::BTreeMap;

use longshore_engine::{Fault, Flow};

use crate::worker::flow_of;
use shape::Lacks;

/// An engine, and its generation.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Engine {
    /// Apache Airflow 3.
    Airflow3,
    /// Apache Airflow 2.10.
    Airflow2,
    /// Prefect 3.
    Prefect,
}

/// What is known beside the flow.
#[derive(Debug, Clone, Default)]
pub struct Given {
    /// The place that workers share; the environment of each names it if not.
    pub state: Option<String>,
    /// Slots of the limits that are known.
    pub limits: BTreeMap<String, u32>,
}

/// A file to be written.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Written {
    /// Its name, below the folder that is exported to.
    pub name: String,
    /// Its text.
    pub text: String,
}

/// The files of flows. A flow is the id of a built-in one, or the path of a flow file.
///
/// # Errors
/// `export.unsupported` names everything that cannot be carried over.
pub fn export(flows: &[String], engine: Engine, given: &Given) -> Result<Vec<Written>, Fault> {
    let flows = flows.iter().map(|name| checked(name)).collect::<Result<Vec<_>, _>>()?;
    let mut files = Vec::new();
    for flow in &flows {
        let lacks = Lacks::of(flow, engine);
        if let Some(fault) = lacks.into_fault(flow, engine) {
            return Err(fault);
        }
        let text = match engine {
            Engine::Airflow3 | Engine::Airflow2 => airflow::dag(flow, engine, given),
            Engine::Prefect => prefect::flow(flow, given),
        };
        files.push(Written { name: python_file(flow), text });
        // Workers carry out the version that was exported, whatever theirs has built in.
        files.push(Written { name: flow_file(flow), text: flow.source.to_string() });
    }
    if engine == Engine::Prefect {
        files.push(Written { name: "prefect.yaml".to_owned(), text: prefect::deployments(&flows, given) });
    }
    Ok(files)
}

/// The name of the flow file that lies beside.
fn flow_file(flow: &Flow) -> String {
    format!("longshore_{}.yaml", flow.id)
}

/// The name of the Python file: `copy.py` in a folder that Python looks into would be taken for its own module.
fn python_file(flow: &Flow) -> String {
    format!("longshore_{}.py", flow.id)
}

/// A flow, checked against the kinds of task that there are.
fn checked(name: &str) -> Result<Flow, Fault> {
    let flow = flow_of(name)?;
    let known = crate::check::known(&longshore_flows::kinds());
    let again = Flow::parse(name, &flow.source, Some(&known));
    again.map_err(|faults| crate::owner::first_fault(name, faults))
}
