//! Whom to trust: the system's authorities, further ones from a PEM file, or one pinned certificate and nothing
//! else. A refusal carries the certificate, so that a person can compare and pin it.

use super::{Connection, Octets, Server, Stream, broken};
use crate::{Cause, Certificate, Failure, Result, Sha256};
use rustls::client::danger::{HandshakeSignatureValid, ServerCertVerified, ServerCertVerifier};
use rustls::crypto::{CryptoProvider, ring, verify_tls12_signature, verify_tls13_signature};
use rustls::pki_types::pem::PemObject;
use rustls::pki_types::{CertificateDer, ServerName, UnixTime};
use rustls::{CertificateError, ClientConfig, DigitallySignedStruct, Error, SignatureScheme};
use rustls_platform_verifier::Verifier;
use std::sync::{Arc, Mutex, OnceLock};
use tokio_rustls::TlsConnector;

/// What was seen of the server's certificate during one handshake, for the error.
#[derive(Debug, Default)]
struct Seen {
    certificate: Option<Certificate>,
    changed: bool,
}

/// The judge of one handshake.
#[derive(Debug)]
struct Judge {
    provider: Arc<CryptoProvider>,
    /// Not asked where a pin decides.
    authorities: Option<Arc<Verifier>>,
    pin: Option<Sha256>,
    seen: Arc<Mutex<Seen>>,
}

