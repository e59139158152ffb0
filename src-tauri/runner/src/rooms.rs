//! Room on storages, asked for off the async threads and with patience: a storage that hangs holds up nothing but itself.

use std::sync::Arc;
use std::time::Duration;

use longshore_engine::Millis;
use longshore_engine::decide::Room;
use longshore_flows::room::{self, Quota};
use tokio::sync::mpsc;

use crate::Parts;
use crate::message::Message;

/// Share of a storage that stays free unless the operator says otherwise, in percent.
pub fn default_floor(storage: &str) -> f64 {
    if storage == "lts" { 5.0 } else { 1.0 }
}

/// How long the first answer may take before the operator is told; the storage may say otherwise.
const PATIENCE: Duration = Duration::from_secs(30);

/// Asks a storage for its room; the answer, or that there is none, comes as a message. If it comes late, it comes as another.
/// `written` are bytes that task runs at work have put there, of which the ledger may not know yet.
pub(crate) async fn measure(parts: Arc<Parts>, storage: String, written: u64, out: mpsc::Sender<Message>) {
    let ask = {
        let (parts, storage) = (parts.clone(), storage.clone());
        move || ask(&parts, &storage, written)
    };
    let mut asked = tokio::task::spawn_blocking(ask);
    let patience = parts.clock.sleep_until(parts.clock.now() + PATIENCE);
    let broke =
        |error: tokio::task::JoinError| problem(&storage, parts.clock.now(), &format!("asking it failed: {error}"));
    let room = tokio::select! {
        room = &mut asked => room.unwrap_or_else(broke),
        () = patience => {
            let room = problem(&storage, parts.clock.now(), "it does not answer");
            tell(&out, &storage, room, false).await;
            asked.await.unwrap_or_else(broke)
        }
    };
    tell(&out, &storage, room, true).await;
}

async fn tell(out: &mpsc::Sender<Message>, storage: &str, room: Room, answered: bool) {
    // Nobody there any more: nobody needs it.
    drop(out.send(Message::Measured { storage: storage.into(), room, answered }).await);
}

/// A storage of which nothing is known but why.
fn problem(storage: &str, at: Millis, why: &str) -> Room {
    let pool = format!("storage:{storage}");
    Room { pool, free: 0, total: 0, floor: 0, at, problem: Some(why.into()), fresh: true }
}

fn ask(parts: &Parts, name: &str, written: u64) -> Room {
    // The time of the question, not of the answer: what was written meanwhile may or may not be in it.
    let at = parts.clock.now();
    let storage = match parts.storages.place(name) {
        Ok(storage) => storage,
        Err(fault) => return problem(name, at, &fault.to_string()),
    };
    let quota = match parts.journal.quota(name) {
        Ok(quota) => quota.map(|quota| Quota { used: quota.used.saturating_add(written), ..quota }),
        Err(fault) => return problem(name, at, &fault.to_string()),
    };
    let space = match room::space(name, storage.as_ref(), quota) {
        Ok(Some(space)) => space,
        Ok(None) => {
            // It says nothing of its room: what does not fit, it refuses.
            let pool = format!("storage:{name}");
            return Room { pool, free: u64::MAX, total: u64::MAX, floor: 0, at, problem: None, fresh: true };
        }
        Err(fault) => return problem(name, at, &format!("{}: {}", fault.what, fault.why)),
    };
    let problem = space.read_only.then(|| "it is mounted read-only".to_owned());
    let floor = floor(parts, name, space.total);
    Room { pool: space.pool, free: space.free, total: space.total, floor, at, problem, fresh: true }
}

/// Bytes that stay free on a storage of so many bytes, by a share of 0 to 99 percent; to the byte below.
pub fn floor_of(total: u64, percent: f64) -> u64 {
    #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "a share of a u64 is within it")]
    let floor = (total as f64 * percent / 100.0) as u64;
    floor
}

/// Bytes that stay free.
fn floor(parts: &Parts, name: &str, total: u64) -> u64 {
    let floors = parts.journal.floors().unwrap_or_default();
    let percent = floors.get(name).copied().unwrap_or_else(|| default_floor(name));
    floor_of(total, percent)
}
