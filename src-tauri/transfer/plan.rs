//! Which folder goes where: pure. Maps by segments, joins special folders of both sides, replaces what the target
//! cannot hold, keeps names apart that it would confuse, and names every rename. Must not speak to a server.

use crate::special;
use crate::{Layout, Problem, ProblemLevel, pattern};
use mail::{Folder, FolderPath, NameRules, SpecialUse};
use std::collections::{HashMap, HashSet};

/// One folder and its place.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Planned {
    pub source: Folder,
    pub target: FolderPath,
    /// By attribute, or by well-known name.
    pub special: Option<SpecialUse>,
}

/// The folders to copy in the source's order, and what a person should know of the others.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Plan {
    pub folders: Vec<Planned>,
    /// Folders that the options leave out; their messages count as skipped.
    pub skipped: Vec<Folder>,
    pub notices: Vec<Problem>,
}

/// `mailbox` is the old mailbox's name, for `--into @`. `known` are the places given by earlier runs: they stay. No two
/// folders are given one place.
pub fn plan(
    source: &[Folder],
    target: &[Folder],
    rules: &NameRules,
    layout: &Layout,
    mailbox: &str,
    known: &HashMap<FolderPath, FolderPath>,
) -> Plan {
    let mut plan = Plan::default();
    let mut names = Names::new(target, rules);
    let into = layout.into.as_deref().map(|into| into_path(into, mailbox));
    let (ours, theirs) = (special_folders(source), special_folders(target));
    // The one folder of each kind that joins the target's own; a second one of the kind keeps its name.
    let joins = |folder: &Folder| {
        let special = special::of(folder).filter(|special| ours.get(special) == Some(&folder.path))?;
        theirs.get(&special).cloned()
    };
    let mut order: Vec<(usize, &Folder)> = source.iter().enumerate().filter(|(_, folder)| folder.selectable).collect();
    // The inbox and what joins a folder take their places before others could.
    order.sort_by_key(|(at, folder)| {
        (!known.contains_key(&folder.path), !folder.path.is_inbox(), joins(folder).is_none(), *at)
    });
    let mut placed: Vec<(usize, Planned)> = Vec::new();
    // Which folder it was nobody knows: where everything is to be moved, that is no complete copy.
    for folder in source.iter().filter(|folder| folder.is_unreadable() && layout.folders.is_empty()) {
        let unreadable = notice("folder_unreadable", &folder.path, None);
        plan.notices.push(Problem { level: ProblemLevel::Problem, ..unreadable });
    }
    for (at, folder) in order {
        let shown = folder.path.to_string();
        let wanted = layout.folders.is_empty() || layout.folders.iter().any(|glob| pattern::matches(glob, &shown));
        if !wanted || layout.skip_folders.iter().any(|glob| pattern::matches(glob, &shown)) {
            plan.skipped.push(folder.clone());
            continue;
        }
        // What these show lies in other folders too, but for archived mail, which may be in \All alone: left out, that
        // is no complete copy.
        if let Some(virtual_use @ (SpecialUse::All | SpecialUse::Flagged | SpecialUse::Important)) = folder.special {
            let level = if virtual_use == SpecialUse::All { ProblemLevel::Problem } else { ProblemLevel::Notice };
            plan.notices.push(Problem { level, ..notice("virtual_folder", &folder.path, None) });
            continue;
        }
        let mapped = layout.map.iter().find_map(|(old, new)| mapped(&folder.path, old, new));
        let asked = mapped.is_some() || into.is_some();
        let wish = match (mapped, &into) {
            (Some(path), _) => path,
            (None, Some(into)) => FolderPath(into.iter().chain(&folder.path.0).cloned().collect()),
            (None, None) => joins(folder).unwrap_or_else(|| folder.path.clone()),
        };
        let target = match known.get(&folder.path) {
            Some(place) => names.keep(place.clone(), &folder.path),
            None => names.place(wish, &folder.path),
        };
        if !asked && names.spelled(&target.0) != names.spelled(&folder.path.0) {
            plan.notices.push(notice("renamed", &folder.path, Some(target.to_string())));
        }
        let special = if asked { None } else { special::of(folder) };
        placed.push((at, Planned { source: folder.clone(), target, special }));
    }
    placed.sort_by_key(|(at, _)| *at);
    plan.folders = placed.into_iter().map(|(_, planned)| planned).collect();
    plan
}

