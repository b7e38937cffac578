mod gone;

use super::*;
use mail::Sha256;
use std::time::{Duration, Instant};

/// Header, body, flags: enough to make a message.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
struct Made(u32, u32, u32);

impl Made {
    fn header(self) -> HeaderHash {
        HeaderHash::of(format!("Message-ID: {}\r\n", self.0).as_bytes())
    }

    fn print(self) -> Print {
        let sha256 = Sha256::of(&[self.0.to_le_bytes(), self.1.to_le_bytes()].concat());
        Print { sha256, header: self.header(), octets: 1_000 + u64::from(self.1 / 10), mark: u64::from(self.2) }
    }
}

/// Both folders and the ledger, and a reader that answers what is asked for.
#[derive(Default)]
struct Case {
    source: Vec<(u32, Made)>,
    target: Vec<(u32, Made)>,
    ledger: Vec<(u32, State, Option<u32>, Made)>,
    fence: u32,
    strength: Option<Strength>,
    put_back: bool,
    even_if_elsewhere: bool,
    /// The target is listed from its beginning.
    whole: bool,
    /// Stored twice, by their ids.
    twice: Vec<u32>,
    /// Stored again after they were in doubt, by their ids.
    late: Vec<u32>,
    /// The target was not looked through under its present UIDVALIDITY.
    renumbered: bool,
    /// What lies from the fence on has come since the move was begun.
    since: bool,
    /// How often octets were asked for, and of how many messages.
    read: (usize, usize),
}

impl Case {
    fn ask(&mut self) -> Answer {
        let mut ledger: Vec<Brief> = self
            .ledger
            .iter()
            .map(|(id, state, uid, _)| Brief {
                id: MessageId::Uid(*id),
                uid: *uid,
                state: *state,
                this_run: false,
                twice: self.twice.contains(id),
                repaired: false,
                flags: 0,
            })
            .collect();
        let again = |(id, _, _, made): &(u32, State, Option<u32>, Made)| {
            let late = Late { id: MessageId::Uid(*id), header: made.header(), next: 1 };
            self.late.contains(id).then_some(late)
        };
        let late: Vec<Late> = self.ledger.iter().filter_map(again).collect();
        let mut prints = Prints::default();
        for (id, _, uid, made) in &self.ledger {
            if uid.is_none_or(|uid| uid == 0) || self.twice.contains(id) {
                prints.source.insert(MessageId::Uid(*id), Some(made.print()));
            }
        }
        let item = |headers: bool| {
            move |(id, made): &(u32, Made)| SourceItem {
                id: MessageId::Uid(*id),
                header: headers.then(|| made.header()),
                size: 0,
                skip: false,
            }
        };
        let from = if self.whole { 1 } else { self.fence };
        let (mut source_headers, mut target_headers) = (false, false);
        let mut found = Vec::new();
        loop {
            let source: Vec<SourceItem> = self.source.iter().map(item(source_headers)).collect();
            let target: Vec<TargetItem> = self
                .target
                .iter()
                .filter(|(uid, _)| *uid >= from)
                .map(|(uid, made)| TargetItem { uid: *uid, header: target_headers.then(|| made.header()), flags: 0 })
                .collect();
            let mut answer = reconcile(&Question {
                source: &source,
                target: &target,
                ledger: &ledger,
                prints: &prints,
                late: &late,
                renumbered: self.renumbered,
                fence: self.fence,
                since: self.since,
                from,
                source_headers,
                target_headers,
                strength: self.strength,
                put_back: self.put_back,
                even_if_elsewhere: self.even_if_elsewhere,
                estimate: false,
            });
            found.extend(answer.found.iter().map(|found| (found.id.uid().unwrap(), found.uid)));
            match std::mem::take(&mut answer.need) {
                Need::Nothing => {
                    answer.found.clear();
                    found.sort_unstable();
                    let claimed: HashSet<u32> = found.iter().map(|(_, uid)| *uid).collect();
                    assert_eq!(claimed.len(), found.len(), "a UID is claimed once");
                    answer.found = found
                        .into_iter()
                        .map(|(id, uid)| Found { id: MessageId::Uid(id), uid, state: State::Stored })
                        .collect();
                    let counted = answer.stored + answer.already + answer.skipped;
                    let open = answer.store.len() + answer.undecided.len() + answer.gone.len();
                    assert_eq!(counted + open as u64, self.source.len() as u64, "each is counted once");
                    return answer;
                }
                Need::SourceHeaders(_) => source_headers = true,
                Need::TargetHeaders(_) => target_headers = true,
                Need::Octets { source, target } => {
                    self.read = (self.read.0 + 1, self.read.1 + source.len() + target.len());
                    let made = |list: &[(u32, Made)], id: u32| list.iter().find(|(at, _)| *at == id).unwrap().1;
                    for id in source {
                        let print = made(&self.source, id.uid().unwrap()).print();
                        prints.source.insert(id, Some(print));
                    }
                    for uid in target {
                        prints.target.insert(uid, Some(made(&self.target, uid).print()));
                    }
                }
            }
            // As the copy does: what was found is in the ledger from now on.
            for Found { id, uid, state } in answer.found {
                match ledger.binary_search_by(|row| row.id.cmp(&id)) {
                    Ok(at) => (ledger[at].uid, ledger[at].state) = (Some(uid), state),
                    Err(at) => ledger.insert(
                        at,
                        Brief { id, uid: Some(uid), state, this_run: false, twice: false, repaired: false, flags: 0 },
                    ),
                }
            }
        }
    }
}

