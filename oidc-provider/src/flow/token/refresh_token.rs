//! RFC 6749 §6 with rotation and reuse detection (RFC 9700 §4.14.2).

use auth_core::{
    Timestamp,
    audit::Actor,
    secret::{Token, TokenKind},
};

use super::{Signed, TokenResponse, authorization_code::new_refresh};
use crate::{
    client::{Client, GrantType},
    deps::App,
    error::{Failure, Rule},
    event::Act,
    grant::RefreshFound,
    params::Params,
    scope::Scopes,
    store::{RotateRefresh, Rotated},
    subject::may_receive_token,
};

pub(super) async fn rotate(
    app: &App,
    client: &Client,
    body: &Params,
    now: Timestamp,
) -> Result<TokenResponse, Failure> {
    let presented = body.only("refresh_token").ok_or(Rule::RefreshTokenMissing)?;
    let token = Token::parse(TokenKind::Refresh, presented).ok_or(Rule::RefreshTokenUnknown)?;
    let found = app.tokens.find_refresh(&token.hash()).await?.ok_or(Rule::RefreshTokenUnknown)?;
    of_this_client(&found, client)?;
    not_used_before(app, &found, now).await?;
    not_expired(&found, now)?;
    may_receive_token(&found.family.standing, now)?;
    let family = &found.family.family;
    let scopes = narrowed(&family.scopes, body)?;

    let successor = Token::new(TokenKind::Refresh, app.shell.random());
    let signed = Signed {
        sub: &found.family.sub,
        family,
        scopes: &scopes,
        // Core §12.2: an ID token of a refresh has no nonce unless it were the same one.
        nonce: None,
        refresh: Some(&successor),
    };
    let response = signed.response(app, client, now).await?;
    let actor = || Actor::Client(client.id.clone());
    let act = RotateRefresh {
        hash: token.hash(),
        family: family.id.clone(),
        generation: found.generation,
        successor: new_refresh(app, family, &successor, now),
        now,
        done: Act::TokenIssue
            .done(actor(), now)
            .subject(family.person.as_str())
            .with("grant", GrantType::RefreshToken.as_str())
            .with("generation", found.generation.saturating_add(1)),
        reused: Act::FamilyRevoke
            .done(actor(), now)
            .subject(family.id.as_str())
            .with("reason", "refresh-reused"),
    };
    match app.tokens.rotate(act).await? {
        Rotated::Done => Ok(response),
        Rotated::Gone => Err(Rule::RefreshTokenUnknown.into()),
        Rotated::Reused => Err(Rule::RefreshTokenReused.into()),
    }
}

/// A token of another client is refused and stays usable by its own (row 11).
fn of_this_client(found: &RefreshFound, client: &Client) -> Result<(), Rule> {
    if found.family.family.client == client.id { Ok(()) } else { Err(Rule::RefreshTokenOfAnother) }
}

/// An old generation ends the family: either the client or a thief holds the newer one, and
/// nothing tells which.
async fn not_used_before(app: &App, found: &RefreshFound, now: Timestamp) -> Result<(), Failure> {
    if found.used_at.is_none() {
        return Ok(());
    }
    let family = &found.family.family;
    let event = Act::FamilyRevoke
        .done(Actor::Client(family.client.clone()), now)
        .subject(family.id.as_str())
        .with("reason", "refresh-reused")
        .with("generation", found.generation);
    app.tokens.revoke_family(&family.id, now, event).await?;
    Err(Rule::RefreshTokenReused.into())
}

fn not_expired(found: &RefreshFound, now: Timestamp) -> Result<(), Rule> {
    if now < found.expires_at { Ok(()) } else { Err(Rule::RefreshTokenUnknown) }
}

/// Fewer scopes may be asked for, more may not (RFC 6749 §6).
fn narrowed(granted: &Scopes, body: &Params) -> Result<Scopes, Rule> {
    let Some(asked) = body.only("scope") else { return Ok(granted.clone()) };
    let asked = Scopes::parse(asked).ok_or(Rule::ScopeMalformed)?;
    if granted.covers(&asked) && !asked.is_empty() { Ok(asked) } else { Err(Rule::ScopeWidened) }
}
