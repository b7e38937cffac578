//! What follows a failure: again, skip, wait or stop. A pure table, a test for each row. Must not sleep, nor
//! know who waits.

use mail::{Cause, Failure, Reach};
use std::time::Duration;

/// The first pause before a connection is tried again; doubled each time.
const FIRST: Duration = Duration::from_secs(2);
/// No pause of our own is longer.
const LONGEST: Duration = Duration::from_secs(5 * 60);
/// No pause is longer where this computer has no network: nobody is bothered by a try, and when it is back nobody wants to
/// wait.
const OFFLINE: Duration = Duration::from_secs(30);
/// Between two sign-ins where the server limits them, and before a secret that was accepted earlier and is refused
/// now is tried once more.
const SIGN_IN_PAUSE: Duration = Duration::from_secs(60);
/// A failure of the protocol that comes back this often at one place is skipped, where that is possible.
const PATIENCE_WITH_PROTOCOL: u32 = 3;
/// So often a folder over which the server met an error of its own is tried again.
const PATIENCE_WITH_SERVER: u32 = 4;

/// What to do next.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Next {
    /// Open new connections after this time and go on.
    Again(Duration),
    /// Leave out the message or folder it is about, named in the report, and go on.
    Skip,
    /// Wait until the disk has room again.
    AwaitDisk,
    /// The target is full: go on counting, store no more.
    Full,
    Stop,
}

/// What is known besides the failure itself.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Situation {
    /// Failures in a row without any progress between them, this one left out.
    pub attempts: u32,
    /// Both sides have been opened once in this run. Before that nothing is tried again: the person is told at once.
    pub opened: bool,
}

/// The table. `Again` is without jitter: see [`jittered`].
pub fn next(failure: &Failure, situation: Situation) -> Next {
    use Cause::*;
    let Situation { attempts, opened } = situation;
    match (failure.reach, failure.cause) {
        (_, Stopped) => Next::Stop,
        (_, QuotaFull) => Next::Full,
        (_, DiskFull) => Next::AwaitDisk,
        (Reach::Message, _) => Next::Skip,
        // One more look: listing anew matches by fingerprint.
        (Reach::Folder, ValidityChanged) if attempts == 0 => Next::Again(Duration::ZERO),
        (Reach::Folder, ServerFailed) if opened && attempts < PATIENCE_WITH_SERVER => Next::Again(pause(attempts)),
        (Reach::Folder, _) => Next::Skip,
        _ if !opened => Next::Stop,
        // Accepted before, refused now: once more after the pause that the door states. Then the door asks, and a
        // refusal without a pause means that nobody could help.
        (_, SignInRefused) => failure.wait.map_or(Next::Stop, Next::Again),
        (_, SignInUnavailable) => Next::Again(failure.wait.unwrap_or(SIGN_IN_PAUSE)),
        (_, Throttled) => Next::Again(failure.wait.unwrap_or(pause(attempts + 1))),
        (_, Protocol | TlsFailed) if attempts >= PATIENCE_WITH_PROTOCOL => Next::Stop,
        (_, HostUnknown | NetworkUnreachable) => Next::Again(failure.wait.unwrap_or(pause(attempts)).min(OFFLINE)),
        (_, ConnectionRefused | Timeout | Closed | Protocol | TlsFailed) => {
            Next::Again(failure.wait.unwrap_or(pause(attempts)))
        }
        // Other certificates, a missing STARTTLS, a damaged or foreign store, another copier: only a person can judge these.
        _ => Next::Stop,
    }
}

/// The pause before the n-th try without progress: at once, then 2 s, doubled up to 5 min.
pub fn pause(attempts: u32) -> Duration {
    match attempts {
        0 => Duration::ZERO,
        n => FIRST.saturating_mul(1 << (n - 1).min(16)).min(LONGEST),
    }
}

/// How many times as long as usual a session waits after so many in a row that fell silent with nothing reached between:
/// doubled each time, so that 60 s become 10 min at most.
pub fn patience(silences: u32) -> u32 {
    (1 << silences.min(4)).min(10)
}

/// What a secret that worked earlier in this run waits before its one more try.
pub fn sign_in_pause() -> Duration {
    SIGN_IN_PAUSE
}

