//! One scenario: what is done against what is said, and what comes of it, in one line of text.

use crate::feed::Line;
use crate::server::{self, BODIES, Door, Heard, Rule, Say, Script};
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use harness::Certificate;
use mail::imap::{Experience, Imap, Mechanism, SignIn};
use mail::net::{Security, Server};
use mail::{
    Budget, Failure, Fetched, FlagChange, Flags, Folder, FolderPath, MessageId, Part, Result, Seen, Sha256, Source,
    Target, Want,
};
use std::io::Write;
use tokio::sync::mpsc;

pub const USER: &str = "wei@example.com";
pub const SECRET: &str = "ferry-\"7Q\\%-geheim";

/// What is done once the connection stands.
#[derive(Clone, Copy, Debug)]
pub enum Deed {
    /// Nothing: signing in is all.
    SignIn,
    Folders,
    List,
    /// Messages 1 to 3.
    Fetch,
    Hash,
    Prepare(&'static str),
    /// Bodies and keywords.
    Store(&'static [&'static str], &'static [&'static str]),
    /// Messages 1 to 3 into another folder.
    Relocate,
    Remove,
}

#[derive(Clone, Debug)]
pub struct Scenario {
    pub name: &'static str,
    /// Result, and behind a semicolon: of a sign-in whether the secret was kept or sent, else whether the connection was
    /// kept or ended.
    pub comes: &'static str,
    deed: Deed,
    script: Script,
    security: Security,
    trusted: bool,
    pin: Option<Sha256>,
    slow: bool,
    hears: Vec<&'static str>,
    never: Vec<&'static str>,
}

pub fn row(name: &'static str, deed: Deed, comes: &'static str) -> Scenario {
    let script = Script { door: Door::Plain, offers: "", rules: Vec::new() };
    let (hears, never) = (Vec::new(), Vec::new());
    Scenario {
        name,
        comes,
        deed,
        script,
        security: Security::Plain,
        trusted: true,
        pin: None,
        slow: false,
        hears,
        never,
    }
}

/// A connection to a server that is honest but for its door.
pub fn door(name: &'static str, door: Door, comes: &'static str) -> Scenario {
    let mut scenario = row(name, Deed::SignIn, comes);
    scenario.script.door = door;
    scenario.security =
        if matches!(door, Door::StartTls(_) | Door::StartNothing) { Security::StartTls } else { Security::Tls };
    scenario
}

impl Scenario {
    pub fn offers(mut self, capabilities: &'static str) -> Self {
        self.script.offers = capabilities;
        self
    }

    fn rule(mut self, at: &'static str, say: Say, once: bool) -> Self {
        self.script.rules.push(Rule { at, say, once });
        self
    }

    pub fn says(self, at: &'static str, text: impl Into<Vec<u8>>) -> Self {
        self.rule(at, Say::Text(text.into()), false)
    }

    pub fn says_once(self, at: &'static str, text: impl Into<Vec<u8>>) -> Self {
        self.rule(at, Say::Text(text.into()), true)
    }

    /// Before all other rules.
    pub fn first_says(mut self, at: &'static str, text: impl Into<Vec<u8>>) -> Self {
        self.script.rules.insert(0, Rule { at, say: Say::Text(text.into()), once: false });
        self
    }

    pub fn first_ends(mut self, at: &'static str, text: impl Into<Vec<u8>>) -> Self {
        self.script.rules.insert(0, Rule { at, say: Say::Last(text.into()), once: false });
        self
    }

    /// Says it and hangs up.
    pub fn ends(self, at: &'static str, text: impl Into<Vec<u8>>) -> Self {
        self.rule(at, Say::Last(text.into()), false)
    }

    pub fn endless(self, at: &'static str, first: impl Into<Vec<u8>>, then: impl Into<Vec<u8>>) -> Self {
        self.rule(at, Say::Endless(first.into(), then.into()), false)
    }

    /// The client wants TLS by STARTTLS.
    pub fn starttls(mut self) -> Self {
        self.security = Security::StartTls;
        if self.script.door == Door::Plain {
            self.script.door = Door::StartTls(Certificate::Good);
        }
        self
    }

