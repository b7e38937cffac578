//! mboxrd quoting, as two streams: a `>` is put before every line that is `>*From ` and taken away again. Nothing
//! else is touched; a line begins after LF and nowhere else. Chunks may be cut anywhere.

use memchr::memchr;
use std::io::{Result, Write};

const FROM: &[u8] = b"From ";

/// Where in a line the stream stands. A `>` put in or taken out anywhere within a run of them gives the same
/// octets, so it is done right before `From `, and at most `>From ` need be held back between two chunks.
#[derive(Clone, Copy, Debug)]
enum At {
    /// Behind LF and any number of `>`, with this much of `From ` matched.
    Start {
        quoted: bool,
        matched: usize,
    },
    Within,
}

const START: At = At::Start { quoted: false, matched: 0 };

/// Adds the quotes.
#[derive(Debug)]
pub(crate) struct Quoter {
    at: At,
    /// How much of `From ` is matched in earlier chunks and not yet written.
    held: usize,
    /// How many `>` were put in.
    pub added: u64,
}

impl Quoter {
    /// Stands at the beginning of a line.
    pub fn new() -> Self {
        Self { at: START, held: 0, added: 0 }
    }

    pub fn chunk(&mut self, octets: &[u8], out: &mut impl Write) -> Result<()> {
        let mut unwritten = 0;
        let mut next = 0;
        while next < octets.len() {
            match self.at {
                At::Within => match memchr(b'\n', &octets[next..]) {
                    Some(length) => {
                        next += length + 1;
                        self.at = START;
                    }
                    None => next = octets.len(),
                },
                At::Start { matched: 0, .. } if octets[next] == b'>' => next += 1,
                At::Start { quoted, matched } if octets[next] == FROM[matched] => {
                    next += 1;
                    self.at = At::Start { quoted, matched: matched + 1 };
                    if matched + 1 == FROM.len() {
                        if self.held == 0 {
                            let line = next - FROM.len();
                            out.write_all(&octets[unwritten..line])?;
                            unwritten = line;
                        }
                        out.write_all(b">")?;
                        self.added += 1;
                        self.release(out)?;
                        self.at = At::Within;
                    }
                }
                At::Start { .. } => {
                    self.release(out)?;
                    self.at = At::Within;
                }
            }
        }
        let pending = if let At::Start { matched, .. } = self.at { matched } else { 0 };
        out.write_all(&octets[unwritten..octets.len() - (pending - self.held)])?;
        self.held = pending;
        Ok(())
    }

    /// Writes what is held back. The next octet, if any, is not at the beginning of a line.
    pub fn end(&mut self, out: &mut impl Write) -> Result<()> {
        self.at = At::Within;
        self.release(out)
    }

    fn release(&mut self, out: &mut impl Write) -> Result<()> {
        out.write_all(&FROM[..std::mem::take(&mut self.held)])
    }
}

/// Takes the quotes away.
#[derive(Debug)]
pub(crate) struct Unquoter {
    at: At,
    /// How much of `>From ` (or of `From `, without a quote) is matched in earlier chunks and not yet written.
    held: usize,
    /// A `From ` without a quote stood at the beginning of a line: this is not what a [`Quoter`] wrote.
    pub bare: bool,
}

impl Unquoter {
    pub fn new() -> Self {
        Self { at: START, held: 0, bare: false }
    }

    pub fn chunk(&mut self, octets: &[u8], out: &mut impl Write) -> Result<()> {
        let mut unwritten = 0;
        let mut next = 0;
        while next < octets.len() {
            match self.at {
                At::Within => match memchr(b'\n', &octets[next..]) {
                    Some(length) => {
                        next += length + 1;
                        self.at = START;
                    }
                    None => next = octets.len(),
                },
                At::Start { quoted, matched: 0 } if octets[next] == b'>' => {
                    self.release(quoted, out)?;
                    self.at = At::Start { quoted: true, matched: 0 };
                    next += 1;
                }
                At::Start { quoted, matched } if octets[next] == FROM[matched] => {
                    next += 1;
                    self.at = At::Start { quoted, matched: matched + 1 };
                    if matched + 1 == FROM.len() {
                        if !quoted {
                            self.bare = true;
                            self.release(false, out)?;
                        } else if self.held == 0 {
                            let line = next - FROM.len();
                            out.write_all(&octets[unwritten..line - 1])?;
                            unwritten = line;
                        } else {
                            self.held -= 1;
                            self.release(false, out)?;
                        }
                        self.at = At::Within;
                    }
                }
                At::Start { quoted, .. } => {
                    self.release(quoted, out)?;
                    self.at = At::Within;
                }
            }
        }
        let pending = if let At::Start { quoted, matched } = self.at { usize::from(quoted) + matched } else { 0 };
        out.write_all(&octets[unwritten..octets.len() - (pending - self.held)])?;
        self.held = pending;
        Ok(())
    }

