//! Whom we trust: anchors, each with a class that says what its word is worth.

use serde::{Deserialize, Serialize};

use crate::{
    asn1::Asn1Error,
    cert::{Certificate, MAX_CERTIFICATE},
    pem,
};

/// What an anchor's certificates are worth.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum AnchorClass {
    /// Made by a demo county: no legal effect, and verifiers say so.
    Demo,
    /// The county's own authority, not licensed.
    Internal,
    /// A licensed certification service (电子签名法 §16–18).
    Licensed,
}

/// A trusted authority.
#[derive(Clone, Debug)]
pub struct Anchor {
    /// Its certificate, usually self-signed; that signature proves nothing and is not checked.
    pub certificate: Certificate,
    /// Its class.
    pub class: AnchorClass,
}

/// The anchors a verifier accepts: a snapshot, swapped whole.
#[derive(Clone, Debug, Default)]
pub struct TrustList {
    anchors: Vec<Anchor>,
}

impl TrustList {
    /// A list without anchors: nothing is trusted.
    pub const fn new() -> Self {
        Self { anchors: Vec::new() }
    }

    /// Adds one anchor. One already in the list keeps its class.
    pub fn add(&mut self, der: &[u8], class: AnchorClass) -> Result<(), TrustError> {
        if self.anchors.iter().any(|anchor| anchor.certificate.der() == der) {
            return Ok(());
        }
        if self.anchors.len() == MAX_ANCHORS {
            return Err(TrustError::TooMany);
        }
        self.anchors.push(Anchor { certificate: Certificate::from_der(der)?, class });
        Ok(())
    }

    /// Adds every `CERTIFICATE` of a PEM text; returns how many were found.
    pub fn add_pem(&mut self, text: &str, class: AnchorClass) -> Result<usize, TrustError> {
        let found = pem::certificates(text, MAX_ANCHORS, MAX_CERTIFICATE).ok_or(TrustError::Pem)?;
        for der in &found {
            self.add(der, class)?;
        }
        Ok(found.len())
    }

    /// All anchors.
    pub fn anchors(&self) -> &[Anchor] {
        &self.anchors
    }

    /// The list as PEM: what `trust.pem` holds.
    pub fn to_pem(&self) -> String {
        self.anchors.iter().map(|anchor| pem::certificate(anchor.certificate.der())).collect()
    }
}

/// Why anchors were not taken.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum TrustError {
    /// A certificate that does not parse.
    #[error("not a certificate: {0}")]
    Certificate(#[from] Asn1Error),
    /// Not PEM (RFC 7468), or too large.
    #[error("not PEM")]
    Pem,
    /// More than [`MAX_ANCHORS`].
    #[error("too many anchors")]
    TooMany,
}

/// Most anchors: national lists have a few hundred.
pub const MAX_ANCHORS: usize = 1024;
