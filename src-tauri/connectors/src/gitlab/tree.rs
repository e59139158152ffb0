//! The tree of a repository: all pages of a folder, and what is known of a file.

use longshore_transfer::hash::unhex;
use reqwest::header::HeaderMap;
use reqwest::{Method, Url};
use serde::Deserialize;
use serde_json::Value;

use super::{At, GitLab};
use crate::http::{Ask, Trouble};

/// Pages at most: a server whose pages lead in a circle is noticed.
const PAGES: usize = 10_000;

/// Bytes up to which a file may be one that stands for a file of Git LFS (its specification, `docs/spec.md`: less than 1024).
const POINTER: u64 = 1024;

/// How such a file begins.
const LFS: &str = "version https://git-lfs.github.com/spec/v1";

/// The mode that Git gives to symbolic links.
const LINK: &str = "120000";

/// A line of a tree.
#[derive(Debug, Clone, Deserialize)]
pub(super) struct Line {
    pub(super) name: String,
    /// `tree`, `blob`, or `commit` for a repository within the repository, whose files are not in this one.
    #[serde(rename = "type")]
    kind: String,
    #[serde(default)]
    mode: String,
}

/// What a line stands for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum What {
    File,
    Folder,
    Link,
    /// What this repository does not hold.
    Elsewhere,
}

impl Line {
    pub(super) fn what(&self) -> What {
        match self.kind.as_str() {
            "tree" => What::Folder,
            "blob" if self.mode == LINK => What::Link,
            "blob" => What::File,
            _ => What::Elsewhere,
        }
    }
}

/// What is known of a file: of one of Git LFS, of what the pointer stands for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Blob {
    /// Bytes.
    pub(super) size: u64,
    pub(super) sha256: Option<[u8; 32]>,
    /// Whether it may be executed, if that is told.
    pub(super) runs: Option<bool>,
}

impl GitLab {
    /// What lies in a folder.
    pub(super) async fn tree(&self, at: &At) -> Result<Vec<Line>, Trouble> {
        let mut url = self.site.address(&["projects", &at.project, "repository", "tree"])?;
        url.query_pairs_mut().extend_pairs([("ref", at.reference.as_str()), ("path", &at.path), ("per_page", "100")]);
        url.query_pairs_mut().append_pair("pagination", "keyset");
        let mut lines = Vec::new();
        self.pages(url, |line| {
            let line = serde_json::from_value(line)
                .map_err(|error| Trouble::permanent("http.answer", format!("the tree is not understood: {error}")))?;
            lines.push(line);
            Ok(())
        })
        .await?;
        Ok(lines)
    }

    /// Each entry of a list. A page tells the address of the next one; it is never made up.
    pub(super) async fn pages(
        &self,
        first: Url,
        mut each: impl FnMut(Value) -> Result<(), Trouble>,
    ) -> Result<(), Trouble> {
        let mut next = Some(first);
        for _ in 0..PAGES {
            let Some(url) = next else { return Ok(()) };
            let answer = self.site.ask(&Ask::new(Method::GET, url).with("accept", "application/json")).await?;
            next = self.next_page(answer.headers())?;
            let Value::Array(page) = self.site.json_of(answer).await? else {
                return Err(Trouble::permanent("http.answer", "the answer is no list"));
            };
            page.into_iter().try_for_each(&mut each)?;
        }
        Err(Trouble::permanent("http.answer", "the list does not end"))
    }

    fn next_page(&self, headers: &HeaderMap) -> Result<Option<Url>, Trouble> {
        let links = headers.get_all("link").iter().filter_map(|links| links.to_str().ok());
        let next = links.flat_map(|links| links.split(',')).find(|link| link.contains("rel=\"next\""));
        let address = next.and_then(|link| link.split_once('<')?.1.split_once('>')).map(|(address, _)| address);
        address.map(|address| self.site.told(address)).transpose()
    }

    /// What is known of a file, told by the server apart from its bytes.
    pub(super) async fn blob(&self, at: &At) -> Result<Blob, Trouble> {
        let answer = self.site.ask(&Ask::new(Method::HEAD, self.raw(at, false)?)).await?;
        let header = |name: &str| answer.headers().get(name).and_then(|value| value.to_str().ok());
        let size = header("x-gitlab-size").and_then(|size| size.parse().ok());
        let size = size.ok_or_else(|| Trouble::permanent("http.answer", "the server does not say how large it is"))?;
        let sha256 = header("x-gitlab-content-sha256").and_then(unhex).and_then(|sum| sum.try_into().ok());
        let runs = header("x-gitlab-execute-filemode").and_then(|runs| runs.parse().ok());
        let blob = Blob { size, sha256, runs };
        if size > POINTER {
            Ok(blob)
        } else {
            Ok(pointed(&self.small(at).await?)?.map_or(blob, |to| Blob { runs, ..to }))
        }
    }

    /// The bytes of a small file, as Git keeps it.
    pub(super) async fn small(&self, at: &At) -> Result<String, Trouble> {
        let mut answer = self.site.ask(&Ask::new(Method::GET, self.raw(at, false)?)).await?;
        let mut bytes = Vec::new();
        while bytes.len() as u64 <= POINTER {
            let Some(piece) = self.site.in_time(answer.chunk()).await? else { break };
            bytes.extend_from_slice(&piece);
        }
        // What is no text is none that stands for another file.
        Ok(String::from_utf8(bytes).unwrap_or_default())
    }
}

/// The file of Git LFS that a small file stands for, if it does.
fn pointed(text: &str) -> Result<Option<Blob>, Trouble> {
    if text.lines().next() != Some(LFS) {
        return Ok(None);
    }
    let field = |name: &str| text.lines().find_map(|line| line.strip_prefix(name)).map(str::trim);
    let sum = field("oid sha256:").and_then(unhex).and_then(|sum| sum.try_into().ok());
    let size = field("size ").and_then(|size| size.parse().ok());
    match (sum, size) {
        (Some(sum), Some(size)) => Ok(Some(Blob { size, sha256: Some(sum), runs: None })),
        _ => Err(Trouble::permanent("http.answer", "it stands for a file of Git LFS, and does not say which")),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_stands_for_a_file_of_lfs_is_told_from_what_is_one() {
        let sum = "4d7a214614ab2935c943f9e0ff69d22eadbb8f32b1258daaa5e2ca24d17e2393";
        let pointer = format!("{LFS}\noid sha256:{sum}\nsize 12345\n");
        let found = pointed(&pointer).ok().flatten();
        assert_eq!(found.map(|blob| (blob.size, blob.sha256.is_some())), Some((12345, true)));
        assert_eq!(pointed("a text\n").ok(), Some(None));
        assert!(pointed(&format!("{LFS}\noid sha256:{sum}\n")).is_err(), "a size is missing");
    }
}
