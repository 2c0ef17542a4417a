//! The authority: makes certificates for keys in our own keystores, revokes them, and keeps its
//! revocation lists fresh.
//!
//! Order of every issuance: reserve the serial number, lint, sign, verify, record. A crash in
//! between leaves a reservation, which [`CertificateAuthority::recover`] revokes: nothing that may
//! have been signed is ever without a status.

mod crl;
mod error;
mod issue;

use std::sync::Arc;

use auth_core::{
    Fault, Random, Timestamp,
    audit::Actor,
    id::CaId,
    key::{KeyError, KeyKind, KeyRef, Keystore, PublicKey, Signer},
};

pub use error::CaError;

use crate::{
    cert::{Certificate, CertificateProfile, Serial},
    name::NameParts,
    oid,
    store::{Authorities, Authority, CertificateRow, Certificates, RevocationLists},
};

/// What an authority is told by its configuration.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CaPolicy {
    /// Base address of the program, without a slash at the end: lists and certificates are found
    /// below it.
    pub issuer: String,
    /// Policies put into certificates, contents octets of their object identifiers.
    pub policies: Vec<Vec<u8>>,
    /// Validity of a list, seconds; it is signed again after half of it.
    pub crl_seconds: i64,
}

impl CaPolicy {
    /// For a demo county: certificates say that they have no legal effect.
    pub fn demo(issuer: impl Into<String>) -> Self {
        let policies = vec![oid::POLICY_NO_LEGAL_EFFECT.to_vec()];
        Self { issuer: issuer.into(), policies, crl_seconds: CRL_SECONDS }
    }

    /// For a county's own authority under its own policy.
    pub fn internal(issuer: impl Into<String>, policy: Vec<u8>) -> Self {
        Self { issuer: issuer.into(), policies: vec![policy], crl_seconds: CRL_SECONDS }
    }
}

/// An authority to be made.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NewAuthority {
    /// Its id: 1 to 32 of `a`–`z`, `0`–`9`, `-`; it stands in addresses.
    pub id: CaId,
    /// Its key, generated when the keystore has none of this name.
    pub key: KeyRef,
    /// The kind of its key.
    pub kind: KeyKind,
    /// Its name.
    pub name: NameParts,
    /// Its validity, days.
    pub days: i64,
}

/// A certificate to be issued to a key in one of our keystores.
#[derive(Clone, Copy, Debug)]
pub struct IssueRequest<'a> {
    /// What kind of certificate.
    pub profile: &'static CertificateProfile,
    /// Whose key.
    pub subject: &'a NameParts,
    /// The key.
    pub public: &'a PublicKey,
    /// Its validity, days; cut at the authority's own end.
    pub days: i64,
}

/// A certificate that was issued.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Issued {
    /// Its number.
    pub serial: Serial,
    /// DER certificates, leaf first, up to and without the root: what signatures embed.
    pub chain: Vec<Vec<u8>>,
}

/// Who acts, and when.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct By {
    /// Who.
    pub actor: Actor,
    /// When.
    pub now: Timestamp,
}

/// The authorities of one keystore and one store.
#[derive(Clone)]
pub struct CertificateAuthority {
    keystore: Arc<dyn Keystore>,
    authorities: Arc<dyn Authorities>,
    certificates: Arc<dyn Certificates>,
    lists: Arc<dyn RevocationLists>,
    random: Arc<dyn Random>,
    policy: CaPolicy,
}

/// The ports an authority stands on.
#[derive(Clone)]
pub struct CaPorts {
    /// Authority rows.
    pub authorities: Arc<dyn Authorities>,
    /// Certificate rows.
    pub certificates: Arc<dyn Certificates>,
    /// List rows.
    pub lists: Arc<dyn RevocationLists>,
}

impl CertificateAuthority {
    /// Joins keystore, rows and policy.
    pub fn new(
        keystore: Arc<dyn Keystore>,
        ports: CaPorts,
        random: Arc<dyn Random>,
        policy: CaPolicy,
    ) -> Self {
        let CaPorts { authorities, certificates, lists } = ports;
        Self { keystore, authorities, certificates, lists, random, policy }
    }

    /// One authority.
    pub async fn authority(&self, id: &CaId) -> Result<Authority, CaError> {
        self.authorities.find(id).await?.ok_or(CaError::UnknownAuthority)
    }

    /// All authorities.
    pub async fn authorities(&self) -> Result<Vec<Authority>, Fault> {
        self.authorities.list().await
    }

    /// One certificate, with its status as the store knows it now.
    pub async fn certificate(&self, ca: &CaId, serial: Serial) -> Result<CertificateRow, CaError> {
        self.certificates.find(ca, serial).await?.ok_or(CaError::UnknownCertificate)
    }

    /// Certificates of an authority, in pages.
    pub async fn certificates(
        &self,
        ca: &CaId,
        after: Option<Serial>,
        limit: u32,
    ) -> Result<Vec<CertificateRow>, Fault> {
        self.certificates.list(ca, after, limit).await
    }

    /// Certificates from an authority up to and without its root: empty for a root.
    pub async fn chain(&self, id: &CaId) -> Result<Vec<Vec<u8>>, CaError> {
        let mut chain = Vec::new();
        let mut next = self.authority(id).await?;
        while let Some(parent) = next.parent {
            chain.push(next.certificate);
            if chain.len() == crate::path::MAX_DEPTH {
                return Err(CaError::Fault(Fault::Corrupt));
            }
            next = self.authority(&parent).await?;
        }
        Ok(chain)
    }

    async fn signer(&self, key: &KeyRef) -> Result<Signer, CaError> {
        let public = self.keystore.public(key).await?;
        let algorithm = public.kind().signature().ok_or(CaError::Key)?;
        Ok(Signer::open(Arc::clone(&self.keystore), key.clone(), algorithm, Vec::new()).await?)
    }

    /// The key of this name, generated when there is none: a crash after the generation of an
    /// authority's key must not stop the next attempt.
    async fn key(&self, key: &KeyRef, kind: KeyKind) -> Result<PublicKey, CaError> {
        let public = match self.keystore.generate(key, kind).await {
            Ok(public) => public.ok_or(CaError::Key)?,
            Err(KeyError::Exists(_)) => self.keystore.public(key).await?,
            Err(error) => return Err(error.into()),
        };
        if public.kind() == kind { Ok(public) } else { Err(CaError::Key) }
    }
}

/// What a stored certificate says; stored bytes that do not parse are corrupt.
fn parsed(certificate: &[u8]) -> Result<Certificate, Fault> {
    Certificate::from_der(certificate).map_err(|_| Fault::Corrupt)
}

/// Default validity of lists: three days, so that a weekend's outage leaves them fresh, and signed
/// again after half of it. (CA/Browser Forum BR §4.9.7 allows seven.)
const CRL_SECONDS: i64 = 3 * 86_400;
