//! The test of a connection, step by step.

use reqwest::Method;
use serde_json::{Value, json};

use super::Mlflow;
use crate::http::{Ask, Trouble, probe, told, wait};
use crate::{Connection, Step, step};

/// Every step until one fails.
pub(super) fn run(connection: &Connection, tell: &mut dyn FnMut(Step)) -> Option<()> {
    let mlflow = step(tell, "options", || {
        let mlflow = Mlflow::open(&connection.id, connection)?;
        let words = told::place(&mlflow.site.base);
        Ok((mlflow, words))
    })?;
    probe::reach(&mlflow.site, tell)?;
    step(tell, "list", || {
        let words = wait(&mlflow.site.place(b""), "Looking at experiments of", mlflow.glance())?;
        Ok(((), words))
    })
}

impl Mlflow {
    async fn glance(&self) -> Result<String, Trouble> {
        let url = self.address("experiments/search")?;
        let found = self.site.json(Ask::new(Method::POST, url).json(&json!({"max_results": 100}))).await?;
        let found = found.get("experiments").and_then(Value::as_array).map_or(0, Vec::len);
        Ok(format!("{found}{} experiments can be seen", if found == 100 { " and more" } else { "" }))
    }
}
