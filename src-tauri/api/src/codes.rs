//! Every code that a fault or a remark of a plan can carry: stable words that programs compare, each with what it means and what
//! helps. docs/errors.md is made from this list.

use std::fmt::Write as _;

/// A code and its meaning.
#[derive(Debug, Clone, Copy)]
pub struct Code {
    /// The code.
    pub code: &'static str,
    /// The request was refused and nothing was begun: exit code 4 of the command line.
    pub refusal: bool,
    /// What it means, and what helps.
    pub meaning: &'static str,
}

/// Whether a request that fails with this code was refused, not begun and failed.
pub fn is_refusal(code: &str) -> bool {
    CODES.iter().any(|known| known.refusal && known.code == code)
}

/// The document for operators.
pub fn document() -> String {
    let mut text = String::from(HEAD);
    for Code { code, refusal, meaning } in CODES {
        let exit = if *refusal { " Exit code 4." } else { "" };
        // Writing to a String cannot fail.
        let _ = writeln!(text, "## {code}\n\n{meaning}{exit}\n");
    }
    text.truncate(text.trim_end().len());
    text + "\n"
}

const HEAD: &str = "\
<!-- Made from src-tauri/api/src/codes.rs by `make types`. Do not edit. -->

# Errors by code

Every failure says what failed, why, and what to do now; its code is the word to look for here, and the word that scripts compare. A
failed run keeps everything that was confirmed: after the cause is gone, `longshore run retry RUN` (or Retry in the window) goes on
from there.

";

const fn refused(code: &'static str, meaning: &'static str) -> Code {
    Code { code, refusal: true, meaning }
}

const fn failed(code: &'static str, meaning: &'static str) -> Code {
    Code { code, refusal: false, meaning }
}

