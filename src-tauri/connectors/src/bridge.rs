//! From calls that block to libraries that do not.

use std::future::Future;
use std::io;
use std::sync::OnceLock;

use tokio::runtime::{Builder, Handle, Runtime};

/// Threads that carry what asynchronous connectors do: they wait for the network, and hash and encrypt what goes over it.
const THREADS: usize = 2;

/// The runtime of all asynchronous connectors of the process; it lives as long as the process.
fn runtime() -> io::Result<&'static Runtime> {
    static SHARED: OnceLock<Runtime> = OnceLock::new();
    if let Some(shared) = SHARED.get() {
        return Ok(shared);
    }
    let made = Builder::new_multi_thread().worker_threads(THREADS).thread_name("connectors").enable_all().build()?;
    // Of two threads that come here at once one is too late: its runtime has no task and ends at once.
    if let Err(late) = SHARED.set(made) {
        late.shutdown_background();
    }
    SHARED.get().ok_or_else(|| io::Error::other("the connectors have no runtime"))
}

/// Where asynchronous work of a connector is spawned.
pub(crate) fn handle() -> io::Result<&'static Handle> {
    runtime().map(Runtime::handle)
}

/// Waits for `work`. Only from threads that are meant to wait: within an asynchronous task this panics.
pub(crate) fn wait<T>(work: impl Future<Output = T>) -> io::Result<T> {
    Ok(handle()?.block_on(work))
}
