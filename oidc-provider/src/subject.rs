//! "May this subject get a token now?" One function for every grant, asked at the start of a
//! request and again when a code or a refresh token is redeemed, and whenever a token is used.
//!
//! Peers were bitten by rules that one grant checked and its sibling did not (Keycloak
//! CVE-2026-16103 and others): to add a state, add it to [`Standing`]; every grant then asks.

use auth_core::Timestamp;

use crate::error::Rule;

/// The state of everything a token depends on, read in one statement.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Standing {
    /// When the client was disabled.
    pub client_disabled_at: Option<Timestamp>,
    /// The person behind the token; `None` for client credentials.
    pub subject: Option<SubjectStanding>,
}

/// The state of the person and of what the person allowed.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct SubjectStanding {
    /// When the account was disabled or erased.
    pub disabled_at: Option<Timestamp>,
    /// Whether the password must be changed first.
    pub must_change_password: bool,
    /// When the permission was withdrawn.
    pub withdrawn_at: Option<Timestamp>,
    /// When the family was revoked.
    pub revoked_at: Option<Timestamp>,
    /// When the family ends.
    pub family_expires_at: Option<Timestamp>,
    /// The session it hangs from.
    pub session: SessionStanding,
}

/// The state of the browser session that a family hangs from.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum SessionStanding {
    /// It hangs from none: the person allowed access without being present.
    #[default]
    Detached,
    /// Ended by its owner, by an administrator, or swept.
    Ended,
    /// Lives until then unless ended.
    Until(Timestamp),
}

/// May this subject get, or use, a token now?
pub fn may_receive_token(standing: &Standing, now: Timestamp) -> Result<(), Rule> {
    let Standing { client_disabled_at, subject } = standing;
    if client_disabled_at.is_some() {
        return Err(Rule::ClientMayNot);
    }
    let Some(subject) = subject else { return Ok(()) };
    // Taken apart by name, so that a new member cannot be forgotten here.
    let SubjectStanding {
        disabled_at,
        must_change_password,
        withdrawn_at,
        revoked_at,
        family_expires_at,
        session,
    } = subject;
    if disabled_at.is_some() {
        return Err(Rule::SubjectDisabled);
    }
    if *must_change_password {
        return Err(Rule::SubjectPassword);
    }
    if withdrawn_at.is_some() {
        return Err(Rule::SubjectGrantWithdrawn);
    }
    if revoked_at.is_some() || family_expires_at.is_some_and(|end| end <= now) {
        return Err(Rule::SubjectFamilyRevoked);
    }
    match session {
        SessionStanding::Detached => Ok(()),
        SessionStanding::Until(end) if now < *end => Ok(()),
        SessionStanding::Until(_) | SessionStanding::Ended => Err(Rule::SubjectSessionEnded),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn fine() -> Standing {
        Standing { client_disabled_at: None, subject: Some(SubjectStanding::default()) }
    }

    fn with(change: impl Fn(&mut SubjectStanding)) -> Standing {
        let mut subject = SubjectStanding::default();
        change(&mut subject);
        Standing { client_disabled_at: None, subject: Some(subject) }
    }

    #[test]
    fn every_state_alone_is_enough_to_refuse() {
        let now = Timestamp(10);
        let answer = |standing: Standing| may_receive_token(&standing, now);
        assert_eq!(answer(fine()), Ok(()));
        assert_eq!(answer(Standing { client_disabled_at: None, subject: None }), Ok(()));
        let client = Standing { client_disabled_at: Some(now), subject: None };
        assert_eq!(answer(client), Err(Rule::ClientMayNot));
        let disabled = with(|s| s.disabled_at = Some(now));
        assert_eq!(answer(disabled), Err(Rule::SubjectDisabled));
        assert_eq!(answer(with(|s| s.must_change_password = true)), Err(Rule::SubjectPassword));
        let withdrawn = with(|s| s.withdrawn_at = Some(now));
        assert_eq!(answer(withdrawn), Err(Rule::SubjectGrantWithdrawn));
        let revoked = with(|s| s.revoked_at = Some(now));
        assert_eq!(answer(revoked), Err(Rule::SubjectFamilyRevoked));
        let expired = with(|s| s.family_expires_at = Some(now));
        assert_eq!(answer(expired), Err(Rule::SubjectFamilyRevoked));
        let ended = with(|s| s.session = SessionStanding::Ended);
        assert_eq!(answer(ended), Err(Rule::SubjectSessionEnded));
        let over = with(|s| s.session = SessionStanding::Until(now));
        assert_eq!(answer(over), Err(Rule::SubjectSessionEnded));
        let lives = with(|s| s.session = SessionStanding::Until(now.plus_seconds(1)));
        assert_eq!(answer(lives), Ok(()));
    }
}
