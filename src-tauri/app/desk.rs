//! The workspace that this window shows.

use std::path::PathBuf;
use std::sync::PoisonError;

use longshore_api::wire::{Event, Nothing, Operation as _, ProfileUse, WindowRaise};
use longshore_api::{Fault, Role, Session, profile_folder};
use serde_json::Value;
use tauri::{AppHandle, Emitter as _};
use tokio::sync::Mutex;

use crate::interface::{self, Answering, Interface};
use crate::notices::{Notice, Notices};
use crate::window;

/// Event by which the UI hears what the workspace tells.
const TOLD: &str = "longshore";

/// What the window was started for, and the session once it is open.
pub(crate) struct Desk {
    folder: Result<PathBuf, Fault>,
    /// The profile that was named at the start, until another is switched to.
    profile: std::sync::Mutex<Option<String>>,
    session: Mutex<Option<Attended>>,
    answering: Answering,
}

/// A session, the task that passes on what it tells, and the one that answers Airflow's interface for it.
struct Attended {
    session: Session,
    telling: tauri::async_runtime::JoinHandle<()>,
    answering: tauri::async_runtime::JoinHandle<()>,
}

/// What opening the workspace came to.
pub(crate) enum Opened {
    /// This window shows it.
    Here,
    /// Another window showed it already, and was raised.
    Elsewhere,
}

impl Desk {
    /// For a profile of the workspace in this folder, or the reason why none can be named.
    pub(crate) fn new(folder: Result<PathBuf, Fault>, profile: Option<String>) -> Self {
        Self {
            folder,
            profile: std::sync::Mutex::new(profile),
            session: Mutex::new(None),
            answering: Answering::default(),
        }
    }

    /// Opens the workspace, unless another window has it: then that one is raised.
    pub(crate) async fn open_or_raise(&self, app: &AppHandle) -> Result<Opened, Fault> {
        let mut place = self.session.lock().await;
        let session = self.enter().await?;
        if !session.owns() && session.call::<WindowRaise>(Nothing {}).await? {
            return Ok(Opened::Elsewhere);
        }
        *place = Some(self.attend(app, session).await);
        Ok(Opened::Here)
    }

    /// The session. One that could not be opened is tried again at each call, so that the UI's "Try again" is an ordinary request.
    pub(crate) async fn session(&self, app: &AppHandle) -> Result<Session, Fault> {
        let mut place = self.session.lock().await;
        if let Some(open) = &*place {
            return Ok(open.session.clone());
        }
        let session = self.enter().await?;
        Ok(place.insert(self.attend(app, session).await).session.clone())
    }

    /// Passes a request on. After a switch of the profile what was open is left: what runs there stops at a checkpoint, and goes on when it is
    /// opened again. The next request opens the other.
    pub(crate) async fn call(&self, app: &AppHandle, op: &str, args: Value) -> Result<Value, Fault> {
        let reply = self.session(app).await?.call_value(op, args).await?;
        if op == ProfileUse::NAME {
            *self.profile.lock().unwrap_or_else(PoisonError::into_inner) = None;
            let open = self.session.lock().await.take();
            if let Some(Attended { session, telling, answering }) = open {
                telling.abort();
                answering.abort();
                session.close().await;
            }
        }
        Ok(reply)
    }

    /// The session, if it is open by now. Does not wait for one that is being opened.
    pub(crate) fn open_now(&self) -> Option<Session> {
        self.session.try_lock().ok().and_then(|open| open.as_ref().map(|open| open.session.clone()))
    }

    /// What of Airflow's interface is answered now.
    pub(crate) fn interface(&self) -> Interface {
        interface::shown(&self.answering)
    }

    async fn attend(&self, app: &AppHandle, session: Session) -> Attended {
        let answering = interface::answer(session.clone(), self.answering.clone());
        Attended { telling: tell(app, &session).await, answering: tauri::async_runtime::spawn(answering), session }
    }

    async fn enter(&self) -> Result<Session, Fault> {
        match &self.folder {
            Ok(folder) => {
                let profile = self.profile.lock().unwrap_or_else(PoisonError::into_inner).clone();
                Session::open(&profile_folder(folder, profile.as_deref())?, Role::Window).await
            }
            Err(fault) => Err(fault.clone()),
        }
    }
}

/// Names the window after the workspace, and passes on what the workspace tells for as long as it is open here.
async fn tell(app: &AppHandle, session: &Session) -> tauri::async_runtime::JoinHandle<()> {
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
    })
}
