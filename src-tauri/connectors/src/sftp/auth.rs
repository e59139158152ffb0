//! Logging in: keys, the agent's keys, password, questions and answers (RFC 4252, RFC 4256).

use std::path::{Path, PathBuf};

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use secrecy::{ExposeSecret, SecretString};
use ssh2::{Agent as Keys, ErrorCode, KeyboardInteractivePrompt, Prompt, PublicKey, Session};

use super::target::{Agent, Target};
use super::trouble::Lost;

/// Most rounds of login: a server may ask for several proofs, one after the other.
const ROUNDS: usize = 3;

/// Logs in; says how.
pub(super) fn login(target: &Target, session: &Session) -> Result<String, Lost> {
    let mut tried = Tried { target, session, words: Vec::new(), way: String::new() };
    let mut offered = String::new();
    for _ in 0..ROUNDS {
        let Some(now) = methods(target, session)? else { return Ok(tried.way) };
        if now == offered {
            break;
        }
        offered = now;
        if tried.round(&offered)? {
            return Ok(tried.way);
        }
    }
    Err(tried.failed(&offered))
}

/// What the server lets one log in with; `None` once it needs no more.
fn methods(target: &Target, session: &Session) -> Result<Option<String>, Lost> {
    match session.auth_methods(&target.user) {
        Ok(methods) => Ok(Some(methods.to_owned())),
        Err(_) if session.authenticated() => Ok(None),
        Err(error) => Err(ended(&error)),
    }
}

/// What is told when the server ends the connection in the middle of a login.
fn ended(error: &ssh2::Error) -> Lost {
    match error.code() {
        ErrorCode::Session(-9) => Lost::new("ssh.timeout", "the server does not answer while one logs in"),
        _ => Lost::new("ssh.lost", format!("the server ended the connection while one logged in: {}", error.message())),
    }
}

/// One way to log in; whether one is in.
type Try<'t> = fn(&mut Tried<'t>) -> Result<bool, Lost>;

/// What was tried so far.
struct Tried<'t> {
    target: &'t Target,
    session: &'t Session,
    /// Each try in words.
    words: Vec<String>,
    /// The last that worked.
    way: String,
}

