//! One attempt: from the parameters to the end of the program.

use std::collections::BTreeMap;
use std::ffi::OsString;
use std::io;
use std::os::unix::process::ExitStatusExt as _;
use std::path::PathBuf;
use std::pin::Pin;
use std::process::{ExitStatus, Stdio};
use std::time::Duration;

use longshore_engine::{Class, Fault};
use serde_json::Value;
use tokio::process::{Child, Command};

use super::folder::{Folder, read_output};
use super::group::{self, GRACE, Group};
use super::log_file::LogFile;
use super::{Meaning, With, proof};
use crate::attempt::{blocking, count};
use crate::faults;
use crate::kind::{Context, Done, Level};
use crate::kinds::program_says::Says;
use crate::location;
use crate::scalar::Scalar;
use crate::span::Span;

/// How long what a program wrote may take to arrive once it has ended: longer only if another process holds its streams.
const DRAIN: Duration = Duration::from_secs(2);

/// Refuses parameters that make no sense together.
pub(super) fn checked(with: &With) -> Result<(), Fault> {
    let wrong = |why: &str| Err(Fault::permanent("task.with", "The parameters of shell are wrong", why));
    if let Some(why) = no_program(with.command.as_deref(), with.script.as_deref(), &with.shell) {
        return wrong(why);
    }
    let bad = |name: &&String| name.is_empty() || name.contains(['=', '\0']);
    match with.env.keys().find(bad) {
        Some(name) => wrong(&format!("{name:?} is no name of an environment variable")),
        None => Ok(()),
    }
}

/// Why these name no program to run, if they do not.
pub(in crate::kinds) fn no_program(
    command: Option<&[Scalar]>,
    script: Option<&str>,
    shell: &[String],
) -> Option<&'static str> {
    match (command, script) {
        (Some(_), Some(_)) => Some("`command` and `script` were both given; give one"),
        (None, None) => Some("neither `command` nor `script` was given"),
        (Some(command), None) if command.first().is_none_or(|program| program.to_string().is_empty()) => {
            Some("`command` is empty")
        }
        (None, Some(_)) if shell.first().is_none_or(String::is_empty) => Some("`shell` is empty"),
        _ => None,
    }
}

/// Works an attempt through to its end.
pub(super) async fn run(mut with: With, mut context: Context) -> Result<Done<Value>, Fault> {
    checked(&with)?;
    proof::checked(with.expect.as_deref())?;
    proof::take_secrets(&mut with, &mut context).await?;
    no_secret_is_seen(&with, &context)?;
    group::end_leftover(&context).await?;
    let (job, preparing) = (with.clone(), context.clone());
    let ready = blocking(move || Ready::make(&job, &preparing)).await?;
    let group = Group::open(&context, &ready.marks).await?;
    let ended = match ready.command(&group).spawn() {
        Ok(program) => follow(program, &group, ready.log.clone(), with.timeout, &context).await,
        Err(error) => Err(ready.not_started(&error)),
    };
    group.close().await;
    let (status, last) = ended?;
    outcome(&with, status, last, ready.folder, &context).await
}

/// Arguments are seen by every user, and a script lies on a disk.
fn no_secret_is_seen(with: &With, context: &Context) -> Result<(), Fault> {
    let command = with.command.iter().flatten().map(ToString::to_string);
    let mut texts = command.chain(with.shell.iter().chain(&with.script).cloned());
    if !texts.any(|text| context.secrets.found_in(&text)) {
        return Ok(());
    }
    let why = "a secret parameter stands in its command or script, where others can see it";
    Err(Fault::permanent("shell.secret", "The program was not started", why)
        .now("Hand it over in `env`, and let the command or script read the variable."))
}

/// A program that can be started.
struct Ready {
    folder: Folder,
    work: PathBuf,
    line: Vec<OsString>,
    /// The environment by which its processes are known again.
    marks: BTreeMap<String, OsString>,
    environment: BTreeMap<String, OsString>,
    log: Option<LogFile>,
}

