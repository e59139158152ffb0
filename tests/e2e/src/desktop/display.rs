//! A display that nobody looks at, with a window manager, a mouse and something to drag.

use std::io::{BufRead as _, BufReader};
use std::os::unix::ffi::OsStrExt as _;
use std::path::Path;
use std::process::{Command, Stdio};

use crate::process::{Running, tool};
use crate::site::{self, Site};
use crate::wait;

/// Size of the screen.
const SCREEN: &str = "1440x900x24";
/// Title of the window that is dragged from.
const SOURCE: &str = "Files to drag";
/// Steps of the pointer from one place to the next; a jump is no drag.
const STEPS: i32 = 14;

/// An X server and a window manager.
#[derive(Debug)]
pub struct Display {
    name: String,
    manager: Option<Running>,
    // Last, so that it ends last.
    _server: Running,
}

impl Display {
    /// Starts one on a number that is free.
    pub fn start() -> Self {
        Self::sized(SCREEN)
    }

    /// The same, of another size: width, height and bits of a colour, with `x` between them.
    pub fn sized(screen: &str) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let told = folder.path().join("display");
        // Through a shell, because the number is told on a file descriptor that must be open in the server.
        let script = "exec Xvfb -displayfd 3 -screen 0 \"$1\" -nolisten tcp 3>\"$2\"";
        let server = Running::start(Command::new("bash").args(["-c", script, "Xvfb", screen]).arg(&told));
        let name = wait::until("an X server", 20, || {
            let number = std::fs::read_to_string(&told).ok()?;
            number.ends_with('\n').then(|| format!(":{}", number.trim()))
        });
        let mut display = Self { name, manager: None, _server: server };
        display.manager = Some(Running::start(&mut display.command("openbox")));
        display
    }

    /// A program on this display, and on no other bus or session.
    pub fn command(&self, program: impl AsRef<std::ffi::OsStr>) -> Command {
        let mut command = Command::new(program);
        command.env("DISPLAY", &self.name).env_remove("WAYLAND_DISPLAY");
        // Without an address the libraries of the desktop would start a bus of their own, which nobody ends.
        command.env("DBUS_SESSION_BUS_ADDRESS", "disabled:").env("NO_AT_BRIDGE", "1");
        command
    }

    /// Drags files from a window of another program onto the window with this title, up to the drop.
    pub fn begin_drag<'a>(&'a self, paths: &[&Path], onto: &str) -> Drag<'a> {
        let source = self.drag_source(paths);
        let target = self.window(onto);
        let (from, to) = (self.middle(&self.window(SOURCE)), self.middle(&target));
        self.mouse(&["mousemove", &from.0.to_string(), &from.1.to_string(), "mousedown", "1"]);
        for step in 1..=STEPS {
            let between = |a: i32, b: i32| (a + (b - a) * step / STEPS).to_string();
            self.mouse(&["mousemove", "--sync", &between(from.0, to.0), &between(from.1, to.1)]);
        }
        Drag { display: self, source }
    }

    fn drag_source(&self, paths: &[&Path]) -> Source {
        let script = Path::new(env!("CARGO_MANIFEST_DIR")).join("drag_source.py");
        let uris = paths.iter().map(|path| uri(path));
        let mut command = self.command("/usr/bin/python3");
        command.arg(script).arg(SOURCE).args(uris).stdout(Stdio::piped()).stdin(Stdio::null());
        std::os::unix::process::CommandExt::process_group(&mut command, 0);
        let mut child = command.spawn().unwrap();
        let mut ready = String::new();
        // One line says that its window is there.
        BufReader::new(child.stdout.take().unwrap()).read_line(&mut ready).unwrap();
        assert_eq!(ready, "ready\n");
        Source(child)
    }

    /// The number of the visible window with this title (or a part of it).
    pub fn window(&self, title: &str) -> String {
        wait::until(&format!("a window {title:?}"), 30, || self.windows(title).into_iter().next())
    }

    /// Numbers of the visible windows with this title (or a part of it).
    pub fn windows(&self, title: &str) -> Vec<String> {
        let asked = self.command("xdotool").args(["search", "--onlyvisible", "--name", title]).output().unwrap();
        String::from_utf8_lossy(&asked.stdout).lines().map(str::to_owned).collect()
    }

    /// Asks the window with this title to close, as its close button does: by the window manager's key.
    pub fn close(&self, title: &str) {
        let window = self.window(title);
        self.mouse(&["windowactivate", "--sync", &window]);
        self.mouse(&["key", "alt+F4"]);
    }

    /// Takes the window with this title out of sight, as its minimise button does.
    pub fn minimise(&self, title: &str) {
        self.mouse(&["windowminimize", "--sync", &self.window(title)]);
    }

    /// Starts the app without a driver.
    pub fn app(&self, site: &Site) -> Running {
        let mut command = self.command(site::program("longshore-desktop"));
        command.env("LONGSHORE_WORKSPACE", site.workspace()).env("XDG_STATE_HOME", site.path("state"));
        Running::start(command.env("XDG_CACHE_HOME", site.path("cache")).env("XDG_DATA_HOME", site.path("data")))
    }

    /// Keeps a picture of the whole screen.
    pub fn picture(&self, name: &str) {
        tool(self.command("import").args(["-window", "root"]).arg(site::output().join(format!("{name}.png"))));
    }

    fn middle(&self, window: &str) -> (i32, i32) {
        let shape = tool(self.command("xdotool").args(["getwindowgeometry", "--shell", window]));
        let value = |name: &str| -> i32 {
            let line = shape.lines().find_map(|line| line.strip_prefix(name)?.strip_prefix('='));
            line.and_then(|value| value.parse().ok()).unwrap_or_else(|| panic!("no {name} in {shape}"))
        };
        (value("X") + value("WIDTH") / 2, value("Y") + value("HEIGHT") / 2)
    }

    fn mouse(&self, what: &[&str]) {
        tool(self.command("xdotool").args(what));
    }
}

/// Files over a window, with the button still down.
#[derive(Debug)]
pub struct Drag<'a> {
    display: &'a Display,
    source: Source,
}

impl Drag<'_> {
    /// Lets go. What is given back is the program that was dragged from: it hands over what was dropped while it is there.
    #[must_use]
    pub fn drop_here(self) -> Source {
        self.display.mouse(&["mouseup", "1"]);
        self.source
    }
}

/// The program that is dragged from.
#[derive(Debug)]
pub struct Source(std::process::Child);

impl Drop for Source {
    fn drop(&mut self) {
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

/// A path as file managers hand it over.
fn uri(path: &Path) -> String {
    let plain = |byte: &u8| byte.is_ascii_alphanumeric() || b"/-_.~".contains(byte);
    let escape = |byte: &u8| if plain(byte) { char::from(*byte).to_string() } else { format!("%{byte:02X}") };
    format!("file://{}", path.as_os_str().as_bytes().iter().map(escape).collect::<String>())
}
