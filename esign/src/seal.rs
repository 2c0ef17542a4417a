//! An electronic seal (电子印章) and its life.

use auth_core::{
    Timestamp,
    id::{ClientId, OrganisationId, SealId},
    key::{KeyRef, SignatureAlgorithm},
};
use serde::{Deserialize, Serialize};

use crate::draw::RoundSeal;

/// A seal: a picture of an organisation's authority, a key that signs, a certificate that says so.
#[derive(Clone, Debug, PartialEq)]
pub struct Seal {
    /// Its id.
    pub id: SealId,
    /// Whose seal.
    pub organisation: OrganisationId,
    /// What is drawn.
    pub face: RoundSeal,
    /// The drawing as it was made: PDF operators, compressed. Part of the seal, so that every
    /// document shows the same picture whatever later programs would draw.
    pub picture: Vec<u8>,
    /// Where it stands in its life.
    pub state: SealState,
    /// The key in its keystore.
    pub key: KeyRef,
    /// How it signs.
    pub algorithm: SignatureAlgorithm,
    /// DER certificates, the seal's own first.
    pub chain: Vec<Vec<u8>>,
    /// End of the certificate: a seal is re-made before it (GM/T 0031 §6.1.2).
    pub valid_until: Timestamp,
    /// When it was made.
    pub made_at: Timestamp,
    /// When its state last changed.
    pub changed_at: Timestamp,
}

impl Seal {
    /// Whether it may seal now.
    ///
    /// # Errors
    /// Why not.
    pub fn usable(&self, now: Timestamp) -> Result<(), NotUsable> {
        match self.state {
            SealState::Destroyed | SealState::Revoked => Err(NotUsable::Revoked),
            SealState::Suspended => Err(NotUsable::Suspended),
            SealState::Active if now >= self.valid_until => Err(NotUsable::Expired),
            SealState::Active => Ok(()),
        }
    }

    /// The parts that the row's MAC covers, in order: what an edited table could gain from.
    pub fn mac_parts(&self) -> [Vec<u8>; 8] {
        [
            self.id.as_str().as_bytes().to_vec(),
            self.organisation.as_str().as_bytes().to_vec(),
            face_json(&self.face),
            self.picture.clone(),
            self.state.as_str().as_bytes().to_vec(),
            self.key.as_str().as_bytes().to_vec(),
            self.chain.concat(),
            self.valid_until.0.to_be_bytes().to_vec(),
        ]
    }
}

/// The face as stored.
pub fn face_json(face: &RoundSeal) -> Vec<u8> {
    // A struct of strings and numbers always serializes.
    serde_json::to_vec(face).unwrap_or_default()
}

/// Where a seal stands in its life: made active, may be suspended and resumed, is revoked for
/// good, and destroyed when its key is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum SealState {
    /// May seal.
    Active,
    /// Its key is destroyed.
    Destroyed,
    /// Its certificate is revoked.
    Revoked,
    /// May not seal for the time being.
    Suspended,
}

impl SealState {
    /// Stable text for columns and JSON.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Active => "active",
            Self::Destroyed => "destroyed",
            Self::Revoked => "revoked",
            Self::Suspended => "suspended",
        }
    }

    /// Reads what [`SealState::as_str`] writes.
    pub fn parse(text: &str) -> Option<Self> {
        [Self::Active, Self::Destroyed, Self::Revoked, Self::Suspended]
            .into_iter()
            .find(|state| state.as_str() == text)
    }

    /// The rule of the seal's life: which change may follow.
    pub const fn may_become(self, next: Self) -> bool {
        matches!(
            (self, next),
            (Self::Active, Self::Suspended | Self::Revoked)
                | (Self::Suspended, Self::Active | Self::Revoked)
                | (Self::Revoked, Self::Destroyed)
        )
    }
}

/// Why a seal may not be used now.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum NotUsable {
    /// Its certificate has ended.
    #[error("the certificate of the seal has expired")]
    Expired,
    /// It or its certificate was revoked, or its key destroyed.
    #[error("the seal is revoked")]
    Revoked,
    /// It is suspended.
    #[error("the seal is suspended")]
    Suspended,
}

/// An application's right to use a seal through the interface, without a second officer: given by
/// a security administrator, stored with a MAC.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ClientRight {
    /// The application.
    pub client: ClientId,
    /// The seal.
    pub seal: SealId,
    /// From when.
    pub valid_from: Timestamp,
    /// Until when; `None` means until withdrawn.
    pub valid_until: Option<Timestamp>,
}

impl ClientRight {
    /// Whether the right counts at this moment.
    pub fn holds_at(&self, now: Timestamp) -> bool {
        self.valid_from <= now && self.valid_until.is_none_or(|until| now < until)
    }

    /// The parts that the row's MAC covers, in order.
    pub fn mac_parts(&self) -> [Vec<u8>; 4] {
        [
            self.client.as_str().as_bytes().to_vec(),
            self.seal.as_str().as_bytes().to_vec(),
            self.valid_from.0.to_be_bytes().to_vec(),
            self.valid_until.map_or(i64::MAX, |until| until.0).to_be_bytes().to_vec(),
        ]
    }
}

/// Name of the seal table in MACs and findings.
pub const SEAL_TABLE: &str = "esign_seal";
/// Name of the table of applications' rights in MACs and findings.
pub const RIGHT_TABLE: &str = "esign_right";

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_revoked_seal_never_comes_back() {
        use SealState::{Active, Destroyed, Revoked, Suspended};
        for next in [Active, Suspended, Revoked] {
            assert!(!Revoked.may_become(next), "{next:?}");
            assert!(!Destroyed.may_become(next), "{next:?}");
        }
        assert!(Active.may_become(Suspended) && Suspended.may_become(Active));
        assert!(!Active.may_become(Destroyed), "a key is destroyed after revocation only");
        for state in [Active, Destroyed, Revoked, Suspended] {
            assert_eq!(SealState::parse(state.as_str()), Some(state));
            assert!(!state.may_become(state));
        }
    }
}
