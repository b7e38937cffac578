use super::*;
use crate::{Problem, ProblemLevel};
use mail::{Flags, FolderPath, HeaderHash, InternalDate, MessageId, Sha256};
use std::path::PathBuf;
use std::time::{Duration, Instant};

struct Place {
    _directory: tempfile::TempDir,
    file: PathBuf,
}

fn place() -> Place {
    let directory = tempfile::tempdir().unwrap();
    Place { file: directory.path().join("journal"), _directory: directory }
}

fn state(name: &str) -> PairState {
    PairState {
        id: PairId(0),
        source: FolderPath::new([name]),
        target: FolderPath::new(["To", name]),
        source_validity: Some(7),
        target_validity: 9,
        fence: 5,
        whole: true,
        renumbered: false,
        made: false,
    }
}

async fn begin(journal: &Journal, state: PairState, made: Option<FolderPath>) -> Result<PairState> {
    Ok(journal.begin(vec![(state, made)]).await?.remove(0))
}

fn print(number: u32) -> Print {
    let octets = number.to_le_bytes();
    Print { sha256: Sha256::of(&octets), header: HeaderHash::of(&octets), octets: 4, mark: 0 }
}

fn intent(number: u32) -> Intent {
    Intent {
        id: MessageId::Uid(number),
        print: print(number),
        flags: Flags::from_names(["\\Seen", "$Work"]),
        date: Some(InternalDate { seconds: 1_000, zone: -60 }),
        of: None,
    }
}

fn settled(number: u32) -> Claim {
    Claim { id: MessageId::Uid(number), state: State::Stored, uid: Some(number + 100), code: None, print: None }
}

fn problem(code: &str, level: ProblemLevel, id: Option<u32>) -> Problem {
    Problem {
        code: code.to_owned(),
        level,
        folder: Some(FolderPath::new(["a/b", "c\"d"])),
        id: id.map(MessageId::Uid),
        detail: Some("detail".to_owned()),
        words: None,
    }
}

#[tokio::test]
async fn a_ledger_is_read_back_after_a_kill() -> Result<()> {
    let place = place();
    let (journal, opened) = Journal::open(&place.file).await?;
    assert_eq!(opened, Opened::New);
    journal.begin_run().await?;
    let pair = begin(&journal, state("INBOX"), None).await?;
    journal.commit(pair.id, Ledger { intents: (1..=3).map(intent).collect(), ..Ledger::default() }).await?;
    journal.commit(pair.id, Ledger { claims: vec![settled(1)], ..Ledger::default() }).await?;
    // What a kill leaves: the file and its log as they lie there, under a lock that is gone.
    let copy = place.file.with_file_name("after the kill");
    std::fs::copy(&place.file, &copy)?;
    std::fs::copy(with(&place.file, "-wal"), with(&copy, "-wal"))?;
    drop(journal);

    let (journal, opened) = Journal::open(&copy).await?;
    assert_eq!(opened, Opened::Existing);
    assert_eq!(journal.pair(&pair.source, &pair.target).await?, Some(pair.clone()));
    let rows = journal.rows(pair.id, None, 2).await?;
    assert_eq!((rows[0].state, rows[0].uid, rows[0].run), (State::Stored, Some(101), 1));
    assert_eq!((rows[1].state, rows[1].uid, rows[1].sha256), (State::Intended, None, Some(print(2).sha256)));
    assert_eq!((&rows[1].flags, rows[1].date), (&intent(2).flags, intent(2).date));
    let rest = journal.rows(pair.id, Some(rows[1].id.clone()), 2).await?;
    assert_eq!(rest.iter().map(|row| &row.id).collect::<Vec<_>>(), [&MessageId::Uid(3)]);
    let (briefs, prints) = journal.brief(pair.id).await?;
    assert_eq!((briefs.len(), prints.len()), (3, 2));
    journal.close().await;
    Ok(())
}

fn with(path: &Path, suffix: &str) -> PathBuf {
    let mut name = path.as_os_str().to_owned();
    name.push(suffix);
    name.into()
}

#[tokio::test]
async fn it_is_open_once() -> Result<()> {
    let place = place();
    let (journal, _) = Journal::open(&place.file).await?;
    assert_eq!(Journal::open(&place.file).await.unwrap_err().cause, Cause::Busy);
    journal.close().await;
    Journal::open(&place.file).await?;
    Ok(())
}

