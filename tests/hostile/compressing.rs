//! COMPRESS=DEFLATE: offered and not done, or done to do harm.

use crate::scenario::Deed::{Fetch, Folders, Hash, Store};
use crate::scenario::{Scenario, row};
use flate2::{Compress, Compression, FlushCompress};

fn deflated(text: &str) -> Vec<u8> {
    let mut all = Vec::with_capacity(text.len() + 1_000);
    Compress::new(Compression::default(), false).compress_vec(text.as_bytes(), &mut all, FlushCompress::Sync).unwrap();
    all
}

pub fn scenarios() -> Vec<Scenario> {
    let answer = |name, text: &[u8], comes| row(name, Folders, comes).compresses().says("COMPRESS", text);
    let deflating = |name, deed, comes| row(name, deed, comes).compresses().never_hears("UID FETCH 1:3 (UID BODY");
    let honestly = "1 2 3; kept";
    let after = |octets: &[u8]| [b"$ OK go\r\n".as_slice(), octets].concat();
    let cut = deflated("* OK this is to be cut in the middle\r\n");
    vec![
        answer("COMPRESS refused", b"$ NO no\r\n", "INBOX(3); kept").hears("COMPRESS DEFLATE"),
        answer("COMPRESS that is active already", b"$ NO [COMPRESSIONACTIVE] TLS does\r\n", "INBOX(3); kept"),
        answer("COMPRESS not understood", b"$ BAD what\r\n", "protocol; ended").never_hears("NOOP"),
        answer("goodbye to COMPRESS", b"* BYE\r\n", "closed; ended"),
        answer("garbage behind COMPRESS", &after(&[0xff; 64]), "closed; ended"),
        answer("plain text behind COMPRESS", &after(b"* OK go on\r\n"), "closed; ended"),
        answer("an answer injected behind COMPRESS", &after(b"A0003 OK x\r\nA0004 OK x\r\n"), "closed; ended"),
        answer("the end of what is deflated behind COMPRESS", &after(&[3, 0]), "closed; ended"),
        row("an end in the middle of a block", Folders, "closed; ended")
            .compresses()
            .ends("COMPRESS", after(&cut[..cut.len() / 2])),
        deflating("octets that are deflated", Fetch, honestly),
        deflating("octets that are deflated, to be hashed", Hash, "1#23 2#24 3#25; kept"),
        row("octets to be stored that are deflated", Store(&["abc", "def"], &[]), "1@? 2@?; kept")
            .compresses()
            .hears("APPEND \"INBOX\" () {3}")
            .hears("abc"),
        deflating("deflated answers that end in the middle", Fetch, "1=abc then closed; ended")
            .ends("UID FETCH", "* 1 FETCH (UID 1 BODY[] {3}\r\nabc)\r\n* 2 FETCH (UID 2 BODY[] {900}\r\nde"),
        deflating("a bomb in a line", Fetch, "then protocol; ended").endless("UID FETCH", "* OK ", vec![0; 1 << 20]),
        deflating("a bomb behind a small literal", Fetch, "then protocol; ended").endless(
            "UID FETCH",
            "* 1 FETCH (UID 1 BODY[] {3}\r\nabc",
            vec![0; 1 << 20],
        ),
        deflating("a bomb in a literal beyond all bounds", Fetch, "then protocol; ended").endless(
            "UID FETCH",
            "* 1 FETCH (X {1000000000}\r\n",
            vec![0; 1 << 20],
        ),
    ]
}
