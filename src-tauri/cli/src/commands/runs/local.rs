//! `longshore run --local`: a flow carried out in a workspace of its own, to see what it does before it counts.

use longshore_api::wire::{FlowRun, FlowRunArgs, Nothing, RunArgs, RunCancel, RunDetail};
use longshore_api::{Fault, Role, RunState, Session};

use super::logs;
use crate::args::FlowWith;
use crate::commands::flows::{Asked, asked};
use crate::exit::Exit;
use crate::follow::Following;
use crate::shell::Shell;

/// Carries the flow out, tells what its tasks log as it comes, and ends with how each of them stands.
pub(crate) async fn run(shell: &Shell, of: FlowWith, keep: bool) -> Result<Exit, Fault> {
    let folder = shell.step_apart(keep)?;
    let kept = || {
        if keep {
            let at = folder.display();
            shell.out.remark(format_args!("Kept: {at}   Look: longshore --workspace {at} run list"));
        }
    };
    let (session, Asked { flow, source, params }) = match asked(shell, Role::Command, of).await {
        Ok(asked) => asked,
        Err(fault) => {
            kept();
            return Err(fault);
        }
    };
    let call = FlowRunArgs { flow, source, params, key: None, priority: None };
    let done = to_the_end(shell, session, call).await;
    kept();
    let runs = done?;
    shell.out.result(&runs, || runs.iter().map(super::in_words).collect::<Vec<_>>().join("\n"));
    Ok(exit_of(&runs))
}

async fn to_the_end(shell: &Shell, session: &Session, call: FlowRunArgs) -> Result<Vec<RunDetail>, Fault> {
    let started = session.call::<FlowRun>(call).await?;
    Following::new(session, shell.out, [started.run]).with_lines(logs::in_words).until_ended().await
}

/// As its runs ended: the first counts, which the others were started by.
fn exit_of(runs: &[RunDetail]) -> Exit {
    match runs.first().map(|detail| &detail.run) {
        Some(run) if run.state == RunState::Success => Exit::Done,
        Some(run) => run.fault.as_ref().map_or(Exit::Failed, Exit::of),
        None => Exit::Failed,
    }
}

/// Cancels what runs in a workspace that was made for one run, and waits until it has ended; a signal cuts that short.
pub(crate) async fn cancel(shell: &Shell) {
    let Some(session) = shell.session().filter(|_| shell.is_apart()) else { return };
    let all = async {
        let runs = super::active(session).await?;
        for run in &runs {
            let _: Nothing = session.call::<RunCancel>(RunArgs { run: run.clone() }).await?;
        }
        Following::new(session, shell.out, runs).until_ended().await
    };
    tokio::select! {
        done = all => if let Err(fault) = done {
            shell.out.fault(&fault);
        },
        () = crate::stopped() => {}
    }
}
