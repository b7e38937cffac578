//! A page of the window and what a person does on it.

use fantoccini::{Client, Locator};
use harness::process::{Signal, descendants, signal};
use harness::{Desk, Desktop, Dovecot};
use serde_json::{Value, json};
use std::fs;
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};
use tempfile::TempDir;

/// Both sides of a domain move bear it.
pub const ADDRESS: &str = harness::USER;

/// What a person may have to wait for on a busy machine.
const PATIENCE: Duration = Duration::from_secs(60);

/// A desktop with the accounts of two servers filled in.
pub struct Person {
    pub desktop: Desktop,
    files: TempDir,
}

/// One side as it is filled in. `port` is the server's own, or a proxy's before it.
pub fn entry(server: &Dovecot, port: u16) -> Value {
    json!({
        "address": ADDRESS, "provider": null, "password": null,
        "settings": {
            "host": "localhost", "port": port, "security": "tls", "user": server.user(),
            "trust": null, "authority": server.authority(),
        },
    })
}

impl Person {
    pub fn with(desk: Desk, accounts: Option<(Value, Value)>) -> Self {
        let files = tempfile::tempdir().unwrap();
        let mut variables = vec![("MAILFERRY_HOME".to_owned(), files.path().join("own").display().to_string())];
        if let Some((old, new)) = accounts {
            let filled = files.path().join("accounts.json");
            fs::write(&filled, json!({ "old": old, "new": new }).to_string()).unwrap();
            variables.push(("MAILFERRY_DEMO".to_owned(), filled.display().to_string()));
        }
        Self { desktop: Desktop::with(Desk { variables, ..desk }), files }
    }

    /// A folder of this person's, with nothing in it.
    pub fn folder(&self, name: &str) -> PathBuf {
        let folder = self.files.path().join(name);
        fs::create_dir_all(&folder).unwrap();
        folder
    }

    /// Mailferry's own directory.
    pub fn own(&self) -> PathBuf {
        self.files.path().join("own")
    }

    /// Types a folder or a new file into the system's dialog, as soon as it is open, and takes it.
    pub async fn choose(&self, place: &Path) {
        let xdotool = |arguments: &[&str]| {
            let output = self.desktop.command("/usr/bin/xdotool").args(arguments).output().expect("xdotool");
            String::from_utf8_lossy(&output.stdout).trim().to_owned()
        };
        let windows = || xdotool(&["search", "--onlyvisible", "--class", "mailferry"]);
        let begun = Instant::now();
        let mut open = windows();
        while open.lines().count() < 2 {
            assert!(begun.elapsed() < PATIENCE, "no dialog opens: {open}");
            tokio::time::sleep(Duration::from_millis(200)).await;
            open = windows();
        }
        let dialog = open.lines().last().unwrap().to_owned();
        let pause = || tokio::time::sleep(Duration::from_millis(700));
        pause().await;
        xdotool(&["windowfocus", &dialog]);
        xdotool(&["key", "ctrl+l"]);
        pause().await;
        xdotool(&["key", "ctrl+a"]);
        xdotool(&["type", "--delay", "5", &place.display().to_string()]);
        pause().await;
        xdotool(&["key", "Return"]);
    }

    /// How many passwords of ours the keychain holds.
    pub fn kept_passwords(&self) -> usize {
        let mut command = self.desktop.command("/usr/bin/dbus-send");
        command.args(["--print-reply", "--dest=org.freedesktop.secrets", "/org/freedesktop/secrets"]);
        command.args(["org.freedesktop.Secret.Service.SearchItems", "dict:string:string:service,Mailferry"]);
        let output = command.output().expect("dbus-send");
        String::from_utf8_lossy(&output.stdout).matches("/org/freedesktop/secrets/collection/").count()
    }

    pub async fn open(&self) -> Page<'_> {
        let client = self.desktop.open().await;
        let page = Page { desktop: &self.desktop, client };
        page.until("the page is ready", "return !!document.querySelector('.screen:not([hidden]) h1')").await;
        page
    }
}

