//! `~/.ssh/config`: its hosts. A connection by SFTP reads the file itself, so that a host needs only its name; what is taken over is
//! what an operator wants to see.

use super::{Findings, number, plain_name};
use crate::wire::{ConnectionSetArgs, Hidden};

/// Reads the hosts.
pub(super) fn read(text: &str) -> Findings {
    let mut found = Findings::default();
    let mut block: Vec<(u32, ConnectionSetArgs)> = Vec::new();
    let (mut left, mut any) = (Vec::new(), false);
    for (at, line) in text.lines().enumerate() {
        let (line, bare) = (number(at), line.trim());
        if bare.is_empty() || bare.starts_with('#') {
            continue;
        }
        let (word, value) = option(bare);
        match word.to_ascii_lowercase().as_str() {
            "host" => {
                any = true;
                flush(&mut block, &mut found);
                hosts(line, value, &mut block, &mut left);
            }
            "match" | "include" => {
                any = true;
                flush(&mut block, &mut found);
                left.push((
                    line,
                    word.to_owned(),
                    "it holds for hosts that it does not name; SFTP reads it from the file".to_owned(),
                ));
            }
            _ if !any => {
                left.push((line, word.to_owned(), "it holds for every host; SFTP reads it from the file".to_owned()));
            }
            word if block.is_empty() => {
                left.push((
                    line,
                    word.to_owned(),
                    "it holds for hosts that are not taken over; SFTP reads it from the file".to_owned(),
                ));
            }
            word => {
                for (_, args) in &mut block {
                    take(args, word, value);
                }
                if let Some(why) = odd(word, value) {
                    left.push((line, word.to_owned(), why));
                }
            }
        }
    }
    flush(&mut block, &mut found);
    for (line, name, why) in left {
        found.left(line, name, why);
    }
    found
}

/// The keyword and what follows it, with `=` or without, in quotes or not.
fn option(line: &str) -> (&str, &str) {
    let (word, rest) = line.split_once(|c: char| c.is_whitespace() || c == '=').unwrap_or((line, ""));
    (word, rest.trim_start_matches(|c: char| c.is_whitespace() || c == '=').trim_matches('"'))
}

fn hosts(line: u32, names: &str, block: &mut Vec<(u32, ConnectionSetArgs)>, left: &mut Vec<(u32, String, String)>) {
    if names.is_empty() {
        left.push((line, "Host".to_owned(), "it names no host".to_owned()));
    }
    for name in names.split_whitespace() {
        if name.contains(['*', '?', '!']) {
            left.push((line, name.to_owned(), "it is a pattern and no host; SFTP reads it from the file".to_owned()));
            continue;
        }
        let (connection, host) = (plain_name(name), Some(name.to_owned()));
        block.push((line, ConnectionSetArgs { connection, kind: "sftp".into(), host, ..ConnectionSetArgs::default() }));
    }
}

/// The first value of a keyword counts, as for OpenSSH.
fn take(args: &mut ConnectionSetArgs, word: &str, value: &str) {
    let extra = |args: &mut ConnectionSetArgs, name: &str| {
        args.extra.entry(name.to_owned()).or_insert_with(|| Hidden(value.into()));
    };
    match word {
        "user" => drop(args.login.get_or_insert_with(|| value.to_owned())),
        "port" => args.port = args.port.or_else(|| value.parse().ok()),
        "identityfile" => extra(args, "key_file"),
        "proxyjump" => extra(args, "proxy_jump"),
        _ => {}
    }
}

/// Why a keyword is not taken over.
fn odd(word: &str, value: &str) -> Option<String> {
    match word {
        "user" | "identityfile" | "proxyjump" => None,
        "port" => value.parse::<u16>().is_err().then(|| "it is no port".to_owned()),
        // The name of the host stays, so that the rest of the file holds for it too.
        "hostname" => Some("the host is asked for by its name in the file, where this stands too".to_owned()),
        _ => Some("it is not taken over; SFTP reads it from the file".to_owned()),
    }
}

fn flush(block: &mut Vec<(u32, ConnectionSetArgs)>, found: &mut Findings) {
    block.drain(..).for_each(|(line, args)| found.connection(line, args));
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::super::Is;
    use super::*;

    #[test]
    fn hosts_become_connections() {
        let text = "AddKeysToAgent yes\nHost hpc1 hpc2\n  User ada\n  Port=2222\n  IdentityFile \"~/.ssh/id hpc\"\n  User eve\nHost *\n  Compression yes\nMatch user x\n  Port 1\n";
        let found = read(text).0;
        let taken: Vec<&ConnectionSetArgs> = found
            .iter()
            .filter_map(|one| match &one.is {
                Is::Connection(args) => Some(args.as_ref()),
                Is::Left(_) => None,
            })
            .collect();
        assert_eq!(taken.iter().map(|args| args.connection.as_str()).collect::<Vec<_>>(), ["hpc1", "hpc2"]);
        assert_eq!((taken[1].login.as_deref(), taken[1].port), (Some("ada"), Some(2222)));
        assert_eq!(taken[0].extra["key_file"].0, "~/.ssh/id hpc");
        let left: Vec<u32> = found.iter().filter(|one| matches!(one.is, Is::Left(_))).map(|one| one.line).collect();
        assert_eq!(left, [1, 7, 8, 9, 10]);
    }
}
