//! Codes from d to f.

use super::{Code, failed, refused};

pub(super) const CODES: &[Code] = &[
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
    refused("database.in_use", "The database cannot be made smaller while runs work. Wait for them, or pause them."),
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
        "datablock.offline",
        "A datablock on the LTS cannot be read yet: it is being recalled. See whether the LTS is at work; archiver_lts_file_timeout_s says how long is waited.",
    ),
    failed(
        "datablock.size",
        "A datablock did not get the size that was planned for it: what lies in the landing zone is not what was listed.",
    ),
    failed(
        "datablock.staged",
        "A datablock was put together in the bucket for staging, and the ledger does not say where its files lie in it. Clear the task that stages it.",
    ),
    failed("datablock.target", "A datablock is to be written to another storage than it was planned for."),
    failed("datablock.unwritten", "A datablock that is not written yet cannot be verified."),
    failed(
        "datacat.malformed",
        "An entry of the data catalogue is there and cannot be used: it lacks what is needed (a URL that names a connection, a path), or is not understood. The error says what. Mend the entry; nothing stands in for it.",
    ),
    failed("datacat.oid", "What was given is no id of an entry of the data catalogue: it is no UUID."),
    refused(
        "dataset.elsewhere",
        "The upload of a dataset was begun to another place: the landing zone, or an archiver service. Go on with that place, or upload it under another name.",
    ),
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
    failed("debag.beside", "An archive holds files that are part of none of its bags. Nothing of it was let through."),
    failed(
        "debag.differs",
        "A work of that name is in place already, with other content. It was not touched, and the new one was not let through; the error names the first file that differs.",
    ),
    failed(
        "debag.exists",
        "A work of that name is in place already and was left. Move it away, or let it be replaced.",
    ),
    failed("debag.no_bag", "An archive holds no bag: neither it nor a folder at its top has a bagit.txt."),
    failed(
        "debag.target",
        "Works cannot be put in place where a folder cannot be moved in one step. Unpack to a folder of this machine.",
    ),
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
    refused(
        "export.unsupported",
        "Something in a flow has no counterpart in the other engine, and nothing was written: each such thing is named. Change the flow, or run it here.",
    ),
    failed("export.unwritten", "A file for another engine could not be written. See the folder and its rights."),
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
    failed(
        "file.not_as_stated",
        "The bytes that came are not those that the source says the file has: its checksum or its size is another. The copy was not given its name. Ask whoever keeps the source; if it happens with all files, something on the way changes them.",
    ),
    failed(
        "file.not_moved",
        "A file could not be moved from one folder to another as a whole. Both must lie on one file system, and no file of that name at the target.",
    ),
    failed(
        "file.offline",
        "The file lies on a tape or in an archive behind the folder, and was not fetched from there. It is tried again by itself; if that does not help, have it recalled by whoever runs the archive.",
    ),
    failed("file.path", "The file cannot be written there: the path must be absolute, and no file may be there yet."),
    failed("file.special", "A pipe, socket or device was found where a file was expected. Such are never opened."),
    failed("file.too_large", "The storage cannot hold a file of this size."),
    failed("file.unreadable", "A file that was named on the command line cannot be read."),
    failed("file.unsettled", "A file was still being written, however often it was looked at. Retry when it is whole."),
    failed(
        "file.used_up",
        "A task was cleared whose input is used up: its run has worked on it and cleaned up its own folder since. The error says where what came of it lies. Bring the file again to have it done anew.",
    ),
    failed(
        "filter.unclear",
        "A filter is `flow=ID`, `dataset=PID`, `state=failed,cancelled`, `since=2d`, `until=2026-11-03` or `text=WORD`.",
    ),
    failed(
        "fixity.mismatch",
        "Bytes that were read back are not those of the source: a file or a datablock is damaged. The error names each file. Keep the source, and look at the disk.",
    ),
    failed(
        "flow.child_cancelled",
        "The run that a task waited for was cancelled. Retry the task: that run goes on where it was stopped.",
    ),
    failed(
        "flow.child_failed",
        "The run that a task waited for failed; its own fault is told with it. Retry the task: what failed in that run is retried.",
    ),
    failed("flow.copy", "A flow was not copied: its new id is taken, or its file cannot be written."),
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
    failed(
        "flow.too_deep",
        "Runs started runs that started runs, 16 times. See whether a flow starts itself without an end.",
    ),
    failed(
        "flow.too_large",
        "A flow file has more than 1 MiB, or stands for more than that with its anchors and aliases. Move lists into a parameter, and data into files.",
    ),
    failed(
        "flow.twice",
        "Two flow files of the workspace have the same id. The first by name is in force; give the other another id.",
    ),
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
    failed("flow_version.unknown", "A flow has no version that begins so, or several."),
];