fn notice(code: &str, folder: &FolderPath, detail: Option<String>) -> Problem {
    Problem {
        code: code.to_owned(),
        level: ProblemLevel::Notice,
        folder: Some(folder.clone()),
        id: None,
        detail,
        words: None,
    }
}

fn into_path(into: &str, mailbox: &str) -> Vec<String> {
    segments(if into == "@" { mailbox } else { into })
}

/// A path as typed: `/` separates.
fn segments(text: &str) -> Vec<String> {
    let mut segments: Vec<String> = text.split('/').filter(|s| !s.is_empty()).map(str::to_owned).collect();
    if let [only] = segments.as_mut_slice()
        && only.eq_ignore_ascii_case("INBOX")
    {
        *only = "INBOX".to_owned();
    }
    segments
}

/// `--map OLD=NEW` moves a folder and all below it.
fn mapped(path: &FolderPath, old: &str, new: &str) -> Option<FolderPath> {
    let below = path.0.strip_prefix(segments(old).as_slice())?;
    let place: Vec<String> = segments(new).into_iter().chain(below.iter().cloned()).collect();
    (!place.is_empty()).then_some(FolderPath(place))
}

/// The special folders of one side: by attribute first, then by well-known name.
fn special_folders(folders: &[Folder]) -> HashMap<SpecialUse, FolderPath> {
    let mut own = HashMap::new();
    let selectable = || folders.iter().filter(|folder| folder.selectable);
    let by_attribute = selectable().filter_map(|folder| Some((folder.special?, folder)));
    let by_name = selectable().filter_map(|folder| Some((special::by_name(&folder.path)?, folder)));
    for (special, folder) in by_attribute.chain(by_name) {
        own.entry(special).or_insert_with(|| folder.path.clone());
    }
    own
}

/// Names that the target can hold, each given to one source folder only.
struct Names<'a> {
    rules: &'a NameRules,
    /// What the target lists, by the form in which it may confuse names.
    theirs: HashMap<Vec<String>, FolderPath>,
    exact: HashSet<Vec<String>>,
    /// By that form too.
    given: HashSet<Vec<String>>,
    /// What a source path has become: those below it follow.
    became: HashMap<Vec<String>, Vec<String>>,
}

fn folded(path: &[String]) -> Vec<String> {
    path.iter().map(|segment| segment.to_lowercase()).collect()
}

impl<'a> Names<'a> {
    fn new(target: &[Folder], rules: &'a NameRules) -> Self {
        let exact = target.iter().map(|folder| folder.path.0.clone()).collect();
        let (theirs, given, became) = (HashMap::new(), HashSet::new(), HashMap::new());
        let mut names = Self { rules, theirs, exact, given, became };
        names.theirs = target.iter().map(|folder| (names.spot(&folder.path.0), folder.path.clone())).collect();
        names
    }

    /// The name as the target's server has it: where all folders lie below the inbox, two paths have one.
    fn spelled(&self, path: &[String]) -> Vec<String> {
        let inbox = "INBOX".to_owned();
        let below = self.rules.below_inbox && path.first() != Some(&inbox);
        below.then_some(inbox).into_iter().chain(path.iter().cloned()).collect()
    }

    /// The same without what servers may not tell apart.
    fn spot(&self, path: &[String]) -> Vec<String> {
        folded(&self.spelled(path))
    }

    /// A place that an earlier run has given. One that two folders were given (by a version that did not know better) is
    /// the first one's.
    fn keep(&mut self, place: FolderPath, source: &FolderPath) -> FolderPath {
        if !self.given.insert(self.spot(&place.0)) {
            return self.place(place, source);
        }
        self.became.insert(source.0.clone(), place.0.clone());
        place
    }

