//! What is sent to the machine: the line that starts a shell, and the script that it reads.

use longshore_connectors::sftp::quoted;
use longshore_engine::Fault;

use super::super::shell::no_program;
use super::With;
use crate::kind::Context;

/// Refuses parameters that make no sense together.
pub(super) fn checked(with: &With) -> Result<(), Fault> {
    let wrong = |why: String| Err(Fault::permanent("task.with", "The parameters of ssh.command are wrong", why));
    if with.connection.is_empty() {
        return wrong("no `connection` was given".into());
    }
    if let Some(why) = no_program(with.command.as_deref(), with.script.as_deref(), &with.shell) {
        return wrong(why.into());
    }
    let plain = |c: char| c.is_ascii_alphanumeric() || c == '_';
    let good = |name: &str| name.chars().all(plain) && name.starts_with(|c: char| !c.is_ascii_digit());
    let mut texts = with.command.iter().flatten().map(ToString::to_string).chain(with.script.clone());
    match with.env.keys().find(|name| !good(name)) {
        Some(name) => wrong(format!("{name:?} is no name of a variable that a shell takes")),
        None if texts.any(|text| text.contains('\0')) => wrong("a command holds no NUL".into()),
        None => Ok(()),
    }
}

/// Arguments are seen by every user of the machine.
pub(super) fn no_secret_is_seen(with: &With, context: &Context) -> Result<(), Fault> {
    let mut seen = with.command.iter().flatten().map(ToString::to_string).chain(with.shell.iter().cloned());
    if !seen.any(|text| context.secrets.found_in(&text)) {
        return Ok(());
    }
    let why = "a secret parameter stands in its arguments, where others on the machine can see it";
    Err(Fault::permanent("shell.secret", "The command was not started", why)
        .now("Hand it over in `env`, or write a script that reads the variable."))
}

/// The task run, by which its processes are known again.
fn task_run(context: &Context) -> String {
    let index = context.index.map(|index| format!("/{index}")).unwrap_or_default();
    format!("{}/{}{index}", context.run, context.task)
}

/// The line that starts the shell. It holds nothing that others may not see.
pub(super) fn line(with: &With, context: &Context) -> String {
    let marks = [
        ("LONGSHORE_TASK_RUN", task_run(context)),
        ("LONGSHORE_RUN", context.run.clone()),
        ("LONGSHORE_TASK", context.task.clone()),
        ("LONGSHORE_INDEX", context.index.map(|index| index.to_string()).unwrap_or_default()),
        ("LONGSHORE_ATTEMPT", context.attempt.to_string()),
    ];
    let marks = marks.iter().map(|(name, value)| format!("{name}={}", quoted(value)));
    let shell = if with.script.is_some() { with.shell.clone() } else { vec!["/bin/sh".into()] };
    let words = marks.chain(["exec".to_owned()]).chain(shell.iter().map(|word| quoted(word)));
    words.collect::<Vec<_>>().join(" ")
}

/// What the shell reads. It reads all of it before it does any of it, so that nothing that it starts can take the rest away.
pub(super) fn script(with: &With) -> String {
    let env = with.env.iter().map(|(name, value)| format!("export {name}={}\n", quoted(&value.to_string())));
    let folder = with.folder.iter().map(|folder| format!("cd -- {} || exit 126\n", quoted(folder)));
    let work = match (&with.script, &with.command) {
        (Some(script), _) => script.clone(),
        (None, Some(command)) => {
            let words = command.iter().map(|word| quoted(&word.to_string())).collect::<Vec<_>>();
            format!("exec {}", words.join(" "))
        }
        (None, None) => String::new(),
    };
    let before = env.chain(folder).collect::<String>();
    format!("{{\n{before}{work}\n}} </dev/null\n")
}

/// Ends a group of processes if its leader still belongs to this task run, and says so; fails if it does not end.
pub(super) fn end(process: u32, context: &Context) -> String {
    let mark = quoted(&format!("LONGSHORE_TASK_RUN={}", task_run(context)));
    format!(
        "{{\ntr '\\0' '\\n' 2>/dev/null </proc/{process}/environ | grep -qxF -- {mark} || exit 0\necho found\nfor signal in TERM KILL; do\n\
         kill -$signal -- -{process} 2>/dev/null || kill -$signal {process} 2>/dev/null || exit 0\n\
         for _ in 1 2 3 4 5 6 7 8 9 10; do kill -0 {process} 2>/dev/null || exit 0; sleep 1; done\ndone\nexit 1\n}} </dev/null\n"
    )
}
