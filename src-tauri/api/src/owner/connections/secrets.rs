//! Secrets of connections, in and out of the strongbox.

use longshore_engine::Fault;
use longshore_secrets::{ExposeSecret as _, Keeper, Reference, SecretString};
use serde_json::{Map, Value, json};

use super::secret_fields::hide;
use super::{Connections, fault};
use crate::wire::SecretPlace;

/// What a secret becomes.
pub(super) enum Becomes {
    /// Kept, with this value.
    Kept(Value),
    /// Read from elsewhere.
    Elsewhere(Reference),
    /// Gone.
    Gone,
}

/// The name of a secret in the strongbox.
pub(super) fn name(id: &str, field: &str) -> String {
    format!("{id}/{field}")
}

/// Who keeps the secret that is written down as being there.
fn keeper(place: &SecretPlace) -> Option<Keeper> {
    match place {
        SecretPlace::Keyring => Some(Keeper::Keyring),
        SecretPlace::File => Some(Keeper::File),
        SecretPlace::Environment | SecretPlace::Reference(_) => None,
    }
}

impl Connections {
    /// A secret by where it is written down to be. What is kept is JSON, what lies elsewhere is the text that lies there.
    pub(super) fn secret(&self, id: &str, field: &str, place: &Value) -> Result<Value, Fault> {
        let failed = |error| fault::of_secrets(id, &error);
        let place: SecretPlace = serde_json::from_value(place.clone())
            .map_err(|_| fault::wrong(id, format!("where its {field} is kept is not understood")))?;
        let value = match (&place, keeper(&place)) {
            (_, Some(keeper)) => {
                let kept = self.strongbox().get(keeper, &name(id, field)).map_err(failed)?;
                serde_json::from_str(kept.expose_secret())
                    .map_err(|_| fault::wrong(id, format!("the {field} that is kept is not what was written")))?
            }
            (SecretPlace::Reference(text), None) => self.elsewhere(id, &text.parse().map_err(failed)?)?,
            _ => return Err(fault::wrong(id, format!("its {field} is nowhere"))),
        };
        hide(&value);
        Ok(value)
    }

    /// A secret that is kept elsewhere, for a task that names where.
    pub(crate) fn referenced(&self, text: &str) -> Result<SecretString, Fault> {
        let failed = |error| fault::of_secrets(text, &error);
        let read = text.parse::<Reference>().map_err(failed)?.read(&self.root).map_err(failed)?;
        hide(&json!(read.expose_secret()));
        Ok(read)
    }

    fn elsewhere(&self, id: &str, reference: &Reference) -> Result<Value, Fault> {
        let read = reference.read(&self.root).map_err(|error| fault::of_secrets(id, &error))?;
        Ok(Value::String(read.expose_secret().to_owned()))
    }

    /// The value of a secret that changes, without keeping it.
    pub(super) fn value(&self, id: &str, becomes: Becomes) -> Result<Option<Value>, Fault> {
        let value = match becomes {
            Becomes::Kept(value) => value,
            Becomes::Elsewhere(reference) => self.elsewhere(id, &reference)?,
            Becomes::Gone => return Ok(None),
        };
        hide(&value);
        Ok(Some(value))
    }

    /// Keeps what is to be kept, and says where each secret is then.
    pub(super) fn keep(&self, id: &str, secrets: Vec<(String, Becomes)>) -> Result<Map<String, Value>, Fault> {
        let (mut kept, mut places, mut fields) = (Vec::new(), Map::new(), Vec::new());
        for (field, becomes) in secrets {
            match becomes {
                Becomes::Kept(value) => {
                    hide(&value);
                    kept.push((name(id, &field), SecretString::from(value.to_string())));
                    fields.push(field);
                }
                Becomes::Elsewhere(reference) => {
                    places.insert(field, json!(SecretPlace::Reference(reference.to_string())));
                }
                Becomes::Gone => {}
            }
        }
        if !kept.is_empty() {
            let keeper = self.strongbox().put(kept).map_err(|error| fault::of_secrets(id, &error))?;
            let place = if keeper == Keeper::Keyring { SecretPlace::Keyring } else { SecretPlace::File };
            places.extend(fields.into_iter().map(|field| (field, json!(place))));
        }
        Ok(places)
    }

    /// Removes what is kept there and no longer named. One that cannot be removed now stays behind, encrypted, and nothing leads to it.
    pub(super) fn forget(&self, id: &str, before: &Map<String, Value>, now: &Map<String, Value>) {
        for (field, place) in before.iter().filter(|(field, place)| now.get(*field) != Some(*place)) {
            let known = serde_json::from_value::<SecretPlace>(place.clone()).ok();
            let Some(keeper) = known.as_ref().and_then(keeper) else { continue };
            if let Err(error) = self.strongbox().remove(keeper, &[name(id, field)]) {
                tracing::warn!(connection = id, field, %error, "a secret that is not needed any more was not removed");
            }
        }
    }
}
