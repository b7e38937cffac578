use super::*;
use encoding_rs::GBK;

fn of(header: &[u8]) -> (Option<String>, Option<String>) {
    let heading = Heading::of(&[header, b"\r\n\r\nSubject: of the body\r\n"].concat());
    (heading.subject, heading.from)
}

fn subject(header: &[u8]) -> String {
    of(header).0.unwrap_or_default()
}

#[test]
fn encoded_words_of_every_chinese_charset_are_read() {
    for charset in ["gb2312", "GBK", "gb18030", "GB18030", "cp936", "x-gbk", "hz-unknown", "unknown-8bit"] {
        let text = GBK.encode("合同审批:第二版").0;
        let coded = base64::engine::general_purpose::STANDARD.encode(&text);
        assert_eq!(subject(format!("Subject: =?{charset}?B?{coded}?=").as_bytes()), "合同审批:第二版", "{charset}");
    }
    // Beyond GB 2312 and GBK, under the name of the smaller one.
    let text = GB18030.encode("朱镕基、㐀、€").0;
    let coded: String = text.iter().map(|octet| format!("={octet:02X}")).collect();
    assert_eq!(subject(format!("Subject: =?gb2312?q?{coded}?=").as_bytes()), "朱镕基、㐀、€");
    let big5 = base64::engine::general_purpose::STANDARD.encode(encoding_rs::BIG5.encode("繁體").0);
    assert_eq!(subject(format!("Subject: =?big5?B?{big5}?=").as_bytes()), "繁體");
    assert_eq!(subject(b"Subject: =?iso-8859-1*en?Q?Gr=FC=DFe_an_alle?= too"), "Grüße an alle too");
}

#[test]
fn a_character_divided_between_two_words_is_one() {
    let octets = GBK.encode("年度审计报告").0;
    let half = |octets: &[u8]| format!("=?gb2312?B?{}?=", base64::engine::general_purpose::STANDARD.encode(octets));
    for between in [" ", "\r\n ", "\r\n\t", ""] {
        let header = format!("Subject: {}{between}{}", half(&octets[..5]), half(&octets[5..]));
        assert_eq!(subject(header.as_bytes()), "年度审计报告", "{between:?}");
    }
    assert_eq!(subject(b"Subject: =?utf-8?Q?=E5=B9?=\r\n =?UTF-8?Q?=B4?= =?utf-8?B?5bqm?="), "年度");
    // White space that is meant.
    assert_eq!(subject(b"Subject: =?utf-8?Q?a_?= =?gbk?Q?b?= c =?utf-8?Q?d?="), "a b c d");
}

#[test]
fn raw_octets_are_what_their_writer_meant() {
    assert_eq!(subject("Subject: 合同".as_bytes()), "合同");
    let gbk = |text: &str| GBK.encode(text).0.into_owned();
    assert_eq!(subject(&gbk("Subject: 合同,朱镕基")), "合同,朱镕基");
    assert_eq!(of(&gbk("Subject: 报价\r\nFrom: \"王芳\" <wang@a.cn>")).1.as_deref(), Some("王芳 <wang@a.cn>"));
    // What the body's charset says comes first, and only if it can be.
    let latin = b"Content-Type: text/plain; charset=\"iso-8859-1\"\r\nSubject: M\xfcller";
    assert_eq!(subject(latin), "Müller");
    let lies = [b"Content-Type: text/plain; charset=utf-8\r\n".as_slice(), &gbk("Subject: 合同")].concat();
    assert_eq!(subject(&lies), "合同");
    assert_eq!(subject(b"Subject: \xff\xff\xff"), "ÿÿÿ");
}

#[test]
fn senders_are_names_and_addresses() {
    let from = |header: &str| of(header.as_bytes()).1;
    for (header, wanted) in [
        ("From: li@a.cn", Some("li@a.cn")),
        ("From: <li@a.cn>", Some("li@a.cn")),
        ("From: \"li@a.cn\" <li@a.cn>", Some("li@a.cn")),
        ("From: =?gb2312?B?zfW3vA==?= <wang@a.cn>", Some("王芳 <wang@a.cn>")),
        ("From: \"=?gb2312?B?zfW3vA==?=\" <wang@a.cn>", Some("王芳 <wang@a.cn>")),
        ("From: \"Wang, Fang\" <wang@a.cn>, b@c", Some("Wang, Fang <wang@a.cn>")),
        ("From:", None),
        ("To: li@a.cn", None),
    ] {
        assert_eq!(from(header).as_deref(), wanted, "{header}");
    }
}

#[test]
fn dates_are_of_the_header_and_else_of_nobody() {
    let date = |text: &str| Heading::of(format!("Date: {text}\r\nSubject: x\r\n\r\n").as_bytes()).date;
    assert_eq!(date("Wed, 17 Jul 1996 02:44:25 -0700"), Some(837_596_665));
    for odd in [
        "",
        "yesterday",
        "17 Jul 96",
        "Mon, 99 Foo 2004 99:99:99",
        "1 Jan 9999 00:00:00 +0000",
        "1 Jan 1904 00:00:00 +0000",
    ] {
        assert_eq!(date(odd), None, "{odd}");
    }
}

#[test]
fn what_is_hostile_becomes_one_plain_short_line() {
    assert_eq!(subject("Subject: a\u{202e}b\u{2066}c\u{200b}\u{feff}d\u{7}e\u{1b}[2Jf".as_bytes()), "abcd e [2Jf");
    assert_eq!(subject(b"Subject: =?utf-8?Q?a=0D=0ABcc:_x=00=E2=80=AEy?="), "a Bcc: x y");
    assert_eq!(subject(b"Subject:\r\n one\r\n\ttwo   three"), "one two three");
    assert_eq!(subject(format!("Subject: {}", "长".repeat(10_000)).as_bytes()), format!("{}…", "长".repeat(200)));
    for none in [b"Subject:".as_slice(), b"Subject: =?utf-8?B??=", b"X: y", b"", b"Subject: \xe2\x80\xae"] {
        assert_eq!(of(none).0, None, "{none:?}");
    }
    assert_eq!(subject(b"Subject: =?utf-8?B?%%%?= =?nonsense =?x?Z?a?="), "=?utf-8?B?%%%?= =?nonsense =?x?Z?a?=");
    // A line of a mail file before the header, as in messages that are refused.
    assert_eq!(subject(b"From a@b Thu Jan  1 00:00:00 2004\r\nSubject: behind it"), "behind it");
    // Whatever it is, it ends, and soon.
    let begun = std::time::Instant::now();
    for hostile in [
        b"=?".repeat(40_000),
        b"=?a?B??=".repeat(10_000),
        b"Subject: =?a?Q?".repeat(5_000),
        b"From: ((((".repeat(7_000),
        vec![b'\r'; 70_000],
        vec![0xff; 70_000],
    ] {
        Heading::of(&hostile);
        Heading::of(&[b"Subject: ".as_slice(), &hostile].concat());
        Heading::of(&[b"From: ".as_slice(), &hostile].concat());
    }
    assert!(begun.elapsed().as_secs() < 5, "{:?}", begun.elapsed());
}

#[test]
fn files_get_names_that_every_system_takes() {
    let named = |subject: &str| Heading { subject: Some(subject.into()), ..Heading::default() }.file_name();
    assert_eq!(named("Re: 报价 1/2?"), "Re_ 报价 1_2_.eml");
    assert_eq!(
        (named("CON"), named("../x"), Heading::default().file_name()),
        ("_CON.eml".into(), "_x.eml".into(), "message.eml".into())
    );
}
