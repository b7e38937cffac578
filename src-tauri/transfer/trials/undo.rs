//! Moves that are taken back: what goes, what stays and why, and that an interruption changes nothing of it.

use super::*;
use crate::mutant::{self, Mutant};
use std::collections::BTreeMap;

const FOLDERS: [&str; 4] = ["INBOX", "已发送", "Work/2024", "Empty"];

/// Octets and flags.
type Message = (Vec<u8>, Vec<String>);

impl Stage {
    async fn undo(&self) -> Outcome {
        self.run(self.request(Task::Undo { remove: true })).await
    }

    async fn look(&self) -> Outcome {
        self.run(self.request(Task::Undo { remove: false })).await
    }

    /// By folder what lies in the new mailbox: octets and flags, in order.
    fn there(&self) -> BTreeMap<&'static str, Vec<Message>> {
        let of = |folder| {
            let kept = self.new.mailbox.kept(&path(folder)).into_iter();
            let mut kept: Vec<_> = kept.map(|kept| (kept.octets.to_vec(), kept.flags.names())).collect();
            kept.sort();
            (folder, kept)
        };
        FOLDERS.into_iter().map(of).collect()
    }

    async fn folders(&self) -> Vec<String> {
        let mut session = self.new.mailbox.session();
        let mut names: Vec<_> =
            mail::Source::folders(&mut session).await.unwrap().iter().map(|folder| folder.path.to_string()).collect();
        names.sort();
        names
    }
}

fn counted(outcome: &Outcome, removed: u64, kept: u64, gone: u64) {
    complete(outcome);
    let Counts { found, stored, already, skipped, failed, gone: away } = outcome.counts;
    assert_eq!((stored, already, away, skipped, failed), (removed, kept, gone, 0, 0), "{:?}", outcome.problems);
    assert_eq!(found, removed + kept + gone);
    assert!(outcome.undone);
}

#[tokio::test]
async fn a_move_is_taken_back_and_can_be_made_again() {
    let stage = Stage::new();
    stage.new.mailbox.put(&path("Work/2024"), letter(9_999), Flags::default(), None);
    complete(&stage.move_all().await);
    let moved = stage.there();
    counted(&stage.look().await, 30, 0, 0);
    assert_eq!(stage.there(), moved, "a look changes nothing");
    counted(&stage.undo().await, 30, 0, 0);
    assert_eq!(stage.folders().await, ["INBOX", "Work/2024"], "what was there before stays");
    assert_eq!(stage.new.mailbox.kept(&path("Work/2024")).len(), 1);
    counted(&stage.undo().await, 0, 0, 0);
    let again = stage.move_all().await;
    complete(&again);
    assert_eq!((again.counts.stored, again.counts.gone), (30, 0));
    assert_eq!(stage.there(), moved);
    counted(&stage.undo().await, 30, 0, 0);
}

/// What was there before the move is not of it, even where the same message was to be moved.
#[tokio::test]
async fn what_was_there_before_stays() {
    let stage = Stage::new();
    for n in 1..=3 {
        let date = InternalDate { seconds: 1_000_000_000 + i64::from(n), zone: 0 };
        stage.new.mailbox.put(&path("INBOX"), letter(n), Flags::default(), Some(date));
    }
    let outcome = stage.move_all().await;
    assert_eq!((outcome.counts.stored, outcome.counts.already), (27, 3));
    counted(&stage.undo().await, 27, 0, 0);
    assert_eq!(stage.new.mailbox.kept(&path("INBOX")).len(), 3);
}

/// A person works on in the new mailbox; one message is gone from the old one.
fn work_on(stage: &Stage) {
    let (new, old) = (&stage.new.mailbox, &stage.old.mailbox);
    let uid = |folder: &str, at: usize| new.kept(&path(folder))[at].uid;
    // Reads one, flags one, deletes one, moves one, writes one.
    new.mark(&path("INBOX"), uid("INBOX", 0), Flags::new([System::Seen]));
    new.mark(&path("INBOX"), uid("INBOX", 1), Flags::new([System::Seen, System::Flagged]));
    new.take_out(&path("INBOX"), uid("INBOX", 9));
    let moved = new.take_out(&path("已发送"), uid("已发送", 4)).unwrap();
    new.put(&path("INBOX"), moved.octets, moved.flags, moved.date);
    new.put(&path("已发送"), letter(7_777), Flags::default(), None);
    let lost = old.kept(&path("Work/2024"))[2].uid;
    old.take_out(&path("Work/2024"), lost);
}

