//! The test of a connection, step by step.

use reqwest::Method;
use serde_json::Value;

use super::Records;
use crate::http::{Ask, Trouble, probe, told, wait};
use crate::{Connection, Step, step};

/// Every step until one fails.
pub(super) fn run(connection: &Connection, tell: &mut dyn FnMut(Step)) -> Option<()> {
    let records = step(tell, "options", || {
        let records = Records::open(&connection.id, connection)?;
        let words = told::place(&records.site.base);
        Ok((records, words))
    })?;
    probe::reach(&records.site, tell)?;
    step(tell, "list", || {
        let words = wait(&records.site.place(b""), "Listing records on", records.glance())?;
        Ok(((), words))
    })
}

impl Records {
    /// How many records there are for whom the connection logs in.
    async fn glance(&self) -> Result<String, Trouble> {
        let mut url = self.site.address(&["records"])?;
        url.query_pairs_mut().append_pair("size", "1");
        let found = self.site.json(Ask::new(Method::GET, url)).await?;
        let total = found.pointer("/hits/total").and_then(Value::as_u64);
        let total = total.ok_or_else(|| Trouble::permanent("http.answer", "the answer is no list of records"))?;
        Ok(format!("{total} records can be seen"))
    }
}