    pub fn end(&mut self, out: &mut impl Write) -> Result<()> {
        let quoted = matches!(self.at, At::Start { quoted: true, .. });
        self.at = At::Within;
        self.release(quoted, out)
    }

    fn release(&mut self, quoted: bool, out: &mut impl Write) -> Result<()> {
        let held = std::mem::take(&mut self.held);
        match quoted {
            true => out.write_all(&b">From "[..held]),
            false => out.write_all(&FROM[..held]),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn quote(chunks: &[&[u8]]) -> Vec<u8> {
        let (mut quoter, mut out) = (Quoter::new(), Vec::new());
        for chunk in chunks {
            quoter.chunk(chunk, &mut out).unwrap();
        }
        quoter.end(&mut out).unwrap();
        let read: usize = chunks.iter().map(|chunk| chunk.len()).sum();
        assert_eq!(out.len() as u64, read as u64 + quoter.added);
        out
    }

    fn unquote(chunks: &[&[u8]]) -> (Vec<u8>, bool) {
        let (mut unquoter, mut out) = (Unquoter::new(), Vec::new());
        for chunk in chunks {
            unquoter.chunk(chunk, &mut out).unwrap();
        }
        unquoter.end(&mut out).unwrap();
        (out, unquoter.bare)
    }

    #[test]
    fn every_from_line_gets_one_quote_and_nothing_else_does() {
        let plain = b"From a\n>From b\r\n>>From c\nxFrom d\r From e\nFrom\n>>\n>From";
        assert_eq!(quote(&[plain]), b">From a\n>>From b\r\n>>>From c\nxFrom d\r From e\nFrom\n>>\n>From");
        assert_eq!(unquote(&[b"a\nFrom b\n"]), (b"a\nFrom b\n".to_vec(), true));
    }

    #[test]
    fn chunks_may_be_cut_anywhere() {
        let plain: &[u8] =
            b"From a\n>From b\r\n>>From c\nFro\nF\n>\n>>\n>>F\n>From\nFrom \n\nFrom>From \n>>>>From FFrom \n>>From";
        let quoted = quote(&[plain]);
        for first in 0..=quoted.len() {
            for second in first..=quoted.len() {
                if second <= plain.len() {
                    let chunks = [&plain[..first], &plain[first..second], &plain[second..]];
                    assert_eq!(quote(&chunks), quoted, "{first} {second}");
                }
                let chunks = [&quoted[..first], &quoted[first..second], &quoted[second..]];
                assert_eq!(unquote(&chunks), (plain.to_vec(), false), "{first} {second}");
            }
        }
        let singly: Vec<&[u8]> = plain.chunks(1).collect();
        assert_eq!(quote(&singly), quoted);
    }

    /// Texts over the pieces that matter, in chunks of random lengths.
    #[test]
    fn random_texts_read_back() {
        let mut seed = 0x2545_f491_4f6c_dd1d_u64;
        let mut random = |below: usize| {
            seed ^= seed << 13;
            seed ^= seed >> 7;
            seed ^= seed << 17;
            (seed % below as u64) as usize
        };
        for _ in 0..20_000 {
            let mut plain = Vec::new();
            for _ in 0..random(12) {
                plain.extend_from_slice([&b"From "[..], b">", b"\n", b"F", b"\r", b"x"][random(6)]);
            }
            let mut chunks = Vec::new();
            let mut rest = &plain[..];
            while !rest.is_empty() {
                let (chunk, after) = rest.split_at(1 + random(rest.len()));
                chunks.push(chunk);
                rest = after;
            }
            let quoted = quote(&chunks);
            assert!(!quoted.starts_with(b"From ") && !quoted.windows(6).any(|line| line == b"\nFrom "));
            let cut = random(quoted.len() + 1);
            assert_eq!(unquote(&[&quoted[..cut], &quoted[cut..]]), (plain, false));
        }
    }
}
