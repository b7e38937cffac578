//! The page of the window by itself, in the real WebKit and without Node: `tests/ui/` is served beside `ui/` under
//! the window's own content security policy, runs its tests in the page, and the results are read from there.

use harness::process::within;
use harness::{Desk, Desktop};
use std::fs;
use std::io::{BufRead, BufReader, Read, Write};
use std::net::{TcpListener, TcpStream};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).parent().unwrap().to_owned()
}

/// The window's own policy, but for the way to Rust, which is not there: the page asks this server instead.
fn policy() -> String {
    let text = fs::read_to_string(root().join("tauri.conf.json")).unwrap();
    let settings: serde_json::Value = serde_json::from_str(&text).unwrap();
    let lines = settings["app"]["security"]["csp"].as_object().expect("tauri.conf.json names a policy");
    let line = |(name, value): (&String, &serde_json::Value)| match name.as_str() {
        "connect-src" => "connect-src 'self'".to_owned(),
        _ => format!("{name} {}", value.as_str().unwrap()),
    };
    lines.iter().map(line).collect::<Vec<_>>().join("; ")
}

/// Serves the repository's `ui/` and `tests/` on the loopback, for as long as the test runs. Gives the port.
fn serve() -> u16 {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let port = listener.local_addr().unwrap().port();
    let policy: Arc<str> = policy().into();
    std::thread::spawn(move || {
        for stream in listener.incoming().flatten() {
            let policy = policy.clone();
            std::thread::spawn(move || answer(stream, &policy));
        }
    });
    port
}

fn answer(mut stream: TcpStream, policy: &str) -> Option<()> {
    let mut lines = BufReader::new(stream.try_clone().ok()?.take(65_536)).lines().map_while(Result::ok);
    let first = lines.next()?;
    let path = first.split(' ').nth(1)?.split('?').next()?.trim_start_matches('/').to_owned();
    lines.find(String::is_empty);
    let allowed = (path.starts_with("ui/") || path.starts_with("tests/")) && !path.contains("..");
    let body = if allowed { fs::read(root().join(&path)).ok() } else { None };
    let kind = match path.rsplit('.').next() {
        Some("js") => "text/javascript",
        Some("css") => "text/css",
        Some("json") => "application/json",
        _ => "text/html; charset=utf-8",
    };
    let status = if body.is_some() { "200 OK" } else { "404 Not Found" };
    let body = body.unwrap_or_default();
    let head = format!(
        "HTTP/1.1 {status}\r\nContent-Type: {kind}\r\nContent-Length: {}\r\nContent-Security-Policy: {policy}\r\n\
         Cache-Control: no-store\r\nConnection: close\r\n\r\n",
        body.len()
    );
    stream.write_all(head.as_bytes()).ok()?;
    stream.write_all(&body).ok()
}

/// Files of the window's page, as (path, text).
fn sources(place: &Path, into: &mut Vec<(PathBuf, String)>) {
    for entry in fs::read_dir(place).unwrap().flatten() {
        let path = entry.path();
        if path.is_dir() {
            sources(&path, into);
        } else {
            let text = fs::read_to_string(&path).unwrap();
            into.push((path, text));
        }
    }
}

#[test]
fn text_is_never_parsed_as_markup_or_as_a_program() {
    let mut files = Vec::new();
    sources(&root().join("ui"), &mut files);
    assert!(files.len() > 20, "{} files", files.len());
    let forbidden = [
        "innerHTML",
        "outerHTML",
        "insertAdjacentHTML",
        "document.write",
        "DOMParser",
        "eval(",
        "new Function",
        "style=",
        "onclick=",
    ];
    for (path, text) in &files {
        for word in forbidden {
            assert!(!text.contains(word), "{}: {word}", path.display());
        }
    }
}

#[test]
fn elements_lists_and_drawings_stay_small() {
    let lines = |name: &str| fs::read_to_string(root().join("ui").join(name)).unwrap().lines().count();
    let all = lines("dom.js") + lines("list.js") + lines("chart.js");
    assert!(all < 500, "{all} lines");
}

#[tokio::test(flavor = "multi_thread")]
async fn the_page_passes_its_own_tests() {
    let desktop = Desktop::with(Desk { keychain: false, ..Desk::default() });
    let connector = hyper_util::client::legacy::connect::HttpConnector::new();
    // Without a binary named, the driver opens the browser that WebKit brings with it.
    let browser = fantoccini::ClientBuilder::new(connector)
        .connect(&format!("http://127.0.0.1:{}", desktop.driver))
        .await
        .unwrap_or_else(|error| panic!("WebKit's browser does not open: {error}\n{}", desktop.log("driver")));
    browser.set_window_size(1200, 800).await.unwrap();
    browser.goto(&format!("http://127.0.0.1:{}/tests/ui/index.html", serve())).await.unwrap();

    let mut results = serde_json::Value::Null;
    for _ in 0..600 {
        results = browser.execute("return window.results ?? null", Vec::new()).await.unwrap();
        if !results.is_null() {
            break;
        }
        tokio::time::sleep(Duration::from_millis(100)).await;
    }
    browser.close().await.unwrap();
    let names = |part: &str| -> Vec<String> {
        let list = results[part].as_array().unwrap_or_else(|| panic!("no results after a minute"));
        list.iter().filter_map(|name| name.as_str().map(str::to_owned)).collect()
    };
    let (passed, failed) = (names("passed"), names("failed"));
    println!("{} tests in the page", passed.len());
    assert!(failed.is_empty(), "{} of {} failed:\n{}", failed.len(), failed.len() + passed.len(), failed.join("\n"));
    assert!(passed.len() >= 100, "only {} tests ran: {passed:?}", passed.len());
    drop(desktop);
    assert!(
        within(Duration::from_secs(5), || harness::process::descendants(std::process::id()).is_empty().then_some(()))
            .is_some()
    );
}
