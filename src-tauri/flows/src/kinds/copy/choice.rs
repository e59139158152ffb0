//! Which files of a folder are meant.

use jiff::Timestamp;
use longshore_engine::{Fault, Millis};

use super::With;
use crate::pattern::fits;
use crate::plan::folder::Child;

/// What the filters of a copy say.
#[derive(Debug, Default)]
pub(super) struct Choice {
    include: Vec<Vec<u8>>,
    exclude: Vec<Vec<u8>>,
    /// Only files that changed after this time, in seconds since the epoch.
    since: Option<i64>,
    least: u64,
    most: Option<u64>,
}

impl Choice {
    pub(super) fn of(with: &With, now: Millis) -> Result<Self, Fault> {
        let patterns = |given: &[String]| given.iter().map(|text| pattern(text)).collect::<Result<Vec<_>, _>>();
        Ok(Self {
            include: patterns(&with.include)?,
            exclude: patterns(&with.exclude)?,
            since: with.newer_than.as_deref().map(|text| since(text, now)).transpose()?,
            least: with.min_size.map_or(0, |size| size.0),
            most: with.max_size.map(|size| size.0),
        })
    }

    /// Whether it is everything: then empty folders are copied too.
    pub(super) fn is_all(&self) -> bool {
        let Self { include, exclude, since, least, most } = self;
        include.is_empty() && exclude.is_empty() && since.is_none() && *least == 0 && most.is_none()
    }

    /// Whether a file, or link, at a path below the top is meant.
    pub(super) fn takes(&self, path: &[u8], child: &Child) -> bool {
        self.speaks_of(path)
            && child.size >= self.least
            && self.most.is_none_or(|most| child.size <= most)
            && self.since.is_none_or(|since| child.mtime.secs > since)
    }

    /// Whether a path is one that the patterns let through.
    pub(super) fn speaks_of(&self, path: &[u8]) -> bool {
        let included = self.include.is_empty() || self.include.iter().any(|pattern| path_fits(pattern, path));
        included && !self.exclude.iter().any(|pattern| above_and(path).any(|part| path_fits(pattern, part)))
    }
}

/// A path, and the folders that it lies in.
fn above_and(path: &[u8]) -> impl Iterator<Item = &[u8]> {
    let ends = path.iter().enumerate().filter(|(_, byte)| **byte == b'/').map(|(at, _)| at);
    ends.chain([path.len()]).map(|end| &path[..end])
}

fn pattern(text: &str) -> Result<Vec<u8>, Fault> {
    let plain = text.trim_matches('/');
    if plain.is_empty() || plain.split('/').any(|name| matches!(name, "" | "." | "..")) {
        return Err(wrong(&format!("{text:?} is no pattern: write one such as *.tif or raw/**/*.tif")));
    }
    Ok(plain.as_bytes().to_vec())
}

/// A pattern of one name fits the last name of a path, at any depth; one of several names fits the whole path.
fn path_fits(pattern: &[u8], path: &[u8]) -> bool {
    if !pattern.contains(&b'/') {
        let name = path.rsplit(|byte| *byte == b'/').next().unwrap_or(path);
        return fits(pattern, name);
    }
    let names = |path: &[u8]| path.split(|byte| *byte == b'/').map(<[u8]>::to_vec).collect::<Vec<_>>();
    names_fit(&names(pattern), &names(path))
}

/// `**` stands for any number of names, none included.
fn names_fit(pattern: &[Vec<u8>], names: &[Vec<u8>]) -> bool {
    match pattern.split_first() {
        None => names.is_empty(),
        Some((first, rest)) if first == b"**" => (0..=names.len()).any(|from| names_fit(rest, &names[from..])),
        Some((first, rest)) => {
            names.split_first().is_some_and(|(name, behind)| fits(first, name) && names_fit(rest, behind))
        }
    }
}

fn since(text: &str, now: Millis) -> Result<i64, Fault> {
    if let Ok(time) = text.parse::<Timestamp>() {
        return Ok(time.as_second());
    }
    let ago = longshore_engine::flow::duration(text);
    let ago = ago.ok_or_else(|| wrong(&format!("{text:?} is neither a time in RFC 3339 nor a duration such as 2d")))?;
    Ok(now.0.saturating_div(1000).saturating_sub_unsigned(ago.as_secs()))
}

fn wrong(why: &str) -> Fault {
    Fault::permanent("task.with", "The parameters of copy are wrong", why)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn choice(include: &[&str], exclude: &[&str]) -> Choice {
        let bytes = |texts: &[&str]| texts.iter().map(|text| pattern(text).expect("a pattern")).collect();
        Choice { include: bytes(include), exclude: bytes(exclude), ..Choice::default() }
    }

    #[test]
    fn patterns_choose_names_and_paths() {
        let names = choice(&["*.tif"], &[]);
        assert!(names.speaks_of(b"a.tif") && names.speaks_of(b"x/y/a.tif") && !names.speaks_of(b"a.tiff"));
        let paths = choice(&["raw/**/*.tif"], &[]);
        assert!(paths.speaks_of(b"raw/a.tif") && paths.speaks_of(b"raw/x/y/a.tif") && !paths.speaks_of(b"a.tif"));
        let without = choice(&[], &["tmp", "raw/*.log"]);
        assert!(
            !without.speaks_of(b"x/tmp/y/a") && !without.speaks_of(b"raw/a.log") && without.speaks_of(b"raw/x/a.log")
        );
        assert!(choice(&[], &[]).is_all() && !names.is_all());
    }

    #[test]
    fn what_is_no_pattern_or_time_is_refused() {
        for text in ["", "/", "a//b", "../x"] {
            assert_eq!(pattern(text).err().map(|fault| fault.code), Some("task.with".into()), "{text:?}");
        }
        assert_eq!(since("1970-01-02T00:00:00Z", Millis(0)).ok(), Some(86_400));
        assert_eq!(since("1h", Millis(7_200_000)).ok(), Some(3_600));
        assert!(since("yesterday", Millis(0)).is_err());
    }
}
