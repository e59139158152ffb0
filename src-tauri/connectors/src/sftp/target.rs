//! Where a connection leads and how it is to be reached: its own fields, and behind them what the SSH configuration says of the host.

use std::path::PathBuf;
use std::time::Duration;

use longshore_transfer::storage::Result;
use secrecy::{ExposeSecret, SecretString};

use super::known_hosts::{self, HostKey, KnownHosts};
use super::link::Patience;
use super::options::Options;
use super::ssh_config::{Files, HostConfig, Tokens};
use crate::Connection;

/// A server, and how to log in to it.
#[derive(Clone)]
pub(super) struct Target {
    /// The host's name or address.
    pub(super) host: String,
    pub(super) port: u16,
    pub(super) user: String,
    /// The name under which its key is known.
    pub(super) known_as: String,
    /// Files of known keys; a key that is accepted goes into the first.
    pub(super) known_hosts: Vec<PathBuf>,
    /// The only key that is accepted, if one is named.
    pub(super) pinned: Option<HostKey>,
    pub(super) logins: Logins,
    /// Time to reach it, and for each answer until the login is done.
    pub(super) connect: Duration,
    pub(super) patience: Patience,
    pub(super) compress: bool,
    pub(super) ciphers: Option<String>,
    /// The hosts to go by, the nearest first.
    pub(super) by_way_of: Vec<Target>,
    /// What the configuration says and is not followed.
    pub(super) passed: Vec<String>,
}

/// What there is to log in with.
#[derive(Clone, Default)]
pub(super) struct Logins {
    pub(super) password: Option<SecretString>,
    /// A private key as text.
    pub(super) key: Option<SecretString>,
    pub(super) passphrase: Option<SecretString>,
    /// Key files that are named: tried before anything else.
    pub(super) files: Vec<PathBuf>,
    /// Key files that lie where OpenSSH looks for them.
    pub(super) usual_files: Vec<PathBuf>,
    pub(super) agent: Agent,
    /// The agent is asked for the keys in `files` only.
    pub(super) named_only: bool,
}

/// Which agent is asked.
#[derive(Clone, Default, PartialEq, Eq)]
pub(super) enum Agent {
    /// The one that `SSH_AUTH_SOCK` names.
    #[default]
    Usual,
    At(PathBuf),
    None,
}

/// Names of the keys that OpenSSH tries by itself.
const USUAL_KEYS: [&str; 3] = ["id_ed25519", "id_ecdsa", "id_rsa"];

impl Target {
    /// Its name for the operator.
    pub(super) fn name(&self) -> String {
        known_hosts::name_of(&self.host, self.port)
    }

    /// Keys that are known.
    pub(super) fn known(&self) -> std::io::Result<KnownHosts> {
        KnownHosts::read(&self.known_hosts)
    }

    pub(super) fn of(connection: &Connection, options: &Options) -> Result<Self> {
        refuse_unchecked(connection, options)?;
        let place = Place::of(connection, options);
        let host = connection.host()?;
        let asked = Asked { host, port: connection.port, user: connection.login.as_deref() };
        let mut target = place.resolve(&asked).map_err(|why| connection.wrong(why))?;
        target.own(connection, options)?;
        Ok(target)
    }

    /// What the connection says wins over what the configuration says.
    fn own(&mut self, connection: &Connection, options: &Options) -> Result<()> {
        self.logins.password = connection.password.clone().filter(|text| !text.expose_secret().is_empty());
        self.logins.key = options.private_key.clone().filter(|key| !key.trim().is_empty()).map(SecretString::from);
        self.logins.passphrase = options.private_key_passphrase.clone().map(SecretString::from);
        if let Some(file) = &options.key_file {
            self.logins.files.insert(0, file.clone());
        }
        if options.look_for_keys == Some(false) {
            self.logins.usual_files.clear();
            self.logins.agent = Agent::None;
        }
        if let Some(text) = &options.host_key {
            self.pinned = Some(pinned(&self.known_as, text).ok_or_else(|| {
                connection.wrong("its host_key is not a type and a key, as a line of known_hosts has them".into())
            })?);
        }
        let seconds = |given: Option<u64>, before: Duration| given.map_or(before, Duration::from_secs);
        self.connect = seconds(options.conn_timeout, self.connect);
        self.patience.stall = seconds(options.stall_timeout, self.patience.stall);
        self.patience.keepalive = seconds(options.keepalive_interval, self.patience.keepalive);
        self.compress = options.compress.unwrap_or(self.compress);
        self.ciphers = options.ciphers.as_ref().map(super::options::Words::joined).or(self.ciphers.take());
        Ok(())
    }
}

