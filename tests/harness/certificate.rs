//! An authority of our own and the certificates of test servers, good ones and bad ones.

use rcgen::{
    BasicConstraints, CertificateParams, DnType, ExtendedKeyUsagePurpose, IsCa, Issuer, KeyPair, KeyUsagePurpose,
};
use sha2::{Digest, Sha256};
use std::sync::OnceLock;

/// What kind of certificate a server shows.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Certificate {
    /// By our authority, for localhost and 127.0.0.1, valid today.
    #[default]
    Good,
    /// By our authority, for the right host, ended in 2001.
    Expired,
    /// By our authority, for another host.
    WrongHost,
    SelfSigned,
}

/// PEM texts of one server.
pub struct Issued {
    /// The authority to give to `--ca`.
    pub authority: String,
    pub certificate: String,
    pub key: String,
    /// SHA-256 of the server's certificate, hexadecimal, as pinned by `--source-trust`.
    pub fingerprint: String,
}

pub fn issue(kind: Certificate) -> Issued {
    let names = match kind {
        Certificate::WrongHost => vec!["mail.elsewhere.example".to_owned()],
        _ => vec!["localhost".to_owned(), "127.0.0.1".to_owned()],
    };
    let (authority, issuer) = authority();
    let mut server = CertificateParams::new(names).unwrap();
    server.distinguished_name.push(DnType::CommonName, "Mailferry test server");
    server.extended_key_usages = vec![ExtendedKeyUsagePurpose::ServerAuth];
    server.key_usages = vec![KeyUsagePurpose::DigitalSignature];
    server.not_before = rcgen::date_time_ymd(2000, 1, 1);
    server.not_after = rcgen::date_time_ymd(if kind == Certificate::Expired { 2001 } else { 2090 }, 1, 1);
    let key = KeyPair::generate().unwrap();
    let certificate = match kind {
        Certificate::SelfSigned => server.self_signed(&key).unwrap(),
        _ => server.signed_by(&key, issuer).unwrap(),
    };
    let fingerprint = Sha256::digest(certificate.der().as_ref()).iter().map(|octet| format!("{octet:02x}")).collect();
    Issued { authority: authority.clone(), certificate: certificate.pem(), key: key.serialize_pem(), fingerprint }
}

/// One for all servers of a test, so that one `--ca` serves two servers.
fn authority() -> &'static (String, Issuer<'static, KeyPair>) {
    static AUTHORITY: OnceLock<(String, Issuer<'static, KeyPair>)> = OnceLock::new();
    AUTHORITY.get_or_init(|| {
        let mut own = CertificateParams::new(Vec::new()).unwrap();
        own.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
        own.distinguished_name.push(DnType::OrganizationName, "Mailferry test authority");
        own.key_usages = vec![KeyUsagePurpose::KeyCertSign, KeyUsagePurpose::CrlSign];
        own.not_before = rcgen::date_time_ymd(2000, 1, 1);
        own.not_after = rcgen::date_time_ymd(2090, 1, 1);
        let key = KeyPair::generate().unwrap();
        let pem = own.self_signed(&key).unwrap().pem();
        (pem, Issuer::new(own, key))
    })
}