    /// A place for `wanted`, which belongs to the source folder `source`.
    fn place(&mut self, wanted: FolderPath, source: &FolderPath) -> FolderPath {
        if wanted.is_inbox() && self.given.insert(self.spot(&wanted.0)) {
            return wanted;
        }
        // A renamed parent takes its children along.
        let mut path: Vec<String> = Vec::new();
        for (depth, segment) in wanted.0.iter().enumerate() {
            path.push(self.cleaned(segment));
            if depth + 1 < wanted.0.len()
                && let Some(parent) = self.became.get(&wanted.0[..=depth])
            {
                path.clone_from(parent);
            }
        }
        if self.rules.delimiter.is_none() && path.len() > 1 {
            path = vec![path.join("_")];
        }
        // As the target will list it.
        if let [inbox, next, ..] = path.as_slice()
            && self.rules.below_inbox
            && inbox == "INBOX"
            && !next.eq_ignore_ascii_case("INBOX")
        {
            path.remove(0);
        }
        // The target's own spelling, if it has the folder in another case; a server that tells cases apart lists the
        // exact one too, and then that one is meant.
        let exact = self.exact.contains(&path);
        let name = path.last().cloned().unwrap_or_default();
        let mut suffix = 1;
        while !self.given.insert(self.spot(&path)) {
            suffix += 1;
            if let Some(last) = path.last_mut() {
                *last = format!("{name} ({suffix})");
            }
        }
        if suffix == 1
            && !exact
            && let Some(theirs) = self.theirs.get(&self.spot(&path))
        {
            path.clone_from(&theirs.0);
        }
        self.became.insert(source.0.clone(), path.clone());
        self.became.insert(wanted.0, path.clone());
        FolderPath(path)
    }

