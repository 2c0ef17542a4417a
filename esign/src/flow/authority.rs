//! The certification authority as the seal domain needs it.

use async_trait::async_trait;
use auth_core::{Fault, Timestamp, id::CaId, key::PublicKey, organisation::Organisation};
use pki::{
    Certificate, NameParts,
    ca::{By, CaError, CertificateAuthority, IssueRequest},
    cert::{SEAL, Serial},
    crl::RevocationReason,
    store::RevokeOutcome,
};

/// Certifies the keys of seals and revokes what it certified.
#[async_trait]
pub trait SealAuthority: Send + Sync {
    /// A certificate for a seal's key from `now` for `days`, with its chain, DER, its own first.
    async fn certify(
        &self,
        key: &PublicKey,
        organisation: &Organisation,
        days: i64,
        by: &By,
    ) -> Result<Vec<Vec<u8>>, Fault>;

    /// Revokes a seal's certificate; doing it again changes nothing.
    async fn revoke(&self, chain: &[Vec<u8>], reason: &str, by: &By) -> Result<(), Fault>;

    /// Whether a certificate is still good, from the authority's own records: sealing does not wait
    /// for the next revocation list.
    async fn state(&self, chain: &[Vec<u8>], now: Timestamp) -> Result<CertificateState, Fault>;
}

/// Whether a certificate is still good.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum CertificateState {
    /// Known and not revoked.
    Good,
    /// Revoked, or not known to the authority at all.
    Revoked,
}

/// One issuing authority of `pki`.
#[derive(Clone)]
pub struct IssuingAuthority {
    /// The authorities.
    pub ca: CertificateAuthority,
    /// The one that certifies seals.
    pub id: CaId,
}

#[async_trait]
impl SealAuthority for IssuingAuthority {
    async fn certify(
        &self,
        key: &PublicKey,
        organisation: &Organisation,
        days: i64,
        by: &By,
    ) -> Result<Vec<Vec<u8>>, Fault> {
        let subject = NameParts {
            common_name: organisation.name.clone(),
            organization: Some(organisation.name.clone()),
            organization_identifier: Some(format!("NTRCN-{}", organisation.credit_code.as_str())),
            organizational_unit: None,
        };
        let request = IssueRequest { profile: &SEAL, subject: &subject, public: key, days };
        Ok(self.ca.issue(&self.id, request, by).await.map_err(fault)?.chain)
    }

    async fn revoke(&self, chain: &[Vec<u8>], reason: &str, by: &By) -> Result<(), Fault> {
        let serial = serial(chain)?;
        let reason = RevocationReason::from_name(reason).unwrap_or(RevocationReason::Unspecified);
        match self.ca.revoke(&self.id, serial, reason, by).await.map_err(fault)? {
            RevokeOutcome::Unknown => Err(Fault::Corrupt),
            _ => Ok(()),
        }
    }

    async fn state(&self, chain: &[Vec<u8>], _now: Timestamp) -> Result<CertificateState, Fault> {
        match self.ca.certificate(&self.id, serial(chain)?).await {
            Ok(row) if row.revoked.is_none() && row.certificate.as_ref() == chain.first() => {
                Ok(CertificateState::Good)
            }
            Ok(_) | Err(CaError::UnknownCertificate) => Ok(CertificateState::Revoked),
            Err(error) => Err(fault(error)),
        }
    }
}

/// The number of a chain's own certificate, as our authorities number.
fn serial(chain: &[Vec<u8>]) -> Result<Serial, Fault> {
    let first = chain.first().ok_or(Fault::Corrupt)?;
    let certificate = Certificate::from_der(first).map_err(|_| Fault::Corrupt)?;
    Serial::from_hex(&hex::encode(certificate.serial())).ok_or(Fault::Corrupt)
}

fn fault(error: CaError) -> Fault {
    tracing::error!(%error, "certification authority");
    match error {
        CaError::Fault(fault) => fault,
        CaError::Keystore(error) => error.into(),
        _ => Fault::Corrupt,
    }
}