    /// Nobody has told the client of the authority.
    pub fn untrusted(mut self) -> Self {
        self.trusted = false;
        self
    }

    pub fn pinned(mut self) -> Self {
        self.pin = Some(Sha256::of(b"another certificate"));
        self
    }

    /// The line is known to be slow, and the server offers to compress. Without a rule for COMPRESS it does.
    pub fn compresses(mut self) -> Self {
        self.slow = true;
        self.offers("COMPRESS=DEFLATE")
    }

    /// Among what the client sent this must be.
    pub fn hears(mut self, text: &'static str) -> Self {
        self.hears.push(text);
        self
    }

    pub fn never_hears(mut self, text: &'static str) -> Self {
        self.never.push(text);
        self
    }

    pub async fn run(&self) -> String {
        let (port, heard, authority) = server::start(self.script.clone()).await;
        let mut file = tempfile::NamedTempFile::new().unwrap();
        file.write_all(authority.as_bytes()).unwrap();
        let server = Server {
            host: "localhost".into(),
            port,
            security: self.security,
            pin: self.pin,
            authority: self.trusted.then(|| file.path().to_owned()),
        };
        let sign_in = SignIn { user: USER, secret: SECRET, mechanism: Mechanism::Auto, admin: None };
        let opened = Imap::open(&server, sign_in, Budget::new(16 << 20, std::env::temp_dir())).await;
        let mut came = match (opened, self.deed) {
            (Ok(_), Deed::SignIn) => format!("in; {}", told(&heard)),
            (Err(failure), _) => format!("{}; {}", cause(&failure), told(&heard)),
            (Ok(mut imap), deed) => {
                if self.slow {
                    let experience = Experience::default();
                    experience.found_slow();
                    imap = imap.heeding(&experience);
                }
                let came = work(&mut imap, deed).await;
                format!("{came}; {}", probe(&mut imap).await)
            }
        };
        let heard = String::from_utf8_lossy(&heard.lock().unwrap()).into_owned();
        for text in self.hears.iter().filter(|text| !heard.contains(**text)) {
            came += &format!("; never sent {text:?} but {heard:?}");
        }
        for text in self.never.iter().filter(|text| heard.contains(**text)) {
            came += &format!("; sent {text:?}");
        }
        came
    }
}

/// The cause, and that no server's words came along with control characters or without end.
fn cause(failure: &Failure) -> String {
    let words = failure.words.as_deref().unwrap_or_default();
    assert!(words.chars().count() <= 500 && !words.contains(char::is_control), "{words:?}");
    assert!(!words.contains("geheim"), "{words:?}");
    failure.cause.code().to_owned()
}

/// Whether any octet of the credentials went out, in whatever form.
fn told(heard: &Heard) -> &'static str {
    let heard = heard.lock().unwrap();
    let sasl = STANDARD.encode(format!("\0{USER}\0{SECRET}"));
    let forms =
        [USER, "geheim", "LOGIN", "AUTHENTICATE", &sasl[..12], &STANDARD.encode(USER), &STANDARD.encode(SECRET)];
    let sent = forms.iter().any(|form| heard.windows(form.len()).any(|window| window == form.as_bytes()));
    if sent { "secret sent" } else { "secret kept" }
}

fn folder(name: &str) -> Folder {
    Folder {
        wire: name.as_bytes().to_vec(),
        delimiter: Some('/'),
        path: FolderPath::new([name]),
        special: None,
        selectable: true,
        status: None,
    }
}

/// Whether the connection can still be used: a folder that every server here tells the truth about.
async fn probe(imap: &mut Imap) -> &'static str {
    match imap.list(&folder("probe"), 1, Want::Flags).await {
        Ok(listing) => {
            assert_eq!(listing.entries.len(), 3, "the answer to something else");
            "kept"
        }
        Err(_) => "ended",
    }
}