#[tokio::test]
async fn a_damaged_file_is_set_aside() -> Result<()> {
    let place = place();
    for round in 1..=2 {
        let (journal, _) = Journal::open(&place.file).await?;
        let pair = begin(&journal, state("INBOX"), None).await?;
        journal.commit(pair.id, Ledger { intents: (1..=500).map(intent).collect(), ..Ledger::default() }).await?;
        journal.close().await;
        let mut octets = std::fs::read(&place.file)?;
        // In the middle of its pages, or from the first octet on.
        let from = if round == 1 { 4096 * 3 } else { 0 };
        octets[from..].iter_mut().take(4096 * 4).for_each(|octet| *octet = 0x5a);
        std::fs::write(&place.file, &octets)?;
        let (journal, opened) = Journal::open(&place.file).await?;
        assert_eq!(opened, Opened::Rebuilt);
        assert!(journal.pairs().await?.is_empty());
        journal.close().await;
        assert!(std::fs::read(with(&place.file, &format!(".damaged-{round}")))? == octets);
        std::fs::remove_file(&place.file)?;
    }
    Ok(())
}

#[tokio::test]
async fn files_of_others_and_of_newer_versions_are_refused() -> Result<()> {
    let place = place();
    let (journal, _) = Journal::open(&place.file).await?;
    journal.close().await;
    for change in ["PRAGMA user_version = 99", "PRAGMA application_id = 1"] {
        Connection::open(&place.file).unwrap().execute_batch(change).unwrap();
        assert_eq!(Journal::open(&place.file).await.unwrap_err().cause, Cause::StoreUnusable);
    }
    Ok(())
}

#[tokio::test]
async fn problems_come_page_by_page_and_end_with_their_run() -> Result<()> {
    let journal = Journal::in_memory().await?;
    journal.begin_run().await?;
    let gone = problem("gone", ProblemLevel::Notice, Some(1));
    let refused = problem("message_refused", ProblemLevel::Problem, Some(2));
    let folder = problem("folder_refused", ProblemLevel::Problem, None);
    journal.add_problems(vec![gone.clone(), refused.clone(), folder.clone(), gone.clone()]).await?;
    let page = journal.problems(0, 2).await?;
    assert_eq!(page.iter().map(|(_, problem)| problem).collect::<Vec<_>>(), [&gone, &refused]);
    let rest = journal.problems(page[1].0, 2).await?;
    assert_eq!(rest.iter().map(|(_, problem)| problem).collect::<Vec<_>>(), [&folder]);
    journal.forget_problems(&FolderPath::new(["a/b", "c\"d"])).await?;
    assert_eq!(journal.problems(0, 9).await?.len(), 1);
    journal.begin_run().await?;
    assert!(journal.problems(0, 9).await?.is_empty());
    Ok(())
}

#[tokio::test]
async fn settings_are_kept() -> Result<()> {
    let journal = Journal::in_memory().await?;
    assert_eq!(journal.get("plan").await?, None);
    journal.set("plan", "one").await?;
    journal.set("plan", "two").await?;
    assert_eq!(journal.get("plan").await?.as_deref(), Some("two"));
    assert_eq!(journal.strength().await?, None);
    for (seen, known) in [
        (Strength::Header, Strength::Header),
        (Strength::Octets, Strength::Octets),
        (Strength::Nothing, Strength::Octets),
    ] {
        journal.learn(seen).await?;
        assert_eq!(journal.strength().await?, Some(known));
    }
    Ok(())
}

#[tokio::test]
async fn twenty_thousand_messages_take_little_time() -> Result<()> {
    let directory = tempfile::tempdir_in(if Path::new("/dev/shm").exists() { "/dev/shm" } else { "." })?;
    let (journal, _) = Journal::open(&directory.path().join("journal")).await?;
    let pair = begin(&journal, state("INBOX"), None).await?;
    let since = Instant::now();
    let mut claims = Vec::new();
    for batch in 0..200 {
        let numbers = batch * 100 + 1..=batch * 100 + 100;
        let intents = numbers.clone().map(intent).collect();
        journal.commit(pair.id, Ledger { intents, claims, ..Ledger::default() }).await?;
        claims = numbers.map(settled).collect();
    }
    journal.commit(pair.id, Ledger { claims, ..Ledger::default() }).await?;
    println!("20,000 messages in batches of 100: {:?}", since.elapsed());
    assert!(since.elapsed() < Duration::from_secs(5), "{:?}", since.elapsed());
    assert_eq!(journal.brief(pair.id).await?.0.len(), 20_000);
    Ok(())
}

#[tokio::test]
async fn what_nobody_was_told_is_kept_for_the_next_report() -> Result<()> {
    let journal = Journal::in_memory().await?;
    let codes = async || -> Result<Vec<String>> {
        Ok(journal.problems(0, 10).await?.into_iter().map(|(_, problem)| problem.code).collect())
    };
    journal.begin_run().await?;
    let problems = [("maybe_twice", Some(1)), ("gone", Some(2)), ("closed", None)];
    journal.add_problems(problems.map(|(code, id)| problem(code, ProblemLevel::Notice, id)).to_vec()).await?;
    // The process is killed, twice.
    journal.begin_run().await?;
    journal.begin_run().await?;
    assert_eq!(codes().await?, ["maybe_twice"]);
    journal.told().await?;
    journal.begin_run().await?;
    assert_eq!(codes().await?, Vec::<String>::new());
    Ok(())
}

