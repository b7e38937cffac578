//! From the greeting to being signed in.

use crate::scenario::Deed::{self, SignIn};
use crate::scenario::{Scenario, row};

pub fn scenarios() -> Vec<Scenario> {
    let row = |name, comes| row(name, SignIn, comes);
    let refused = |answer: &'static str, comes| {
        move |name| row(name, comes).starttls().says("GREETING", "* OK ready\r\n").says("STARTTLS", answer)
    };
    vec![
        row("a greeting that is goodbye", "closed; secret kept").ends("GREETING", "* BYE no\r\n"),
        row("a greeting that asks for patience", "throttled; secret kept")
            .ends("GREETING", "* BYE [UNAVAILABLE] later\r\n"),
        row("a greeting that is NO", "protocol; secret kept").says("GREETING", "* NO go away\r\n"),
        row("a greeting that is BAD", "protocol; secret kept").says("GREETING", "* BAD what\r\n"),
        row("a greeting that is data", "protocol; secret kept").says("GREETING", "* CAPABILITY IMAP4rev1\r\n"),
        row("a server of another protocol", "closed; secret kept").ends("GREETING", "220 mail.example ESMTP\r\n"),
        row("a greeting cut short", "closed; secret kept").ends("GREETING", "* OK rea"),
        row("no greeting at all", "closed; secret kept").ends("GREETING", ""),
        row("a greeting line without end", "protocol; secret kept").endless("GREETING", "* OK ", vec![b'x'; 65_536]),
        row("a greeting of 8-bit text and controls", "in; secret sent")
            .says("GREETING", b"* OK \xff\xfe\x80\x01\x1b[31m \xe9 ready\r\n".to_vec()),
        row("a greeting that seems to announce a literal", "in; secret sent").says("GREETING", "* OK ready {9}\r\n"),
        row("a code without its end", "in; secret sent").says("GREETING", "* OK [CAPABILITY IMAP4rev1\r\n"),
        row("a greeting with 10,000 capabilities", "in; secret sent")
            .says("GREETING", format!("* OK [CAPABILITY IMAP4rev1{}] x\r\n", " Y".repeat(10_000))),
        row("signed in already, without TLS", "protocol; secret kept").says("GREETING", "* PREAUTH welcome\r\n"),
        row("signed in already, before STARTTLS", "starttls_missing; secret kept")
            .starttls()
            .says("GREETING", "* PREAUTH welcome\r\n"),
        refused("$ NO no\r\n", "starttls_missing; secret kept")("STARTTLS refused"),
        refused("$ BAD what\r\n", "starttls_missing; secret kept")("STARTTLS stripped"),
        refused("* PREAUTH in\r\n$ OK begin\r\n", "starttls_missing; secret kept")("signed in by STARTTLS"),
        refused("* BYE no\r\n", "closed; secret kept")("goodbye to STARTTLS"),
        refused("$ OK begin\r\n$ OK in\r\n", "starttls_missing; secret kept")("an answer injected behind STARTTLS"),
        refused("$ OK begin\r\n* CAPABILITY IMAP4rev1 AUTH=PLAIN\r\nM1 OK x\r\n", "starttls_missing; secret kept")(
            "capabilities injected behind STARTTLS",
        ),
        refused("$ OK begin\r\n* ", "starttls_missing; secret kept")("half a line injected behind STARTTLS"),
        row("a literal that swallows the answer to STARTTLS", "closed; secret kept")
            .starttls()
            .ends("STARTTLS", "* 1 FETCH (UID 1 BODY[] {90}\r\n$ OK\r\n"),
        row("capabilities from before TLS", "in; secret sent")
            .starttls()
            .says("GREETING", "* OK [CAPABILITY IMAP4rev1 LOGINDISABLED] x\r\n"),
        row("no way in", "sign_in_method_missing; secret kept").offers("LOGINDISABLED AUTH=X-ODD"),
        row("capabilities refused", "in; secret sent").says_once("CAPABILITY", "$ NO no\r\n"),
        row("goodbye to CAPABILITY", "closed; secret kept").says("CAPABILITY", "* BYE\r\n"),
        row("a way in that is offered and refused", "in; secret sent")
            .offers("AUTH=PLAIN SASL-IR")
            .says("AUTHENTICATE", "$ NO not today\r\n")
            .hears("LOGIN"),
        row("a refusal of the secret itself", "sign_in_refused; secret sent")
            .offers("AUTH=PLAIN SASL-IR")
            .says("AUTHENTICATE", "$ NO [AUTHENTICATIONFAILED] no\r\n")
            .never_hears("LOGIN \""),
        row("a refusal that repeats the secret", "sign_in_refused; secret sent")
            .says("LOGIN", "$ NO what is \"ferry-\\\"7Q\\\\%-geheim\"\r\n"),
        row("a goodbye that repeats the secret", "closed; secret sent")
            .says("LOGIN", "* BYE what is \"ferry-\\\"7Q\\\\%-geheim\"\r\n"),
        row("no command is understood", "sign_in_refused; secret sent").says("LOGIN", "$ BAD what\r\n"),
        row("goodbye in place of an answer", "closed; secret sent").says("LOGIN", "* BYE\r\n"),
        row("the answer to another command", "closed; secret sent").ends("LOGIN", "A9999 OK in\r\nA0 OK in\r\n"),
        row("challenges without end", "protocol; secret sent").offers("AUTH=PLAIN SASL-IR").endless(
            "AUTHENTICATE",
            "",
            "+ \r\n",
        ),
        row("challenges to LOGIN without end", "protocol; secret sent").endless("LOGIN", "", "+ more\r\n"),
        row("ID is offered and refused", "in; secret sent").offers("ID").says("ID", "$ NO no\r\n"),
        row("ID answered with nonsense", "in; secret sent")
            .offers("ID")
            .says("ID", "* ID ((((\r\n* ID NIL\r\n$ OK\r\n"),
        flapping("capabilities that are gone after the sign-in", "1@?; kept")
            .says("GREETING", "* OK [CAPABILITY IMAP4rev1 LITERAL+ MULTIAPPEND UIDPLUS] x\r\n")
            .hears("{3}\r\nabc"),
        flapping("capabilities that come with the sign-in", "1@?; kept")
            .says("LOGIN", "$ OK [CAPABILITY IMAP4rev1 LITERAL+] in\r\n")
            .hears("{3+}\r\nabc"),
        flapping("other capabilities at each time of asking", "1@?; kept")
            .says_once(
                "CAPABILITY",
                "* CAPABILITY IMAP4rev1 LITERAL+\r\n* CAPABILITY IMAP4rev1 MULTIAPPEND\r\n$ OK\r\n",
            )
            .says_once("CAPABILITY", "* CAPABILITY IMAP4rev1\r\n$ OK [CAPABILITY LITERAL+] x\r\n")
            .hears("{3}\r\nabc"),
    ]
}

fn flapping(name: &'static str, comes: &'static str) -> Scenario {
    row(name, Deed::Store(&["abc"], &[]), comes)
}
