//! The tray icon, there only while the window is away.

use tauri::AppHandle;
use tauri::menu::{Menu, MenuItem};
use tauri::tray::TrayIconBuilder;

use crate::{leaving, platform, window};

const ID: &str = "longshore";
const OPEN: &str = "open";
const QUIT: &str = "quit";

/// Shows the icon. `false` if this desktop has no place for one.
pub(crate) fn show(app: &AppHandle) -> bool {
    if app.tray_by_id(ID).is_some() {
        return true;
    }
    if !platform::has_tray() {
        return false;
    }
    build(app).inspect_err(|error| tracing::warn!("no tray icon: {error}")).is_ok()
}

/// Takes it away.
pub(crate) fn remove(app: &AppHandle) {
    drop(app.remove_tray_by_id(ID));
}

fn build(app: &AppHandle) -> tauri::Result<()> {
    let open = MenuItem::with_id(app, OPEN, "Open Longshore", true, None::<&str>)?;
    let quit = MenuItem::with_id(app, QUIT, "Quit; runs go on at the next start", true, None::<&str>)?;
    let mut icon = TrayIconBuilder::with_id(ID)
        .tooltip("Longshore: runs are active")
        .menu(&Menu::with_items(app, &[&open, &quit])?)
        .on_menu_event(|app, event| chosen(app, event.id().as_ref()));
    if let Some(image) = app.default_window_icon() {
        icon = icon.icon(image.clone());
    }
    icon.build(app).map(drop)
}

fn chosen(app: &AppHandle, item: &str) {
    match item {
        OPEN => window::raise(app),
        QUIT => {
            let app = app.clone();
            tauri::async_runtime::spawn(async move { leaving::quit(&app).await });
        }
        _ => {}
    }
}
