//! A real Dovecot of a test's own: its configuration, its data and its life.

use crate::certificate::{self, Certificate, Issued};
use crate::process::{self, free_port, within};
use crate::wire::Wire;
use std::fmt::Write as _;
use std::fs;
use std::os::unix::fs::{MetadataExt, PermissionsExt, chown};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::Duration;
use tempfile::TempDir;

/// The user that every server knows unless a test says otherwise.
pub const USER: &str = "wei@example.com";
/// Recognisable, so that a test can look for it where it must not be.
pub const PASSWORD: &str = "ferry-\"7Q\\%-secret";

/// The account in which mail files are kept when the tests run as root: Dovecot refuses mail of root.
pub(crate) const NOBODY: u32 = 65_534;

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Format {
    #[default]
    Maildir,
    Sdbox,
}

#[derive(Clone, Debug)]
pub struct Options {
    /// (user, password); any characters but a line break.
    pub users: Vec<(String, String)>,
    pub certificate: Certificate,
    pub format: Format,
    /// The whole capability line, when the server shall offer less than it can (`imap_capability`).
    pub capability: Option<String>,
    pub separator: char,
    /// Of the personal namespace, as `INBOX.`; INBOX itself is always INBOX.
    pub prefix: String,
    /// (name below the prefix, attribute), created and subscribed: `("Sent", "\\Sent")`.
    pub special: Vec<(String, String)>,
    /// Octets; stores beyond it are answered `NO [OVERQUOTA]`.
    pub quota: Option<u64>,
    /// Octets of the largest message; larger ones are answered `NO [LIMIT]`... by the quota plugin.
    pub message_limit: Option<u64>,
    pub connections_per_user: u32,
    /// Where the server's directory is made; None: with the system's temporary files.
    pub place: Option<PathBuf>,
    /// Further lines of dovecot.conf.
    pub extra: String,
}

impl Default for Options {
    fn default() -> Self {
        Self {
            users: vec![(USER.to_owned(), PASSWORD.to_owned())],
            certificate: Certificate::Good,
            format: Format::Maildir,
            capability: None,
            separator: '/',
            prefix: String::new(),
            special: Vec::new(),
            quota: None,
            message_limit: None,
            connections_per_user: 50,
            place: None,
            extra: String::new(),
        }
    }
}

impl Options {
    pub fn with_special() -> Self {
        let special = [("Drafts", "\\Drafts"), ("Sent", "\\Sent"), ("Junk", "\\Junk"), ("Trash", "\\Trash")];
        Self { special: special.map(|(name, attribute)| (name.into(), attribute.into())).into(), ..Self::default() }
    }
}

/// A running server on 127.0.0.1. Ended, with everything it started, when dropped; its data go with it.
pub struct Dovecot {
    /// IMAP without TLS, and with STARTTLS.
    pub plain: u16,
    /// IMAP over TLS.
    pub tls: u16,
    pub options: Options,
    pub issued: Issued,
    directory: TempDir,
    child: Option<Child>,
}

impl Dovecot {
    pub fn start() -> Self {
        Self::with(Options::default())
    }

    pub fn with(options: Options) -> Self {
        let place = options.place.clone().unwrap_or_else(std::env::temp_dir);
        let directory = tempfile::Builder::new().prefix("mailferry-dovecot-").tempdir_in(place).unwrap();
        fs::set_permissions(directory.path(), fs::Permissions::from_mode(0o755)).unwrap();
        let issued = certificate::issue(options.certificate);
        for (name, text) in [("ca.pem", &issued.authority), ("cert.pem", &issued.certificate), ("key.pem", &issued.key)]
        {
            fs::write(directory.path().join(name), text).unwrap();
        }
        let mut server = Self { plain: 0, tls: 0, options, issued, directory, child: None };
        server.make_directories();
        // Somebody else may take a port between our look and Dovecot's bind.
        for _ in 0..5 {
            server.plain = free_port();
            server.tls = free_port();
            server.configure();
            if server.run().is_ok() {
                return server;
            }
        }
        panic!("dovecot does not start:\n{}", server.log());
    }

    /// Ends the server as its administrator would: sessions get BYE. Its data stay.
    pub fn stop(&mut self) {
        if let Some(mut child) = self.child.take() {
            process::end(&mut child);
        }
    }

