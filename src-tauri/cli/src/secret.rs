//! Values that must not stand on a command line: asked for at the terminal, or read from standard input.

use std::io::{self, BufRead as _, IsTerminal as _, Write as _};

use longshore_api::Fault;
use rustix::termios::{LocalModes, OptionalActions, tcgetattr, tcsetattr};

/// Asks for the value of a secret.
pub(crate) fn ask(name: &str) -> Result<String, Fault> {
    let read = if io::stdin().is_terminal() { at_terminal(name) } else { line() };
    let value = read.map_err(|error| unread(name, &error.to_string()))?;
    if value.is_empty() { Err(unread(name, "nothing was given")) } else { Ok(value) }
}

fn unread(name: &str, why: &str) -> Fault {
    Fault::permanent("secret.unread", format!("The secret {name} was not read"), why)
        .now("Give it as a line of standard input, one for each secret in the order of the command line.")
}

fn line() -> io::Result<String> {
    let mut line = String::new();
    io::stdin().lock().read_line(&mut line)?;
    line.truncate(line.trim_end_matches(['\n', '\r']).len());
    Ok(line)
}

/// What is typed is not shown.
fn at_terminal(name: &str) -> io::Result<String> {
    let before = tcgetattr(io::stdin())?;
    let mut unseen = before.clone();
    unseen.local_modes.remove(LocalModes::ECHO);
    eprint!("{name}: ");
    io::stderr().flush()?;
    tcsetattr(io::stdin(), OptionalActions::Flush, &unseen)?;
    let read = line();
    let restored = tcsetattr(io::stdin(), OptionalActions::Flush, &before);
    eprintln!();
    restored?;
    read
}
