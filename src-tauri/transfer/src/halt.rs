//! Whether the work that a thread does was told to stop: for waits deep below those who know.

use std::cell::RefCell;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

thread_local! {
    static STOP: RefCell<Option<Arc<AtomicBool>>> = const { RefCell::new(None) };
}

/// Does the work of a thread that ends when `stop` says so.
pub(crate) fn within<T>(stop: &Arc<AtomicBool>, work: impl FnOnce() -> T) -> T {
    let before = STOP.replace(Some(Arc::clone(stop)));
    let done = work();
    STOP.set(before);
    done
}

/// Whether this thread's work was told to stop. Never, of a thread that is not one of a transfer.
pub(crate) fn told() -> bool {
    STOP.with_borrow(|stop| stop.as_ref().is_some_and(|stop| stop.load(Ordering::Acquire)))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn it_holds_within_the_work_and_in_no_other_thread() {
        let stop = Arc::new(AtomicBool::new(true));
        assert!(!told());
        within(&stop, || {
            assert!(told());
            assert!(!std::thread::spawn(told).join().unwrap_or(true));
        });
        assert!(!told());
    }
}
