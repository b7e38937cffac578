//! Messages whose UID at the target is no more, and those that may be taken for them.

use super::*;

#[test]
fn what_is_known_to_be_gone_comes_after_what_was_just_stored() {
    let twin = Made(1, 0, 0);
    let mut case = Case {
        source: vec![(1, twin), (2, twin), (3, twin)],
        target: vec![(10, twin)],
        ledger: vec![
            (1, State::Stored, Some(0), twin),
            (2, State::Stored, None, twin),
            (3, State::Stored, Some(0), twin),
        ],
        fence: 1,
        strength: Some(Strength::Octets),
        ..Case::default()
    };
    let answer = case.ask();
    assert_eq!((pairs(&answer), uids(&answer.gone)), (vec![(2, 10)], vec![1, 3]));
}

/// At a server that changes octets, which of two the only copy is.
#[test]
fn what_is_in_doubt_and_what_had_another_number_are_told_apart_by_nobody() {
    for renumbered in [false, true] {
        let mut case = Case {
            source: vec![(1, Made(1, 1, 0)), (2, Made(1, 2, 0))],
            target: vec![(10, Made(1, 3, 0))],
            ledger: vec![(1, State::Stored, Some(0), Made(1, 1, 0)), (2, State::Intended, None, Made(1, 2, 0))],
            fence: 1,
            strength: Some(Strength::HeaderAndSize),
            renumbered,
            ..Case::default()
        };
        let answer = case.ask();
        assert_eq!((pairs(&answer), uids(&answer.store), answer.twice.len()), (vec![(1, 10)], vec![2], 1));
        case.target.push((11, Made(1, 4, 0)));
        let answer = case.ask();
        assert_eq!((answer.found.len(), answer.store.len(), answer.gone.len()), (2, 0, 0), "enough for both");
    }
}

/// Of equal ones too: the copy of the one may have been taken out, and that of the other have come.
#[test]
fn of_equal_ones_what_is_in_doubt_is_named_where_it_may_have_come() {
    let twin = Made(1, 0, 0);
    for (strength, there) in [(Strength::Octets, twin), (Strength::HeaderAndSize, Made(1, 3, 0))] {
        let mut case = Case {
            // Another group must be read too: that must not settle the first half of this one.
            source: vec![(1, twin), (2, twin), (3, Made(3, 0, 0))],
            target: vec![(10, there), (11, Made(3, 1, 0))],
            ledger: vec![(1, State::Stored, Some(0), twin), (2, State::Intended, None, twin)],
            fence: 1,
            strength: Some(strength),
            renumbered: true,
            ..Case::default()
        };
        let answer = case.ask();
        assert_eq!((pairs(&answer), answer.twice.contains(&MessageId::Uid(2))), (vec![(1, 10)], true), "{strength:?}");
        assert_eq!(uids(&answer.store), [2, 3]);
        case.target.push((12, there));
        let answer = case.ask();
        assert_eq!((answer.found.len(), answer.twice.contains(&MessageId::Uid(2))), (2, false), "{strength:?}");
    }
}

/// Only what was given to the target may have come since.
#[test]
fn what_was_never_given_to_the_target_is_not_what_came_since() {
    for strength in [Strength::HeaderAndSize, Strength::Nothing] {
        for (since, named) in [(true, vec![1, 2]), (false, vec![1, 2, 3, 4])] {
            let mut case = Case {
                source: (1..=4).map(|id| (id, Made(1, id, 0))).collect(),
                target: vec![(10, Made(1, 9, 0))],
                ledger: [1, 2].map(|id| (id, State::Intended, None, Made(1, id, 0))).to_vec(),
                fence: 1,
                since,
                strength: Some(strength),
                ..Case::default()
            };
            let twice = |answer: &Answer| {
                let mut twice: Vec<MessageId> = answer.twice.iter().cloned().collect();
                twice.sort_unstable();
                twice
            };
            let answer = case.ask();
            assert_eq!((uids(&twice(&answer)), uids(&answer.store)), (named, vec![1, 2, 3, 4]), "{strength:?} {since}");
            // More than what was given: somebody else was there.
            case.target.extend([(11, Made(1, 8, 0)), (12, Made(1, 7, 0))]);
            assert!(uids(&twice(&case.ask())).ends_with(&[3, 4]), "{strength:?} {since}");
        }
    }
}

