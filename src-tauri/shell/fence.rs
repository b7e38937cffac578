//! The window shows our own pages and nothing else: a content security policy does not stop a page from being
//! replaced by another.

use tauri::plugin::TauriPlugin;
use tauri::{Runtime, Url};

pub(crate) fn plugin<R: Runtime>() -> TauriPlugin<R> {
    tauri::plugin::Builder::new("fence").on_navigation(|_, url| own(url)).build()
}

fn own(url: &Url) -> bool {
    if cfg!(windows) {
        matches!(url.scheme(), "http" | "https") && url.host_str() == Some("tauri.localhost") && url.port().is_none()
    } else {
        url.scheme() == "tauri" && url.host_str() == Some("localhost")
    }
}

#[cfg(all(test, not(windows)))]
mod tests {
    use super::*;

    #[test]
    fn only_our_own_pages() {
        let own = |url: &str| own(&url.parse().expect("a URL"));
        assert!(own("tauri://localhost/index.html"));
        for url in [
            "https://example.com/",
            "http://tauri.localhost/",
            "tauri://elsewhere/",
            "file:///etc/passwd",
            "about:blank",
            "data:text/html,x",
        ] {
            assert!(!own(url), "{url}");
        }
    }
}
