//! Failures of storages and of the ledger, told as the operator reads them.

use longshore_catalogue as catalogue;
use longshore_engine::{Class, Fault};
use longshore_transfer::Fail;
use longshore_transfer::storage::{self, Status};

/// A storage's failure, with what to do about it.
pub fn of_storage(storage: &str, error: &storage::Error) -> Fault {
    let class = match error.status {
        Status::Transient => Class::Transient,
        // A share that is not mounted, a disk that is not plugged in: most come back while a task still has tries left.
        Status::Unusable if error.code == "storage.missing" => Class::Transient,
        Status::Permanent => Class::Permanent,
        Status::Unusable => Class::Fatal,
    };
    let fault = Fault::new(class, error.code, &error.what, &error.why).now(advice(error.code)).at_place(storage);
    if error.path.is_empty() { fault } else { fault.on_file(catalogue::PathBytes::new(error.path.clone()).to_text()) }
}

fn advice(code: &str) -> &'static str {
    match code {
        "storage.missing" => {
            "Mount or connect the storage, or say where it lies now, then retry: what was confirmed is kept."
        }
        "storage.read_only" => "Make the storage writable again, then retry: what was confirmed is kept.",
        "storage.full" => "Make room on the storage, then retry: it goes on where it stopped.",
        "s3.no_bucket" => {
            "Make the bucket again, or see its name in the connection, then retry: what was confirmed is kept."
        }
        "s3.credentials" | "s3.denied" | "s3.expired" | "ssh.auth_failed" | "http.denied" => {
            "Mend user and keys of the connection, test it, then retry: what was confirmed is kept."
        }
        "net.certificate" | "net.tls" => {
            "See the certificate of the server and the authority that the connection names, then retry: what was confirmed is kept."
        }
        "archiver.denied" => {
            "See the token or the login of the connection, and the groups that the service lets in, then retry: what was confirmed is kept."
        }
        "archiver.no_bucket" => "Ask whoever runs the service to make the bucket, then retry.",
        "archiver.no_room" => {
            "Nothing needs to be done: the service is asked again. If it stays full, ask whoever runs it for room, then retry."
        }
        "file.denied" => "Give the user who runs Longshore the right to it, then retry.",
        _ => "",
    }
}

/// A refusal or failure of the ledger.
pub fn of_catalogue(error: &catalogue::Error) -> Fault {
    match error {
        catalogue::Error::NotFound { what, key } => Fault::permanent(
            format!("{what}.unknown"),
            format!("There is no {what} {key}"),
            "The catalogue does not know it",
        ),
        catalogue::Error::Taken { field, value } => Fault::permanent(
            "dataset.taken",
            format!("The dataset {value} was not created"),
            format!("Another dataset has this {field}"),
        )
        .now(format!("Choose another {field}.")),
        catalogue::Error::Refused(why) => Fault::permanent("ledger.refused", "The ledger refused a step", why),
        catalogue::Error::Database(why) => Fault::fatal("database.failed", "The workspace's database failed", why)
            .now("See whether its disk is full or broken, then retry: nothing of this step was written."),
    }
}

/// Why bytes did not get from one storage to another. `between` names the two: what is read and what is written.
pub fn of_transfer(fail: Fail, between: [&str; 2]) -> Fault {
    match fail {
        Fail::Storage(error) | Fail::Unreadable { error, .. } => {
            let place = if error.storage.is_empty() { side(error.code, between) } else { &error.storage };
            of_storage(place, &error)
        }
        Fail::Cancelled => cancelled(),
        Fail::Observer(failure) => match failure.downcast::<Fault>() {
            Ok(fault) => *fault,
            Err(other) => Fault::fatal("task.broken", "A step of the transfer failed", other.to_string()),
        },
        Fail::Changed { path, why } => {
            let path = catalogue::PathBytes::new(path).to_text();
            Fault::permanent("file.changed", format!("{path} changed while it was read"), why)
                .on_file(path)
                .at_place(between[0])
        }
        Fail::Mismatch { path, expected, found, .. } => {
            let path = catalogue::PathBytes::new(path).to_text();
            let why = format!("Its SHA-256 is {found}, the ledger holds {expected}");
            Fault::permanent("fixity.mismatch", format!("{path} is not what it was"), why)
                .on_file(path)
                .at_place(between[0])
        }
        Fail::Broken => Fault::fatal("task.broken", "The transfer broke off", "One of its threads ended unexpectedly"),
    }
}

/// Which of two storages a failure that does not say speaks of.
fn side<'a>(code: &str, [read, written]: [&'a str; 2]) -> &'a str {
    match code {
        "storage.full" | "storage.read_only" | "file.exists" => written,
        _ => read,
    }
}

/// A failure on its way through a transfer.
pub(crate) fn through(fault: Fault) -> Fail {
    Fail::Observer(Box::new(fault))
}

/// The attempt was told to stop. Nobody reads more of it than that.
pub fn cancelled() -> Fault {
    Fault::transient("task.stopped", "The task was stopped", "It was told to")
}

/// Turns a catalogue's result into a task's.
pub(crate) trait Told<T> {
    /// With the failure as a [`Fault`].
    fn told(self) -> Result<T, Fault>;
}

impl<T> Told<T> for catalogue::Result<T> {
    fn told(self) -> Result<T, Fault> {
        self.map_err(|error| of_catalogue(&error))
    }
}

/// Turns a storage's result into a task's.
pub(crate) trait ToldAt<T> {
    /// With the failure as a [`Fault`] at the storage of this name.
    fn told_at(self, storage: &str) -> Result<T, Fault>;
}

impl<T> ToldAt<T> for storage::Result<T> {
    fn told_at(self, storage: &str) -> Result<T, Fault> {
        self.map_err(|error| of_storage(storage, &error))
    }
}
