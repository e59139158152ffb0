//! A group of processes, and the watcher that ends it when Longshore is gone.

use std::collections::BTreeMap;
use std::ffi::OsString;
use std::process::Stdio;
use std::time::Duration;

use longshore_engine::Fault;
use rustix::process::{Pid, Signal, kill_process_group};
use serde::{Deserialize, Serialize};
use tokio::process::{Child, Command};

use super::os::{self, Member};
use crate::attempt::blocking;
use crate::kind::{Context, Level};

/// How long processes that were told to end may take.
pub(super) const GRACE: Duration = Duration::from_secs(10);
/// Between two looks at a group that is ending.
const LOOK: Duration = Duration::from_millis(50);

/// The watcher holds the number of the group, which cannot be given away while it lives. It reads from a pipe whose other end only
/// Longshore holds: when that ends without a word, it ends the group.
const WATCHER: &str = "trap '' TERM INT HUP; read -r word && exit 0; kill -TERM 0; sleep 10; kill -KILL 0";

/// What a checkpoint holds of a group.
#[derive(Debug, Clone, Copy, Serialize, Deserialize)]
struct Saved {
    group: i32,
}

/// A group with its watcher in it.
pub(super) struct Group {
    watcher: Child,
    id: Pid,
    run: String,
}

impl Group {
    /// Starts a watcher in a group of its own, and writes the group down before anything else is started in it.
    pub(super) async fn open(context: &Context, marks: &BTreeMap<String, OsString>) -> Result<Self, Fault> {
        let mut command = Command::new("/bin/sh");
        command.args(["-c", WATCHER]).env_clear().envs(marks).env("PATH", "/usr/bin:/bin").current_dir("/");
        command.stdin(Stdio::piped()).stdout(Stdio::null()).stderr(Stdio::null()).process_group(0);
        let watcher = command.spawn().map_err(|error| not_watched(&error.to_string()))?;
        let id = watcher.id().and_then(|id| Pid::from_raw(i32::try_from(id).ok()?));
        let id = id.ok_or_else(|| not_watched("it ended at once"))?;
        let saving = context.clone();
        blocking(move || saving.save(&Saved { group: id.as_raw_nonzero().get() })).await?;
        Ok(Self { watcher, id, run: context.run.clone() })
    }

    /// Its number.
    pub(super) fn id(&self) -> i32 {
        self.id.as_raw_nonzero().get()
    }

    /// Asks its processes to end.
    pub(super) fn terminate(&self) {
        signal(self.id, Signal::TERM);
    }

    /// Its processes besides the watcher, as far as the system tells.
    pub(super) async fn members(&self) -> Vec<Member> {
        let (group, run) = (self.id(), self.run.clone());
        let all = blocking(move || Ok(os::members(group, &run))).await.unwrap_or_default();
        all.into_iter().filter(|member| member.pid != group).collect()
    }

    /// Ends what is left of it, and the watcher.
    pub(super) async fn close(mut self) {
        signal(self.id, Signal::KILL);
        // It was killed: that it ends is certain, how is of no interest.
        let _ = self.watcher.wait().await;
    }
}

fn not_watched(why: &str) -> Fault {
    Fault::transient("shell.not_started", "The watcher of the program could not be started", why)
}

fn signal(group: Pid, signal: Signal) {
    // A group that is gone needs no signal.
    let _ = kill_process_group(group, signal);
}

/// Ends what an earlier attempt left behind, whose watcher was killed with Longshore.
pub(super) async fn end_leftover(context: &Context) -> Result<(), Fault> {
    let saved = context.host.checkpoint().and_then(|saved| serde_json::from_value::<Saved>(saved).ok());
    let Some(group) = saved.and_then(|saved| Pid::from_raw(saved.group)) else { return Ok(()) };
    let until = context.services.clock.now() + GRACE;
    let mut told = false;
    loop {
        let left = leftover(context, group).await?;
        if left.is_empty() {
            return Ok(());
        }
        let late = context.services.clock.now() >= until;
        if !told {
            let names: Vec<_> = left.iter().map(|member| format!("{} ({})", member.name, member.pid)).collect();
            let text = format!("Processes of an earlier attempt are ended first: {}", names.join(", "));
            context.host.log(Level::Warning, &text);
            signal(group, Signal::TERM);
            told = true;
        } else if late {
            signal(group, Signal::KILL);
        }
        context.go_on()?;
        tokio::time::sleep(LOOK).await;
    }
}

/// Processes of the group, if it is still that of the earlier attempt: the number may belong to others by now.
async fn leftover(context: &Context, group: Pid) -> Result<Vec<Member>, Fault> {
    let (group, run) = (group.as_raw_nonzero().get(), context.run.clone());
    let members = blocking(move || Ok(os::members(group, &run))).await?;
    Ok(if members.iter().any(|member| member.ours) { members } else { Vec::new() })
}
