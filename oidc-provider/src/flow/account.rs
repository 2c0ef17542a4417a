//! What people do on their own account page: sessions and permissions.

use auth_core::{
    Fault, Timestamp,
    audit::Actor,
    id::{GrantId, SessionId},
    session::SessionView,
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
