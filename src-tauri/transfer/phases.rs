//! The phases of a run, in their order: survey, back up, prove, move, verify. Each begins where it was left. Must not
//! know what is done about a failure of a connection.

use crate::copy::{self, Lane, Pair, Rules, Step, Steps, Stream, Terms};
use crate::course::{Course, Reached, Surveyed, problem};
use crate::crew::{Crew, Sessions};
use crate::journal::{Journal, State};
use crate::plan::{Plan, Planned};
use crate::reading::ROUND;
use crate::retry::{self, Next, Situation};
use crate::survey::{self, View, Weighed};
use crate::undo;
use crate::{Counts, Phase, Place, Problem, ProblemLevel, Task, outcome, plan};
use mail::{Cause, Failure, Folder, Reach, Result, Side, Source, Target};
use std::collections::HashMap;
use std::sync::Arc;
use std::time::Duration;
use tokio_util::sync::CancellationToken;

/// How long a server may take to store what a lost connection left with it.
const SETTLING: Duration = Duration::from_secs(2);

impl Course {
    /// All phases that the task has, from where the last attempt came to.
    pub async fn walk(&mut self, crew: &mut Crew, stop: &CancellationToken) -> Result<()> {
        if self.surveyed.is_none() {
            self.look(crew.first()?).await?;
        }
        match self.request.task.clone() {
            Task::Check => {
                // Of a backup alone everything is weighed and nothing compared.
                match crew.first()?.target {
                    Some(_) => self.copy(crew, stop, false).await?,
                    None => self.begin_look(),
                }
                self.weigh(crew.first()?).await
            }
            Task::Backup { directory } => {
                self.back_up(crew, stop).await?;
                self.prove(&directory, stop).await
            }
            Task::Verify { level } => self.verify(crew, level, stop).await,
            Task::Undo { remove } => self.undo(crew.first()?, remove, stop).await,
            Task::Move { backup, prove_first, verify_after, .. } => {
                if let Some(directory) = backup.as_ref().filter(|_| prove_first) {
                    self.back_up(crew, stop).await?;
                    self.prove(directory, stop).await?;
                }
                self.copy(crew, stop, true).await?;
                if let Some(directory) = backup.as_ref().filter(|_| !prove_first) {
                    // What was at the target already was not read: the backup holds everything all the same.
                    self.back_up(crew, stop).await?;
                    self.prove(directory, stop).await?;
                }
                match verify_after {
                    Some(level) => self.verify(crew, level, stop).await,
                    None => Ok(()),
                }
            }
        }
    }

    /// Survey and plan. Stops before anything is written when an end is not what it should be.
    async fn look(&mut self, sessions: &mut Sessions) -> Result<()> {
        self.around.board.phase(Phase::Survey, [], 0);
        let Sessions { source, target, .. } = sessions;
        let all = matches!(self.request.task, Task::Check);
        let ours = View::of(&mut **source, Side::Source);
        let theirs = async {
            match target {
                Some(target) => {
                    let view = View::of(&mut **target, Side::Target).await?;
                    Ok(Some((view, survey::capacity(&mut **target, all).await?)))
                }
                None => Ok(None),
            }
        };
        let (source, theirs) = tokio::try_join!(ours, theirs)?;
        let pairs = self.journal.pairs().await?;
        let first = pairs.is_empty();
        let mut surveyed = Surveyed::default();
        let (mut target, mut known) = (View::default(), HashMap::new());
        if let Some((view, capacity)) = theirs {
            (target, surveyed.capacity) = (view, capacity);
            let record = self.home.read(&self.id).unwrap_or_default();
            let seen = record.as_ref().map(|record| (record.seen_old.as_ref(), record.seen_new.as_ref()));
            let (seen_old, seen_new) = seen.unwrap_or_default();
            if !matches!(self.request.task, Task::Verify { .. }) {
                survey::recognise((&source, seen_old), (&target, seen_new), pairs.is_empty())?;
            }
            if !matches!(self.request.task, Task::Verify { .. } | Task::Undo { .. }) {
                self.same_layout().await?;
            }
            if !self.request.layout.replan {
                known = pairs.iter().map(|pair| (pair.source.clone(), pair.target.clone())).collect();
            }
        }
        let mailbox = match &self.request.source {
            Place::Account(account) => account.user.clone(),
            Place::Directory(path) => path.file_name().unwrap_or_default().to_string_lossy().into_owned(),
        };
        let status = |folder: &Folder| Some((folder.path.clone(), folder.status?));
        surveyed.there = target.folders.iter().filter_map(status).collect();
        let names = &surveyed.capacity.names;
        surveyed.plan = match self.request.task {
            // Not as it would be planned now: as it was moved.
            Task::Undo { .. } => Plan { folders: undo::places(&pairs, &source.folders), ..Plan::default() },
            _ => plan::plan(&source.folders, &target.folders, names, &self.request.layout, &mailbox, &known),
        };
        if sessions.target.is_none() {
            keep_names(&mut surveyed.plan);
        }
        self.notes.append(&mut surveyed.plan.notices);
        if sessions.target.is_some() {
            self.look_back(&target.folders, first, &surveyed.plan).await?;
        }
        let folders = surveyed.plan.folders.len();
        self.copied = vec![Reached::default(); folders];
        self.verified = vec![Reached::default(); folders];
        self.backed_up = if self.backup_place().is_some() { vec![Reached::default(); folders] } else { Vec::new() };
        self.surveyed = Some(surveyed);
        let run = self.recall_run().await?;
        self.remember(&source, sessions.target.as_ref().map(|_| &target), run)
    }

