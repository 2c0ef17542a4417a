//! Acts of this domain as the audit trail knows them.

use auth_core::{
    Timestamp,
    audit::{Actor, Event, Outcome},
};

use crate::error::Failure;

macro_rules! acts {
    ($($(#[$doc:meta])* $name:ident = $text:literal;)*) => {
        /// What can be done here.
        #[derive(Clone, Copy, Debug, PartialEq, Eq)]
        pub enum Act { $($(#[$doc])* $name,)* }

        impl Act {
            /// Every act.
            pub const ALL: &'static [Self] = &[$(Self::$name,)*];

            /// The stable name in the trail.
            pub const fn as_str(self) -> &'static str {
                match self { $(Self::$name => $text,)* }
            }
        }
    };
}

acts! {
    /// An authorization request was refused.
    Authorize = "authorize";
    /// A client failed to prove who it is.
    ClientAuthenticate = "client.authenticate";
    /// A client was registered.
    ClientAdd = "client.add";
    /// A client was disabled.
    ClientDisable = "client.disable";
    /// A client was enabled again.
    ClientEnable = "client.enable";
    /// A client got a new secret.
    ClientSecret = "client.secret";
    /// A code was issued.
    CodeIssue = "code.issue";
    /// A person agreed, or did not.
    ConsentGive = "consent.give";
    /// A person withdrew a permission.
    ConsentWithdraw = "consent.withdraw";
    /// A family was revoked.
    FamilyRevoke = "family.revoke";
    /// A person signed out.
    Logout = "logout";
    /// A person ended sessions.
    SessionEnd = "session.end";
    /// A session got a new id, because more is allowed in it than before.
    SessionRenew = "session.renew";
    /// Tokens were issued, or refused.
    TokenIssue = "token.issue";
}

impl Act {
    /// An event of this act.
    pub fn event(self, actor: Actor, outcome: Outcome, at: Timestamp) -> Event {
        Event::new(self.as_str(), actor, outcome, at)
    }

    /// An event that the act was done.
    pub fn done(self, actor: Actor, at: Timestamp) -> Event {
        self.event(actor, Outcome::Done, at)
    }

    /// An event that the act was refused, or failed underneath, and why.
    pub fn refused(self, actor: Actor, failure: Failure, at: Timestamp) -> Event {
        let outcome = match failure {
            Failure::Fault(_) => Outcome::Failed,
            Failure::Rule(_) => Outcome::Refused,
        };
        self.event(actor, outcome, at).with("rule", failure.name())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn acts() {
        let names: Vec<&str> = Act::ALL.iter().map(|act| act.as_str()).collect();
        insta::assert_snapshot!(names.join("\n"));
    }
}
