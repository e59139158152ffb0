//! Codes from a to f.

use super::{Code, failed, refused};

pub(super) const CODES: &[Code] = &[
    refused(
        "acts.changed",
        "The runs are not those that were seen in the preview, or nobody has confirmed how many they are. Nothing was done.",
    ),
    failed("acts.too_many", "The selection finds more runs than one act may touch. Nothing was done; select fewer."),
    failed("acts.unselected", "The act does not say which runs are meant. Nothing was done."),
    failed(
        "adopt.datablock",
        "A datablock that another archiver wrote, and that SciCat knows, is not on the LTS, has another size there, or is no tar that can be read. Nothing of it was taken in.",
    ),
    failed(
        "adopt.differs",
        "The files in a datablock that another archiver wrote are not those that SciCat knows: some are missing, or have other sizes or checksums. They are named.",
    ),
    failed(
        "adopt.no_checksum",
        "SciCat has no MD5 or SHA-256 of a file in a datablock that another archiver wrote, so that nothing proves the file. Nothing is taken in unproved.",
    ),
    failed(
        "adopt.order",
        "The files of a dataset that another archiver wrote lie so over its datablocks that the catalogue cannot hold them. Unpack its datablocks and archive what is in them anew.",
    ),
    failed(
        "adopt.path",
        "SciCat lists a file of a dataset with a path that leads out of it, or nowhere. Nothing was taken in.",
    ),
    failed("approval.none", "The task does not wait for an operator's answer."),
    failed("approval.rejected", "An operator rejected what a task asked. Retry the task to ask again."),
    failed(
        "archive.damaged",
        "A zip or tar is cut short or damaged, or says one thing here and another there. Nothing of it was let through; ask for it again.",
    ),
    failed("archive.encrypted", "An entry of a zip is encrypted. Nothing of the archive was let through."),
    failed(
        "archive.limit",
        "An archive holds more than may be taken of one: entries, bytes, times its own size, folders in folders, or letters of a path. The limits are parameters of the task.",
    ),
    failed(
        "archive.link",
        "An entry of an archive is a link, which could lead elsewhere. Nothing of the archive was let through.",
    ),
    failed(
        "archive.overlap",
        "Entries of a zip lie upon one another, as no honest program writes them. Nothing of the archive was let through.",
    ),
    failed(
        "archive.path",
        "An entry of an archive has a path that may lead out of the folder it is unpacked to. Nothing of the archive was let through.",
    ),
    failed(
        "archive.special",
        "An entry of an archive is a device, a pipe or something else that is no file. Nothing of the archive was let through.",
    ),
    failed("archive.twice", "Two entries of an archive have the same path. Nothing of the archive was let through."),
    failed(
        "archive.twins",
        "Names in an archive differ only in case or in their form of Unicode, and would be one name on many systems. They are taken where the task says so.",
    ),
    failed(
        "archive.unsupported",
        "An entry of a zip is packed in a way that is not read here: stored and deflated entries are.",
    ),
    failed(
        "archiver.address",
        "There is no archiver service at the address of a connection. See whether host and `prefix` are right.",
    ),
    failed(
        "archiver.altered",
        "What arrived at the object storage behind a remote archiver service is not what was sent. It is sent again.",
    ),
    failed(
        "archiver.answer",
        "What a remote archiver service answers is not understood: it may be of another version.",
    ),
    failed(
        "archiver.denied",
        "A remote archiver service does not let the user upload: the token is not valid, or the user is in none of its groups.",
    ),
    failed("archiver.expired", "A URL for an upload is not valid any more. It is tried again with another one."),
    failed(
        "archiver.failed",
        "A remote archiver service failed, or the object storage behind it. It is tried again by itself.",
    ),
    failed(
        "archiver.name",
        "A file has a name that cannot be an object's: it is not UTF-8 text without control characters.",
    ),
    failed(
        "archiver.no_bucket",
        "The bucket that is a remote archiver service's landing zone does not exist. Whoever runs the service has to make it; then retry.",
    ),
    failed(
        "archiver.no_room",
        "A remote archiver service has no room for a dataset now. It is asked again every ten minutes for a while; then retry the run.",
    ),
    failed("archiver.none", "There is no such connection to a remote archiver service."),
    failed("archiver.refused", "A remote archiver service refuses what was asked; it says why."),
    failed(
        "archiver.unregistered",
        "A remote archiver service knows datasets by SciCat's pid, and SciCat has given none yet. It is tried again by itself.",
    ),
    failed(
        "archiver.unsettled",
        "A variable of the archiving service is set, but a connection or storage that it describes could not be changed; the error says which and why. It is tried again at each start.",
    ),
    failed(
        "backfill.large",
        "A backfill has more times than are started at once. Do it in parts: what is there already is not run again.",
    ),
    failed("backup.exists", "There is a file where the backup should be written. Choose another name."),
    failed("bag.algorithm", "A bag has a manifest whose checksum algorithm is not known here: it cannot be proved."),
    failed("bag.checksum", "The checksum of a file in a bag is not the one in its manifest."),
    failed("bag.declaration", "The file bagit.txt of a bag is missing or wrong."),
    failed("bag.encoding", "The tag files of a bag are in an encoding that is not known here."),
    failed(
        "bag.fetch_line",
        "A line of a bag's fetch.txt is wrong, or names a file that no manifest lists or that lies outside of data.",
    ),
    failed("bag.file_missing", "A manifest of a bag lists a file that is not there."),
    failed(
        "bag.incomplete",
        "A bag is right as far as it goes, but files that its fetch.txt names are not there. Nothing is fetched by itself.",
    ),
    failed(
        "bag.invalid",
        "A bag is not valid. The fault says what is wrong with which files; nothing of the bag was let through.",
    ),
    failed(
        "bag.listed_twice",
        "A manifest of a bag lists a file twice. With another checksum, or since BagIt 1.0, that makes the bag invalid.",
    ),
    failed("bag.manifest_line", "A line of a bag's manifest is no checksum and path."),
    failed(
        "bag.name_encoding",
        "A manifest encodes the percent signs or line ends of a name otherwise than its version of BagIt says. The file was found and proved.",
    ),
    failed("bag.no_manifest", "A bag has no payload manifest."),
    failed("bag.no_payload", "A bag has no folder data."),
    failed(
        "bag.normalisation",
        "A manifest lists a name in another form of Unicode than the file has. The file was found and proved.",
    ),
    failed("bag.not_a_file", "In the payload of a bag lies a link, a pipe or a device."),
    failed(
        "bag.not_in_every",
        "A file of a bag stands in one payload manifest and not in another. Since BagIt 1.0 that makes the bag invalid.",
    ),
    failed("bag.not_listed", "In the payload of a bag lies a file that no manifest lists."),
    failed("bag.oxum", "The Payload-Oxum of a bag is wrong, or not what lies in the payload."),
    failed("bag.path", "A manifest of a bag lists a path that leads out of the bag, or is not where it must be."),
    failed("bag.tag_line", "A line of a bag's description is no label and value."),
    failed("bag.tag_manifest", "A tag manifest of a bag lists a file of the payload or another tag manifest."),
    failed("bag.to_fetch", "A file of a bag is not there and is to be fetched."),
    failed("bag.version", "A bag says a version of BagIt that is not known here: 0.93 to 0.97 and 1.0 are."),
    refused(
        "connection.exists",
        "There is a connection of this name already. Choose another name, or say that it is to be replaced (`--replace`).",
    ),
    refused(
        "connection.in_use",
        "A storage of the workspace lies on the connection. Say first where the storage lies instead, then remove the connection.",
    ),
    failed(
        "connection.kind",
        "There is no connector for the kind of a connection. `longshore connection list` shows its kind; the error names those that there are.",
    ),
    refused(
        "connection.name",
        "No connection can have this name: letters, digits, `.`, `-` and `_`, at most 200, and not the name of a storage.",
    ),
    failed(
        "connection.no_files",
        "The connection leads to a system that holds no files, such as SciCat, and was used as a place. Name a storage or another connection.",
    ),
    refused(
        "connection.read_only",
        "The connection stands in the environment of the process that owns the workspace (AIRFLOW_CONN_*), and is changed there.",
    ),
    failed(
        "connection.temporary",
        "A task could not make a connection for its run: the error says why, such as a name that another storage has.",
    ),
    failed(
        "connection.time",
        "A test of a connection took longer than a minute. See whether a firewall swallows what is sent.",
    ),
    failed("connection.unknown", "There is no connection of this name. See: longshore connection list"),
    failed(
        "connection.unread",
        "A connection that was given as a text is not understood: neither a URI as Airflow writes it, nor its JSON.",
    ),
    failed("connection.unwritten", "The file of an export cannot be written; one that is there already is left alone."),
    failed(
        "connection.wrong",
        "A connection cannot be used as it is written; the error names the field, or what is wrong with it.",
    ),
    failed(
        "copy.damaged",
        "What lies at the target is not what was read from the source; it was taken away. Retry; if it happens again, the target is at fault.",
    ),
    failed(
        "copy.incomplete",
        "Some files of a tree were not copied, or their copies were damaged; the others are there. Put it right, then retry.",
    ),
    failed(
        "copy.refused",
        "What was to be copied, or where to, makes no sense; the reason is told. Nothing was written.",
    ),
    refused(
        "copy.unconfirmed",
        "Files would be deleted, and nobody said yes. Nothing was done. Look with --plan, then say --yes.",
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
    failed("datablock.target", "A datablock is to be written to another storage than it was planned for."),
    failed("datablock.unwritten", "A datablock that is not written yet cannot be verified."),
    failed(
        "datacat.malformed",
        "An entry of the data catalogue is there and cannot be used: it lacks what is needed (a URL that names a connection, a path), or is not understood. The error says what. Mend the entry; nothing stands in for it.",
    ),
    failed("datacat.oid", "What was given is no id of an entry of the data catalogue: it is no UUID."),
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
