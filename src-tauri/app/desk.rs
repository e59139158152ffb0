//! The workspace that this window shows.

use std::path::PathBuf;

use longshore_api::wire::{Event, Nothing, WindowRaise};
use longshore_api::{Fault, Role, Session};
use serde_json::Value;
use tauri::{AppHandle, Emitter as _};
use tokio::sync::Mutex;

use crate::notices::{Notice, Notices};
use crate::window;

/// Event by which the UI hears what the workspace tells.
const TOLD: &str = "longshore";

/// What the window was started for, and the session once it is open.
pub(crate) struct Desk {
    folder: Result<PathBuf, Fault>,
    session: Mutex<Option<Session>>,
}

/// What opening the workspace came to.
pub(crate) enum Opened {
    /// This window shows it.
    Here,
    /// Another window showed it already, and was raised.
    Elsewhere,
}

impl Desk {
    /// For the workspace in this folder, or the reason why none can be named.
    pub(crate) fn new(folder: Result<PathBuf, Fault>) -> Self {
        Self { folder, session: Mutex::new(None) }
    }

    /// Opens the workspace, unless another window has it: then that one is raised.
    pub(crate) async fn open_or_raise(&self, app: &AppHandle) -> Result<Opened, Fault> {
        let mut place = self.session.lock().await;
        let session = self.enter().await?;
        if !session.owns() && session.call::<WindowRaise>(Nothing {}).await? {
            return Ok(Opened::Elsewhere);
        }
        attend(app, &session).await;
        *place = Some(session);
        Ok(Opened::Here)
    }

    /// The session. One that could not be opened is tried again at each call, so that the UI's "Try again" is an ordinary request.
    pub(crate) async fn session(&self, app: &AppHandle) -> Result<Session, Fault> {
        let mut place = self.session.lock().await;
        if let Some(session) = &*place {
            return Ok(session.clone());
        }
        let session = self.enter().await?;
        attend(app, &session).await;
        Ok(place.insert(session).clone())
    }

    /// Passes a request on.
    pub(crate) async fn call(&self, app: &AppHandle, op: &str, args: Value) -> Result<Value, Fault> {
        self.session(app).await?.call_value(op, args).await
    }

    /// The session, if it is open by now. Does not wait for one that is being opened.
    pub(crate) fn open_now(&self) -> Option<Session> {
        self.session.try_lock().ok().and_then(|session| session.clone())
    }

    async fn enter(&self) -> Result<Session, Fault> {
        match &self.folder {
            Ok(folder) => Session::open(folder, Role::Window).await,
            Err(fault) => Err(fault.clone()),
        }
    }
}

/// Names the window after the workspace, and passes on what the workspace tells for as long as the app lives.
async fn attend(app: &AppHandle, session: &Session) {
    window::name(app, session.folder());
    let mut events = session.events().await;
    let (app, notices) = (app.clone(), Notices::begin(app));
    tauri::async_runtime::spawn(async move {
        loop {
            let event = events.next().await;
            match &event {
                Event::Raise => window::raise(&app),
                Event::Notice { run, title, text } => {
                    notices.tell(Notice { run: run.clone(), title: title.clone(), text: text.clone() });
                }
                _ => {}
            }
            if let Err(error) = app.emit(TOLD, &event) {
                tracing::error!("an event did not reach the window: {error}");
            }
        }
    });
}
