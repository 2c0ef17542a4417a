//! Whose signatures count: trust anchors, authorities between, signers' certificates.
//!
//! A trust file is PEM. Self-issued authorities in it are anchors; other authorities only help to
//! build paths; the rest are signers' certificates, which a QR code names by eight bytes and does
//! not carry. Listing a signer does not make it trusted: its path to an anchor does.
//!
//! A signer is judged at the time it says it signed (`iat`), so that a licence outlives the
//! certificate of the key that signed it. That a signer may have antedated after losing its key is
//! answered by revoking its certificate and by the status of each credential, which is signed
//! afresh by another key. Revocation lists of certificates are used when they are at hand; their
//! absence is told but does not spoil an offline check.

use std::sync::{Arc, PoisonError, RwLock};

use auth_core::{
    Reason, Timestamp, Verdict,
    jose::{Header, thumbprint},
    key::{PublicKey, SignatureAlgorithm},
    verdict::{Revocation, Trust},
};
use base64::{Engine, engine::general_purpose::STANDARD};
use pki::{
    Certificate,
    cert::GeneralName,
    judge::{Knowledge, judge},
    path::Purpose,
    status::CrlSnapshot,
    trust::{AnchorClass, TrustError, TrustList as Anchors},
};
use serde_json::Value;

use crate::yx1::cose::short_kid;

/// A snapshot of everything needed to judge a signer.
#[derive(Clone, Debug, Default)]
pub struct TrustList {
    anchors: Anchors,
    between: Vec<Certificate>,
    signers: Vec<Certificate>,
    /// Renewed by the running program; a clone shares them.
    lists: Arc<RwLock<CrlSnapshot>>,
}

/// A signer's certificate that a signature may have been made with; nothing is proven yet.
#[derive(Clone, Debug)]
pub struct Candidate {
    certificate: Certificate,
    key: PublicKey,
    algorithm: SignatureAlgorithm,
    came_along: Vec<Certificate>,
}

/// What was found about a signer.
#[derive(Clone, Debug)]
pub struct SignerJudgement {
    /// Valid when a path leads to an anchor and nothing in it is known to be revoked.
    pub verdict: Verdict,
    /// Whether the chain ends in an anchor.
    pub trust: Trust,
    /// EN 319 102-1 §5.1.3.
    pub indication: &'static str,
    /// Why; `no-legal-effect` stands here also when the verdict is valid.
    pub reasons: Vec<Reason>,
}

impl TrustList {
    /// Reads a trust file; anchors in it get this class.
    pub fn from_pem(text: &str, class: AnchorClass) -> Result<Self, TrustError> {
        let mut list = Self::default();
        list.add_pem(text, class)?;
        Ok(list)
    }

    /// Adds every certificate of a trust file.
    pub fn add_pem(&mut self, text: &str, class: AnchorClass) -> Result<(), TrustError> {
        let found = pki::pem::certificates(text, MAX_CERTIFICATES, pki::cert::MAX_CERTIFICATE);
        for der in found.ok_or(TrustError::Pem)? {
            self.add(&der, class)?;
        }
        Ok(())
    }

    /// Adds one certificate where it belongs.
    pub fn add(&mut self, der: &[u8], class: AnchorClass) -> Result<(), TrustError> {
        let certificate = Certificate::from_der(der)?;
        if certificate.is_ca() && certificate.is_self_issued() {
            return self.anchors.add(der, class);
        }
        let list = if certificate.is_ca() { &mut self.between } else { &mut self.signers };
        if list.contains(&certificate) {
            return Ok(());
        }
        if list.len() >= MAX_CERTIFICATES {
            return Err(TrustError::TooMany);
        }
        list.push(certificate);
        Ok(())
    }

    /// Adds a revocation list (DER); one that cannot be read is left out.
    pub fn add_crl(&mut self, der: &[u8]) {
        let mut lists = self.lists.write().unwrap_or_else(PoisonError::into_inner);
        if let Err(error) = lists.add(der) {
            tracing::warn!(%error, "revocation list left out");
        }
    }

