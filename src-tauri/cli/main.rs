//! `mailferry-cli`: the same engine without a window. Reads arguments, starts one run, shows it, and tells its
//! result. Installs no logger: nothing here can write a password or a message into one.

mod arguments;
mod credentials;
mod output;
mod process;
mod progress;
mod question;
mod request;
mod screen;
mod usage;

use account::Secret;
use credentials::Asker;
use mail::{Cause, Failure, Side};
use request::{Job, Wrong, password_option};
use screen::{Echo, Screen};
use std::ffi::OsString;
use std::io::Write;
use std::process::ExitCode;
use std::sync::Arc;
use transfer::{Outcome, Place, Problem, Request, Task, Verdict};
use usage::Usage;
use wording::{Action, Context, Mailbox, Words};

fn main() -> ExitCode {
    process::hush();
    let arguments: Vec<OsString> = std::env::args_os().collect();
    let words = Arc::new(Words::new(usage::language(&arguments)));
    let screen = Arc::new(Screen::new());
    let arguments = match usage::parse(&arguments, &words) {
        Ok(arguments) => arguments,
        Err(Usage::Help(text)) => {
            print(&text);
            return ExitCode::SUCCESS;
        }
        Err(Usage::Wrong(text)) => {
            screen.say(&text);
            return ExitCode::from(output::USAGE);
        }
    };
    let started = request::job(&arguments.general, arguments.command)
        .and_then(question::possible)
        .and_then(|job| Ok((passwords(&job)?, job)));
    let ((old, new), job) = match started {
        Ok(started) => started,
        Err(wrong) => {
            screen.say(&wrong.sentence(&words));
            return ExitCode::from(output::USAGE);
        }
    };
    let echo = Echo::remember();
    let context = context(&job);
    let asker = Asker::new(Arc::clone(&words), Arc::clone(&screen), context.clone(), old, new);
    let (outcome, task, headings) = match tokio::runtime::Builder::new_multi_thread().enable_all().build() {
        Ok(runtime) => {
            let asker = Arc::new(asker);
            let run = |request| run(request, Arc::clone(&asker), &screen, &words, &context, &echo);
            let (outcome, task) = runtime.block_on(async {
                let request = job.request.clone();
                if !job.asks {
                    return (run(request.clone()).await, request.task);
                }
                let look = Request { task: Task::Undo { remove: false }, ..request.clone() };
                let looked = run(look.clone()).await;
                // What is wrong with the first is told as the result.
                if !matches!(looked.verdict, Verdict::Complete | Verdict::Problems) {
                    return (looked, look.task);
                }
                screen.say(&words.report(&look.task, &looked, &context));
                if looked.counts.stored > 0 && !question::agreed(looked.counts.stored, &screen, &words).await {
                    screen.say(&words.text("hint-undo-no"));
                    return (Outcome::stopped(), look.task);
                }
                (run(request.clone()).await, request.task)
            });
            let headings = match &task {
                Task::Move { backup: Some(directory), .. } | Task::Backup { directory } if arguments.general.json => {
                    runtime.block_on(transfer::headings(directory, &outcome.problems))
                }
                _ => Vec::new(),
            };
            // A question that nobody will answer any more must not hold the process.
            runtime.shutdown_background();
            (outcome, task, headings)
        }
        Err(error) => (Outcome::failed(Failure::from(error)), job.request.task.clone(), Vec::new()),
    };
    echo.restore();
    let json = arguments.general.json.then(|| output::json(&task, &outcome, &headings));
    tell(&job, &task, &outcome, json, &screen, &words, context);
    ExitCode::from(output::exit_code(outcome.verdict))
}

/// The passwords that variables hold, old and new.
fn passwords(job: &Job) -> Result<(Option<Secret>, Option<Secret>), Wrong> {
    let read = |side, name: &Option<String>| {
        let Some(name) = name else { return Ok(None) };
        let value = std::env::var(name).ok().filter(|value| !value.is_empty());
        value.map(|value| Some(Secret::new(value))).ok_or_else(|| Wrong::Variable(side, name.clone()))
    };
    Ok((read(Side::Source, &job.source_variable)?, read(Side::Target, &job.target_variable)?))
}

/// What sentences know of this run.
fn context(job: &Job) -> Context {
    let mailbox = |place: &Place| match place {
        Place::Account(account) => Some(Mailbox::new(account, None)),
        Place::Directory(_) => None,
    };
    let directory = match (&job.request.task, &job.request.source, &job.request.target) {
        (Task::Move { backup: Some(directory), .. } | Task::Backup { directory }, ..) => Some(directory),
        (_, Place::Directory(directory), _) | (_, _, Some(Place::Directory(directory))) => Some(directory),
        _ => None,
    };
    Context {
        old: mailbox(&job.request.source),
        new: job.request.target.as_ref().and_then(mailbox),
        place: directory.map(|directory| directory.display().to_string()),
        ..Context::default()
    }
}

/// From the first connection to the outcome. The first Ctrl-C stops the run, the second ends the process.
async fn run(
    request: Request,
    asker: Arc<Asker>,
    screen: &Arc<Screen>,
    words: &Arc<Words>,
    context: &Context,
    echo: &Echo,
) -> Outcome {
    let run = transfer::start(request, asker);
    let control = run.control();
    let shown = tokio::spawn(progress::follow(run.snapshots(), Arc::clone(screen), Arc::clone(words), context.clone()));
    let outcome = run.outcome();
    tokio::pin!(outcome);
    let mut stopping = false;
    let mut outcome = loop {
        tokio::select! {
            outcome = &mut outcome => break outcome,
            () = process::interrupted() => {
                if stopping {
                    echo.restore();
                    std::process::exit(i32::from(output::exit_code(Verdict::Stopped)));
                }
                stopping = true;
                control.stop();
                screen.say(&words.text("stopping"));
            }
        }
    };
    shown.abort();
    let _ = shown.await;
    screen.status("");
    // Who interrupts a question has stopped the run, and not refused an answer.
    if stopping && outcome.failure.as_ref().is_some_and(|failure| failure.cause == Cause::NoCredentials) {
        outcome = Outcome::stopped();
    }
    outcome
}

