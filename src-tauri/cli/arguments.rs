//! The command line's grammar, and nothing else: what the arguments mean is `request.rs`, what they are called in
//! help texts is `wording`'s, by the argument's id. It is a contract: it only grows.

use clap::{Args, Parser, Subcommand, ValueEnum};
use std::path::PathBuf;

#[derive(Debug, Parser)]
#[command(name = "mailferry-cli", version, disable_help_subcommand = true, disable_help_flag = true)]
#[command(disable_version_flag = true, subcommand_required = true)]
pub struct Arguments {
    #[command(flatten)]
    pub general: General,
    #[command(subcommand)]
    pub command: Command,
}

#[derive(Debug, Args)]
pub struct General {
    #[arg(long, global = true, value_name = "DIR", help_heading = "general")]
    pub home: Option<PathBuf>,
    #[arg(long, global = true, value_name = "en|zh-CN", hide_possible_values = true, help_heading = "general")]
    pub lang: Option<Tag>,
    #[arg(long, global = true, help_heading = "general")]
    pub json: bool,
    #[arg(long, short = 'h', global = true, action = clap::ArgAction::Help, help_heading = "general")]
    help: Option<bool>,
    #[arg(long, short = 'V', action = clap::ArgAction::Version, help_heading = "general")]
    version: Option<bool>,
}

#[derive(Clone, Copy, Debug, ValueEnum)]
pub enum Tag {
    En,
    #[value(name = "zh-CN", alias = "zh", alias = "zh-cn")]
    ZhCn,
}

#[derive(Debug, Subcommand)]
pub enum Command {
    Check {
        #[arg(value_name = "SOURCE")]
        source: String,
        #[arg(value_name = "TARGET")]
        target: String,
        #[command(flatten)]
        old: SourceAccess,
        #[command(flatten)]
        new: TargetAccess,
        #[arg(long, help_heading = "layout")]
        even_if_elsewhere: bool,
        #[command(flatten)]
        layout: Layout,
        #[command(flatten)]
        pace: Pace,
    },
    Move {
        #[arg(value_name = "SOURCE")]
        source: String,
        #[arg(value_name = "TARGET")]
        target: String,
        #[arg(long, value_name = "DIR", help_heading = "move")]
        backup: Option<PathBuf>,
        #[arg(long, help_heading = "move")]
        put_back: bool,
        #[arg(long, help_heading = "move")]
        even_if_elsewhere: bool,
        #[arg(long, help_heading = "move")]
        go_on_anyway: bool,
        #[arg(long, help_heading = "move")]
        repair: bool,
        #[command(flatten)]
        old: SourceAccess,
        #[command(flatten)]
        new: TargetAccess,
        #[command(flatten)]
        layout: Layout,
        #[command(flatten)]
        pace: Pace,
    },
    Backup {
        #[arg(value_name = "SOURCE")]
        source: String,
        #[arg(value_name = "DIR")]
        directory: PathBuf,
        #[command(flatten)]
        old: SourceAccess,
        #[command(flatten)]
        layout: Layout,
        #[command(flatten)]
        pace: Pace,
    },
    Verify {
        #[arg(value_name = "SOURCE|DIR")]
        first: String,
        #[arg(value_name = "TARGET|DIR")]
        second: Option<String>,
        #[arg(long, value_name = "LEVEL", default_value = "identical")]
        #[arg(hide_default_value = true, hide_possible_values = true, help_heading = "verify")]
        level: Level,
        #[command(flatten)]
        old: SourceAccess,
        #[command(flatten)]
        new: TargetAccess,
        #[command(flatten)]
        layout: Layout,
        #[command(flatten)]
        pace: Pace,
    },
    Undo {
        #[arg(value_name = "SOURCE")]
        source: String,
        #[arg(value_name = "TARGET")]
        target: String,
        #[arg(long, help_heading = "undo")]
        yes: bool,
        #[command(flatten)]
        old: SourceAccess,
        #[command(flatten)]
        new: TargetAccess,
        #[command(flatten)]
        pace: Pace,
    },
}

