//! Registered models: which artifacts a version of one, or an alias, stands for.

use longshore_transfer::storage::Result;
use reqwest::Method;
use serde_json::Value;

use super::Mlflow;
use crate::http::{Ask, Trouble, wait};

/// Which version of a registered model.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Version<'a> {
    /// By its number.
    Number(&'a str),
    /// By an alias that leads to it.
    Alias(&'a str),
}

/// Says of a version that the server does not know that it is not there. An unknown model and an unknown number are answered with 404, an
/// unknown alias with 400.
fn not_found(version: &Version<'_>, trouble: Trouble) -> Trouble {
    if !matches!(trouble.code, "file.missing" | "http.status") {
        return trouble;
    }
    let which = match version {
        Version::Number(number) => format!("version {number}"),
        Version::Alias(alias) => format!("alias {alias}"),
    };
    Trouble::permanent("mlflow.no_model", format!("the server knows no such model with the {which}: {}", trouble.why))
}

impl Mlflow {
    /// The path, on this storage, of what a version of a registered model stands for.
    pub fn model(&self, name: &str, version: &Version<'_>) -> Result<String> {
        wait(&self.site.place(name.as_bytes()), "Looking up the model", async {
            let (call, by) = match version {
                Version::Number(number) => ("model-versions/get", ("version", *number)),
                Version::Alias(alias) => ("registered-models/alias", ("alias", *alias)),
            };
            let found = self.get(call, &[("name", name), by]).await.map_err(|trouble| not_found(version, trouble))?;
            let number = found.pointer("/model_version/version").and_then(|number| match number {
                Value::String(text) => Some(text.clone()),
                other => other.as_u64().map(|number| number.to_string()),
            });
            let number =
                number.ok_or_else(|| Trouble::permanent("http.answer", "the answer is no version of a model"))?;
            let found = self.get("model-versions/get-download-uri", &[("name", name), ("version", &number)]).await?;
            let uri = found.get("artifact_uri").and_then(Value::as_str).unwrap_or_default();
            self.path_of(uri).await
        })
    }

    /// The path on this storage for an address of MLflow's own.
    async fn path_of(&self, uri: &str) -> std::result::Result<String, Trouble> {
        if let Some(path) = uri.strip_prefix("runs:/") {
            return Ok(path.to_owned());
        }
        if let Some(model) = uri.strip_prefix("models:/") {
            let url = self.site.address(&["mlflow", "logged-models", model])?;
            let found = self.site.json(Ask::new(Method::GET, url)).await?;
            let uri = found.pointer("/model/info/artifact_uri").and_then(Value::as_str).unwrap_or_default();
            return Ok(format!("artifacts/{}", self.kept(uri)?));
        }
        Ok(format!("artifacts/{}", self.kept(uri)?))
    }

    async fn get(&self, call: &str, query: &[(&str, &str)]) -> std::result::Result<Value, Trouble> {
        let mut url = self.address(call)?;
        url.query_pairs_mut().extend_pairs(query);
        self.site.json(Ask::new(Method::GET, url)).await
    }
}
