//! `mlflow.results`: the results of a search for a model, each tried set of parameters a run of MLflow.

use std::collections::BTreeMap;

use async_trait::async_trait;
use longshore_connectors::mlflow::{Mlflow, Told};
use longshore_engine::Fault;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::table::{dictionary, rows};
use super::{Server, malformed, text_at};
use crate::attempt::blocking;
use crate::faults::ToldAt as _;
use crate::kind::{Context, Done, Need, Services, TypedKind};
use crate::temporary::{Given, opened};

/// Columns that are metrics, by the names of scikit-learn's `cv_results_`.
const METRICS: [&str; 2] = ["mean_test_score", "mean_fit_time"];

/// Parameters of `mlflow.results`.
#[derive(Debug, Clone, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct With {
    /// Connection to the MLflow server; one of the type `http` will do.
    pub connection: String,
    /// The table of results (CSV): a row for each try, with a column `params` and columns of metrics.
    pub table: String,
    /// Name of the experiment.
    pub experiment: String,
    /// Connections that are there for this run only, in memory and nowhere else, and gone when it ends.
    #[serde(default)]
    pub connections: Vec<Given>,
}

/// Output of `mlflow.results`.
#[derive(Debug, Clone, Serialize, Deserialize, JsonSchema)]
pub struct Output {
    /// Id of the run for the model that was found.
    pub run: String,
    /// The folder for it.
    pub to: String,
    /// How many tries there were.
    pub tries: u64,
}

/// `mlflow.results`.
pub struct MlflowResults;

#[async_trait]
impl TypedKind for MlflowResults {
    type With = With;
    type Output = Output;
    const NAME: &'static str = "mlflow.results";
    const TITLE: &'static str = "Tells MLflow the results of a search for a model, a run for each try";

    async fn plan(&self, _: With, _: &Services) -> Result<Need, Fault> {
        Ok(Need::default())
    }

    async fn run(&self, with: With, context: Context) -> Result<Done<Output>, Fault> {
        blocking(move || tell(&with, &context).map(Done::Output)).await
    }
}

fn tell(with: &With, context: &Context) -> Result<Output, Fault> {
    let storages = opened(context.services.storages.clone(), &with.connections)?;
    let tries = tries(with, &text_at(storages.as_ref(), &with.table)?)?;
    let server = Server::open(storages.as_ref(), &with.connection)?;
    let mlflow = server.mlflow()?;
    let now = context.services.now();
    let model = mlflow.run(&with.experiment, &context.run, None, now).told_at(&server.name)?;
    for (number, told) in tries.iter().enumerate() {
        context.go_on()?;
        one(mlflow, with, &format!("{}/{number}", context.run), told, now).told_at(&server.name)?;
    }
    Ok(Output { to: format!("{}:{}/model", server.name, model.id), run: model.id, tries: tries.len() as u64 })
}

fn one(mlflow: &Mlflow, with: &With, marker: &str, told: &Told, now: i64) -> longshore_transfer::storage::Result<()> {
    let run = mlflow.run(&with.experiment, marker, None, now)?;
    mlflow.log(&run, told)?;
    mlflow.finish(&run.id, now)
}

/// What each row says.
fn tries(with: &With, text: &str) -> Result<Vec<Told>, Fault> {
    let wrong = |number: usize, why: &str| malformed(&with.table, format!("line {}: {why}", number + 1));
    let mut rows = rows(text).map_err(|why| malformed(&with.table, why))?.into_iter().enumerate();
    let header = rows.next().map(|(_, row)| row).unwrap_or_default();
    let column = |name: &str| header.iter().position(|other| other == name);
    let params = column("params").ok_or_else(|| wrong(0, "there is no column `params`"))?;
    let metrics: Vec<(&str, usize)> = METRICS.iter().filter_map(|name| Some((*name, column(name)?))).collect();
    let read = |(number, row): (usize, Vec<String>)| {
        let field = |at: usize| row.get(at).ok_or_else(|| wrong(number, "it has fewer columns than the first"));
        let params = dictionary(field(params)?).ok_or_else(|| wrong(number, "its params are no dictionary"))?;
        let mut told = BTreeMap::new();
        for (name, at) in &metrics {
            let value: f64 = field(*at)?.trim().parse().map_err(|_| wrong(number, &format!("{name} is no number")))?;
            // What could not be measured is NaN, which JSON has no word for.
            if value.is_finite() {
                told.insert((*name).to_owned(), value);
            }
        }
        Ok(Told { metrics: told, params })
    };
    rows.map(read).collect()
}
