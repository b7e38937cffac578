//! A real Cyrus of a test's own: its configuration, its data and its life. Dovecot's only other free peer of weight, and
//! of other manners: it counts and refuses octets, dates and names that Dovecot takes.

use crate::certificate::{self, Certificate};
use crate::dovecot::{Dovecot, NOBODY, PASSWORD, USER, is_root};
use crate::process::{self, free_port, within};
use crate::wire::{Wire, literal};
use std::fs;
use std::io::{Read, Write};
use std::os::unix::fs::{PermissionsExt, chown, symlink};
use std::os::unix::net::{UnixListener, UnixStream};
use std::os::unix::process::CommandExt;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;
use tempfile::TempDir;

const ADMIN: &str = "admin";

pub struct Cyrus {
    /// Ports of the loopback.
    pub plain: u16,
    pub tls: u16,
    directory: TempDir,
    child: Option<Child>,
    /// Nobody is asked for a password any more.
    over: Arc<AtomicBool>,
}

/// As `tests/cyrus.sh` unpacks it.
fn unpacked() -> PathBuf {
    let place = Path::new(env!("CARGO_MANIFEST_DIR")).join("../build/cyrus/usr/lib");
    assert!(
        place.join("cyrus/bin/imapd").is_file(),
        "Cyrus is missing. Fetch it: sh tests/cyrus.sh (make test does it)"
    );
    place
}

impl Default for Cyrus {
    fn default() -> Self {
        Self::start()
    }
}

impl Cyrus {
    /// A new server with one user, whose inbox is empty.
    pub fn start() -> Self {
        let directory = tempfile::Builder::new().prefix("mailferry-cyrus-").tempdir().unwrap();
        fs::set_permissions(directory.path(), fs::Permissions::from_mode(0o755)).unwrap();
        let mut server = Self { plain: 0, tls: 0, directory, child: None, over: Arc::default() };
        server.lay_out();
        // Somebody else may take a port between our look and the server's bind.
        for _ in 0..5 {
            (server.plain, server.tls) = (free_port(), free_port());
            server.configure();
            if server.run() {
                let mut admin = Wire::connect(server.plain);
                admin.sign_in(ADMIN, PASSWORD);
                let inbox = literal(format!("user/{USER}").as_bytes());
                let made = admin.run(&[b"CREATE ".to_vec(), inbox].concat(), |_| ());
                assert_eq!(made.status, "OK", "the inbox: {}", made.text);
                return server;
            }
        }
        panic!("cyrus does not start:\n{}", fs::read_to_string(server.path("stderr")).unwrap_or_default());
    }

    fn path(&self, name: &str) -> PathBuf {
        self.directory.path().join(name)
    }

    /// Programs where their account may read them, directories that it owns, and who knows the password.
    fn lay_out(&self) {
        let from = unpacked();
        for name in ["bin", "lib", "conf", "spool", "run"] {
            fs::create_dir(self.path(name)).unwrap();
            if is_root() {
                chown(self.path(name), Some(NOBODY), Some(NOBODY)).unwrap();
            }
        }
        // As its mkimap makes them. Without a place for their locks its processes accept connections side by side, and
        // the first two race for what is not there yet.
        for name in
            ["conf/db", "conf/lock", "conf/log", "conf/proc", "conf/quota", "conf/socket", "conf/user", "spool/stage."]
        {
            fs::create_dir(self.path(name)).unwrap();
            if is_root() {
                chown(self.path(name), Some(NOBODY), Some(NOBODY)).unwrap();
            }
        }
        for program in ["master", "imapd", "ctl_cyrusdb"] {
            fs::copy(from.join("cyrus/bin").join(program), self.path("bin").join(program)).unwrap();
        }
        let libraries = fs::read_dir(&from).unwrap().map(|place| place.unwrap().path());
        let libraries = libraries.filter(|place| place.join("libcyrus.so.0").exists()).flat_map(fs::read_dir).flatten();
        for library in libraries.map(|library| library.unwrap().path()).filter(|path| path.is_file()) {
            let name = library.file_name().unwrap();
            match fs::read_link(&library) {
                Ok(to) => symlink(to, self.path("lib").join(name)).unwrap(),
                Err(_) => drop(fs::copy(&library, self.path("lib").join(name)).unwrap()),
            }
        }
        let issued = certificate::issue(Certificate::Good);
        for (name, text) in [("ca.pem", &issued.authority), ("cert.pem", &issued.certificate), ("key.pem", &issued.key)]
        {
            fs::write(self.path(name), text).unwrap();
            fs::set_permissions(self.path(name), fs::Permissions::from_mode(0o644)).unwrap();
        }
        let door = UnixListener::bind(self.path("run/mux")).unwrap();
        fs::set_permissions(self.path("run/mux"), fs::Permissions::from_mode(0o777)).unwrap();
        let over = Arc::clone(&self.over);
        std::thread::spawn(move || {
            for asked in door.incoming().take_while(|_| !over.load(Ordering::Relaxed)) {
                let _ = asked.ok().and_then(answer);
            }
        });
    }