fn uids(ids: &[MessageId]) -> Vec<u32> {
    ids.iter().map(|id| id.uid().unwrap()).collect()
}

fn pairs(answer: &Answer) -> Vec<(u32, u32)> {
    answer.found.iter().map(|found| (found.id.uid().unwrap(), found.uid)).collect()
}

#[test]
fn a_first_run_into_an_empty_folder_reads_nothing() {
    let mut case = Case { source: vec![(1, Made(1, 0, 0)), (2, Made(2, 0, 0))], fence: 1, ..Case::default() };
    assert_eq!(uids(&case.ask().store), [1, 2]);
    assert_eq!(case.read, (0, 0));
}

#[test]
fn identical_messages_are_counted() {
    let twin = Made(1, 0, 0);
    let mut case = Case {
        source: (1..=3).map(|id| (id, twin)).collect(),
        target: vec![(10, twin), (11, twin)],
        fence: 1,
        ..Case::default()
    };
    let answer = case.ask();
    assert_eq!((answer.already, answer.store.len(), answer.twice.len()), (2, 1, 0));
}

#[test]
fn the_same_header_is_not_the_same_message() {
    let mut case = Case {
        source: vec![(1, Made(1, 1, 0)), (2, Made(1, 2, 0))],
        target: vec![(10, Made(1, 2, 0)), (11, Made(9, 9, 0))],
        fence: 1,
        strength: Some(Strength::Octets),
        ..Case::default()
    };
    let answer = case.ask();
    assert_eq!((pairs(&answer), uids(&answer.store)), (vec![(2, 10)], vec![1]));
    assert_eq!(case.read, (1, 3), "only what shares a header is read");
}

#[test]
fn doubt_is_looked_for_from_the_fence_on_and_among_what_is_nobodys() {
    let twin = Made(1, 0, 0);
    let mut case = Case {
        source: vec![(1, twin), (2, twin), (3, twin), (4, Made(4, 0, 0))],
        // One there before, one of ours, one in doubt that arrived.
        target: vec![(5, twin), (10, twin), (11, twin)],
        ledger: vec![
            (1, State::Stored, Some(10), twin),
            (2, State::Intended, None, twin),
            (3, State::Intended, None, twin),
        ],
        fence: 10,
        strength: Some(Strength::Octets),
        ..Case::default()
    };
    let answer = case.ask();
    assert_eq!((pairs(&answer), uids(&answer.store)), (vec![(2, 11)], vec![3, 4]));
    assert_eq!(case.read, (1, 1), "what is new is not read when nothing is left for it");
}

