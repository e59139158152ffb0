//! Who asks: the user and the program of a process, as the system says it and not as the process does.

use std::path::Path;

/// A process that asks for something.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Caller {
    /// Name of its user, or `uid 1000` where the system knows no name.
    pub(crate) user: String,
    /// Its program: `longshore`, `longshore-desktop`.
    pub(crate) program: String,
}

impl Caller {
    /// This process.
    pub(crate) fn own() -> Self {
        let program = std::env::current_exe().ok().as_deref().and_then(name).unwrap_or_else(|| "longshore".to_owned());
        Self { user: user(rustix::process::geteuid().as_raw()), program }
    }

    /// The process at the other end of a socket.
    pub(crate) fn of(peer: tokio::net::unix::UCred) -> Self {
        Self { user: user(peer.uid()), program: peer.pid().and_then(program).unwrap_or_else(|| "unknown".to_owned()) }
    }
}

/// The program of a process. It may be gone by now.
fn program(pid: i32) -> Option<String> {
    name(&std::fs::read_link(format!("/proc/{pid}/exe")).ok()?)
}

fn name(program: &Path) -> Option<String> {
    Some(program.file_name()?.to_string_lossy().trim_end_matches(" (deleted)").to_owned())
}

fn user(uid: u32) -> String {
    let known = std::fs::read_to_string("/etc/passwd").ok().and_then(|users| named(&users, uid));
    // Users of a directory service stand in no file; of its own process the environment tells.
    let own = || (uid == rustix::process::geteuid().as_raw()).then(|| std::env::var("LOGNAME").ok()).flatten();
    known.or_else(own).unwrap_or_else(|| format!("uid {uid}"))
}

fn named(users: &str, uid: u32) -> Option<String> {
    let of = |line: &str| {
        let mut fields = line.split(':');
        let name = fields.next()?.to_owned();
        (fields.nth(1)?.parse() == Ok(uid)).then_some(name)
    };
    users.lines().find_map(of)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_user_is_named_as_the_system_names_it() {
        let users = "root:x:0:0:root:/root:/bin/sh\nada:x:1000:1000::/home/ada:/bin/sh\n";
        assert_eq!((named(users, 1000).as_deref(), named(users, 7)), (Some("ada"), None));
        assert_eq!(name(Path::new("/opt/longshore (deleted)")).as_deref(), Some("longshore"));
    }

    #[test]
    fn this_process_is_known() {
        let own = Caller::own();
        assert!(!own.user.is_empty() && own.program.starts_with("longshore"), "{own:?}");
    }
}