/// Airflow's switches that leave the server's identity open.
fn refuse_unchecked(connection: &Connection, options: &Options) -> Result<()> {
    let switches =
        [("no_host_key_check", options.no_host_key_check), ("allow_host_key_change", options.allow_host_key_change)];
    match switches.into_iter().find(|(_, on)| *on == Some(true)) {
        None => Ok(()),
        Some((switch, _)) => Err(connection.wrong(format!(
            "it sets {switch}, but host keys are always checked: without that anybody between here and the server can take what is \
             sent. Remove it, test the connection, and accept the server's key once"
        ))),
    }
}

fn pinned(host: &str, text: &str) -> Option<HostKey> {
    use base64::Engine;
    let key = text.split_whitespace().find(|word| word.starts_with("AAAA"))?;
    HostKey::of(host.into(), &base64::engine::general_purpose::STANDARD.decode(key).ok()?)
}

/// A host as somebody wrote it.
struct Asked<'a> {
    host: &'a str,
    port: Option<u16>,
    user: Option<&'a str>,
}

/// What is the same for a server and the hosts on the way to it.
struct Place {
    files: Files,
    known_hosts: Option<PathBuf>,
    /// Hosts to go by that the connection names.
    jump: Option<String>,
}

impl Place {
    fn of(connection: &Connection, options: &Options) -> Self {
        let home = std::env::home_dir().unwrap_or_default();
        let user = std::env::var("USER").or_else(|_| std::env::var("LOGNAME")).unwrap_or_else(|_| "root".into());
        let paths = match options.ssh_config.as_deref().map(str::trim) {
            None | Some("") => vec![home.join(".ssh/config"), PathBuf::from("/etc/ssh/ssh_config")],
            Some("none") => Vec::new(),
            Some(path) => vec![PathBuf::from(path)],
        };
        let _ = connection;
        Self {
            files: Files { paths, home, user },
            known_hosts: options.known_hosts.clone(),
            jump: options.proxy_jump.clone(),
        }
    }

    fn resolve(&self, asked: &Asked<'_>) -> std::result::Result<Target, String> {
        let config = self.config(asked)?;
        let mut target = self.one(asked, &config);
        let jump = self.jump.as_deref().or(config.get("proxyjump")).filter(|jump| !jump.trim().is_empty());
        match (jump, config.get("proxycommand")) {
            (Some(jump), _) if !jump.eq_ignore_ascii_case("none") => target.by_way_of = self.chain(jump)?,
            (None, Some(command)) if !command.eq_ignore_ascii_case("none") => {
                let host = asked.host;
                return Err(format!(
                    "the SSH configuration has a ProxyCommand for {host}, which is not run: use ProxyJump"
                ));
            }
            _ => {}
        }
        Ok(target)
    }

    fn config(&self, asked: &Asked<'_>) -> std::result::Result<HostConfig, String> {
        self.files
            .lookup(asked.host, asked.user)
            .map_err(|error| format!("the SSH configuration cannot be read: {error}"))
    }

    /// The hosts of a `ProxyJump`. Each has its own words in the configuration; only the first may lie behind others of its own.
    fn chain(&self, jump: &str) -> std::result::Result<Vec<Target>, String> {
        let mut chain = Vec::new();
        for hop in jump.split(',').map(str::trim).filter(|hop| !hop.is_empty()) {
            let asked = hop_of(hop).ok_or_else(|| format!("{hop} is not a jump host: [user@]host[:port]"))?;
            let config = self.config(&asked)?;
            if chain.is_empty()
                && let Some(behind) = config.get("proxyjump").filter(|_| self.jump.is_none())
                && !behind.eq_ignore_ascii_case("none")
                && behind != jump
            {
                chain = self.chain(behind)?;
            }
            chain.push(self.one(&asked, &config));
            if chain.len() > 8 {
                return Err(format!("the jump hosts of {hop} never end"));
            }
        }
        Ok(chain)
    }