/// The list, by code.
pub const CODES: &[Code] = &[
    refused(
        "acts.changed",
        "The runs are not those that were seen in the preview, or nobody has confirmed how many they are. Nothing was done.",
    ),
    failed("acts.too_many", "The selection finds more runs than one act may touch. Nothing was done; select fewer."),
    failed("acts.unselected", "The act does not say which runs are meant. Nothing was done."),
    failed(
        "copy.damaged",
        "A copy that was read back is not what was read from the source; it was taken away. Retry; if it happens again, the target is at fault.",
    ),
    failed(
        "copy.incomplete",
        "Some files of a tree were not copied, or their copies were damaged; the others are there. Put it right, then retry.",
    ),
    failed(
        "copy.refused",
        "What was to be copied, or where to, makes no sense; the reason is told. Nothing was written.",
    ),
    failed(
        "database.closed",
        "The workspace is being closed. What was asked for was not done; ask again once it is open.",
    ),
    failed(
        "database.corrupt",
        "The workspace's database is damaged. Keep a copy of the file and put a backup back; the datasets on the LTS are not affected.",
    ),
    failed(
        "database.denied",
        "The database may not be opened or written. Check owner and mode of the workspace's folder, and that its file system is mounted for writing.",
    ),
    failed(
        "database.failed",
        "SQLite or the disk reported a failure; nothing of this step was written. Look at the system's log, then retry.",
    ),
    refused(
        "database.foreign",
        "The file `longshore.db` in the workspace is not a database of Longshore. It was not touched. Move it away, or use another workspace.",
    ),
    failed(
        "database.full",
        "The file system that holds the workspace is full. Make room, then retry: nothing that was confirmed is lost.",
    ),
    refused(
        "database.locked",
        "Another program holds the lock of the workspace's database (a backup, a database browser). End it, then try again.",
    ),
    refused(
        "database.newer",
        "A newer Longshore has written this workspace. It was not touched: use that version, or another workspace.",
    ),
    failed("database.not_found", "Something that was asked for is not in the database."),
    failed("database.refused", "The ledger or the journal does not allow the step."),
    failed("database.taken", "A name or identifier is in use."),
    failed(
        "datablock.exists",
        "A file of a datablock's name lies on the LTS and is not the one that the ledger knows. It was not overwritten. Look at it, move it away, and retry.",
    ),
    failed(
        "datablock.size",
        "A datablock did not get the size that was planned for it: what lies in the landing zone is not what was listed.",
    ),
    failed("datablock.target", "A datablock is to be written to another storage than it was planned for."),
    failed("datablock.unwritten", "A datablock that is not written yet cannot be verified."),
    refused(
        "dataset.empty",
        "There is not a single file or link in what is to be archived. See whether the source is mounted and spelt right.",
    ),
    refused(
        "dataset.exists",
        "A dataset of this name or identifier is there already, archived or from other sources. Choose another name.",
    ),
    failed("dataset.name", "A dataset's name must be visible text of 1 to 200 characters."),
    failed(
        "dataset.not_archived",
        "A file of the dataset is in no datablock yet, so it cannot be verified or retrieved.",
    ),
    failed(
        "dataset.not_landed",
        "Not every file of the dataset is in the landing zone, so it cannot be packed. Retry its upload first.",
    ),
    failed(
        "dataset.not_proved",
        "Not every file of the dataset is proved on the LTS. Look at its datablocks, and retry the run.",
    ),
    failed("dataset.taken", "Another dataset has this name or identifier."),
    failed("dataset.unknown", "No dataset has this name or identifier."),
    failed("dataset.unlisted", "The dataset's listing is not complete. Retry its upload."),
    failed(
        "delete.archived",
        "It lies in the folder of a dataset on the LTS. Allow `without_proof` if it shall go all the same: it may be the only copy.",
    ),
    failed(
        "delete.not_empty",
        "A folder is not empty, or did not become empty. Allow `recursive`, or see what else is in it.",
    ),
    failed("delete.refused", "A storage as a whole is not deleted by a task."),
    failed(
        "delete.unproved",
        "It lies in the landing zone, and the ledger has no proof of it. Archive it first, or allow `without_proof`: it may be the only copy.",
    ),
    failed(
        "dest.exists",
        "A file in the destination folder is in the way and is not the same as the one to retrieve. Nothing is overwritten: choose another folder, or move it away.",
    ),
    failed(
        "dest.path",
        "The destination is not an absolute path, lies in one of the workspace's storages, or cannot be used.",
    ),
    failed("dest.relative", "The destination must be an absolute path without `..` in it."),
    failed(
        "engine.illegal",
        "The journal holds a step that cannot follow the one before it: a bug, or a database that was changed by hand. Please report it.",
    ),
    failed("entry.text", "A path inside a dataset is not in the text form in which paths are shown."),
    failed("entry.unknown", "The dataset has no file or folder of this path. Give it as the dataset's page shows it."),
    failed(
        "file.changed",
        "A file changed while it was read, so no checksum of it can be trusted. Retry when nobody writes to it.",
    ),
    failed(
        "file.cut_short",
        "A file that was begun earlier is shorter than what was confirmed of it. Retry: it is written anew.",
    ),
    failed("file.denied", "The user who runs Longshore may not read or write the file. Give the right, then retry."),
    failed("file.exists", "Something of that name is there already. It was not overwritten."),
    failed("file.is_folder", "A folder was found where a file was expected."),
    failed("file.large", "Remark of a plan: files larger than a datablock's target size get a datablock of their own."),
    failed("file.mismatch", "A file's content is not what its checksum says."),
    failed("file.missing", "A file is not there any more."),
    failed("file.special", "A pipe, socket or device was found where a file was expected. Such are never opened."),
    failed("file.too_large", "The storage cannot hold a file of this size."),
    failed("file.unreadable", "A file that was named on the command line cannot be read."),
    failed(
        "filter.unclear",
        "A filter is `flow=ID`, `dataset=PID`, `state=failed,cancelled`, `since=2d`, `until=2026-11-03` or `text=WORD`.",
    ),
    failed(
        "fixity.mismatch",
        "Bytes that were read back are not those of the source: a file or a datablock is damaged. The error names each file. Keep the source, and look at the disk.",
    ),
    failed("flow.cycle", "Tasks of a flow need each other in a circle."),
    failed("flow.duplicate", "Two tasks of a flow have the same id."),
    failed(
        "flow.expression",
        "An expression of the flow cannot be evaluated. Correct the file; a run keeps the version with which it started.",
    ),
    failed("flow.field", "A flow file has a field that there is not; the error names the nearest that there is."),
    failed("flow.for_each", "What a task is mapped over is not a list."),
    failed("flow.missing", "A flow file lacks a field, or gives an empty one."),
    failed(
        "flow.never",
        "A schedule of a flow file can never be due: no date fits its expression (30 February), or its end lies before its start.",
    ),
    failed(
        "flow.param",
        "A parameter of a flow is not described as JSON Schema wants it, or an expression uses one that there is not.",
    ),
    failed("flow.params", "A file of parameters does not hold one JSON object."),
    failed("flow.reserve", "What a task reserves is not a number of bytes on a storage."),
    failed(
        "flow.schedule",
        "A schedule of a flow file is wrong: the error names the field of the expression, or the parameter, and what is meant.",
    ),
    failed("flow.timezone", "There is no time zone of this name; the error names the nearest that there is."),
    failed("flow.type", "A field of a flow file is of another type than it must be."),
    failed("flow.unknown", "No flow of this id is in force."),
    failed(
        "flow.unknown_kind",
        "A flow uses a kind of task that there is not; `longshore flow schema` names those that there are.",
    ),
    failed("flow.unknown_task", "A flow names a task that it does not have."),
    failed("flow.unreadable", "A flow file cannot be read."),
    failed("flow.value", "A field of a flow file has a value that it may not have."),
    failed("flow.with", "The parameters of a task in a flow file are not what its kind wants."),
    failed("flow.yaml", "A flow file is not YAML; the error says where."),
    failed(
        "io.error",
        "The system reported a failure of a disk or a file system. It is tried again by itself; look at the system's log.",
    ),
    failed("io.timeout", "A storage did not answer in time. It is tried again by itself."),
    failed(
        "landing.changed",
        "A file in the landing zone is not what came from the source. Nothing is packed from it: retry the upload, which copies it anew.",
    ),
    failed("landing.released", "A file that should be packed is no longer in the landing zone."),
    failed("landing.unproved", "A file in the landing zone has no proof on the LTS, so it is not deleted."),
    failed("ledger.failed", "The ledger could not take what was done; the step is done again on a retry."),
    failed("ledger.refused", "The ledger does not allow the step, such as a release without a proof."),
    failed("limit.name", "A limit cannot have this name."),
    failed("limit.unknown", "The workspace has no limit of this name."),
    failed(
        "location.wrong",
        "A place was given that is neither STORAGE:PATH nor an absolute path, or that holds `.` or `..`.",
    ),
    failed("mark.nothing", "The task runs have the state already as which they were to be marked."),
    failed(
        "name.not_utf8",
        "Remark of a plan: names that are not UTF-8 text are kept byte for byte, and shown with `\\xNN`.",
    ),
    failed("name.reserved", "A name is one that Longshore gives to its own temporary files. Rename the file."),
    failed("noop.failed", "A task of the kind `noop` failed because its flow says that it shall."),
    failed("params.wrong", "The parameters are not what the flow wants; the error names each."),
    failed("path.link", "A path leads through a symbolic link, which is not followed."),
    failed("path.not_folder", "A file was found where a folder was expected."),
    failed("path.refused", "A path holds `..`, an empty component or a NUL."),
    failed("path.reserved", "A path is one that Longshore gives to its own temporary files."),
    failed("path.too_long", "A path or a name is longer than the file system allows."),
    failed(
        "pid.unsafe",
        "An identifier is a file name too: letters, digits, `.`, `_` and `-`, beginning with a letter or digit.",
    ),
    failed("plan.stopped", "The listing for a plan was stopped, or asked for anew."),
    failed("reply.too_long", "The reply is longer than a message may be. Ask for fewer rows."),
    failed("request.args", "The arguments of a request are not what the operation wants."),
    failed("request.broken", "A request broke off inside Longshore: a bug. Please report it."),
    failed("request.malformed", "A line on the socket is not a request."),
    failed("request.too_long", "A request is longer than a message may be. Name fewer things at once."),
    failed("request.unknown", "There is no operation of this name in this version."),
    failed(
        "retrieve.incomplete",
        "Something that should have been retrieved is not there, or not right. Retry the run.",
    ),
    failed("retry.active", "What is to be retried is still at work. Wait for it, or cancel it first."),
    failed("retry.nothing", "No task run of the run has failed or was stopped."),
    failed("run.ended", "The run has ended, so it cannot be cancelled, paused or resumed."),
    failed("run.state", "What was asked for does not fit the run's state."),
    failed("run.unknown", "No run has this id."),
    failed("run.unreadable", "The journal of a run cannot be read by this version. The run is left as it is."),
    failed(
        "runner.broken",
        "The journal cannot be written, so nothing goes on. What was confirmed is kept; the cause is told with it.",
    ),
    failed(
        "runner.stopped",
        "The workspace is being closed. What was asked for was not done; ask again once it is open.",
    ),
    failed(
        "schedule.folder",
        "The folder that a schedule watches cannot be read. See that it is there; it is looked into again by itself.",
    ),
    failed(
        "shell.failed",
        "A program ended with an exit code, or by a signal, that means failure. What it wrote is in the log of the attempt.",
    ),
    failed(
        "shell.folder",
        "The working folder of a program is not there, or its scratch folder could not be made or written.",
    ),
    failed(
        "shell.not_started",
        "A program could not be started. See whether it is installed, may be run, and is found in the PATH that Longshore has.",
    ),
    failed(
        "shell.output",
        "A program wrote more to $LONGSHORE_OUTPUT than an output may hold. Write large results to a storage, and give their path.",
    ),
    failed(
        "shell.secret",
        "A secret parameter stands in a command or a script, where others can see it. Hand it over in `env`, and read the variable.",
    ),
    failed("source.changed", "A source is not what was listed any more. Retry the upload, which lists it anew."),
    failed("source.link", "Remark of a plan: the source is a symbolic link, and is archived as a link."),
    failed("source.missing", "There is nothing at the path of a source. See whether it is mounted and spelt right."),
    failed("source.none", "Not a single path was given."),
    failed("source.relative", "A source must be an absolute path without `..` in it."),
    failed(
        "source.same_name",
        "Two sources would have the same name at the top of the dataset. Archive the folder above them, or one by one.",
    ),
    failed("source.special", "Remark of a plan: pipes, sockets and devices are left out, and named in the history."),
    refused(
        "source.storage",
        "A source holds one of the workspace's storages, or lies in one: it would grow while it is read.",
    ),
    failed("source.text", "A source's path is not in the text form in which paths are shown."),
    failed(
        "source.unreadable",
        "Files or folders of a source cannot be read; the error names them. Give the right, then retry.",
    ),
    failed("source.vanished", "Files of a source went away before they were read."),
    refused(
        "space.never",
        "A storage is too small: even empty it could not grant what is needed above what stays free. Choose a larger one, or lower the share that stays free.",
    ),
    failed(
        "space.short",
        "There is not enough room now. Archives wait for room by themselves; a retrieval needs room in its destination.",
    ),
    failed("storage.floor", "The share of a storage that stays free must be 0 to 99 percent."),
    failed("storage.full", "A storage is full. Make room, then retry: it goes on where it stopped."),
    refused(
        "storage.holds_data",
        "The ledger says that files lie on the storage, and they are not at its new place. Copy them there first.",
    ),
    refused("storage.in_use", "The storage cannot be moved while runs may use it. Wait for them, or cancel them."),
    failed(
        "storage.missing",
        "A storage's folder is not there, or another file system is mounted in its place. Mount it, or say where it lies now, then retry.",
    ),
    failed("storage.not_local", "A storage that does not lie on this machine was used as a folder."),
    refused(
        "storage.path",
        "The folder cannot be a storage: it must be an absolute path, writable, and neither in another storage nor around one.",
    ),
    failed("storage.read_only", "A storage is mounted read-only. Make it writable, then retry."),
    failed("storage.silent", "A storage does not answer. See whether its server or disk is there."),
    failed("storage.stale", "A network file system lost what was open on it. It is tried again by itself."),
    failed("storage.unknown", "The workspace has no storage of this name."),
    failed("system.no_memory", "The system has no memory left. Close something, then retry."),
    failed("system.too_many_open", "The system allows no more open files. Raise the limit (`ulimit -n`), then retry."),
    failed("task.broken", "A task broke off inside Longshore: a bug. Please report it."),
    failed("task.marked_failed", "An operator said that the task failed, with the reason that is told."),
    failed("task.output", "A task's output cannot be written as JSON: a bug of its kind."),
    failed("task.panicked", "A task broke off inside Longshore: a bug. Please report it with the run's log."),
    failed("task.stopped", "The task was told to stop."),
    failed("task.timeout", "An attempt took longer than the flow allows."),
    failed("task.unknown", "The run has no task, or no map index, of this name."),
    failed("task.unknown_kind", "The flow uses a kind of task that this version does not have."),
    failed("task.with", "The parameters of a task, once rendered, are not what its kind wants."),
    failed(
        "time.unclear",
        "A time is given as a date, a time, or how long ago: `2026-11-03`, `2026-11-03T14:00`, `2h`.",
    ),
    failed(
        "variable.name",
        "A variable's name has lower-case letters, digits and `_`, and does not begin with a digit.",
    ),
    failed("variable.unknown", "Nobody has set a variable of this name."),
    failed("variable.value", "The variable is one that Longshore itself reads, and it cannot have this value."),
    failed(
        "workspace.closed",
        "The process has left the workspace, and was asked for something after that. Nothing was done.",
    ),
    failed(
        "workspace.closing",
        "The process that owns the workspace is leaving it and takes no more requests. Nothing was done; clients ask the next owner by themselves.",
    ),
    refused(
        "workspace.locked",
        "The process that owns the workspace does not answer. Wait for it, or end it: the lock goes with it, and the next start carries on.",
    ),
    failed(
        "workspace.lost",
        "The owner of the workspace went before it said whether it had done what it was told. Look, and repeat it if need be.",
    ),
    failed(
        "workspace.unknown",
        "No workspace was named, and there is no home folder to take one in. Use --workspace or LONGSHORE_WORKSPACE.",
    ),
    refused(
        "workspace.unusable",
        "The workspace's folder cannot be made or written. Choose another with --workspace or LONGSHORE_WORKSPACE.",
    ),
    refused(
        "workspace.version",
        "The process that owns the workspace is of another version of Longshore. Use the same version, or end it.",
    ),
];

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn codes_are_sorted_and_each_stands_once() {
        assert!(
            CODES.windows(2).all(|pair| pair[0].code < pair[1].code),
            "{:?}",
            CODES.windows(2).find(|pair| pair[0].code >= pair[1].code)
        );
    }
}
