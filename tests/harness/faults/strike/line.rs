//! Faults of the lines to both servers. The run goes on by itself, or stops and is started again.

use super::{Bounds, Struck, Trial};
use crate::Proxy;
use crate::command::Running;
use crate::faults::ground::Ground;
use crate::faults::moment::Moment;
use crate::faults::shape::{Shape, Task};
use crate::faults::trial::somebody;
use crate::process::within;
use crate::sample::Dice;
use std::thread::sleep;
use std::time::Duration;

/// A run with pauses of its own between its tries.
const LIMIT: Duration = Duration::from_secs(300);
/// How long a silent line may stay unnoticed; and some time of a busy machine.
const NOTICED: Duration = Duration::from_secs(60 + 20);

#[derive(Clone, Copy, Debug)]
enum Fault {
    Cut,
    Reset,
    /// For a moment, then everything goes on.
    Stall(Duration),
    /// As a cable that is pulled out: silence, then the end.
    FreezeAndCut(Duration),
    /// Commands arrive and are obeyed, their answers never come.
    AnswersLost(Duration),
    /// Nobody answers for a while.
    Away(Duration),
    /// Until it is noticed.
    Silence,
}

impl Fault {
    fn draw(dice: &mut Dice, bounds: Bounds) -> Self {
        let below = |dice: &mut Dice, milliseconds| Duration::from_millis(1 + dice.roll(milliseconds));
        match dice.roll(if bounds.silence { 40 } else { 39 }) {
            0..=8 => Self::Cut,
            9..=16 => Self::Reset,
            17..=20 => Self::Stall(below(dice, 1_500)),
            21..=26 => Self::FreezeAndCut(below(dice, 800)),
            27..=33 => Self::AnswersLost(below(dice, 400)),
            34..=38 => Self::Away(below(dice, 1_000)),
            _ => Self::Silence,
        }
    }

    /// False: it was not noticed in time.
    fn strike(self, proxies: &[&Proxy], run: &mut Running) -> bool {
        let all = |what: &dyn Fn(&Proxy)| proxies.iter().for_each(|proxy| what(proxy));
        let for_a_while = |on: &dyn Fn(&Proxy, bool), time| {
            all(&|proxy| on(proxy, true));
            sleep(time);
            all(&|proxy| on(proxy, false));
        };
        match self {
            Self::Cut => all(&Proxy::cut_now),
            Self::Reset => all(&Proxy::reset_now),
            Self::Stall(time) => for_a_while(&|proxy, on| proxy.freeze(on), time),
            Self::FreezeAndCut(time) => {
                all(&|proxy| proxy.freeze(true));
                sleep(time);
                all(&Proxy::cut_now);
                all(&|proxy| proxy.freeze(false));
            }
            Self::AnswersLost(time) => {
                all(&|proxy| proxy.swallow_answers(true));
                sleep(time);
                all(&Proxy::cut_now);
                all(&|proxy| proxy.swallow_answers(false));
            }
            Self::Away(time) => {
                all(&|proxy| proxy.refuse(true));
                all(&Proxy::reset_now);
                sleep(time);
                all(&|proxy| proxy.refuse(false));
            }
            Self::Silence => {
                let connections = || proxies.iter().map(|proxy| proxy.accepted()).sum::<u64>();
                all(&|proxy| proxy.freeze(true));
                let before = connections();
                let noticed = within(NOTICED, || (connections() > before || run.is_over()).then_some(()));
                all(&Proxy::cut_now);
                all(&|proxy| proxy.freeze(false));
                return noticed.is_some();
            }
        }
        true
    }
}

/// One to four in one run, at either side or at both.
pub fn cut(ground: &Ground, shape: Shape, bounds: Bounds) -> Struck {
    let length = ground.length(&shape);
    let mut dice = shape.dice();
    let mut struck = Struck::default();
    let person = somebody();
    let backup = person.home.path().join("backup");
    let mut trial = Trial::new(ground, shape, person, &backup);
    let blows = 1 + dice.roll(4);
    let mut run = trial.start(&[]);
    for _ in 0..blows {
        let moment = Moment::draw(&mut dice, length, 0.9 / blows as f64);
        let fault = Fault::draw(&mut dice, bounds);
        let sides = dice.roll(5);
        if !moment.meets(&mut run, &trial) {
            struck.note(false, 1.0, format!("{fault:?} {moment:?}"));
            continue;
        }
        let share = trial.share(length);
        let proxies = match sides {
            _ if trial.shape.task == Task::Backup => vec![&trial.to_old],
            0 => vec![&trial.to_old, &trial.to_new],
            1 | 2 => vec![&trial.to_old],
            _ => vec![&trial.to_new],
        };
        let noticed = fault.strike(&proxies, &mut run);
        struck.note(true, share, format!("{fault:?} {moment:?}"));
        trial.judgement.expect(noticed, || format!("silence was not noticed in {NOTICED:?}"));
    }
    let ended = trial.ended(run, LIMIT);
    struck.judged(&mut trial, ended.is_some_and(|run| run.code == Some(0)))
}