#[tokio::test]
async fn what_its_owner_has_touched_stays() {
    let stage = Stage::new();
    complete(&stage.move_all().await);
    work_on(&stage);
    counted(&stage.look().await, 25, 3, 2);
    let outcome = stage.undo().await;
    counted(&outcome, 25, 3, 2);
    let mut named = codes(&outcome.problems);
    named.sort_unstable();
    assert_eq!(named, ["kept_changed", "kept_changed", "kept_only_copy"]);
    let there = stage.there();
    assert_eq!(FOLDERS.map(|folder| there[folder].len()), [3, 1, 1, 0]);
    assert_eq!(stage.folders().await, ["INBOX", "Work/2024", "已发送"]);
    counted(&stage.undo().await, 0, 3, 2);
    // Law 4: what its owner has moved or deleted is not put back unasked.
    let again = stage.move_all().await;
    assert_eq!((again.counts.stored, again.counts.gone), (25, 2), "{:?}", again.problems);
}

#[tokio::test]
async fn a_backup_holds_what_the_old_mailbox_has_lost() {
    let stage = Stage::new();
    let task = Task::Move { backup: Some(stage.backup()), prove_first: true, put_back: false, verify_after: None };
    complete(&stage.run(stage.request(task)).await);
    let lost = stage.old.mailbox.kept(&path("Work/2024"))[2].uid;
    stage.old.mailbox.take_out(&path("Work/2024"), lost);
    counted(&stage.look().await, 30, 0, 0);
    // Not what its index says: what is read.
    let mbox = stage.backup().join("Work.sbd").join("2024.mbox");
    let octets = std::fs::read(&mbox).unwrap();
    let text = String::from_utf8(octets).unwrap();
    assert!(text.contains("Text 2003"));
    std::fs::write(&mbox, text.replace("Text 2003", "Text 2Oo3")).unwrap();
    let outcome = stage.undo().await;
    counted(&outcome, 29, 1, 0);
    assert_eq!(codes(&outcome.problems), ["kept_only_copy"]);
}

#[tokio::test]
async fn a_renumbered_folder_is_left_alone() {
    let stage = Stage::new();
    complete(&stage.move_all().await);
    stage.new.mailbox.renumber(&path("INBOX"), 1);
    let outcome = stage.undo().await;
    counted(&outcome, 20, 10, 0);
    assert_eq!(codes(&outcome.problems), ["kept_renumbered"]);
    assert_eq!(stage.there()["INBOX"].len(), 10);
}

#[tokio::test]
async fn without_single_removal_it_refuses() {
    let stage = Stage::new();
    complete(&stage.move_all().await);
    stage.new.mailbox.behave(|manners| manners.uidplus = false);
    let before = stage.there();
    for outcome in [stage.look().await, stage.undo().await] {
        assert_eq!((outcome.verdict, cause(&outcome)), (Verdict::Failed, Some(Cause::RemovalUnsupported)));
    }
    assert_eq!(stage.there(), before);
}

#[tokio::test]
async fn without_a_whole_journal_it_refuses() {
    let stage = Stage::new();
    let refused = |outcome: Outcome| {
        assert_eq!((outcome.verdict, cause(&outcome)), (Verdict::Failed, Some(Cause::RecordLost)));
    };
    refused(stage.undo().await);
    complete(&stage.move_all().await);
    let journal = Home::open(&stage.home()).unwrap();
    let id = Home::id(&Stage::account("old"), Some(&Stage::account("new")));
    let file = journal.journal(&id).unwrap();
    std::fs::write(&file, b"no journal at all, but long enough to be read as something").unwrap();
    // It is set aside, whoever meets it, and the move that rebuilds it does not know what was stored by whom.
    complete(&stage.move_all().await);
    refused(stage.undo().await);
    for entry in file.parent().unwrap().read_dir().unwrap() {
        let entry = entry.unwrap().path();
        if entry.to_string_lossy().contains(".damaged-") {
            std::fs::remove_file(entry).unwrap();
        }
    }
    refused(stage.undo().await);
    assert_eq!(stage.there()["INBOX"].len(), 10);
}

#[tokio::test]
async fn it_takes_the_lock() {
    let stage = Stage::new();
    complete(&stage.move_all().await);
    let id = Home::id(&Stage::account("old"), Some(&Stage::account("new")));
    let _held = Home::open(&stage.home()).unwrap().lock(&id).unwrap();
    assert_eq!(cause(&stage.undo().await), Some(Cause::Busy));
}

