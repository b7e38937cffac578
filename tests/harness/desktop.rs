//! A desktop of a test's own: a screen, a session bus, an unlocked keychain and a WebDriver, in a home where
//! nothing else lies. All of it is ended by process id when dropped.

use crate::command::built;
use crate::process::{self, program, within};
use std::fs;
use std::io::{BufRead, BufReader, Write};
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::Duration;
use tempfile::TempDir;

/// What the desktop offers.
#[derive(Clone, Debug)]
pub struct Desk {
    /// Without it the application finds no keychain.
    pub keychain: bool,
    /// As `LANG`: `en_GB.UTF-8`, `zh_CN.UTF-8`.
    pub language: String,
    /// Further variables of the application's environment.
    pub variables: Vec<(String, String)>,
    /// Width and height in pixels.
    pub screen: (u32, u32),
}

const BARE_BUS: &str = r#"<!DOCTYPE busconfig PUBLIC "-//freedesktop//DTD D-Bus Bus Configuration 1.0//EN"
 "http://www.freedesktop.org/standards/dbus/1.0/busconfig.dtd">
<busconfig>
  <type>session</type>
  <listen>unix:tmpdir=/tmp</listen>
  <policy context="default">
    <allow send_destination="*" eavesdrop="true"/>
    <allow eavesdrop="true"/>
    <allow own="*"/>
  </policy>
</busconfig>
"#;

impl Default for Desk {
    fn default() -> Self {
        Self { keychain: true, language: "en_GB.UTF-8".into(), variables: Vec::new(), screen: (1440, 900) }
    }
}

pub struct Desktop {
    /// Of the person: `HOME`, with `.config`, `.local/share`, `.cache` and `run` below it.
    pub home: TempDir,
    /// As `:7`.
    pub display: String,
    /// Where the WebDriver listens.
    pub driver: u16,
    environment: Vec<(String, String)>,
    children: Vec<Child>,
}

impl Desktop {
    pub fn start() -> Self {
        Self::with(Desk::default())
    }

    pub fn with(desk: Desk) -> Self {
        let home = tempfile::Builder::new().prefix("mailferry-desktop-").tempdir().unwrap();
        let mut own = Self { home, display: String::new(), driver: 0, environment: Vec::new(), children: Vec::new() };
        own.make_home(&desk);
        own.start_screen(desk.screen);
        own.start_bus(desk.keychain);
        if desk.keychain {
            own.start_keychain();
        }
        // After the keychain: with a display it would ask for its password in a window.
        let display = own.display.clone();
        own.set("DISPLAY", &display);
        own.start_driver();
        own
    }

    /// A program with the environment of this desktop and nothing else.
    pub fn command(&self, program: impl AsRef<Path>) -> Command {
        let mut command = Command::new(program.as_ref());
        command
            .env_clear()
            .envs(self.environment.iter().map(|(name, value)| (name, value)))
            .current_dir(self.home.path())
            .stdin(Stdio::null());
        command
    }

    /// Opens the application's window and gives the session that drives it. `close` it before the next one.
    pub async fn open(&self) -> fantoccini::Client {
        let binary = built("mailferry").display().to_string();
        let capabilities = serde_json::json!({ "webkitgtk:browserOptions": { "binary": binary, "args": [] } });
        let serde_json::Value::Object(capabilities) = capabilities else { unreachable!() };
        let connector = hyper_util::client::legacy::connect::HttpConnector::new();
        fantoccini::ClientBuilder::new(connector)
            .capabilities(capabilities)
            .connect(&format!("http://127.0.0.1:{}", self.driver))
            .await
            .unwrap_or_else(|error| panic!("the window does not open: {error}\n{}", self.log("driver")))
    }

    /// A picture of the page, as PNG named `name` in `MAILFERRY_SCREENS` (else `target/screens`). Waits until two
    /// frames are drawn.
    pub async fn picture(&self, window: &fantoccini::Client, name: &str) -> PathBuf {
        let frames = "const done = arguments[arguments.length - 1]; \
                      requestAnimationFrame(() => requestAnimationFrame(() => done(true)));";
        window.execute_async(frames, Vec::new()).await.expect("two frames are drawn");
        let octets = window.screenshot().await.expect("a picture of the page");
        assert!(octets.starts_with(b"\x89PNG"), "not a PNG");
        let file = screens().join(format!("{name}.png"));
        fs::write(&file, octets).unwrap();
        file
    }

    /// What a part of the desktop (`driver`, `keychain`, `bus`, `screen`) has written.
    pub fn log(&self, part: &str) -> String {
        fs::read_to_string(self.home.path().join(format!("{part}.log"))).unwrap_or_default()
    }

    /// Ends the keychain, as a crash would.
    pub fn end_keychain(&mut self) {
        for child in &mut self.children {
            let name = fs::read_to_string(format!("/proc/{}/comm", child.id())).unwrap_or_default();
            if name.starts_with("gnome-keyring") {
                process::end(child);
            }
        }
    }

    fn set(&mut self, name: &str, value: &str) {
        self.environment.push((name.to_owned(), value.to_owned()));
    }

