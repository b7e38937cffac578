//! Messages on their way: wrong, missing, unasked and doubled ones, and sizes that lie.

use crate::scenario::Deed::{Fetch, Hash};
use crate::scenario::{Scenario, row};

pub fn scenarios() -> Vec<Scenario> {
    // What is said once is said in place of all three; what is missing then is asked for singly, and told as it is.
    let first = |name, text: &str, comes| row(name, Fetch, comes).says_once("UID FETCH", text);
    let always = |name, text: &str, comes| row(name, Fetch, comes).says("UID FETCH", text);
    let gone = "1!message_gone 2!message_gone 3!message_gone; kept";
    vec![
        always("nothing comes", "$ OK\r\n", gone),
        always("another message's octets", "* 9 FETCH (UID 9 BODY[] {3}\r\nabc)\r\n$ OK\r\n", gone),
        always("octets without a UID", "* 1 FETCH (BODY[] {3}\r\nabc)\r\n$ OK\r\n", gone),
        always(
            "a UID without octets",
            "* 1 FETCH (UID 1 FLAGS ())\r\n$ OK\r\n",
            "1!message_damaged 2!message_gone 3!message_gone; kept",
        ),
        always(
            "NIL in place of octets",
            "* 1 FETCH (UID 1 BODY[] NIL)\r\n$ OK\r\n",
            "1!message_damaged 2!message_gone 3!message_gone; kept",
        ),
        always(
            "a word in place of octets",
            "* 1 FETCH (UID 1 BODY[] abc)\r\n$ OK\r\n",
            "1!message_damaged 2!message_gone 3!message_gone; kept",
        ),
        first("nothing at first, each one singly", "$ OK\r\n", "1 2 3; kept"),
        first("one comes, the others singly", "* 2 FETCH (UID 2 BODY[] {3}\r\nabc)\r\n$ OK\r\n", "1 2=abc 3; kept"),
        first(
            "one comes twice",
            "* 2 FETCH (UID 2 BODY[] {3}\r\nabc)\r\n* 2 FETCH (UID 2 BODY[] {3}\r\ndef)\r\n$ OK\r\n",
            "1 2=abc 3; kept",
        ),
        first(
            "two bodies in one row",
            "* 2 FETCH (UID 2 BODY[] {3}\r\nabc BODY[] {3}\r\ndef)\r\n$ OK\r\n",
            "1 2=abc 3; kept",
        ),
        first("two UIDs in one row", "* 2 FETCH (UID 1 BODY[] {3}\r\nabc UID 2)\r\n$ OK\r\n", "1 2=abc 3; kept"),
        first("a body in quotes", "* 2 FETCH (UID 2 BODY[] \"a\\\"b\\\\c\")\r\n$ OK\r\n", "1 2=a\\\"b\\\\c 3; kept"),
        first("a binary literal", "* 2 FETCH (UID 2 BODY[] ~{3}\r\na\0b)\r\n$ OK\r\n", "1 2=a\\x00b 3; kept"),
        first("a literal with a plus", "* 2 FETCH (UID 2 BODY[] {3+}\r\nabc)\r\n$ OK\r\n", "1 2=abc 3; kept"),
        first("an empty body", "* 2 FETCH (UID 2 BODY[] {0}\r\n)\r\n$ OK\r\n", "1 2= 3; kept"),
        first(
            "a size that lies",
            "* 2 FETCH (RFC822.SIZE 4294967295 UID 2 BODY[] {3}\r\nabc)\r\n$ OK\r\n",
            "1 2=abc 3; kept",
        ),
        first(
            "octets that look like answers",
            "* 2 FETCH (UID 2 BODY[] {15}\r\nA0001 OK\r\n* BYE)\r\n$ OK\r\n",
            "1 2=A0001 OK\\r\\n* BYE 3; kept",
        ),
        first(
            "fewer octets announced than come",
            "* 2 FETCH (UID 2 BODY[] {3}\r\nabcdef)\r\n$ OK\r\n",
            "1 2=abc 3; kept",
        ),
        always("more octets announced than come", "", "then closed; ended")
            .ends("UID FETCH", "")
            .first_ends("UID FETCH", "* 1 FETCH (UID 1 BODY[] {900}\r\nabc)\r\n$ OK\r\n"),
        always("4 GB announced, then goodbye", "", "then closed; ended")
            .first_ends("UID FETCH", "* 1 FETCH (UID 1 BODY[] {2000000000}\r\nabc"),
        always("more announced than there are disks", "", "then protocol; ended")
            .first_ends("UID FETCH", "* 1 FETCH (UID 1 BODY[] {18446744073709551615}\r\nabc"),
        always(
            "a size beyond all numbers",
            "* 1 FETCH (UID 1 BODY[] {99999999999999999999999}\r\n$ OK\r\n",
            "1!message_damaged 2!message_gone 3!message_gone; kept",
        ),
        always(
            "a negative size",
            "* 1 FETCH (UID 1 BODY[] {-3}\r\n$ OK\r\n",
            "1!message_damaged 2!message_gone 3!message_gone; kept",
        ),
        always("hidden behind parentheses", "", gone).first_says("UID FETCH", {
            let deep = "(".repeat(20_000);
            format!("* 1 FETCH (X {deep} UID 1 BODY[] {{3}}\r\nabc)\r\n$ OK\r\n")
        }),
        first(
            "flags of every kind",
            "* 2 FETCH (FLAGS ({3}\r\n)\r\n \"a b\" \u{e9} \\Odd NIL) UID 2 BODY[] {3}\r\nabc)\r\n$ OK\r\n",
            "1 2=abc 3; kept",
        ),
        first(
            "expunged, and numbers that change",
            "* 1 EXPUNGE\r\n* 0 EXISTS\r\n* VANISHED 1:3\r\n$ OK\r\n",
            "1 2 3; kept",
        ),
        first("NO after some", "* 2 FETCH (UID 2 BODY[] {3}\r\nabc)\r\n$ NO no\r\n", "1 2=abc 3; kept"),
        always("NO to everything", "$ NO no\r\n", gone),
        always("asked to slow down", "$ NO [UNAVAILABLE] later\r\n", "then throttled; kept"),
        always("BAD after one", "* 1 FETCH (UID 1 BODY[] {3}\r\nabc)\r\n$ BAD what\r\n", "1=abc then protocol; ended"),
        always("goodbye after one", "* 1 FETCH (UID 1 BODY[] {3}\r\nabc)\r\n* BYE\r\n", "1=abc then closed; ended"),
        always("an end after one", "", "1=abc then closed; ended")
            .first_ends("UID FETCH", "* 1 FETCH (UID 1 BODY[] {3}\r\nabc)\r\n"),
        always("an end in the middle of one", "", "1=abc then closed; ended")
            .first_ends("UID FETCH", "* 1 FETCH (UID 1 BODY[] {3}\r\nabc)\r\n* 2 FETCH (UID 2 BODY[] {3}\r\nde"),
        row("hashes of nothing", Hash, gone).says("UID FETCH", "$ OK\r\n"),
        row("hashes of what is too large for memory", Hash, "1#20000000 2#24 3#25; kept").says_once("UID FETCH", {
            let body = "x".repeat(20_000_000);
            format!("* 1 FETCH (UID 1 BODY[] {{20000000}}\r\n{body})\r\n$ OK\r\n")
        }),
    ]
}
