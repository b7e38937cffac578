//! Special folders by their well-known names, for servers that do not mark them (RFC 6154) and for those that name
//! them in the person's language.

use mail::{Folder, FolderPath, SpecialUse};

/// Lower case. Chinese names are those of the providers there; the others those of common programs and servers.
const NAMES: [(SpecialUse, &[&str]); 5] = [
    (
        SpecialUse::Sent,
        &[
            "sent",
            "sent items",
            "sent messages",
            "sent mail",
            "sent-mail",
            "已发送",
            "已发送邮件",
            "已发邮件",
            "已发送的邮件",
            "发件箱",
            "寄件備份",
            "寄件备份",
            "gesendet",
            "gesendete elemente",
            "gesendete objekte",
            "envoyés",
            "éléments envoyés",
            "messages envoyés",
            "enviados",
            "elementos enviados",
            "posta inviata",
            "送信済みアイテム",
            "送信済みメール",
            "보낸 편지함",
            "отправленные",
        ],
    ),
    (
        SpecialUse::Drafts,
        &[
            "drafts",
            "draft",
            "草稿箱",
            "草稿",
            "草稿夹",
            "entwürfe",
            "brouillons",
            "borradores",
            "bozze",
            "下書き",
            "임시 보관함",
            "черновики",
        ],
    ),
    (
        SpecialUse::Trash,
        &[
            "trash",
            "deleted",
            "deleted items",
            "deleted messages",
            "已删除",
            "已删除邮件",
            "已删除的邮件",
            "废件箱",
            "垃圾桶",
            "刪除的郵件",
            "papierkorb",
            "gelöschte elemente",
            "corbeille",
            "éléments supprimés",
            "papelera",
            "cestino",
            "ゴミ箱",
            "削除済みアイテム",
            "휴지통",
            "корзина",
        ],
    ),
    (
        SpecialUse::Junk,
        &[
            "junk",
            "junk e-mail",
            "junk email",
            "spam",
            "bulk mail",
            "垃圾邮件",
            "垃圾箱",
            "垃圾郵件",
            "spamverdacht",
            "courrier indésirable",
            "pourriel",
            "correo no deseado",
            "posta indesiderata",
            "迷惑メール",
            "스팸",
            "спам",
        ],
    ),
    (SpecialUse::Archive, &["archive", "archives", "归档", "存档", "邮件归档", "archiv"]),
];

/// By attribute, else by name. Virtual folders only by attribute.
pub fn of(folder: &Folder) -> Option<SpecialUse> {
    folder.special.or_else(|| by_name(&folder.path))
}

/// Only at the top of the tree, or directly below the inbox as some servers keep them.
pub fn by_name(path: &FolderPath) -> Option<SpecialUse> {
    let name = match path.segments() {
        [name] => name,
        [inbox, name] if inbox == "INBOX" => name,
        _ => return None,
    };
    let name = name.trim().to_lowercase();
    NAMES.iter().find(|(_, names)| names.contains(&name.as_str())).map(|(special, _)| *special)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_names_of_the_providers_are_known() {
        for (name, special) in [
            ("已发送", SpecialUse::Sent),
            ("已发送邮件", SpecialUse::Sent),
            ("已发邮件", SpecialUse::Sent),
            ("草稿箱", SpecialUse::Drafts),
            ("草稿", SpecialUse::Drafts),
            ("草稿夹", SpecialUse::Drafts),
            ("已删除", SpecialUse::Trash),
            ("已删除邮件", SpecialUse::Trash),
            ("垃圾邮件", SpecialUse::Junk),
            ("垃圾箱", SpecialUse::Junk),
            ("Bulk Mail", SpecialUse::Junk),
            ("SENT", SpecialUse::Sent),
        ] {
            assert_eq!(by_name(&FolderPath::new([name])), Some(special), "{name}");
        }
        assert_eq!(by_name(&FolderPath::new(["INBOX", "Trash"])), Some(SpecialUse::Trash));
        for path in [&["病毒文件夹"][..], &["其他文件夹"], &["Work", "Sent"], &["INBOX"]] {
            assert_eq!(by_name(&FolderPath::new(path.iter().copied())), None, "{path:?}");
        }
    }

    #[test]
    fn no_name_has_two_meanings() {
        let mut seen = std::collections::HashSet::new();
        for (_, names) in NAMES {
            for name in names {
                assert!(seen.insert(*name) && name.to_lowercase() == **name, "{name}");
            }
        }
    }
}