#[tokio::test]
async fn what_was_refused_is_not_there_twice() -> Result<()> {
    let journal = Journal::in_memory().await?;
    let pair = begin(&journal, state("a"), None).await?.id;
    let notice =
        |id| Problem { folder: Some(FolderPath::new(["a"])), ..problem("maybe_twice", ProblemLevel::Notice, id) };
    journal.add_problems(vec![notice(Some(1)), notice(Some(2))]).await?;
    let refused = Claim { state: State::Refused, uid: None, code: Some("message_refused"), ..settled(1) };
    journal.commit(pair, Ledger { claims: vec![refused, settled(2)], ..Ledger::default() }).await?;
    let ids: Vec<_> = journal.problems(0, 10).await?.into_iter().map(|(_, problem)| problem.id).collect();
    assert_eq!(ids, [Some(MessageId::Uid(2))]);
    Ok(())
}

/// As the version before undo left it: no table of folders, and a ledger that goes on.
#[tokio::test]
async fn a_journal_of_before_undo_goes_on() -> Result<()> {
    let place = place();
    let journal = Journal::open(&place.file).await?.0;
    let pair = begin(&journal, state("INBOX"), Some(FolderPath::new(["To", "INBOX"]))).await?.id;
    journal
        .commit(pair, Ledger { intents: vec![intent(1), intent(2)], claims: vec![settled(1)], ..Ledger::default() })
        .await?;
    assert_eq!(journal.made().await?, [(FolderPath::new(["To", "INBOX"]), 9)]);
    journal.close().await;
    let file = rusqlite::Connection::open(&place.file).unwrap();
    file.execute_batch("DROP TABLE made").unwrap();
    drop(file);

    let (journal, opened) = Journal::open(&place.file).await?;
    assert_eq!((opened, journal.is_rebuilt().await?, journal.made().await?), (Opened::Existing, false, vec![]));
    let stored = journal.stored(pair).await?;
    let told: Vec<_> = stored.iter().map(|row| (row.id.clone(), row.state, row.uid, row.validity)).collect();
    let wanted = [(1, State::Stored, Some(101)), (2, State::Intended, None)];
    assert_eq!(told, wanted.map(|(id, state, uid)| (MessageId::Uid(id), state, uid, Some(7))));
    Ok(())
}

#[tokio::test]
async fn what_is_taken_back_is_marked_then_forgotten_and_takes_the_mark_with_it() -> Result<()> {
    let journal = Journal::in_memory().await?;
    let pair = begin(&journal, state("INBOX"), None).await?.id;
    let intents = vec![intent(1), intent(2), intent(3)];
    let claims = vec![settled(1), settled(2), settled(3)];
    journal.commit(pair, Ledger { intents, claims, ..Ledger::default() }).await?;
    let edge = Edge { uid_next: 4, messages: 3 };
    journal.set_marks(vec![(pair, Mark { source: edge, modseq: 1, target: edge, skipped: 0 })]).await?;
    let rows = journal.stored(pair).await?;
    let some: Vec<&Stored> = rows.iter().take(2).collect();
    journal.take_back(pair, &some).await?;
    assert!(journal.mark(pair).await?.is_none());
    let open = journal.taken_back().await?;
    assert_eq!((open.len(), open[0].0.id, open[0].1.len()), (1, pair, 2));
    journal.forget(pair, &some[..1]).await?;
    journal.leave(pair, &some[1..]).await?;
    assert!(journal.taken_back().await?.is_empty());
    let left: Vec<_> = journal.stored(pair).await?.into_iter().map(|row| (row.id, row.state)).collect();
    assert_eq!(left, [2, 3].map(|id| (MessageId::Uid(id), State::Stored)));
    Ok(())
}

#[tokio::test]
async fn a_journal_of_an_earlier_version_grows() -> Result<()> {
    let place = place();
    let (journal, _) = Journal::open(&place.file).await?;
    journal.begin_run().await?;
    let pair = begin(&journal, state("INBOX"), None).await?;
    journal.commit(pair.id, Ledger { claims: vec![settled(1)], ..Ledger::default() }).await?;
    journal.close().await;
    let file = rusqlite::Connection::open(&place.file).unwrap();
    file.execute_batch("DROP TABLE elsewhere; DROP TABLE stranger; DROP TABLE mark;").unwrap();
    drop(file);
    let (journal, opened) = Journal::open(&place.file).await?;
    assert_eq!(opened, Opened::Existing);
    assert_eq!(journal.strangers(pair.id).await?, Strangers::default());
    assert_eq!(journal.claimed(&pair.target, 9).await?, [101].into());
    Ok(())
}

