//! The configuration of an archiving service, taken over.

use std::collections::BTreeMap;
use std::io::Read as _;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use longshore_catalogue::PathBytes;
use longshore_engine::Fault;
use longshore_store::{Limit, Variable};
use serde_json::{Map, Value};

use super::super::Owner;
use super::super::archiver::{How, applied, bring, settings, variables};
use super::super::dispatch::Answer;
use crate::fault::{local, text};
use crate::import::archiver::{Found, Is, Profile, Source, Whose, find, read};
use crate::wire::{ArchiverFile, ArchiverImport, ArchiverImportArgs, ArchiverReport, ImportLine, Imported};

/// Bytes of a file at most.
const MOST: u64 = 1 << 20;

impl Answer<ArchiverImport> for Owner {
    async fn answer(self: &Arc<Self>, args: ArchiverImportArgs) -> Result<ArchiverReport, Fault> {
        let report = self.ask(move |owner| import(owner, &args)).await?;
        self.runner.look_again().await;
        Ok(report)
    }
}

fn import(owner: &Owner, args: &ArchiverImportArgs) -> Result<ArchiverReport, Fault> {
    let how = How { replace: args.replace, dry_run: args.dry_run };
    let paths = args.paths.iter().map(|path| absolute(path)).collect::<Result<Vec<_>, _>>()?;
    let profile = Profile::of(&owner.place.profile().1);
    let found = find(&paths, profile).map_err(|error| unread(&paths, &error))?;
    let mut taking = Taking::new(owner, how)?;
    let mut files = Vec::new();
    for path in &found.read {
        files.push(taking.file(path)?);
    }
    let other = |(path, word): &(PathBuf, &str)| ArchiverFile {
        path: text(path),
        lines: Vec::new(),
        left: Some(format!("it is for {word}: take it over in a profile of that name, or name the file itself")),
    };
    files.extend(found.others.iter().map(other));
    let Taking { variables, secrets, .. } = taking;
    let settings = settings(owner, &variables, &secrets);
    let missing = settings.missing.clone();
    let settings = bring(owner, settings, how);
    if !how.dry_run && !variables.is_empty() {
        applied(owner, &variables)?;
    }
    Ok(ArchiverReport { files, settings, missing })
}

/// What has been taken so far.
struct Taking<'o> {
    owner: &'o Owner,
    how: How,
    /// The variables as they are after it.
    variables: Map<String, Value>,
    secrets: BTreeMap<Whose, Source>,
    /// Where each name was found first, and what was said.
    said: BTreeMap<String, (String, Value)>,
}

impl<'o> Taking<'o> {
    fn new(owner: &'o Owner, how: How) -> Result<Self, Fault> {
        let (secrets, said) = (BTreeMap::new(), BTreeMap::new());
        Ok(Self { owner, how, variables: variables(owner)?, secrets, said })
    }

    fn file(&mut self, path: &Path) -> Result<ArchiverFile, Fault> {
        let shown = text(path);
        let content = match content(path) {
            Ok(content) => content,
            Err(error) => return Ok(ArchiverFile { path: shown, lines: Vec::new(), left: Some(error.to_string()) }),
        };
        let mut lines = Vec::new();
        for Found { line, name, is } in read(path, &content) {
            let at = format!("{shown}:{line}");
            let (became, why) = self.line(is, at)?;
            lines.push(ImportLine { line, name, became, why });
        }
        Ok(ArchiverFile { path: shown, lines, left: None })
    }

