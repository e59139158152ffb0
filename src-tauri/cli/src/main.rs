//! `longshore`: all that the window does, from a terminal.

mod alone;
mod args;
mod bars;
mod commands;
mod exit;
mod follow;
mod output;
mod secret;
mod shell;
mod table;
mod text;

use std::process::ExitCode;

use clap::Parser as _;
use longshore_api::Hiding;
use tokio::signal::unix::{SignalKind, signal};

use crate::exit::Exit;
use crate::output::Output;
use crate::shell::Shell;

fn main() -> ExitCode {
    let cli = args::Cli::parse();
    let out = Output { json: cli.json, quiet: cli.quiet };
    // On standard error nothing unless it is asked for.
    longshore_api::begin_log("error", || Hiding(std::io::stderr()));
    let runtime = match tokio::runtime::Builder::new_multi_thread().enable_all().build() {
        Ok(runtime) => runtime,
        Err(error) => {
            eprintln!("error: no threads could be started: {error}");
            return Exit::Failed.into();
        }
    };
    let exit = runtime.block_on(run(cli, out));
    // What still blocks in a system call would hold up the end; everything that counts was closed.
    runtime.shutdown_background();
    exit.into()
}

async fn run(cli: args::Cli, out: Output) -> Exit {
    let shell = Shell::new(out, cli.workspace, cli.profile);
    let serves = matches!(cli.command, args::Command::Serve(_));
    let exit = tokio::select! {
        done = commands::run(&shell, cli.command) => match done {
            Ok(exit) => exit,
            Err(fault) => {
                out.fault(&fault);
                Exit::of(&fault)
            }
        },
        // A service that is told to end has done what it was there for.
        () = stopped() => if serves { Exit::Done } else {
            say_interrupted(&shell);
            commands::runs::local::cancel(&shell).await;
            Exit::Interrupted
        }
    };
    close(&shell).await;
    exit
}

/// Leaves the workspace in order; a second signal cuts that short, and loses no more than a crash would.
async fn close(shell: &Shell) {
    tokio::select! {
        () = shell.alone.end() => {}
        () = stopped() => return,
    }
    let Some(session) = shell.session() else { return };
    tokio::select! {
        () = session.close() => {}
        () = stopped() => {}
    }
}

fn say_interrupted(shell: &Shell) {
    if shell.is_apart() {
        return shell.out.remark("Interrupted. The run is cancelled; once more, and it is cut off.");
    }
    let owns = shell.session().map(longshore_api::Session::owns);
    shell.out.remark(match owns {
        Some(false) => "Interrupted. What runs goes on in the process that owns the workspace.",
        None if !shell.opens() => "Interrupted.",
        Some(true) | None => "Interrupted. What was confirmed is kept; carry on with: longshore run wait",
    });
}

/// Resolves at the first SIGINT or SIGTERM.
pub(crate) async fn stopped() {
    let (Ok(mut interrupt), Ok(mut terminate)) = (signal(SignalKind::interrupt()), signal(SignalKind::terminate()))
    else {
        // Without handlers the signals end the process at once, as a crash would.
        return std::future::pending().await;
    };
    tokio::select! {
        _ = interrupt.recv() => {}
        _ = terminate.recv() => {}
    }
}
