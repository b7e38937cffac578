//! Accounts as the command line writes them: `imaps://USER@HOST[:PORT]`, `imap://...?security=starttls|none`,
//! `pop3s://`, `pop3://`; USER is percent-encoded.
