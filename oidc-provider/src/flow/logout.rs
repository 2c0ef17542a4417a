//! RP-initiated logout (OpenID Connect RP-Initiated Logout 1.0).
//!
//! A browser is signed out without asking only when the client proves, by a live ID token of this
//! very session, that it takes part in it; everything else asks first, so that an image tag on some
//! page signs nobody out (row 45 of the attack table).

use auth_core::{Fault, Timestamp, audit::Actor, id::ClientId, session::SessionView};
use url::Url;

use super::{authorize::sid, client_auth::MAX_CLIENT_ID};
use crate::{client::Client, deps::App, event::Act, jwt, params::Params};

/// A logout request, read; nothing in it is an error, it only decides how much is done unasked.
pub(crate) struct LogoutRequest {
    /// Where to go afterwards: a registered URI of a client that proved who it is.
    pub(crate) destination: Option<String>,
    /// The client, to name it on the page.
    pub(crate) client: Option<Client>,
    /// Whether the browser's session may be ended without asking.
    pub(crate) proven: bool,
}

/// Reads a logout request.
pub(crate) async fn read(
    app: &App,
    params: &Params,
    session: Option<&SessionView>,
    now: Timestamp,
) -> Result<LogoutRequest, Fault> {
    let nothing = LogoutRequest { destination: None, client: None, proven: false };
    if params.repeated(&PARAMETERS).is_some() {
        return Ok(nothing);
    }
    let hint = params.only("id_token_hint").and_then(|token| jwt::hint(app, token, now));
    let named = params.only("client_id");
    let id = match (&hint, named) {
        (Some(hint), None) => hint.client.clone(),
        (Some(hint), Some(named)) if hint.client.as_str() == named => hint.client.clone(),
        // A hint that is not ours proves nothing; `client_id` alone names a client all the same.
        (None, Some(named)) if named.len() <= MAX_CLIENT_ID => ClientId::from_text(named),
        _ => return Ok(nothing),
    };
    let client = app.clients.find(&id).await?.filter(|client| client.disabled_at.is_none());
    let Some(client) = client else { return Ok(nothing) };
    // Without a hint of ours there is no redirect: anybody can write a client_id into a link.
    let destination = match &hint {
        Some(_) => destination(&client, params),
        None => None,
    };
    let proven = match (&hint, session) {
        (Some(hint), Some(session)) => {
            !hint.expired && hint.sid.as_deref() == Some(sid(app, &session.id, &client.id).as_str())
        }
        (Some(hint), None) => !hint.expired,
        (None, _) => false,
    };
    Ok(LogoutRequest { destination, client: Some(client), proven })
}

/// Ends the session.
pub(crate) async fn end(
    app: &App,
    session: &SessionView,
    client: Option<&ClientId>,
    now: Timestamp,
) -> Result<(), Fault> {
    let mut event = Act::Logout
        .done(Actor::Person(session.person.clone()), now)
        .subject(session.person.as_str())
        .with("session", session.id.as_str());
    if let Some(client) = client {
        event = event.with("client", client.as_str());
    }
    app.sessions.end(&session.person, &session.id, now, event).await.map(drop)
}

/// A registered post-logout URI with `state` (§3).
fn destination(client: &Client, params: &Params) -> Option<String> {
    let presented = params.only("post_logout_redirect_uri")?;
    if !client.logs_out_to(presented) {
        return None;
    }
    let mut url = Url::parse(presented).ok()?;
    if let Some(state) = params.only("state") {
        url.query_pairs_mut().append_pair("state", state);
    }
    Some(url.into())
}

/// Parameters that are read, and carried through the confirmation page.
pub(crate) const PARAMETERS: [&str; 4] =
    ["client_id", "id_token_hint", "post_logout_redirect_uri", "state"];
