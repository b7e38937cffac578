//! What a screen shows of a move, from its record, its run and its result. Translates; decides nothing.

use crate::desk::Desk;
use crate::live::{Active, Aim, Live, State};
use crate::place;
use crate::wire;
use account::provider;
use mail::{Cause, Failure, Side};
use std::collections::BTreeMap;
use std::time::Instant;
use transfer::home::{Kind, Last, Mailbox, Record};
use transfer::stages::{Facts, Stage, Standing, stages};
use transfer::{Counts, Outcome, Phase, Problem, ProblemLevel, Verdict, Waiting};
use wording::{Context, Words};

pub(crate) fn view(desk: &Desk, live: &Live) -> wire::View {
    let words = desk.words();
    let mut state = live.state();
    if state.place.is_none() {
        state.place = state.record.backup.as_deref().map(place::described);
    }
    let context = context(&state);
    let facts = facts(&state);
    let snapshot = &state.snapshot;
    wire::View {
        id: live.id.clone(),
        kind: state.record.kind.into(),
        old: mailbox(wire::Side::Old, &state.record.old),
        new: state.record.new.as_ref().map(|new| mailbox(wire::Side::New, new)),
        stages: stages(&facts).map(|one| wire::Stage { stage: one.stage.into(), state: one.standing.into() }).into(),
        running: state.run.is_some(),
        paused: state.run.is_some() && snapshot.paused,
        undoing: matches!(&state.run, Some(run) if run.aim == Aim::Undo),
        phase: phase(&state),
        progress: progress(snapshot),
        waiting: snapshot.waiting.as_ref().filter(|_| state.run.is_some()).map(|waiting| wire::Waiting {
            code: waiting.cause.code().to_owned(),
            side: waiting.side.and_then(side),
            until: waiting.until.map(|until| until.saturating_duration_since(Instant::now()).as_millis() as u64),
            advice: words.waiting(&without_time(waiting), &context).into(),
        }),
        ask: ask(&words, &state, &context),
        survey: state.checked.as_ref().and_then(|checked| survey(&words, &state.record.old, checked)),
        place: state.place.clone(),
        result: result(&words, &state, &context),
        advice: state.refused.as_ref().map(|failure| words.failure(failure, &context).into()),
    }
}

/// The window counts down by itself, beside the sentence. Only of a refused password the sentence must say whether it
/// is tried again or asked for.
fn without_time(waiting: &Waiting) -> Waiting {
    let until = waiting.until.filter(|_| waiting.cause == Cause::SignInRefused);
    Waiting { until, ..waiting.clone() }
}

/// A move on Home.
pub(crate) fn card(live: &Live) -> wire::Card {
    let state = live.state();
    let facts = facts(&state);
    wire::Card {
        id: live.id.clone(),
        kind: state.record.kind.into(),
        old: mailbox(wire::Side::Old, &state.record.old),
        new: state.record.new.as_ref().map(|new| mailbox(wire::Side::New, new)),
        stage: facts.current().into(),
        state: match &state.run {
            _ if facts.finished => wire::Standing::Done,
            Some(_) if !facts.needs_person => wire::Standing::Now,
            // It goes on when the person says so.
            _ => wire::Standing::Needs,
        },
    }
}

pub(crate) fn problem(
    words: &Words,
    problem: &Problem,
    heading: Option<archive::Heading>,
    context: &Context,
) -> wire::ProblemRow {
    wire::ProblemRow {
        code: problem.code.clone(),
        level: match problem.level {
            ProblemLevel::Problem => wire::Level::Problem,
            ProblemLevel::Notice => wire::Level::Notice,
        },
        folder: problem.folder.as_ref().map(ToString::to_string),
        uid: problem.id.as_ref().map(ToString::to_string),
        heading: heading.map(Into::into),
        // What a repair changes stands in the sentences.
        detail: problem.detail.clone().filter(|detail| mail::repair::parse(detail).is_empty()),
        advice: words.problem(problem, context).into(),
    }
}

