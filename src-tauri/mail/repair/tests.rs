use super::find::Search;
use super::mend::Chain;
use super::*;
use crate::Budget;

fn faults(octets: &[u8]) -> String {
    let mut search = Search::default();
    octets.chunks(3).for_each(|chunk| search.push(chunk));
    text(&search.end())
}

/// In chunks of several sizes, which must not matter.
fn mended(octets: &[u8], faults: &[Fault]) -> Vec<u8> {
    let by = |size: usize| {
        let mut chain = Chain::of(faults.iter().copied());
        let mut out: Vec<u8> = octets.chunks(size).flat_map(|chunk| chain.push(chunk)).collect();
        out.extend(chain.end());
        out
    };
    let whole = by(octets.len().max(1));
    assert!([1, 2, 7].iter().all(|size| by(*size) == whole));
    whole
}

#[test]
fn each_fault_is_found_where_it_is_and_mended_alone() {
    use Fault::*;
    let cases: &[(&[u8], Fault, &str, &[u8])] = &[
        (b"A: b\r\n\r\nx", OpenEnd, "open_end*1@9/3", b"A: b\r\n\r\nx\r\n"),
        (b"A: b\r\n\r\nx\r", OpenEnd, "open_end*1@10/3", b"A: b\r\n\r\nx\r\n"),
        (b"From a@b Mon\r\nA: b\r\n\r\n", MboxLine, "mbox_line*1@0/1", b"A: b\r\n\r\n"),
        (b">From a@b Mon\r\nA: b\r\n\r\n", MboxLine, "mbox_line*1@0/1", b"A: b\r\n\r\n"),
        (b"A: b\r\n\r\nx\ny\n", BareLf, "bare_lf*2@9/3", b"A: b\r\n\r\nx\r\ny\r\n"),
        (b"A: b\r\n\r\nx\0\0y\r\n", Nul, "nul*2@9/3", b"A: b\r\n\r\nx  y\r\n"),
        (
            "Subject: Grüße aus Köln\r\n\r\nGrüße\r\n".as_bytes(),
            EightBitHeader,
            "eight_bit_header*6@11/1",
            "Subject: =?UTF-8?Q?Gr=C3=BC=C3=9Fe?= aus =?UTF-8?Q?K=C3=B6ln?=\r\n\r\nGrüße\r\n".as_bytes(),
        ),
        (
            b"From: \"M\xfcller, K\" <a@b>\r\n\r\n",
            EightBitHeader,
            "eight_bit_header*1@8/1",
            b"From: \"=?unknown-8bit?Q?M=FCller?=, K\" <a@b>\r\n\r\n",
        ),
        // Blanks between two encoded words are not shown: they go into the word.
        (
            "A: ü ö\r\n ä\r\n\r\n".as_bytes(),
            EightBitHeader,
            "eight_bit_header*6@3/1",
            b"A: =?UTF-8?Q?=C3=BC_=C3=B6?=\r\n =?UTF-8?Q?_=C3=A4?=\r\n\r\n",
        ),
    ];
    for (octets, fault, found, whole) in cases {
        assert_eq!(faults(octets), *found);
        let mended = mended(octets, &[*fault]);
        assert_eq!(String::from_utf8_lossy(&mended), String::from_utf8_lossy(whole));
        assert_eq!(faults(&mended), "", "{fault:?}");
    }
}

#[test]
fn what_is_no_fault_stays() {
    for octets in [&b""[..], b"From : a@b\r\n\r\n", b"A: b\r\n\r\nFrom x\r\n", "A: b\r\n\r\nü\r\n".as_bytes()] {
        assert_eq!(faults(octets), "");
    }
    let long = [&b"A: b\r\n\r\n"[..], &[b'x'; LONGEST_LINE], b"\r\n"].concat();
    assert_eq!(faults(&long), "");
    // A repair of what is not there changes nothing; the first line is only left out where it was found to be one.
    for octets in [long, b"A: b\r\n c\r\n\r\nx\r\n\r\n".to_vec()] {
        let others = Fault::ALL.into_iter().filter(|fault| *fault != Fault::MboxLine).collect::<Vec<_>>();
        assert_eq!(mended(&octets, &others), octets);
    }
}