#[derive(Clone, Copy, Debug, ValueEnum)]
pub enum Level {
    Present,
    Identical,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum Method {
    Plain,
    Login,
}

#[derive(Debug, Default, Args)]
pub struct SourceAccess {
    #[arg(long, value_name = "VAR", help_heading = "access")]
    pub source_password_env: Option<String>,
    #[arg(long, value_name = "plain|login", hide_possible_values = true, help_heading = "access")]
    pub source_auth: Option<Method>,
    #[arg(long, value_name = "USER", help_heading = "access")]
    pub source_admin: Option<String>,
    #[arg(long, value_name = "SHA256", value_parser = fingerprint, help_heading = "access")]
    pub source_trust: Option<String>,
    /// For both sides.
    #[arg(long, value_name = "FILE", help_heading = "access")]
    pub ca: Option<PathBuf>,
}

#[derive(Debug, Default, Args)]
pub struct TargetAccess {
    #[arg(long, value_name = "VAR", help_heading = "access")]
    pub target_password_env: Option<String>,
    #[arg(long, value_name = "plain|login", hide_possible_values = true, help_heading = "access")]
    pub target_auth: Option<Method>,
    #[arg(long, value_name = "USER", help_heading = "access")]
    pub target_admin: Option<String>,
    #[arg(long, value_name = "SHA256", value_parser = fingerprint, help_heading = "access")]
    pub target_trust: Option<String>,
}

#[derive(Debug, Default, Args)]
pub struct Layout {
    #[arg(long, value_name = "FOLDER", help_heading = "layout")]
    pub into: Option<String>,
    #[arg(long = "folder", value_name = "GLOB", help_heading = "layout")]
    pub folders: Vec<String>,
    #[arg(long = "skip-folder", value_name = "GLOB", help_heading = "layout")]
    pub skip_folders: Vec<String>,
    #[arg(long, value_name = "DATE", value_parser = date, help_heading = "layout")]
    pub since: Option<mail::InternalDate>,
    #[arg(long, value_name = "DATE", value_parser = date, help_heading = "layout")]
    pub before: Option<mail::InternalDate>,
    #[arg(long, value_name = "BYTES", help_heading = "layout")]
    pub max_size: Option<u64>,
    #[arg(long, value_name = "OLD=NEW", value_parser = renaming, help_heading = "layout")]
    pub map: Vec<(String, String)>,
    #[arg(long, help_heading = "layout")]
    pub replan: bool,
}

#[derive(Debug, Default, Args)]
pub struct Pace {
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u16).range(1..=64), help_heading = "pace")]
    pub connections: Option<u16>,
    #[arg(long, value_name = "BYTES/s", value_parser = clap::value_parser!(u64).range(1..), help_heading = "pace")]
    pub limit_rate: Option<u64>,
    #[arg(long, value_name = "N/s", value_parser = positive, allow_negative_numbers = true, help_heading = "pace")]
    pub limit_messages: Option<f64>,
    #[arg(long, value_name = "MINUTES", value_parser = minutes, allow_negative_numbers = true, help_heading = "pace")]
    pub patience: Option<f64>,
}

/// 64 hexadecimal digits, with or without colons between the pairs, in either case.
fn fingerprint(text: &str) -> Result<String, String> {
    let digits: String = text.chars().filter(|c| *c != ':').collect();
    mail::Sha256::parse(&digits).map(|hash| hash.to_string()).ok_or_else(|| "bad-fingerprint".to_owned())
}

/// `YYYY-MM-DD`: the beginning of that day, UTC.
fn date(text: &str) -> Result<mail::InternalDate, String> {
    let format = time::macros::format_description!("[year]-[month]-[day]");
    let date = time::Date::parse(text, format).map_err(|_| "bad-date".to_owned())?;
    Ok(mail::InternalDate { seconds: date.midnight().assume_utc().unix_timestamp(), zone: 0 })
}

fn renaming(text: &str) -> Result<(String, String), String> {
    let (old, new) = text.split_once('=').ok_or("bad-map")?;
    if old.is_empty() || new.is_empty() {
        return Err("bad-map".to_owned());
    }
    Ok((old.to_owned(), new.to_owned()))
}

fn positive(text: &str) -> Result<f64, String> {
    number(text).filter(|number| *number > 0.0).ok_or_else(|| "bad-positive".to_owned())
}

/// 0 and fractions are minutes too.
fn minutes(text: &str) -> Result<f64, String> {
    number(text).ok_or_else(|| "bad-minutes".to_owned())
}

fn number(text: &str) -> Option<f64> {
    text.parse::<f64>().ok().filter(|number| (0.0..=1e6).contains(number))
}
