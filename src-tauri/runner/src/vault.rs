//! Values of secret parameters, in memory only.
//!
//! What the journal holds of a secret parameter is a token that stands for it. Expressions carry the token along; it becomes the
//! value where an attempt begins, and nowhere else. The token cannot be guessed, so that no data that passes through a flow can
//! ask for the value.

use std::collections::HashMap;
use std::sync::{Arc, Mutex};

use longshore_engine::flow::Param;
use longshore_engine::{Fault, Flow};
use longshore_flows::secrets::{self, SHORTEST, Secrets};
use serde_json::{Map, Value};

use crate::board::lock;

/// Value by token.
#[derive(Clone, Default)]
pub(crate) struct Vault(Arc<Mutex<HashMap<String, String>>>);

/// A secret parameter of a run, and the token that stands for it.
#[derive(Debug, Clone)]
pub(crate) struct Sealed {
    pub(crate) name: String,
    pub(crate) token: String,
}

/// The secret parameters among those of a run.
pub(crate) fn sealed(flow: &Flow, params: &Map<String, Value>) -> Vec<Sealed> {
    let token =
        |param: &Param| Some(Sealed { name: param.name.clone(), token: params.get(&param.name)?.as_str()?.into() });
    flow.params.iter().filter(|param| param.is_secret()).filter_map(token).collect()
}

impl Vault {
    /// Takes the values of secret parameters away and leaves tokens in their place.
    pub(crate) fn seal(&self, flow: &Flow, params: &mut Map<String, Value>) -> Result<Vec<Sealed>, Fault> {
        let mut all = Vec::new();
        for param in flow.params.iter().filter(|param| param.is_secret()) {
            let Some(given) = params.get_mut(&param.name).filter(|given| !given.is_null()) else { continue };
            let value = given.as_str().filter(|value| value.chars().count() >= SHORTEST);
            let value = value.ok_or_else(|| unfit(flow, &param.name))?.to_owned();
            let token = format!("<secret:{}:{}>", param.name, ulid::Ulid::generate());
            *given = Value::String(token.clone());
            self.put(&token, value);
            all.push(Sealed { name: param.name.clone(), token });
        }
        Ok(all)
    }

    /// Keeps a value.
    pub(crate) fn put(&self, token: &str, value: String) {
        secrets::hide_everywhere(&value);
        lock(&self.0).insert(token.into(), value);
    }

    /// Forgets values.
    pub(crate) fn forget(&self, sealed: &[Sealed]) {
        let mut held = lock(&self.0);
        for one in sealed {
            held.remove(&one.token);
        }
    }

    /// The values of a run's secrets, as far as they are known.
    pub(crate) fn secrets(&self, sealed: &[Sealed]) -> Secrets {
        let held = lock(&self.0);
        Secrets::of(sealed.iter().filter_map(|one| held.get(&one.token)).map(String::as_str))
    }

    /// Puts the values where their tokens stand. `param.secret_gone` if one is not known any more.
    pub(crate) fn unseal(&self, sealed: &[Sealed], with: Value) -> Result<Value, Fault> {
        if sealed.is_empty() {
            return Ok(with);
        }
        Ok(match with {
            Value::String(text) => Value::String(self.unseal_text(sealed, text)?),
            Value::Array(all) => {
                Value::Array(all.into_iter().map(|one| self.unseal(sealed, one)).collect::<Result<_, _>>()?)
            }
            Value::Object(all) => {
                let pair = |(name, one)| Ok((name, self.unseal(sealed, one)?));
                Value::Object(all.into_iter().map(pair).collect::<Result<_, Fault>>()?)
            }
            other => other,
        })
    }

    fn unseal_text(&self, sealed: &[Sealed], mut text: String) -> Result<String, Fault> {
        for one in sealed {
            if text.contains(&one.token) {
                let value = lock(&self.0).get(&one.token).cloned().ok_or_else(|| gone(&one.name))?;
                text = text.replace(&one.token, &value);
            }
        }
        Ok(text)
    }
}

fn unfit(flow: &Flow, name: &str) -> Fault {
    let why = format!("{name}: a secret is a text of {SHORTEST} characters or more; a shorter one could not be hidden");
    Fault::permanent("params.wrong", format!("The parameters of {} are wrong", flow.id), why)
}

fn gone(name: &str) -> Fault {
    let why = format!("the secret parameter {name} was kept in memory only, by a process that has ended");
    Fault::fatal("param.secret_gone", "The task cannot go on without a secret", why).now(format!(
        "Give it again with `longshore run secret RUN {name}`, then retry the run: what was confirmed is kept."
    ))
}

/// A process that starts no task would take the secret with it when it ends.
pub(crate) fn lost() -> Fault {
    let why = "nobody carries runs on in this workspace now, and secrets are kept only in the memory of the process that does";
    Fault::permanent("param.secret_lost", "The run was not started", why)
        .now("Start it with --wait, or while the window or `longshore serve` is open.")
}

/// A secret on its way into a parameter that is not one.
pub(crate) fn exposed(flow: &str, name: &str) -> Fault {
    let why = format!("a secret would be its parameter {name}, which is not declared as one and would be stored");
    Fault::permanent("param.secret_exposed", format!("The run of {flow} was not started"), why)
        .now(format!("Declare {name} in {flow} with `format: secret`."))
}

/// The first parameter, not declared as a secret, that holds one.
pub(crate) fn exposed_in(flow: &Flow, params: &Map<String, Value>, secrets: &Secrets) -> Option<String> {
    let plain = |name: &String| !flow.params.iter().any(|param| param.name == *name && param.is_secret());
    let holds = |value: &Value| !secrets.is_empty() && secrets.mask_value(value.clone()) != *value;
    params.iter().find(|(name, value)| plain(name) && holds(value)).map(|(name, _)| name.clone())
}