#[test]
fn long_lines_are_broken_and_nothing_of_them_is_lost() {
    let words = "word ".repeat(600);
    let header = format!("Subject: {words}\r\n\r\nx\r\n");
    let folded = mended(header.as_bytes(), &[Fault::LongLine]);
    assert_eq!(faults(&folded), "");
    assert_eq!(String::from_utf8_lossy(&folded).replace("\r\n ", " "), header);
    for line in [words, "=3D".repeat(700), "邮".repeat(700), "x".repeat(LONGEST_LINE + 1), "x".repeat(3_000)] {
        for end in ["\r\n", "\n", ""] {
            let octets = format!("A: b\r\n\r\n{line}{end}");
            let broken = mended(octets.as_bytes(), &[Fault::LongLine]);
            assert!(!faults(&broken).contains("long_line"), "{}", faults(&broken));
            let text = String::from_utf8(broken).unwrap();
            assert!(!text.contains("=\r\n") && !text.contains("=3\r\n"));
            assert_eq!(text.replace("\r\n", ""), octets.replace("\r\n", ""));
        }
    }
    let bare = mended(format!("A{}\r\n\r\n", "x".repeat(2_500)).as_bytes(), &[Fault::LongLine]);
    assert_eq!(faults(&bare), "");
    assert_eq!(bare.iter().filter(|octet| **octet == b'x').count(), 2_500);
}

#[test]
fn a_long_subject_becomes_several_words() {
    let octets = format!("Subject: {}\r\n\r\n", "邮渡".repeat(100));
    let coded = mended(octets.as_bytes(), &[Fault::EightBitHeader]);
    let text = String::from_utf8(coded).unwrap();
    assert!(text.lines().all(|line| line.len() <= "Subject: ".len() + 75), "{text}");
    assert_eq!(text.matches("=?UTF-8?Q?").count(), text.lines().count() - 1);
    assert_eq!((faults(text.as_bytes()).as_str(), text.matches("=E9=82=AE").count()), ("", 100));
}

#[test]
fn all_faults_at_once_are_mended_at_once() {
    let octets = [&b"From a@b\nSubject: \xff\0\n\n"[..], &[b'x'; 1_200], b"\nend"].concat();
    let kinds: Vec<Fault> = parse(&faults(&octets)).iter().map(|finding| finding.fault).collect();
    assert_eq!(kinds, Fault::ALL);
    assert_eq!(faults(&mended(&octets, &kinds)), "");
}

#[test]
fn the_smallest_choice_is_tried_first() {
    let tries = |codes: &str| -> Vec<String> {
        let found: Vec<Finding> = parse(codes);
        tries(&found).iter().map(|some| some.iter().map(|f| f.fault.code()).collect::<Vec<_>>().join("+")).collect()
    };
    assert_eq!(tries(""), Vec::<String>::new());
    assert_eq!(tries("nul*1@1/1"), ["nul"]);
    let three = tries("open_end*1@9/9 bare_lf*1@1/1 nul*1@1/1");
    let all = ["open_end", "bare_lf", "nul", "open_end+bare_lf", "open_end+nul", "bare_lf+nul", "open_end+bare_lf+nul"];
    assert_eq!(three, all);
    let four = tries("open_end*1@9/9 bare_lf*1@1/1 nul*1@1/1 long_line*1@1/1");
    assert_eq!(four, ["open_end", "bare_lf", "nul", "long_line", "open_end+bare_lf+nul+long_line"]);
}

#[test]
fn findings_read_back() {
    let some = [
        Finding { fault: Fault::Nul, count: 2, offset: 57, line: 3 },
        Finding { fault: Fault::LongLine, count: 1, offset: 0, line: 1 },
    ];
    assert_eq!(text(&some), "nul*2@57/3 long_line*1@0/1");
    assert_eq!(parse(&text(&some)), some);
    assert_eq!(parse("Archiv 客户 nul*x@1/1"), []);
}

#[tokio::test]
async fn a_spooled_message_is_mended_like_one_in_memory() -> crate::Result<()> {
    let octets = [&b"A: b\n\n"[..], &b"line\0\n".repeat(40_000)].concat();
    let directory = tempfile::tempdir()?;
    let budget = Budget::new(64 * 1024, directory.path().to_owned());
    let mut writer = budget.body(octets.len() as u64).await?;
    writer.write(&octets)?;
    let body = writer.finish();
    // All of the budget is taken by it: the repaired form does not wait for more.
    let findings = find(&body)?;
    let whole = mend(&body, findings.iter().map(|finding| finding.fault), budget.body_at_once(body.len())?)?;
    assert_eq!(whole.sha256, Sha256::of(&mended(&octets, &[Fault::BareLf, Fault::Nul])));
    assert_eq!(whole.header, HeaderHash::of(b"A: b\r\n\r\n"));
    assert_eq!(find(&whole)?, []);
    Ok(())
}