impl ServerCertVerifier for Judge {
    fn verify_server_cert(
        &self,
        end_entity: &CertificateDer<'_>,
        intermediates: &[CertificateDer<'_>],
        server_name: &ServerName<'_>,
        ocsp: &[u8],
        now: UnixTime,
    ) -> Result<ServerCertVerified, Error> {
        let sha256 = Sha256::of(end_entity);
        let changed = self.pin.is_some_and(|pin| pin != sha256);
        if let Ok(mut seen) = self.seen.lock() {
            *seen = Seen { certificate: Some(describe(end_entity, sha256)), changed };
        }
        match (&self.pin, &self.authorities) {
            (Some(_), _) if changed => Err(CertificateError::ApplicationVerificationFailure.into()),
            (Some(_), _) => Ok(ServerCertVerified::assertion()),
            (None, Some(authorities)) => {
                authorities.verify_server_cert(end_entity, intermediates, server_name, ocsp, now)
            }
            (None, None) => Err(CertificateError::UnknownIssuer.into()),
        }
    }

    fn verify_tls12_signature(
        &self,
        message: &[u8],
        certificate: &CertificateDer<'_>,
        signature: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, Error> {
        let algorithms = &self.provider.signature_verification_algorithms;
        verify_tls12_signature(message, certificate, signature, algorithms)
    }

    fn verify_tls13_signature(
        &self,
        message: &[u8],
        certificate: &CertificateDer<'_>,
        signature: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, Error> {
        let algorithms = &self.provider.signature_verification_algorithms;
        verify_tls13_signature(message, certificate, signature, algorithms)
    }

    fn supported_verify_schemes(&self) -> Vec<SignatureScheme> {
        self.provider.signature_verification_algorithms.supported_schemes()
    }
}

/// One handshake with one server.
pub(super) struct Trust {
    config: Arc<ClientConfig>,
    name: ServerName<'static>,
    seen: Arc<Mutex<Seen>>,
}

impl Trust {
    pub(super) fn new(server: &Server) -> Result<Self> {
        let tls = |error: Error| Failure::new(Cause::TlsFailed).about(&server.host).words(&error.to_string());
        let provider = Arc::new(ring::default_provider());
        let seen = Arc::new(Mutex::new(Seen::default()));
        let authorities = match (&server.pin, &server.authority) {
            (Some(_), _) => None,
            (None, None) => Some(system(&provider).map_err(tls)?),
            (None, Some(file)) => {
                let unusable =
                    |words: &str| Failure::new(Cause::TlsFailed).about(file.display().to_string()).words(words);
                let further: Vec<_> = CertificateDer::pem_file_iter(file)
                    .and_then(Iterator::collect)
                    .map_err(|error| unusable(&error.to_string()))?;
                if further.is_empty() {
                    return Err(unusable("no certificate in this file"));
                }
                Some(Arc::new(Verifier::new_with_extra_roots(further, Arc::clone(&provider)).map_err(tls)?))
            }
        };
        let judge = Judge { provider: Arc::clone(&provider), authorities, pin: server.pin, seen: Arc::clone(&seen) };
        let config = ClientConfig::builder_with_provider(provider)
            .with_safe_default_protocol_versions()
            .map_err(tls)?
            .dangerous()
            .with_custom_certificate_verifier(Arc::new(judge))
            .with_no_client_auth();
        let name = ServerName::try_from(server.host.clone())
            .map_err(|_| Failure::new(Cause::HostUnknown).about(&server.host))?;
        Ok(Self { config: Arc::new(config), name, seen })
    }

    pub(super) async fn handshake(self, stream: Stream) -> Result<Connection> {
        let connector = TlsConnector::from(self.config);
        match connector.connect(self.name, stream).await {
            Ok(stream) => {
                let certificate = stream.get_ref().1.peer_certificates().and_then(<[_]>::first);
                let certificate = certificate.map(|certificate| Sha256::of(certificate));
                let stream: Box<dyn Octets> = Box::new(stream);
                Ok(Connection { stream, certificate })
            }
            Err(error) => {
                let seen = self.seen.lock().map(|mut seen| std::mem::take(&mut *seen)).unwrap_or_default();
                Err(refusal(&error, seen))
            }
        }
    }
}

/// The system's authorities are read once: that takes milliseconds, and a move opens several connections.
fn system(provider: &Arc<CryptoProvider>) -> Result<Arc<Verifier>, Error> {
    static SYSTEM: OnceLock<Arc<Verifier>> = OnceLock::new();
    if let Some(verifier) = SYSTEM.get() {
        return Ok(Arc::clone(verifier));
    }
    // A machine without any authority trusts nobody; a pin or a PEM file still helps.
    let verifier = Arc::new(Verifier::new(Arc::clone(provider))?);
    Ok(Arc::clone(SYSTEM.get_or_init(|| verifier)))
}

fn refusal(error: &std::io::Error, seen: Seen) -> Failure {
    let Some(tls) = error.get_ref().and_then(|inner| inner.downcast_ref::<Error>()) else {
        return broken(error);
    };
    let cause = match tls {
        Error::InvalidCertificate(_) if seen.changed => Cause::CertificateChanged,
        Error::InvalidCertificate(fault) => match fault {
            CertificateError::Expired
            | CertificateError::ExpiredContext { .. }
            | CertificateError::NotValidYet
            | CertificateError::NotValidYetContext { .. } => Cause::CertificateExpired,
            CertificateError::NotValidForName | CertificateError::NotValidForNameContext { .. } => {
                Cause::CertificateWrongHost
            }
            // A self-signed one comes as `Other`: whatever else is wrong, this computer does not trust it.
            _ => Cause::CertificateUntrusted,
        },
        _ => Cause::TlsFailed,
    };
    let mut failure = Failure::new(cause).words(&tls.to_string());
    if cause != Cause::TlsFailed
        && let Some(certificate) = seen.certificate
    {
        failure = failure.words(&format!("SHA-256 {}; issuer: {}; {tls}", certificate.sha256, certificate.issuer));
        failure.certificate = Some(Box::new(certificate));
    }
    failure
}

fn describe(der: &[u8], sha256: Sha256) -> Certificate {
    let shown = |text: String| text.chars().filter(|c| !c.is_control()).take(200).collect::<String>();
    match x509_parser::parse_x509_certificate(der) {
        Ok((_, parsed)) => Certificate {
            sha256,
            subject: shown(parsed.subject().to_string()),
            issuer: shown(parsed.issuer().to_string()),
            from: parsed.validity().not_before.timestamp(),
            until: parsed.validity().not_after.timestamp(),
        },
        Err(_) => Certificate { sha256, subject: String::new(), issuer: String::new(), from: 0, until: 0 },
    }
}