impl Ready {
    fn make(with: &With, context: &Context) -> Result<Self, Fault> {
        let folder = Folder::make(context)?;
        let work = match &with.folder {
            Some(given) => location::local_folder(&context.services, given)?,
            None => folder.work(),
        };
        let mut line: Vec<OsString> = with.command.iter().flatten().map(|part| part.to_string().into()).collect();
        if let Some(script) = &with.script {
            line = with.shell.iter().map(OsString::from).collect();
            line.push(folder.script(script)?.into_os_string());
        }
        let marks = marks(context);
        let mut environment = inherited();
        environment.extend(marks.clone());
        environment.insert("LONGSHORE_OUTPUT".into(), folder.output().into_os_string());
        environment.extend(with.env.iter().map(|(name, value)| (name.clone(), value.to_string().into())));
        let log = with.log_file.as_deref().map(|path| LogFile::open(path, context)).transpose()?;
        Ok(Self { folder, work, line, marks, environment, log })
    }

    fn command(&self, group: &Group) -> Command {
        let mut command = Command::new(&self.line[0]);
        command.args(&self.line[1..]).env_clear().envs(&self.environment).current_dir(&self.work);
        command.stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::piped());
        command.process_group(group.id()).kill_on_drop(true);
        command
    }

    fn not_started(&self, error: &io::Error) -> Fault {
        let what = format!("{} could not be started", self.line[0].display());
        let class = match error.kind() {
            io::ErrorKind::NotFound | io::ErrorKind::PermissionDenied => Class::Permanent,
            _ => Class::Transient,
        };
        Fault::new(class, "shell.not_started", what, error.to_string())
            .now("See whether the program is installed, may be run, and is found in the PATH that Longshore has.")
    }
}

/// What an attempt is known by.
fn marks(context: &Context) -> BTreeMap<String, OsString> {
    let mut marks = BTreeMap::from([
        ("LONGSHORE_RUN".to_owned(), OsString::from(&context.run)),
        ("LONGSHORE_TASK".to_owned(), OsString::from(&context.task)),
        ("LONGSHORE_ATTEMPT".to_owned(), OsString::from(context.attempt.to_string())),
    ]);
    marks.extend(context.index.map(|index| ("LONGSHORE_INDEX".to_owned(), index.to_string().into())));
    marks
}

/// What a program is given of Longshore's own environment.
fn inherited() -> BTreeMap<String, OsString> {
    let one = |name: &str| Some((name.to_owned(), std::env::var_os(name)?));
    let mut given: BTreeMap<_, _> = ["PATH", "HOME", "LANG", "TZ"].into_iter().filter_map(one).collect();
    given.entry("PATH".into()).or_insert_with(|| "/usr/local/bin:/usr/bin:/bin".into());
    given
}

/// Follows a program to its end. Gives how it ended, and the last line that it wrote.
async fn follow(
    mut program: Child,
    group: &Group,
    log: Option<LogFile>,
    timeout: Option<Span>,
    context: &Context,
) -> Result<(ExitStatus, Option<Vec<u8>>), Fault> {
    let mut out = Says::new(context, Level::Info).also_to(log.clone());
    let mut err = Says::new(context, Level::Warning).also_to(log);
    let streams = (program.stdout.take(), program.stderr.take());
    let status = {
        let says = async {
            if let (Some(stdout), Some(stderr)) = streams {
                tokio::join!(out.follow(stdout), err.follow(stderr));
            }
        };
        let mut running = Running { program, group, context, timeout, silent: false };
        running.through(std::pin::pin!(says)).await
    };
    err.end();
    let last = out.end();
    let status = status?
        .map_err(|error| Fault::fatal("task.broken", "How the program ended is not known", error.to_string()))?;
    Ok((status, last))
}

/// A program at work.
struct Running<'a> {
    program: Child,
    group: &'a Group,
    context: &'a Context,
    timeout: Option<Span>,
    /// Whether its streams have ended.
    silent: bool,
}

