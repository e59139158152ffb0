//! Connections and variables as other programs write them down, read line by line: what is taken, and what is not and why. Nothing
//! of what is read is shown but names.

mod airflow;
pub(crate) mod archiver;
mod aws;
mod env;
mod ini;
mod rclone;
mod ssh;
pub(crate) mod variables;

use serde_json::Value;

use crate::wire::{ConnectionSetArgs, Hidden, ImportFormat, SecretGiven};

/// What was found in a text.
#[derive(Debug, Default)]
pub(crate) struct Findings(pub(crate) Vec<Finding>);

/// Something in a text, and what it is.
#[derive(Debug)]
pub(crate) struct Finding {
    /// Line, from 1.
    pub(crate) line: u32,
    /// The name that stands there.
    pub(crate) name: String,
    pub(crate) is: Is,
}

/// What something in a text is.
#[derive(Debug)]
pub(crate) enum Is {
    /// A connection.
    Connection(Box<ConnectionSetArgs>),
    /// Not understood, or of no use here; why.
    Left(String),
}

impl Findings {
    fn connection(&mut self, line: u32, args: ConnectionSetArgs) {
        self.0.push(Finding { line, name: args.connection.clone(), is: Is::Connection(Box::new(args)) });
    }

    fn left(&mut self, line: u32, name: impl Into<String>, why: impl Into<String>) {
        self.0.push(Finding { line, name: name.into(), is: Is::Left(why.into()) });
    }
}

/// Reads a text of this format.
pub(crate) fn read(format: ImportFormat, text: &str) -> Findings {
    match format {
        ImportFormat::Json => airflow::json(text),
        ImportFormat::Yaml => airflow::yaml(text),
        ImportFormat::Env => env::read(text),
        ImportFormat::Rclone => rclone::read(text),
        ImportFormat::Ssh => ssh::read(text),
        ImportFormat::Aws => aws::read(text),
    }
}

/// The format of a text, by the name of its file and by what it looks like.
pub(crate) fn format_of(file: &str, text: &str) -> ImportFormat {
    let ends = |ending: &str| file.to_lowercase().ends_with(ending);
    let lines = || text.lines().map(str::trim).filter(|line| !line.is_empty() && !line.starts_with(['#', ';']));
    let has = |wanted: &dyn Fn(&str) -> bool| lines().any(wanted);
    let first = lines().next().unwrap_or_default();
    if ends(".json") || first.starts_with('{') && !ends(".yaml") && !ends(".yml") {
        return ImportFormat::Json;
    }
    if ends(".yaml") || ends(".yml") {
        return ImportFormat::Yaml;
    }
    if ends(".env") {
        return ImportFormat::Env;
    }
    if first.starts_with('[') {
        let typed = has(&|line| line.split_once('=').is_some_and(|(key, _)| key.trim() == "type"));
        return if ends("rclone.conf") || typed { ImportFormat::Rclone } else { ImportFormat::Aws };
    }
    if first.starts_with("RCLONE_ENCRYPT") || ends("rclone.conf") {
        return ImportFormat::Rclone;
    }
    let host = |line: &str| line.split([' ', '\t', '=']).next().is_some_and(|word| word.eq_ignore_ascii_case("host"));
    if has(&host) {
        return ImportFormat::Ssh;
    }
    if has(&|line| line.contains("conn_type:")) { ImportFormat::Yaml } else { ImportFormat::Env }
}

/// A name that a connection may have, made of one that it may not.
fn plain_name(name: &str) -> String {
    let plain = |c: char| if c.is_alphanumeric() || "_.-".contains(c) { c } else { '_' };
    name.chars().map(plain).collect::<String>().trim_start_matches(['.', '-']).to_owned()
}

/// A value that is kept as a secret.
fn kept(text: String) -> SecretGiven {
    SecretGiven::Value(Hidden(Value::String(text)))
}

/// A line's number.
fn number(at: usize) -> u32 {
    u32::try_from(at + 1).unwrap_or(u32::MAX)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_format_is_known_by_its_look() {
        let cases = [
            ("connections.json", "{}", ImportFormat::Json),
            ("-", "{\"a\": 1}", ImportFormat::Json),
            ("c.yml", "a:\n  conn_type: s3\n", ImportFormat::Yaml),
            ("-", "a:\n  conn_type: s3\n", ImportFormat::Yaml),
            ("-", "# x\nAIRFLOW_CONN_A=s3://", ImportFormat::Env),
            ("-", "[lts]\ntype = s3\n", ImportFormat::Rclone),
            ("credentials", "[default]\naws_access_key_id=a\n", ImportFormat::Aws),
            ("config", "Host a\n  Port 22\n", ImportFormat::Ssh),
            ("config", "host=a\n", ImportFormat::Ssh),
        ];
        for (file, text, format) in cases {
            assert_eq!(format_of(file, text), format, "{file}: {text}");
        }
    }

    #[test]
    fn nothing_that_is_read_breaks_a_reader() {
        let texts = [
            "",
            "[",
            "[a",
            "]",
            "=",
            "{",
            "[a]\n=\n",
            "Host\n",
            "Host a\nPort x\n",
            "a:\n - b",
            "\u{0}",
            "type = s3",
            "Match all\n",
        ];
        for text in texts {
            for format in [
                ImportFormat::Json,
                ImportFormat::Yaml,
                ImportFormat::Env,
                ImportFormat::Rclone,
                ImportFormat::Ssh,
                ImportFormat::Aws,
            ] {
                assert!(read(format, text).0.iter().all(|found| found.line > 0), "{format:?} {text:?}");
            }
        }
    }
}