/// What sentences about this move need to know.
pub(crate) fn context(state: &State) -> Context {
    let Record { old, new, backup, facts, last, .. } = &state.record;
    let named = |mailbox: &Mailbox| wording::Mailbox::new(&mailbox.account, mailbox.provider.as_deref());
    let started = last.is_some() || facts.moved || matches!(&state.run, Some(run) if run.aim != Aim::Check);
    Context {
        old: Some(named(old)),
        new: new.as_ref().map(named),
        started,
        done: started.then_some(state.snapshot.done),
        place: backup.as_ref().map(|place| place.display().to_string()),
        needed: None,
        refusals: 0,
    }
}

fn facts(state: &State) -> Facts {
    let mut facts = state.record.facts;
    if let Some(Active { aim, .. }) = &state.run {
        facts.running = Some(stage_of(*aim, state.record.kind, state.snapshot.phase));
        if matches!(aim, Aim::Start { backup: true, .. }) && state.snapshot.phase >= Phase::Move {
            facts.backed_up = true;
        }
    }
    let waits = state.snapshot.waiting.as_ref().is_some_and(|waiting| waiting.until.is_none());
    facts.needs_person = !state.asked.is_empty() || (state.run.is_some() && waits);
    facts
}

fn stage_of(aim: Aim, kind: Kind, phase: Phase) -> Stage {
    match (aim, phase) {
        (Aim::Check, _) => Stage::Check,
        (_, Phase::BackUp | Phase::Prove) => Stage::Backup,
        (_, Phase::Connecting | Phase::Survey)
            if kind == Kind::Backup || matches!(aim, Aim::Start { backup: true, .. }) =>
        {
            Stage::Backup
        }
        (_, Phase::Verify) => Stage::Verify,
        _ if kind == Kind::Backup => Stage::Backup,
        _ => Stage::Move,
    }
}

fn phase(state: &State) -> wire::Phase {
    match (&state.run, state.snapshot.phase) {
        (None, _) if state.outcome.is_some() || state.record.last.is_some() => wire::Phase::Done,
        (None, _) => wire::Phase::Idle,
        (_, Phase::Connecting) => wire::Phase::Connecting,
        (_, Phase::Survey) => wire::Phase::Survey,
        (_, Phase::BackUp) => wire::Phase::Backup,
        (_, Phase::Prove) => wire::Phase::Prove,
        (_, Phase::Move) => wire::Phase::Move,
        (_, Phase::Verify) => wire::Phase::Verify,
        (_, Phase::Undo) => wire::Phase::Undo,
        (_, Phase::Done) => wire::Phase::Done,
    }
}

fn progress(snapshot: &transfer::Snapshot) -> wire::Progress {
    let folder = |one: &transfer::FolderProgress| wire::FolderProgress {
        path: one.path.to_string(),
        done: one.done,
        counts: one.counts.into(),
    };
    wire::Progress {
        done: snapshot.done,
        total: snapshot.total,
        octets_done: snapshot.octets_done,
        octets_total: snapshot.octets_total,
        pace: snapshot.pace,
        left: snapshot.left.map(ordered),
        folder: snapshot.folder.as_ref().map(ToString::to_string),
        folders: snapshot.folders.iter().map(folder).collect(),
        problems: snapshot.problems,
    }
}

fn ordered((one, other): (u64, u64)) -> (u64, u64) {
    (one.min(other), one.max(other))
}

fn ask(words: &Words, state: &State, context: &Context) -> Option<wire::Ask> {
    let asked = state.asked.first()?;
    let failed = |cause| words.failure(&Failure::new(cause).on(asked.side), context);
    let (advice, reason) = match asked.reason {
        account::Reason::First => (failed(Cause::NoCredentials), wire::Reason::First),
        account::Reason::Refused => (failed(Cause::SignInRefused), wire::Reason::Refused),
        account::Reason::Expired => {
            let changed = Waiting { cause: Cause::SignInRefused, side: Some(asked.side), until: None, about: None };
            (words.waiting(&changed, context), wire::Reason::Expired)
        }
    };
    Some(wire::Ask { side: side(asked.side)?, reason, advice: advice.into() })
}

