//! A connection tried step by step.

use std::sync::Arc;
use std::time::Duration;

use longshore_catalogue::PathBytes;
use longshore_connectors::{Connection, Connector, Step, connector};
use longshore_engine::Fault;
use longshore_flows::secrets;
use serde_json::json;
use tokio::sync::mpsc::{UnboundedSender, unbounded_channel};
use tokio::time::{Instant, timeout_at};

use super::super::Owner;
use super::super::dispatch::Answer;
use crate::events::lock;
use crate::wire::{
    ConnectionHealth, ConnectionHealthList, ConnectionSetArgs, ConnectionTest, ConnectionTestArgs, ConnectionTested,
    Event, Nothing, TestStep,
};

/// How long a test may take. What a system call or a library holds up for longer is left to end by itself.
const PATIENCE: Duration = Duration::from_mins(1);
/// The setting that holds how the last test of each connection ended.
const TESTED: &str = "connections.tested";

impl Answer<ConnectionTest> for Owner {
    async fn answer(self: &Arc<Self>, args: ConnectionTestArgs) -> Result<ConnectionTested, Fault> {
        let folder = folder(args.path.as_deref())?;
        let (id, draft, token) = (args.connection, args.draft, args.token);
        let tried = id.clone();
        let (connection, known, as_it_is) = self
            .ask(move |owner| {
                let (connection, known) = owner.connections.to_try(&id, draft)?;
                // A form that nobody has changed is the connection itself.
                let as_it_is = owner.connections.with_secrets(&id).is_ok_and(|kept| kept.is_same(&connection));
                Ok((connection, known, as_it_is))
            })
            .await?;
        let (tell, mut told) = unbounded_channel();
        spawn(known, connection, folder, args.write, tell);
        let (began, mut steps) = (Instant::now(), Vec::<TestStep>::new());
        loop {
            let step = match timeout_at(began + PATIENCE, told.recv()).await {
                Ok(Some(step)) => shown(&step),
                Ok(None) => break,
                Err(_) => too_long(began.elapsed()),
            };
            let last = !step.ok;
            if let Some(token) = &token {
                self.bus.send(&Event::Tested { token: token.clone(), step: step.clone() });
            }
            steps.push(step);
            if last {
                break;
            }
        }
        let tested = ConnectionTested { ok: !steps.is_empty() && steps.iter().all(|step| step.ok), steps };
        // What was only tried out says nothing of the connection as it is.
        if let Some(last) = tested.steps.last().filter(|_| as_it_is).cloned() {
            let (at, ok) = (self.clock.now().0, tested.ok);
            let TestStep { name: step, text, code, .. } = last;
            let health = ConnectionHealth { connection: tried, at, ok, step, text, code };
            self.ask(move |owner| keep(owner, health)).await?;
        }
        Ok(tested)
    }
}

impl Answer<ConnectionHealthList> for Owner {
    async fn answer(self: &Arc<Self>, _: Nothing) -> Result<Vec<ConnectionHealth>, Fault> {
        self.ask(|owner| {
            let kept = kept(owner)?;
            let rows = owner.connections.rows()?;
            // Of one that was changed since, or is gone, nothing is known.
            let stands = |health: &ConnectionHealth| {
                let row = rows.iter().find(|row| row.id == health.connection);
                row.is_some_and(|row| row.changed.is_none_or(|changed| changed <= health.at))
            };
            Ok(kept.into_iter().filter(stands).collect())
        })
        .await
    }
}

fn kept(owner: &Owner) -> Result<Vec<ConnectionHealth>, Fault> {
    let kept = owner.store.setting(TESTED)?;
    Ok(kept.and_then(|kept| serde_json::from_value(kept).ok()).unwrap_or_default())
}

/// Keeps how a test ended, in place of what was kept of that connection, and forgets what is gone.
fn keep(owner: &Owner, health: ConnectionHealth) -> Result<(), Fault> {
    let _one_by_one = lock(&owner.testing);
    let there = owner.connections.rows()?;
    let mut all = kept(owner)?;
    all.retain(|one| one.connection != health.connection && there.iter().any(|row| row.id == one.connection));
    all.push(health);
    Ok(owner.store.set_setting(TESTED, &json!(all))?)
}

/// Where to try: components with `/` between.
pub(super) fn folder(path: Option<&str>) -> Result<Vec<u8>, Fault> {
    let text = path.unwrap_or_default().trim_matches('/');
    let wrong = |why: String| Fault::permanent("location.wrong", format!("{text:?} is no folder to try"), why);
    let path = PathBytes::from_text(text).map_err(|error| wrong(error.to_string()))?.into_bytes();
    let odd = |part: &[u8]| part.is_empty() || part == b"." || part == b".." || part.contains(&0);
    if !path.is_empty() && path.split(|byte| *byte == b'/').any(odd) {
        return Err(wrong("a path holds no `.`, no `..` and no empty name".to_owned()));
    }
    Ok(path)
}

/// On a thread of its own: it may block for as long as it likes.
fn spawn(
    known: &'static dyn Connector,
    connection: Connection,
    folder: Vec<u8>,
    write: bool,
    tell: UnboundedSender<Step>,
) {
    tokio::task::spawn_blocking(move || {
        known.test(&connection, &folder, write, &mut |step| {
            // Nobody listens any more once the test took too long.
            let _ = tell.send(step);
        });
    });
}

fn shown(step: &Step) -> TestStep {
    let hidden = |text: &str| secrets::known().mask(text).into_owned();
    let (ok, text, code) = match &step.outcome {
        Ok(words) => (true, hidden(words), None),
        Err(error) => (false, hidden(&format!("{}: {}", error.what, error.why)), Some(error.code.to_owned())),
    };
    let took = u64::try_from(step.took.as_millis()).unwrap_or(u64::MAX);
    TestStep { name: step.name.to_owned(), ok, text, code, took }
}

fn too_long(took: Duration) -> TestStep {
    let text = format!("nothing more came within {} seconds", PATIENCE.as_secs());
    let took = u64::try_from(took.as_millis()).unwrap_or(u64::MAX);
    TestStep { name: "time".to_owned(), ok: false, text, code: Some("connection.time".to_owned()), took }
}

impl super::super::connections::Connections {
    /// A connection with its secrets, as it is or as it would be, and who can try it.
    pub(in super::super) fn to_try(
        &self,
        id: &str,
        draft: Option<Box<ConnectionSetArgs>>,
    ) -> Result<(Connection, &'static dyn Connector), Fault> {
        let connection = match draft {
            Some(draft) => self.draft(id, *draft)?,
            None => self.with_secrets(id)?,
        };
        let known = connector(&connection.kind).ok_or_else(|| super::super::connections::no_connector(&connection))?;
        Ok((connection, known))
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    #[test]
    fn a_folder_to_try_stays_below_the_top() {
        assert_eq!(folder(None).unwrap(), b"");
        assert_eq!(folder(Some("/a/b/")).unwrap(), b"a/b");
        for path in ["a/../b", "..", "a//b", "./a"] {
            assert_eq!(folder(Some(path)).unwrap_err().code, "location.wrong", "{path}");
        }
    }
}