#[test]
fn of_two_twins_in_doubt_the_one_with_the_same_flags_arrived() {
    let mut case = Case {
        source: vec![(1, Made(1, 0, 1)), (2, Made(1, 0, 2))],
        target: vec![(10, Made(1, 0, 2))],
        ledger: vec![(1, State::Intended, None, Made(1, 0, 1)), (2, State::Intended, None, Made(1, 0, 2))],
        fence: 10,
        ..Case::default()
    };
    let answer = case.ask();
    assert_eq!((pairs(&answer), uids(&answer.store)), (vec![(2, 10)], vec![1]));
}

#[test]
fn what_a_target_preserves_decides_about_other_octets() {
    // The target has our messages with other octets; the size stays for body 1, and not for body 77.
    let case = |strength| Case {
        source: vec![(1, Made(1, 1, 0)), (2, Made(2, 1, 0))],
        target: vec![(10, Made(1, 2, 0)), (11, Made(2, 77, 0))],
        fence: 12,
        whole: true,
        strength,
        ..Case::default()
    };
    let ask = |strength| {
        let answer = case(strength).ask();
        (pairs(&answer), uids(&answer.store), answer.twice.len(), uids(&answer.undecided))
    };
    assert_eq!(ask(None), (vec![], vec![], 0, vec![1, 2]));
    assert_eq!(ask(Some(Strength::Octets)), (vec![], vec![1, 2], 2, vec![]));
    assert_eq!(ask(Some(Strength::HeaderAndSize)), (vec![(1, 10)], vec![2], 0, vec![]));
    assert_eq!(ask(Some(Strength::Header)), (vec![(1, 10), (2, 11)], vec![], 0, vec![]));
    assert_eq!(ask(Some(Strength::Nothing)), (vec![], vec![1, 2], 2, vec![]));
}

#[test]
fn a_new_message_is_not_taken_for_what_came_since_by_its_header_alone() {
    let mut case = Case {
        source: vec![(1, Made(1, 1, 0))],
        target: vec![(10, Made(1, 2, 0))],
        fence: 10,
        strength: Some(Strength::Header),
        ..Case::default()
    };
    let answer = case.ask();
    assert_eq!((pairs(&answer), uids(&answer.store), answer.twice.len()), (vec![], vec![1], 1));
}

#[test]
fn the_second_copy_of_one_is_not_taken_for_another() {
    let doubt = (2, State::Intended, None, Made(1, 2, 0));
    let mut case = Case {
        source: vec![(1, Made(1, 1, 0)), (2, Made(1, 2, 0))],
        target: vec![(10, Made(1, 3, 0)), (11, Made(1, 3, 0))],
        ledger: vec![(1, State::Stored, Some(11), Made(1, 1, 0)), doubt],
        fence: 10,
        strength: Some(Strength::Header),
        ..Case::default()
    };
    assert_eq!(pairs(&case.ask()), [(2, 10)]);
    case.twice = vec![1];
    let answer = case.ask();
    assert_eq!((pairs(&answer), uids(&answer.store), answer.twice.len()), (vec![], vec![2], 1));
}

#[test]
fn what_cannot_be_told_apart_is_stored_and_named() {
    // Two different messages with one header, one of them arrived with other octets: which?
    let mut case = Case {
        source: vec![(1, Made(1, 1, 0)), (2, Made(1, 2, 0))],
        target: vec![(10, Made(1, 3, 0))],
        ledger: vec![(1, State::Intended, None, Made(1, 1, 0)), (2, State::Intended, None, Made(1, 2, 0))],
        fence: 10,
        strength: Some(Strength::Header),
        ..Case::default()
    };
    let answer = case.ask();
    assert_eq!((uids(&answer.store), answer.twice.len()), (vec![1, 2], 2));
}

/// What may come late of one message is no answer for another that is in doubt and has its header.
#[test]
fn a_late_copy_is_not_another_message() {
    let ask = |late: Vec<u32>| {
        let mut case = Case {
            source: vec![(1, Made(1, 1, 0)), (2, Made(1, 2, 0))],
            target: vec![(10, Made(1, 3, 0)), (11, Made(1, 4, 0))],
            ledger: vec![(1, State::Stored, Some(10), Made(1, 1, 0)), (2, State::Intended, None, Made(1, 2, 0))],
            fence: 10,
            strength: Some(Strength::Header),
            late,
            ..Case::default()
        };
        let answer = case.ask();
        (pairs(&answer), uids(&answer.store), answer.twice.len())
    };
    assert_eq!(ask(vec![]), (vec![(2, 11)], vec![], 0));
    assert_eq!(ask(vec![2]), (vec![(2, 11)], vec![], 0), "its own");
    assert_eq!(ask(vec![1]), (vec![], vec![2], 1));
}

