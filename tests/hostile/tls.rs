//! What is wrong with TLS: not one octet of the credentials leaves.

use crate::scenario::{Scenario, door};
use crate::server::Door::{Instead, StartNothing, StartTls, Tls};
use harness::Certificate::{Expired, Good, SelfSigned, WrongHost};

/// ServerHello of TLS 1.0: record and message header, version 3.1, random, no session, one old cipher, no compression.
const TLS_1_0: &[u8] = b"\x16\x03\x01\x00\x2a\x02\x00\x00\x26\x03\x01\
    0123456789abcdef0123456789abcdef\x00\x00\x2f\x00";

pub fn scenarios() -> Vec<Scenario> {
    vec![
        door("a good certificate", Tls(Good), "in; secret sent"),
        door("a good certificate after STARTTLS", StartTls(Good), "in; secret sent"),
        door("an expired certificate", Tls(Expired), "certificate_expired; secret kept"),
        door("another host's certificate", Tls(WrongHost), "certificate_wrong_host; secret kept"),
        door("a self-signed certificate", Tls(SelfSigned), "certificate_untrusted; secret kept"),
        door("an unknown authority", Tls(Good), "certificate_untrusted; secret kept").untrusted(),
        door("another certificate than the pinned one", Tls(Good), "certificate_changed; secret kept").pinned(),
        door("expired after STARTTLS", StartTls(Expired), "certificate_expired; secret kept"),
        door("another host's after STARTTLS", StartTls(WrongHost), "certificate_wrong_host; secret kept"),
        door("self-signed after STARTTLS", StartTls(SelfSigned), "certificate_untrusted; secret kept"),
        door("another than the pinned one after STARTTLS", StartTls(Good), "certificate_changed; secret kept").pinned(),
        door("TLS 1.0 only", Instead(TLS_1_0), "tls_failed; secret kept"),
        door("TLS refused for its version", Instead(b"\x15\x03\x01\x00\x02\x02\x46"), "tls_failed; secret kept"),
        door("TLS refused for its ciphers", Instead(b"\x15\x03\x03\x00\x02\x02\x28"), "tls_failed; secret kept"),
        door("plain text in place of TLS", Instead(b"* OK IMAP4rev1 ready\r\n"), "tls_failed; secret kept"),
        door(
            "another protocol in place of TLS",
            Instead(b"HTTP/1.1 400 Bad Request\r\n\r\n"),
            "tls_failed; secret kept",
        ),
        door("zeros in place of TLS", Instead(&[0; 4_096]), "tls_failed; secret kept"),
        door(
            "a record that promises too much",
            Instead(b"\x16\x03\x03\xff\xff\x02\x00\x00"),
            "tls_failed; secret kept",
        ),
        door("nothing in place of TLS", Instead(b""), "closed; secret kept"),
        door("plain text in place of TLS after STARTTLS", StartNothing, "tls_failed; secret kept"),
    ]
}
