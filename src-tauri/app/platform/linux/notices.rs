//! Notices by the desktop's notification server, as the Desktop Notifications Specification 1.2 of freedesktop.org describes it. Where there is no bus,
//! or nobody on it who shows notices, nothing is shown and nothing is said: the bell of the window has them all.

use std::cell::RefCell;
use std::collections::HashMap;
use std::rc::Rc;

use gtk::prelude::*;
use gtk::{gio, glib};
use tauri::AppHandle;
use tokio::sync::mpsc::UnboundedReceiver;

use crate::notices::Shown;

const NAME: &str = "org.freedesktop.Notifications";
const PATH: &str = "/org/freedesktop/Notifications";
/// Name of the icon, as the packages install it.
const ICON: &str = "longshore-desktop";
/// The action that a click on the notice itself is.
const CLICKED: &str = "default";
/// Milliseconds that the server has to answer.
const PATIENCE: i32 = 5_000;
/// How long a notice stays: as the server thinks best.
const STAYS: i32 = -1;

/// Shows notices for as long as some come. `open` is called with the run of one that was clicked. Errors: the app ends.
pub(crate) fn show_notices(
    app: &AppHandle,
    notices: UnboundedReceiver<Shown>,
    open: impl Fn(Option<String>) + Send + 'static,
) -> tauri::Result<()> {
    // Signals of the bus come through GTK's main loop, which is the main thread's.
    app.run_on_main_thread(move || drop(glib::MainContext::default().spawn_local(serve(notices, Rc::new(open)))))
}

async fn serve(mut notices: UnboundedReceiver<Shown>, open: Rc<dyn Fn(Option<String>)>) {
    let mut server: Option<Server> = None;
    while let Some(notice) = notices.recv().await {
        // A desktop may begin after the app, or begin anew: it is looked for until there is one.
        if server.is_none() {
            server =
                Server::find(&open).await.inspect_err(|error| tracing::debug!(%error, "nobody shows notices")).ok();
        }
        let Some(found) = &server else { continue };
        if let Err(error) = found.show(notice).await {
            tracing::debug!(%error, "a notice was not shown");
            server = None;
        }
    }
}

/// Who shows notices.
struct Server {
    bus: gio::DBusConnection,
    /// What it can, in the words of the specification.
    can: Vec<String>,
    /// Runs of the notices that are shown, by number.
    runs: Rc<RefCell<HashMap<u32, Option<String>>>>,
    heard: Option<gio::SignalSubscriptionId>,
}

impl Server {
    async fn find(open: &Rc<dyn Fn(Option<String>)>) -> Result<Self, glib::Error> {
        let bus = gio::bus_get_future(gio::BusType::Session).await?;
        let can = call(&bus, "GetCapabilities", None, "(as)").await?.get().map(|(can,)| can).unwrap_or_default();
        let runs = Rc::default();
        let heard = Some(listen(&bus, &runs, open.clone()));
        Ok(Self { bus, can, runs, heard })
    }

    fn can(&self, what: &str) -> bool {
        self.can.iter().any(|can| can == what)
    }

    async fn show(&self, notice: Shown) -> Result<(), glib::Error> {
        let Shown { title, text, run } = notice;
        let text = if self.can("body-markup") { glib::markup_escape_text(&text).to_string() } else { text };
        let actions: &[&str] = match (self.can("actions"), &run) {
            (true, Some(_)) => &[CLICKED, "Open the run"],
            (true, None) => &[CLICKED, "Open Longshore"],
            (false, _) => &[],
        };
        let hints = HashMap::from([("desktop-entry".to_owned(), ICON.to_variant())]);
        let notice = ("Longshore", 0_u32, ICON, title, text, actions, hints, STAYS).to_variant();
        let number = call(&self.bus, "Notify", Some(&notice), "(u)").await?;
        if let Some((number,)) = number.get::<(u32,)>() {
            self.runs.borrow_mut().insert(number, run);
        }
        Ok(())
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        if let Some(heard) = self.heard.take() {
            self.bus.signal_unsubscribe(heard);
        }
    }
}

async fn call(
    bus: &gio::DBusConnection,
    method: &str,
    arguments: Option<&glib::Variant>,
    reply: &str,
) -> Result<glib::Variant, glib::Error> {
    let reply = glib::VariantTy::new(reply).ok();
    bus.call_future(Some(NAME), PATH, NAME, method, arguments, reply, gio::DBusCallFlags::NONE, PATIENCE).await
}

/// Hears which notices were clicked, and which are gone.
fn listen(
    bus: &gio::DBusConnection,
    runs: &Rc<RefCell<HashMap<u32, Option<String>>>>,
    open: Rc<dyn Fn(Option<String>)>,
) -> gio::SignalSubscriptionId {
    let runs = runs.clone();
    let heard = move |_: &gio::DBusConnection, _: &str, _: &str, _: &str, signal: &str, told: &glib::Variant| match (
        signal,
        told.get::<(u32, String)>(),
        told.get::<(u32, u32)>(),
    ) {
        ("ActionInvoked", Some((number, action)), _) if action == CLICKED => {
            if let Some(run) = runs.borrow_mut().remove(&number) {
                open(run);
            }
        }
        ("NotificationClosed", _, Some((number, _))) => drop(runs.borrow_mut().remove(&number)),
        _ => {}
    };
    bus.signal_subscribe(Some(NAME), Some(NAME), None, Some(PATH), None, gio::DBusSignalFlags::NONE, heard)
}