/// Adds up to a quarter, so that many clients do not come back at the same moment. `chance` is any number.
pub fn jittered(pause: Duration, chance: u32) -> Duration {
    pause + pause.mul_f64(f64::from(chance) / f64::from(u32::MAX) / 4.0)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn seconds(n: u64) -> Next {
        Next::Again(Duration::from_secs(n))
    }

    #[test]
    fn each_row() {
        use Cause::*;
        let before = Situation::default();
        let opened = Situation { opened: true, attempts: 0 };
        let fourth = Situation { opened: true, attempts: 3 };
        let long_away = Situation { opened: true, attempts: 40 };
        let of = |cause| Failure::new(cause);
        let stated = |cause| Failure::new(cause).waiting(Duration::from_secs(77));
        let rows = [
            (of(Stopped), opened, Next::Stop),
            (of(QuotaFull), opened, Next::Full),
            (of(DiskFull), before, Next::AwaitDisk),
            (of(DiskFull), long_away, Next::AwaitDisk),
            (of(DiskFailed), opened, Next::Stop),
            (of(MessageRefused), opened, Next::Skip),
            (of(MessageGone), long_away, Next::Skip),
            (of(ValidityChanged), opened, seconds(0)),
            (of(ValidityChanged), fourth, Next::Skip),
            (of(FolderMissing), opened, Next::Skip),
            (of(FolderRefused), opened, Next::Skip),
            (of(ServerFailed), before, Next::Skip),
            (of(ServerFailed), opened, seconds(0)),
            (of(ServerFailed), fourth, seconds(8)),
            (of(ServerFailed), long_away, Next::Skip),
            (of(FolderNameRefused), opened, Next::Skip),
            (of(Protocol).reaching(Reach::Folder), opened, Next::Skip),
            (of(SignInRefused), before, Next::Stop),
            (stated(SignInRefused), before, Next::Stop),
            (of(SignInRefused), opened, Next::Stop),
            (stated(SignInRefused), opened, seconds(77)),
            (of(LayoutChanged), opened, Next::Stop),
            (of(HostUnknown), before, Next::Stop),
            (of(ConnectionRefused), before, Next::Stop),
            (of(Timeout), before, Next::Stop),
            (of(SignInUnavailable), before, Next::Stop),
            (of(SignInUnavailable), opened, seconds(60)),
            (stated(SignInUnavailable), opened, seconds(77)),
            (of(Throttled), opened, seconds(2)),
            (stated(Throttled), fourth, seconds(77)),
            (of(Closed), opened, seconds(0)),
            (of(Closed), fourth, seconds(8)),
            (of(Timeout), long_away, seconds(300)),
            (of(ConnectionRefused), fourth, seconds(8)),
            (of(HostUnknown), fourth, seconds(8)),
            (of(HostUnknown), long_away, seconds(30)),
            (of(NetworkUnreachable), before, Next::Stop),
            (of(NetworkUnreachable), opened, seconds(0)),
            (of(NetworkUnreachable), fourth, seconds(8)),
            (of(NetworkUnreachable), long_away, seconds(30)),
            (of(ConnectionRefused), long_away, seconds(300)),
            (of(Protocol), opened, seconds(0)),
            (of(Protocol), fourth, Next::Stop),
            (of(TlsFailed), opened, seconds(0)),
            (of(TlsFailed), fourth, Next::Stop),
            (of(CertificateChanged), opened, Next::Stop),
            (of(CertificateUntrusted), opened, Next::Stop),
            (of(StartTlsMissing), opened, Next::Stop),
            (of(SignInMethodMissing), opened, Next::Stop),
            (of(NoCredentials), opened, Next::Stop),
            (of(StoreUnusable), opened, Next::Stop),
            (of(SameMailbox), opened, Next::Stop),
            (of(IdentityChanged), opened, Next::Stop),
            (of(OtherCopier), opened, Next::Stop),
            (of(Busy), opened, Next::Stop),
        ];
        for (failure, situation, expected) in rows {
            assert_eq!(next(&failure, situation), expected, "{failure:?} {situation:?}");
        }
    }

    #[test]
    fn every_cause_has_a_row() {
        // Nothing is tried again before both sides were open, whatever it is.
        for cause in Cause::ALL {
            let failure = Failure::new(cause).reaching(Reach::Account);
            assert!(!matches!(next(&failure, Situation::default()), Next::Again(_)), "{cause:?}");
        }
    }

    #[test]
    fn patience_doubles_up_to_ten_minutes() {
        assert_eq!([0, 1, 2, 3, 4, 40].map(|n| patience(n) * 60), [60, 120, 240, 480, 600, 600]);
    }

    #[test]
    fn pauses_double_and_jitter_stays_small() {
        assert_eq!([0, 1, 2, 3, 9, 40].map(|n| pause(n).as_secs()), [0, 2, 4, 8, 300, 300]);
        assert_eq!(jittered(Duration::from_secs(8), 0).as_secs(), 8);
        assert_eq!(jittered(Duration::from_secs(8), u32::MAX).as_secs(), 10);
    }
}
