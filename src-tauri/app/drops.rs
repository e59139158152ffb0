//! Files dropped on the window.

use std::path::PathBuf;
use std::sync::{Mutex, PoisonError};

use longshore_api::PathBytes;
use serde_json::json;
use tauri::{DragDropEvent, Emitter as _, Manager as _, Window};

/// Event to the UI: `{"over": bool}`, something is dragged over the window.
const DRAG: &str = "drag";
/// Event to the UI: `{"paths": [...]}` in text form, dropped.
const DROPPED: &str = "dropped";

/// Paths of the drag under way, byte for byte, where the platform gives them; the webview's own event turns bytes that are not
/// UTF-8 into replacement characters.
#[derive(Default)]
pub(crate) struct Paths(Mutex<Option<Vec<PathBuf>>>);

impl Paths {
    /// Keeps them until the drop.
    #[cfg_attr(not(target_os = "linux"), expect(dead_code, reason = "other webviews give exact paths themselves"))]
    pub(crate) fn keep(&self, paths: Vec<PathBuf>) {
        *self.0.lock().unwrap_or_else(PoisonError::into_inner) = Some(paths);
    }

    fn take(&self) -> Option<Vec<PathBuf>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).take()
    }
}

/// Tells the UI.
pub(crate) fn tell(window: &Window, event: &DragDropEvent) {
    let told = match event {
        DragDropEvent::Enter { .. } => window.emit(DRAG, json!({"over": true})),
        DragDropEvent::Leave => window.emit(DRAG, json!({"over": false})),
        DragDropEvent::Drop { paths, .. } => dropped(window, paths),
        _ => Ok(()),
    };
    if let Err(error) = told {
        tracing::error!("a drop did not reach the window: {error}");
    }
}

fn dropped(window: &Window, seen: &[PathBuf]) -> tauri::Result<()> {
    let exact = window.state::<Paths>().take();
    let paths = exact.as_deref().unwrap_or(seen);
    let texts: Vec<String> =
        paths.iter().map(|path| PathBytes::new(path.as_os_str().as_encoded_bytes()).to_text()).collect();
    window.emit(DRAG, json!({"over": false}))?;
    window.emit(DROPPED, json!({"paths": texts}))
}
