//! Two quick clicks where the main button stands: the second is not meant for the screen that came in between.

use crate::page::{Page, Person, entry};
use fantoccini::actions::{InputSource, KeyAction, KeyActions, MOUSE_BUTTON_LEFT, MouseActions, PointerAction};
use harness::{Desk, Dovecot, MailboxState, PASSWORD, many};

const MAIN: &str = ".screen:not([hidden]) .bar button.main";

/// Clicks where the pointer is.
async fn click_here(page: &Page<'_>) {
    let click = MouseActions::new("mouse".into())
        .then(PointerAction::Down { button: MOUSE_BUTTON_LEFT })
        .then(PointerAction::Up { button: MOUSE_BUTTON_LEFT });
    page.client.perform_actions(click).await.unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn a_double_click_presses_one_button() {
    let (old, new) = (Dovecot::start(), Dovecot::start());
    old.wire().load(&many(30, 1_000), '/', "");
    let person = Person::with(Desk::default(), Some((entry(&old, old.tls), entry(&new, new.tls))));
    let page = person.open().await;
    for side in ["old", "new"] {
        page.type_into(&format!("[data-password={side}]"), PASSWORD).await;
    }
    let middle = "const { left, top, width, height } = document.querySelector(arguments[0]).getBoundingClientRect(); \
        return [Math.round(left + width / 2), Math.round(top + height / 2)]";
    let middle = page.client.execute(middle, vec![MAIN.into()]).await.unwrap();
    let (x, y) = (middle[0].as_f64().unwrap(), middle[1].as_f64().unwrap());
    let over = MouseActions::new("mouse".into()).then(PointerAction::MoveTo { duration: None, x, y });
    page.client.perform_actions(over).await.unwrap();
    // What the page sees of clicks, and when Start came.
    let watch = "window.clicks = [];\
        addEventListener('click', e => clicks.push([e.target.closest('button')?.textContent ?? '', performance.now()]), true);\
        const look = () => {\
            const main = document.querySelector(arguments[0]);\
            if (main?.textContent.startsWith('Start') && !main.hasAttribute('aria-disabled')) window.ready = performance.now();\
            else requestAnimationFrame(look);\
        };\
        look(); return true";
    page.client.execute(watch, vec![MAIN.into()]).await.unwrap();
    click_here(&page).await;
    let ready = "const done = arguments[arguments.length - 1];\
        const look = () => window.ready ? done(true) : requestAnimationFrame(look); look();";
    page.client.execute_async(ready, Vec::new()).await.unwrap();
    click_here(&page).await;
    let clicks = page.ask("return clicks.map(([on, at]) => [on, at - ready])").await;
    let second = &clicks[1];
    assert_eq!(
        (clicks[0][0].as_str(), clicks.as_array().map(Vec::len)),
        (Some("Sign in and check"), Some(2)),
        "{clicks}"
    );
    let after = second[1].as_f64().unwrap();
    assert!((0. ..500.).contains(&after), "this machine is too slow for a quick click: {clicks}");
    assert_eq!(second[0], "", "the second click meets no button: {clicks}");
    page.until_title("30 messages, ready to move").await;
    assert_eq!(MailboxState::of(&new).messages(), 0);

    // A keyboard waits for nothing: Back and forth makes the button rest once more, and Enter presses it.
    page.press("Back").await;
    page.until_title("Sign in to both mailboxes").await;
    let enter = || {
        KeyActions::new("keys".into())
            .then(KeyAction::Down { value: '\u{e007}' })
            .then(KeyAction::Up { value: '\u{e007}' })
    };
    let focus = "document.querySelector(arguments[0]).focus(); \
        return getComputedStyle(document.querySelector(arguments[0])).pointerEvents";
    let rests = page.client.execute(focus, vec![MAIN.into()]).await.unwrap();
    assert_eq!(rests, "none", "it rests while the keyboard presses it");
    page.client.perform_actions(enter()).await.unwrap();
    page.until_title("30 messages, ready to move").await;
    page.close().await;
}
