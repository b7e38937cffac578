//! What can go wrong with a mailbox, as codes. Whether to try again is decided elsewhere (`transfer/retry.rs`);
//! what a person reads is decided in `wording`. Never holds a secret or the body of a message.

use crate::Sha256;
use std::fmt;
use std::time::Duration;

pub type Result<T, E = Failure> = std::result::Result<T, E>;

/// How far a failure reaches: one bad message never stops a folder, one bad folder never a mailbox.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Reach {
    Message,
    Folder,
    /// This connection is of no more use; a new one may be.
    Connection,
    /// No connection to this account will do better before somebody acts, or time passes.
    Account,
}

/// Which of the two mailboxes a failure belongs to; the engine adds it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Side {
    Source,
    Target,
    /// The local disk: the archive or the journal.
    Local,
}

/// What happened. Each has a stable code for scripts: see [`Cause::code`].
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Cause {
    // Account: reaching the server.
    HostUnknown,
    /// This computer has no way there: no network, or nobody who resolves names.
    NetworkUnreachable,
    ConnectionRefused,
    /// No answer in time.
    Timeout,
    CertificateExpired,
    CertificateWrongHost,
    /// Self-signed, or issued by an authority this computer does not trust.
    CertificateUntrusted,
    /// The pinned certificate of this account has changed.
    CertificateChanged,
    TlsFailed,
    /// STARTTLS was asked for and is not offered, or was answered with injected data, or PREAUTH came.
    StartTlsMissing,
    // Account: getting in.
    SignInRefused,
    /// The server accepts the person but not programs, or not now (RFC 5530 UNAVAILABLE, LIMIT on login).
    SignInUnavailable,
    SignInMethodMissing,
    /// Nobody could give a password.
    NoCredentials,
    // Connection.
    /// End of file, reset, or BYE.
    Closed,
    /// BAD, or an answer that breaks the protocol or our bounds.
    Protocol,
    Throttled,
    // Folder.
    FolderMissing,
    FolderRefused,
    /// The server met an error of its own over it (RFC 5530 SERVERBUG, CORRUPTION): it may be over in a moment.
    ServerFailed,
    FolderNameRefused,
    /// UIDVALIDITY is another one than before.
    ValidityChanged,
    // Message.
    /// Asked for by its id and not delivered.
    MessageGone,
    MessageEmpty,
    MessageTooLarge,
    MessageRefused,
    /// Delivered octets do not agree with what was announced.
    MessageDamaged,
    // The target as a whole.
    QuotaFull,
    // Local disk.
    DiskFull,
    DiskFailed,
    /// The archive or journal is another account's, damaged, or of a newer format.
    StoreUnusable,
    /// Another Mailferry holds this move's lock.
    Busy,
    SameMailbox,
    /// Not the mailbox of the last run: other greeting, certificate and UIDVALIDITYs throughout.
    IdentityChanged,
    /// Another program brings the mail of this move to the target too.
    OtherCopier,
    /// The move was planned with another layout; `--replan` plans anew.
    LayoutChanged,
    /// Nobody knows any more what this move has stored: its journal is missing, or was damaged and set aside once.
    RecordLost,
    /// The target cannot remove single messages (no UIDPLUS, RFC 4315).
    RemovalUnsupported,
    /// Stopped on request.
    Stopped,
}

