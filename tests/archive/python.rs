//! Another reader's opinion: Python's `mailbox` finds the same messages.

use super::*;
use std::process::Command;

const READ: &str = r#"
import mailbox, re, sys
own = re.compile(rb"\A(X-Mozilla-Status: [0-9a-f]{4}\n)(X-Mozilla-Keys: [^\n]*\n)?(Status: R?O\n)(X-Keywords: [^\n]*\n)?")
for number, message in enumerate(mailbox.mbox(sys.argv[1], create=False)):
    pass
box = mailbox.mbox(sys.argv[1], create=False)
for key in box.keys():
    octets = own.sub(b"", box.get_bytes(key), count=1)
    print(re.sub(rb"(?m)^>(>*From )", rb"\1", octets).hex())
"#;

#[tokio::test(flavor = "multi_thread")]
async fn python_reads_the_same_messages() {
    let directory = tempfile::tempdir().unwrap();
    let mailbox = round_trip::nasty_mailbox();
    back_up(directory.path(), &mailbox).await.unwrap();
    let mut folders = 0;
    for (path, messages) in held_by(&mailbox).await {
        let stem = match path.0.join("/").as_str() {
            "INBOX" => "INBOX",
            "Sent" => "Sent",
            _ => continue,
        };
        let run =
            Command::new("python3").args(["-c", READ]).arg(directory.path().join(format!("{stem}.mbox"))).output();
        let run = run.expect("python3 is missing: apt-get install python3");
        assert!(run.status.success(), "{}", String::from_utf8_lossy(&run.stderr));
        let read: Vec<String> = String::from_utf8(run.stdout).unwrap().lines().map(str::to_owned).collect();
        assert_eq!(read.len(), messages.len());
        for (read, message) in read.iter().zip(&messages) {
            // A last line without an end was ended in the mbox; Python cannot know.
            let ended = message.octets.last().is_none_or(|last| *last == b'\n');
            let octets = [&message.octets[..], if ended { b"" } else { b"\n" }].concat();
            let hex: String = octets.iter().map(|octet| format!("{octet:02x}")).collect();
            assert!(*read == hex, "{} in {path}", message.id);
        }
        folders += 1;
    }
    assert_eq!(folders, 2);
}
