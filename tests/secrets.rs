//! No password in any file, log, output or argument list, after a run at trace level with failures in it.

use harness::{Dovecot, MailboxState, Proxy, between, person, samples};
use std::fs;
use std::path::{Path, PathBuf};
use std::time::Duration;

/// No quotes or signs in it: it looks the same however it is written.
const OLD: &str = "hidden7Qv2old";
const NEW: &str = "hidden9Xk4new";

fn server(password: &str) -> Dovecot {
    Dovecot::with(harness::Options { users: vec![(harness::USER.into(), password.into())], ..Default::default() })
}

fn files(place: &Path) -> Vec<PathBuf> {
    let mut found = Vec::new();
    for entry in fs::read_dir(place).into_iter().flatten().flatten() {
        let path = entry.path();
        if path.is_dir() { found.extend(files(&path)) } else { found.push(path) }
    }
    found
}

/// Every form in which a password travels: itself, and base64 as in AUTH=PLAIN and AUTH=LOGIN.
fn forms() -> Vec<Vec<u8>> {
    let mut forms = Vec::new();
    for password in [OLD, NEW] {
        forms.push(password.as_bytes().to_vec());
        let plain = format!("\0{}\0{password}", harness::USER);
        for text in [password, plain.as_str()] {
            let code = base64(text.as_bytes());
            // The last group depends on what follows.
            forms.push(code.trim_end_matches('=').as_bytes()[..code.trim_end_matches('=').len() - 1].to_vec());
        }
    }
    forms
}

fn base64(octets: &[u8]) -> String {
    const DIGITS: &[u8; 64] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    let mut out = String::new();
    for three in octets.chunks(3) {
        let bits = three.iter().fold(0_u32, |bits, octet| bits << 8 | u32::from(*octet)) << (8 * (3 - three.len()));
        let digit = |at: usize| char::from(DIGITS[(bits >> (18 - 6 * at)) as usize & 63]);
        (0..4).for_each(|at| out.push(if at <= three.len() { digit(at) } else { '=' }));
    }
    out
}

fn holds(octets: &[u8]) -> Option<String> {
    let found = forms().into_iter().find(|form| octets.windows(form.len()).any(|window| window == form));
    found.map(|form| String::from_utf8_lossy(&form).into_owned())
}

#[test]
fn no_password_is_left_anywhere() {
    assert_eq!(base64(b"\0a\0bc"), "AGEAYmM=");
    let (old, new) = (server(OLD), server(NEW));
    old.wire().load(&samples(800), '/', "");
    let to_new = Proxy::to(new.tls, Duration::from_millis(20));
    let person = person(&old, &new).with("RUST_LOG", "trace").with("RUST_BACKTRACE", "1");
    let target = new.url_at("imaps", to_new.port);
    let mut arguments = harness::command::arguments("move", &old, &old.url(), &target);
    arguments.extend(["--backup".into(), person.home.path().join("backup").display().to_string()]);
    let mut said = Vec::new();

    // A cut in the midst, so that everything signs in twice.
    to_new.cut_after(1_500_000);
    let mut running = person.start(&arguments);
    let mut looks = 0;
    while !running.is_over() {
        // Once it is hushed, which it is before it reads a password: no core, and nobody but root owns its memory.
        let process = format!("/proc/{}", running.pid());
        if let Ok(limits) = fs::read_to_string(format!("{process}/limits"))
            && looks > 2
        {
            let core = limits.lines().find(|line| line.starts_with("Max core file size")).unwrap_or_default();
            assert_eq!(core.split_whitespace().skip(4).collect::<Vec<_>>(), ["0", "0", "bytes"], "{core}");
        }
        for entry in fs::read_dir("/proc").into_iter().flatten().flatten() {
            let line = fs::read(entry.path().join("cmdline")).unwrap_or_default();
            assert_eq!(holds(&line), None, "in the arguments of {}", entry.path().display());
        }
        looks += 1;
        std::thread::sleep(Duration::from_millis(20));
    }
    let whole = running.finish().expect(0);
    said.push(whole);
    said.push(person.run(&between("check", &old, &new)));
    // Refused sign-ins, each side with the other's password.
    let swapped = harness::Person::new().with("OLD_SECRET", NEW).with("NEW_SECRET", OLD).with("RUST_LOG", "trace");
    said.push(swapped.run(&between("move", &old, &new)).expect(3));
    MailboxState::of(&old).assert_same(&MailboxState::of(&new));

    let mut searched = 0;
    for home in [person.home.path(), swapped.home.path()] {
        for file in files(home) {
            assert_eq!(holds(&fs::read(&file).unwrap_or_default()), None, "in {}", file.display());
            searched += 1;
        }
    }
    for run in &said {
        assert_eq!(holds(run.stdout.as_bytes()), None, "on stdout");
        assert_eq!(holds(run.stderr.as_bytes()), None, "on stderr");
    }
    println!("no password in {searched} files, {} outputs, {looks} looks at all argument lists", said.len() * 2);
    assert!(searched > 3 && looks > 2, "{searched} files, {looks} looks");
}
