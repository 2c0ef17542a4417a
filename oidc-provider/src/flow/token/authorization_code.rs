//! RFC 6749 §4.1.3 with PKCE (RFC 7636 §4.6): a code becomes tokens, once.

use auth_core::{
    Timestamp,
    audit::{Actor, Event},
    secret::{Token, TokenKind},
};

use super::{Signed, TokenResponse};
use crate::{
    client::{Client, GrantType},
    deps::App,
    error::{Failure, Rule},
    event::Act,
    flow::authorize::sid,
    grant::{Code, CodeFound, CodeStage, Family, FamilyId},
    params::Params,
    pkce::Verifier,
    scope,
    store::{NewRefresh, RedeemCode, Redeemed},
    subject::may_receive_token,
};

pub(super) async fn redeem(
    app: &App,
    client: &Client,
    body: &Params,
    now: Timestamp,
) -> Result<TokenResponse, Failure> {
    let presented = body.only("code").ok_or(Rule::CodeMissing)?;
    let token = Token::parse(TokenKind::Code, presented).ok_or(Rule::CodeUnknown)?;
    let found = app.tokens.find_code(&token.hash()).await?.ok_or(Rule::CodeUnknown)?;
    of_this_client(&found.code, client)?;
    not_used_before(app, &found, now).await?;
    not_expired(&found.code, now)?;
    same_redirect_uri(&found.code, body)?;
    verifier_answers(&found.code, body)?;
    may_receive_token(&found.standing, now)?;

    let family = family(app, &found.code, now);
    let refresh = client
        .may_use(GrantType::RefreshToken)
        .then(|| Token::new(TokenKind::Refresh, app.shell.random()));
    let signed = Signed {
        sub: &found.sub,
        family: &family,
        scopes: &family.scopes,
        nonce: found.code.nonce.as_deref(),
        refresh: refresh.as_ref(),
    };
    let response = signed.response(app, client, now).await?;
    let act = RedeemCode {
        hash: token.hash(),
        refresh: refresh.as_ref().map(|token| new_refresh(app, &family, token, now)),
        family,
        now,
        done: issued(client, &found.code, now),
        replayed: replay(client, &found.code, now),
    };
    match app.tokens.redeem_code(act).await? {
        Redeemed::Done => Ok(response),
        Redeemed::Gone => Err(Rule::CodeUnknown.into()),
        Redeemed::Replayed => Err(Rule::CodeReplayed.into()),
    }
}

/// The row of a refresh token: it ends when unused, and never outlives its family.
pub(super) fn new_refresh(app: &App, family: &Family, token: &Token, now: Timestamp) -> NewRefresh {
    let idle_end = now.plus_seconds(i64::from(app.policy.refresh_seconds));
    NewRefresh { hash: token.hash(), expires_at: idle_end.min(family.expires_at) }
}

/// A code of another client is refused and stays usable by its own (row 11 of the attack table).
fn of_this_client(code: &Code, client: &Client) -> Result<(), Rule> {
    if code.client == client.id { Ok(()) } else { Err(Rule::CodeOfAnother) }
}

/// A second use ends what the first was given (RFC 6749 §4.1.2).
async fn not_used_before(app: &App, found: &CodeFound, now: Timestamp) -> Result<(), Failure> {
    let CodeStage::Redeemed { family } = &found.stage else { return Ok(()) };
    let event = Act::FamilyRevoke
        .done(Actor::Client(found.code.client.clone()), now)
        .subject(family.as_str())
        .with("reason", "code-replayed");
    app.tokens.revoke_family(family, now, event).await?;
    Err(Rule::CodeReplayed.into())
}

fn not_expired(code: &Code, now: Timestamp) -> Result<(), Rule> {
    if now < code.expires_at { Ok(()) } else { Err(Rule::CodeUnknown) }
}

/// Our authorization endpoint always asks for `redirect_uri`, so the token request must repeat it.
fn same_redirect_uri(code: &Code, body: &Params) -> Result<(), Rule> {
    if body.only("redirect_uri") == Some(&code.redirect_uri) {
        Ok(())
    } else {
        Err(Rule::CodeRedirectUri)
    }
}

/// RFC 7636 §4.6, and RFC 9700 §4.8.2: a verifier without a challenge is a downgrade.
fn verifier_answers(code: &Code, body: &Params) -> Result<(), Rule> {
    match (&code.challenge, body.only("code_verifier")) {
        (None, None) => Ok(()),
        (None, Some(_)) => Err(Rule::VerifierUnexpected),
        (Some(_), None) => Err(Rule::VerifierMissing),
        (Some(challenge), Some(verifier)) => {
            let verifier = Verifier::parse(verifier).ok_or(Rule::VerifierMalformed)?;
            if challenge.answers(&verifier) { Ok(()) } else { Err(Rule::VerifierWrong) }
        }
    }
}

fn family(app: &App, code: &Code, now: Timestamp) -> Family {
    let offline = code.scopes.has(scope::OFFLINE_ACCESS);
    let policy = &app.policy;
    let life = if offline { policy.offline_seconds } else { policy.online_seconds };
    Family {
        id: FamilyId::new(app.shell.random()),
        grant: code.grant.clone(),
        client: code.client.clone(),
        person: code.person.clone(),
        session: (!offline).then(|| code.session.clone()),
        scopes: code.scopes.clone(),
        authentication: code.authentication.clone(),
        sid: sid(app, &code.session, &code.client),
        created_at: now,
        expires_at: now.plus_seconds(i64::from(life)),
    }
}

fn issued(client: &Client, code: &Code, now: Timestamp) -> Event {
    Act::TokenIssue
        .done(Actor::Client(client.id.clone()), now)
        .subject(code.person.as_str())
        .with("grant", GrantType::AuthorizationCode.as_str())
        .with("scope", code.scopes.to_string())
}

fn replay(client: &Client, code: &Code, now: Timestamp) -> Event {
    Act::FamilyRevoke
        .done(Actor::Client(client.id.clone()), now)
        .subject(code.person.as_str())
        .with("reason", "code-replayed")
}
