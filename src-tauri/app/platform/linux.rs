//! Linux: GTK and D-Bus.

mod notices;

use std::os::unix::process::CommandExt as _;
use std::path::PathBuf;
use std::process::Command;

use gtk::prelude::*;
use gtk::{FileChooserAction, FileChooserDialog, ResponseType, gio, glib};
use tauri::WebviewWindow;
use tokio::signal::unix::{SignalKind, signal};
use tokio::sync::oneshot;

pub(crate) use self::notices::show_notices;
use crate::commands::Pick;

/// What tells WebKit not to composite.
const PLAINLY: &str = "WEBKIT_DISABLE_COMPOSITING_MODE";
/// Milliseconds that the session bus has to answer.
const BUS_PATIENCE: i32 = 500;

/// Where there is no graphics card, starts this program anew in its place, told to draw the page in plain memory: composited by an
/// emulated card, a page takes several times as long. WebKit reads this from the environment alone, and only when it starts.
pub(crate) fn draw_plainly_without_card() {
    // WebKit's driver cannot take pictures of a page that is drawn plainly.
    let set = |name| std::env::var_os(name).is_some();
    if has_graphics_card() || set(PLAINLY) || set("TAURI_WEBVIEW_AUTOMATION") {
        return;
    }
    let Ok(program) = std::env::current_exe() else { return };
    let failed = Command::new(program).args(std::env::args_os().skip(1)).env(PLAINLY, "1").exec();
    tracing::debug!(%failed, "the page is drawn as it comes");
}

/// Whether the kernel offers a device to render with.
fn has_graphics_card() -> bool {
    let devices = std::fs::read_dir("/dev/dri").into_iter().flatten().flatten();
    devices.into_iter().any(|device| device.file_name().to_string_lossy().starts_with("renderD"))
}

/// Gives the paths of each drag over the window, byte for byte.
pub(crate) fn watch_drags(
    window: &WebviewWindow,
    dragged: impl Fn(Vec<PathBuf>) + Send + 'static,
) -> tauri::Result<()> {
    window.with_webview(move |webview| {
        webview.inner().connect_drag_data_received(move |_, _, _, _, data, _, _| {
            let uris = data.uris();
            if !uris.is_empty() {
                dragged(uris.iter().filter_map(|uri| gio::File::for_uri(uri).path()).collect());
            }
        });
    })
}

/// Shows GTK's file dialog. Errors: the window is gone.
pub(crate) async fn pick(window: WebviewWindow, what: Pick, title: String) -> Result<Vec<PathBuf>, String> {
    let (chosen, answer) = oneshot::channel();
    let parent = window.clone();
    let shown = window.run_on_main_thread(move || match parent.gtk_window() {
        Ok(parent) => show_dialog(&parent, what, &title, chosen),
        Err(error) => drop(chosen.send(Err(error.to_string()))),
    });
    shown.map_err(|error| error.to_string())?;
    answer.await.map_err(|error| error.to_string())?
}

fn show_dialog(
    parent: &gtk::ApplicationWindow,
    what: Pick,
    title: &str,
    chosen: oneshot::Sender<Result<Vec<PathBuf>, String>>,
) {
    let action = if what == Pick::Files { FileChooserAction::Open } else { FileChooserAction::SelectFolder };
    let buttons = [("_Cancel", ResponseType::Cancel), ("_Choose", ResponseType::Accept)];
    let dialog = FileChooserDialog::with_buttons(Some(title), Some(parent), action, &buttons);
    dialog.set_select_multiple(what != Pick::Folder);
    dialog.set_default_response(ResponseType::Accept);
    dialog.set_modal(true);
    let chosen = std::cell::Cell::new(Some(chosen));
    dialog.connect_response(move |dialog, response| {
        let paths = if response == ResponseType::Accept { dialog.filenames() } else { Vec::new() };
        if let Some(chosen) = chosen.take() {
            // Nobody waits any more if the page was loaded anew.
            let _ = chosen.send(Ok(paths));
        }
        dialog.close();
    });
    dialog.show();
}

/// Whether the desktop shows tray icons: somebody watches for them on the session bus. Without that an icon would be shown to nobody,
/// and the window could not be had back from it.
pub(crate) fn has_tray() -> bool {
    let Ok(bus) = gio::bus_get_sync(gio::BusType::Session, gio::Cancellable::NONE) else { return false };
    let asked = bus.call_sync(
        Some("org.freedesktop.DBus"),
        "/org/freedesktop/DBus",
        "org.freedesktop.DBus",
        "NameHasOwner",
        Some(&("org.kde.StatusNotifierWatcher",).to_variant()),
        Some(glib::VariantTy::new("(b)").unwrap_or(glib::VariantTy::ANY)),
        gio::DBusCallFlags::NONE,
        BUS_PATIENCE,
        gio::Cancellable::NONE,
    );
    asked.ok().and_then(|answer| answer.get::<(bool,)>()).is_some_and(|(watched,)| watched)
}

/// Resolves when the system asks the process to end.
pub(crate) async fn asked_to_end() -> std::io::Result<()> {
    let (mut terminate, mut interrupt) = (signal(SignalKind::terminate())?, signal(SignalKind::interrupt())?);
    tokio::select! {
        _ = terminate.recv() => {}
        _ = interrupt.recv() => {}
    }
    Ok(())
}