#[test]
fn two_hundred_thousand_are_not_quadratic() {
    // All with one header, as mail without any header field is: the worst case for grouping.
    for one in [true, false] {
        let made = |n: u32| Made(if one { 1 } else { n }, n, 0);
        let source: Vec<SourceItem> = (1..=200_000)
            .map(|n| SourceItem { id: MessageId::Uid(n), header: Some(made(n).header()), size: 0, skip: false })
            .collect();
        let target: Vec<TargetItem> =
            (1..=200_000).map(|uid| TargetItem { uid, header: Some(made(uid).header()), flags: 0 }).collect();
        let mut prints = Prints::default();
        for n in 1..=200_000 {
            prints.source.insert(MessageId::Uid(n), Some(made(n).print()));
            prints.target.insert(n, Some(made(n).print()));
        }
        let since = Instant::now();
        let answer = reconcile(&Question {
            source: &source,
            target: &target,
            ledger: &[],
            prints: &prints,
            late: &[],
            renumbered: false,
            since: false,
            fence: 1,
            from: 1,
            source_headers: true,
            target_headers: true,
            strength: None,
            put_back: false,
            even_if_elsewhere: false,
            estimate: false,
        });
        println!("200,000 messages, one header {one}: {:?}", since.elapsed());
        assert_eq!((answer.already, answer.store.len()), (200_000, 0));
        assert!(since.elapsed() < Duration::from_secs(20));
    }
}

#[test]
fn renewed_ids_need_equal_octets() {
    let ledger: Vec<(MessageId, Print)> = [(1, Made(1, 1, 0)), (2, Made(1, 1, 0)), (3, Made(3, 0, 0))]
        .map(|(id, made)| (MessageId::Uid(id), made.print()))
        .to_vec();
    let made = [(11, Made(1, 2, 0)), (12, Made(1, 1, 0)), (13, Made(1, 1, 0)), (14, Made(4, 0, 0))];
    let source =
        made.map(|(id, made)| SourceItem { id: MessageId::Uid(id), header: Some(made.header()), size: 0, skip: false });
    let mut prints = Prints::default();
    let Need::Octets { source: unread, .. } = renew(&ledger, &source, &prints).need else { panic!("reads nothing") };
    assert_eq!(uids(&unread), [11, 12, 13]);
    prints.source.extend(made.map(|(id, made)| (MessageId::Uid(id), Some(made.print()))));
    let renewed = renew(&ledger, &source, &prints);
    let ids: Vec<_> = renewed.ids.iter().map(|(old, new)| (old.uid().unwrap(), new.uid().unwrap())).collect();
    assert_eq!((ids, uids(&renewed.deleted)), (vec![(1, 12), (2, 13)], vec![3]));
}

#[test]
fn what_lies_in_another_folder_claims_nothing_in_its_own() {
    let one = Made(1, 1, 0);
    let mut case = Case {
        source: vec![(1, one), (2, one)],
        // Two identical ones, the first of which is elsewhere; what came into its folder since is the second one's.
        target: vec![(20, one)],
        ledger: vec![(1, State::Elsewhere, None, one), (2, State::Intended, None, one)],
        fence: 10,
        ..Case::default()
    };
    let answer = case.ask();
    assert_eq!((pairs(&answer), answer.already, answer.store.len()), (vec![(2, 20)], 2, 0), "{answer:?}");
    case.even_if_elsewhere = true;
    case.target.clear();
    case.ledger[1].1 = State::Stored;
    case.ledger[1].2 = Some(3);
    let answer = case.ask();
    assert_eq!((answer.store, answer.already), (vec![MessageId::Uid(1)], 1));
}
