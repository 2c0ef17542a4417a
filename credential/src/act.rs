//! What this room records.

use auth_core::{
    Timestamp,
    audit::{Actor, Event, Outcome},
};

/// The acts of this room.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Act {
    /// A certificate's document was drawn and sealed.
    Document,
    /// A certificate was issued.
    Issue,
    /// A certificate was resumed after suspension.
    Resume,
    /// A certificate was revoked.
    Revoke,
    /// A certificate was suspended.
    Suspend,
    /// A matter was registered.
    MatterRegister,
    /// A question was answered.
    ProofAnswer,
    /// A question was asked.
    ProofAsk,
    /// A holder allowed or refused.
    ProofConsent,
    /// A receipt was revoked.
    ProofRevoke,
    /// A holder withdrew.
    ProofWithdraw,
    /// A person showed a code at a counter.
    Show,
}

impl Act {
    /// Every act, for the test that lists them.
    pub const ALL: [Self; 12] = [
        Self::Document,
        Self::Issue,
        Self::Resume,
        Self::Revoke,
        Self::Suspend,
        Self::MatterRegister,
        Self::ProofAnswer,
        Self::ProofAsk,
        Self::ProofConsent,
        Self::ProofRevoke,
        Self::ProofWithdraw,
        Self::Show,
    ];

    /// Stable name in the log.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Document => "credential.document",
            Self::Issue => "credential.issue",
            Self::Resume => "credential.resume",
            Self::Revoke => "credential.revoke",
            Self::Suspend => "credential.suspend",
            Self::MatterRegister => "matter.register",
            Self::ProofAnswer => "proof.answer",
            Self::ProofAsk => "proof.ask",
            Self::ProofConsent => "proof.consent",
            Self::ProofRevoke => "proof.revoke",
            Self::ProofWithdraw => "proof.withdraw",
            Self::Show => "credential.show",
        }
    }

    /// The event of an act that was done.
    pub fn done(self, actor: Actor, now: Timestamp) -> Event {
        Event::new(self.as_str(), actor, Outcome::Done, now)
    }

    /// The event of an act that a rule refused.
    pub fn refused(self, actor: Actor, rule: &'static str, now: Timestamp) -> Event {
        Event::new(self.as_str(), actor, Outcome::Refused, now).with("rule", rule)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_log_knows_these_acts() {
        let mut names = Act::ALL.map(Act::as_str);
        names.sort_unstable();
        assert_eq!(
            names.join(" "),
            "credential.document credential.issue credential.resume \
            credential.revoke credential.show credential.suspend matter.register proof.answer \
            proof.ask proof.consent proof.revoke proof.withdraw"
        );
    }
}
