//! The one window.

use std::path::Path;
use std::time::Duration;

use tauri::webview::NewWindowResponse;
use tauri::{AppHandle, Manager as _, Url, WebviewUrl, WebviewWindow, WebviewWindowBuilder};

use crate::desk::{Desk, Opened};
use crate::{drops, platform, tray};

/// Its label, as the capabilities name it.
const LABEL: &str = "main";
/// How long the window stays unseen while the workspace opens. Long enough to learn that another window has it and must be
/// raised, short enough that nobody starts the app again.
const UNSEEN: Duration = Duration::from_millis(700);

/// Makes the window and opens the workspace side by side; the window is shown once it is known to be wanted.
pub(crate) fn open(app: &AppHandle) -> tauri::Result<()> {
    let window = build(app)?;
    let paths = app.clone();
    platform::watch_drags(&window, move |dragged| paths.state::<drops::Paths>().keep(dragged))?;
    tauri::async_runtime::spawn(open_workspace(app.clone()));
    Ok(())
}

async fn open_workspace(app: AppHandle) {
    let desk = app.state::<Desk>();
    let opening = desk.open_or_raise(&app);
    tokio::pin!(opening);
    let opened = if let Ok(opened) = tokio::time::timeout(UNSEEN, &mut opening).await {
        opened
    } else {
        raise(&app);
        opening.await
    };
    match opened {
        Ok(Opened::Elsewhere) => return app.exit(0),
        Ok(Opened::Here) => {}
        // The UI asks for the workspace too, and shows the same fault as a page.
        Err(fault) => tracing::error!(code = fault.code, "{fault}"),
    }
    raise(&app);
}

fn build(app: &AppHandle) -> tauri::Result<WebviewWindow> {
    WebviewWindowBuilder::new(app, LABEL, WebviewUrl::default())
        .title("Longshore")
        .inner_size(1280.0, 800.0)
        .min_inner_size(720.0, 480.0)
        .visible(false)
        .devtools(cfg!(debug_assertions))
        .on_navigation(own_page)
        .on_new_window(|_, _| NewWindowResponse::Deny)
        .on_download(|_, _| false)
        .build()
}

/// Whether an address is the embedded UI's (or, in a development build, the development server's).
fn own_page(url: &Url) -> bool {
    match (url.scheme(), url.host_str()) {
        ("tauri", Some("localhost")) | ("http" | "https", Some("tauri.localhost")) => true,
        ("http", Some("localhost")) => tauri::is_dev(),
        _ => false,
    }
}

/// Shows the window, out of the tray or from behind others.
pub(crate) fn raise(app: &AppHandle) {
    tray::remove(app);
    let Some(window) = app.get_webview_window(LABEL) else { return };
    let shown = window.show().and_then(|()| window.unminimize()).and_then(|()| window.set_focus());
    if let Err(error) = shown {
        tracing::error!("the window cannot be shown: {error}");
    }
}

/// Takes the window out of sight while runs go on: into the tray where there is one, else to the task bar.
pub(crate) fn put_away(app: &AppHandle) {
    let Some(window) = app.get_webview_window(LABEL) else { return };
    let away = if tray::show(app) { window.hide() } else { window.minimize() };
    if let Err(error) = away {
        tracing::error!("the window cannot be put away: {error}");
    }
}

/// Names the window after its workspace.
pub(crate) fn name(app: &AppHandle, folder: &Path) {
    let Some(window) = app.get_webview_window(LABEL) else { return };
    let name = folder.file_name().map_or_else(|| folder.to_string_lossy(), std::ffi::OsStr::to_string_lossy);
    if let Err(error) = window.set_title(&format!("{name} - Longshore")) {
        tracing::error!("the window cannot be named: {error}");
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    #[test]
    fn only_the_embedded_pages_can_be_gone_to() {
        assert!(own_page(&Url::parse("tauri://localhost/datasets/x").unwrap()));
        for other in
            ["https://example.org/", "file:///etc/passwd", "tauri://elsewhere/", "data:text/html,x", "about:blank"]
        {
            assert!(!own_page(&Url::parse(other).unwrap()), "{other}");
        }
    }
}
