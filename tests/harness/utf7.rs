//! Modified UTF-7 of folder names (RFC 3501 5.1.3), written apart from our own for the sake of the comparison.

const DIGITS: &[u8; 64] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+,";

pub fn encode(name: &str) -> String {
    let mut out = String::new();
    let mut waiting: Vec<u16> = Vec::new();
    for character in name.chars() {
        if (' '..='~').contains(&character) {
            shift(&mut out, &mut waiting);
            out.push(character);
            if character == '&' {
                out.push('-');
            }
        } else {
            waiting.extend(character.encode_utf16(&mut [0; 2]).iter());
        }
    }
    shift(&mut out, &mut waiting);
    out
}

fn shift(out: &mut String, waiting: &mut Vec<u16>) {
    if waiting.is_empty() {
        return;
    }
    let bits: String = waiting.drain(..).map(|unit| format!("{unit:016b}")).collect();
    out.push('&');
    for six in bits.as_bytes().chunks(6) {
        let padded = format!("{:0<6}", std::str::from_utf8(six).unwrap());
        out.push(char::from(DIGITS[usize::from_str_radix(&padded, 2).unwrap()]));
    }
    out.push('-');
}

/// None where it is not modified UTF-7.
pub fn decode(name: &str) -> Option<String> {
    let mut out = String::new();
    let mut rest = name;
    while let Some(at) = rest.find('&') {
        out.push_str(&rest[..at]);
        let end = at + rest[at..].find('-')?;
        let run = &rest[at + 1..end];
        if run.is_empty() {
            out.push('&');
        }
        let mut bits = String::new();
        for digit in run.bytes() {
            bits += &format!("{:06b}", DIGITS.iter().position(|known| *known == digit)?);
        }
        let units: Vec<u16> = bits
            .as_bytes()
            .chunks_exact(16)
            .map(|unit| u16::from_str_radix(std::str::from_utf8(unit).ok()?, 2).ok())
            .collect::<Option<_>>()?;
        out += &String::from_utf16(&units).ok()?;
        rest = &rest[end + 1..];
    }
    Some(out + rest)
}

#[cfg(test)]
mod tests {
    #[test]
    fn names_of_the_field() {
        for (name, wire) in
            [("已发送", "&XfJT0ZAB-"), ("草稿箱", "&g0l6P3ux-"), ("A & B", "A &- B"), ("😀", "&2D3eAA-")]
        {
            assert_eq!(super::encode(name), wire);
            assert_eq!(super::decode(wire).as_deref(), Some(name));
        }
    }
}
