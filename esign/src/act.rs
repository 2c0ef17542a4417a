//! What the seal domain writes into the audit log.

use auth_core::{
    Timestamp,
    audit::{Actor, Event, Outcome},
    id::{ClientId, OrganisationId, SealId, SealRequestId},
};

use crate::{seal::SealState, store::SealingId};

/// An act of the seal domain.
#[derive(Clone, Debug)]
pub enum SealAct<'a> {
    /// A second officer approved a request.
    Approved(&'a SealRequestId),
    /// An officer asked for a document to be sealed.
    Asked {
        /// The request.
        request: &'a SealRequestId,
        /// With which seal.
        seal: &'a SealId,
        /// SHA-256 of the document.
        document_hash: &'a [u8; 32],
    },
    /// The state of a seal changed.
    Changed {
        /// The seal.
        seal: &'a SealId,
        /// Into what.
        to: SealState,
        /// A reason from a closed list.
        reason: &'a str,
    },
    /// A sealing was refused by a rule.
    Denied {
        /// The seal.
        seal: &'a SealId,
        /// The rule, kebab-case.
        rule: &'static str,
    },
    /// A seal was used.
    Done {
        /// The seal.
        seal: &'a SealId,
        /// The sealing.
        sealing: &'a SealingId,
        /// SHA-256 of the result.
        sealed_hash: &'a [u8; 32],
    },
    /// No signature was made.
    Failed {
        /// The seal.
        seal: &'a SealId,
        /// The sealing.
        sealing: &'a SealingId,
    },
    /// A seal is about to be used.
    Intent {
        /// The seal.
        seal: &'a SealId,
        /// The sealing.
        sealing: &'a SealingId,
        /// SHA-256 of the document.
        document_hash: &'a [u8; 32],
        /// For whom or what.
        purpose: &'a str,
    },
    /// A seal was made.
    Made {
        /// The seal.
        seal: &'a SealId,
        /// Whose.
        organisation: &'a OrganisationId,
        /// Number of its certificate, hexadecimal.
        certificate: String,
    },
    /// A second officer refused a request.
    Refused(&'a SealRequestId),
    /// An application was given the right to a seal.
    RightGiven {
        /// The seal.
        seal: &'a SealId,
        /// The application.
        client: &'a ClientId,
    },
    /// An application's right was withdrawn.
    RightWithdrawn {
        /// The seal.
        seal: &'a SealId,
        /// The application.
        client: &'a ClientId,
    },
    /// The asker took a request back.
    Withdrawn(&'a SealRequestId),
}

/// Stable names of all acts, in the order of [`SealAct`].
pub const ACTS: [&str; 12] = [
    "seal.approve",
    "seal.ask",
    "seal.change",
    "seal.deny",
    "seal.done",
    "seal.fail",
    "seal.intent",
    "seal.make",
    "seal.refuse",
    "seal.give-right",
    "seal.withdraw-right",
    "seal.withdraw",
];

impl SealAct<'_> {
    /// The event to be written in the act's transaction.
    pub fn event(&self, actor: Actor, at: Timestamp) -> Event {
        let outcome = match self {
            Self::Denied { .. } => Outcome::Refused,
            Self::Failed { .. } => Outcome::Failed,
            _ => Outcome::Done,
        };
        let event = Event::new(self.name(), actor, outcome, at).subject(self.subject());
        match self {
            Self::Approved(_) | Self::Refused(_) | Self::Withdrawn(_) => event,
            Self::Asked { seal, document_hash, .. } => {
                event.with("seal", seal.as_str()).with("document", document_hash.as_slice())
            }
            Self::Changed { to, reason, .. } => {
                event.with("to", to.as_str()).with("reason", *reason)
            }
            Self::Denied { rule, .. } => event.with("rule", *rule),
            Self::Done { sealing, sealed_hash, .. } => {
                event.with("sealing", sealing.0.as_str()).with("sealed", sealed_hash.as_slice())
            }
            Self::Failed { sealing, .. } => event.with("sealing", sealing.0.as_str()),
            Self::Intent { sealing, document_hash, purpose, .. } => event
                .with("sealing", sealing.0.as_str())
                .with("document", document_hash.as_slice())
                .with("purpose", *purpose),
            Self::Made { organisation, certificate, .. } => event
                .with("organisation", organisation.as_str())
                .with("certificate", certificate.as_str()),
            Self::RightGiven { client, .. } | Self::RightWithdrawn { client, .. } => {
                event.with("client", client.as_str())
            }
        }
    }

    const fn name(&self) -> &'static str {
        match self {
            Self::Approved(_) => ACTS[0],
            Self::Asked { .. } => ACTS[1],
            Self::Changed { .. } => ACTS[2],
            Self::Denied { .. } => ACTS[3],
            Self::Done { .. } => ACTS[4],
            Self::Failed { .. } => ACTS[5],
            Self::Intent { .. } => ACTS[6],
            Self::Made { .. } => ACTS[7],
            Self::Refused(_) => ACTS[8],
            Self::RightGiven { .. } => ACTS[9],
            Self::RightWithdrawn { .. } => ACTS[10],
            Self::Withdrawn(_) => ACTS[11],
        }
    }

    fn subject(&self) -> &str {
        match self {
            Self::Approved(request) | Self::Refused(request) | Self::Withdrawn(request) => {
                request.as_str()
            }
            Self::Asked { request, .. } => request.as_str(),
            Self::Changed { seal, .. }
            | Self::Denied { seal, .. }
            | Self::Done { seal, .. }
            | Self::Failed { seal, .. }
            | Self::Intent { seal, .. }
            | Self::Made { seal, .. }
            | Self::RightGiven { seal, .. }
            | Self::RightWithdrawn { seal, .. } => seal.as_str(),
        }
    }
}

#[cfg(test)]
mod tests {
    use auth_core::audit::Outcome;

    use super::*;

    #[test]
    fn every_act_has_its_name_and_outcome() {
        let (seal, request) = (SealId::from_text("s"), SealRequestId::from_text("r"));
        let (client, organisation) = (ClientId::from_text("c"), OrganisationId::from_text("o"));
        let (sealing, hash) = (SealingId("u".to_owned()), [1; 32]);
        let acts = [
            SealAct::Approved(&request),
            SealAct::Asked { request: &request, seal: &seal, document_hash: &hash },
            SealAct::Changed { seal: &seal, to: SealState::Revoked, reason: "lost" },
            SealAct::Denied { seal: &seal, rule: "seal-revoked" },
            SealAct::Done { seal: &seal, sealing: &sealing, sealed_hash: &hash },
            SealAct::Failed { seal: &seal, sealing: &sealing },
            SealAct::Intent { seal: &seal, sealing: &sealing, document_hash: &hash, purpose: "p" },
            SealAct::Made { seal: &seal, organisation: &organisation, certificate: String::new() },
            SealAct::Refused(&request),
            SealAct::RightGiven { seal: &seal, client: &client },
            SealAct::RightWithdrawn { seal: &seal, client: &client },
            SealAct::Withdrawn(&request),
        ];
        for (act, name) in acts.iter().zip(ACTS) {
            let event = act.event(Actor::System, Timestamp(1));
            assert_eq!(event.act, name);
            let outcome = match name {
                "seal.deny" => Outcome::Refused,
                "seal.fail" => Outcome::Failed,
                _ => Outcome::Done,
            };
            assert_eq!(event.outcome, outcome, "{name}");
            assert!(event.subject.is_some());
        }
        assert_eq!(acts.len(), ACTS.len());
    }
}
