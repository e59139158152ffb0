//! Connections written down, to be read by Airflow or by another workspace.

use std::sync::Arc;

use longshore_engine::Fault;
use longshore_secrets::ExposeSecret as _;
use serde_json::{Map, Value, json};

use super::super::Owner;
use super::super::connections::Connections;
use super::super::dispatch::Answer;
use crate::airflow::{self, Given};
use crate::wire::{
    ConnectionExport, ConnectionExportArgs, ConnectionExported, ConnectionRow, ExportFormat, HiddenText, SecretPlace,
};

impl Answer<ConnectionExport> for Owner {
    async fn answer(self: &Arc<Self>, args: ConnectionExportArgs) -> Result<ConnectionExported, Fault> {
        self.ask(move |owner| export(&owner.connections, &args)).await
    }
}

fn export(connections: &Connections, args: &ConnectionExportArgs) -> Result<ConnectionExported, Fault> {
    let wanted = |row: &ConnectionRow| args.connections.is_empty() || args.connections.contains(&row.id);
    let (mut all, mut lines, mut left_out) = (Map::new(), String::new(), Vec::new());
    for row in connections.rows()?.into_iter().filter(wanted) {
        if row.problem.is_some() {
            left_out.push(row.id);
            continue;
        }
        let given = given(connections, &row, args.with_secrets)?;
        let object = airflow::object(&given);
        // What a URI cannot say, JSON can; Airflow reads either.
        let text = airflow::write(&given).unwrap_or_else(|| object.to_string());
        lines = lines + &row.id + "=" + &text + "\n";
        all.insert(row.id.clone(), with_references(object, &row, args.with_secrets));
    }
    for id in &args.connections {
        connections.row(id)?;
    }
    let (count, text) = (
        all.len(),
        match args.format {
            ExportFormat::Json => format!("{:#}\n", Value::Object(all)),
            ExportFormat::Env => lines,
            ExportFormat::Yaml => serde_saphyr::to_string(&Value::Object(all)).map_err(|error| {
                Fault::permanent("connection.unwritten", "The connections were not written down", error.to_string())
            })?,
        },
    );
    Ok(ConnectionExported { count: u32::try_from(count).unwrap_or(u32::MAX), left_out, text: HiddenText(text) })
}

fn given(connections: &Connections, row: &ConnectionRow, with_secrets: bool) -> Result<Given, Fault> {
    let mut given = Given {
        kind: row.kind.clone(),
        host: row.host.clone(),
        port: row.port,
        login: row.login.clone(),
        password: None,
        schema: row.schema.clone(),
        extra: row.extra.clone(),
        description: row.description.clone(),
    };
    if with_secrets {
        let whole = connections.with_secrets(&row.id)?;
        given.password = whole.password.map(|word| word.expose_secret().to_owned());
        given.extra = whole.extra;
    }
    Ok(given)
}

/// Where secrets lie that lie elsewhere: this is no secret, and Longshore reads it again.
fn with_references(mut object: Value, row: &ConnectionRow, with_secrets: bool) -> Value {
    let reference = |secret: &crate::wire::SecretRow| match &secret.place {
        SecretPlace::Reference(text) => Some((secret.field.clone(), json!(text))),
        _ => None,
    };
    let references: Map<String, Value> = row.secrets.iter().filter_map(reference).collect();
    if !with_secrets && !references.is_empty() {
        object["secrets"] = Value::Object(references);
    }
    object
}
