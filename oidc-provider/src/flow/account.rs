//! What people do on their own account page: sessions and permissions.

use auth_core::{
    Fault, Timestamp,
    audit::Actor,
    id::{GrantId, SessionId},
    secret::{Token, TokenKind},
    session::{NewSession, SessionView},
};

use crate::{deps::App, event::Act};

/// Ends one session of the person; whether there was one.
pub(crate) async fn end_session(
    app: &App,
    who: &SessionView,
    session: &SessionId,
    now: Timestamp,
) -> Result<bool, Fault> {
    let event = Act::SessionEnd
        .done(Actor::Person(who.person.clone()), now)
        .subject(who.person.as_str())
        .with("session", session.as_str());
    app.sessions.end(&who.person, session, now, event).await
}

/// Ends every session of the person but the one asking; how many.
pub(crate) async fn end_other_sessions(
    app: &App,
    who: &SessionView,
    now: Timestamp,
) -> Result<u64, Fault> {
    let event = Act::SessionEnd
        .done(Actor::Person(who.person.clone()), now)
        .subject(who.person.as_str())
        .with("session", "all-others");
    app.sessions.end_all(&who.person, Some(&who.id), now, event).await
}

/// A session that replaces another under a new id, for the same person at the same browser.
pub(crate) struct Renewed {
    /// Value for the session cookie.
    pub(crate) cookie: Token,
    /// Its end, which is the old one's.
    pub(crate) expires_at: Timestamp,
}

/// Gives the session a new id after a change of password (row 50 of the attack table): whoever
/// knows the old cookie is out, and what was issued in the old session ends (RFC 9700 §4.14.2).
/// `None` when the session ended meanwhile.
pub(crate) async fn renew_session(
    app: &App,
    who: &SessionView,
    now: Timestamp,
) -> Result<Option<Renewed>, Fault> {
    let listed = app.sessions.of(&who.person, now).await?;
    let Some(old) = listed.into_iter().find(|session| session.id == who.id) else {
        return Ok(None);
    };
    let random = app.shell.random();
    let cookie = Token::new(TokenKind::Session, random);
    let id = SessionId::new(now, random);
    let event = Act::SessionRenew
        .done(Actor::Person(who.person.clone()), now)
        .subject(who.person.as_str())
        .with("session", id.as_str());
    let session = NewSession {
        id,
        token_hash: cookie.hash(),
        person: who.person.clone(),
        factors: who.factors.clone(),
        // The old password was checked just now.
        authenticated_at: now,
        expires_at: old.expires_at,
        user_agent: old.user_agent,
        source: old.source,
        replaces: Some(who.id.clone()),
        event,
    };
    app.sessions.begin(session).await?;
    Ok(Some(Renewed { cookie, expires_at: old.expires_at }))
}

/// Withdraws a permission; everything issued under it is refused from then on.
pub(crate) async fn withdraw(
    app: &App,
    who: &SessionView,
    grant: &GrantId,
    now: Timestamp,
) -> Result<bool, Fault> {
    let event =
        Act::ConsentWithdraw.done(Actor::Person(who.person.clone()), now).subject(grant.as_str());
    app.permissions.withdraw(&who.person, grant, now, event).await
}
