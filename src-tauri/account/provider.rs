//! The table of known providers: servers, address domains, the form of the user name, quirks. Data only: names,
//! the provider's own word for a password and the steps to get one are `wording`'s, by `Provider::id`.

use crate::{Account, Protocol, Security, SignIn};

/// Where a provider's server is. TLS from the first octet, always.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Server {
    pub host: &'static str,
    pub port: u16,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum UserForm {
    /// The whole address.
    Address,
    /// The part before the `@`, for addresses of the provider's own domains.
    LocalPart,
}

/// What a provider asks for instead of, or as, the password.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum SecretKind {
    /// The password of the web page.
    Password,
    /// A separate one for programs, made on the web page and often shown once.
    ForPrograms,
    /// Sign-in in the browser (OAuth2) and nothing else.
    Browser,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Provider {
    pub id: &'static str,
    pub imap: Server,
    pub pop3: Option<Server>,
    /// Further hosts of the same provider: regions, own domains.
    pub other_hosts: &'static [&'static str],
    /// Domains of its public addresses; empty: it hosts companies' own domains only.
    pub domains: &'static [&'static str],
    pub user: UserForm,
    pub secret: SecretKind,
    /// The page where the secret is made, or its help.
    pub link: Option<&'static str>,
    /// The page where mail is read, if that is another one.
    pub web: Option<&'static str>,
    /// Programs see only recent mail, or only the inbox, until a setting is changed on the web page.
    pub hides_mail: bool,
    /// Programs are let in only after a switch on the web page, or by the admin.
    pub to_be_switched_on: bool,
    /// Connections that one person may open at once without being rude; no provider states such a number.
    pub connections: usize,
}

/// Of a server that is in no table.
pub const CONNECTIONS: usize = 8;

impl Provider {
    /// Addresses of its own domain; otherwise companies' domains.
    pub fn public(&self) -> bool {
        !self.domains.is_empty()
    }

    /// Where a person reads mail in the browser.
    pub fn mailbox(&self) -> Option<&'static str> {
        self.web.or(self.link)
    }
}

const fn tls(host: &'static str) -> Server {
    Server { host, port: 993 }
}

const fn pop(host: &'static str) -> Option<Server> {
    Some(Server { host, port: 995 })
}

/// What most have; each row names what differs.
const USUAL: Provider = Provider {
    id: "",
    imap: tls(""),
    pop3: None,
    other_hosts: &[],
    domains: &[],
    user: UserForm::Address,
    secret: SecretKind::ForPrograms,
    link: None,
    web: None,
    hides_mail: false,
    to_be_switched_on: false,
    connections: CONNECTIONS,
};