    /// The layout is stored with the plan: another one later needs `replan`.
    async fn same_layout(&self) -> Result<()> {
        let layout = &self.request.layout;
        let text = serde_json::json!({
            "into": layout.into,
            "folders": layout.folders,
            "skip_folders": layout.skip_folders,
            "since": layout.since.map(|date| date.seconds),
            "before": layout.before.map(|date| date.seconds),
            "max_size": layout.max_size,
            "map": layout.map,
        })
        .to_string();
        let stored = self.journal.get("layout").await?;
        if !layout.replan && stored.is_some_and(|stored| stored != text) {
            return Err(Failure::new(Cause::LayoutChanged).on(Side::Local));
        }
        if matches!(self.request.task, Task::Move { .. }) {
            self.journal.set("layout", &text).await?;
        }
        Ok(())
    }

    pub fn begin(&mut self, phase: Phase) {
        self.phase = phase;
        let folders =
            self.planned().iter().map(|planned| (planned.source.path.clone(), survey::messages(&planned.source)));
        self.around.board.phase(phase, folders, self.octets_told());
    }

    /// Of all planned folders; 0 where one of them does not tell.
    fn octets_told(&self) -> u64 {
        let octets: Option<u64> = self.planned().iter().map(|planned| planned.source.status?.bytes).sum();
        octets.unwrap_or(0)
    }

    fn begin_look(&mut self) {
        self.phase = Phase::Survey;
        let folders =
            self.planned().iter().map(|planned| (planned.source.path.clone(), survey::messages(&planned.source)));
        self.around.board.survey(folders);
    }

    /// Copies each folder, or only looks what a copy would do.
    async fn copy(&mut self, crew: &mut Crew, stop: &CancellationToken, store: bool) -> Result<()> {
        if self.copied.iter().all(|reached| reached.done) {
            return Ok(());
        }
        if store {
            self.begin(Phase::Move);
        } else {
            self.begin_look();
        }
        let put_back = matches!(self.request.task, Task::Move { put_back: true, .. });
        let layout = &self.request.layout;
        let store = store && !self.full;
        let rules = Rules {
            since: layout.since,
            before: layout.before,
            max_size: layout.max_size,
            put_back,
            even_if_elsewhere: self.request.answers.even_if_elsewhere,
            go_on_anyway: self.request.answers.go_on_anyway,
            begun: self.begun,
            unsure: self.unsure,
            replan: layout.replan,
            store,
            patience: SETTLING / self.around.haste,
        };
        if store {
            let (_, target) = both(crew.first()?)?;
            undo::settle(&self.journal, target).await.map_err(|failure| failure.on(Side::Target))?;
        }
        // A first copy stores most of what the survey counted, unless something says that it does not.
        let whole = layout.since.is_none() && layout.before.is_none() && layout.max_size.is_none();
        let first = store && whole && self.journal.get("rebuilt").await?.is_none();
        if first && self.journal.pairs().await?.is_empty() {
            let messages = self.planned().iter().map(|planned| survey::messages(&planned.source)).sum();
            self.open_ahead(crew, messages, self.octets_told());
        }
        let halt = stop.child_token();
        let before = Arc::clone(&self.before);
        let terms = Terms { journal: self.journal.clone(), rules, before, stop: halt.clone() };
        loop {
            self.before_another_round(stop).await;
            let mut lanes = self.lanes().await;
            if lanes.is_empty() {
                break;
            }
            if !store {
                let (source, target) = both(crew.first()?)?;
                copy::check(&mut lanes, source, target, &terms).await?;
                self.settle(&mut lanes).await?;
                continue;
            }
            while !lanes.is_empty() {
                for lane in &mut lanes {
                    lane.give_up(self.given_up.get(&lane.at).into_iter().flat_map(HashMap::keys));
                    lane.put_last(self.put_last.get(&lane.at));
                    lane.take_care(self.careful.get(&lane.at));
                }
                let (source, target) = both(crew.first()?)?;
                copy::stand(&mut lanes, source, target, &terms).await?;
                let dues: Vec<usize> = lanes.iter().map(|lane| lane.due.len()).collect();
                let (patience, near) = (self.patience(), self.growth.is_near());
                let stream = Stream::of(&mut lanes, self.journal.clone(), halt.clone(), patience, near);
                self.work_with(crew, &stream, stop, &halt).await?;
                let (source, target) = both(crew.first()?)?;
                for (lane, due) in lanes.iter_mut().zip(dues).filter(|(lane, _)| !lane.is_over()) {
                    copy::conclude(lane, stream.take_tally(lane.at), due, source, target, &terms).await?;
                }
                copy::keep_marks(&mut lanes, &self.journal).await?;
                self.settle(&mut lanes).await?;
            }
        }
        if store { self.forget_past().await } else { Ok(()) }
    }

