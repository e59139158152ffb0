//! `longshore run retry|clear|mark|wake|cancel|pause|resume`: to one run, or to all that a filter finds, after a preview.

use std::fmt::Write as _;
use std::io::{BufRead as _, IsTerminal as _};

use longshore_api::wire::{
    RetryArgs, RetryPreview, RunAct, RunArgs, RunRefused, RunRetryPreview, RunSelect, RunShow, RunsAct, RunsActArgs,
    RunsDone, RunsPreview, RunsPreviewArgs, RunsPreviewShow,
};
use longshore_api::{Fault, Role, Session};

use crate::args::{Which, of_word};
use crate::commands::archive::remark_not_waiting;
use crate::exit::Exit;
use crate::shell::Shell;
use crate::table::Table;
use crate::text;

/// Does it, or says what would be done.
pub(super) async fn act(shell: &Shell, which: Which, act: RunAct) -> Result<Exit, Fault> {
    let session = shell.open(Role::Glance).await?;
    let select = select(&which)?;
    let begins = !matches!(act, RunAct::Cancel { .. } | RunAct::Pause);
    let exit = match which.runs.as_slice() {
        [run] if which.filter.is_empty() => one(shell, session, run, &which, act).await,
        _ => many(shell, session, select, &which, act).await,
    }?;
    if begins && exit == Exit::Done && !which.dry_run {
        remark_not_waiting(shell, session);
    }
    Ok(exit)
}

fn select(which: &Which) -> Result<RunSelect, Fault> {
    let mut select = RunSelect { runs: which.runs.clone(), ..RunSelect::default() };
    for (key, value) in &which.filter {
        match key.as_str() {
            "flow" => select.flow = Some(value.clone()),
            "dataset" => select.dataset = Some(value.clone()),
            "text" => select.search = Some(value.clone()),
            "since" => select.since = text::moment_of(Some(value))?,
            "until" => select.until = text::moment_of(Some(value))?,
            "state" => {
                for word in value.split(',') {
                    select.states.push(of_word(word).ok_or_else(|| no_filter(key, word))?);
                }
            }
            _ => return Err(no_filter(key, value)),
        }
    }
    Ok(select)
}

fn no_filter(key: &str, value: &str) -> Fault {
    let why = "A filter is flow=ID, dataset=PID, state=failed,cancelled, since=2d, until=2026-11-03 or text=WORD";
    Fault::permanent("filter.unclear", format!("The filter {key}={value} is not understood"), why)
}

/// One run: what a retry touches is shown task run by task run.
async fn one(shell: &Shell, session: &Session, run: &str, which: &Which, act: RunAct) -> Result<Exit, Fault> {
    let select = RunSelect { runs: vec![run.to_owned()], ..RunSelect::default() };
    let before = match act.clone() {
        RunAct::Retry { task, index, downstream } => {
            let args = RetryArgs { run: run.to_owned(), task, index, downstream };
            Some(session.call::<RunRetryPreview>(args).await?)
        }
        _ if which.dry_run => return many(shell, session, select, which, act).await,
        _ => None,
    };
    if !which.dry_run {
        let (token, expect, why) = (None, which.expect, which.reason.clone());
        session.call::<RunsAct>(RunsActArgs { select, act, token, expect, why }).await?;
    }
    if let Some(touched) = before {
        shell.out.result(&touched, || touched_in_words(&touched));
        return Ok(Exit::Done);
    }
    let detail = session.call::<RunShow>(RunArgs { run: run.to_owned() }).await?;
    shell.out.result(&detail.run, || format!("{}  {}\n", detail.run.id, crate::commands::word(detail.run.state)));
    Ok(Exit::Done)
}

fn touched_in_words(touched: &RetryPreview) -> String {
    let mut words = format!(
        "{} again, {} left alone\n",
        text::counted(touched.count.into(), "task run"),
        text::count(touched.leaves.into())
    );
    for row in &touched.touches {
        let index = row.index.map(|index| format!("[{index}]")).unwrap_or_default();
        let _ = writeln!(words, "  {}{index}  {}", row.task, row.label.as_deref().unwrap_or_default());
    }
    for resumes in &touched.resumes {
        let _ = writeln!(words, "  {resumes}");
    }
    words
}

/// Many runs: nothing is done that was not confirmed, by a number, by `--yes`, or by an answer on a terminal.
async fn many(shell: &Shell, session: &Session, select: RunSelect, which: &Which, act: RunAct) -> Result<Exit, Fault> {
    let args = RunsPreviewArgs { select: select.clone(), act: act.clone() };
    let preview = session.call::<RunsPreviewShow>(args).await?;
    if which.dry_run {
        shell.out.result(&preview, || in_words(&preview));
        return Ok(Exit::Done);
    }
    let sure = which.yes || which.expect.is_none() && agreed(&preview);
    let token = sure.then(|| preview.token.clone());
    let args = RunsActArgs { select, act, token, expect: which.expect, why: which.reason.clone() };
    let done = session.call::<RunsAct>(args).await?;
    shell.out.result(&done, || done_in_words(&done));
    Ok(if done.refused.is_empty() { Exit::Done } else { Exit::Failed })
}

/// Asks, where there is somebody to ask.
fn agreed(preview: &RunsPreview) -> bool {
    if preview.runs == 0 || !std::io::stdin().is_terminal() || !std::io::stderr().is_terminal() {
        return false;
    }
    eprint!("{}Do it? [y/N] ", in_words(preview));
    let mut answer = String::new();
    // The answer is one line and is awaited by nothing else in this process.
    std::io::stdin().lock().read_line(&mut answer).is_ok() && matches!(answer.trim(), "y" | "Y" | "yes")
}

fn in_words(preview: &RunsPreview) -> String {
    let mut words =
        format!("{}, {}\n", text::counted(preview.runs.into(), "run"), text::counted(preview.task_runs, "task run"));
    let mut table = Table::new(["RUN", "FLOW", "STATE", "TITLE", ">TASK RUNS"]);
    for row in &preview.rows {
        let run = &row.run;
        let state = crate::commands::word(run.state);
        table.row([run.id.clone(), run.flow.clone(), state, run.title.clone(), text::count(row.task_runs.into())]);
    }
    if !preview.rows.is_empty() {
        words += &table.to_string();
    }
    let more = u64::from(preview.runs).saturating_sub(preview.rows.len() as u64);
    if more > 0 {
        let _ = writeln!(words, "... and {} more", text::count(more));
    }
    if preview.refused > 0 {
        let _ = writeln!(words, "not possible for {}:", text::counted(preview.refused.into(), "run"));
        words += &refusals(&preview.refusals);
    }
    words
}

fn refusals(refused: &[RunRefused]) -> String {
    let line = |one: &RunRefused| format!("  {}  {} ({})\n", one.run, one.fault, one.fault.code);
    refused.iter().map(line).collect::<Vec<_>>().concat()
}

fn done_in_words(done: &RunsDone) -> String {
    format!("done to {}\n{}", text::counted(done.done.into(), "run"), refusals(&done.refused))
}
