//! WebKit's WebDriver, which starts the app and drives its window.

use std::net::{SocketAddr, TcpStream};
use std::time::Duration;

use longshore_testkit::servers::free_ports;
use serde_json::json;
use thirtyfour::{Capabilities, WebDriver};

use super::{Display, Window};
use crate::process::Running;
use crate::site::{self, Site};
use crate::wait;

/// The driver; it serves one window at a time.
#[derive(Debug)]
pub struct Driver {
    at: String,
    _process: Running,
}

impl Driver {
    /// Starts the driver for a site's workspace. The app gets its environment from it.
    pub fn start(display: &Display, site: &Site, env: &[(&str, &str)]) -> Self {
        let [port] = free_ports();
        let mut command = display.command("WebKitWebDriver");
        command
            .args(["--host=127.0.0.1", &format!("--port={port}")])
            .env("LONGSHORE_WORKSPACE", site.workspace())
            .env("XDG_STATE_HOME", site.path("state"))
            .env("XDG_CACHE_HOME", site.path("cache"))
            .env("XDG_DATA_HOME", site.path("data"))
            .env("TAURI_WEBVIEW_AUTOMATION", "true")
            .envs(env.iter().copied());
        let process = Running::start(&mut command);
        let address = SocketAddr::from(([127, 0, 0, 1], port));
        wait::until("WebKitWebDriver", 20, || TcpStream::connect_timeout(&address, Duration::from_secs(1)).ok());
        Self { at: format!("http://{address}"), _process: process }
    }

    /// Starts the app and waits for its window.
    pub async fn open(&self) -> Window {
        // The driver's client shares its HTTP library with the product, which brings no provider of its own. A second call changes nothing.
        let _ = rustls::crypto::ring::default_provider().install_default();
        let mut wanted = Capabilities::new();
        let app = site::program("longshore-desktop");
        wanted.set("webkitgtk:browserOptions", json!({"binary": app, "args": []})).unwrap();
        let driver =
            WebDriver::new(&self.at, wanted).await.unwrap_or_else(|error| panic!("the app does not start: {error}"));
        Window::new(driver)
    }

    /// Opens a page in WebKit's own browser.
    pub async fn browse(&self, url: &str) -> Window {
        let _ = rustls::crypto::ring::default_provider().install_default();
        let driver = WebDriver::new(&self.at, Capabilities::new()).await;
        let driver = driver.unwrap_or_else(|error| panic!("the browser does not start: {error}"));
        driver.goto(url).await.unwrap_or_else(|error| panic!("{url} does not open: {error}"));
        Window::new(driver)
    }
}
