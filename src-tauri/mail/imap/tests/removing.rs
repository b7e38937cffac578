//! Removing messages that their owner may be at: what the server says of them right then decides.

use super::script::{Answer, folder, imap, text};
use crate::{Flags, MessageId, Seen, Target};

/// Of the removal of three messages that bore no flag: those that were left, and what was asked.
async fn removed(capability: &str, since: Option<u64>, stored: &'static str) -> (Vec<u32>, Vec<String>) {
    let (mut imap, heard) = imap(capability, move |command| match command {
        _ if command.starts_with("UID STORE") && command.contains(" +FLAGS") => text(stored),
        _ if command.starts_with("UID FETCH 3 ") => text("* 3 FETCH (UID 3 FLAGS (\\Deleted))\r\n$ OK done\r\n"),
        _ if command.starts_with("UID ") => text("$ OK done\r\n"),
        _ => Answer::Usual,
    })
    .await;
    let seen: Vec<Seen> = (1..=3).map(|uid| Seen { id: MessageId::Uid(uid), flags: Flags::default() }).collect();
    let left = imap.remove(&folder(), &seen, since).await.expect("removed");
    let heard = heard.lock().expect("heard").iter().filter(|command| command.starts_with("UID ")).cloned().collect();
    (left.iter().filter_map(MessageId::uid).collect(), heard)
}

#[tokio::test]
async fn what_has_changed_since_is_left_by_the_server() {
    let answer = "* 1 FETCH (UID 1 MODSEQ (9) FLAGS (\\Deleted))\r\n$ OK [MODIFIED 2] failed for one\r\n";
    let (left, heard) = removed("UIDPLUS CONDSTORE", Some(7), answer).await;
    assert_eq!(left, [2]);
    assert_eq!(
        heard,
        ["UID STORE 1:3 (UNCHANGEDSINCE 7) +FLAGS (\\Deleted)", "UID FETCH 3 (UID FLAGS)", "UID EXPUNGE 1,3"]
    );
    let (left, heard) = removed("UIDPLUS CONDSTORE", Some(7), "$ NO [MODIFIED 1:3] all of them\r\n").await;
    assert_eq!((left, heard.len()), (vec![1, 2, 3], 1), "nothing is expunged");
}

#[tokio::test]
async fn without_the_count_of_changes_the_flags_tell() {
    let answer = "* 1 FETCH (UID 1 FLAGS (\\Deleted))\r\n* 2 FETCH (UID 2 FLAGS (\\Deleted \\Seen))\r\n\
                  * 3 FETCH (UID 3 FLAGS (\\Deleted \\Recent))\r\n$ OK done\r\n";
    let (left, heard) = removed("UIDPLUS", Some(7), answer).await;
    assert_eq!(left, [2]);
    assert_eq!(heard, ["UID STORE 1:3 +FLAGS (\\Deleted)", "UID STORE 2 -FLAGS.SILENT (\\Deleted)", "UID EXPUNGE 1,3"]);
}