    /// Those that it has started and that run now.
    pub fn processes(&self) -> Vec<u32> {
        self.child.iter().flat_map(|child| process::descendants(child.id())).collect()
    }

    /// Ends the server without a word to anybody.
    pub fn kill(&mut self) {
        if let Some(mut child) = self.child.take() {
            // One that stands still makes no further process between our look and its end.
            process::signal(child.id(), process::Signal::STOP);
            let below = process::descendants(child.id());
            let _ = child.kill();
            let _ = child.wait();
            below.into_iter().for_each(|pid| process::signal(pid, process::Signal::KILL));
        }
    }

    /// The same server again: same ports, same mail.
    pub fn start_again(&mut self) {
        self.stop();
        let up = within(Duration::from_secs(10), || self.run().ok());
        assert!(up.is_some(), "dovecot does not come back:\n{}", self.log());
    }

    /// PEM file of the authority that issued this server's certificate.
    pub fn authority(&self) -> PathBuf {
        self.directory.path().join("ca.pem")
    }

    /// Where everything of this server lies: `mail/USER/Maildir` or `mail/USER/sdbox`, `log`.
    pub fn directory(&self) -> &Path {
        self.directory.path()
    }

    pub fn user(&self) -> &str {
        &self.options.users[0].0
    }

    pub fn password(&self) -> &str {
        &self.options.users[0].1
    }

    /// `imaps://USER@localhost:PORT` of the first user, for the command line.
    pub fn url(&self) -> String {
        self.url_at("imaps", self.tls)
    }

    /// The same through another port: a proxy's.
    pub fn url_at(&self, scheme: &str, port: u16) -> String {
        Self::url_of(self.user(), scheme, port)
    }

    /// Of any user of any server.
    pub fn url_of(user: &str, scheme: &str, port: u16) -> String {
        let user: String = user
            .bytes()
            .map(|octet| match octet {
                b'a'..=b'z' | b'A'..=b'Z' | b'0'..=b'9' | b'.' | b'-' | b'_' => char::from(octet).to_string(),
                other => format!("%{other:02X}"),
            })
            .collect();
        format!("{scheme}://{user}@localhost:{port}")
    }

    /// A session of the harness itself, signed in as the first user.
    pub fn wire(&self) -> Wire {
        self.wire_as(self.user(), self.password())
    }

    pub fn wire_as(&self, user: &str, password: &str) -> Wire {
        let mut wire = Wire::connect(self.plain);
        wire.sign_in(user, password);
        wire
    }

    pub fn log(&self) -> String {
        fs::read_to_string(self.directory.path().join("log")).unwrap_or_default()
    }

    fn make_directories(&self) {
        let place = self.directory.path();
        let mail = place.join("mail");
        fs::create_dir(&mail).unwrap();
        if is_root() {
            chown(&mail, Some(NOBODY), Some(NOBODY)).unwrap();
        }
        self.write_passwords();
    }

    fn write_passwords(&self) {
        let mut users = String::new();
        for (user, password) in &self.options.users {
            // Hexadecimal: a colon in a password would end the field.
            let hex: String = password.bytes().map(|octet| format!("{octet:02x}")).collect();
            writeln!(users, "{user}:{{PLAIN.HEX}}{hex}").unwrap();
        }
        fs::write(self.directory.path().join("users"), users).unwrap();
    }

    /// Gives the first user another password. Sessions that are open stay open.
    pub fn change_password(&mut self, password: &str) {
        self.options.users[0].1 = password.to_owned();
        self.write_passwords();
    }

    fn configure(&self) {
        fs::write(self.directory.path().join("dovecot.conf"), self.configuration()).unwrap();
    }