impl Running<'_> {
    /// To its end, or until the attempt is told to stop. `says` reads what it writes.
    async fn through<S: Future<Output = ()>>(
        &mut self,
        mut says: Pin<&mut S>,
    ) -> Result<io::Result<ExitStatus>, Fault> {
        let (context, timeout) = (self.context, self.timeout);
        let status = tokio::select! {
            status = self.ended(&mut says) => Ok(status),
            () = context.host.wait_cancelled() => Err(faults::cancelled()),
            after = late(timeout, context) => Err(too_long(after)),
        };
        let status = match status {
            Ok(status) => status,
            Err(fault) => {
                self.stop(says).await;
                return Err(fault);
            }
        };
        self.fall_silent(says).await;
        Ok(status)
    }

    /// Waits for its end while what it writes is read.
    async fn ended<S: Future<Output = ()>>(&mut self, says: &mut Pin<&mut S>) -> io::Result<ExitStatus> {
        loop {
            tokio::select! {
                biased;
                status = self.program.wait() => return status,
                () = says.as_mut(), if !self.silent => self.silent = true,
            }
        }
    }

    /// It has ended: reads the rest of what it wrote. Processes that it started and that hold its streams are ended.
    async fn fall_silent<S: Future<Output = ()>>(&mut self, mut says: Pin<&mut S>) {
        if self.silent || within(DRAIN, self.context, says.as_mut()).await {
            return;
        }
        let names = self.group.members().await.into_iter().map(|member| format!("{} ({})", member.name, member.pid));
        let text =
            format!("The program left processes behind; they are ended: {}", names.collect::<Vec<_>>().join(", "));
        self.context.host.log(Level::Warning, &text);
        self.group.terminate();
        within(GRACE, self.context, says).await;
    }

    /// Asks all of its group to end, and waits a while for it.
    async fn stop<S: Future<Output = ()>>(&mut self, mut says: Pin<&mut S>) {
        self.group.terminate();
        let context = self.context;
        let end = async {
            // The group is killed next, however it ended.
            let _ = self.ended(&mut says).await;
            if !self.silent {
                says.await;
            }
        };
        within(GRACE, context, std::pin::pin!(end)).await;
    }
}

/// Ends after this time, if one is given.
async fn late(timeout: Option<Span>, context: &Context) -> Duration {
    let Some(Span(after)) = timeout else { return std::future::pending().await };
    let clock = &context.services.clock;
    clock.sleep_until(clock.now() + after).await;
    after
}

fn too_long(after: Duration) -> Fault {
    let why = format!("it had not ended after {}", count(after.as_secs(), "second", "seconds"));
    Fault::transient("shell.timeout", "The program was ended, with all that it had started", why)
        .now("See in the log of the attempt what it waited for. Give it more time if it needs it.")
}

/// Whether the work ends within this time.
async fn within(time: Duration, context: &Context, work: Pin<&mut impl Future<Output = ()>>) -> bool {
    let clock = &context.services.clock;
    tokio::select! {
        biased;
        () = work => true,
        () = clock.sleep_until(clock.now() + time) => false,
    }
}

async fn outcome(
    with: &With,
    status: ExitStatus,
    last: Option<Vec<u8>>,
    folder: Folder,
    context: &Context,
) -> Result<Done<Value>, Fault> {
    let meaning = match status.code() {
        Some(0) => Meaning::Success,
        code => code.and_then(|code| with.exit_codes.get(&u8::try_from(code).ok()?)).copied().unwrap_or(Meaning::Retry),
    };
    match meaning {
        Meaning::Success => {}
        Meaning::Skip => return Ok(Done::Skipped(format!("the program ended with {}", ending(status)))),
        Meaning::Retry => return Err(failed(Class::Transient, status)),
        Meaning::Fail => return Err(failed(Class::Permanent, status)),
    }
    let (context, expect) = (context.clone(), with.expect.clone());
    blocking(move || {
        let line = last.map(|line| read_output(&String::from_utf8_lossy(&line)));
        let output = context.secrets.mask_value(folder.written_output()?.or(line).unwrap_or_default());
        proof::proved(expect.as_deref(), &output)?;
        if let Err(error) = folder.remove() {
            context.host.log(Level::Warning, &format!("The scratch folder could not be taken away: {error}"));
        }
        Ok(output.into())
    })
    .await
}

fn ending(status: ExitStatus) -> String {
    match (status.code(), status.signal()) {
        (Some(code), _) => format!("exit code {code}"),
        (None, Some(signal)) => format!("signal {signal}"),
        (None, None) => "neither exit code nor signal".into(),
    }
}

fn failed(class: Class, status: ExitStatus) -> Fault {
    let what = "The program failed";
    Fault::new(class, "shell.failed", what, format!("it ended with {}", ending(status)))
        .now("See what it wrote in the log of the attempt.")
}