    /// Replaces all revocation lists by newer ones, while others are judging: for the chore that
    /// renews them.
    pub fn replace_crls<'a>(&self, lists: impl IntoIterator<Item = &'a [u8]>) {
        let mut snapshot = CrlSnapshot::new();
        for der in lists {
            if let Err(error) = snapshot.add(der) {
                tracing::warn!(%error, "revocation list left out");
            }
        }
        *self.lists.write().unwrap_or_else(PoisonError::into_inner) = snapshot;
    }

    /// The anchors alone, for verifiers of documents.
    pub const fn anchors(&self) -> &Anchors {
        &self.anchors
    }

    /// The trust file: anchors, authorities between, signers.
    pub fn to_pem(&self) -> String {
        let others = self.between.iter().chain(&self.signers);
        let others = others.map(|certificate| pki::pem::certificate(certificate.der()));
        std::iter::once(self.anchors.to_pem()).chain(others).collect()
    }

    /// The certificate that a JOSE header names: its own leaf (`x5c`), or a listed signer whose
    /// key has this `kid` (RFC 7638).
    pub fn by_header(&self, header: &Header) -> Result<Vec<Candidate>, HeaderFlaw> {
        if let Some(x5c) = header.get("x5c") {
            return read_x5c(x5c).map(|candidate| vec![candidate]);
        }
        let kid = header.get("kid").and_then(Value::as_str).ok_or(HeaderFlaw::NoKey)?;
        let named = |candidate: &Candidate| thumbprint(&candidate.key) == kid;
        Ok(self.candidates().filter(named).collect())
    }

    /// Every listed signer with this 8-byte key id; several may share it.
    pub fn by_short_kid(&self, kid: &[u8]) -> Vec<Candidate> {
        let named = |candidate: &Candidate| short_kid(candidate.certificate.der()) == kid;
        self.candidates().filter(named).collect()
    }

    /// Judges a signer that signed at `at`, as of `now`.
    pub fn judge(&self, signer: &Candidate, at: Timestamp, now: Timestamp) -> SignerJudgement {
        let pool: Vec<Certificate> =
            signer.came_along.iter().chain(&self.between).cloned().collect();
        let lists = self.lists.read().unwrap_or_else(PoisonError::into_inner);
        let knowledge = Knowledge { trust: &self.anchors, lists: &lists, now };
        let found = judge(&signer.certificate, &pool, knowledge, at, Purpose::CredentialSigning);
        // See the head of this file: told, but not decisive.
        let only_unknown = found.trust == Trust::Trusted && found.revocation == Revocation::Unknown;
        let (verdict, indication) = if only_unknown {
            (Verdict::Valid, "TOTAL-PASSED")
        } else {
            (found.verdict, found.indication)
        };
        SignerJudgement { verdict, trust: found.trust, indication, reasons: found.reasons }
    }

    fn candidates(&self) -> impl Iterator<Item = Candidate> + '_ {
        self.signers
            .iter()
            .filter_map(|certificate| Candidate::new(certificate.clone(), Vec::new()))
    }
}

impl Candidate {
    fn new(certificate: Certificate, came_along: Vec<Certificate>) -> Option<Self> {
        let key = certificate.public()?.clone();
        let algorithm = key.kind().signature()?;
        Some(Self { certificate, key, algorithm, came_along })
    }

    /// The public key.
    pub const fn key(&self) -> &PublicKey {
        &self.key
    }

    /// The algorithm of the key: never the one a message names.
    pub const fn algorithm(&self) -> SignatureAlgorithm {
        self.algorithm
    }

    /// The subject, for reports.
    pub fn name(&self) -> String {
        self.certificate.subject().common_name()
    }

    /// Whether the certificate lets its key speak as this issuer: when it names URLs, the issuer
    /// must be one of them (SD-JWT VC §2.5); when it names none, the authority that certified it
    /// answers for it.
    pub fn speaks_for(&self, issuer: &str) -> bool {
        let mut urls = self.certificate.extensions().subject_alt_names.iter().filter_map(url);
        let Some(first) = urls.next() else { return true };
        std::iter::once(first).chain(urls).any(|url| {
            issuer == url || issuer.strip_prefix(url).is_some_and(|rest| rest.starts_with('/'))
        })
    }
}

/// Whether a certificate is self-issued: an anchor, which `x5c` must not carry.
pub(crate) fn is_self_issued(der: &[u8]) -> bool {
    Certificate::from_der(der).is_ok_and(|certificate| certificate.is_self_issued())
}

fn url(name: &GeneralName) -> Option<&str> {
    match name {
        GeneralName::Uri(url) => Some(url),
        _ => None,
    }
}

/// RFC 7515 §4.1.6, with a bound; the leaf must not be an authority.
fn read_x5c(x5c: &Value) -> Result<Candidate, HeaderFlaw> {
    let texts = x5c.as_array().filter(|list| (1..=MAX_X5C).contains(&list.len()));
    let mut chain = Vec::new();
    for text in texts.ok_or(HeaderFlaw::X5c)? {
        let der = text.as_str().and_then(|text| STANDARD.decode(text).ok());
        let certificate = der.and_then(|der| Certificate::from_der(&der).ok());
        chain.push(certificate.ok_or(HeaderFlaw::X5c)?);
    }
    let leaf = chain.remove(0);
    if leaf.is_ca() || leaf.is_self_issued() {
        return Err(HeaderFlaw::X5c);
    }
    Candidate::new(leaf, chain).ok_or(HeaderFlaw::X5c)
}

/// Why a header names no signer.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum HeaderFlaw {
    /// Neither `x5c` nor `kid`.
    #[error("the header names no key")]
    NoKey,
    /// `x5c` is not a chain of certificates that ends below an anchor.
    #[error("x5c is not acceptable")]
    X5c,
}

/// Most certificates in `x5c`.
const MAX_X5C: usize = 5;

/// Most certificates of a kind in a trust file.
const MAX_CERTIFICATES: usize = 1024;
