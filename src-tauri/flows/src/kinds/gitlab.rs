//! `gitlab.commit`: what a branch or a tag of a repository of GitLab is now, so that all that follows reads the same.

use async_trait::async_trait;
use longshore_catalogue::PathBytes;
use longshore_connectors::gitlab::GitLab;
use longshore_engine::Fault;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::attempt::blocking;
use crate::faults::ToldAt as _;
use crate::kind::{Context, Done, Level, Need, Services, TypedKind};
use crate::temporary::{Given, opened};

/// Parameters of `gitlab.commit`.
#[derive(Debug, Clone, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct With {
    /// Connection to the GitLab, or one of `connections`.
    pub connection: String,
    /// The project: its number, its path with the groups that it is in, or its name if only one that can be seen has it. Without one, that
    /// of the connection.
    #[serde(default)]
    pub project: Option<String>,
    /// Branch, tag or commit; the project's default branch if not given.
    #[serde(default, rename = "ref")]
    pub reference: Option<String>,
    /// File or folder in the repository; all of it if not given.
    #[serde(default)]
    pub path: Option<String>,
    /// Connections that are there for this run only, in memory and nowhere else, and gone when it ends.
    #[serde(default)]
    pub connections: Vec<Given>,
}

/// Output of `gitlab.commit`.
#[derive(Debug, Clone, Serialize, Deserialize, JsonSchema)]
pub struct Output {
    /// The project, with the groups that it is in.
    pub project: String,
    /// The commit, which never changes.
    pub commit: String,
    /// The place where its files are, for `copy`.
    pub from: String,
    /// Of a file, a slash and its name: what the path of a folder needs to become that of the copy. Of a folder nothing.
    pub below: String,
}

/// `gitlab.commit`.
pub struct GitlabCommit;

#[async_trait]
impl TypedKind for GitlabCommit {
    type With = With;
    type Output = Output;
    const NAME: &'static str = "gitlab.commit";
    const TITLE: &'static str = "Looks up which commit of a repository of GitLab is meant";

    async fn plan(&self, _: With, _: &Services) -> Result<Need, Fault> {
        Ok(Need::default())
    }

    async fn run(&self, with: With, context: Context) -> Result<Done<Output>, Fault> {
        blocking(move || look_up(&with, &context).map(Done::Output)).await
    }
}

fn look_up(with: &With, context: &Context) -> Result<Output, Fault> {
    let storages = opened(context.services.storages.clone(), &with.connections)?;
    let storage = storages.storage(&with.connection)?;
    let gitlab = GitLab::behind(storage.as_ref()).ok_or_else(|| {
        let why = "It leads to a system of another kind";
        Fault::permanent("connection.wrong", format!("{} is no GitLab", with.connection), why)
    })?;
    let filled =
        |text: &Option<String>| text.as_deref().map(str::trim).filter(|text| !text.is_empty()).map(str::to_owned);
    let path = filled(&with.path).unwrap_or_default();
    let path = path.trim_matches('/');
    let (project, reference) = (filled(&with.project), filled(&with.reference));
    let found = gitlab.commit(project.as_deref(), reference.as_deref(), path.as_bytes()).told_at(&with.connection)?;
    context.host.log(Level::Info, &format!("{} is read as of commit {}", found.name, found.id));
    let name = path.rsplit('/').next().unwrap_or_default();
    let text = |bytes: &str| PathBytes::new(bytes).to_text();
    let below = if path.is_empty() { String::new() } else { format!("/{}", text(path)) };
    Ok(Output {
        from: format!("{}:{}@{}{below}", with.connection, found.project, found.id),
        below: if found.folder { String::new() } else { format!("/{}", text(name)) },
        project: found.name,
        commit: found.id,
    })
}
