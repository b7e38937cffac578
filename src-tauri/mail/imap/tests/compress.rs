//! COMPRESS: what lies behind its OK, and what becomes of servers that offer more than they can.

use super::script::{Answer, budget, imap};
use crate::imap::response::Response;
use crate::imap::wire::Wire;
use crate::imap::{Experience, Imap};
use crate::net::Deflated;
use crate::{Cause, Source};
use bytes::BytesMut;
use flate2::{Compress, Compression, FlushCompress};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use tokio::io::{AsyncReadExt, AsyncWriteExt, duplex};

#[tokio::test]
async fn what_came_with_the_answer_is_deflated_already() {
    let (ours, mut theirs) = duplex(1 << 16);
    let mut wire = Wire::new(Box::new(ours), budget());
    let server = tokio::spawn(async move {
        theirs.read_exact(&mut [0; 21]).await.unwrap();
        let mut deflater = Compress::new(Compression::default(), false);
        let mut said = Vec::with_capacity(1_000);
        deflater.compress_vec(b"* 5 EXISTS\r\n* 7 EXISTS\r\n", &mut said, FlushCompress::Sync).unwrap();
        // The answer, and half of what follows, in one piece.
        let (now, later) = said.split_at(said.len() / 2);
        theirs.write_all(&[b"M1 OK go\r\n".as_slice(), now].concat()).await.unwrap();
        theirs.write_all(later).await.unwrap();
        let mut theirs = Deflated::new(Box::new(theirs), BytesMut::new(), Arc::default());
        let mut heard = [0; 9];
        theirs.read_exact(&mut heard).await.unwrap();
        heard
    });
    let (status, _) = wire.simple("M1", "COMPRESS DEFLATE").await.unwrap();
    assert_eq!(status.text, "go");
    let damaged: Arc<AtomicBool> = Arc::default();
    wire.deflate(Arc::clone(&damaged));
    for count in [5, 7] {
        assert!(matches!(wire.next().await.unwrap(), Response::Exists(of) if of == count));
    }
    wire.write(b"M2 NOOP\r\n").await.unwrap();
    wire.flush().await.unwrap();
    assert_eq!(&server.await.unwrap(), b"M2 NOOP\r\n");
    assert!(!damaged.load(Ordering::Relaxed));
}

/// A server that says this to COMPRESS, and a line that is known to be slow.
async fn over_a_slow_line(answer: &'static [u8], experience: &Experience) -> (Imap, super::script::Heard) {
    let says = move |command: &str| match command {
        "COMPRESS DEFLATE" => Answer::Text(answer.to_vec()),
        _ => Answer::Usual,
    };
    let (imap, heard) = imap("COMPRESS=DEFLATE", says).await;
    (imap.heeding(experience), heard)
}

#[tokio::test]
async fn a_server_that_does_not_what_it_offers_is_asked_once() {
    for (answer, comes) in [
        (b"$ NO [COMPRESSIONACTIVE] no\r\n".as_slice(), None),
        (b"$ NO no\r\n", None),
        (b"$ BAD what\r\n", Some(Cause::Protocol)),
        (b"$ OK go\r\nA0003 OK done\r\n", Some(Cause::Closed)),
        // The end of the deflated stream, at once.
        (b"$ OK go\r\n\x03\x00", Some(Cause::Closed)),
    ] {
        let experience = Experience::default();
        experience.found_slow();
        let (mut first, heard) = over_a_slow_line(answer, &experience).await;
        assert_eq!(first.folders().await.err().map(|failure| failure.cause), comes);
        assert!(heard.lock().unwrap().contains(&"COMPRESS DEFLATE".to_owned()));
        let (mut second, heard) = over_a_slow_line(answer, &experience).await;
        second.folders().await.unwrap();
        assert!(!heard.lock().unwrap().contains(&"COMPRESS DEFLATE".to_owned()), "{}", answer.escape_ascii());
    }
}

#[tokio::test]
async fn nobody_is_asked_without_need_or_offer() {
    let fast = Experience::default();
    let (mut imap, heard) = over_a_slow_line(b"$ NO no\r\n", &fast).await;
    imap.folders().await.unwrap();
    assert!(!heard.lock().unwrap().contains(&"COMPRESS DEFLATE".to_owned()));
    let slow = Experience::default();
    slow.found_slow();
    let (imap, heard) = self::imap("IMAP4rev2", |_| Answer::Usual).await;
    imap.heeding(&slow).folders().await.unwrap();
    assert!(!heard.lock().unwrap().contains(&"COMPRESS DEFLATE".to_owned()));
}