    /// Folders that are not done, as many as a round takes: those in which mail lay before, since what is left of it
    /// may answer for the others; then those above others.
    async fn lanes(&mut self) -> Vec<Lane> {
        let mut open: Vec<usize> = (0..self.copied.len()).filter(|at| !self.copied[*at].done).collect();
        let before = self.before.lock().await;
        open.sort_by_key(|at| {
            let place = &self.planned()[*at].target;
            (!before.lay_in(place), place.0.len())
        });
        drop(before);
        let open = self.without_suspects(open);
        let (mut lanes, mut messages) = (Vec::new(), 0);
        for at in open {
            let Planned { source, target, special } = self.planned()[at].clone();
            messages += survey::messages(&source);
            if messages > ROUND && !lanes.is_empty() {
                break;
            }
            self.around.board.folder(at);
            let board = Arc::clone(&self.around.board);
            let step: Steps = Arc::new(move |step: Step| board.step(at, step));
            let there = self.surveyed.as_ref().and_then(|surveyed| surveyed.there.get(&target).copied());
            lanes.push(Lane::new(at, Pair { source, target, special }, there, step));
        }
        lanes
    }

    /// Notes what became of the lanes that are over, and keeps the others.
    async fn settle(&mut self, lanes: &mut Vec<Lane>) -> Result<()> {
        let (over, open): (Vec<_>, Vec<_>) = std::mem::take(lanes).into_iter().partition(Lane::is_over);
        *lanes = open;
        for lane in over {
            let at = lane.at;
            self.notes.extend(lane.notices);
            match (lane.copied, lane.failure) {
                (Some(copied), None) => {
                    let target = copied.target.or(Some(lane.pair.target));
                    let mut reached =
                        Reached { counts: copied.counts, target, octets: copied.octets, done: true, tries: 0 };
                    if self.full {
                        // What a look finds still to store did not fit; what this run stored is there already.
                        let stored = stored_by_this_run(&self.journal, &self.planned()[at]).await?;
                        let counts = &mut reached.counts;
                        counts.failed += counts.stored;
                        counts.stored = stored.min(counts.already);
                        counts.already -= counts.stored;
                        reached.octets = self.copied[at].octets;
                    }
                    self.around.board.folder_done(at, reached.counts);
                    self.copied[at] = reached;
                }
                (_, Some(failure)) => self.folder_failed(at, failure),
                (None, None) => {}
            }
        }
        self.show_problems().await
    }

    /// The sessions are still good: once more where the table says so, else the folder is left out.
    pub fn folder_failed(&mut self, at: usize, failure: Failure) {
        let Some(reached) = self.reached().get_mut(at) else { return };
        let situation = Situation { attempts: reached.tries, opened: true };
        reached.tries += 1;
        match retry::next(&failure, situation) {
            Next::Again(pause) if self.again.as_ref().is_none_or(|(_, longest)| *longest < pause) => {
                self.again = Some((failure, pause));
            }
            Next::Again(_) => {}
            _ => self.leave_out(at, &failure),
        }
    }

