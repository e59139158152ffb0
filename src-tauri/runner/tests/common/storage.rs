//! A storage that has nothing but room, as much as the test says.

use std::sync::{Arc, Condvar, Mutex};

use longshore_engine::Fault;
use longshore_flows::kind::Storages;
use longshore_testkit::Memory;
use longshore_transfer::storage::{self, Error, Space, Status, Storage};

/// All storages of a workspace, in one pool.
pub(crate) struct Bare {
    state: Arc<(Mutex<State>, Condvar)>,
}

struct State {
    free: u64,
    missing: bool,
    hangs: bool,
}

impl Bare {
    pub(crate) fn with_room(free: u64) -> Self {
        Self { state: Arc::new((Mutex::new(State { free, missing: false, hangs: false }), Condvar::new())) }
    }

    fn change(&self, change: impl FnOnce(&mut State)) {
        change(&mut self.state.0.lock().expect("whole"));
        self.state.1.notify_all();
    }

    pub(crate) fn set_free(&self, free: u64) {
        self.change(|state| state.free = free);
    }

    pub(crate) fn set_missing(&self, missing: bool) {
        self.change(|state| state.missing = missing);
    }

    /// Asked for its room it does not answer, until this is taken back.
    pub(crate) fn set_hangs(&self, hangs: bool) {
        self.change(|state| state.hangs = hangs);
    }
}

impl Storages for Bare {
    /// Every name is one, but for `hpc`.
    fn storage(&self, name: &str) -> Result<Arc<dyn Storage>, Fault> {
        if name == "hpc" {
            return Err(Fault::permanent("storage.unknown", "There is no storage hpc", "A test asked for it"));
        }
        let (storage, state) = (Memory::new(), self.state.clone());
        storage.answer_space(move || {
            let state = state.1.wait_while(state.0.lock().expect("whole"), |state| state.hangs).expect("whole");
            state.space()
        });
        Ok(Arc::new(storage))
    }

    fn folder(&self, _: &[u8]) -> Result<Arc<dyn Storage>, Fault> {
        self.storage("folder")
    }
}

impl State {
    fn space(&self) -> storage::Result<Space> {
        if self.missing {
            let (what, why) = ("The storage cannot be used".into(), "its folder is not there".into());
            let (path, storage) = (Vec::new(), String::new());
            return Err(Error { code: "storage.missing", status: Status::Unusable, what, why, path, storage });
        }
        // A total of 0 makes floors 0: what is free can all be granted.
        Ok(Space { total: 0, free: self.free, pool: "disc".into(), read_only: false })
    }
}
