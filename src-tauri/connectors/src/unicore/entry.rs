//! What the server says of files and folders.

use jiff::Timestamp;
use jiff::fmt::strtime;
use longshore_transfer::storage::Meta;
use serde_json::Value;

use crate::http::Trouble;
use crate::local::walk;
use crate::remote::{file, folder};

/// A file or a folder. What is called `lastAccessed` is when it was changed.
pub(super) fn meta(told: &Value) -> Result<Meta, Trouble> {
    match told.get("isDirectory").and_then(Value::as_bool) {
        Some(true) => Ok(folder()),
        Some(false) => {
            let size = told.get("size").and_then(|size| size.as_u64().or_else(|| size.as_str()?.parse().ok()));
            let size = size.ok_or_else(|| Trouble::permanent("http.answer", "it is not told how large it is"))?;
            let time = told.get("lastAccessed").and_then(Value::as_str).and_then(seconds);
            Ok(file(size, time.unwrap_or_default()))
        }
        None => Err(Trouble::permanent("http.answer", "the answer is not about a file")),
    }
}

/// Seconds since the epoch; the zone is written with a colon or without one.
fn seconds(time: &str) -> Option<i64> {
    let without_colon = || strtime::parse("%Y-%m-%dT%H:%M:%S%z", time).and_then(|parts| parts.to_timestamp()).ok();
    time.parse::<Timestamp>().ok().or_else(without_colon).map(Timestamp::as_second)
}

/// What lies in a folder, of which the paths are told from the top of the storage. Names that would lead out of it are refused.
pub(super) fn content(told: &Value, path: &[u8]) -> Result<Vec<(String, Meta)>, Trouble> {
    if told.get("isDirectory").and_then(Value::as_bool) == Some(false) {
        return Err(Trouble::permanent("path.not_folder", "it is a file"));
    }
    let Some(lines) = told.get("content").and_then(Value::as_object) else {
        return Err(Trouble::permanent("http.answer", "the answer does not say what lies in it"));
    };
    lines.iter().map(|(line, told)| Ok((name(line, path)?.to_owned(), meta(told)?))).collect()
}

fn name<'l>(line: &'l str, path: &[u8]) -> Result<&'l str, Trouble> {
    let below = line.trim_matches('/');
    let name = match path {
        b"" => Some(below),
        path => std::str::from_utf8(path).ok().and_then(|path| below.strip_prefix(path)?.strip_prefix('/')),
    };
    let fits = |name: &&str| {
        !name.is_empty()
            && !name.contains('/')
            && !name.chars().any(char::is_control)
            && walk::check(name.as_bytes()).is_ok()
    };
    name.filter(fits).ok_or_else(|| {
        let why = format!("the server lists {line:?}, which is no path of a file in the folder that was asked for");
        Trouble::permanent("record.name", why)
    })
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn names_are_those_in_the_folder_and_no_others() {
        let names = |lines: &[&str], path: &[u8]| {
            let lines: serde_json::Map<String, Value> =
                lines.iter().map(|line| ((*line).to_owned(), json!({"isDirectory": false, "size": 1}))).collect();
            let told = json!({"isDirectory": true, "content": lines});
            content(&told, path).map(|found| found.into_iter().map(|(name, _)| name).collect::<Vec<_>>())
        };
        assert_eq!(names(&["/a", "/b c/"], b"").ok(), Some(vec!["a".to_owned(), "b c".to_owned()]));
        assert_eq!(names(&["/x/y/a"], b"x/y").ok(), Some(vec!["a".to_owned()]));
        for wrong in ["/x/y/../a", "/x/y/..", "/other/a", "/x/y", "/x/y/a/b", "/x/yz", "/x/y/a\nb"] {
            assert_eq!(names(&[wrong], b"x/y").err().map(|trouble| trouble.code), Some("record.name"), "{wrong}");
        }
    }

    #[test]
    fn times_are_read_as_they_are_written() {
        assert_eq!(seconds("1970-01-02T00:00:00+0000"), Some(86_400));
        assert_eq!(seconds("1970-01-02T01:00:00+01:00"), Some(86_400));
        assert_eq!(seconds("soon"), None);
    }
}
