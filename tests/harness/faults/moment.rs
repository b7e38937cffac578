//! When a fault meets a run: by the clock, which meets sign-in and survey, or after so many octets of mail.

use super::ground::Length;
use super::trial::Trial;
use crate::command::Running;
use crate::process::within;
use crate::sample::Dice;
use std::time::{Duration, Instant};

#[derive(Clone, Copy, Debug)]
pub enum Moment {
    After(Duration),
    /// And a little later.
    Passed(u64, Duration),
}

impl Moment {
    /// Anywhere in the first `share` of a run of this length.
    pub fn draw(dice: &mut Dice, length: Length, share: f64) -> Self {
        if dice.roll(4) == 0 {
            Self::After(Duration::from_micros(dice.roll((length.time.as_micros() as f64 * share) as u64 + 1)))
        } else {
            let octets = dice.roll((length.octets as f64 * share) as u64 + 1);
            Self::Passed(octets, Duration::from_micros(dice.roll(15_000)))
        }
    }

    /// Waits from now on for that moment; false: the run was over before.
    pub fn meets(self, run: &mut Running, trial: &Trial) -> bool {
        let (since, passed) = (Instant::now(), trial.passed());
        let over = within(Duration::from_secs(120), || match self {
            _ if run.is_over() => Some(true),
            Self::After(time) => (since.elapsed() >= time).then_some(false),
            Self::Passed(octets, _) => (trial.passed() >= passed + octets).then_some(false),
        });
        if let (Some(false), Self::Passed(_, later)) = (over, self) {
            std::thread::sleep(later);
        }
        over == Some(false) && !run.is_over()
    }
}
