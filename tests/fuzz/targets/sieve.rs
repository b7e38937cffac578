//! What a server sends, through the sieve and the readers of responses: the same in whatever pieces it comes, within
//! all bounds, no octet of a message altered, and what is odd costs its own line only.

#![no_main]

use libfuzzer_sys::fuzz_target;
use mail::Cause;
use mail::imap::fuzz::sieve;

/// What the fuzzer's own bounds let pass before the connection is given up (`imap/sieve.rs`).
const SHORT: usize = 4_000;

fuzz_target!(|input: (Vec<u8>, Vec<u8>)| {
    let (pieces, stream) = input;
    let pieces: Vec<usize> = pieces.into_iter().map(usize::from).collect();
    let heard = sieve(&stream, &pieces);
    assert_eq!(heard, sieve(&stream, &[]), "the pieces matter");
    assert_eq!(heard, sieve(&stream, &vec![1; stream.len()]), "the pieces matter");
    assert!(matches!(heard.end, Cause::Closed | Cause::Protocol), "{:?}", heard.end);

    assert!(heard.octets <= stream.len() as u64);
    let escaped = stream.contains(&b'\\');
    for body in &heard.bodies {
        assert!(escaped || body.is_empty() || stream.windows(body.len()).any(|window| window == body), "altered");
    }

    // What was said before is read whatever comes after it.
    let before = b"* 7 EXISTS\r\n* 1 FETCH (UID 5 BODY[] {3}\r\na)b)\r\n";
    let after = sieve(&[&before[..], &stream].concat(), &pieces);
    assert_eq!((after.responses.len(), &after.bodies[0][..]), (heard.responses.len() + 2, &b"a)b"[..]));
    assert_eq!(&after.responses[2..], &heard.responses[..]);

    // Without a literal nothing is taken for content: the next answer is met.
    if !stream.contains(&b'{') && stream.len() < SHORT {
        let answered = sieve(&[&stream, &b"\r\nZ9 OK end\r\n"[..]].concat(), &pieces);
        let last = answered.responses.last().expect("an answer");
        assert!(last.starts_with("Tagged") && last.contains("Z9"), "{last}");
        assert_eq!(answered.end, Cause::Closed);
    }
});