async fn taken(journal: &Journal, place: &FolderPath) -> Result<Vec<(u32, u32, Sha256)>> {
    let taken = journal.taken(place).await?;
    Ok(taken.into_iter().map(|taken| (taken.validity, taken.uid, taken.print.sha256)).collect())
}

#[tokio::test]
async fn what_lies_elsewhere_is_kept_with_its_place_and_follows_new_ids() -> Result<()> {
    let journal = Journal::in_memory().await?;
    let pair = begin(&journal, state("INBOX"), None).await?;
    let spot = |uid| Spot { place: FolderPath::new(["Brought"]), validity: 3, uid };
    let claim =
        |id| Claim { id: MessageId::Uid(id), state: State::Elsewhere, uid: None, code: None, print: Some(print(id)) };
    let elsewhere = vec![(MessageId::Uid(1), spot(7)), (MessageId::Uid(2), spot(8))];
    let claims = vec![claim(1), claim(2)];
    journal.commit(pair.id, Ledger { claims, elsewhere, ..Ledger::default() }).await?;
    let brought = FolderPath::new(["Brought"]);
    assert_eq!(taken(&journal, &brought).await?, [(3, 7, print(1).sha256), (3, 8, print(2).sha256)]);
    assert!(journal.taken(&pair.target).await?.is_empty());
    assert_eq!(journal.claimed(&brought, 3).await?, [7, 8].into());
    journal.renew_target(pair.id, 11).await?;
    journal.renew_source(pair.id, Some(8), vec![(MessageId::Uid(1), MessageId::Uid(31))]).await?;
    let known = journal.elsewhere(pair.id).await?;
    assert_eq!(known, [(MessageId::Uid(31), brought.clone())].into());
    // Moved all the same, its copy there is nobody's again.
    journal.commit(pair.id, Ledger { intents: vec![intent(31)], ..Ledger::default() }).await?;
    assert_eq!(taken(&journal, &brought).await?, [(3, 8, print(2).sha256)]);
    assert!(journal.elsewhere(pair.id).await?.is_empty());
    Ok(())
}

#[tokio::test]
async fn what_lies_elsewhere_follows_the_new_uids_of_its_place() -> Result<()> {
    let journal = Journal::in_memory().await?;
    let pair = begin(&journal, state("INBOX"), None).await?;
    let brought = FolderPath::new(["Brought"]);
    let spot = |uid| Spot { place: brought.clone(), validity: 3, uid };
    let claim =
        |id| Claim { id: MessageId::Uid(id), state: State::Elsewhere, uid: None, code: None, print: Some(print(id)) };
    let elsewhere = [(1, 7), (2, 8), (3, 9)].map(|(id, uid)| (MessageId::Uid(id), spot(uid))).into();
    journal.commit(pair.id, Ledger { claims: [1, 2, 3].map(claim).into(), elsewhere, ..Ledger::default() }).await?;
    // The new UID of the one is the old UID of the other, and one is gone.
    journal.renew_place(&brought, 4, vec![(7, 8), (8, 30)]).await?;
    assert_eq!(taken(&journal, &brought).await?, [(4, 8, print(1).sha256), (4, 30, print(2).sha256)]);
    assert_eq!(journal.claimed(&brought, 4).await?, [8, 30].into());
    Ok(())
}

#[tokio::test]
async fn what_is_to_be_told_follows_a_new_uidvalidity() -> Result<()> {
    let journal = Journal::in_memory().await?;
    let pair = begin(&journal, state("INBOX"), None).await?;
    let of =
        |id| Problem { folder: Some(pair.source.clone()), ..problem("maybe_twice", ProblemLevel::Notice, Some(id)) };
    journal.add_problems(vec![of(1), of(2), problem("maybe_twice", ProblemLevel::Notice, Some(1))]).await?;
    // The new id of the one is the old id of the other.
    let uid = MessageId::Uid;
    journal.renew_source(pair.id, Some(8), vec![(uid(1), uid(2)), (uid(2), uid(3))]).await?;
    let mut told: Vec<_> = journal.problems(0, 10).await?.into_iter().map(|(_, one)| (one.folder, one.id)).collect();
    told.sort_by_key(|(_, id)| id.clone());
    let here = Some(pair.source.clone());
    assert_eq!(told[1..], [(here.clone(), Some(uid(2))), (here, Some(uid(3)))]);
    assert_eq!(told[0].1, Some(uid(1)), "another folder's");
    Ok(())
}