#[test]
fn what_is_in_doubt_comes_before_what_was_gone() {
    let twin = Made(1, 0, 0);
    let mut case = Case {
        source: vec![(1, twin), (2, twin)],
        target: vec![(10, twin)],
        ledger: vec![(1, State::Stored, Some(0), twin), (2, State::Intended, None, twin)],
        fence: 1,
        ..Case::default()
    };
    let answer = case.ask();
    assert_eq!((pairs(&answer), uids(&answer.gone)), (vec![(2, 10)], vec![1]));
}

/// Of identical ones those that lay there before us have the lower UIDs.
#[test]
fn what_lay_there_before_is_not_taken_for_ours() {
    let twin = Made(1, 0, 0);
    let mut case = Case {
        source: vec![(1, twin), (2, twin)],
        target: vec![(10, twin), (11, twin)],
        ledger: vec![(1, State::Already, Some(0), twin), (2, State::Stored, Some(0), twin)],
        fence: 1,
        renumbered: true,
        ..Case::default()
    };
    assert_eq!(pairs(&case.ask()), [(1, 10), (2, 11)]);
}

#[test]
fn nothing_is_gone_before_it_is_known_what_the_target_preserves() {
    let mut case = Case {
        source: vec![(1, Made(1, 0, 0)), (2, Made(1, 1, 0))],
        target: vec![(10, Made(1, 2, 0))],
        ledger: vec![(1, State::Stored, Some(0), Made(1, 0, 0)), (2, State::Stored, Some(0), Made(1, 1, 0))],
        fence: 1,
        ..Case::default()
    };
    let answer = case.ask();
    assert_eq!((uids(&answer.gone), answer.already), (vec![], 2));
    case.strength = Some(Strength::Octets);
    assert_eq!(uids(&case.ask().gone), [1, 2]);
}

#[test]
fn gone_deleted_and_lost_rows() {
    let mut case = Case {
        source: vec![(1, Made(1, 0, 0)), (3, Made(3, 0, 0)), (4, Made(4, 0, 0)), (5, Made(5, 0, 0))],
        target: vec![(20, Made(4, 0, 0))],
        ledger: vec![
            (1, State::Stored, Some(10), Made(1, 0, 0)),
            (2, State::Stored, Some(11), Made(2, 0, 0)),
            (3, State::Already, Some(2), Made(3, 0, 0)),
            (4, State::Stored, Some(0), Made(4, 0, 0)),
            (5, State::Stored, Some(0), Made(5, 0, 0)),
            (6, State::Refused, None, Made(6, 0, 0)),
        ],
        fence: 9,
        ..Case::default()
    };
    let answer = case.ask();
    assert_eq!((uids(&answer.gone), uids(&answer.deleted)), (vec![1, 5], vec![2]));
    assert_eq!((pairs(&answer), answer.already), (vec![(4, 20)], 2));
    case.put_back = true;
    assert_eq!(uids(&case.ask().store), [1, 5]);
}

#[test]
fn a_stranger_with_its_header_is_not_what_lost_its_number() {
    let twin = Made(1, 0, 0);
    let mut case = Case {
        source: vec![(2, twin), (3, twin)],
        target: vec![(10, twin), (11, Made(1, 7, 0))],
        ledger: vec![(2, State::Stored, Some(0), twin)],
        fence: 1,
        strength: Some(Strength::Octets),
        renumbered: true,
        ..Case::default()
    };
    let answer = case.ask();
    assert_eq!((pairs(&answer), uids(&answer.store)), (vec![(2, 10)], vec![3]));
}
