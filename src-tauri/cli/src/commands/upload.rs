//! `longshore upload`.

use std::ffi::OsStr;
use std::io::Read as _;

use longshore_api::wire::{MetadataWrong, UploadArgs, UploadCheck, UploadCheckArgs, UploadStart};
use longshore_api::{Fault, Metadata, Role, read_metadata};

use super::archive::follow;
use crate::args::Upload;
use crate::exit::Exit;
use crate::shell::{Shell, local};

/// Uploads paths as a dataset with metadata, and waits until every file is proved, unless told not to.
pub(crate) async fn upload(shell: &Shell, args: Upload) -> Result<Exit, Fault> {
    let metadata = metadata(&args)?;
    if args.check {
        return check(shell, metadata).await;
    }
    let paths = args.paths.iter().map(|path| local(path)).collect::<Result<Vec<_>, _>>()?;
    let role = if args.no_wait { Role::Glance } else { Role::Command };
    let session = shell.open(role).await?;
    let archive = !args.land_only;
    let asked = UploadArgs { paths, metadata, scientific: None, archive, job: args.job, archiver: args.to };
    let started = session.call::<UploadStart>(asked).await?;
    follow(shell, session, started, args.no_wait).await
}

/// What the file says, and the command line above it.
fn metadata(args: &Upload) -> Result<Metadata, Fault> {
    let named = args.metadata.to_string_lossy().into_owned();
    let text = text(&args.metadata).map_err(|error| {
        Fault::permanent("metadata.text", format!("{named} cannot be read"), error.to_string()).on_file(&named)
    })?;
    let mut metadata = read_metadata(&text).map_err(|fault| fault.on_file(&named))?;
    metadata.pid = args.pid.clone().or(metadata.pid);
    Ok(metadata)
}

fn text(file: &OsStr) -> std::io::Result<String> {
    if file != "-" {
        return std::fs::read_to_string(file);
    }
    let mut text = String::new();
    std::io::stdin().read_to_string(&mut text).map(|_| text)
}

async fn check(shell: &Shell, metadata: Metadata) -> Result<Exit, Fault> {
    let session = shell.open(Role::Glance).await?;
    let wrong = session.call::<UploadCheck>(UploadCheckArgs { metadata, scientific: None }).await?;
    shell.out.result(&wrong, || in_words(&wrong));
    Ok(if wrong.is_empty() { Exit::Done } else { Exit::Failed })
}

fn in_words(wrong: &[MetadataWrong]) -> String {
    if wrong.is_empty() {
        return "Nothing is wrong with it.\n".to_owned();
    }
    wrong.iter().fold(String::new(), |lines, one| lines + &one.field + ": " + &one.why + "\n")
}
