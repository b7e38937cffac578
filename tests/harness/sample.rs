//! Sample mail: the same letters for the same numbers, on every machine. What they hold is what moves have
//! broken: nested and Chinese folders, all flags, dates over decades, odd octets, twins.

/// A message with its place in a mailbox.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Letter {
    /// Segments below the personal namespace; the inbox is `INBOX`.
    pub folder: Vec<String>,
    pub octets: Vec<u8>,
    /// As on the wire, without `\Recent`.
    pub flags: Vec<String>,
    /// INTERNALDATE, seconds since 1970. Between 1990 and 2026: Dovecot keeps 1970 to 2037, and no zone.
    pub date: i64,
    /// What is odd about it; empty for an ordinary letter.
    pub odd: &'static str,
}

/// Where samples lie. Some parents (`Archive`, `项目`) hold no mail and are never created themselves.
const FOLDERS: [&[&str]; 12] = [
    &["INBOX"],
    &["客户"],
    &["客户", "北京办事处"],
    &["客户", "北京办事处", "2023 合同"],
    &["项目", "Ferry & Co"],
    &["项目", "港口 🚢"],
    &["Archive", "2019"],
    &["Archive", "2020"],
    &["Archive", "2020", "Q1", "week 07"],
    &["已发送"],
    &["草稿箱"],
    &["50 % off, 'quoted' \"twice\""],
];
const SYSTEM: [&str; 5] = ["\\Seen", "\\Answered", "\\Flagged", "\\Deleted", "\\Draft"];
const KEYWORDS: [&str; 4] = ["$Forwarded", "$Label1", "$MDNSent", "Work"];
const SUBJECTS: [&str; 6] = ["合同终稿", "Invoice 2041", "Re: 会议纪要", "Grüße aus Köln", "港口时刻表", "Lunch?"];
const BODIES: [&str; 4] = [
    "Dear colleague,\r\n\r\nthe ferry leaves at nine.\r\n",
    "您好:\r\n\r\n附件是合同的最终版本,请查收。\r\n",
    "From here on the line begins with From.\r\n>From quoted once.\r\n",
    "A line of a hundred letters and more, so that the text is not made of short lines only, as most mail is not.\r\n",
];

/// SplitMix64: small, and the same everywhere.
pub struct Dice(pub u64);

impl Dice {
    pub fn roll(&mut self, below: u64) -> u64 {
        self.0 = self.0.wrapping_add(0x9E37_79B9_7F4A_7C15);
        let mut mixed = self.0;
        mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
        mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
        (mixed ^ (mixed >> 31)) % below
    }