impl<'t> Tried<'t> {
    /// Tries everything that there is to log in with and that the server offers; whether one is in.
    fn round(&mut self, offered: &str) -> Result<bool, Lost> {
        let offers = |method: &str| offered.split(',').any(|one| one == method);
        let steps: [(&str, Try<'t>); 6] = [
            ("publickey", Self::key),
            ("publickey", Self::named_files),
            ("password", Self::password),
            ("keyboard-interactive", Self::answers),
            ("publickey", Self::agent),
            ("publickey", Self::usual_files),
        ];
        for (method, step) in steps {
            if offers(method) && step(self)? {
                return Ok(true);
            }
        }
        Ok(false)
    }

    /// Notes what came of a try.
    fn took(&mut self, what: String, result: Result<(), ssh2::Error>) -> Result<bool, Lost> {
        if self.session.authenticated() {
            self.way = what;
            return Ok(true);
        }
        match result {
            Ok(()) => self.words.push(format!("{what} (accepted, but not enough)")),
            Err(error) if matches!(error.code(), ErrorCode::Session(-9 | -13 | -43 | -7)) => {
                self.words.push(format!("{what} (then the server ended the connection)"));
                return Err(self.failed("nothing any more: it ends the connection after too many tries"));
            }
            Err(error) => self.words.push(format!("{what} ({})", reason(&error))),
        }
        Ok(false)
    }

    fn key(&mut self) -> Result<bool, Lost> {
        let Some(key) = &self.target.logins.key else { return Ok(false) };
        let result = self.with_key(key.expose_secret());
        self.took("the connection's private key".into(), result)
    }

    fn with_key(&self, key: &str) -> Result<(), ssh2::Error> {
        let passphrase = self.target.logins.passphrase.as_ref().map(ExposeSecret::expose_secret);
        self.session.userauth_pubkey_memory(&self.target.user, None, key, passphrase)
    }

    fn named_files(&mut self) -> Result<bool, Lost> {
        self.files(&self.target.logins.files.clone(), true)
    }

    fn usual_files(&mut self) -> Result<bool, Lost> {
        if self.target.logins.named_only || !self.target.logins.files.is_empty() {
            return Ok(false);
        }
        self.files(&self.target.logins.usual_files.clone(), false)
    }

    fn files(&mut self, files: &[PathBuf], named: bool) -> Result<bool, Lost> {
        for file in files {
            let what = format!("the key {}", file.display());
            match std::fs::read_to_string(file).map(SecretString::from) {
                Ok(key) => {
                    let result = self.with_key(key.expose_secret());
                    if self.took(what, result)? {
                        return Ok(true);
                    }
                }
                Err(error) if named => self.words.push(format!("{what} ({error})")),
                Err(_) => {}
            }
        }
        Ok(false)
    }

    fn password(&mut self) -> Result<bool, Lost> {
        let Some(password) = &self.target.logins.password else { return Ok(false) };
        let result = self.session.userauth_password(&self.target.user, password.expose_secret());
        self.took("the password".into(), result)
    }

    fn answers(&mut self) -> Result<bool, Lost> {
        let Some(password) = &self.target.logins.password else { return Ok(false) };
        let mut answers = Answers(password);
        let result = self.session.userauth_keyboard_interactive(&self.target.user, &mut answers);
        self.took("the password as the answer to what the server asks".into(), result)
    }

    fn agent(&mut self) -> Result<bool, Lost> {
        let (agent, identities) = match identities(self.target, self.session) {
            Ok(Some(found)) => found,
            Ok(None) => return Ok(false),
            Err(why) => {
                self.words.push(format!("the agent ({why})"));
                return Ok(false);
            }
        };
        for identity in identities {
            let result = agent.userauth(&self.target.user, &identity);
            if self.took(format!("the agent's key {}", identity.comment()), result)? {
                return Ok(true);
            }
        }
        Ok(false)
    }

    fn failed(&self, offered: &str) -> Lost {
        let tried = if self.words.is_empty() {
            "nothing that the connection has fits".to_owned()
        } else {
            format!("tried: {}", self.words.join("; "))
        };
        let why = format!("the server did not let {} in. It offers {offered}; {tried}", self.target.user);
        Lost::new("ssh.auth_failed", why)
    }
}

fn reason(error: &ssh2::Error) -> String {
    match error.code() {
        ErrorCode::Session(-18 | -19) => "refused".into(),
        ErrorCode::Session(-16 | -1) => {
            "it cannot be read: is it a private key, and its passphrase the right one?".into()
        }
        _ => error.message().to_owned(),
    }
}

/// The agent and those of its keys that are to be tried. `None` if none is to be asked or none runs.
fn identities(target: &Target, session: &Session) -> Result<Option<(Keys, Vec<PublicKey>)>, String> {
    let logins = &target.logins;
    let path = match &logins.agent {
        Agent::None => return Ok(None),
        Agent::Usual if std::env::var_os("SSH_AUTH_SOCK").is_none() => return Ok(None),
        Agent::Usual => None,
        Agent::At(path) => Some(path),
    };
    let told = |error: ssh2::Error| error.message().to_owned();
    let mut agent = session.agent().map_err(told)?;
    if let Some(path) = path {
        agent.set_identity_path(path).map_err(told)?;
    }
    agent.connect().map_err(told)?;
    agent.list_identities().map_err(told)?;
    let mut found = agent.identities().map_err(told)?;
    if logins.named_only {
        let named: Vec<Vec<u8>> = logins.files.iter().filter_map(|file| public_key(file)).collect();
        found.retain(|identity| named.iter().any(|key| key == identity.blob()));
    }
    Ok(Some((agent, found)))
}

/// The public key that lies beside a private one.
fn public_key(file: &Path) -> Option<Vec<u8>> {
    let mut beside = file.as_os_str().to_owned();
    beside.push(".pub");
    let text = std::fs::read_to_string(beside).ok()?;
    STANDARD.decode(text.split_whitespace().nth(1)?).ok()
}

/// Answers every hidden question with the password, and no other.
struct Answers<'p>(&'p SecretString);

impl KeyboardInteractivePrompt for Answers<'_> {
    fn prompt<'a>(&mut self, _user: &str, _instructions: &str, prompts: &[Prompt<'a>]) -> Vec<String> {
        let answer = |prompt: &Prompt<'a>| if prompt.echo { String::new() } else { self.0.expose_secret().to_owned() };
        prompts.iter().map(answer).collect()
    }
}