impl Cause {
    /// The stable code that the command line prints and the journal stores; codes are only ever added.
    pub fn code(self) -> &'static str {
        use Cause::*;
        match self {
            HostUnknown => "host_unknown",
            NetworkUnreachable => "network_unreachable",
            ConnectionRefused => "connection_refused",
            Timeout => "timeout",
            CertificateExpired => "certificate_expired",
            CertificateWrongHost => "certificate_wrong_host",
            CertificateUntrusted => "certificate_untrusted",
            CertificateChanged => "certificate_changed",
            TlsFailed => "tls_failed",
            StartTlsMissing => "starttls_missing",
            SignInRefused => "sign_in_refused",
            SignInUnavailable => "sign_in_unavailable",
            SignInMethodMissing => "sign_in_method_missing",
            NoCredentials => "no_credentials",
            Closed => "closed",
            Protocol => "protocol",
            Throttled => "throttled",
            FolderMissing => "folder_missing",
            FolderRefused => "folder_refused",
            ServerFailed => "server_failed",
            FolderNameRefused => "folder_name_refused",
            ValidityChanged => "validity_changed",
            MessageGone => "message_gone",
            MessageEmpty => "message_empty",
            MessageTooLarge => "message_too_large",
            MessageRefused => "message_refused",
            MessageDamaged => "message_damaged",
            QuotaFull => "quota_full",
            DiskFull => "disk_full",
            DiskFailed => "disk_failed",
            StoreUnusable => "store_unusable",
            Busy => "busy",
            SameMailbox => "same_mailbox",
            IdentityChanged => "identity_changed",
            OtherCopier => "other_copier",
            LayoutChanged => "layout_changed",
            RecordLost => "record_lost",
            RemovalUnsupported => "removal_unsupported",
            Stopped => "stopped",
        }
    }

    pub const ALL: [Cause; 39] = {
        use Cause::*;
        [
            HostUnknown,
            NetworkUnreachable,
            ConnectionRefused,
            Timeout,
            CertificateExpired,
            CertificateWrongHost,
            CertificateUntrusted,
            CertificateChanged,
            TlsFailed,
            StartTlsMissing,
            SignInRefused,
            SignInUnavailable,
            SignInMethodMissing,
            NoCredentials,
            Closed,
            Protocol,
            Throttled,
            FolderMissing,
            FolderRefused,
            ServerFailed,
            FolderNameRefused,
            ValidityChanged,
            MessageGone,
            MessageEmpty,
            MessageTooLarge,
            MessageRefused,
            MessageDamaged,
            QuotaFull,
            DiskFull,
            DiskFailed,
            StoreUnusable,
            Busy,
            SameMailbox,
            IdentityChanged,
            OtherCopier,
            LayoutChanged,
            RecordLost,
            RemovalUnsupported,
            Stopped,
        ]
    };

    pub fn from_code(code: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|cause| cause.code() == code)
    }

    /// How far it reaches unless the place where it happened knows better.
    pub fn reach(self) -> Reach {
        use Cause::*;
        match self {
            MessageGone | MessageEmpty | MessageTooLarge | MessageRefused | MessageDamaged => Reach::Message,
            FolderMissing | FolderRefused | ServerFailed | FolderNameRefused | ValidityChanged => Reach::Folder,
            NetworkUnreachable | ConnectionRefused | Timeout | Closed | Protocol | Throttled => Reach::Connection,
            _ => Reach::Account,
        }
    }
}

/// One failure: its cause, how far it reaches, and what it is about.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Failure {
    pub cause: Cause,
    pub reach: Reach,
    pub side: Option<Side>,
    /// The thing it is about: a host, a folder's display name, a path. Never a secret.
    pub about: Option<String>,
    /// What the server said, bounded to 500 characters, control characters removed: for "Server's words" only.
    pub words: Option<String>,
    /// The time the server asked us to wait, if it stated one.
    pub wait: Option<Duration>,
    /// The certificate that was not trusted, so that a person can compare and pin it.
    pub certificate: Option<Box<Certificate>>,
}

/// What a person needs to decide about a certificate. Texts come from the server: bounded, without control characters.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Certificate {
    pub sha256: Sha256,
    pub subject: String,
    pub issuer: String,
    /// Validity in seconds since 1970.
    pub from: i64,
    pub until: i64,
}

impl Failure {
    pub fn new(cause: Cause) -> Self {
        Self { cause, reach: cause.reach(), side: None, about: None, words: None, wait: None, certificate: None }
    }

    pub fn about(mut self, thing: impl Into<String>) -> Self {
        self.about = Some(thing.into());
        self
    }

    /// Adds a server's words: shortened and freed of control characters, since what comes from a server is hostile.
    pub fn words(mut self, text: &str) -> Self {
        self.words = Some(text.chars().filter(|c| !c.is_control()).take(500).collect());
        self
    }

    pub fn reaching(mut self, reach: Reach) -> Self {
        self.reach = reach;
        self
    }

    pub fn on(mut self, side: Side) -> Self {
        self.side.get_or_insert(side);
        self
    }

    pub fn waiting(mut self, wait: Duration) -> Self {
        self.wait = Some(wait);
        self
    }
}

impl fmt::Display for Failure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.cause.code())?;
        if let Some(about) = &self.about {
            write!(f, " ({about})")?;
        }
        Ok(())
    }
}

impl std::error::Error for Failure {}

/// An error of the local disk. Network errors are translated where the socket is.
impl From<std::io::Error> for Failure {
    fn from(error: std::io::Error) -> Self {
        use std::io::ErrorKind::*;
        let cause = match error.kind() {
            StorageFull | QuotaExceeded | FileTooLarge => Cause::DiskFull,
            _ => Cause::DiskFailed,
        };
        Failure::new(cause).on(Side::Local).words(&error.to_string())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn codes_are_distinct_and_read_back() {
        for cause in Cause::ALL {
            assert_eq!(Cause::from_code(cause.code()), Some(cause));
        }
    }

    #[test]
    fn words_are_bounded_and_printable() {
        let failure = Failure::new(Cause::Protocol).words(&format!("a\r\n\x1b[31m{}", "b".repeat(900)));
        let words = failure.words.unwrap_or_default();
        assert_eq!(words.chars().count(), 500);
        assert!(!words.contains('\x1b'));
    }
}