    fn make_home(&mut self, desk: &Desk) {
        let home = self.home.path().to_owned();
        let places = [
            ("XDG_CONFIG_HOME", ".config"),
            ("XDG_DATA_HOME", ".local/share"),
            ("XDG_CACHE_HOME", ".cache"),
            ("XDG_RUNTIME_DIR", "run"),
        ];
        for (variable, place) in places {
            let place = home.join(place);
            fs::create_dir_all(&place).unwrap();
            fs::set_permissions(&place, fs::Permissions::from_mode(0o700)).unwrap();
            self.set(variable, &place.display().to_string());
        }
        self.set("HOME", &home.display().to_string());
        self.set("PATH", &std::env::var("PATH").unwrap_or_default());
        self.set("LANG", &desk.language);
        // The locale itself need not be installed: programs of ours read the name.
        self.set("LC_ALL", "C.UTF-8");
        self.set("LANGUAGE", desk.language.split('.').next().unwrap_or("en"));
        self.set("TAURI_WEBVIEW_AUTOMATION", "true");
        // No accessibility bus, no settings daemon: nothing that starts by itself and stays.
        self.set("NO_AT_BRIDGE", "1");
        self.set("GSETTINGS_BACKEND", "memory");
        for (name, value) in &desk.variables {
            self.environment.push((name.clone(), value.clone()));
        }
    }

    fn spawn(&mut self, command: &mut Command, log: &str) -> &mut Child {
        let log = fs::File::create(self.home.path().join(format!("{log}.log"))).unwrap();
        self.children.push(command.stderr(log).spawn().unwrap());
        self.children.last_mut().unwrap()
    }

    fn start_screen(&mut self, (width, height): (u32, u32)) {
        let mut command = self.command(program("Xvfb", "xvfb"));
        let size = format!("{width}x{height}x24");
        command.args(["-displayfd", "1", "-screen", "0", &size, "-nolisten", "tcp"]).stdout(Stdio::piped());
        let child = self.spawn(&mut command, "screen");
        let number = first_line(child);
        assert!(!number.is_empty(), "Xvfb does not start:\n{}", self.log("screen"));
        self.display = format!(":{number}");
    }

    /// Without a keychain nothing may be started by asking for it: such a bus knows no services by name.
    fn start_bus(&mut self, services: bool) {
        let socket = self.home.path().join("run/bus");
        let bare = self.home.path().join("bus.conf");
        fs::write(&bare, BARE_BUS).unwrap();
        let kind = if services { "--session".to_owned() } else { format!("--config-file={}", bare.display()) };
        let mut command = self.command(program("dbus-daemon", "dbus-daemon"));
        command
            .args([kind.as_str(), "--nofork", "--nopidfile", "--print-address=1"])
            .arg(format!("--address=unix:path={}", socket.display()))
            .stdout(Stdio::piped());
        let child = self.spawn(&mut command, "bus");
        let address = first_line(child);
        assert!(address.starts_with("unix:"), "no session bus:\n{}", self.log("bus"));
        self.set("DBUS_SESSION_BUS_ADDRESS", &address);
    }

    fn start_keychain(&mut self) {
        let mut command = self.command(program("gnome-keyring-daemon", "gnome-keyring"));
        command.args(["--foreground", "--unlock", "--components=secrets"]).stdin(Stdio::piped()).stdout(Stdio::null());
        let child = self.spawn(&mut command, "keychain");
        child.stdin.take().unwrap().write_all(b"test-keychain").unwrap();
        let bus = self.environment.iter().find(|(name, _)| name == "DBUS_SESSION_BUS_ADDRESS").unwrap().1.clone();
        let ready = within(Duration::from_secs(10), || owned(&bus, "org.freedesktop.secrets").then_some(()));
        assert!(ready.is_some(), "no keychain after ten seconds:\n{}", self.log("keychain"));
    }

    fn start_driver(&mut self) {
        self.driver = process::free_port();
        let port = self.driver.to_string();
        let mut command = self.command(program("WebKitWebDriver", "webkit2gtk-driver"));
        command.args(["--host=127.0.0.1", &format!("--port={port}")]).stdout(Stdio::null());
        self.spawn(&mut command, "driver");
        let up = within(Duration::from_secs(10), || process::answers(self.driver).then_some(()));
        assert!(up.is_some(), "no WebDriver:\n{}", self.log("driver"));
    }
}

impl Drop for Desktop {
    fn drop(&mut self) {
        // The driver first, with the window it opened; the screen last.
        for child in self.children.iter_mut().rev() {
            process::end(child);
        }
    }
}

/// Where pictures go.
pub fn screens() -> PathBuf {
    let place = std::env::var_os("MAILFERRY_SCREENS").map(PathBuf::from).unwrap_or_else(|| {
        // target/debug/deps/NAME
        std::env::current_exe().unwrap().ancestors().nth(3).unwrap().join("screens")
    });
    fs::create_dir_all(&place).unwrap();
    place
}

fn first_line(child: &mut Child) -> String {
    let mut line = String::new();
    let mut reader = BufReader::new(child.stdout.take().unwrap());
    let _ = reader.read_line(&mut line);
    // Read on, so that the program never writes into a closed pipe.
    std::thread::spawn(move || std::io::copy(&mut reader, &mut std::io::sink()));
    line.trim().to_owned()
}

/// Whether somebody on the bus bears this name.
fn owned(address: &str, name: &str) -> bool {
    let output = Command::new(program("dbus-send", "dbus-bin"))
        .args([&format!("--bus={address}"), "--print-reply=literal", "--dest=org.freedesktop.DBus", "/"])
        .args(["org.freedesktop.DBus.NameHasOwner", &format!("string:{name}")])
        .output();
    output.is_ok_and(|output| String::from_utf8_lossy(&output.stdout).contains("true"))
}