    /// A segment without what the target refuses; never empty.
    fn cleaned(&self, segment: &str) -> String {
        let refused = |c: char| c.is_control() || Some(c) == self.rules.delimiter || self.rules.refused.contains(&c);
        let clean: String = segment.chars().map(|c| if refused(c) { '_' } else { c }).collect();
        if clean.is_empty() { "_".to_owned() } else { clean }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn folder(path: &str, special: Option<SpecialUse>) -> Folder {
        Folder {
            wire: path.as_bytes().to_vec(),
            delimiter: Some('/'),
            path: FolderPath::new(path.split('/')),
            special,
            selectable: true,
            status: None,
        }
    }

    fn folders(paths: &[&str]) -> Vec<Folder> {
        paths.iter().map(|path| folder(path, None)).collect()
    }

    fn rules() -> NameRules {
        NameRules { delimiter: Some('/'), ..NameRules::default() }
    }

    fn plan(source: &[Folder], target: &[Folder], rules: &NameRules, layout: &Layout, mailbox: &str) -> Plan {
        super::plan(source, target, rules, layout, mailbox, &HashMap::new())
    }

    fn places(plan: &Plan) -> Vec<String> {
        plan.folders.iter().map(|planned| planned.target.to_string()).collect()
    }

    #[test]
    fn chinese_special_folders_join_the_targets_own() {
        let source = folders(&["INBOX", "已发送", "草稿箱", "已删除邮件", "垃圾邮件", "项目/甲"]);
        let target = [
            folder("INBOX", None),
            folder("Sent Messages", Some(SpecialUse::Sent)),
            folder("Drafts", None),
            folder("Deleted Items", None),
        ];
        let plan = plan(&source, &target, &rules(), &Layout::default(), "li");
        assert_eq!(places(&plan), ["INBOX", "Sent Messages", "Drafts", "Deleted Items", "垃圾邮件", "项目/甲"]);
        assert_eq!(plan.folders[4].special, Some(SpecialUse::Junk));
        let renamed: Vec<_> = plan.notices.iter().map(|notice| notice.detail.as_deref()).collect();
        assert_eq!(renamed, [Some("Sent Messages"), Some("Drafts"), Some("Deleted Items")]);
        assert!(plan.notices.iter().all(|notice| notice.code == "renamed" && notice.level == ProblemLevel::Notice));
    }

    #[test]
    fn an_attribute_goes_before_a_name_and_a_second_folder_of_a_kind_keeps_its_own() {
        let source = [folder("Gesendet", Some(SpecialUse::Sent)), folder("Sent", None)];
        let target = [folder("Sent", None), folder("Out", Some(SpecialUse::Sent))];
        let plan = plan(&source, &target, &rules(), &Layout::default(), "li");
        assert_eq!(places(&plan), ["Out", "Sent"]);
        let source = [folder("Sent", None), folder("Gesendet", Some(SpecialUse::Sent))];
        let target = [folder("Sent", Some(SpecialUse::Sent))];
        let plan = super::plan(&source, &target, &rules(), &Layout::default(), "li", &HashMap::new());
        assert_eq!(places(&plan), ["Sent (2)", "Sent"], "no two folders share a place");
    }

    #[test]
    fn a_folder_mapped_to_the_inbox_does_not_take_its_place() {
        let layout = Layout { map: vec![("Old".into(), "inbox".into())], ..Layout::default() };
        let plan = plan(&folders(&["Old", "INBOX"]), &[], &rules(), &layout, "li");
        assert_eq!(places(&plan), ["INBOX (2)", "INBOX"]);
    }

    #[test]
    fn refused_characters_and_clashes_are_renamed_and_named() {
        let source = folders(&["a.b", "a_b", "A_B", "a.b/Child", "x\ty", "Same", "same"]);
        let rules = NameRules { delimiter: Some('.'), refused: vec!['~'], ..NameRules::default() };
        let plan = plan(&source, &[], &rules, &Layout::default(), "li");
        assert_eq!(places(&plan), ["a_b", "a_b (2)", "A_B (3)", "a_b/Child", "x_y", "Same", "same (2)"]);
        assert_eq!(plan.notices.len(), 6);
    }

    #[test]
    fn a_folder_of_the_target_is_met_in_its_own_spelling() {
        let target = folders(&["projects", "projects/May"]);
        let plan = plan(&folders(&["Projects", "Projects/May"]), &target, &rules(), &Layout::default(), "li");
        assert_eq!(places(&plan), ["projects", "projects/May"]);
    }

    #[test]
    fn places_of_earlier_runs_stay() {
        let known = HashMap::from([(FolderPath::new(["same"]), FolderPath::new(["same"]))]);
        let plan = super::plan(&folders(&["Same", "same"]), &[], &rules(), &Layout::default(), "li", &known);
        assert_eq!(places(&plan), ["Same (2)", "same"]);
    }

    #[test]
    fn a_flat_target_holds_the_whole_path_in_one_name() {
        let rules = NameRules::default();
        let plan = plan(&folders(&["a/b"]), &[], &rules, &Layout::default(), "li");
        assert_eq!(places(&plan), ["a_b"]);
    }

    #[test]
    fn into_map_and_globs() {
        let source = folders(&["INBOX", "Sent", "Work/2024", "Work", "Spam/Old"]);
        let target = [folder("INBOX", None), folder("Sent Items", Some(SpecialUse::Sent))];
        let layout = Layout {
            into: Some("@".into()),
            map: vec![("Work".into(), "Archive/Work".into())],
            skip_folders: vec!["spam*".into()],
            ..Layout::default()
        };
        let into = plan(&source, &target, &rules(), &layout, "li@example.com");
        assert_eq!(places(&into), ["li@example.com/INBOX", "li@example.com/Sent", "Archive/Work/2024", "Archive/Work"]);
        assert_eq!(into.skipped.len(), 1);
        assert!(into.notices.is_empty());
        let only = Layout { folders: vec!["work*".into(), "inbox".into()], ..Layout::default() };
        assert_eq!(places(&plan(&source, &target, &rules(), &only, "li")), ["INBOX", "Work/2024", "Work"]);
    }

    #[test]
    fn nodes_and_virtual_folders_are_not_copied() {
        let mut node = folder("Lists", None);
        node.selectable = false;
        let source = [node, folder("[Gmail]/All Mail", Some(SpecialUse::All)), folder("Lists/rust", None)];
        let plan = plan(&source, &[], &rules(), &Layout::default(), "li");
        assert_eq!(places(&plan), ["Lists/rust"]);
        assert_eq!(plan.notices[0].code, "virtual_folder");
    }

    #[test]
    fn a_folder_that_cannot_be_read_is_named() {
        let source = [folder("INBOX", None), Folder::unreadable(b"(\\HasNoChildren \"/\" \"a\"\x07")];
        let plan = |layout: &Layout| plan(&source, &[], &rules(), layout, "li");
        let all = plan(&Layout::default());
        assert_eq!(places(&all), ["INBOX"]);
        let [problem] = &all.notices[..] else { panic!("{:?}", all.notices) };
        assert_eq!((problem.code.as_str(), problem.level), ("folder_unreadable", ProblemLevel::Problem));
        assert_eq!(problem.folder, Some(FolderPath::new(["(\\HasNoChildren \"/\" \"a\""])));
        let only = plan(&Layout { folders: vec!["INBOX".into()], ..Layout::default() });
        assert_eq!((places(&only), only.notices.len()), (vec!["INBOX".to_owned()], 0));
    }

    #[test]
    fn where_all_lies_below_the_inbox_two_spellings_of_a_place_are_kept_apart() {
        let below = NameRules { delimiter: Some('.'), below_inbox: true, ..NameRules::default() };
        let source = folders(&["INBOX", "x", "INBOX/x", "INBOX/x/y", "INBOX/Z", "z/deep", "INBOX/INBOX"]);
        let apart = plan(&source, &[], &below, &Layout::default(), "li");
        assert_eq!(places(&apart), ["INBOX", "x", "x (2)", "x (2)/y", "Z", "z/deep", "INBOX/INBOX"]);
        let renamed: Vec<_> = apart.notices.iter().map(|notice| notice.detail.as_deref()).collect();
        assert_eq!(renamed, [Some("x (2)"), Some("x (2)/y")], "another spelling of its place is no other name");
        let usual = plan(&source, &[], &rules(), &Layout::default(), "li");
        assert!(usual.notices.is_empty() && places(&usual)[2] == "INBOX/x");
        // Folders of the target are met in either spelling, and what was put together earlier is parted.
        let met = plan(&source[2..3], &folders(&["X"]), &below, &Layout::default(), "li");
        assert_eq!(places(&met), ["X"]);
        let of = |path: &str| FolderPath::new(path.split('/'));
        let known = HashMap::from([(of("x"), of("x")), (of("INBOX/x"), of("INBOX/x"))]);
        let parted = super::plan(&source[1..3], &folders(&["x"]), &below, &Layout::default(), "li", &known);
        assert_eq!(places(&parted), ["x", "x (2)"]);
        let known = HashMap::from([(of("INBOX/x"), of("INBOX/x"))]);
        let kept = super::plan(&source[1..3], &folders(&["x"]), &below, &Layout::default(), "li", &known);
        assert_eq!(places(&kept), ["x (2)", "INBOX/x"]);
    }

    #[test]
    fn every_folder_has_a_place_of_its_own() {
        let source = folders(&["a", "A", "a (2)", "ä", "Ä", "x/y", "X/y", "x/Y"]);
        let plan = plan(&source, &[], &rules(), &Layout::default(), "li");
        let distinct: HashSet<_> = plan.folders.iter().map(|planned| folded(&planned.target.0)).collect();
        assert_eq!(distinct.len(), source.len(), "{:?}", places(&plan));
    }
}
