//! Wrong engines, for the tests that must catch them. Not in any build but the unit tests'.

use std::cell::Cell;

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Mutant {
    None,
    /// What was intended and not settled is stored again without a look at the target.
    DoubtIgnored,
    /// What may be ours is looked for from the target's present end on, not from the saved fence.
    FenceSkipped,
    /// What a target takes is committed as stored before the target said so.
    DoneBeforeOk,
    /// What a target takes is not committed as intended before, only with its result.
    IntentsDropped,
    /// One message at the target stands for any number of identical ones.
    MultisetForgotten,
    /// One message of another folder answers for any number of identical ones.
    SpareForgotten,
    /// What arrives late, when it was stored again, is not named.
    LateForgotten,
    /// `take` waits until a batch is full.
    TakeWaits,
    /// An undo removes messages that it has not marked before.
    UndoUnmarked,
    /// The feed outlives `store`.
    FeedKept,
}

thread_local! {
    static PRESENT: Cell<Mutant> = const { Cell::new(Mutant::None) };
}

pub fn is(mutant: Mutant) -> bool {
    PRESENT.get() == mutant
}

/// For this thread: tests of mutants run on one.
pub fn become_one(mutant: Mutant) {
    PRESENT.set(mutant);
}
