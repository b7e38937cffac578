//! A target that, where the person consented, is given the smallest repair of a message that it refused for its octets:
//! wraps a Target and its Feed. Without consent it only says which repair might help. The exact octets always go first;
//! each repaired form is committed as intended before it is sent. Must not know the journal, nor a protocol.

use async_trait::async_trait;
use mail::repair::{self, Finding, Repaired};
use mail::{
    Budget, Capacity, Cause, Failure, Feed, Fence, FlagChange, Folder, FolderPath, Identity, Limits, Listing, Look,
    Message, MessageId, NameRules, Order, Outcome, Part, Place, Result, Seen, Source, Taken, Target,
};
use std::collections::{HashMap, VecDeque};
use std::sync::Arc;

pub struct Mending {
    inner: Box<dyn Target>,
    budget: Budget,
    consent: bool,
}

impl Mending {
    pub fn wrap(inner: Box<dyn Target>, budget: &Budget, consent: bool) -> Box<dyn Target> {
        Box::new(Self { inner, budget: budget.clone(), consent })
    }
}

/// A message that was refused, on its way through the repairs.
struct Trial {
    original: Message,
    /// What the exact octets were refused for.
    failure: Failure,
    /// Repairs that were not tried yet.
    left: VecDeque<Vec<Finding>>,
}

/// A repaired form that waits for the target.
struct Form {
    fence: Arc<Fence>,
    message: Message,
    of: Repaired,
}

struct MendingFeed<'a> {
    inner: &'a mut dyn Feed,
    budget: &'a Budget,
    consent: bool,
    trials: HashMap<(FolderPath, MessageId), Trial>,
    waiting: VecDeque<Form>,
}

impl MendingFeed<'_> {
    /// What is to be told of a message now; None while another form of it is tried.
    fn judge(&mut self, fence: &Fence, message: Message, outcome: Outcome) -> Result<Option<(Message, Outcome)>> {
        let key = (fence.folder.path.clone(), message.id.clone());
        let known = self.trials.remove(&key);
        let mut trial = match (known, outcome) {
            (Some(trial), Outcome::Refused(failure)) if failure.cause == Cause::MessageRefused => trial,
            (Some(Trial { original, failure, .. }), Outcome::Refused(_)) => {
                return Ok(Some((original, Outcome::Refused(failure))));
            }
            (Some(Trial { original, .. }), Outcome::Doubtful) => return Ok(Some((original, Outcome::Doubtful))),
            (None, Outcome::Refused(failure)) if failure.cause == Cause::MessageRefused => {
                let findings = repair::find(&message.body)?;
                if findings.is_empty() {
                    return Ok(Some((message, Outcome::Refused(failure))));
                }
                let left = if self.consent { repair::tries(&findings).into() } else { VecDeque::new() };
                Trial { original: message, failure: failure.about(repair::text(&findings)), left }
            }
            (_, outcome) => return Ok(Some((message, outcome))),
        };
        let Some(findings) = trial.left.pop_front() else {
            return Ok(Some((trial.original, Outcome::Refused(trial.failure))));
        };
        let Message { id, flags, date, body } = &trial.original;
        let of = Repaired { sha256: body.sha256, header: body.header, findings };
        let into = self.budget.body_at_once(body.len())?;
        let body = repair::mend(body, of.findings.iter().map(|finding| finding.fault), into)?;
        let message = Message { id: id.clone(), flags: flags.clone(), date: *date, body };
        self.waiting.push_back(Form { fence: Arc::new(fence.clone()), message, of });
        self.trials.insert(key, trial);
        Ok(None)
    }
}

#[async_trait]
impl Feed for MendingFeed<'_> {
    /// Repaired forms come first, each alone: what else is in a batch shall not be refused with it.
    async fn take(&mut self, limits: Limits, idle: bool) -> Result<Taken> {
        while let Some(Form { fence, message, of }) = self.waiting.pop_front() {
            if self.inner.instead(&fence, &message, &of).await? {
                return Ok(Taken::Batch(fence, vec![message]));
            }
            if let Some(trial) = self.trials.remove(&(fence.folder.path.clone(), message.id)) {
                let refused = vec![(trial.original, Outcome::Refused(trial.failure))];
                self.inner.settle(&fence, refused).await?;
            }
        }
        self.inner.take(limits, idle).await
    }

    async fn settle(&mut self, fence: &Fence, outcomes: Vec<(Message, Outcome)>) -> Result<()> {
        let mut told = Vec::with_capacity(outcomes.len());
        for (message, outcome) in outcomes {
            told.extend(self.judge(fence, message, outcome)?);
        }
        if told.is_empty() { Ok(()) } else { self.inner.settle(fence, told).await }
    }

    async fn instead(&mut self, fence: &Fence, form: &Message, of: &Repaired) -> Result<bool> {
        self.inner.instead(fence, form, of).await
    }

    fn folder_failed(&mut self, fence: &Fence, failure: Failure) {
        self.inner.folder_failed(fence, failure);
    }
}

#[async_trait]
impl Source for Mending {
    async fn identity(&mut self) -> Result<Identity> {
        self.inner.identity().await
    }

    async fn folders(&mut self) -> Result<Vec<Folder>> {
        self.inner.folders().await
    }

    async fn list_all(&mut self, looks: &[Look<'_>]) -> Result<Vec<Result<Listing>>> {
        self.inner.list_all(looks).await
    }

    async fn fetch_all(&mut self, order: &mut dyn Order, part: Part) -> Result<()> {
        self.inner.fetch_all(order, part).await
    }

    fn be_patient(&mut self, times: u32) {
        self.inner.be_patient(times);
    }

    async fn close(&mut self) {
        self.inner.close().await;
    }
}

#[async_trait]
impl Target for Mending {
    async fn capacity(&mut self) -> Result<Capacity> {
        self.inner.capacity().await
    }

    async fn names(&mut self) -> Result<NameRules> {
        self.inner.names().await
    }

    async fn prepare_all(&mut self, places: &[Place<'_>]) -> Result<Vec<Result<Fence>>> {
        self.inner.prepare_all(places).await
    }

    async fn store(&mut self, feed: &mut dyn Feed) -> Result<()> {
        let Self { inner, budget, consent } = self;
        let (trials, waiting) = (HashMap::new(), VecDeque::new());
        let mut mending = MendingFeed { inner: feed, budget, consent: *consent, trials, waiting };
        loop {
            inner.store(&mut mending).await?;
            // The last answers may have come after the end of the feed.
            if mending.waiting.is_empty() {
                return Ok(());
            }
        }
    }

    fn removes(&self) -> bool {
        self.inner.removes()
    }

    async fn remove_folder(&mut self, folder: &Folder) -> Result<()> {
        self.inner.remove_folder(folder).await
    }

    async fn remove(&mut self, folder: &Folder, seen: &[Seen], since: Option<u64>) -> Result<Vec<MessageId>> {
        self.inner.remove(folder, seen, since).await
    }

    async fn relocate(
        &mut self,
        folder: &Folder,
        ids: &[MessageId],
        to: &Folder,
    ) -> Result<Vec<(MessageId, Option<u32>)>> {
        self.inner.relocate(folder, ids, to).await
    }

    async fn flag(&mut self, folder: &Folder, changes: &[FlagChange]) -> Result<()> {
        self.inner.flag(folder, changes).await
    }
}
