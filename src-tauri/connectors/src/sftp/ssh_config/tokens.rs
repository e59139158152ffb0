//! What stands for something else in a value of ssh_config(5): `%h` and the like, `~`, `${NAME}`.

use std::path::{Path, PathBuf};

/// What the signs stand for.
#[derive(Debug, Clone)]
pub(in crate::sftp) struct Tokens<'t> {
    /// `%d` and `~`.
    pub(in crate::sftp) home: &'t Path,
    /// `%h`: the host that is connected to.
    pub(in crate::sftp) host: &'t str,
    /// `%n`: the host as it was written.
    pub(in crate::sftp) written: &'t str,
    /// `%p`.
    pub(in crate::sftp) port: u16,
    /// `%r`: the user there.
    pub(in crate::sftp) remote_user: &'t str,
    /// `%u`: the user here.
    pub(in crate::sftp) user: &'t str,
    /// `%k`: the name under which the host's key is known.
    pub(in crate::sftp) alias: &'t str,
}

impl Tokens<'_> {
    /// A value with everything in it replaced; what is not known stays as it is.
    pub(in crate::sftp) fn fill(&self, value: &str) -> String {
        let mut filled = String::new();
        let mut signs = value.chars();
        while let Some(sign) = signs.next() {
            match sign {
                '%' => match signs.next() {
                    Some(token) => filled.push_str(&self.token(token).unwrap_or_else(|| format!("%{token}"))),
                    None => filled.push('%'),
                },
                '$' if signs.as_str().starts_with('{') && signs.as_str().contains('}') => {
                    let name: String = signs.by_ref().skip(1).take_while(|sign| *sign != '}').collect();
                    filled.push_str(&std::env::var(name).unwrap_or_default());
                }
                _ => filled.push(sign),
            }
        }
        filled
    }

    /// The same for a path.
    pub(in crate::sftp) fn path(&self, value: &str) -> PathBuf {
        let filled = self.fill(value);
        match filled.strip_prefix("~/") {
            Some(rest) => self.home.join(rest),
            None => PathBuf::from(filled),
        }
    }

    fn token(&self, token: char) -> Option<String> {
        Some(match token {
            '%' => "%".to_owned(),
            'd' => self.home.display().to_string(),
            'h' => self.host.to_owned(),
            'n' => self.written.to_owned(),
            'p' => self.port.to_string(),
            'r' => self.remote_user.to_owned(),
            'u' => self.user.to_owned(),
            'k' => self.alias.to_owned(),
            'l' | 'L' => {
                let name = rustix::system::uname().nodename().to_string_lossy().into_owned();
                if token == 'l' { name } else { name.split('.').next().unwrap_or_default().to_owned() }
            }
            'i' => rustix::process::getuid().as_raw().to_string(),
            _ => return None,
        })
    }
}