    fn one(&self, asked: &Asked<'_>, config: &HostConfig) -> Target {
        let user =
            asked.user.filter(|user| !user.is_empty()).or(config.get("user")).unwrap_or(&self.files.user).to_owned();
        let port = asked.port.or_else(|| config.number("port")).unwrap_or(22);
        let mut tokens = Tokens {
            home: &self.files.home,
            host: asked.host,
            written: asked.host,
            port,
            remote_user: &user,
            user: &self.files.user,
            alias: asked.host,
        };
        let host = config.get("hostname").map_or_else(|| asked.host.to_owned(), |name| tokens.fill(name));
        tokens.host = &host;
        let known_as = config.get("hostkeyalias").map_or_else(|| known_hosts::name_of(&host, port), str::to_lowercase);
        let keepalive = config.number("serveraliveinterval").filter(|seconds| *seconds > 0).unwrap_or(30);
        Target {
            known_as,
            known_hosts: self.known_files(config, &tokens),
            pinned: None,
            logins: self.logins(config, &tokens),
            connect: Duration::from_secs(config.number("connecttimeout").filter(|seconds| *seconds > 0).unwrap_or(10)),
            patience: Patience { stall: Duration::from_mins(1), keepalive: Duration::from_secs(keepalive) },
            compress: config.is("compression"),
            ciphers: config.get("ciphers").filter(|list| !list.starts_with(['+', '-', '^'])).map(str::to_owned),
            by_way_of: Vec::new(),
            passed: config.passed.clone(),
            host: host.clone(),
            port,
            user: user.clone(),
        }
    }

    fn known_files(&self, config: &HostConfig, tokens: &Tokens<'_>) -> Vec<PathBuf> {
        let user = config.get("userknownhostsfile").unwrap_or("~/.ssh/known_hosts ~/.ssh/known_hosts2");
        let all = config.get("globalknownhostsfile").unwrap_or("/etc/ssh/ssh_known_hosts /etc/ssh/ssh_known_hosts2");
        let named = user.split_whitespace().chain(all.split_whitespace());
        let named = named.filter(|file| *file != "none").map(|file| tokens.path(file));
        self.known_hosts.iter().cloned().chain(named).collect()
    }

    fn logins(&self, config: &HostConfig, tokens: &Tokens<'_>) -> Logins {
        let named = config.all("identityfile").filter(|file| *file != "none");
        let usual = USUAL_KEYS.iter().map(|name| self.files.home.join(".ssh").join(name));
        let agent = match config.get("identityagent") {
            None | Some("SSH_AUTH_SOCK") => Agent::Usual,
            Some("none") => Agent::None,
            Some(path) => Agent::At(tokens.path(path)),
        };
        Logins {
            files: named.map(|file| tokens.path(file)).collect(),
            usual_files: usual.collect(),
            agent,
            named_only: config.is("identitiesonly"),
            ..Logins::default()
        }
    }
}

/// `[user@]host[:port]`, also with `ssh://` before it; an address with colons stands in brackets.
fn hop_of(text: &str) -> Option<Asked<'_>> {
    let text = text.strip_prefix("ssh://").unwrap_or(text).trim_end_matches('/');
    let (user, rest) = match text.rsplit_once('@') {
        Some((user, rest)) => (Some(user), rest),
        None => (None, text),
    };
    let (host, port) = match rest.strip_prefix('[') {
        Some(inner) => {
            let (host, port) = inner.split_once(']')?;
            (host, port.strip_prefix(':'))
        }
        None => match rest.split_once(':') {
            Some((host, port)) => (host, Some(port)),
            None => (rest, None),
        },
    };
    let port = match port {
        Some(port) => Some(port.parse().ok()?),
        None => None,
    };
    (!host.is_empty()).then_some(Asked { host, port, user })
}
