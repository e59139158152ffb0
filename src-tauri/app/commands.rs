//! The three things that the UI can ask of the shell.

use longshore_api::{Fault, PathBytes};
use serde::Deserialize;
use serde_json::Value;
use tauri::{AppHandle, Manager as _, WebviewWindow};

use crate::desk::Desk;
use crate::interface::Interface;
use crate::platform;

/// What the operator shall choose.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum Pick {
    /// One folder.
    Folder,
    /// One or more folders.
    Folders,
    /// One or more files.
    Files,
}

/// Passes an operation to the workspace; see `longshore_api::wire` for names, arguments and replies.
#[tauri::command]
pub(crate) async fn call(app: AppHandle, op: String, args: Value) -> Result<Value, Fault> {
    let name = op.clone();
    // A task of its own: a panic in it becomes a reply instead of a request that is never answered.
    let asked = tauri::async_runtime::spawn(async move { app.state::<Desk>().call(&app, &op, args).await });
    asked.await.unwrap_or_else(|error| Err(broke(&name, &error)))
}

/// What of Airflow's interface is answered now.
#[tauri::command]
pub(crate) async fn interface(app: AppHandle) -> Result<Interface, Fault> {
    Ok(app.state::<Desk>().interface())
}

/// Lets the operator choose paths, in their text form; none if the dialog was closed.
#[tauri::command]
pub(crate) async fn pick(window: WebviewWindow, what: Pick, title: String) -> Result<Vec<String>, Fault> {
    let chosen = platform::pick(window, what, title).await;
    let paths = chosen.map_err(|why| Fault::transient("window.dialog", "The file dialog cannot be opened", why))?;
    Ok(paths.iter().map(|path| PathBytes::new(path.as_os_str().as_encoded_bytes()).to_text()).collect())
}

fn broke(op: &str, error: &tauri::Error) -> Fault {
    Fault::fatal("internal.panic", format!("Longshore broke while it answered {op}"), error.to_string())
        .now("Start it again; runs go on where they were. The log of the window says more.")
}
