//! Modified UTF-7 (RFC 3501 5.1.3), the form of folder names on the wire. Total in both directions: what is not
//! valid is taken as it stands, since servers hold names that no client should have made.

use base64::Engine;
use base64::alphabet::IMAP_MUTF7;
use base64::engine::{DecodePaddingMode, GeneralPurpose, GeneralPurposeConfig};

const BASE64: GeneralPurpose = GeneralPurpose::new(
    &IMAP_MUTF7,
    GeneralPurposeConfig::new()
        .with_encode_padding(false)
        .with_decode_padding_mode(DecodePaddingMode::RequireNone)
        .with_decode_allow_trailing_bits(true),
);

/// A name for the wire: printable ASCII.
pub(super) fn encode(name: &str) -> String {
    let mut wire = String::with_capacity(name.len());
    let mut shifted: Vec<u8> = Vec::new();
    for c in name.chars().map(Some).chain([None]) {
        match c {
            Some(c) if !(' '..='~').contains(&c) => {
                let mut units = [0; 2];
                shifted.extend(c.encode_utf16(&mut units).iter().flat_map(|unit| unit.to_be_bytes()));
                continue;
            }
            _ if !shifted.is_empty() => {
                wire.push('&');
                BASE64.encode_string(&shifted, &mut wire);
                wire.push('-');
                shifted.clear();
            }
            _ => {}
        }
        match c {
            Some('&') => wire.push_str("&-"),
            Some(c) => wire.push(c),
            None => {}
        }
    }
    wire
}

/// What a name on the wire means. Raw UTF-8 is taken as UTF-8 (servers send it unasked); a malformed `&...-` stays as
/// it is; octets that are no text at all become U+FFFD.
pub(super) fn decode(wire: &[u8]) -> String {
    let Ok(text) = std::str::from_utf8(wire) else { return String::from_utf8_lossy(wire).into_owned() };
    let mut name = String::with_capacity(text.len());
    let mut rest = text;
    while let Some((before, after)) = rest.split_once('&') {
        name.push_str(before);
        match after.split_once('-') {
            Some(("", after)) => {
                name.push('&');
                rest = after;
            }
            Some((shifted, after)) if let Some(decoded) = unshift(shifted) => {
                name.push_str(&decoded);
                rest = after;
            }
            _ => {
                name.push('&');
                rest = after;
            }
        }
    }
    name.push_str(rest);
    name
}

fn unshift(shifted: &str) -> Option<String> {
    let octets = BASE64.decode(shifted).ok()?;
    if octets.len() % 2 != 0 {
        return None;
    }
    let units = octets.chunks_exact(2).map(|pair| u16::from_be_bytes([pair[0], pair[1]]));
    char::decode_utf16(units).collect::<Result<String, _>>().ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn known_names() {
        for (name, wire) in [
            ("已发送", "&XfJT0ZAB-"),
            ("已删除邮件", "&XfJSIJZkkK5O9g-"),
            ("其他文件夹", "&UXZO1mWHTvZZOQ-"),
            ("~peter/mail/台北/日本語", "~peter/mail/&U,BTFw-/&ZeVnLIqe-"),
            ("A&B", "A&-B"),
            ("😀", "&2D3eAA-"),
            ("", ""),
        ] {
            assert_eq!(encode(name), wire);
            assert_eq!(decode(wire.as_bytes()), name);
        }
    }

    #[test]
    fn every_name_reads_back() {
        // A small generator instead of a table: mixed scripts, controls, ampersands, astral characters.
        let alphabet = ['a', '&', '-', ' ', '\u{1}', 'é', '邮', '😀', ',', '/', '~', '\u{7f}'];
        let mut seed = 7_u32;
        for _ in 0..5_000 {
            let mut name = String::new();
            for _ in 0..seed % 9 {
                seed = seed.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
                name.push(alphabet[(seed >> 16) as usize % alphabet.len()]);
            }
            seed = seed.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
            let wire = encode(&name);
            assert!(wire.bytes().all(|octet| (0x20..=0x7e).contains(&octet)), "{wire}");
            assert_eq!(decode(wire.as_bytes()), name);
        }
    }

    #[test]
    fn malformed_names_stay_text() {
        assert_eq!(decode(b"&bad"), "&bad");
        assert_eq!(decode(b"&2D0-x"), "&2D0-x");
        assert_eq!(decode("邮件".as_bytes()), "邮件");
        assert_eq!(decode(b"\xff\xfe"), "\u{fffd}\u{fffd}");
        let mut seed = 1_u32;
        for _ in 0..20_000 {
            let octets: Vec<u8> = (0..12)
                .map(|_| {
                    seed = seed.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
                    b"&-AaZz09+,\xe9 "[(seed >> 20) as usize % 12]
                })
                .collect();
            assert!(decode(&octets).chars().count() <= octets.len());
        }
    }
}
