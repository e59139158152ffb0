//! Whether a program that ended well has done its work, and secrets that are kept elsewhere.

use longshore_engine::Fault;
use longshore_engine::expression::{Scope, Template, seen};
use secrecy::ExposeSecret as _;
use serde_json::Value;

use super::With;
use crate::attempt::blocking;
use crate::kind::Context;
use crate::scalar::Scalar;
use crate::secrets::hide_everywhere;

/// Refuses an expression that is none.
pub(super) fn checked(expect: Option<&str>) -> Result<(), Fault> {
    expect.map_or(Ok(()), |text| Template::expression(text).map(drop).map_err(|error| wrong(error.why)))
}

fn wrong(why: String) -> Fault {
    Fault::permanent("task.with", "`expect` of shell is no expression", why)
}

/// Fails unless the expression is true on this output.
pub(super) fn proved(expect: Option<&str>, output: &Value) -> Result<(), Fault> {
    let Some(text) = expect else { return Ok(()) };
    let mut scope = Scope::default();
    scope.names.insert("output", seen(output));
    let why = match Template::expression(text).map_err(|error| wrong(error.why))?.is_true(&scope) {
        Ok(true) => return Ok(()),
        Ok(false) => "is not true".to_owned(),
        Err(error) => format!("cannot be said: {}", error.why),
    };
    let shown: String = output.to_string().chars().take(300).collect();
    Err(Fault::transient(
        "shell.unproved",
        "The program ended well, and its work is not done",
        format!("`{text}` {why} of {shown}"),
    )
    .now("See what it wrote in the log of the attempt."))
}

/// Puts the secrets that are kept elsewhere into the environment, and hides them in what leaves the attempt.
pub(super) async fn take_secrets(with: &mut With, context: &mut Context) -> Result<(), Fault> {
    if with.secrets.is_empty() {
        return Ok(());
    }
    let (references, storages) = (std::mem::take(&mut with.secrets), context.services.storages.clone());
    let read = move || {
        let one = |(name, reference): (String, String)| Ok((name, storages.secret(&reference)?));
        references.into_iter().map(one).collect::<Result<Vec<_>, Fault>>()
    };
    for (name, secret) in blocking(read).await? {
        let value = secret.expose_secret().trim_end_matches('\n');
        hide_everywhere(value);
        context.secrets = context.secrets.and(value);
        with.env.insert(name, Scalar::Text(value.to_owned()));
    }
    Ok(())
}
