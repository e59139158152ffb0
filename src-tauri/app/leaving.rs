//! How the app ends, or does not.

use longshore_api::wire::{RunList, RunListArgs};
use longshore_api::{RunState, Session};
use tauri::{AppHandle, Manager as _};

use crate::desk::Desk;
use crate::{platform, window};

/// The operator closed the window: the app goes on in the tray while runs need it, else it ends.
pub(crate) fn window_closed(app: &AppHandle) {
    let app = app.clone();
    tauri::async_runtime::spawn(async move {
        match app.state::<Desk>().open_now() {
            Some(session) if is_needed(&session).await => window::put_away(&app),
            _ => quit(&app).await,
        }
    });
}

/// Ends the app. What runs is stopped at a checkpoint and goes on at the next start.
pub(crate) async fn quit(app: &AppHandle) {
    if let Some(session) = app.state::<Desk>().open_now() {
        session.close().await;
    }
    app.exit(0);
}

/// Asked by the system to end (a log-out, a shutdown), the app ends as it does by hand.
pub(crate) fn on_signals(app: &AppHandle) {
    let app = app.clone();
    tauri::async_runtime::spawn(async move {
        match platform::asked_to_end().await {
            Ok(()) => quit(&app).await,
            Err(error) => tracing::error!("signals cannot be heard: {error}"),
        }
    });
}

/// Whether runs stop when this process ends.
async fn is_needed(session: &Session) -> bool {
    let states = vec![RunState::Queued, RunState::Running, RunState::Cancelling];
    let active = RunListArgs { states, limit: 1, ..RunListArgs::default() };
    session.owns() && session.call::<RunList>(active).await.is_ok_and(|page| page.total > 0)
}
