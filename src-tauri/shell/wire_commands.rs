//! The commands as the window calls them: JSON in, JSON out, through the real handler and the real permissions.

use crate::desk::Desk;
use secrets::Secrets;
use serde_json::{Value, json};
use std::collections::BTreeSet;
use std::path::Path;
use std::sync::Arc;
use tauri::ipc::{CallbackFn, InvokeBody};
use tauri::test::{INVOKE_KEY, MockRuntime, get_ipc_response, mock_builder};
use tauri::webview::InvokeRequest;
use tauri::{App, Manager, WebviewWindow, WebviewWindowBuilder};

/// An application with a window of no pixels, and a person's directory.
struct Bench {
    app: App<MockRuntime>,
    window: WebviewWindow<MockRuntime>,
}

impl Bench {
    fn open(home: &Path) -> Self {
        let desk = Desk::new(Some(home.join("own")), vec![home.join("Documents")], Secrets::session());
        let app = crate::build(mock_builder(), desk).expect("the application is built");
        let window = WebviewWindowBuilder::new(&app, "main", Default::default()).build().expect("a window");
        tauri::async_runtime::block_on(app.state::<Arc<Desk>>().open_keychain());
        Self { app, window }
    }

    fn call(&self, command: &str, arguments: Value) -> Result<Value, Value> {
        let page = if cfg!(windows) { "http://tauri.localhost" } else { "tauri://localhost" };
        let request = InvokeRequest {
            cmd: command.into(),
            callback: CallbackFn(0),
            error: CallbackFn(1),
            url: page.parse().expect("a URL"),
            body: InvokeBody::Json(arguments),
            headers: Default::default(),
            invoke_key: INVOKE_KEY.to_owned(),
        };
        get_ipc_response(&self.window, request).map(|body| body.deserialize().expect("JSON"))
    }

    fn ok(&self, command: &str, arguments: Value) -> Value {
        self.call(command, arguments).unwrap_or_else(|refused| panic!("{command}: {refused}"))
    }
}

fn entry(host: &str, port: u16, password: Value) -> Value {
    json!({
        "address": "li@example.com", "provider": null, "password": password,
        "settings": {
            "host": host, "port": port, "security": "tls", "user": "li@example.com", "trust": null, "authority": null,
        },
    })
}

#[test]
fn home_begins_empty() {
    let person = tempfile::tempdir().expect("a directory");
    let bench = Bench::open(person.path());
    bench.ok("set_language", json!({ "language": "en" }));
    let home = bench.ok("home", json!({}));
    assert_eq!(home, json!({ "language": "en", "keychain": false, "moves": [], "prefill": null, "advice": null }));
}

#[test]
fn the_language_is_kept_and_speaks_at_once() {
    let person = tempfile::tempdir().expect("a directory");
    let bench = Bench::open(person.path());
    let name = |bench: &Bench| {
        let found = bench.ok("find", json!({ "address": "li@company.cn", "provider": "exmail" }));
        assert_eq!(found["settings"]["host"], "imap.exmail.qq.com");
        found["provider"]["name"].as_str().map(str::to_owned)
    };
    bench.ok("set_language", json!({ "language": "en" }));
    assert_eq!(name(&bench).as_deref(), Some("Tencent Exmail"));
    bench.ok("set_language", json!({ "language": "zh-CN" }));
    assert_eq!(name(&bench).as_deref(), Some("腾讯企业邮"));
    let again = Bench::open(person.path());
    assert_eq!(again.ok("home", json!({}))["language"], "zh-CN");
}

#[test]
fn an_address_finds_its_provider_or_none() {
    let person = tempfile::tempdir().expect("a directory");
    let bench = Bench::open(person.path());
    let found = bench.ok("find", json!({ "address": "10001@qq.com", "provider": null }));
    assert_eq!((&found["provider"]["id"], &found["settings"]["port"]), (&json!("qq"), &json!(993)));
    let unknown = bench.ok("find", json!({ "address": "li@company.cn", "provider": null }));
    assert_eq!(unknown, json!({ "provider": null, "settings": null }));
    let all = bench.ok("providers", json!({}));
    let last = all.as_array().and_then(|all| all.last()).expect("providers");
    assert_eq!(last["id"], "other");
}

#[test]
fn a_mailbox_is_not_moved_to_itself() {
    let person = tempfile::tempdir().expect("a directory");
    let bench = Bench::open(person.path());
    let (old, new) = (entry("localhost", 9, json!("a")), entry("LOCALHOST", 9, json!("b")));
    let answer = bench.ok("sign_in", json!({ "kind": "move", "old": old, "new": new }));
    assert_eq!((&answer["move"], &answer["new"]["advice"]["code"]), (&Value::Null, &json!("same_mailbox")));
    assert_eq!(bench.ok("home", json!({}))["moves"], json!([]));
}

#[test]
fn each_side_says_what_is_wrong_with_it() {
    let person = tempfile::tempdir().expect("a directory");
    let bench = Bench::open(person.path());
    // A port that was free a moment ago: nobody answers there.
    let port = std::net::TcpListener::bind("127.0.0.1:0").and_then(|free| free.local_addr()).expect("a port").port();
    let (old, new) = (entry("127.0.0.1", port, json!("secret-a")), entry("localhost", port, Value::Null));
    let answer = bench.ok("sign_in", json!({ "kind": "move", "old": old, "new": new }));
    assert_eq!(answer["move"], Value::Null);
    assert_eq!(answer["old"]["advice"]["code"], "connection_refused", "{answer}");
    assert_eq!(answer["new"]["advice"]["code"], "no_credentials", "{answer}");
    assert!(!answer.to_string().contains("secret-a"));
}

#[test]
fn a_move_that_is_not_recorded_is_refused_in_words() {
    let person = tempfile::tempdir().expect("a directory");
    let bench = Bench::open(person.path());
    bench.ok("set_language", json!({ "language": "en" }));
    for unknown in ["0123456789abcdef", "../own", ""] {
        let refused = bench.call("start", json!({ "move": unknown, "backup": true })).expect_err("refused");
        assert_eq!(refused["code"], "store_unusable");
        assert!(refused["what"].as_str().is_some_and(|what| what.contains("record of this move")), "{refused}");
    }
}

#[test]
fn the_window_may_call_its_commands_and_no_others() {
    let person = tempfile::tempdir().expect("a directory");
    let bench = Bench::open(person.path());
    let page = include_str!("../../ui/ipc.js");
    let called: BTreeSet<&str> = page.split("call(\"").skip(1).filter_map(|rest| rest.split('"').next()).collect();
    assert!(called.len() > 15, "{called:?}");
    let permitted = include_str!("../permissions/window.toml");
    let lines = permitted.lines().filter_map(|line| line.trim().strip_prefix('"')?.strip_suffix("\","));
    assert_eq!(called, lines.collect(), "ui/ipc.js against src-tauri/permissions/window.toml");
    for command in called.iter().filter(|command| **command != "quit") {
        if let Err(refused) = bench.call(command, json!({ "provider": "none", "move": "", "address": "" })) {
            let text = refused.as_str().unwrap_or_default();
            assert!(!text.contains("not allowed") && !text.contains("not found"), "{command}: {text}");
        }
    }
    for foreign in ["plugin:webview|create_webview_window", "plugin:event|emit", "plugin:path|resolve", "unheard_of"] {
        let refused = bench.call(foreign, json!({})).expect_err(foreign);
        assert!(
            refused.as_str().is_some_and(|text| text.contains("not allowed") || text.contains("not found")),
            "{refused}"
        );
    }
    assert!(bench.app.get_webview_window("main").is_some());
}
