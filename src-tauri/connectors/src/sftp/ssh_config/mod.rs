//! The OpenSSH client's configuration, ssh_config(5): what it says of one host.

mod lines;
mod tokens;

use std::path::{Path, PathBuf};

use super::pattern;
use lines::{Line, read};

pub(super) use tokens::Tokens;

/// Files to read, in the order in which they win.
#[derive(Debug, Clone, Default)]
pub(super) struct Files {
    pub(super) paths: Vec<PathBuf>,
    /// The user's home folder.
    pub(super) home: PathBuf,
    /// The user on this machine.
    pub(super) user: String,
}

/// What the files say of one host: words as they stand there.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub(super) struct HostConfig {
    values: Vec<(String, String)>,
    /// What was passed over, with file and line.
    pub(super) passed: Vec<String>,
}

/// Keywords of which every value counts, not only the first.
const COLLECTED: [&str; 2] = ["identityfile", "certificatefile"];

impl HostConfig {
    /// The first value of a keyword (in lower case).
    pub(super) fn get(&self, keyword: &str) -> Option<&str> {
        self.values.iter().find(|(known, _)| known == keyword).map(|(_, value)| value.as_str())
    }

    /// All values of a keyword (in lower case).
    pub(super) fn all<'c>(&'c self, keyword: &'c str) -> impl Iterator<Item = &'c str> {
        self.values.iter().filter(move |(known, _)| known == keyword).map(|(_, value)| value.as_str())
    }

    /// Whether a keyword is `yes`.
    pub(super) fn is(&self, keyword: &str) -> bool {
        self.get(keyword).is_some_and(|value| value.eq_ignore_ascii_case("yes"))
    }

    pub(super) fn number<N: std::str::FromStr>(&self, keyword: &str) -> Option<N> {
        self.get(keyword)?.parse().ok()
    }

    fn take(&mut self, keyword: &str, value: &str) {
        // The first of these two that is seen decides for both.
        let rival = match keyword {
            "proxyjump" => "proxycommand",
            "proxycommand" => "proxyjump",
            other => other,
        };
        let known = self.get(keyword).is_some() || self.get(rival).is_some();
        if !known || COLLECTED.contains(&keyword) {
            self.values.push((keyword.into(), value.into()));
        }
    }
}

impl Files {
    /// What is said of `host`, as the operator wrote it, when `user` is asked for.
    pub(super) fn lookup(&self, host: &str, user: Option<&str>) -> std::io::Result<HostConfig> {
        let mut found = HostConfig::default();
        for path in &self.paths {
            let mut reading = Reading { files: self, host, user, found: &mut found, applies: true };
            reading.file(path, 0)?;
        }
        Ok(found)
    }
}

/// How deep files may include each other; OpenSSH's own bound.
const DEEPEST: usize = 16;

struct Reading<'r> {
    files: &'r Files,
    host: &'r str,
    user: Option<&'r str>,
    found: &'r mut HostConfig,
    /// Whether the block that is being read is about the host.
    applies: bool,
}

impl Reading<'_> {
    fn file(&mut self, path: &Path, depth: usize) -> std::io::Result<()> {
        let Some(lines) = read(path)? else { return Ok(()) };
        for line in lines {
            self.line(&line, depth)?;
        }
        Ok(())
    }

    fn line(&mut self, line: &Line, depth: usize) -> std::io::Result<()> {
        match line.keyword.as_str() {
            "host" => self.applies = pattern::matches_list(line.words.iter().map(String::as_str), self.host),
            "match" => self.applies = self.matches(line),
            "include" if self.applies => {
                for path in lines::included(&line.words, &self.files.home, line.place_of_system()) {
                    if depth == DEEPEST {
                        return Err(std::io::Error::other(format!("{}: files include each other", line.place)));
                    }
                    // A block within the file that is included ends with it.
                    self.file(&path, depth + 1)?;
                    self.applies = true;
                }
            }
            "include" => {}
            keyword if self.applies => {
                let value = if COLLECTED.contains(&keyword) || line.words.len() == 1 {
                    line.words.first().cloned().unwrap_or_default()
                } else {
                    line.words.join(" ")
                };
                self.found.take(keyword, &value);
            }
            _ => {}
        }
        Ok(())
    }

    /// Whether all criteria of a `Match` are met. `exec` is never run: such a block is passed over, which is noted.
    fn matches(&mut self, line: &Line) -> bool {
        let mut words = line.words.iter().map(String::as_str);
        let mut met = true;
        while let Some(word) = words.next() {
            let (negated, criterion) = word.strip_prefix('!').map_or((false, word), |rest| (true, rest));
            let here = match criterion.to_ascii_lowercase().as_str() {
                "all" => true,
                "final" | "canonical" => false,
                "host" => listed(words.next(), self.found.get("hostname").unwrap_or(self.host)),
                "originalhost" => listed(words.next(), self.host),
                "user" => {
                    let user = self.user.or(self.found.get("user")).unwrap_or(&self.files.user);
                    listed(words.next(), user)
                }
                "localuser" => listed(words.next(), &self.files.user),
                other => {
                    self.found.passed.push(format!("{}: Match {other} is not followed", line.place));
                    return false;
                }
            };
            met &= here != negated;
        }
        met
    }
}

fn listed(patterns: Option<&str>, text: &str) -> bool {
    patterns.is_some_and(|patterns| pattern::matches_list(patterns.split(','), text))
}

#[cfg(test)]
mod tests;
