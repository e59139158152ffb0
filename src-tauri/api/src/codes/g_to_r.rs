//! Codes from g to r.

use super::{Code, failed, refused};

pub(super) const CODES: &[Code] = &[
    failed(
        "gitlab.ambiguous",
        "Several projects of a GitLab have the name that was given. Name the one that is meant with the groups that it is in, or by its number.",
    ),
    failed(
        "http.answer",
        "The answer of an interface is not understood: it is no JSON, or not what was asked for. See whether the connection leads to the right server.",
    ),
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
        "http.elsewhere",
        "A server told an address that is not its own; the login of the connection is not sent there. See whether the connection names the server by the host and scheme by which it names itself.",
    ),
    failed(
        "http.encoded",
        "A server packs a file for the way although it was asked not to: what comes is not the file. Have it switched off on the server for these files.",
    ),
    failed("http.id", "An identifier cannot stand in an address: it is empty, or dots."),
    failed(
        "http.incomplete",
        "An answer broke off before all of it had come. Nothing was saved; the request is made again.",
    ),
    failed(
        "http.invalid",
        "The server does not accept what it was sent; the error names each field that is wrong. Mend it and retry: what was confirmed is kept.",
    ),
    failed(
        "http.not_offered",
        "A server does not offer what was asked: it takes no uploads there, or deletes nothing. See whether the address is that of a folder for it.",
    ),
    failed(
        "http.page",
        "A server answered with a page of HTML where a file was asked for: nearly always to say that the file is not there, or that a login is wanted. If it is the file, set `pages` in the connection.",
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
        "ingest.checksum",
        "The checksum of an uploaded object is not that of its parts. Upload again what differs, and complete it with the right checksums.",
    ),
    refused(
        "ingest.no_room",
        "A dataset that somebody wants to upload does not fit into the landing zone now. Try again later, or give it more room.",
    ),
    refused(
        "ingest.object",
        "An object lies outside the folder of its dataset in the landing zone, and is not uploaded.",
    ),
    failed("ingest.parts", "An object is uploaded in 1 to 10,000 parts."),
    failed(
        "io.error",
        "The system reported a failure of a disk or a file system. It is tried again by itself; look at the system's log.",
    ),
    failed("io.timeout", "A storage did not answer in time. It is tried again by itself."),
    failed(
        "landing.changed",
        "A file in the landing zone is not what came from the source. Nothing is packed from it: retry the upload, which copies it anew.",
    ),
    failed(
        "landing.elsewhere",
        "A dataset that should be copied into the landing zone was uploaded before, and does not lie there: a remote archiver service has it.",
    ),
    failed("landing.released", "A file that should be packed is no longer in the landing zone."),
    failed("landing.unproved", "A file in the landing zone has no proof on the LTS, so it is not deleted."),
    failed("ledger.failed", "The ledger could not take what was done; the step is done again on a retry."),
    failed("ledger.refused", "The ledger does not allow the step, such as a release without a proof."),
    failed("limit.name", "A limit cannot have this name."),
    failed("limit.unknown", "The workspace has no limit of this name."),
    failed("location.url", "An address of a web server names no file that could be copied."),
    failed(
        "location.wrong",
        "A place was given that is neither STORAGE:PATH nor an absolute path, or that holds `.` or `..`.",
    ),
    failed("mark.nothing", "The task runs have the state already as which they were to be marked."),
    failed("metadata.none", "A dataset has nothing said of it that SciCat could be told. Upload it with metadata."),
    failed(
        "metadata.text",
        "The metadata of a dataset, or of a part of it, is not the JSON that it should be; the place is told as line:column and field.",
    ),
    failed(
        "metadata.wrong",
        "SciCat would not take the metadata of a dataset: the first field that is wrong is told, the others are listed. Nothing was begun.",
    ),
    failed(
        "mlflow.artifacts_elsewhere",
        "Artifacts of a run of MLflow are not kept by the server of the connection but in a store of their own, or by another server. Start it with --serve-artifacts, or make a connection to the one that keeps them.",
    ),
    failed("mlflow.deleted", "An experiment of MLflow was deleted. Restore it there, or name another."),
    failed(
        "mlflow.malformed",
        "What should be told to MLflow (attrs.json, a table of results) is not understood, or says too little. Correct the file and retry.",
    ),
    failed("mlflow.no_model", "MLflow has no registered model of this name with this version or alias."),
    failed("mlflow.no_run", "No run of an experiment of MLflow fits the filter."),
    failed(
        "mlflow.param_differs",
        "A run of MLflow has a parameter with another value already, and MLflow writes each once. Start another run of the flow.",
    ),
    failed("mlflow.unproved", "A run of MLflow was not ended, as an upload to it was not proved. Retry the upload."),
    failed(
        "mlflow.which",
        "It is not said which model of MLflow is meant: give a run, or a registered model with a version or an alias, or an experiment.",
    ),
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
    failed("note.long", "A note has more characters than are kept (1,000). Shorten it."),
    failed("notify.email", "The mail server did not take an e-mail; what it says is told."),
    failed(
        "options.wrong",
        "A file of options is not understood, or too large. It must hold a mapping of names to values, in YAML.",
    ),
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
    failed("params.unread", "A file with parameters or inputs of a task is not there, or holds no JSON object."),
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
    failed(
        "place.refused",
        "What lies at a place was not renamed: the name is none, it is a storage as a whole, the ledger knows it by its name, or its copy is not whole.",
    ),
    failed("plan.stopped", "The listing for a plan was stopped, or asked for anew."),
    failed(
        "profile.file",
        "The file that names the profiles of the workspace cannot be read; the error says why. Mend it.",
    ),
    refused("profile.in_use", "A profile that is on or open is not removed. Switch to another first."),
    failed("profile.name", "A profile's name has lower-case letters, digits, `-` and `_`, at most 40 characters."),
    refused(
        "profile.production",
        "A run to try something takes the connections of a profile that counts (red) only if that profile is named with `--profile`.",
    ),
    failed("profile.unknown", "There is no profile of this name; the error names those that there are."),
    failed("rate.wrong", "A limit of bytes a second is not understood. Write it as in 08:00 10 MiB/s, 19:00 off."),
    failed(
        "record.damaged",
        "What a repository holds of an upload is not what was sent to it. It is sent again; the draft is not published with it.",
    ),
    failed(
        "record.incomplete",
        "A draft does not hold exactly the files that were confirmed, so it was not published. Look at the draft: files that are not of the source are taken out there. Then retry.",
    ),
    failed(
        "record.malformed",
        "The answer of a repository is no record that could be understood; the error says what is missing.",
    ),
    failed(
        "record.name",
        "A record has a file whose name would lead out of the folder that it is copied to, or is none that a file can have. Nothing was copied.",
    ),
    failed("record.no_files", "A record has no files that the login of the connection may see."),
    failed(
        "record.no_metadata",
        "A draft record cannot be made: nothing says what it is. Give `metadata`, or the template `mid`.",
    ),
    failed("record.oid", "What was given is no id of a record."),
    failed(
        "record.taken_up",
        "Another run has taken up the draft of this one after it had failed, and fills it now. Start a new run if the record is still wanted.",
    ),
    refused(
        "remote.cannot",
        "The other engine cannot do that: Prefect runs no single tasks again. Retry the whole run, which takes the results that were kept.",
    ),
    failed(
        "remote.none",
        "No Airflow answers at the connection's address. See its host, port and the path before `/api`.",
    ),
    failed(
        "remote.other_engine",
        "The connection leads to an engine of another kind than was named. `longshore connection show` says of which it is.",
    ),
    failed("remote.refused", "The other engine did not do what it was asked; the error gives its reason."),
    failed(
        "remote.task",
        "A run of another engine has no task run of this id. `longshore remote show` lists those that there are.",
    ),
    failed("reply.too_long", "The reply is longer than a message may be. Ask for fewer rows."),
    failed(
        "report.no_checksum",
        "A manifest lists the checksum of every file, and a file of the dataset has none yet. Write it once the dataset is archived.",
    ),
    failed("request.args", "The arguments of a request are not what the operation wants."),
    failed("request.broken", "A request broke off inside Longshore: a bug. Please report it."),
    failed("request.malformed", "A line on the socket is not a request."),
    failed("request.too_long", "A request is longer than a message may be. Name fewer things at once."),
    failed("request.unknown", "There is no operation of this name in this version."),
    failed(
        "retrieval.overdue",
        "A datablock lies in an archive, or on a tape, and could not be read within the time that its task waits. Ask whoever runs the archive, then retry: it is waited for anew.",
    ),
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
    failed(
        "run.id",
        "An engine named a run by a text that cannot be the id of one: letters, digits and _ . ~ : + - are taken.",
    ),
    failed("run.state", "What was asked for does not fit the run's state."),
    failed("run.taken", "The flow has a run with this id already, or one for the same time. Choose another."),
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
];