    fn configuration(&self) -> String {
        let place = self.directory.path().display();
        let Options { format, separator, prefix, connections_per_user, extra, .. } = &self.options;
        let location = match format {
            Format::Maildir => "maildir:~/Maildir",
            Format::Sdbox => "sdbox:~/sdbox",
        };
        let (uid, gid) = owner(self.directory.path());
        let mut text = format!(
            "base_dir = {place}/run\nstate_dir = {place}/state\nlog_path = {place}/log\n\
             protocols = imap\nlisten = 127.0.0.1\n\
             ssl = yes\nssl_cert = <{place}/cert.pem\nssl_key = <{place}/key.pem\nssl_min_protocol = TLSv1.2\n\
             disable_plaintext_auth = no\nauth_mechanisms = plain login\nauth_username_chars =\n\
             auth_failure_delay = 0\n\
             passdb {{\n driver = passwd-file\n args = username_format=%u {place}/users\n}}\n\
             userdb {{\n driver = static\n args = uid={uid} gid={gid} home={place}/mail/%u\n}}\n\
             first_valid_uid = 1\nmail_location = {location}\nmail_fsync = never\n\
             mail_max_userip_connections = {connections_per_user}\n\
             default_vsz_limit = 1G\n\
             service imap-login {{\n inet_listener imap {{\n port = {plain}\n }}\n\
             inet_listener imaps {{\n port = {tls}\n ssl = yes\n }}\n}}\n\
             service anvil {{\n unix_listener anvil-auth-penalty {{\n mode = 0\n }}\n}}\n",
            plain = self.plain,
            tls = self.tls,
        );
        if !is_root() {
            // An ordinary user can neither change its root directory nor become anybody else.
            let name = |argument: &str| {
                let output = Command::new("id").arg(argument).output().unwrap();
                String::from_utf8_lossy(&output.stdout).trim().to_owned()
            };
            write!(
                text,
                "default_internal_user = {user}\ndefault_login_user = {user}\ndefault_internal_group = {group}\n\
                 service imap-login {{\n chroot =\n}}\nservice anvil {{\n chroot =\n}}\n",
                user = name("-un"),
                group = name("-gn"),
            )
            .unwrap();
        }
        write!(text, "namespace inbox {{\n inbox = yes\n separator = {separator}\n prefix = {prefix}\n").unwrap();
        for (name, attribute) in &self.options.special {
            write!(text, " mailbox \"{name}\" {{\n  special_use = {attribute}\n  auto = subscribe\n }}\n").unwrap();
        }
        text.push_str("}\n");
        if let Some(capability) = &self.options.capability {
            write!(text, "protocol imap {{\n imap_capability = {capability}\n}}\n").unwrap();
        }
        if self.options.quota.is_some() || self.options.message_limit.is_some() {
            text.push_str("mail_plugins = quota\nprotocol imap {\n mail_plugins = quota imap_quota\n}\nplugin {\n");
            text.push_str(" quota = count:User quota\n quota_vsizes = yes\n quota_grace = 0\n");
            if let Some(octets) = self.options.quota {
                writeln!(text, " quota_rule = *:bytes={octets}").unwrap();
            }
            if let Some(octets) = self.options.message_limit {
                writeln!(text, " quota_max_mail_size = {octets}").unwrap();
            }
            text.push_str("}\n");
        }
        text.push_str(extra);
        text
    }

    fn run(&mut self) -> Result<(), ()> {
        let program = process::program("dovecot", "dovecot-imapd");
        let child = Command::new(program)
            .args(["-F", "-c"])
            .arg(self.directory.path().join("dovecot.conf"))
            .stdin(Stdio::null())
            .stdout(Stdio::null())
            .stderr(fs::File::create(self.directory.path().join("stderr")).unwrap())
            .spawn()
            .unwrap();
        let child = self.child.insert(child);
        let up = within(Duration::from_secs(10), || {
            if child.try_wait().ok().flatten().is_some() {
                return Some(false);
            }
            (process::answers(self.plain) && process::answers(self.tls)).then_some(true)
        });
        if up == Some(true) {
            return Ok(());
        }
        self.stop();
        Err(())
    }
}

impl Drop for Dovecot {
    fn drop(&mut self) {
        self.stop();
    }
}

pub(crate) fn is_root() -> bool {
    fs::metadata("/proc/self").is_ok_and(|own| own.uid() == 0)
}

/// Who owns the mail.
fn owner(directory: &Path) -> (u32, u32) {
    if is_root() {
        return (NOBODY, NOBODY);
    }
    let own = fs::metadata(directory).unwrap();
    (own.uid(), own.gid())
}
