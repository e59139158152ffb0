//! E-mail by SMTP.

use std::net::IpAddr;
use std::time::Duration;

use lettre::message::Mailbox;
use lettre::message::header::ContentType;
use lettre::transport::smtp::authentication::Credentials;
use lettre::transport::smtp::{self, AsyncSmtpTransport};
use lettre::{AsyncTransport as _, Message, Tokio1Executor};
use longshore_engine::{Class, Fault};
use schemars::JsonSchema;
use serde::Deserialize;

/// How long the server may take for each step.
const PATIENCE: Duration = Duration::from_secs(30);

/// An e-mail, and the server that takes it.
#[derive(Debug, Clone, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Email {
    /// Host of the server.
    pub server: String,
    /// Port; without it 465 for `tls`, 587 for `starttls` and 25 for `none`.
    #[serde(default)]
    pub port: Option<u16>,
    /// How the way to the server is kept secret.
    #[serde(default)]
    pub encryption: Encryption,
    /// User at the server.
    #[serde(default)]
    pub user: Option<String>,
    /// Password of that user: a secret parameter.
    #[serde(default)]
    pub password: Option<String>,
    /// Sender, as `Longshore <longshore@example.org>`.
    pub from: String,
    /// Receivers.
    pub to: Vec<String>,
}

/// How the way to a mail server is kept secret. Its certificate is always checked.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Encryption {
    /// TLS from the start.
    #[default]
    Tls,
    /// TLS after a first word; a server that cannot do it is not talked to.
    Starttls,
    /// Not at all. A password goes this way to this machine only.
    None,
}

impl Email {
    /// Refuses what makes no sense.
    pub(super) fn check(&self) -> Result<(), Fault> {
        let here = self.server == "localhost" || self.server.parse().is_ok_and(|ip: IpAddr| ip.is_loopback());
        if self.encryption == Encryption::None && self.password.is_some() && !here {
            return Err(wrong("a password is not sent without encryption"));
        }
        if self.user.is_some() != self.password.is_some() {
            return Err(wrong("`user` and `password` go together"));
        }
        self.message("", "").map(drop)
    }

    fn message(&self, title: &str, text: &str) -> Result<Message, Fault> {
        let mailbox = |text: &String| {
            text.parse::<Mailbox>().map_err(|error| wrong(&format!("{text:?} is no e-mail address: {error}")))
        };
        let mut message = Message::builder().from(mailbox(&self.from)?).subject(title).header(ContentType::TEXT_PLAIN);
        for to in &self.to {
            message = message.to(mailbox(to)?);
        }
        message.body(text.to_owned()).map_err(|error| wrong(&error.to_string()))
    }
}

fn wrong(why: &str) -> Fault {
    Fault::permanent("task.with", "The e-mail cannot be sent", why)
}

/// Hands it to the server.
pub(super) async fn send(email: &Email, title: &str, text: &str) -> Result<(), Fault> {
    let message = email.message(title, text)?;
    let builder = match email.encryption {
        Encryption::Tls => AsyncSmtpTransport::<Tokio1Executor>::relay(&email.server),
        Encryption::Starttls => AsyncSmtpTransport::<Tokio1Executor>::starttls_relay(&email.server),
        Encryption::None => Ok(AsyncSmtpTransport::<Tokio1Executor>::builder_dangerous(&email.server)),
    };
    let mut builder = builder.map_err(|error| refused(email, &error))?.timeout(Some(PATIENCE));
    if let Some(port) = email.port {
        builder = builder.port(port);
    }
    if let (Some(user), Some(password)) = (&email.user, &email.password) {
        builder = builder.credentials(Credentials::new(user.clone(), password.clone()));
    }
    builder.build().send(message).await.map(drop).map_err(|error| refused(email, &error))
}

fn refused(email: &Email, error: &smtp::Error) -> Fault {
    let class = if error.is_permanent() || error.is_tls() { Class::Permanent } else { Class::Transient };
    let mut why = error.to_string();
    let mut source = std::error::Error::source(error);
    while let Some(inner) = source {
        why = format!("{why}: {inner}");
        source = inner.source();
    }
    Fault::new(class, "notify.email", "The e-mail was not sent", why).at_place(&email.server)
}
