//! Other programs that copy a mailbox from server to server, set up as their own documentation advises: dates and
//! folders kept, nothing deleted, nothing written to the old mailbox where they can be told so.

use crate::race::Ends;
use crate::usage::Program;
use harness::process;
use std::fs;
use std::path::Path;

/// `mbsync` of isync 1.4.
pub fn mbsync(ends: &Ends, home: &Path) -> Program {
    let security = match &ends.authority {
        Some(authority) => format!("SSLType IMAPS\nCertificateFile {}\n", authority.display()),
        None => "SSLType None\n".to_owned(),
    };
    let mut text = String::new();
    for (name, port) in [("old", ends.source), ("new", ends.target)] {
        let (user, password) = (&ends.user, &ends.password);
        text += &format!(
            "IMAPAccount {name}\nHost localhost\nPort {port}\nUser {user}\nPass {password}\nAuthMechs LOGIN\n\
             Timeout 120\n{security}\nIMAPStore {name}\nAccount {name}\n\n"
        );
    }
    let state = home.join("state");
    fs::create_dir_all(&state).unwrap();
    text += &format!(
        "Channel all\nFar :old:\nNear :new:\nPatterns *\nCreate Near\nExpunge None\nSync Pull\n\
         CopyArrivalDate yes\nSyncState {}/\n",
        state.display()
    );
    let file = home.join("mbsyncrc");
    fs::write(&file, text).unwrap();
    let mut program = Program::new(process::program("mbsync", "isync"), ["-q", "-c"]);
    program.arguments.extend([file.into(), "all".into()]);
    program
}

/// `interimap`, a two-way sync between servers with QRESYNC.
pub fn interimap(ends: &Ends, home: &Path) -> Program {
    let security = match &ends.authority {
        Some(authority) => format!("type = imaps\nSSL_CAfile = {}\n", authority.display()),
        None => "type = imap\nSTARTTLS = NO\n".to_owned(),
    };
    let mut text = format!("database = {}\n", home.join("interimap.db").display());
    for (section, port) in [("local", ends.target), ("remote", ends.source)] {
        text += &format!(
            "\n[{section}]\nhost = localhost\nport = {port}\nusername = {}\npassword = {}\n{security}",
            ends.user, ends.password
        );
    }
    let file = home.join("interimaprc");
    fs::write(&file, text).unwrap();
    let config = format!("--config={}", file.display());
    Program::new(process::program("interimap", "interimap"), ["--quiet".to_owned(), config])
}

/// `offlineimap` of offlineimap3, with four connections a side.
pub fn offlineimap(ends: &Ends, home: &Path) -> Program {
    let security = match &ends.authority {
        Some(authority) => format!("ssl = yes\nsslcacertfile = {}\n", authority.display()),
        None => "ssl = no\nstarttls = no\n".to_owned(),
    };
    let mut text = format!(
        "[general]\naccounts = move\nmetadata = {}\nui = quiet\nfsync = False\n\n\
         [Account move]\nlocalrepository = new\nremoterepository = old\n",
        home.join("metadata").display()
    );
    for (name, port, more) in [("new", ends.target, ""), ("old", ends.source, "readonly = True\n")] {
        text += &format!(
            "\n[Repository {name}]\ntype = IMAP\nremotehost = localhost\nremoteport = {port}\nremoteuser = {}\n\
             remotepass = {}\nauth_mechanisms = LOGIN\nmaxconnections = 4\n{security}{more}",
            ends.user, ends.password
        );
    }
    let file = home.join("offlineimaprc");
    fs::write(&file, text).unwrap();
    let mut program = Program::new(process::program("offlineimap", "offlineimap3"), ["-o", "-c"]);
    program.arguments.push(file.into());
    program
}
