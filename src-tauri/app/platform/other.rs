//! macOS and Windows.

use std::path::PathBuf;

use tauri::{AppHandle, WebviewWindow};
use tokio::sync::mpsc::UnboundedReceiver;

use crate::commands::Pick;
use crate::notices::Shown;

/// Here the system chooses how to draw.
pub(crate) fn draw_plainly_without_card() {}

/// The webview's own event gives exact paths here.
pub(crate) fn watch_drags(_: &WebviewWindow, _: impl Fn(Vec<PathBuf>) + Send + 'static) -> tauri::Result<()> {
    Ok(())
}

/// Shows the system's file dialog.
pub(crate) async fn pick(window: WebviewWindow, what: Pick, title: String) -> Result<Vec<PathBuf>, String> {
    let dialog = rfd::AsyncFileDialog::new().set_title(title).set_parent(&window);
    let chosen = match what {
        Pick::Folder => dialog.pick_folder().await.map(|one| vec![one]),
        Pick::Folders => dialog.pick_folders().await,
        Pick::Files => dialog.pick_files().await,
    };
    Ok(chosen.unwrap_or_default().into_iter().map(PathBuf::from).collect())
}

/// On these systems the window's bell alone has the notices: theirs need an app that is signed and installed.
pub(crate) fn show_notices(
    _: &AppHandle,
    _: UnboundedReceiver<Shown>,
    _: impl Fn(Option<String>) + Send + 'static,
) -> tauri::Result<()> {
    Ok(())
}

/// These systems always have a tray.
pub(crate) fn has_tray() -> bool {
    true
}

/// Resolves when the process is asked to end.
pub(crate) async fn asked_to_end() -> std::io::Result<()> {
    tokio::signal::ctrl_c().await
}
