//! What a run finds noted of those before it, and notes for those after it: which folders of the target held mail when the
//! move was begun, and when that was; how both ends showed themselves. Must not compare messages.

use crate::copy::{Before, Lain};
use crate::course::Course;
use crate::home::{Mailbox, Record};
use crate::plan::Plan;
use crate::survey::View;
use crate::{Place, Task};
use mail::{Folder, Result};
use std::sync::Arc;
use std::time::{SystemTime, UNIX_EPOCH};
use tokio::sync::Mutex;

/// Settings of the journal.
const LAIN: &str = "before";
const BEGUN: &str = "begun";

impl Course {
    /// Notes it on the first run (`first`), and remembers it on later ones; a check sees it as it would be noted now.
    pub async fn look_back(&mut self, theirs: &[Folder], first: bool, plan: &Plan) -> Result<()> {
        let moves = matches!(self.request.task, Task::Move { .. });
        let mut lain = self.journal.get(LAIN).await?;
        let mut begun = self.journal.get(BEGUN).await?;
        if lain.is_none() && first {
            let text = serde_json::json!(Before::lain(theirs)).to_string();
            if moves {
                self.journal.set(LAIN, &text).await?;
            }
            lain = Some(text);
        }
        if moves && begun.is_none() {
            let now = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default().as_secs().to_string();
            self.journal.set(BEGUN, &now).await?;
            // An older Mailferry has begun it: what lies there by now came before.
            self.unsure = !first;
            begun = Some(now);
        }
        self.begun = begun.filter(|_| moves).and_then(|text| text.parse().ok());
        let wanted = !matches!(self.request.task, Task::Verify { .. }) && !self.request.answers.even_if_elsewhere;
        let lain: Vec<Lain> =
            lain.filter(|_| wanted).and_then(|text| serde_json::from_str(&text).ok()).unwrap_or_default();
        let places = plan.folders.iter().map(|planned| planned.target.clone());
        self.before = Arc::new(Mutex::new(Before::new(lain, theirs, places)));
        Ok(())
    }

    /// Of a move: the number of this run, and whether the journal holds all of the last one: it was told to its end, and
    /// the record knows of none after it.
    pub async fn recall_run(&mut self) -> Result<Option<u64>> {
        if !matches!(self.request.task, Task::Move { .. }) {
            return Ok(None);
        }
        let number = |text: Option<String>| text.and_then(|text| text.parse().ok()).unwrap_or(0);
        let (run, told) = (number(self.journal.get("run").await?), number(self.journal.get("told").await?));
        let last = self.home.read(&self.id).ok().flatten().map_or(0, |record| record.run);
        self.unsure |= last > told || told + 1 != run;
        Ok(Some(run))
    }

    /// Notes in the move's record how both ends showed themselves. Only mailboxes have records.
    pub fn remember(&self, source: &View, target: Option<&View>, run: Option<u64>) -> Result<()> {
        let Place::Account(old) = &self.request.source else { return Ok(()) };
        let new = match &self.request.target {
            Some(Place::Account(new)) => Some(Mailbox::of(new)),
            Some(Place::Directory(_)) => return Ok(()),
            None => None,
        };
        // A record that cannot be read is written anew: it holds nothing that a check does not find again.
        let mut record = match self.home.read(&self.id) {
            Ok(Some(record)) => record,
            _ => Record::new(Mailbox::of(old), new),
        };
        record.facts.signed_in = true;
        record.run = run.unwrap_or(record.run);
        if !matches!(self.request.task, Task::Verify { .. }) {
            record.seen_old = Some(source.seen());
            record.seen_new = target.map(View::seen);
        }
        if let Some(place) = self.backup_place() {
            record.backup = Some(place.to_owned());
        }
        self.home.record(&record).map(drop)
    }

    /// A run has come to its end, and no folder was left out: what is due from now on came later than anything that lay there before.
    pub async fn forget_past(&self) -> Result<()> {
        match self.copied.iter().all(|reached| reached.target.is_some()) {
            true => self.journal.set(LAIN, "[]").await,
            false => Ok(()),
        }
    }
}
