//! Revoking, and keeping the lists fresh.

use auth_core::{Fault, Timestamp, audit::Actor, id::CaId};

use super::{By, CaError, CertificateAuthority, parsed};
use crate::{
    algorithm::SubjectKey,
    cert::Serial,
    crl::{Crl, CrlParts, RevocationReason, sign_crl},
    event::Act,
    store::{Authority, PublishedCrl, Revoke, RevokeOutcome},
};

impl CertificateAuthority {
    /// Revokes a certificate and signs a new list at once. Revoking again changes nothing, but
    /// makes sure that the list tells it.
    pub async fn revoke(
        &self,
        ca: &CaId,
        serial: Serial,
        reason: RevocationReason,
        by: &By,
    ) -> Result<RevokeOutcome, CaError> {
        let authority = self.authority(ca).await?;
        let act = Revoke { ca: ca.clone(), serial, at: by.now, reason };
        let event = Act::Revoke(serial, reason).event(ca, by.actor.clone(), by.now);
        let outcome = self.certificates.revoke(act, event).await?;
        match outcome {
            RevokeOutcome::Done => {
                self.sign_list(&authority, by).await?;
            }
            // A crash may have come between the revocation and its list.
            RevokeOutcome::Already if !self.is_listed(ca, serial).await? => {
                self.sign_list(&authority, by).await?;
            }
            RevokeOutcome::Already | RevokeOutcome::Unknown => {}
        }
        Ok(outcome)
    }

    /// The newest list of an authority, fresh or not: its readers judge that.
    pub async fn crl(&self, ca: &CaId) -> Result<PublishedCrl, CaError> {
        self.lists.latest(ca).await?.ok_or(CaError::UnknownAuthority)
    }

    /// Signs every list again whose half-life is over; returns how many. To be called every few
    /// minutes on any node, and at start.
    pub async fn refresh_due(&self, now: Timestamp) -> Result<usize, CaError> {
        let by = By { actor: Actor::System, now };
        let mut signed = 0;
        for authority in self.authorities.list().await? {
            let latest = self.lists.latest(&authority.id).await?;
            let due = latest.is_none_or(|list| {
                let half = list.next_update.seconds_since(list.this_update) / 2;
                now >= list.this_update.plus_seconds(half)
            });
            if due {
                self.sign_list(&authority, &by).await?;
                signed += 1;
            }
        }
        Ok(signed)
    }

    /// Gives up reservations that a crash left without an outcome: they are revoked, so that a
    /// certificate that was perhaps signed has a status. Returns how many. To be called at start
    /// and now and then.
    pub async fn recover(&self, now: Timestamp) -> Result<usize, CaError> {
        let before = now.plus_seconds(-UNFINISHED_AFTER);
        let left = self.certificates.unfinished(before, RECOVERED_AT_ONCE).await?;
        let by = By { actor: Actor::System, now };
        for (ca, serial) in &left {
            let reason = RevocationReason::CessationOfOperation;
            let act = Revoke { ca: ca.clone(), serial: *serial, at: now, reason };
            let event = Act::Revoke(*serial, reason).event(ca, Actor::System, now);
            self.certificates.revoke(act, event).await?;
        }
        let mut touched: Vec<&CaId> = left.iter().map(|(ca, _)| ca).collect();
        touched.sort();
        touched.dedup();
        for ca in touched {
            // A root that was never finished has no row and needs no list.
            if let Some(authority) = self.authorities.find(ca).await? {
                self.sign_list(&authority, &by).await?;
            }
        }
        Ok(left.len())
    }

    /// Signs and publishes the next list of an authority from the revocations as they are now.
    pub(super) async fn sign_list(
        &self,
        authority: &Authority,
        by: &By,
    ) -> Result<PublishedCrl, CaError> {
        let certificate = parsed(&authority.certificate)?;
        let key_id = certificate.extensions().subject_key_id.clone().ok_or(Fault::Corrupt)?;
        let signer = self.signer(&authority.key).await?;
        for _ in 0..ATTEMPTS {
            let latest = self.lists.latest(&authority.id).await?;
            let number = latest.map_or(1, |list| list.number.saturating_add(1));
            let entries = self.certificates.revoked(&authority.id).await?;
            let next_update = by.now.plus_seconds(self.policy.crl_seconds);
            let parts = CrlParts {
                issuer: certificate.subject(),
                key_id: &key_id,
                number,
                this_update: by.now,
                next_update,
                entries: &entries,
            };
            let der = sign_crl(&signer, &parts).await?;
            let key = SubjectKey::from(signer.public().clone());
            let read = Crl::from_der(&der).map_err(|_| Fault::Corrupt)?;
            read.verify_with(&key).map_err(|_| Fault::Unavailable)?;
            let list = PublishedCrl {
                ca: authority.id.clone(),
                number,
                der,
                this_update: by.now,
                next_update,
            };
            let event = Act::SignCrl(number, entries.len());
            let event = event.event(&authority.id, by.actor.clone(), by.now);
            if self.lists.publish(list.clone(), event).await? {
                return Ok(list);
            }
        }
        Err(CaError::Fault(Fault::Busy))
    }

    async fn is_listed(&self, ca: &CaId, serial: Serial) -> Result<bool, CaError> {
        let Some(latest) = self.lists.latest(ca).await? else { return Ok(false) };
        let list = Crl::from_der(&latest.der).map_err(|_| Fault::Corrupt)?;
        Ok(list.entry(serial.as_bytes()).is_some())
    }
}

/// How often a list is signed anew when other nodes publish first.
const ATTEMPTS: usize = 5;
/// A signature takes seconds at most; after ten minutes, nobody is at work on a reservation.
const UNFINISHED_AFTER: i64 = 600;
/// Most reservations given up in one call.
const RECOVERED_AT_ONCE: u32 = 500;