fn survey(words: &Words, old: &Mailbox, checked: &Outcome) -> Option<wire::Survey> {
    let survey = checked.survey.as_ref()?;
    let provider = wording::Mailbox::new(&old.account, old.provider.as_deref()).provider;
    let hides = provider.filter(|id| provider::by_id(id).is_some_and(|known| known.hides_mail));
    let too_large = checked.problems.iter().filter(|problem| problem.code == Cause::MessageTooLarge.code()).count();
    let mut folders: Vec<_> = checked
        .folders
        .iter()
        .map(|folder| wire::FolderSurvey {
            source: folder.source.to_string(),
            target: folder.target.as_ref().map(ToString::to_string),
            counts: folder.counts.into(),
        })
        .collect();
    // A person looks for the inbox first.
    folders.sort_by_key(|folder| folder.source != "INBOX");
    Some(wire::Survey {
        messages: checked.counts.found,
        octets: survey.octets,
        room: survey.room,
        fits: survey.room.is_none_or(|room| checked.octets <= room),
        estimate: survey.estimate.map(ordered),
        already: checked.counts.already,
        elsewhere: elsewhere(&checked.problems),
        too_large: too_large as u64,
        oldest: survey.oldest.map(|seconds| seconds * 1000),
        hidden: hides.map(|id| words.steps_to_all_mail(&id)),
        folders,
    })
}

/// How many messages lie in each other folder already; most first.
fn elsewhere(problems: &[Problem]) -> Vec<wire::Elsewhere> {
    let mut places: BTreeMap<&str, u64> = BTreeMap::new();
    let found = problems.iter().filter(|problem| problem.code == "already_elsewhere");
    found.filter_map(|problem| problem.detail.as_deref()).for_each(|place| *places.entry(place).or_default() += 1);
    let mut places: Vec<_> =
        places.into_iter().map(|(place, messages)| wire::Elsewhere { place: place.to_owned(), messages }).collect();
    places.sort_by_key(|one| std::cmp::Reverse(one.messages));
    places
}

/// Of the last start: of this session, or as the record keeps it.
fn result(words: &Words, state: &State, context: &Context) -> Option<wire::Outcome> {
    if matches!(&state.run, Some(run) if run.aim != Aim::Check) {
        return None;
    }
    match (&state.outcome, &state.record.last) {
        (Some(outcome), _) => Some(of_session(words, outcome, context)),
        (None, Some(last)) => Some(of_record(words, last, context)),
        (None, None) => None,
    }
}

fn of_session(words: &Words, outcome: &Outcome, context: &Context) -> wire::Outcome {
    let count = |level| outcome.problems.iter().filter(|problem| problem.level == level).count() as u64;
    let backup = outcome.backup.map(|(messages, _)| messages);
    wire::Outcome {
        verdict: match outcome.verdict {
            Verdict::Complete => wire::Verdict::Complete,
            Verdict::Problems => wire::Verdict::Problems,
            Verdict::Stopped => wire::Verdict::Stopped,
            Verdict::Failed => wire::Verdict::Failed,
        },
        counts: outcome.counts.into(),
        octets: outcome.octets,
        seconds: outcome.seconds,
        backup,
        equation: outcome.verified.map(|verified| equation(outcome.counts.found, verified.already, backup)),
        problems: count(ProblemLevel::Problem),
        notices: count(ProblemLevel::Notice),
        undone: outcome.undone,
        advice: outcome.failure.as_ref().and_then(|failure| reason(words, failure, context)),
    }
}

/// Why it ended early; a person who stopped it knows.
fn reason(words: &Words, failure: &Failure, context: &Context) -> Option<wire::Advice> {
    (failure.cause != Cause::Stopped).then(|| words.failure(failure, context).into())
}

fn of_record(words: &Words, last: &Last, context: &Context) -> wire::Outcome {
    let backup = last.backup.map(|(messages, _)| messages);
    let cause = last.failure.as_deref().and_then(Cause::from_code);
    wire::Outcome {
        verdict: match last.verdict.as_str() {
            "complete" => wire::Verdict::Complete,
            "problems" => wire::Verdict::Problems,
            "failed" => wire::Verdict::Failed,
            _ => wire::Verdict::Stopped,
        },
        counts: last.counts.into(),
        octets: last.octets,
        seconds: last.seconds,
        backup,
        // What the move counted itself proves nothing.
        equation: last.verified.map(|verified| equation(last.counts.found, verified.already, backup)),
        problems: last.problems,
        notices: last.notices,
        undone: last.undone,
        advice: cause.and_then(|cause| reason(words, &Failure::new(cause), context)),
    }
}

