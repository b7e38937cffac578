//! What a target answers to APPEND, MOVE and changes.

use crate::scenario::Deed::{Relocate, Remove, Store};
use crate::scenario::{Scenario, row};

const MULTI: &str = "MULTIAPPEND LITERAL+ UIDPLUS";

pub fn scenarios() -> Vec<Scenario> {
    let two = |name, text: &str, comes| {
        row(name, Store(&["abc", "de"], &[]), comes).offers(MULTI).says("APPEND", text).hears("{2+}\r\nde\r\n")
    };
    let one = |name, text: &str, comes| row(name, Store(&["abc"], &[]), comes).says("APPEND", text);
    let go = |name, text: &str, comes| row(name, Store(&["abc"], &[]), comes).says("LITERAL", text).never_hears("abc");
    let opens = |name, text: &str, comes| row(name, Store(&["abc"], &["k"]), comes).says("SELECT", text);
    let moves = |name, text: &str, comes| row(name, Relocate, comes).offers("MOVE").says("UID MOVE", text);
    let marked = |n: u32| format!("* {n} FETCH (UID {n} FLAGS (\\Deleted))\r\n");
    let marked: String = (1..=3).map(marked).collect();
    vec![
        two("UIDs as they should be", "$ OK [APPENDUID 7 4:5] x\r\n", "1@4 2@5; kept"),
        two("a huge set of UIDs", "$ OK [APPENDUID 7 1:4294967295] x\r\n", "1@? 2@?; kept"),
        two("too few UIDs", "$ OK [APPENDUID 7 4] x\r\n", "1@? 2@?; kept"),
        two("too many UIDs", "$ OK [APPENDUID 7 4:6] x\r\n", "1@? 2@?; kept"),
        two("UIDs that are none", "$ OK [APPENDUID 7 0:1,x,*] x\r\n", "1@? 2@?; kept"),
        two("no UIDs in the code", "$ OK [APPENDUID] x\r\n", "1@? 2@?; kept"),
        two("a code of UIDs without its end", "$ OK [APPENDUID 7 4:5\r\n", "1@? 2@?; kept"),
        two("a million sets of UIDs", "", "1@? 2@?; kept")
            .first_says("APPEND", format!("$ OK [APPENDUID 7 {}] x\r\n", "1,".repeat(300_000))),
        two("UIDs of another UIDVALIDITY", "$ OK [APPENDUID 8 4:5] x\r\n", "1@? 2@? then validity_changed; kept"),
        two(
            "noise before the answer",
            "* 9 EXISTS\r\n* 1 FETCH (UID 1 BODY[] {2}\r\nxx)\r\nA9 OK x\r\n$ OK\r\n",
            "1@? 2@?; kept",
        ),
        two("BAD to a batch", "$ BAD what\r\n", "then protocol; ended"),
        two("BAD to nobody in answer to a batch", "* BAD what\r\n", "then protocol; ended"),
        two("goodbye to a batch", "* BYE\r\n", "then closed; ended"),
        two("an end in place of an answer", "", "then closed; ended").first_ends("APPEND", ""),
        one("no room", "$ NO [OVERQUOTA] full\r\n", "then quota_full; kept"),
        one("a folder that is gone", "$ NO [TRYCREATE] gone\r\n", "then folder_missing; kept"),
        one("a folder that is read only now", "$ NO [READ-ONLY] no\r\n", "then folder_refused; kept"),
        one("a target that asks to slow down", "$ NO [INUSE] later\r\n", "then throttled; kept"),
        one("a message that is refused", "$ NO no\r\n", "1!message_refused; kept"),
        go("NO in place of the plus", "$ NO [TOOBIG] no\r\n", "1!message_too_large; kept"),
        go("no room in place of the plus", "$ NO [OVERQUOTA] full\r\n", "then quota_full; kept"),
        go("BAD in place of the plus", "$ BAD what\r\n", "1!message_refused then protocol; ended"),
        go("OK in place of the plus", "$ OK [APPENDUID 7 4] done\r\n", "then protocol; ended"),
        go("goodbye in place of the plus", "* BYE\r\n", "then closed; ended"),
        row("noise before the plus, and the plus in it", Store(&["abc"], &[]), "1@?; kept")
            .says("LITERAL", "* 9 EXISTS\r\n* 1 FETCH (UID 1)\r\n* OK hm\r\nA9999 OK x\r\n+\r\n")
            .says("abc", "$ OK done\r\n"),
        row("news without end before the plus", Store(&["abc"], &[]), "then protocol; ended").endless(
            "LITERAL",
            "",
            "* OK hm\r\n".repeat(1_000),
        ),
        opens(
            "a target that is read only",
            "* 0 EXISTS\r\n* OK [UIDVALIDITY 7] x\r\n* OK [UIDNEXT 4] x\r\n$ OK [READ-ONLY] x\r\n",
            "folder_refused; kept",
        ),
        opens("a target without UIDVALIDITY", "* 0 EXISTS\r\n$ OK [READ-WRITE] x\r\n", "folder_refused; kept"),
        opens(
            "a target that keeps odd keywords",
            "* 0 EXISTS\r\n* FLAGS (k \"k\r\n* OK [UIDVALIDITY 7] x\r\n* OK [UIDNEXT 1] x\r\n* OK [PERMANENTFLAGS (k) {9} \")] x\r\n$ OK [READ-WRITE] x\r\n",
            "1@?; kept",
        ),
        row(
            "keywords that are commands are not sent",
            Store(&["abc"], &["a\r\nA9 DELETE INBOX", "b)", "{9}"]),
            "1@?; kept",
        )
        .never_hears("DELETE")
        .hears("APPEND \"INBOX\" () {3}"),
        moves("where each went", "* OK [COPYUID 9 1:3 7:9] x\r\n$ OK\r\n", "1@7 2@8 3@9; kept"),
        moves("too few of them", "* OK [COPYUID 9 1:3 7] x\r\n$ OK\r\n", "1@? 2@? 3@?; kept"),
        moves("a huge set of them", "* OK [COPYUID 9 1:4294967295 1:4294967295] x\r\n$ OK\r\n", "1@? 2@? 3@?; kept"),
        moves("messages that nobody moved", "$ OK [COPYUID 9 97:99 7:9] x\r\n", "1@? 2@? 3@?; kept"),
        moves("a code without sets", "$ OK [COPYUID] x\r\n", "1@? 2@? 3@?; kept"),
        moves(
            "a hundred thousand codes",
            &("* OK [COPYUID 9 1 1] x\r\n".repeat(100_000) + "$ OK\r\n"),
            "1@1 2@? 3@?; kept",
        ),
        moves("NO to MOVE", "$ NO no\r\n", "folder_refused; kept"),
        moves("BAD to MOVE", "$ BAD what\r\n", "protocol; ended"),
        row("removing without UIDPLUS", Remove, "folder_refused; kept").never_hears("EXPUNGE"),
        row("NO to flags", Remove, "folder_refused; kept").offers("UIDPLUS").says("UID STORE", "$ NO no\r\n"),
        row("flags that are not told when messages are to go", Remove, "removed but for 3; kept")
            .offers("UIDPLUS")
            .never_hears("EXPUNGE"),
        row("goodbye to EXPUNGE", Remove, "closed; ended")
            .offers("UIDPLUS")
            .says("UID STORE", marked + "$ OK\r\n")
            .says("UID EXPUNGE", "* BYE\r\n"),
    ]
}
