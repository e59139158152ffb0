//! The test of a connection, step by step.

use reqwest::Method;
use serde_json::Value;

use super::GitLab;
use crate::http::{Ask, Trouble, probe, told, wait};
use crate::{Connection, Step, step};

/// Every step until one fails.
pub(super) fn run(connection: &Connection, tell: &mut dyn FnMut(Step)) -> Option<()> {
    let gitlab = step(tell, "options", || {
        let gitlab = GitLab::open(&connection.id, connection)?;
        let words = told::place(&gitlab.site.base);
        Ok((gitlab, words))
    })?;
    probe::reach(&gitlab.site, tell)?;
    step(tell, "list", || {
        let words = wait(&gitlab.site.place(b""), "Looking at projects of", gitlab.glance())?;
        Ok(((), words))
    })
}

impl GitLab {
    /// The project of the connection; without one, whether projects can be listed.
    async fn glance(&self) -> Result<String, Trouble> {
        if let Some(project) = &self.project {
            return Ok(format!("the project {} can be seen", self.project_of(project).await?.name));
        }
        let mut url = self.site.address(&["projects"])?;
        url.query_pairs_mut().append_pair("per_page", "1");
        let found = self.site.json(Ask::new(Method::GET, url)).await?;
        match found.as_array().map(Vec::as_slice) {
            Some([]) => Ok("the server answers; no project can be seen".into()),
            Some([first, ..]) => {
                let name = first.get("path_with_namespace").and_then(Value::as_str).unwrap_or_default();
                Ok(format!("projects can be seen, such as {name}"))
            }
            None => Err(Trouble::permanent("http.answer", "the answer is no list of projects")),
        }
    }
}
