//! Audit events of the authority.

use auth_core::{
    Timestamp,
    audit::{Actor, Event, Outcome},
    id::CaId,
};

use crate::{cert::Serial, crl::RevocationReason};

/// What an authority does.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Act<'a> {
    /// Made an authority.
    CreateAuthority,
    /// Recorded a signed certificate, with its SHA-256.
    Issue(Serial, &'a [u8; 32]),
    /// Reserved a number for a certificate of a profile.
    Reserve(Serial, &'static str),
    /// Revoked a certificate.
    Revoke(Serial, RevocationReason),
    /// Signed a list with this number and count of entries.
    SignCrl(u64, usize),
}

impl Act<'_> {
    /// The event of an act that is done.
    pub fn event(self, ca: &CaId, actor: Actor, at: Timestamp) -> Event {
        let event = Event::new(self.name(), actor, Outcome::Done, at);
        let subject = |serial: Serial| format!("{ca}/{}", serial.to_hex());
        match self {
            Self::CreateAuthority => event.subject(ca.as_str()),
            Self::Issue(serial, hash) => {
                event.subject(subject(serial)).with("certificate_hash", &hash[..])
            }
            Self::Reserve(serial, profile) => {
                event.subject(subject(serial)).with("profile", profile)
            }
            Self::Revoke(serial, reason) => {
                event.subject(subject(serial)).with("reason", reason.as_str())
            }
            Self::SignCrl(number, entries) => event
                .subject(ca.as_str())
                .with("number", i64::try_from(number).unwrap_or(i64::MAX))
                .with("entries", i64::try_from(entries).unwrap_or(i64::MAX)),
        }
    }

    /// Its stable name.
    pub const fn name(self) -> &'static str {
        match self {
            Self::CreateAuthority => "ca.create",
            Self::Issue(..) => "cert.issue",
            Self::Reserve(..) => "cert.reserve",
            Self::Revoke(..) => "cert.revoke",
            Self::SignCrl(..) => "crl.sign",
        }
    }
}