fn equation(old: u64, new: u64, backup: Option<u64>) -> wire::Equation {
    wire::Equation { old, backup, new, explained: old.saturating_sub(new) }
}

fn mailbox(side: wire::Side, mailbox: &Mailbox) -> wire::Mailbox {
    wire::Mailbox {
        side,
        address: mailbox.address.clone(),
        provider: wording::Mailbox::new(&mailbox.account, mailbox.provider.as_deref()).provider,
        host: mailbox.account.host.clone(),
    }
}

fn side(side: Side) -> Option<wire::Side> {
    match side {
        Side::Source => Some(wire::Side::Old),
        Side::Target => Some(wire::Side::New),
        Side::Local => None,
    }
}

impl From<archive::Heading> for wire::Heading {
    fn from(archive::Heading { subject, from, date }: archive::Heading) -> Self {
        Self { subject, from, date: date.map(|seconds| seconds * 1000) }
    }
}

impl From<archive::Landmark> for wire::Landmark {
    fn from(archive::Landmark { which, folder, octets, heading, .. }: archive::Landmark) -> Self {
        let which = match which {
            archive::Which::Oldest => wire::Which::Oldest,
            archive::Which::Newest => wire::Which::Newest,
            archive::Which::Largest => wire::Which::Largest,
        };
        Self { which, folder: folder.to_string(), octets, heading: heading.into() }
    }
}

impl From<wire::Side> for Side {
    fn from(side: wire::Side) -> Self {
        match side {
            wire::Side::Old => Side::Source,
            wire::Side::New => Side::Target,
        }
    }
}

impl From<Kind> for wire::Kind {
    fn from(kind: Kind) -> Self {
        match kind {
            Kind::Move => wire::Kind::Move,
            Kind::Backup => wire::Kind::Backup,
        }
    }
}

impl From<Stage> for wire::StageName {
    fn from(stage: Stage) -> Self {
        match stage {
            Stage::Accounts => wire::StageName::Accounts,
            Stage::Check => wire::StageName::Check,
            Stage::Backup => wire::StageName::Backup,
            Stage::Move => wire::StageName::Move,
            Stage::Verify => wire::StageName::Verify,
            Stage::Finish => wire::StageName::Finish,
        }
    }
}

impl From<Standing> for wire::Standing {
    fn from(standing: Standing) -> Self {
        match standing {
            Standing::Todo => wire::Standing::Todo,
            Standing::Now => wire::Standing::Now,
            Standing::Needs => wire::Standing::Needs,
            Standing::Done => wire::Standing::Done,
        }
    }
}

impl From<Counts> for wire::Counts {
    fn from(counts: Counts) -> Self {
        let Counts { found, stored, already, skipped, failed, gone } = counts;
        Self { found, stored, already, skipped, failed, gone }
    }
}

impl From<wording::Language> for wire::Language {
    fn from(language: wording::Language) -> Self {
        match language {
            wording::Language::Chinese => wire::Language::Chinese,
            wording::Language::English => wire::Language::English,
        }
    }
}

impl From<wire::Language> for wording::Language {
    fn from(language: wire::Language) -> Self {
        match language {
            wire::Language::Chinese => wording::Language::Chinese,
            wire::Language::English => wording::Language::English,
        }
    }
}

impl From<wording::Advice> for wire::Advice {
    fn from(advice: wording::Advice) -> Self {
        use wording::Action;
        let wording::Advice { code, what, meaning, todo, button, words } = advice;
        let button = button.map(|action| match action {
            Action::TryAgain => wire::Button::TryAgain,
            Action::Repair => wire::Button::Repair,
            Action::EnterPassword => wire::Button::EnterPassword,
            Action::ChooseProvider => wire::Button::ChooseProvider,
            Action::OpenSteps => wire::Button::OpenSteps,
            Action::GoOn => wire::Button::GoOn,
            Action::Trust => wire::Button::Trust,
            Action::ChangePlace => wire::Button::ChangePlace,
            Action::StartOver => wire::Button::StartOver,
        });
        Self { code, what, meaning, todo, button, words }
    }
}
