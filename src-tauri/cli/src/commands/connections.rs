//! `longshore connection` and `longshore secrets`.

use std::io::Read as _;

use longshore_api::wire::{
    ConnectionArgs, ConnectionCopyArgs, ConnectionDetail, ConnectionDuplicate, ConnectionExport, ConnectionExportArgs,
    ConnectionImport, ConnectionList, ConnectionRemove, ConnectionRow, ConnectionSet, ConnectionShow, ConnectionSource,
    ConnectionTest, ConnectionTestArgs, Event, ExportFormat, Hidden, HiddenText, HostKey, HostKeyAccept,
    HostKeyAcceptArgs, HostKeyArgs, HostKeyRow, Nothing, SecretGiven, SecretPlace, SecretsInfo, SecretsShow,
    SecretsUnlock, SecretsUnlockArgs, TestStep,
};
use longshore_api::{Fault, Role, Session, connection_of_text};
use serde_json::Value;

use super::imports;
use crate::args::{Add, Connection, Secrets};
use crate::exit::Exit;
use crate::secret;
use crate::shell::Shell;
use crate::table::Table;
use crate::text;

/// One of the commands about connections.
pub(crate) async fn connection(shell: &Shell, command: Connection) -> Result<Exit, Fault> {
    let session = shell.open(Role::Glance).await?;
    match command {
        Connection::List => {
            let rows = session.call::<ConnectionList>(Nothing {}).await?;
            shell.out.result(&rows, || table(&rows));
        }
        Connection::Show { id } => {
            let detail = session.call::<ConnectionShow>(ConnectionArgs { connection: id, why: None }).await?;
            shell.out.result(&detail, || shown(&detail));
        }
        Connection::Add(args) => {
            let row = add(session, args).await?;
            shell.out.result(&row, || table(std::slice::from_ref(&row)));
        }
        Connection::Test { id, path, write, reason } => {
            let args =
                ConnectionTestArgs { connection: id, draft: None, path, write, token: Some(token()), why: reason };
            return test(shell, session, args).await;
        }
        Connection::HostKey { id, accept, reason } => return host_key(shell, session, id, accept, reason).await,
        Connection::Duplicate { id, to, reason } => {
            let row =
                session.call::<ConnectionDuplicate>(ConnectionCopyArgs { connection: id, to, why: reason }).await?;
            shell.out.result(&row, || table(std::slice::from_ref(&row)));
        }
        Connection::Remove { id, reason } => {
            let done = session.call::<ConnectionRemove>(ConnectionArgs { connection: id, why: reason }).await?;
            shell.out.result(&done, String::new);
        }
        Connection::Import(args) => {
            let args = imports::args(args)?;
            let report = session.call::<ConnectionImport>(args).await?;
            return Ok(imports::told(shell, &report));
        }
        Connection::Export { ids, format, with_secrets, output, reason } => {
            let format = match format.as_str() {
                "env" => ExportFormat::Env,
                "yaml" => ExportFormat::Yaml,
                _ => ExportFormat::Json,
            };
            let args = ConnectionExportArgs { connections: ids, format, with_secrets, why: reason };
            export(shell, session, args, output).await?;
        }
    }
    Ok(Exit::Done)
}

/// Shows a key that is not known yet, which is a failure for scripts; or accepts it.
async fn host_key(
    shell: &Shell,
    session: &Session,
    id: String,
    accept: Option<String>,
    why: Option<String>,
) -> Result<Exit, Fault> {
    let told = |key: &HostKeyRow| format!("{} {} {}\n", key.host, key.kind, key.fingerprint);
    if let Some(fingerprint) = accept {
        let args = HostKeyAcceptArgs { connection: id, draft: None, fingerprint, why };
        let key = session.call::<HostKeyAccept>(args).await?;
        shell.out.result(&key, || told(&key));
        return Ok(Exit::Done);
    }
    let found = session.call::<HostKey>(HostKeyArgs { connection: id, draft: None }).await?;
    shell.out.result(&found, || found.key.as_ref().map_or_else(|| "All keys on the way are known.\n".to_owned(), told));
    Ok(if found.key.is_some() { Exit::Failed } else { Exit::Done })
}

async fn add(session: &Session, args: Add) -> Result<ConnectionRow, Fault> {
    let text = match &args.file {
        Some(file) if file != "-" => std::fs::read_to_string(file).map_err(|error| unread(&error.to_string()))?,
        Some(_) => {
            let mut text = String::new();
            std::io::stdin().lock().read_to_string(&mut text).map_err(|error| unread(&error.to_string()))?;
            text
        }
        None => secret::ask("URI")?,
    };
    let mut set = connection_of_text(&args.id, &text)?;
    for (field, reference) in args.secrets {
        set.secrets.insert(field, SecretGiven::From(reference));
    }
    for field in args.ask {
        let value = secret::ask(&field)?;
        set.secrets.insert(field, SecretGiven::Value(Hidden(Value::String(value))));
    }
    (set.new, set.why) = (!args.replace, args.reason);
    session.call::<ConnectionSet>(set).await
}

fn unread(why: &str) -> Fault {
    Fault::permanent("connection.unread", "The connection was not read", why)
}

/// A word that no other process uses at the same time.
fn token() -> String {
    format!("cli-{}", std::process::id())
}

/// Says each step as it ends; what was not heard in time is said at the end.
async fn test(shell: &Shell, session: &Session, args: ConnectionTestArgs) -> Result<Exit, Fault> {
    let mut events = session.events().await;
    let asked = args.token.clone();
    let call = session.call::<ConnectionTest>(args);
    tokio::pin!(call);
    let mut said = 0;
    let tested = loop {
        tokio::select! {
            biased;
            event = events.next() => match event {
                Event::Tested { token, step } if Some(&token) == asked.as_ref() => {
                    said += 1;
                    say(shell, &step);
                }
                _ => {}
            },
            done = &mut call => break done?,
        }
    };
    tested.steps.iter().skip(said).for_each(|step| say(shell, step));
    if shell.out.json {
        shell.out.line(&tested);
    }
    Ok(if tested.ok { Exit::Done } else { Exit::Failed })
}

