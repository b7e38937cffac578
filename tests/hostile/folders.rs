//! Folder names, and the list they come in.

use crate::scenario::Deed::{Folders, Prepare};
use crate::scenario::{Scenario, row};

pub fn scenarios() -> Vec<Scenario> {
    let lists = |name, line: &str, comes| {
        row(name, Folders, comes).says("LIST \"\" \"*\"", format!("* LIST () \"/\" INBOX\r\n{line}\r\n$ OK\r\n"))
    };
    let named = |name, wire: &str, comes| lists(name, &format!("* LIST () \"/\" {wire}"), comes);
    let long = "x".repeat(300);
    vec![
        named("a name that climbs out", "../../etc/passwd", "INBOX(3) ../../etc/passwd(3); kept"),
        named("a drive of Windows", "\"C:\\\\Windows\"", "INBOX(3) C:\\\\Windows(3); kept"),
        named("devices of Windows", "CON/NUL.txt", "INBOX(3) CON/NUL.txt(3); kept"),
        named("a trailing dot", "\"end.\"", "INBOX(3) end.(3); kept"),
        named("a trailing space", "\"end \"", "INBOX(3) end (3); kept"),
        named("controls in a name", "\"a\u{1}b\u{7f}\u{1b}[2J\"", "INBOX(3) a\\u{1}b\\u{7f}\\u{1b}[2J(3); kept")
            .hears("STATUS {"),
        named("a NUL in a name", "\"a\0b\"", "INBOX(3) a\\0b(3); kept"),
        named("a CR in a name", "\"a\rb\"", "INBOX(3) a\\rb(3); kept").never_hears("a\rb\" ("),
        named("a line's end in a name", "{4}\r\na\r\nb", "INBOX(3) a\\r\\nb(3); kept").hears("STATUS {4}\r\na\r\nb ("),
        named(
            "a command in a name",
            "{20}\r\nx\r\nA9 DELETE \"INBOX\"",
            "INBOX(3) x\\r\\nA9 DELETE \\\"INBOX\\\"(3); kept",
        )
        .hears("STATUS {20}\r\n"),
        named("bad modified UTF-7", "\"&bad\"", "INBOX(3) &bad(3); kept").hears("STATUS \"&bad\""),
        named("half a character in UTF-7", "\"&2D0-x\"", "INBOX(3) &2D0-x(3); kept"),
        named(
            "raw UTF-8 beside coded",
            "\"\u{e9}\"\r\n* LIST () \"/\" \"&AOk-\"",
            "INBOX(3) %C3%A9(3) \u{e9}(3); kept",
        ),
        named("one name coded in two ways", "a\r\n* LIST () \"/\" \"&AGE-\"", "INBOX(3) a(3) &AGE-(3); kept"),
        named("a name of 300 characters", &long, "INBOX(3) xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx…(3); kept"),
        named("200 levels", &["l"; 200].join("/"), "INBOX(3) l/l/l/l/l/l/l/l/l/l/l/l/l/l/l/l/l/l/l/l/…(3); kept"),
        named("names that differ in case", "work\r\n* LIST () \"/\" Work", "INBOX(3) work(3) Work(3); kept"),
        named("two inboxes", "inbox\r\n* LIST () \"/\" iNbOx", "INBOX(3); kept"),
        named("one folder twice", "a\r\n* LIST (\\Sent) \"/\" a", "INBOX(3) a(3); kept"),
        named("markup", "\"<img src=x onerror=alert(1)>\"", "INBOX(3) <img src=x onerror=alert(1)>(3); kept"),
        named("a formula", "\"=cmd|' /C calc'!A0\"", "INBOX(3) =cmd|\\' /C calc\\'!A0(3); kept"),
        named("a name that looks like a literal", "\"x {5}\"", "INBOX(3) x {5}(3); kept"),
        named("a name of quotes and backslashes", "\"\\\"\\\\\\\"\"", "INBOX(3) \\\"\\\\\\\"(3); kept"),
        named("a name that is NIL", "NIL", "INBOX(3) NIL(3); kept"),
        lists("no delimiter", "* LIST () NIL a/b", "INBOX(3) a/b(3); kept"),
        lists("a delimiter beyond ASCII", "* LIST () \"\u{e9}\" a", "INBOX(3) a(3); kept"),
        lists(
            "attributes nested without end",
            &format!("* LIST {} \"/\" a", "(".repeat(400)),
            "INBOX(3) ?((((((((((((((((((((((((((((((((((((((((…; kept",
        ),
        lists(
            "attributes that do not end",
            "* LIST (\\HasNoChildren \"/\" \"a\"",
            "INBOX(3) ?(\\\\HasNoChildren \\\"/\\\" \\\"a\\\"; kept",
        ),
        lists("a line without a name", "* LIST () \"/\"", "INBOX(3) ?() \\\"/\\\"; kept"),
        lists("a line of nothing", "* LIST", "INBOX(3) ?; kept"),
        lists("a name that does not end", "* LIST () \"/\" \"abc", "INBOX(3) ?() \\\"/\\\" \\\"abc; kept"),
        lists(
            "a name of 5,000 octets",
            &format!("* LIST () \"/\" {}", "n".repeat(5_000)),
            "INBOX(3) ?() \\\"/\\\" nnnnnnnnnnnnnnnnnnnnnnnnnnnnnnn…; kept",
        ),
        lists(
            "a name of 3 MB",
            &format!("* LIST () \"/\" {}", "n".repeat(3 << 20)),
            "INBOX(3) ?() \\\"/\\\" nnnnnnnnnnnnnnnnnnnnnnnnnnnnnnn…; kept",
        ),
        lists("a folder of other people", "* LIST () \"/\" \"~joe/mail\"", "INBOX(3); kept")
            .offers("NAMESPACE")
            .says("NAMESPACE", "* NAMESPACE ((\"\" \"/\")) ((\"~\" \"/\")) NIL\r\n$ OK\r\n"),
        row("a literal that swallows the answer", Folders, "closed; ended")
            .ends("LIST \"\" \"*\"", "* LIST () \"/\" {500}\r\nab\r\n$ OK done\r\n"),
        row("a literal of ten times all mail", Folders, "protocol; ended").endless(
            "LIST \"\" \"*\"",
            "* LIST () \"/\" {18446744073709551615}\r\n",
            vec![b'x'; 65_536],
        ),
        row("a name without end", Folders, "protocol; ended").endless(
            "LIST \"\" \"*\"",
            "* LIST () \"/\" \"",
            vec![b'x'; 65_536],
        ),
        row("150,000 folders", Folders, "protocol; ended").says("LIST \"\" \"*\"", {
            let lines: String = (0..150_000).map(|number| format!("* LIST () \"/\" folder{number}\r\n")).collect();
            lines + "$ OK\r\n"
        }),
        row("2,000 lines that nobody can read", Folders, "protocol; ended").says("LIST \"\" \"*\"", {
            (0..2_000).map(|number| format!("* LIST (a{number}\r\n")).collect::<String>() + "$ OK\r\n"
        }),
        row("NO to LIST", Folders, "server_failed; kept").says("LIST \"\" \"*\"", "$ NO [SERVERBUG] no\r\n"),
        row("BAD to LIST", Folders, "protocol; ended").says("LIST \"\" \"*\"", "$ BAD what\r\n"),
        row("goodbye to LIST", Folders, "closed; ended").says("LIST \"\" \"*\"", "* BYE\r\n"),
        row("the long form of LIST refused", Folders, "INBOX(3); kept")
            .offers("LIST-EXTENDED SPECIAL-USE LIST-STATUS")
            .says("LIST \"\" \"*\" RETURN", "$ NO no\r\n"),
        row("NAMESPACE refused", Folders, "INBOX(3); kept").offers("NAMESPACE").says("NAMESPACE", "$ NO no\r\n"),
        row("a NAMESPACE of nothing but parentheses", Folders, "INBOX(3); kept")
            .offers("NAMESPACE")
            .says("NAMESPACE", format!("* NAMESPACE {}\r\n$ OK\r\n", "(".repeat(100_000))),
        row("NO to STATUS", Folders, "INBOX; kept").says("STATUS", "$ NO locked\r\n"),
        row("BAD to STATUS", Folders, "protocol; ended").says("STATUS", "$ BAD what\r\n"),
        row("goodbye to STATUS", Folders, "closed; ended").says("STATUS", "* BYE\r\n"),
        row("the STATUS of another folder", Folders, "INBOX; kept")
            .says("STATUS", "* STATUS other (MESSAGES 9)\r\n* STATUS (MESSAGES 8)\r\n$ OK\r\n"),
        row("numbers that are none", Folders, "INBOX; kept")
            .says("STATUS", "* STATUS INBOX (MESSAGES 99999999999 UIDNEXT -1 UIDVALIDITY x SIZE ()\r\n$ OK\r\n"),
        row("a folder that is made under another name", Prepare("new"), "folder_name_refused; kept")
            .says("LIST \"\" \"new\"", "$ OK nothing\r\n"),
        row("a folder that is not made", Prepare("new"), "folder_refused; kept").says("CREATE", "$ NO no\r\n"),
        row("goodbye to CREATE", Prepare("new"), "closed; ended").says("CREATE", "* BYE\r\n"),
        row("a new folder without UIDVALIDITY", Prepare("new"), "folder_refused; kept")
            .says("SELECT \"new\"", "* 0 EXISTS\r\n$ OK [READ-WRITE] x\r\n"),
    ]
}
