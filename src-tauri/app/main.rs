//! `longshore-desktop`: the window of a workspace, and the tray. A thin shell: what the UI asks goes to the workspace's session,
//! what the workspace tells goes to the UI, and nothing is decided here.

#![cfg_attr(not(debug_assertions), windows_subsystem = "windows")]

mod commands;
mod desk;
mod drops;
mod interface;
mod leaving;
mod log;
mod notices;
mod platform;
mod tray;
mod window;

use std::path::PathBuf;
use std::process::ExitCode;

use clap::Parser;
use desk::Desk;
use tauri::Manager as _;

/// The desktop window of Longshore.
#[derive(Parser)]
#[command(version)]
struct Arguments {
    /// Folder of the workspace; made if it is not there
    #[arg(long, value_name = "DIR", env = "LONGSHORE_WORKSPACE")]
    workspace: Option<PathBuf>,
    /// Profile of the workspace; the one that is on if none is named
    #[arg(long, value_name = "NAME", env = "LONGSHORE_PROFILE")]
    profile: Option<String>,
}

fn main() -> ExitCode {
    let arguments = Arguments::parse();
    platform::draw_plainly_without_card();
    log::start();
    let folder = arguments.workspace.map_or_else(longshore_api::default_folder, Ok);
    match run(Desk::new(folder, arguments.profile)) {
        Ok(code) => ExitCode::from(u8::try_from(code).unwrap_or(1)),
        Err(error) => {
            tracing::error!("the window cannot be opened: {error}");
            ExitCode::FAILURE
        }
    }
}

/// Runs until the operator quits. Errors: there is no display, or no webview.
fn run(desk: Desk) -> tauri::Result<i32> {
    let app = tauri::Builder::default()
        .manage(desk)
        .manage(drops::Paths::default())
        .invoke_handler(tauri::generate_handler![commands::call, commands::interface, commands::pick])
        .on_window_event(|window, event| match event {
            tauri::WindowEvent::CloseRequested { api, .. } => {
                api.prevent_close();
                leaving::window_closed(window.app_handle());
            }
            tauri::WindowEvent::DragDrop(event) => drops::tell(window, event),
            _ => {}
        })
        .setup(|app| {
            window::open(app.handle())?;
            leaving::on_signals(app.handle());
            Ok(())
        })
        .build(tauri::generate_context!())?;
    Ok(app.run_return(|_, _| {}))
}