    fn line(&mut self, is: Is, at: String) -> Result<(Imported, Option<String>), Fault> {
        match is {
            Is::Left(why) => Ok((Imported::Left, Some(why))),
            Is::Variable(name, value) => self.once(name, at, &value, Self::variable),
            Is::Limits(names, slots) => {
                let mut became = (Imported::Kept, None);
                for name in names {
                    became = self.once(&format!("limit {name}"), at.clone(), &slots.into(), Self::limit)?;
                }
                Ok(became)
            }
            Is::Secret(whose, source) => {
                let why = match (whose, &source) {
                    (Whose::S3User | Whose::ScicatUser, _) => "the connection's user".to_owned(),
                    (_, Source::File(path)) => format!("it stays in {}", text(path)),
                    (_, Source::Value(_)) => "it is kept with the connection's secrets".to_owned(),
                };
                if self.secrets.contains_key(&whose) {
                    return Ok((Imported::Left, Some("another file has it already".to_owned())));
                }
                self.secrets.insert(whose, source);
                Ok((Imported::Added, Some(why)))
            }
        }
    }

    /// Takes what was not said before; of what was, whether it was the same.
    fn once(
        &mut self,
        name: &str,
        at: String,
        value: &Value,
        take: impl FnOnce(&mut Self, &str, &Value) -> Result<(Imported, Option<String>), Fault>,
    ) -> Result<(Imported, Option<String>), Fault> {
        match self.said.get(name) {
            Some((_, said)) if said == value => Ok((Imported::Kept, Some("it was said already".to_owned()))),
            Some((first, _)) => Ok((Imported::Left, Some(format!("{first} says otherwise, and counts")))),
            None => {
                self.said.insert(name.to_owned(), (at, value.clone()));
                take(self, name, value)
            }
        }
    }

    fn variable(&mut self, name: &str, value: &Value) -> Result<(Imported, Option<String>), Fault> {
        if self.owner.environment.contains_key(name) {
            return Ok((Imported::Kept, Some("the environment says otherwise, and counts".to_owned())));
        }
        let before = self.variables.get(name);
        if before == Some(value) {
            return Ok((Imported::Kept, Some("it is so already".to_owned())));
        }
        if before.is_some() && !self.how.replace {
            return Ok((Imported::Kept, Some("there is one of this name".to_owned())));
        }
        let became = if before.is_some() { Imported::Replaced } else { Imported::Added };
        if !self.how.dry_run {
            self.owner.store.set_variable(&Variable { name: name.to_owned(), value: value.clone() })?;
        }
        self.variables.insert(name.to_owned(), value.clone());
        Ok((became, Some(format!("the variable {name}"))))
    }

    /// Limits are there from the beginning: what the service had takes their place.
    fn limit(&mut self, name: &str, slots: &Value) -> Result<(Imported, Option<String>), Fault> {
        let name = name.trim_start_matches("limit ");
        let slots = slots.as_u64().and_then(|slots| u32::try_from(slots).ok()).unwrap_or_default();
        let before = self.owner.store.limits()?.into_iter().find(|limit| limit.name == name).map(|limit| limit.slots);
        if before == Some(slots) {
            return Ok((Imported::Kept, Some(format!("the limit {name} is so already"))));
        }
        if !self.how.dry_run {
            self.owner.store.set_limit(&Limit { name: name.to_owned(), slots })?;
        }
        let became = if before.is_some() { Imported::Replaced } else { Imported::Added };
        Ok((became, Some(format!("the limit {name}"))))
    }
}

fn content(path: &Path) -> std::io::Result<String> {
    let mut text = String::new();
    std::fs::File::open(path)?.take(MOST + 1).read_to_string(&mut text)?;
    if text.len() as u64 > MOST {
        return Err(std::io::Error::other("it has more than 1 MiB"));
    }
    Ok(text)
}

fn absolute(given: &str) -> Result<PathBuf, Fault> {
    let path = PathBytes::from_text(given).map(|path| local(&path)).ok().filter(|path| path.is_absolute());
    path.ok_or_else(|| Fault::permanent("import.unread", format!("{given} was not read"), "It is not an absolute path"))
}

fn unread(paths: &[PathBuf], error: &std::io::Error) -> Fault {
    let shown: Vec<String> = paths.iter().map(|path| text(path)).collect();
    Fault::permanent("import.unread", format!("{} was not read", shown.join(", ")), error.to_string())
        .now("Name the files of the service's configuration, or the folder that they lie in.")
}