/// Nine messages were moved, and their owner has flagged one of them.
async fn flagged(wire: Tripwire) -> Stage {
    let mut stage = Stage::of(3);
    complete(&stage.move_all().await);
    let uid = stage.new.mailbox.kept(&path("INBOX"))[0].uid;
    stage.new.mailbox.mark(&path("INBOX"), uid, Flags::new([System::Flagged]));
    stage.world.wire = wire;
    stage
}

/// After an interruption at any effect of an undo the same undo, or a move, comes to where it should.
async fn interrupted(then_move: bool) -> Result<(), (usize, When, bool)> {
    let whole = Tripwire::never();
    let stage = flagged(whole.clone()).await;
    let before = stage.there();
    counted(&stage.undo().await, 8, 1, 0);
    // Later attempts have effects of their own, which shift.
    let effects = whole.effects() + 5;
    assert!(effects > 40, "{effects}");
    let all = [(When::Before, true), (When::After, true), (When::Before, false), (When::After, false)];
    for (effect, (when, kills)) in (0..effects).flat_map(|effect| all.map(|how| (effect, how))) {
        let mut stage = flagged(Tripwire::at(effect, when, kills)).await;
        let mut request = stage.request(Task::Undo { remove: true });
        request.pace.patience = Some(Duration::ZERO);
        let first = stage.run(request).await;
        stage.world.wire = Tripwire::never();
        if !then_move {
            // What a killed one has removed and forgotten is not told again.
            let second = stage.undo().await;
            complete(&second);
            let left: usize = stage.there().values().map(Vec::len).sum();
            let told = (second.counts.already, second.counts.gone, first.counts.failed);
            if told != (1, 0, 0) || left != 1 || stage.folders().await != ["INBOX"] {
                return Err((effect, when, kills));
            }
        }
        complete(&stage.move_all().await);
        if stage.there() != before {
            return Err((effect, when, kills));
        }
    }
    Ok(())
}

#[tokio::test]
async fn every_interruption_is_followed_by_the_same_undo() {
    assert_eq!(interrupted(false).await, Ok(()));
}

#[tokio::test]
async fn every_interruption_is_followed_by_a_move() {
    assert_eq!(interrupted(true).await, Ok(()));
}

#[tokio::test]
async fn the_mutant_that_marks_nothing_is_caught() {
    mutant::become_one(Mutant::UndoUnmarked);
    assert!(interrupted(false).await.is_err());
}

/// Its owner marks a message at the n-th effect of a run: the first n at which that is too late for it to be kept.
async fn too_late(remove: bool) -> (usize, bool) {
    for late in 0.. {
        let mut stage = Stage::new();
        complete(&stage.move_all().await);
        let (mailbox, effects) = (stage.new.mailbox.clone(), Mutex::new(0));
        let already_ours = Arc::new(Mutex::new(false));
        let marked = Arc::clone(&already_ours);
        let uid = mailbox.kept(&path("INBOX"))[0].uid;
        stage.world.wire = Tripwire::watched(Arc::new(move |when| {
            let mut effects = effects.lock().unwrap();
            if when == When::Before && *effects == late {
                let kept = mailbox.kept(&path("INBOX")).into_iter().find(|kept| kept.uid == uid);
                let deleted = kept.is_some_and(|kept| kept.flags.has(System::Deleted));
                let flags = Flags::new([System::Answered]);
                mailbox.mark(&path("INBOX"), uid, if deleted { flags.with(System::Deleted) } else { flags });
                *marked.lock().unwrap() = deleted;
            }
            *effects += usize::from(when == When::Before);
            Ok(())
        }));
        let outcome = stage.run(stage.request(Task::Undo { remove })).await;
        if outcome.counts.already == 0 {
            return (late, *already_ours.lock().unwrap());
        }
        let kept = stage.new.mailbox.kept(&path("INBOX")).into_iter().find(|kept| kept.uid == uid);
        let flags = kept.expect("what its owner has marked stays").flags;
        assert_eq!(flags, Flags::new([System::Answered]), "without our mark, at {late}");
        assert_eq!((outcome.counts.already, codes(&outcome.problems)), (1, vec!["kept_changed"]), "at {late}");
    }
    unreachable!()
}

/// What is marked after the looks is seen by the removal itself: only what bears our mark already goes.
#[tokio::test]
async fn what_is_marked_meanwhile_stays() {
    let ((looked, _), (undone, ours)) = (too_late(false).await, too_late(true).await);
    assert!(undone > looked + 3 && ours, "{looked} {undone}");
}
