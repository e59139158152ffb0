//! Codes from a to c.

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
        "archive.manifest",
        "The manifest that lies beside an archived folder cannot be read, so what is in the archive is not known. Nothing was sent. Put the manifest right, or take it away.",
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
    failed(
        "archive.target",
        "A folder cannot be archived there: the landing zone and the LTS are no archives of that kind, and a whole storage has no place for the manifest.",
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
        "bag.exists",
        "Something lies where a bag should be made. It was left; name another place, or move it away.",
    ),
    failed(
        "bag.fetch_line",
        "A line of a bag's fetch.txt is wrong, or names a file that no manifest lists or that lies outside of data.",
    ),
    failed("bag.file_missing", "A manifest of a bag lists a file that is not there."),
    failed(
        "bag.incomplete",
        "A bag is right as far as it goes, but files that its fetch.txt names are not there. Nothing is fetched by itself.",
    ),
    failed("bag.info", "A field of bag-info.txt has a label or a value that cannot stand there."),
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
    failed(
        "bag.source",
        "A folder holds something that cannot be put into a bag: a link, a pipe or device, or a name that would not be read again as it is.",
    ),
    failed("bag.tag_line", "A line of a bag's description is no label and value."),
    failed("bag.tag_manifest", "A tag manifest of a bag lists a file of the payload or another tag manifest."),
    failed("bag.to_fetch", "A file of a bag is not there and is to be fetched."),
    failed("bag.version", "A bag says a version of BagIt that is not known here: 0.93 to 0.97 and 1.0 are."),
    failed(
        "clean_up.not_own",
        "A run was told to clean up a folder that is not its own: neither it nor one above it has the id of the run as its name. Nothing was deleted.",
    ),
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
];