/// The result to stdout, sentences to stderr.
fn tell(
    job: &Job,
    task: &Task,
    outcome: &Outcome,
    json: Option<String>,
    screen: &Screen,
    words: &Words,
    context: Context,
) {
    let done = outcome.counts.stored + outcome.counts.already;
    let started = outcome.verdict == Verdict::Stopped || done > 0;
    let context = Context { started, done: Some(done), ..context };
    let report = words.report(task, outcome, &context);
    if let Some(json) = &json {
        print(&format!("{json}\n"));
    }
    if outcome.verdict != Verdict::Failed {
        if json.is_some() { screen.say(&report) } else { print(&report) }
    }
    if let Some(failure) = outcome.failure.as_ref().filter(|failure| failure.cause != Cause::Stopped) {
        screen.say(&advice(job, failure, words, &context));
    }
    hints(&job.request, task, outcome).into_iter().for_each(|hint| screen.say(&words.text(hint)));
}

/// What the person may do next, as ids of `wording`.
fn hints(request: &Request, task: &Task, outcome: &Outcome) -> Vec<&'static str> {
    let on_request = outcome.failure.as_ref().is_some_and(|failure| failure.cause == Cause::Stopped);
    let asks = outcome.failure.as_ref().is_some_and(|failure| failure.cause == Cause::OtherCopier);
    let elsewhere = outcome.problems.iter().any(|problem| problem.code == "already_elsewhere");
    let elsewhere = elsewhere.then_some("hint-elsewhere");
    match (outcome.verdict, task) {
        (Verdict::Stopped, _) if on_request => vec!["hint-stopped"],
        // It would ask again: the way on stands beside the question.
        (Verdict::Stopped, _) if asks => Vec::new(),
        (Verdict::Stopped, _) => vec!["hint-again"],
        (Verdict::Complete, Task::Move { put_back, verify_after: None, .. }) => {
            let gone = (outcome.counts.gone > 0 && !put_back).then_some("hint-gone");
            gone.into_iter().chain(elsewhere).chain(["hint-verify"]).collect()
        }
        (Verdict::Complete, Task::Check) => elsewhere.into_iter().collect(),
        (Verdict::Problems, Task::Move { .. })
            if !request.answers.repair && outcome.problems.iter().any(Problem::may_be_repaired) =>
        {
            vec!["hint-repair"]
        }
        _ => Vec::new(),
    }
}

/// What happened, what it means, what to do, and the options that may help.
fn advice(job: &Job, failure: &Failure, words: &Words, context: &Context) -> String {
    let advice = words.failure(failure, context);
    let mut text = format!("{}\n{}\n{}\n", advice.what, advice.meaning, advice.todo);
    let side = failure.side.unwrap_or(Side::Source);
    let (mailbox, variable) = match side {
        Side::Target => (&context.new, &job.target_variable),
        _ => (&context.old, &job.source_variable),
    };
    let provider = mailbox.as_ref().and_then(|mailbox| mailbox.provider.as_deref());
    if let (Some(Action::OpenSteps), Some(id)) = (advice.button, provider) {
        text += &format!("{}\n", words.fill("steps", &[("provider", words.provider_name(id).into())]));
        for (at, step) in words.steps(id).iter().enumerate() {
            text += &format!("  {}. {step}\n", at + 1);
        }
        if let Some(link) = account::provider::by_id(id).and_then(|provider| provider.link) {
            text += &format!("  {link}\n");
        }
    }
    let option = match failure.cause {
        Cause::NoCredentials => password_option(side),
        _ if side == Side::Target => "--target-trust SHA256",
        _ => "--source-trust SHA256",
    };
    let hint = format!("hint-{}", advice.code);
    // Another --home does not help a backup that can't be written.
    let backup = matches!((&failure.about, &context.place), (Some(about), Some(place)) if about.starts_with(place));
    if words.has(&hint) && !(backup && failure.cause == Cause::DiskFailed) {
        text += &format!("{}\n", words.fill(&hint, &[("option", option.into())]));
    }
    if let (Cause::SignInRefused, Some(variable)) = (failure.cause, variable) {
        text += &format!("{}\n", words.fill("hint-variable", &[("variable", variable.as_str().into())]));
    }
    // What a certificate is about has been said above.
    if let Some(said) = advice.words.filter(|_| failure.certificate.is_none()) {
        let id = if by_server(failure.cause) { "report-words" } else { "details" };
        text += &format!("{}\n", words.fill(id, &[("words", said.into())]));
    }
    text
}

/// Whose words stand beside a failure: the server's, or this computer's.
fn by_server(cause: Cause) -> bool {
    use Cause::*;
    !matches!(
        cause,
        HostUnknown
            | NetworkUnreachable
            | ConnectionRefused
            | Timeout
            | TlsFailed
            | DiskFull
            | DiskFailed
            | StoreUnusable
    )
}

/// Standard output may be closed early, by `head` for one: no reason to fail.
fn print(text: &str) {
    let mut out = std::io::stdout().lock();
    let _ = out.write_all(text.as_bytes());
    let _ = out.flush();
}
