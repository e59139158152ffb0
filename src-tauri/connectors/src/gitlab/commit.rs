//! What is read of a repository: a project and one commit of it, found once and the same from then on.

use longshore_transfer::storage::Result;
use reqwest::{Method, Url};
use serde_json::Value;

use super::{At, GitLab};
use crate::http::{Ask, Trouble, wait};

/// A state of a repository, which never changes.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Commit {
    /// The project's number.
    pub project: String,
    /// Its path, with the groups that it is in.
    pub name: String,
    /// The commit.
    pub id: String,
    /// Whether what lies at the path is a folder.
    pub folder: bool,
}

/// A project.
pub(super) struct Project {
    pub(super) id: String,
    pub(super) name: String,
    /// The branch that is meant where none is named; an empty repository has none.
    branch: Option<String>,
}

impl Project {
    fn read(value: &Value) -> std::result::Result<Self, Trouble> {
        let text = |name: &str| value.get(name).and_then(Value::as_str).map(str::to_owned);
        let id = value.get("id").and_then(Value::as_u64);
        let id = id.ok_or_else(|| Trouble::permanent("http.answer", "the answer is no project: it has no id"))?;
        let name = text("path_with_namespace").unwrap_or_else(|| id.to_string());
        Ok(Self { id: id.to_string(), name, branch: text("default_branch") })
    }
}

impl GitLab {
    /// The commit to which a branch or a tag leads now (a project's default branch, where none is named), with something at `path` in it.
    /// A project is its number, its path with the groups that it is in, or its name alone, if only one that can be seen has it; the
    /// connection's, where none is named.
    pub fn commit(&self, project: Option<&str>, reference: Option<&str>, path: &[u8]) -> Result<Commit> {
        let named = project.or(self.project.as_deref()).unwrap_or_default();
        let (verb, place) = ("Looking up the project", self.site.place(named.as_bytes()));
        let found = wait(&place, verb, self.project_of(named))?;
        let id = wait(&place, verb, self.commit_of(&found, reference))?;
        let text = std::str::from_utf8(path).map_err(|_| self.missing("Looking at", path))?;
        let at = At { project: found.id.clone(), reference: id.clone(), path: text.to_owned() };
        let meta = self.seen("Looking at", path, &at)?;
        let folder = meta.kind == longshore_transfer::storage::Kind::Folder;
        Ok(Commit { project: found.id, name: found.name, id, folder })
    }

    pub(super) async fn project_of(&self, named: &str) -> std::result::Result<Project, Trouble> {
        let named = named.trim_matches('/');
        if named.is_empty() {
            return Err(Trouble::permanent("file.missing", "no project is named"));
        }
        if !named.contains('/') && !named.bytes().all(|byte| byte.is_ascii_digit()) {
            return self.by_name(named).await;
        }
        let url = self.site.address(&["projects", named])?;
        let found = self.site.json(Ask::new(Method::GET, url)).await;
        let seen = "; GitLab says the same of a project that the token of the connection may not see";
        let found = found.map_err(|trouble| match trouble.code {
            "file.missing" => Trouble { why: format!("{}{seen}", trouble.why), ..trouble },
            _ => trouble,
        })?;
        Project::read(&found)
    }

    /// The one project of a name: what stands in the place of the groups is not known.
    async fn by_name(&self, name: &str) -> std::result::Result<Project, Trouble> {
        let mut url = self.site.address(&["projects"])?;
        url.query_pairs_mut().extend_pairs([("search", name), ("simple", "true"), ("per_page", "100")]);
        let mut fitting = Vec::new();
        self.pages(url, |project| {
            let is = |field: &str| project.get(field).and_then(Value::as_str) == Some(name);
            if is("name") || is("path") {
                fitting.push(Project::read(&project)?);
            }
            Ok(())
        })
        .await?;
        let names: Vec<_> = fitting.iter().map(|project| project.name.clone()).collect();
        match fitting.pop() {
            Some(only) if fitting.is_empty() => Ok(only),
            Some(_) => {
                let why = format!("several projects have this name; name one with its groups: {}", names.join(", "));
                Err(Trouble::permanent("gitlab.ambiguous", why))
            }
            None => Err(Trouble::permanent("file.missing", "no project that can be seen has this name")),
        }
    }

    async fn commit_of(&self, project: &Project, reference: Option<&str>) -> std::result::Result<String, Trouble> {
        let empty = || Trouble::permanent("file.missing", "the repository of the project is empty");
        let reference = match reference {
            Some(reference) => reference,
            None => project.branch.as_deref().ok_or_else(empty)?,
        };
        let url: Url = self.site.address(&["projects", &project.id, "repository", "commits", reference])?;
        let found = self.site.json(Ask::new(Method::GET, url)).await?;
        let id = found.get("id").and_then(Value::as_str).filter(|id| id.bytes().all(|byte| byte.is_ascii_hexdigit()));
        id.map(str::to_owned).ok_or_else(|| Trouble::permanent("http.answer", "the answer names no commit"))
    }
}