fn say(shell: &Shell, step: &TestStep) {
    let mark = if step.ok { "ok" } else { "FAILED" };
    let TestStep { name, text, took, .. } = step;
    let line = format!("{name:<9} {mark:<7} {took:>6} ms  {text}");
    if shell.out.json {
        shell.out.remark(line);
    } else {
        // The steps are the result.
        println!("{line}");
    }
}

async fn export(
    shell: &Shell,
    session: &Session,
    args: ConnectionExportArgs,
    output: Option<std::ffi::OsString>,
) -> Result<(), Fault> {
    if args.with_secrets {
        shell.out.remark("Secrets stand in this export as they are: whoever can read it can use them.");
    }
    let exported = session.call::<ConnectionExport>(args).await?;
    for id in &exported.left_out {
        shell.out.remark(format_args!("Left out, because it is not understood: {id}"));
    }
    let HiddenText(text) = exported.text;
    let Some(file) = output else {
        // The export is JSON or lines already: `--json` changes nothing about it.
        print!("{text}");
        return Ok(());
    };
    write_private(&file, &text).map_err(|error| {
        let what = format!("{} was not written", file.display());
        Fault::permanent("connection.unwritten", what, error.to_string()).now("Name a file that is not there yet.")
    })?;
    shell.out.result(&exported.count, || format!("{} connections\n", exported.count));
    Ok(())
}

/// Into a new file that only its owner may read.
fn write_private(file: &std::ffi::OsStr, text: &str) -> std::io::Result<()> {
    use std::io::Write as _;
    use std::os::unix::fs::OpenOptionsExt as _;
    let mut file = std::fs::OpenOptions::new().write(true).create_new(true).mode(0o600).open(file)?;
    file.write_all(text.as_bytes())?;
    file.sync_all()
}

fn table(rows: &[ConnectionRow]) -> String {
    let mut table = Table::new(["CONNECTION", "KIND", "HOST", ">PORT", "LOGIN", "SECRETS", "FROM", "ABOUT"]);
    for row in rows {
        let secrets: Vec<&str> = row.secrets.iter().map(|secret| secret.field.as_str()).collect();
        let about = row.problem.clone().map(|why| format!("not understood: {why}"));
        table.row([
            row.id.clone(),
            row.kind.clone(),
            row.host.clone().unwrap_or_default(),
            row.port.map(|port| port.to_string()).unwrap_or_default(),
            row.login.clone().unwrap_or_default(),
            secrets.join(" "),
            super::word(row.source),
            about.or_else(|| row.description.clone()).unwrap_or_default(),
        ]);
    }
    table.to_string()
}

fn shown(detail: &ConnectionDetail) -> String {
    let row = &detail.connection;
    let mut table = Table::new(["FIELD", "VALUE"]);
    let mut put = |name: &str, value: Option<String>| {
        if let Some(value) = value {
            table.row([name.to_owned(), value]);
        }
    };
    put("connection", Some(row.id.clone()));
    put("kind", Some(row.kind.clone()));
    put("host", row.host.clone());
    put("port", row.port.map(|port| port.to_string()));
    put("login", row.login.clone());
    put("schema", row.schema.clone());
    for (field, value) in &row.extra {
        put(field, Some(value.as_str().map_or_else(|| value.to_string(), str::to_owned)));
    }
    for secret in &row.secrets {
        put(&secret.field, Some(format!("set ({})", kept(&secret.place))));
    }
    put("about", row.description.clone());
    put("not understood", row.problem.clone());
    put(
        "from",
        Some(if row.source == ConnectionSource::Workspace { "this workspace" } else { "the environment" }.into()),
    );
    put("changed", row.changed.map(text::time));
    put("flows", (!detail.flows.is_empty()).then(|| detail.flows.join(" ")));
    table.to_string()
}

fn kept(place: &SecretPlace) -> String {
    match place {
        SecretPlace::Keyring => "in the keyring".to_owned(),
        SecretPlace::File => "in the encrypted file".to_owned(),
        SecretPlace::Environment => "in the environment".to_owned(),
        SecretPlace::Reference(text) => text.clone(),
    }
}

/// One of the commands about secrets.
pub(crate) async fn secrets(shell: &Shell, command: Secrets) -> Result<Exit, Fault> {
    let session = shell.open(Role::Glance).await?;
    let info = match command {
        Secrets::Show => session.call::<SecretsShow>(Nothing {}).await?,
        Secrets::Unlock => {
            let passphrase = HiddenText(secret::ask("Passphrase")?);
            let info = session.call::<SecretsUnlock>(SecretsUnlockArgs { passphrase }).await?;
            if session.owns() {
                shell.out.remark("Nobody else owns the workspace: it is locked again when this command ends. Start `longshore serve` or the window first, or name a file with the passphrase in LONGSHORE_PASSPHRASE_FILE.");
            }
            info
        }
    };
    shell.out.result(&info, || standing(&info));
    Ok(Exit::Done)
}

fn standing(info: &SecretsInfo) -> String {
    let file = match (info.file, info.open) {
        (false, false) => "no encrypted file",
        (false, true) => "no encrypted file yet; its passphrase is chosen",
        (true, false) => "the encrypted file is locked",
        (true, true) => "the encrypted file is open",
    };
    format!("New secrets are kept {}; {file}.\n", kept(&info.keeper))
}