    fn configure(&self) {
        let place = self.directory.path().display();
        let account = if is_root() { "nobody".to_owned() } else { name_of_user() };
        let settings = format!(
            "configdirectory: {place}/conf\npartition-default: {place}/spool\ndefaultpartition: default\n\
             cyrus_user: {account}\nadmins: {ADMIN}\nallowplaintext: yes\nsasl_mech_list: PLAIN LOGIN\n\
             sasl_pwcheck_method: saslauthd\nsasl_saslauthd_path: {place}/run/mux\n\
             unixhierarchysep: yes\naltnamespace: yes\nvirtdomains: userid\nskiplist_unsafe: yes\n\
             tls_server_cert: {place}/cert.pem\ntls_server_key: {place}/key.pem\n\
             idlesocket: {place}/run/idle\nnotifysocket: {place}/run/notify\nlmtpsocket: {place}/run/lmtp\n"
        );
        fs::write(self.path("imapd.conf"), settings).unwrap();
        let imapd = |more: &str| format!("{place}/bin/imapd {more}-C {place}/imapd.conf");
        let services = format!(
            "START {{\n recover cmd=\"{place}/bin/ctl_cyrusdb -C {place}/imapd.conf -r\"\n}}\nSERVICES {{\n\
             imap cmd=\"{}\" listen=\"127.0.0.1:{}\" prefork=0\n\
             imaps cmd=\"{}\" listen=\"127.0.0.1:{}\" prefork=0\n}}\n",
            imapd(""),
            self.plain,
            imapd("-s "),
            self.tls,
        );
        fs::write(self.path("cyrus.conf"), services).unwrap();
    }

    fn run(&mut self) -> bool {
        let child = Command::new(self.path("bin/master"))
            .env("LD_LIBRARY_PATH", self.path("lib"))
            .env("CYRUS_USER", if is_root() { "nobody".to_owned() } else { name_of_user() })
            .arg("-D")
            .arg("-C")
            .arg(self.path("imapd.conf"))
            .arg("-M")
            .arg(self.path("cyrus.conf"))
            .arg("-p")
            .arg(self.path("run/pid"))
            .stdin(Stdio::null())
            .stdout(Stdio::null())
            .stderr(fs::File::create(self.path("stderr")).unwrap())
            // At its end it sends TERM to its whole group: to every other Cyrus, and to the sessions of every Dovecot.
            .process_group(0)
            .spawn()
            .unwrap();
        let (child, ports) = (self.child.insert(child), [self.plain, self.tls]);
        let up = within(Duration::from_secs(20), || {
            if child.try_wait().ok().flatten().is_some() {
                return Some(false);
            }
            ports.into_iter().all(process::answers).then_some(true)
        });
        if up != Some(true) {
            self.stop();
        }
        up == Some(true)
    }

    /// Ends the server and all its processes.
    pub fn stop(&mut self) {
        if let Some(mut child) = self.child.take() {
            process::end(&mut child);
        }
    }

    pub fn user(&self) -> &str {
        USER
    }

    pub fn password(&self) -> &str {
        PASSWORD
    }

    pub fn authority(&self) -> PathBuf {
        self.path("ca.pem")
    }

    /// `imaps://USER@localhost:PORT`, for the command line.
    pub fn url(&self) -> String {
        self.url_at(self.tls)
    }

    /// The same through a proxy.
    pub fn url_at(&self, port: u16) -> String {
        Dovecot::url_of(USER, "imaps", port)
    }

    /// A session of the harness itself.
    pub fn wire(&self) -> Wire {
        let mut wire = Wire::connect(self.plain);
        wire.sign_in(USER, PASSWORD);
        wire
    }
}

impl Drop for Cyrus {
    fn drop(&mut self) {
        self.stop();
        self.over.store(true, Ordering::Relaxed);
        // It wakes up to see that.
        let _ = UnixStream::connect(self.path("run/mux"));
    }
}

fn name_of_user() -> String {
    let output = Command::new("id").arg("-un").output().unwrap();
    String::from_utf8_lossy(&output.stdout).trim().to_owned()
}

/// Answers as saslauthd does: user, password, service and realm come, each behind its length. None: nothing came.
fn answer(mut asked: UnixStream) -> Option<()> {
    let mut field = || {
        let mut length = [0; 2];
        asked.read_exact(&mut length).ok()?;
        let mut text = vec![0; usize::from(u16::from_be_bytes(length))];
        asked.read_exact(&mut text).ok()?;
        Some(text)
    };
    let [_, password, ..] = [field()?, field()?, field()?, field()?];
    let verdict: &[u8] = if password == PASSWORD.as_bytes() { b"\0\x02OK" } else { b"\0\x02NO" };
    // Who asked may be gone again.
    let _ = asked.write_all(verdict);
    Some(())
}