pub struct Page<'a> {
    desktop: &'a Desktop,
    pub client: Client,
}

impl Page<'_> {
    /// What a script returns.
    pub async fn ask(&self, script: &str) -> Value {
        self.client.execute(script, Vec::new()).await.unwrap_or_else(|error| panic!("{script}: {error}"))
    }

    /// Waits until a script returns something that is true.
    pub async fn until(&self, what: &str, script: &str) -> Value {
        let begun = Instant::now();
        loop {
            let answer = self.ask(script).await;
            if !matches!(answer, Value::Null | Value::Bool(false)) && answer != json!("") {
                return answer;
            }
            if begun.elapsed() > PATIENCE {
                let _ = self.desktop.picture(&self.client, "stuck").await;
                panic!("not within {PATIENCE:?}: {what}. The page says:\n{}", self.text().await);
            }
            tokio::time::sleep(Duration::from_millis(50)).await;
        }
    }

    /// All that can be read now.
    pub async fn text(&self) -> String {
        self.ask("return document.body.innerText").await.as_str().unwrap_or_default().to_owned()
    }

    /// Of each that is visible.
    pub async fn texts(&self, selector: &str) -> Vec<String> {
        let script = format!(
            "return [...document.querySelectorAll({})].filter(node => node.checkVisibility()).map(node => node.innerText)",
            json!(selector)
        );
        let texts = self.ask(&script).await;
        texts.as_array().into_iter().flatten().filter_map(|text| text.as_str().map(str::to_owned)).collect()
    }

    pub async fn until_text(&self, text: &str) {
        self.until(text, &format!("return document.body.innerText.includes({})", json!(text))).await;
    }

    /// Waits for the heading of a screen.
    pub async fn until_title(&self, title: &str) {
        let script = "const h = document.querySelector('.screen:not([hidden]) h1'); return h && h.innerText";
        let script = format!("{script}.includes({})", json!(title));
        self.until(&format!("the title “{title}”"), &script.replacen("return h && h", "return !!h && h", 1)).await;
    }

    /// Clicks what can be seen and has this selector, as soon as it is there.
    pub async fn click(&self, selector: &str) {
        let seen = format!(
            "return [...document.querySelectorAll({})].findIndex(e => e.checkVisibility() && !e.disabled && e.getAttribute('aria-disabled') !== 'true' && getComputedStyle(e).pointerEvents !== 'none') + 1",
            json!(selector)
        );
        let script = seen.replacen("return ", "const at = ", 1) + "; return at || false";
        let at = self.until(selector, &script).await.as_u64().unwrap() as usize - 1;
        let all = self.client.find_all(Locator::Css(selector)).await.unwrap();
        all[at].click().await.unwrap_or_else(|error| panic!("{selector}: {error}"));
    }

    /// Clicks the button that says this.
    pub async fn press(&self, text: &str) {
        let script = format!(
            "const seen = [...document.querySelectorAll('button, summary')].filter(e => e.checkVisibility() && e.getAttribute('aria-disabled') !== 'true' && !e.disabled && getComputedStyle(e).pointerEvents !== 'none');\
             document.querySelectorAll('[data-pressed]').forEach(e => delete e.dataset.pressed);\
             const one = seen.find(e => e.innerText.trim() === {0}) ?? seen.find(e => e.innerText.includes({0}));\
             if (one) one.dataset.pressed = 'x'; return !!one",
            json!(text)
        );
        self.until(&format!("a button “{text}”"), &script).await;
        let one = self.client.find(Locator::Css("[data-pressed]")).await.unwrap();
        one.click().await.unwrap_or_else(|error| panic!("{text}: {error}"));
    }

    /// The main button of the screen.
    pub async fn press_main(&self) {
        self.click(".screen:not([hidden]) .bar button.main").await;
    }

    /// Types into the first field that can be seen and has this selector; what stood there is gone.
    pub async fn type_into(&self, selector: &str, text: &str) {
        let script =
            format!("const e = document.querySelector({}); return !!e && e.checkVisibility()", json!(selector));
        self.until(selector, &script).await;
        let field = self.client.find(Locator::Css(selector)).await.unwrap();
        field.clear().await.unwrap();
        field.send_keys(text).await.unwrap();
    }

    pub async fn language(&self, tag: &str) {
        self.click(&format!(".languages button[lang='{tag}']")).await;
        let script = format!("return document.documentElement.lang === {}", json!(tag));
        self.until(&format!("the language {tag}"), &script).await;
    }

    /// A picture of the screen as it stands.
    pub async fn picture(&self, name: &str) {
        self.desktop.picture(&self.client, name).await;
    }

    /// A picture of the screen in both languages; afterwards it is English.
    pub async fn pictures(&self, name: &str) {
        for (tag, short) in [("zh-CN", "zh"), ("en", "en")] {
            self.language(tag).await;
            self.desktop.picture(&self.client, &format!("{name}-{short}")).await;
        }
    }

    /// What the accessibility checker finds on the screen as it stands, where the checker is at hand.
    pub async fn accessible(&self, name: &str) {
        let Some(checker) = axe() else { return };
        self.client.execute(&checker, Vec::new()).await.unwrap();
        let script = "const done = arguments[arguments.length - 1];\
            axe.run(document, { runOnly: ['wcag2a', 'wcag2aa', 'wcag21a', 'wcag21aa', 'wcag22aa'] })\
               .then(r => done(r.violations.map(v => `${v.id}: ${v.help}: ${v.nodes.map(n => n.target.join(' ')).join(', ')}`)), e => done([String(e)]))";
        let found = self.client.execute_async(script, Vec::new()).await.unwrap();
        assert_eq!(found, json!([]), "{name}: {found:#}");
    }

    pub async fn close(self) {
        self.client.close().await.unwrap();
    }

    /// Ends the application as its own Pause and quit does, and waits until it is gone.
    pub async fn quit(self) {
        let script = "window.__TAURI__.core.invoke('quit')";
        let _ = self.client.execute(script, Vec::new()).await;
        let begun = Instant::now();
        while !self.processes().is_empty() {
            assert!(begun.elapsed() < PATIENCE, "the application does not quit");
            tokio::time::sleep(Duration::from_millis(50)).await;
        }
        let _ = self.client.close().await;
    }

    /// Ends the application as a crash does.
    pub async fn crash(self) {
        for process in self.processes() {
            signal(process, Signal::KILL);
        }
        let _ = self.client.close().await;
    }

    /// The application's own processes on this desktop.
    fn processes(&self) -> Vec<u32> {
        let display = format!("DISPLAY={}\0", self.desktop.display);
        let ours = |process: &u32| {
            let name = fs::read_to_string(format!("/proc/{process}/comm")).unwrap_or_default();
            let environment = fs::read(format!("/proc/{process}/environ")).unwrap_or_default();
            name.trim() == "mailferry" && environment.windows(display.len()).any(|part| part == display.as_bytes())
        };
        descendants(std::process::id()).into_iter().filter(ours).collect()
    }
}

/// axe-core, where the tests' set-up has fetched it.
fn axe() -> Option<String> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).parent().unwrap();
    fs::read_to_string(root.join("build/axe.min.js")).ok()
}

/// Which processes hold a text in their arguments or in their files is asked by tests/secrets.rs; here: no file
/// below a directory holds it.
pub fn nowhere_below(directory: &Path, secret: &str) {
    let mut open = vec![directory.to_owned()];
    while let Some(place) = open.pop() {
        for entry in fs::read_dir(&place).into_iter().flatten().flatten() {
            let path = entry.path();
            if entry.file_type().is_ok_and(|kind| kind.is_dir()) {
                open.push(path);
            } else if let Ok(octets) = fs::read(&path) {
                let found = octets.windows(secret.len()).any(|part| part == secret.as_bytes());
                assert!(!found, "a password lies in {}", path.display());
            }
        }
    }
}
