//! The desktop that the window tests stand on.

use harness::Desktop;
use harness::process::{descendants, within};
use std::time::{Duration, Instant};

#[test]
fn a_desktop_starts_and_leaves_nothing_behind() {
    let before = Instant::now();
    let desktop = Desktop::start();
    println!("ready on {} in {:?}", desktop.display, before.elapsed());
    let own = std::process::id();
    let started = descendants(own);
    assert!(started.len() >= 4, "{started:?}");
    let picture = desktop.command("/bin/sh").args(["-c", "echo $DISPLAY $DBUS_SESSION_BUS_ADDRESS"]).output().unwrap();
    let said = String::from_utf8_lossy(&picture.stdout).into_owned();
    assert!(said.starts_with(&desktop.display) && said.contains("unix:path="), "{said}");
    drop(desktop);
    let gone = within(Duration::from_secs(5), || descendants(own).is_empty().then_some(()));
    assert!(gone.is_some(), "left: {:?}", descendants(own));
}

#[test]
fn the_keychain_is_open() {
    let desktop = Desktop::start();
    let ask = |arguments: &[&str]| {
        let mut command = desktop.command("/usr/bin/dbus-send");
        command.args(["--print-reply=literal", "--dest=org.freedesktop.secrets"]).args(arguments);
        let output = command.output().unwrap();
        String::from_utf8_lossy(&[output.stdout, output.stderr].concat()).trim().to_owned()
    };
    let collection = ask(&["/org/freedesktop/secrets", "org.freedesktop.Secret.Service.ReadAlias", "string:default"]);
    assert!(collection.starts_with("/org/freedesktop/secrets/collection/"), "{collection}");
    let property = ["string:org.freedesktop.Secret.Collection", "string:Locked"];
    let locked = ask(&[&collection, "org.freedesktop.DBus.Properties.Get", property[0], property[1]]);
    assert!(locked.contains("boolean false"), "{locked}");
}