/// In the order in which a person sees them.
pub const ALL: &[Provider] = &[
    Provider {
        id: "aliyun",
        imap: tls("imap.qiye.aliyun.com"),
        pop3: pop("pop.qiye.aliyun.com"),
        other_hosts: &["imap.mxhichina.com", "pop3.mxhichina.com"],
        link: Some("https://qiye.aliyun.com/"),
        to_be_switched_on: true,
        ..USUAL
    },
    Provider {
        id: "exmail",
        connections: 4,
        imap: tls("imap.exmail.qq.com"),
        pop3: pop("pop.exmail.qq.com"),
        other_hosts: &["hwimap.exmail.qq.com", "hwpop.exmail.qq.com"],
        link: Some("https://exmail.qq.com/"),
        hides_mail: true,
        to_be_switched_on: true,
        ..USUAL
    },
    Provider {
        id: "163qiye",
        connections: 4,
        imap: tls("imap.qiye.163.com"),
        pop3: pop("pop.qiye.163.com"),
        link: Some("https://qiye.163.com/"),
        to_be_switched_on: true,
        ..USUAL
    },
    Provider {
        id: "qq",
        connections: 4,
        imap: tls("imap.qq.com"),
        pop3: pop("pop.qq.com"),
        domains: &["qq.com", "foxmail.com", "vip.qq.com"],
        link: Some("https://mail.qq.com/"),
        hides_mail: true,
        to_be_switched_on: true,
        ..USUAL
    },
    Provider {
        id: "163",
        connections: 4,
        imap: tls("imap.163.com"),
        pop3: pop("pop.163.com"),
        domains: &["163.com"],
        link: Some("https://mail.163.com/"),
        to_be_switched_on: true,
        ..USUAL
    },
    Provider {
        id: "126",
        connections: 4,
        imap: tls("imap.126.com"),
        pop3: pop("pop.126.com"),
        domains: &["126.com"],
        link: Some("https://mail.126.com/"),
        to_be_switched_on: true,
        ..USUAL
    },
    Provider {
        id: "yeah",
        connections: 4,
        imap: tls("imap.yeah.net"),
        pop3: pop("pop.yeah.net"),
        domains: &["yeah.net"],
        link: Some("https://mail.yeah.net/"),
        to_be_switched_on: true,
        ..USUAL
    },
    Provider {
        id: "feishu",
        imap: tls("imap.feishu.cn"),
        other_hosts: &["imap.larksuite.com"],
        link: Some("https://www.feishu.cn/"),
        hides_mail: true,
        to_be_switched_on: true,
        ..USUAL
    },
    Provider { id: "263", imap: tls("imap.263.net"), link: Some("https://mail.263.net/"), ..USUAL },
    Provider {
        id: "aliyun-personal",
        imap: tls("imap.aliyun.com"),
        domains: &["aliyun.com"],
        secret: SecretKind::Password,
        link: Some("https://mail.aliyun.com/"),
        ..USUAL
    },
    Provider {
        id: "sina",
        connections: 4,
        imap: tls("imap.sina.com"),
        domains: &["sina.com", "sina.cn"],
        link: Some("https://mail.sina.com.cn/"),
        to_be_switched_on: true,
        ..USUAL
    },
    Provider {
        id: "microsoft",
        imap: tls("outlook.office365.com"),
        pop3: pop("outlook.office365.com"),
        domains: &["outlook.com", "hotmail.com", "live.com", "msn.com"],
        secret: SecretKind::Browser,
        web: Some("https://outlook.office.com/mail/"),
        ..USUAL
    },
    Provider {
        id: "gmail",
        imap: tls("imap.gmail.com"),
        pop3: pop("pop.gmail.com"),
        domains: &["gmail.com", "googlemail.com"],
        link: Some("https://myaccount.google.com/apppasswords"),
        web: Some("https://mail.google.com/"),
        hides_mail: true,
        ..USUAL
    },
    Provider {
        id: "icloud",
        imap: tls("imap.mail.me.com"),
        domains: &["icloud.com", "me.com", "mac.com"],
        user: UserForm::LocalPart,
        link: Some("https://account.apple.com/"),
        web: Some("https://www.icloud.com/mail/"),
        ..USUAL
    },
    Provider {
        id: "yahoo",
        connections: 4,
        imap: tls("imap.mail.yahoo.com"),
        domains: &["yahoo.com", "ymail.com"],
        link: Some("https://login.yahoo.com/account/security"),
        web: Some("https://mail.yahoo.com/"),
        hides_mail: true,
        ..USUAL
    },
    Provider {
        id: "fastmail",
        imap: tls("imap.fastmail.com"),
        pop3: pop("pop.fastmail.com"),
        domains: &["fastmail.com", "fastmail.fm"],
        link: Some("https://app.fastmail.com/settings/security"),
        web: Some("https://app.fastmail.com/"),
        ..USUAL
    },
    Provider {
        id: "zoho",
        imap: tls("imap.zoho.com"),
        other_hosts: &[
            "imap.zoho.eu",
            "imap.zoho.in",
            "imap.zoho.com.au",
            "imap.zoho.jp",
            "imappro.zoho.com",
            "imappro.zoho.eu",
            "imappro.zoho.in",
        ],
        domains: &["zoho.com", "zohomail.com"],
        link: Some("https://accounts.zoho.com/home#security"),
        web: Some("https://mail.zoho.com/"),
        to_be_switched_on: true,
        ..USUAL
    },
];

pub fn by_id(id: &str) -> Option<&'static Provider> {
    ALL.iter().find(|provider| provider.id == id)
}

/// The provider whose own domain an address is of.
pub fn by_address(address: &str) -> Option<&'static Provider> {
    let domain = address.trim().rsplit_once('@')?.1.to_ascii_lowercase();
    ALL.iter().find(|provider| provider.domains.contains(&domain.as_str()))
}

