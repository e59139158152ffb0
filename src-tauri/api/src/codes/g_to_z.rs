//! Codes from g to z.

use super::{Code, failed, refused};

pub(super) const CODES: &[Code] = &[
    failed(
        "http.busy",
        "A server asks for fewer requests, or for a pause. It is tried again by itself, later each time.",
    ),
    failed("http.client", "No request can be made: the certificates that this machine trusts could not be read."),
    failed(
        "http.denied",
        "A server does not accept the user and password or the token of the connection, or does not allow them what was asked.",
    ),
    failed(
        "http.encoded",
        "A server packs a file for the way although it was asked not to: what comes is not the file. Have it switched off on the server for these files.",
    ),
    failed(
        "http.incomplete",
        "An answer broke off before all of it had come. Nothing was saved; the request is made again.",
    ),
    failed(
        "http.not_offered",
        "A server does not offer what was asked: it takes no uploads there, or deletes nothing. See whether the address is that of a folder for it.",
    ),
    failed(
        "http.range",
        "A server answers with another part of a file than was asked for. Set `parallel` to 1, or have the server, or a proxy before it, put right.",
    ),
    failed(
        "http.range_ignored",
        "A server that gave parts of a file gives the whole of it now. It is tried again by itself.",
    ),
    failed(
        "http.redirect",
        "A redirection was not followed: they do not end, lead from https to http, or would carry what was sent to another host.",
    ),
    failed("http.server", "A server failed. It is tried again by itself."),
    failed(
        "http.status",
        "The other side answered with a status that the task does not expect. What it says is told; its answer was not saved.",
    ),
    failed("http.timeout", "The other side said nothing for too long."),
    failed(
        "http.tls",
        "The other side could not prove who it is. Have its certificate put right, or its authority added to those that this machine trusts; the check cannot be switched off.",
    ),
    failed(
        "http.too_large",
        "An answer is larger than an output may be. Save it to a storage with `save_to`, or raise `max_bytes`.",
    ),
    failed(
        "http.unreachable",
        "The other side cannot be reached: its name is unknown, nobody listens there, or the network is down.",
    ),
    failed("import.unread", "A file that is to be taken over cannot be read; the error says why."),
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
    failed("net.broken", "The connection to a server broke. It is tried again by itself."),
    failed(
        "net.certificate",
        "A server's certificate is not good: expired, for another name, or from an authority that is not trusted. Give the authority's certificate as the connection's CA bundle if it is your own; checks are never switched off.",
    ),
    failed(
        "net.refused",
        "Nothing answers at the port of a server. See whether it runs, and whether a firewall is between.",
    ),
    failed("net.tls", "A server does not speak TLS as it should. See whether the port, and https or http, are right."),
    failed(
        "net.unknown_host",
        "No host of that name is known. See whether it is spelt right, and whether names can be looked up.",
    ),
    failed("net.unreachable", "There is no way to a host: see whether the network, or the VPN that it needs, is up."),
    failed("noop.failed", "A task of the kind `noop` failed because its flow says that it shall."),
    failed("notify.email", "The mail server did not take an e-mail; what it says is told."),
    failed(
        "param.secret_exposed",
        "A secret was to become a parameter of another flow that is not declared as one, and would have been stored. Declare it with `format: secret`.",
    ),
    failed(
        "param.secret_gone",
        "A secret parameter was kept in the memory of a process that has ended. Give it again with `longshore run secret RUN NAME`, then retry the run.",
    ),
    failed(
        "param.secret_lost",
        "A run with a secret parameter was to be started where nobody carries runs on: the secret would be lost. Start it with --wait, or while the window is open.",
    ),
    failed("param.unknown", "The run was given no secret parameter of this name."),
    failed("params.wrong", "The parameters are not what the flow wants; the error names each."),
    failed("path.link", "A path leads through a symbolic link, which is not followed."),
    failed("path.not_folder", "A file was found where a folder was expected."),
    failed("path.refused", "A path holds what the storage does not take, such as `..`, an empty component or a NUL."),
    failed("path.reserved", "A path is one that Longshore gives to its own temporary files."),
    failed("path.too_long", "A path or a name is longer than the file system allows."),
    failed(
        "pid.unsafe",
        "An identifier is a file name too: letters, digits, `.`, `_` and `-`, beginning with a letter or digit.",
    ),
    failed("plan.stopped", "The listing for a plan was stopped, or asked for anew."),
    failed("rate.wrong", "A limit of bytes a second is not understood. Write it as in 08:00 10 MiB/s, 19:00 off."),
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
    refused(
        "run.guarded",
        "Another run of the flow is active for the same thing (its flow's `guard`); the message names it. Wait for it, or cancel it.",
    ),
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
    failed("scicat.id", "An identifier cannot be part of an address, or is missing."),
    failed("scicat.login", "SciCat does not accept the user and password of the connection."),
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
    refused("secrets.passphrase", "The passphrase does not open the encrypted file of secrets."),
    refused(
        "secrets.reference",
        "Where a secret lies is not understood (`file:PATH`, `env:NAME`, `vault:MOUNT/PATH#FIELD`), or a new passphrase is too short.",
    ),
    failed(
        "secrets.unreachable",
        "A secret that lies elsewhere cannot be read there now; the error says where and why.",
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
    failed("storage.not_local", "A storage that does not lie on this machine was used as a folder."),
    refused(
        "storage.path",
        "The folder cannot be a storage: it must be an absolute path, writable, and neither in another storage nor around one.",
    ),
    failed("storage.read_only", "A storage is mounted read-only. Make it writable, then retry."),
    failed("storage.silent", "A storage does not answer. See whether its server or disk is there."),
    failed("storage.space_unknown", "A server does not say how much room there is."),
    failed("storage.stale", "A network file system lost what was open on it. It is tried again by itself."),
    failed("storage.unknown", "The workspace has no storage of this name."),
    failed("storage.unsupported", "The storage cannot do what was asked, as its protocol has no word for it."),
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
    failed("wake.nothing", "None of the task runs asked for waits for a time: it works, has ended, or has not begun."),
    failed(
        "webdav.locked",
        "Somebody has locked the file on the server. It is tried again; if it stays so, have the lock taken away there.",
    ),
    failed(
        "webdav.reply",
        "What a server says of a folder is not WebDAV. See whether the address of the connection is right, and whether a proxy is between.",
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
