//! `longshore task`.

use longshore_api::wire::{Event, Nothing, TaskAnswer, TaskAnswerArgs, TaskTest, TaskTestArgs, TaskTested};
use longshore_api::{Fault, Role, Session};
use serde_json::Value;

use super::archive::remark_not_waiting;
use super::flows::{Asked, asked};
use super::runs::logs::in_words;
use super::task_apart;
use crate::args::tasks::{Task, Test};
use crate::exit::Exit;
use crate::shell::Shell;

/// One of the commands.
pub(crate) async fn run(shell: &Shell, command: Task) -> Result<Exit, Fault> {
    match command {
        Task::Answer { run, task, index, approve, reject: _, reason } => {
            let session = shell.open(Role::Glance).await?;
            let args = TaskAnswerArgs { run, task, index, approve, why: reason };
            let done: Nothing = session.call::<TaskAnswer>(args).await?;
            shell.out.result(&done, String::new);
            remark_not_waiting(shell, session);
            Ok(Exit::Done)
        }
        Task::Run(args) => task_apart::run(shell, args).await,
        Task::Expand(args) => task_apart::expand(shell, args).await,
        Task::With(args) => task_apart::with(shell, args).await,
        Task::Test(args) => test(shell, args).await,
    }
}

async fn test(shell: &Shell, args: Test) -> Result<Exit, Fault> {
    let Test { of, task, item, outputs } = args;
    let (session, Asked { flow, source, params }) = asked(shell, Role::Glance, of).await?;
    let token = format!("test-{}-{task}", std::process::id());
    let outputs = Value::Object(outputs.into_iter().collect());
    let call = TaskTestArgs { flow, source, task, params, item, outputs, token: Some(token.clone()) };
    let tested = said_as_it_comes(shell, session, call, &token).await?;
    shell.out.result(&tested, || result_in_words(&tested));
    match &tested.fault {
        Some(fault) => {
            if !shell.out.json {
                shell.out.fault(fault);
            }
            Ok(Exit::of(fault))
        }
        None => Ok(Exit::Done),
    }
}

/// Calls, and prints each line that the task logs on standard error as it comes; what was not told by then is printed at the end.
async fn said_as_it_comes(
    shell: &Shell,
    session: &Session,
    call: TaskTestArgs,
    token: &str,
) -> Result<TaskTested, Fault> {
    let mut events = session.events().await;
    let mut last = 0;
    let mut say = |lines: &[longshore_api::wire::LogRow]| {
        for line in lines {
            if line.seq > last {
                last = line.seq;
                shell.out.remark(in_words(line).trim_end());
            }
        }
    };
    let mut call = std::pin::pin!(session.call::<TaskTest>(call));
    loop {
        tokio::select! {
            tested = call.as_mut() => {
                let tested = tested?;
                say(&tested.log);
                return Ok(tested);
            }
            event = events.next() => if let Event::Log { run, lines } = event && run == token {
                say(&lines);
            }
        }
    }
}

fn result_in_words(tested: &TaskTested) -> String {
    let more = match (&tested.output, &tested.why, tested.until) {
        (Some(output), _, _) => format!("{output:#}"),
        (_, Some(why), _) => why.clone(),
        (_, _, Some(until)) => format!("until {}", crate::text::time(until)),
        _ => String::new(),
    };
    format!("{}  {more}\n", tested.state)
}