    /// What a check tells beside the counts.
    async fn weigh(&mut self, sessions: &mut Sessions) -> Result<()> {
        let capacity = self.surveyed.as_ref().map(|surveyed| surveyed.capacity.clone()).unwrap_or_default();
        let mut found = outcome::Survey {
            room: capacity.room,
            message_limit: capacity.message_limit,
            ..outcome::Survey::default()
        };
        // First all is read, then counted: a connection lost between the two would count a folder twice.
        let mut all = Vec::new();
        for planned in self.planned() {
            let (folder, limit) = (&planned.source, capacity.message_limit);
            all.push(match survey::weigh(&mut *sessions.source, folder, &self.request.layout, limit).await {
                Ok(weighed) => weighed,
                // The copy's look has named it already.
                Err(failure) if failure.reach <= Reach::Folder => Weighed::default(),
                Err(failure) => return Err(failure),
            });
        }
        let mut to_store = Counts::default();
        let mut octets_to_store = 0;
        for (at, weighed) in all.into_iter().enumerate() {
            found.octets += weighed.octets;
            found.oldest = [found.oldest, weighed.oldest].into_iter().flatten().min();
            let reached = &mut self.copied[at];
            if sessions.target.is_none() {
                let counts = Counts { found: weighed.messages, stored: weighed.messages, ..Counts::default() };
                *reached = Reached { counts, done: true, ..Reached::default() };
                self.around.board.folder_done(at, counts);
            }
            let counts = &mut reached.counts;
            octets_to_store += share(weighed.octets, counts.stored, counts.found);
            // What is too large may be among those already there; then it is no problem.
            let refused = (weighed.too_large.len() as u64).min(counts.stored);
            counts.stored -= refused;
            counts.failed += refused;
            to_store.add(*counts);
            self.notes.extend(weighed.too_large.into_iter().take(refused as usize));
        }
        found.estimate = Some(survey::estimate(to_store.stored, octets_to_store));
        if let Some(room) = capacity.room.filter(|room| *room < octets_to_store) {
            let missing = (octets_to_store - room).to_string();
            self.notes.push(problem(&Failure::new(Cause::QuotaFull).on(Side::Target).about(missing), None));
        }
        self.survey = Some(found);
        Ok(())
    }

    /// Problems so far, for those who read them page by page.
    pub async fn show_problems(&mut self) -> Result<()> {
        let problems = self.all_problems().await?;
        let count = problems.iter().filter(|problem| problem.level == ProblemLevel::Problem).count();
        self.around.board.problems(count as u64);
        self.around.problems.replace(problems);
        Ok(())
    }

    /// The copy's and the run's own; problems before notices.
    pub async fn all_problems(&self) -> Result<Vec<Problem>> {
        let mut problems = self.notes.clone();
        if matches!(self.request.task, Task::Move { .. }) {
            let mut after = 0;
            loop {
                let page = self.journal.problems(after, 1000).await?;
                let Some((last, _)) = page.last() else { break };
                after = *last;
                problems.extend(page.into_iter().map(|(_, problem)| problem));
            }
        }
        problems.sort_by_key(|problem| problem.level == ProblemLevel::Notice);
        Ok(problems)
    }
}

/// Both sides of a copy.
fn both(sessions: &mut Sessions) -> Result<(&mut dyn Source, &mut dyn Target)> {
    match &mut sessions.target {
        Some(target) => Ok((&mut *sessions.source, &mut **target)),
        None => Err(Failure::new(Cause::StoreUnusable).on(Side::Target)),
    }
}

async fn stored_by_this_run(journal: &Journal, folder: &Planned) -> Result<u64> {
    let run: u64 = journal.get("run").await?.and_then(|run| run.parse().ok()).unwrap_or(0);
    let Some(state) = journal.pair(&folder.source.path, &folder.target).await? else { return Ok(0) };
    let (mut after, mut stored) = (None, 0);
    loop {
        let rows = journal.rows(state.id, after, 1000).await?;
        let Some(last) = rows.last() else { return Ok(stored) };
        after = Some(last.id.clone());
        stored += rows.iter().filter(|row| row.run == run && row.state == State::Stored).count() as u64;
    }
}

/// Without a target server each folder keeps its own name.
fn keep_names(plan: &mut Plan) {
    plan.notices.retain(|notice| notice.code != "renamed");
    for planned in &mut plan.folders {
        planned.target.clone_from(&planned.source.path);
    }
}

/// The part of `octets` that falls to `part` of `whole` messages.
fn share(octets: u64, part: u64, whole: u64) -> u64 {
    (u128::from(octets) * u128::from(part) / u128::from(whole.max(1))) as u64
}
