//! RFC 6749 §4.4: a client acts for itself.

use auth_core::{Timestamp, audit::Actor};

use super::TokenResponse;
use crate::{
    client::{Client, GrantType},
    deps::App,
    error::{Failure, Rule},
    event::Act,
    jwt::{self, AccessClaims},
    params::Params,
    scope::{PERSONAL, Scopes},
    subject::{Standing, may_receive_token},
};

pub(super) async fn issue(
    app: &App,
    client: &Client,
    body: &Params,
    now: Timestamp,
) -> Result<TokenResponse, Failure> {
    // §4.4: "MUST only be used by confidential clients".
    if !client.is_confidential() {
        return Err(Rule::GrantTypeNotRegistered.into());
    }
    let scopes = scopes(client, body)?;
    let standing = Standing { client_disabled_at: client.disabled_at, subject: None };
    may_receive_token(&standing, now)?;
    // RFC 9068 §2.2: without a person, `sub` is the client. Subjects of people are 22 random
    // characters, so no client id can pass for one (RFC 9700 §4.15).
    let claims =
        AccessClaims { sub: client.id.as_str(), client: &client.id, scopes: &scopes, family: None };
    let access_token = jwt::access_token(app, claims, now).await?;
    let event = Act::TokenIssue
        .done(Actor::Client(client.id.clone()), now)
        .with("grant", GrantType::ClientCredentials.as_str())
        .with("scope", scopes.to_string());
    app.tokens.record(event).await?;
    Ok(TokenResponse {
        access_token,
        token_type: "Bearer",
        expires_in: app.policy.access_token_seconds,
        scope: scopes.to_string(),
        refresh_token: None,
        id_token: None,
    })
}

/// What was asked for, or all the client is registered for; never what speaks of a person.
fn scopes(client: &Client, body: &Params) -> Result<Scopes, Rule> {
    let allowed = client.registration.scopes.without(&Scopes::of(&PERSONAL));
    let Some(asked) = body.only("scope") else { return Ok(allowed) };
    let asked = Scopes::parse(asked).ok_or(Rule::ScopeMalformed)?;
    if allowed.covers(&asked) { Ok(asked) } else { Err(Rule::ScopeNotRegistered) }
}
