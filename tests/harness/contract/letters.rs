//! What is stored to try the contract of the ports.

use mail::{Flags, System};

/// A message to store: octets, flags, seconds of its date.
pub type Letter = (Vec<u8>, Flags, i64);

pub fn letter(number: usize) -> Letter {
    let header = format!("Message-ID: <{number}@contract>\r\nDate: Mon, 1 Jan 2024 10:00:00 +0800\r\n");
    let flags = match number % 3 {
        0 => Flags::default(),
        1 => Flags::new([System::Seen]),
        _ => Flags::from_names(["\\Flagged", "\\Answered", "$Forwarded"]),
    };
    let octets = format!("{header}From: a@contract\r\nSubject: n {number}\r\n\r\nBody {number}\r\n");
    (octets.into_bytes(), flags, 1_700_000_000 + number as i64)
}

/// Octets that programs are known to trip over.
pub fn odd() -> Vec<Letter> {
    let date = 946_684_800;
    let bodies: [&[u8]; 8] = [
        b"Subject: no end of line\r\n\r\nlast",
        b"Subject: header only\r\n\r\n",
        b"no header, only a line\r\n",
        b"Subject: dots\r\n\r\n.\r\n..\r\nFrom here\r\n>From there\r\n",
        b"Subject: 8 bit \xd6\xd0\r\n\r\n\xff\xfe\x80\r\n",
        b"Subject: folded\r\n \tover lines\r\nFROM: x@y\r\n\r\n)\r\nA1 OK done\r\n{3}\r\n",
        b"Subject: twin\r\n\r\ntwin\r\n",
        b"Subject: twin\r\n\r\ntwin\r\n",
    ];
    let mut letters: Vec<Letter> = bodies.iter().map(|octets| (octets.to_vec(), Flags::default(), date)).collect();
    let mut large = b"Subject: large\r\n\r\n".to_vec();
    (0..20_000).for_each(|line| large.extend_from_slice(format!("line {line} of a large message\r\n").as_bytes()));
    letters.push((large, Flags::new([System::Draft, System::Deleted]), date));
    letters
}
