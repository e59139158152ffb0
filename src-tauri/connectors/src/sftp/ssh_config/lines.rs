//! Lines of ssh_config(5): a keyword and its words.

use std::io::{self, ErrorKind};
use std::path::{Path, PathBuf};

use crate::sftp::pattern;

/// A line that says something.
pub(super) struct Line {
    /// In lower case.
    pub(super) keyword: String,
    pub(super) words: Vec<String>,
    /// File and line.
    pub(super) place: String,
    system: bool,
}

impl Line {
    /// Whether it stands in a file of the machine, not of a user.
    pub(super) fn place_of_system(&self) -> bool {
        self.system
    }
}

/// Lines of a file; none where there is no such file.
pub(super) fn read(path: &Path) -> io::Result<Option<Vec<Line>>> {
    let content = match std::fs::read(path) {
        Ok(content) => content,
        Err(error) if error.kind() == ErrorKind::NotFound => return Ok(None),
        Err(error) => return Err(io::Error::new(error.kind(), format!("{}: {error}", path.display()))),
    };
    let content = String::from_utf8_lossy(&content);
    let system = path.starts_with("/etc");
    let lines = content.lines().enumerate().filter_map(|(number, line)| {
        let mut words = words(line).into_iter();
        let keyword = words.next()?.to_ascii_lowercase();
        let place = format!("{}:{}", path.display(), number + 1);
        Some(Line { keyword, words: words.collect(), place, system })
    });
    Ok(Some(lines.collect()))
}

/// Words of a line: blanks part them, and once an equals sign behind the first; quotes hold together; `#` at the beginning of a word ends
/// the line.
fn words(line: &str) -> Vec<String> {
    let mut words: Vec<String> = Vec::new();
    let mut word: Option<String> = None;
    let (mut quote, mut signs) = (None, line.trim().chars().peekable());
    let mut equals = false;
    while let Some(sign) = signs.next() {
        match sign {
            '#' if word.is_none() && quote.is_none() => break,
            '"' | '\'' if quote.is_none() => {
                quote = Some(sign);
                word.get_or_insert_default();
            }
            _ if quote == Some(sign) => quote = None,
            '\\' if matches!(signs.peek(), Some('"' | '\'' | '\\')) => {
                word.get_or_insert_default().extend(signs.next());
            }
            '=' if quote.is_none() && !equals && words.len() + usize::from(word.is_some()) == 1 => {
                equals = true;
                words.extend(word.take());
            }
            _ if quote.is_none() && sign.is_whitespace() => words.extend(word.take()),
            _ => word.get_or_insert_default().push(sign),
        }
    }
    words.extend(word);
    words
}

/// Files that an `Include` names, sorted as a shell would: below `~/.ssh` (or `/etc/ssh`) unless they say where.
pub(super) fn included(words: &[String], home: &Path, system: bool) -> Vec<PathBuf> {
    let base = if system { PathBuf::from("/etc/ssh") } else { home.join(".ssh") };
    let mut found = Vec::new();
    for word in words {
        let path = match word.strip_prefix("~/") {
            Some(rest) => home.join(rest),
            None => base.join(word),
        };
        let mut here = expand(&path);
        here.sort();
        found.append(&mut here);
    }
    found
}

/// Paths that a path with `*` or `?` in it stands for.
fn expand(path: &Path) -> Vec<PathBuf> {
    let mut found = vec![PathBuf::new()];
    for part in path.components() {
        let text = part.as_os_str().as_encoded_bytes();
        if !text.contains(&b'*') && !text.contains(&b'?') {
            for path in &mut found {
                path.push(part);
            }
            continue;
        }
        let names = |folder: &PathBuf| std::fs::read_dir(folder).into_iter().flatten().flatten().collect::<Vec<_>>();
        let fits = |name: &[u8]| pattern::matches(text, name) && (text.starts_with(b".") || !name.starts_with(b"."));
        let next = found.iter().flat_map(names).filter(|entry| fits(entry.file_name().as_encoded_bytes()));
        found = next.map(|entry| entry.path()).collect();
    }
    found
}

#[cfg(test)]
mod tests {
    use super::words;

    #[test]
    fn words_of_a_line() {
        assert_eq!(words("  Host a  b # c"), ["Host", "a", "b"]);
        assert_eq!(words("Port=22"), ["Port", "22"]);
        assert_eq!(words("Port = 22"), ["Port", "22"]);
        assert_eq!(words(r#"IdentityFile "~/my keys/a=b" "#), ["IdentityFile", "~/my keys/a=b"]);
        assert_eq!(words(r#"User "a\"b""#), ["User", "a\"b"]);
        assert!(words("# all of it").is_empty());
    }
}