/// The provider that a server belongs to.
pub fn by_host(host: &str) -> Option<&'static Provider> {
    let host = host.trim_end_matches('.').to_ascii_lowercase();
    ALL.iter().find(|provider| {
        provider.imap.host == host
            || provider.pop3.is_some_and(|pop3| pop3.host == host)
            || provider.other_hosts.contains(&host.as_str())
    })
}

/// The way into the mailbox of an address, by this table alone: at the provider that was `chosen` (an id), else
/// at the one whose domain it is. None for unknown domains, unknown ids, and what is no address.
pub fn find(address: &str, chosen: Option<&str>) -> Option<Account> {
    let address = address.trim();
    let (local, domain) = address.rsplit_once('@').filter(|(local, domain)| !local.is_empty() && !domain.is_empty())?;
    let provider = match chosen {
        Some(id) => by_id(id)?,
        None => by_address(address)?,
    };
    let own = provider.domains.contains(&domain.to_ascii_lowercase().as_str());
    let user = if provider.user == UserForm::LocalPart && own { local } else { address };
    // A company's own domain has its own host at Zoho; elsewhere one host serves all.
    let host = if provider.id == "zoho" && !own { "imappro.zoho.com" } else { provider.imap.host };
    Some(Account {
        protocol: Protocol::Imap,
        host: host.to_owned(),
        port: provider.imap.port,
        security: Security::Tls,
        user: user.to_owned(),
        sign_in: SignIn::Auto,
        admin: None,
        trust: None,
        authority: None,
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::collections::BTreeSet;

    #[test]
    fn ids_hosts_and_domains_are_distinct_and_lower_case() {
        let mut ids = BTreeSet::new();
        let mut names = BTreeSet::new();
        for provider in ALL {
            assert!(ids.insert(provider.id), "{}", provider.id);
            assert!(provider.imap.host.contains('.') && provider.imap.port == 993);
            assert!(provider.link.is_none_or(|link| link.starts_with("https://")));
            let hosts = std::iter::once(provider.imap.host).chain(provider.other_hosts.iter().copied());
            for name in hosts.chain(provider.domains.iter().copied()) {
                assert!(names.insert(name), "{name}");
                assert_eq!(name, name.to_ascii_lowercase());
            }
        }
    }

    #[test]
    fn an_address_finds_its_provider() {
        let user = |address: &str, chosen| find(address, chosen).map(|found| (found.host, found.user));
        let some = |host: &str, user: &str| Some((host.to_owned(), user.to_owned()));
        assert_eq!(user("10001@QQ.com", None), some("imap.qq.com", "10001@QQ.com"));
        assert_eq!(user(" anna@icloud.com ", None), some("imap.mail.me.com", "anna"));
        assert_eq!(user("anna@company.cn", None), None);
        assert_eq!(user("anna@company.cn", Some("aliyun")), some("imap.qiye.aliyun.com", "anna@company.cn"));
        // Apple takes the part before the @ of its own addresses; of another domain only the whole is unique.
        assert_eq!(user("anna@company.cn", Some("icloud")), some("imap.mail.me.com", "anna@company.cn"));
        assert_eq!(user("anna@company.cn", Some("zoho")), some("imappro.zoho.com", "anna@company.cn"));
        assert_eq!(user("anna@company.cn", Some("unheard-of")), None);
        assert_eq!(user("anna", Some("qq")), None);
        assert_eq!(user("@qq.com", None), None);
    }

    #[test]
    fn a_domain_move_names_the_other_provider() {
        let old = find("anna@company.cn", Some("exmail")).unwrap();
        let new = find("anna@company.cn", Some("aliyun")).unwrap();
        assert_eq!(old.user, new.user);
        assert!(!old.same_mailbox(&new));
        assert_ne!(old.key(mail::Side::Source), new.key(mail::Side::Source));
    }

    #[test]
    fn a_host_finds_its_provider() {
        assert_eq!(by_host("IMAP.exmail.qq.com").map(|provider| provider.id), Some("exmail"));
        assert_eq!(by_host("hwimap.exmail.qq.com").map(|provider| provider.id), Some("exmail"));
        assert_eq!(by_host("pop.163.com").map(|provider| provider.id), Some("163"));
        assert_eq!(by_host("imap.example.com"), None);
    }
}
