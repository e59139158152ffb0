//! Codes from s to z.

use super::{Code, failed, refused};

pub(super) const CODES: &[Code] = &[
    failed("s3.archived", "An object is archived (Glacier). Ask for its restore, and read it when that is done."),
    failed(
        "s3.clock_skew",
        "The clock of this machine and that of the endpoint are more than a quarter of an hour apart. Set the clock by the network, then retry.",
    ),
    failed(
        "s3.credentials",
        "The endpoint does not accept the keys, or there are none. See the connection, its profile, or the environment.",
    ),
    failed("s3.damaged", "The endpoint received other bytes than were sent. They are sent again by themselves."),
    failed(
        "s3.denied",
        "The keys may not do what was asked. Give them the right to, in the policy of the bucket or the user.",
    ),
    failed(
        "s3.expired",
        "The session of temporary keys has ended. Give the connection new ones, then retry: it goes on where it stopped.",
    ),
    failed("s3.failed", "A request could not be made. Why is told."),
    failed("s3.no_bucket", "There is no such bucket at the endpoint. See whether it is spelt right, and the region."),
    failed("s3.refused", "The endpoint refuses a request; what it says is told."),
    failed("s3.reply", "The endpoint's reply is not what the protocol says. See whether a proxy is between."),
    failed("s3.server", "The endpoint failed. It is tried again by itself."),
    failed("s3.slow_down", "The endpoint asks for fewer requests. It is tried again by itself, later each time."),
    failed("s3.unsupported", "The endpoint cannot do what was asked, or the protocol has no word for it."),
    failed("s3.wrong_region", "The bucket lies in another region. Give the connection that region."),
    failed(
        "schedule.folder",
        "The folder that a schedule watches cannot be read. See that it is there; it is looked into again by itself.",
    ),
    failed("schedule.none", "The flow has no schedule, or not the one that was asked for."),
    failed("schedule.time", "A time is not written as a date, a date and time, or one with an offset."),
    failed(
        "scicat.address",
        "What answers is not SciCat: the address or the path of its interface is wrong, or a proxy before it does not let `%2F` through, which every pid has in it.",
    ),
    failed("scicat.answer", "SciCat's answer is not one that its interface is documented to give."),
    failed("scicat.changed", "Somebody else has changed the dataset in SciCat meanwhile. Look at it, and do it again."),
    failed(
        "scicat.denied",
        "SciCat knows the user and does not allow it to them. Ask who looks after SciCat for the right.",
    ),
    failed("scicat.failed", "SciCat failed unexpectedly. It is tried again; if it stays so, its log says why."),
    failed(
        "scicat.files_differ",
        "The files of a dataset are not those that SciCat knows: some are missing, not registered, or of another size or checksum. The error names them. Nothing was archived.",
    ),
    failed("scicat.id", "An identifier cannot be part of an address, or is missing."),
    failed("scicat.job_empty", "A job of SciCat names no datasets."),
    failed("scicat.login", "SciCat does not accept the user and password of the connection."),
    failed(
        "scicat.message",
        "What SciCat was to be told was kept by another version of Longshore, and is not understood.",
    ),
    failed("scicat.no_message", "There is no message of this number for SciCat that is still to be delivered."),
    failed(
        "scicat.none",
        "There is no connection to a SciCat, and a job of one is to be read. Make the connection, or name the datasets.",
    ),
    failed(
        "scicat.other_block",
        "A datablock of this name is registered in SciCat for another dataset or with other files. Names of datablocks are unique in the whole catalogue.",
    ),
    failed("scicat.refused", "SciCat refuses what it was sent; the error has its words."),
    failed("scicat.taken", "SciCat has something under this identifier already."),
    failed(
        "scicat.token",
        "The token of the connection is not valid any more. Give it a new one, or a user and password.",
    ),
    failed("scicat.unknown", "SciCat does not know the dataset, job or datablock, or does not show it to this user."),
    failed(
        "secret.unread",
        "The value of a secret could not be read. Type it at the terminal, or give it as a line of standard input.",
    ),
    failed(
        "secrets.damaged",
        "The encrypted file of secrets is not what was written. Put a copy of it in its place, or move it away and give the secrets again.",
    ),
    failed(
        "secrets.denied",
        "A secret that lies elsewhere may not be read with the login that there is: its token or AppRole is not accepted, or has no right to it.",
    ),
    failed("secrets.file", "A file of secrets cannot be read or written; the error says which, and why."),
    failed(
        "secrets.keyring",
        "The keyring of the operating system refused or failed. With LONGSHORE_KEYRING=off secrets are kept in an encrypted file of the workspace.",
    ),
    refused(
        "secrets.locked",
        "Secrets are needed and locked. Unlock them in the window or with `longshore secrets unlock`, or name a file with the passphrase in LONGSHORE_PASSPHRASE_FILE; a locked keyring is unlocked by the desktop.",
    ),
    failed(
        "secrets.missing",
        "A secret of a connection is not where it was put: somebody has removed it from the keyring or the file. Give it again.",
    ),
    failed(
        "secrets.not_found",
        "Where a secret should lie there is none: no variable of that name, no secret at that path of Vault, its newest version deleted, or no such field in it. The error says which.",
    ),
    refused("secrets.passphrase", "The passphrase does not open the encrypted file of secrets."),
    refused(
        "secrets.reference",
        "Where a secret lies is not understood (`file:PATH`, `env:NAME`, `vault:MOUNT/PATH#FIELD`), or a new passphrase is too short.",
    ),
    failed(
        "secrets.unreachable",
        "Where a secret lies cannot be asked: the server is away or sealed, or is not set up to be asked; the error says where and why.",
    ),
    failed(
        "serve.jobs",
        "The file that says who may start jobs over the archiver's interface cannot be read, or has not user:password in it.",
    ),
    failed(
        "serve.lineage",
        "Events of runs are posted to `http://HOST[:PORT]/PATH`, without a user or password in it.",
    ),
    refused("serve.owned", "Another process owns the workspace, so this one cannot serve it."),
    failed(
        "serve.port",
        "The port of the loopback is in use, or may not be listened on. Choose another one with --port.",
    ),
    refused(
        "serve.tls",
        "What other machines reach is served with TLS only: give a certificate and its private key, both in PEM, or an address of the loopback.",
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
        "shell.log_file",
        "The file that a program's lines are appended to could not be opened. Its path must be absolute, and its folder one that may be written to.",
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
    failed(
        "shell.timeout",
        "A program had not ended within the time that its task gives it. It was ended, with all that it had started.",
    ),
    failed(
        "shell.unproved",
        "A program ended well, and what it gave says that its work is not done: the task's `expect` is not true of it. See what it wrote.",
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
    failed(
        "sqs.damaged",
        "A message of a queue arrived with other bytes than were sent. It is received again by itself.",
    ),
    failed(
        "sqs.no_messages",
        "No queue has a message that asks for something. It is looked again as the task's retries say; with `when_none: wait` the task waits instead.",
    ),
    failed("sqs.no_queue", "There is no such queue: see its name or URL, the region, and whether the keys may see it."),
    failed("sqs.none", "There is no connection of this name that leads to queues. Make it, and test it."),
    failed(
        "sqs.other_bucket",
        "A message tells of an object in another bucket than the one that the connection leads to. Name a connection without a bucket, or with this one.",
    ),
    failed(
        "sqs.poison",
        "A message came more often than `max_tries` says: what it asks for came to nothing each time, or nobody understands it. It stays in its queue, hidden; `longshore work messages` shows it and why.",
    ),
    failed(
        "ssh.auth_failed",
        "A server did not let the user in. The error says which ways of login it offers and which were tried. See user, key and password of the connection.",
    ),
    failed(
        "ssh.command",
        "A command on a machine over SSH failed. See what it wrote in the log of the attempt. Retry when it is put right.",
    ),
    failed(
        "ssh.host_key_changed",
        "A server shows another key than the one that is known. Either it was set up anew, or somebody is in between. Ask its operator; only then remove the old key and accept the new one. Nothing was sent.",
    ),
    failed(
        "ssh.host_key_revoked",
        "A server shows a key that is marked as revoked: whoever has it may be somebody else. Ask the server's operator. Nothing was sent.",
    ),
    failed(
        "ssh.host_key_unknown",
        "The key of a server is not known yet. Compare the fingerprint with what the server's operator says, accept it in the connection, then retry.",
    ),
    failed(
        "ssh.known_hosts",
        "A file of known host keys cannot be read or written, so no key can be checked. See its rights.",
    ),
    failed(
        "ssh.leftover",
        "A command that an earlier attempt began is still at work on the machine and does not end. End it there, then retry.",
    ),
    failed("ssh.lost", "The connection to a server broke and could not be made again. It is tried again by itself."),
    failed("ssh.no_sftp", "A server lets the user in but offers no SFTP. Ask its operator for it."),
    failed(
        "ssh.protocol",
        "A server does not speak SSH or SFTP as it should, or shares no cipher with this program; the reason is told. See that host and port are those of an SSH server.",
    ),
    failed("ssh.timeout", "A server did not answer in time. It is tried again by itself."),
    failed(
        "ssh.unreachable",
        "A server cannot be reached. See host and port of the connection, and the network between.",
    ),
    failed("ssh.unsupported", "A server does not do what was asked of it."),
    failed(
        "state.malformed",
        "What lies in the place that workers share was not written by one, or only by half. Give each engine a place of its own.",
    ),
    failed(
        "state.unusable",
        "The place that workers share cannot be made or written. See the folder and its rights on that worker.",
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
    failed(
        "storage.no_listing",
        "The storage has no listing (plain HTTP). Name the files one by one, or use another kind of connection.",
    ),
    failed(
        "storage.not_local",
        "A storage that lies behind a connection was used where a path of this machine is needed. Copy what is needed to a storage of this machine first.",
    ),
    refused(
        "storage.path",
        "The folder cannot be a storage: it must be an absolute path, writable, and neither in another storage nor around one.",
    ),
    failed("storage.read_only", "A storage is mounted read-only. Make it writable, then retry."),
    failed(
        "storage.read_only_record",
        "The files of a published record never change. A new version is made at the repository.",
    ),
    failed("storage.silent", "A storage does not answer. See whether its server or disk is there."),
    failed("storage.space_unknown", "A server does not say how much room there is."),
    failed("storage.stale", "A network file system lost what was open on it. It is tried again by itself."),
    failed("storage.unknown", "The workspace has no storage of this name."),
    failed("storage.unsupported", "The storage cannot do what was asked, as its protocol has no word for it."),
    failed(
        "storage.untrue",
        "A place gave back other bytes than were written to it when it was tried. It cannot be a storage.",
    ),
    failed("system.no_memory", "The system has no memory left. Close something, then retry."),
    failed("system.too_many_open", "The system allows no more open files. Raise the limit (`ulimit -n`), then retry."),
    failed("task.broken", "A task broke off inside Longshore: a bug. Please report it."),
    failed("task.deadline", "A task took longer, with all its attempts and waits, than the flow allows."),
    failed("task.marked_failed", "An operator said that the task failed, with the reason that is told."),
    failed("task.output", "A task's output cannot be written as JSON: a bug of its kind."),
    failed(
        "task.output_too_large",
        "A task gave more than 8 MiB. Let it write a file and give the path, or hand over pages.",
    ),
    failed("task.panicked", "A task broke off inside Longshore: a bug. Please report it with the run's log."),
    failed("task.stalled", "An attempt moved nothing for longer than the flow allows. It is tried again by itself."),
    failed("task.stopped", "The task was told to stop."),
    failed("task.timeout", "An attempt took longer than the flow allows."),
    failed("task.unknown", "The run has no task, or no map index, of this name."),
    failed("task.unknown_kind", "The flow uses a kind of task that this version does not have."),
    failed("task.with", "The parameters of a task, once rendered, are not what its kind wants."),
    failed("task_run.unknown", "The run has no such task run, or nothing happened of it yet."),
    failed(
        "time.unclear",
        "A time is given as a date, a time, or how long ago: `2026-11-03`, `2026-11-03T14:00`, `2h`.",
    ),
    failed("time.wrong", "A time is not written as in 2026-11-03T14:00:00Z."),
    refused("user.exists", "There is a user of this name. Give them another password, or remove them first."),
    refused("user.name", "A user's name has letters, digits, `.`, `-`, `_` and `@`, and at most 64 of them."),
    refused("user.password", "A password has at least 8 characters and at most 1,024 bytes."),
    failed("user.unknown", "Nobody has made a user of this name. See `longshore user list`."),
    failed(
        "variable.name",
        "A variable's name has lower-case letters, digits and `_`, and does not begin with a digit.",
    ),
    failed("variable.unknown", "Nobody has set a variable of this name."),
    failed("variable.value", "The variable is one that Longshore itself reads, and it cannot have this value."),
    failed("wake.nothing", "None of the task runs asked for waits for a time: it works, has ended, or has not begun."),
    failed(
        "webdav.locked",
        "Somebody has locked the file on the server. It is tried again; if it stays so, have the lock taken away there.",
    ),
    failed(
        "webdav.reply",
        "What a server says of a folder is not WebDAV. See whether the address of the connection is right, and whether a proxy is between.",
    ),
    refused(
        "work.in_work",
        "A run works on what the message asks for. Nothing was done; wait for the run, or cancel it first.",
    ),
    refused(
        "work.no_message",
        "There is no message of this id that came to nothing, or several queues have one. Nothing was done.",
    ),
    failed(
        "worker.kind",
        "A task of this kind is carried out only by the engine of a workspace: it starts runs, waits for an operator, or needs the whole ledger.",
    ),
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
