//! Listing the messages of a folder.

use crate::scenario::Deed::List;
use crate::scenario::{Scenario, row};

const OPEN: &str = "* 3 EXISTS\r\n* OK [UIDVALIDITY 7] x\r\n* OK [UIDNEXT 4] x\r\n$ OK\r\n";

pub fn scenarios() -> Vec<Scenario> {
    let opens = |name, text: &str, comes| row(name, List, comes).says("EXAMINE", text);
    let rows = |name, text: &str, comes| row(name, List, comes).says("UID FETCH", text);
    let noise = |name, text: &str| {
        let text = format!("* 1 FETCH (UID 1)\r\n{text}* 2 FETCH (UID 2)\r\n* 3 FETCH (UID 3)\r\n$ OK\r\n");
        row(name, List, "1 2 3; kept").says("UID FETCH", text)
    };
    let flood = "* 9 EXISTS\r\n* 9 RECENT\r\n* OK hm\r\n".repeat(3_000);
    let deep = format!("* 1 FETCH (BODYSTRUCTURE {}{})\r\n", "(".repeat(20_000), ")".repeat(20_000));
    let open_deep = format!("* 1 FETCH (ENVELOPE {}\r\n", "(".repeat(900_000));
    let literals = format!("* 1 FETCH (X ({}))\r\n", "{1}\r\na ".repeat(2_000));
    let large = format!("* 1 FETCH (X {{5000000}}\r\n{})\r\n", "x".repeat(5_000_000));
    vec![
        opens("NO to EXAMINE", "$ NO no\r\n", "folder_refused; kept"),
        opens("a folder that is not there", "$ NO [NONEXISTENT] no\r\n", "folder_missing; kept"),
        opens("BAD to EXAMINE", "$ BAD what\r\n", "protocol; ended"),
        opens("goodbye to EXAMINE", "* BYE\r\n", "closed; ended"),
        opens("no UIDVALIDITY", "* 3 EXISTS\r\n$ OK\r\n", "1 2 3; kept"),
        opens("numbers of a folder that are none", &OPEN.replace('7', "-7").replace('4', "99999999999"), "1 2 3; kept"),
        opens("a UIDNEXT too low", &OPEN.replace("UIDNEXT 4", "UIDNEXT 2"), "1 2 3; kept"),
        opens("a UIDNEXT of zero", &OPEN.replace("UIDNEXT 4", "UIDNEXT 0"), "1 2 3; kept"),
        opens("four thousand million messages", &OPEN.replace("3 EXISTS", "4294967295 EXISTS"), "folder_refused; kept"),
        opens("more messages than can be", &OPEN.replace("3 EXISTS", "4294967296 EXISTS"), "folder_refused; kept"),
        opens("flags without end", &format!("* FLAGS ({}\r\n{OPEN}", "k ".repeat(200_000)), "1 2 3; kept"),
        opens(
            "flags of 8-bit text",
            &format!("* OK [PERMANENTFLAGS (\u{e9} \"a b\" {{3}})] x\r\n{OPEN}"),
            "1 2 3; kept",
        ),
        rows("NO to the listing", "* 1 FETCH (UID 1)\r\n$ NO no\r\n", "folder_refused; kept"),
        rows("BAD to the listing", "* 1 FETCH (UID 1)\r\n$ BAD what\r\n", "protocol; ended"),
        rows("goodbye in the listing", "* 1 FETCH (UID 1)\r\n* BYE\r\n", "closed; ended"),
        rows("nothing is listed", "$ OK\r\n", "folder_refused; kept"),
        rows("two are missing", "* 1 FETCH (UID 1)\r\n$ OK\r\n", "folder_refused; kept"),
        rows(
            "rows without a UID, or with one that is none",
            "* 1 FETCH (FLAGS ())\r\n* 2 FETCH (UID 0)\r\n* 3 FETCH (UID 4294967296)\r\n* 3 FETCH (UID x)\r\n$ OK\r\n",
            "folder_refused; kept",
        ),
        rows(
            "rows in disorder, doubled and unasked",
            "* 9 FETCH (UID 90)\r\n* 3 FETCH (UID 3)\r\n* 1 FETCH (UID 1)\r\n* 3 FETCH (UID 3)\r\n* 2 FETCH (UID 2)\r\n$ OK\r\n",
            "1 2 3 90; kept",
        ),
        rows("expunged meanwhile", "* 1 FETCH (UID 1)\r\n* 2 EXPUNGE\r\n* 2 FETCH (UID 3)\r\n$ OK\r\n", "1 3; kept"),
        noise("blank lines and bare LF", "\r\n\n\n\r\n"),
        noise("answers that nobody waits for", "A9999 OK x\r\nA9998 BAD x\r\n+ go on\r\n"),
        noise(
            "8-bit text everywhere",
            "* \u{e9} \u{90ae}\r\n* OK [\u{90ae}] \u{90ae}\r\n* LIST (\u{90ae}) \"\u{90ae}\" \u{90ae}\r\n",
        ),
        noise(
            "literals in odd places",
            "* LIST ({3}\r\n)(\") \"/\" {0}\r\n\r\n* SEARCH {2}\r\n\r\n 1\r\n* STATUS {1}\r\n( (MESSAGES {1}\r\n9)\r\n",
        ),
        noise("BAD to nobody", "* BAD what\r\n* NO what\r\n* BAD [X\r\n"),
        noise("parentheses nested 20,000 deep", &deep),
        noise("900,000 parentheses that never end", &open_deep),
        noise("2,000 literals in one line", &literals),
        noise("5 MB in one literal", &large),
        noise("9,000 lines of news", &flood),
        noise(
            "dates and sizes that are none",
            "* 1 FETCH (INTERNALDATE \"99-Foo-0000 99:99:99 +9999\" RFC822.SIZE -1)\r\n* 1 FETCH (INTERNALDATE NIL)\r\n",
        ),
        row("a line without end", List, "protocol; ended").endless("UID FETCH", "* 1 FETCH (X ", vec![b'x'; 65_536]),
        row("a literal without end", List, "protocol; ended").endless(
            "UID FETCH",
            "* 1 FETCH (X {999999999999}\r\n",
            vec![b'x'; 65_536],
        ),
        row("literals without end", List, "protocol; ended").endless(
            "UID FETCH",
            "* 1 FETCH (X (",
            "{9}\r\nabcdefghi ".repeat(3_000),
        ),
        row("rows without end", List, "protocol; ended").endless(
            "UID FETCH",
            "",
            "* 1 FETCH (UID 1 FLAGS ())\r\n".repeat(1_000),
        ),
        row("keywords without end", List, "protocol; ended").endless(
            "UID FETCH",
            "",
            format!("* 1 FETCH (UID 1 FLAGS ({}))\r\n", "k".repeat(500_000)),
        ),
        row("a body that nobody asked for", List, "1 2 3; kept").says("UID FETCH", {
            let body = "x".repeat(3_000_000);
            format!(
                "* 1 FETCH (UID 1 BODY[] {{3000000}}\r\n{body})\r\n* 2 FETCH (UID 2)\r\n* 3 FETCH (UID 3)\r\n$ OK\r\n"
            )
        }),
    ]
}
