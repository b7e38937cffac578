//! Moves that an older Mailferry has begun: its journal is opened, and the move goes on with it.

use super::*;
use crate::journal::older::{ELSEWHERE, LATER, Line, lines, write_as};

impl Stage {
    fn journal(&self) -> PathBuf {
        let home = Home::open(&self.home()).unwrap();
        home.journal(&Home::id(&Self::account("old"), Some(&Self::account("new")))).unwrap()
    }
}

/// A move that was killed with one message in doubt that is at the target.
async fn killed() -> Stage {
    for effect in 20..400 {
        let mut stage = Stage::new();
        stage.world.wire = Tripwire::at(effect, When::After, true);
        let mut request = stage.request(plain_move());
        request.pace.patience = Some(Duration::ZERO);
        let outcome = stage.run(request).await;
        assert_ne!(outcome.verdict, Verdict::Complete, "no effect leaves something in doubt");
        stage.world.wire = Tripwire::never();
        let kept = stage.new.mailbox.kept(&path("INBOX"));
        let there: Vec<Vec<u8>> = kept.iter().map(|kept| kept.sha256.0.to_vec()).collect();
        let doubt = |line: &Line| line.2 == 0 && line.3.as_ref().is_some_and(|sha256| there.contains(sha256));
        let all = if there.is_empty() { Vec::new() } else { lines(&stage.journal()) };
        if all.iter().any(doubt) && all.iter().any(|line| line.2 == 1) {
            return stage;
        }
    }
    panic!("nothing is ever in doubt")
}

#[tokio::test]
async fn a_move_that_any_older_version_has_begun_goes_on() {
    for version in 0..=LATER.len() {
        let stage = killed().await;
        let journal = stage.journal();
        let before = lines(&journal);
        write_as(version, &journal);
        assert_eq!(lines(&journal), before, "as it was written");
        let outcome = stage.move_all().await;
        complete(&outcome);
        stage.assert_moved();
        assert_eq!(outcome.counts.found, 30);
        let doubled: Vec<&str> = codes(&outcome.problems).into_iter().filter(|code| *code == "maybe_twice").collect();
        assert!(doubled.is_empty());
        let after = lines(&journal);
        for line in before.iter().filter(|line| line.2 == 1) {
            assert!(after.contains(line), "version {version}: {line:?}");
        }
        let again = stage.move_all().await;
        complete(&again);
        assert_eq!((again.counts.already, codes(&again.problems)), (30, vec![]), "version {version}");
        stage.assert_moved();
        // And taken back: what an older version has stored is known.
        let undone = stage.run(stage.request(Task::Undo { remove: true })).await;
        complete(&undone);
        assert_eq!(undone.counts.stored, 30, "version {version}: {:?}", undone.problems);
    }
}

/// What lay in other folders before the move an older version has not noted, and afterwards nobody can tell it from what
/// was refiled since: it is not looked for, and new mail is stored where it belongs. In its own folder it is recognised.
#[tokio::test]
async fn a_move_begun_before_mail_elsewhere_was_known_does_not_look_for_it() {
    for version in [ELSEWHERE - 1, ELSEWHERE] {
        let stage = Stage::new();
        stage.new.mailbox.put(&path("Brought"), letter(77), Flags::default(), None);
        complete(&stage.move_all().await);
        let journal = stage.journal();
        if version >= ELSEWHERE {
            // Its first run had not come to its end.
            crate::journal::older::set(&journal, "before", &format!("[[[\"Brought\"],{},2]]", brought(&stage).await));
        }
        write_as(version, &journal);
        stage.old.mailbox.put(&path("INBOX"), letter(77), Flags::default(), None);
        let outcome = stage.move_all().await;
        complete(&outcome);
        let stored = u64::from(version < ELSEWHERE);
        assert_eq!((outcome.counts.stored, outcome.counts.already), (stored, 31 - stored), "{:?}", outcome.problems);
        let again = stage.move_all().await;
        complete(&again);
        assert_eq!(again.counts.already, 31, "version {version}: {:?} {:?}", again.counts, again.problems);
    }
}

/// The UIDVALIDITY of the folder.
async fn brought(stage: &Stage) -> u32 {
    let folders = mail::Source::folders(&mut stage.new.mailbox.session()).await.unwrap();
    let folder = folders.into_iter().find(|folder| folder.path == path("Brought")).unwrap();
    folder.status.unwrap().validity.unwrap()
}