async fn work(imap: &mut Imap, deed: Deed) -> String {
    let inbox = folder("INBOX");
    let ids = [1, 2, 3].map(MessageId::Uid);
    let plainly = |result: Result<String>| result.unwrap_or_else(|failure| cause(&failure));
    match deed {
        Deed::SignIn => String::new(),
        Deed::Folders => plainly(imap.folders().await.map(|folders| {
            let shown: Vec<String> = folders.iter().map(show).collect();
            if shown.len() > 12 { format!("{} folders", shown.len()) } else { shown.join(" ") }
        })),
        Deed::List => plainly(imap.list(&inbox, 1, Want::Headers).await.map(|listing| {
            let uids = listing.entries.iter().map(|entry| entry.id.to_string());
            uids.collect::<Vec<_>>().join(" ")
        })),
        Deed::Fetch => fetch(imap, Part::Whole).await,
        Deed::Hash => fetch(imap, Part::Hashes).await,
        Deed::Prepare(name) => plainly(imap.prepare(&FolderPath::new([name]), None).await.map(|fence| {
            let wire = fence.folder.wire.escape_ascii();
            format!("{wire} from {}", fence.uid_next)
        })),
        Deed::Store(bodies, keywords) => store(imap, bodies, keywords).await,
        Deed::Relocate => plainly(imap.relocate(&inbox, &ids, &folder("other")).await.map(|moved| {
            let there = |uid: Option<u32>| uid.map_or("?".to_owned(), |uid| uid.to_string());
            moved.into_iter().map(|(id, uid)| format!("{id}@{}", there(uid))).collect::<Vec<_>>().join(" ")
        })),
        Deed::Remove => {
            let flag = FlagChange { id: MessageId::Uid(1), flags: Flags::default() };
            let flagged = imap.flag(&inbox, &[flag]).await;
            let seen: Vec<Seen> = ids.map(|id| Seen { id, flags: Flags::default() }).into();
            let removed = match flagged {
                Ok(()) => imap.remove(&inbox, &seen, None).await,
                Err(failure) => Err(failure),
            };
            plainly(removed.map(|left| format!("removed but for {}", left.len())))
        }
    }
}

/// `name(messages)`; `?` before what could not be read, nodes in brackets.
fn show(folder: &Folder) -> String {
    let name = folder.path.to_string().escape_debug().to_string();
    let name = match name.char_indices().nth(40) {
        Some((at, _)) => format!("{}…", &name[..at]),
        None => name,
    };
    let messages = folder.status.and_then(|status| status.messages).map_or(String::new(), |count| format!("({count})"));
    match () {
        () if folder.is_unreadable() => format!("?{name}"),
        () if !folder.selectable => format!("[{name}]"),
        () => format!("{name}{messages}"),
    }
}

/// `1` for a message as it is, `1=text` for another, `1!cause`; behind `then` why it ended.
async fn fetch(imap: &mut Imap, part: Part) -> String {
    let (out, mut incoming) = mpsc::channel(100);
    let ids = [1, 2, 3].map(MessageId::Uid);
    let result = imap.fetch(&folder("INBOX"), &ids, part, out).await;
    let mut came = Vec::new();
    while let Some(fetched) = incoming.recv().await {
        came.push(match fetched {
            Fetched::Message(message) => {
                let uid = message.id.uid().unwrap();
                let octets = message.body.octets().map(|octets| octets.to_vec()).unwrap_or_default();
                if octets == BODIES[uid as usize - 1].as_bytes() {
                    uid.to_string()
                } else {
                    format!("{uid}={}", octets.escape_ascii())
                }
            }
            Fetched::Hashed { id, octets, .. } => format!("{id}#{octets}"),
            Fetched::Failed { id, failure } => format!("{id}!{}", cause(&failure)),
        });
    }
    came.sort();
    if let Err(failure) = result {
        came.push(format!("then {}", cause(&failure)));
    }
    came.join(" ")
}

async fn store(imap: &mut Imap, bodies: &[&str], keywords: &[&str]) -> String {
    let fence = match imap.prepare(&FolderPath::inbox(), None).await {
        Ok(fence) => fence,
        Err(failure) => return cause(&failure),
    };
    let mut line = Line::of(&fence, bodies, keywords);
    let stored = imap.store(&mut line).await;
    let result = stored.and(line.failure.take().map_or(Ok(()), Err));
    let mut came: Vec<String> = line.outcomes.into_values().collect();
    if let Err(failure) = result {
        came.push(format!("then {}", cause(&failure)));
    }
    came.join(" ")
}