    fn pick(&mut self, of: &[&'static str]) -> &'static str {
        of[self.roll(of.len() as u64) as usize]
    }
}

/// `n` letters over all folders, the nasty ones among them.
pub fn samples(n: usize) -> Vec<Letter> {
    let mut dice = Dice(7);
    let mut letters = nasty();
    letters.truncate(n);
    for number in letters.len()..n {
        let octets = match dice.roll(10) {
            0 => message(&mut dice, number, 30_000, 60_000),
            1..=3 => message(&mut dice, number, 6_000, 20_000),
            _ => message(&mut dice, number, 1_000, 5_000),
        };
        letters.push(place(&mut dice, number, octets));
    }
    letters
}

/// `n` letters of about `size` octets in INBOX.
pub fn many(n: usize, size: usize) -> Vec<Letter> {
    let mut dice = Dice(11);
    (0..n)
        .map(|number| {
            let octets = message(&mut dice, number, size, size + 1);
            Letter { folder: vec!["INBOX".into()], ..place(&mut dice, number, octets) }
        })
        .collect()
}

/// Letters that programs are known to lose, double or change. Dovecot itself changes NUL (to 0x80) and bare LF
/// (to CRLF) and drops a last bare CR when it takes them: these arise at the old server, before any move.
pub fn nasty() -> Vec<Letter> {
    let head = "From: a@example.com\r\nTo: b@example.com\r\nSubject: odd\r\n";
    let twin = format!("{head}Message-ID: <twin@example.com>\r\n\r\nthe same\r\n");
    let mut all: Vec<(&'static str, Vec<u8>)> = vec![
        (
            "first line is an mbox separator",
            b"From someone@example.com Thu Jan  1 00:00:00 2004\r\nSubject: odd\r\n\r\nbody\r\n".to_vec(),
        ),
        ("From lines in the body", format!("{head}\r\nFrom one\r\n>From two\r\n>>From three\r\nFrom \r\n").into()),
        ("no final line break", format!("{head}\r\nends here").into()),
        ("ends in many line breaks", format!("{head}\r\nbody\r\n\r\n\r\n\r\n").into()),
        ("header only, no empty line", head.into()),
        ("header only, with empty line", format!("{head}\r\n").into()),
        ("body only", b"\r\nno header at all\r\n".to_vec()),
        ("no Message-ID", format!("{head}\r\nanonymous\r\n").into()),
        ("twin one", twin.clone().into()),
        ("twin two", twin.into()),
        ("same header, other body, one", format!("{head}Message-ID: <half@example.com>\r\n\r\nbody A\r\n").into()),
        ("same header, other body, two", format!("{head}Message-ID: <half@example.com>\r\n\r\nbody B\r\n").into()),
        (
            "8-bit header in GBK",
            [b"From: a@example.com\r\nSubject: ".as_slice(), &[0xBA, 0xCF, 0xCD, 0xAC], b"\r\n\r\nbody\r\n"].concat(),
        ),
        ("8-bit header in UTF-8", "From: 魏 <a@example.com>\r\nSubject: 合同\r\n\r\n正文\r\n".into()),
        (
            "8-bit body, all octets but NUL",
            [head.as_bytes(), b"\r\n", &(1..=255).filter(|o| !b"\r\n".contains(o)).collect::<Vec<u8>>(), b"\r\n"]
                .concat(),
        ),
        ("NUL octets", format!("{head}\r\nnul \0 inside\r\n").into()),
        ("bare LF", format!("{head}\r\nline one\nline two\n").into()),
        ("bare CR inside", format!("{head}\r\nover\rwritten\r\n").into()),
        ("a line of 50,000 octets", format!("{head}\r\n{}\r\n", "x".repeat(50_000)).into()),
        ("a header line of 20,000 octets", format!("X-Long: {}\r\n{head}\r\nbody\r\n", "y".repeat(20_000)).into()),
        (
            "folded and empty header fields",
            b"Subject:\r\nFrom:\r\n a@example.com\r\nX-Empty: \r\n\t\r\n\r\nbody\r\n".to_vec(),
        ),
        ("one octet", b"x".to_vec()),
        ("only line breaks", b"\r\n\r\n".to_vec()),
        ("looks like IMAP", format!("{head}\r\nh1 OK done\r\n* BYE {{3}}\r\n)\r\n").into()),
        ("dots as in SMTP", format!("{head}\r\n.\r\n..\r\n.leading\r\n").into()),
        ("deeply nested parts", nested(head, 40)),
    ];
    all.push((
        "unknown charset",
        format!("{head}Content-Type: text/plain; charset=x-no-such\r\n\r\n\u{fffd}\r\n").into(),
    ));
    let mut dice = Dice(3);
    all.into_iter()
        .enumerate()
        .map(|(number, (odd, octets))| Letter { odd, ..place(&mut dice, number, octets) })
        .collect()
}

fn place(dice: &mut Dice, number: usize, octets: Vec<u8>) -> Letter {
    // Every folder gets some; the inbox most, as people's do.
    let folder = if dice.roll(3) == 0 { FOLDERS[0] } else { FOLDERS[number % FOLDERS.len()] };
    let mut flags: Vec<String> = Vec::new();
    flags.extend(
        SYSTEM
            .iter()
            .filter(|flag| dice.roll(if **flag == "\\Seen" { 2 } else { 6 }) == 0)
            .map(|flag| (*flag).to_owned()),
    );
    flags.extend(KEYWORDS.iter().filter(|_| dice.roll(8) == 0).map(|flag| (*flag).to_owned()));
    // 1990-01-01 to 2026-01-01.
    let date = 631_152_000 + dice.roll(1_136_073_600) as i64;
    Letter { folder: folder.iter().map(|segment| (*segment).to_owned()).collect(), octets, flags, date, odd: "" }
}

/// A message of `from` to `to` octets, roughly, with a header as mail programs write it.
fn message(dice: &mut Dice, number: usize, from: usize, to: usize) -> Vec<u8> {
    let size = from + dice.roll((to - from) as u64) as usize;
    let subject: String = dice.pick(&SUBJECTS).bytes().map(|octet| format!("={octet:02X}")).collect();
    let mut text = format!(
        "Return-Path: <sender{sender}@example.net>\r\n\
         Received: from mx.example.net (mx.example.net [192.0.2.{last}])\r\n\tby mail.example.com with ESMTPS id {id:016x};\r\n\tThu, 1 Jan 2004 00:00:00 +0000\r\n\
         Message-ID: <{id:016x}.{number}@example.net>\r\n\
         From: =?utf-8?Q?=E9=AD=8F=E5=B7=A5?= <sender{sender}@example.net>\r\n\
         To: wei@example.com\r\n\
         Subject: =?utf-8?Q?{subject}?= {number}\r\n\
         Date: Thu, 1 Jan 2004 00:00:00 +0000\r\n\
         MIME-Version: 1.0\r\n\
         Content-Type: text/plain; charset=utf-8\r\n\
         Content-Transfer-Encoding: 8bit\r\n\r\n",
        sender = dice.roll(40),
        last = dice.roll(250),
        id = dice.roll(u64::MAX),
    );
    while text.len() < size {
        if dice.roll(3) == 0 {
            text.push_str(dice.pick(&BODIES));
        } else {
            // As an attachment looks.
            let line: String = (0..9).map(|_| format!("{:08x}", dice.roll(1 << 32))).collect();
            text.push_str(&line);
            text.push_str("\r\n");
        }
    }
    text.into_bytes()
}

fn nested(head: &str, levels: usize) -> Vec<u8> {
    let mut text = head.to_owned();
    for level in 0..levels {
        text += &format!("Content-Type: multipart/mixed; boundary=b{level}\r\n\r\n--b{level}\r\n");
    }
    text += "Content-Type: text/plain\r\n\r\ninnermost\r\n";
    for level in (0..levels).rev() {
        text += &format!("--b{level}--\r\n");
    }
    text.into_bytes()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_same_numbers_give_the_same_letters() {
        let letters = samples(400);
        assert_eq!(letters.len(), 400);
        assert!(letters == samples(400) && letters[..300] == samples(300)[..]);
        for flag in SYSTEM.iter().chain(&KEYWORDS) {
            assert!(letters.iter().any(|letter| letter.flags.iter().any(|has| has == flag)), "{flag}");
        }
        for folder in FOLDERS {
            assert!(letters.iter().any(|letter| letter.folder == folder), "{folder:?}");
        }
        let sizes = many(50, 3_000);
        assert!(sizes.iter().all(|letter| (3_000..3_300).contains(&letter.octets.len())));
    }
}
