//! The token endpoint's decisions: who asks, may this grant be used, then the grant itself.
//!
//! To add a grant: a variant in [`GrantType`], a file beside this one whose one function reads top
//! to bottom as its specification and asks [`may_receive_token`] before it signs, and an arm below.
//!
//! [`may_receive_token`]: crate::subject::may_receive_token

mod authorization_code;
mod client_credentials;
mod refresh_token;

use auth_core::{
    ErrorId, Fault, Timestamp,
    audit::{Actor, Event},
    secret::Token,
};
use serde::Serialize;

use super::{claims, client_auth::Claimed};
use crate::{
    client::{Client, GrantType},
    deps::App,
    error::{Failure, Rule},
    event::Act,
    grant::Family,
    jwt::{self, AccessClaims, IdClaims},
    params::Params,
    scope::{self, Scopes},
};

/// A successful answer (RFC 6749 §5.1).
#[derive(Serialize)]
pub(crate) struct TokenResponse {
    pub(crate) access_token: String,
    pub(crate) token_type: &'static str,
    pub(crate) expires_in: u32,
    pub(crate) scope: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) refresh_token: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) id_token: Option<String>,
}

/// A refused token request.
pub(crate) struct TokenRefused {
    /// The client, if it proved who it is.
    pub(crate) client: Option<Box<Client>>,
    pub(crate) failure: Failure,
    /// Joins answer, log and audit trail.
    pub(crate) id: ErrorId,
}

/// Answers a token request, and records a refusal.
pub(crate) async fn answer(
    app: &App,
    claimed: Claimed,
    body: &Params,
    now: Timestamp,
) -> Result<(Client, TokenResponse), TokenRefused> {
    let name = claimed.id.clone();
    let client = match claimed.authenticate(app).await {
        Ok(client) => client,
        Err(failure) => {
            let event = Act::ClientAuthenticate
                .refused(Actor::Anonymous, failure, now)
                .subject(shortened(name.as_str()));
            let id = record(app, event).await;
            return Err(TokenRefused { client: None, failure, id });
        }
    };
    match granted(app, &client, body, now).await {
        Ok(response) => Ok((client, response)),
        Err(failure) => {
            let event = Act::TokenIssue.refused(Actor::Client(name), failure, now);
            let id = record(app, event).await;
            Err(TokenRefused { client: Some(Box::new(client)), failure, id })
        }
    }
}

/// Records a request that could not even be read.
pub(crate) async fn refuse_unread(app: &App, rule: Rule, now: Timestamp) -> ErrorId {
    record(app, Act::TokenIssue.refused(Actor::Anonymous, rule.into(), now)).await
}

async fn granted(
    app: &App,
    client: &Client,
    body: &Params,
    now: Timestamp,
) -> Result<TokenResponse, Failure> {
    if body.repeated(&PARAMETERS).is_some() {
        return Err(Rule::ParameterRepeated.into());
    }
    let name = body.only("grant_type").ok_or(Rule::GrantTypeMissing)?;
    let grant = GrantType::parse(name).ok_or(Rule::GrantTypeUnsupported)?;
    if !client.may_use(grant) {
        return Err(Rule::GrantTypeNotRegistered.into());
    }
    match grant {
        GrantType::AuthorizationCode => authorization_code::redeem(app, client, body, now).await,
        GrantType::ClientCredentials => client_credentials::issue(app, client, body, now).await,
        GrantType::RefreshToken => refresh_token::rotate(app, client, body, now).await,
    }
}

/// A person's tokens, signed and ready to be answered once the act is committed.
struct Signed<'a> {
    sub: &'a str,
    family: &'a Family,
    scopes: &'a Scopes,
    nonce: Option<&'a str>,
    refresh: Option<&'a Token>,
}

impl Signed<'_> {
    async fn response(
        &self,
        app: &App,
        client: &Client,
        now: Timestamp,
    ) -> Result<TokenResponse, Fault> {
        let access = AccessClaims {
            sub: self.sub,
            client: &client.id,
            scopes: self.scopes,
            family: Some(self.family),
        };
        let access_token = jwt::access_token(app, access, now).await?;
        let id_token = if self.scopes.has(scope::OPENID) {
            let personal = claims::for_id_token(app, &self.family.person, self.scopes).await?;
            let claims = IdClaims {
                sub: self.sub,
                family: self.family,
                nonce: self.nonce,
                access_token: &access_token,
                personal,
            };
            Some(jwt::id_token(app, client.registration.id_token_alg, claims, now).await?)
        } else {
            None
        };
        Ok(TokenResponse {
            access_token,
            token_type: "Bearer",
            expires_in: app.policy.access_token_seconds,
            scope: self.scopes.to_string(),
            refresh_token: self.refresh.map(|token| token.reveal().to_owned()),
            id_token,
        })
    }
}

/// Writes an event that belongs to no act. A refusal is answered even if it cannot be recorded:
/// the log line stays.
async fn record(app: &App, event: Event) -> ErrorId {
    let id = ErrorId::new(app.shell.random());
    if let Err(fault) = app.tokens.record(event.error(id.clone())).await {
        tracing::error!(%fault, error_id = %id, "refusal not recorded");
    }
    id
}

/// What somebody sent as an id, short enough to be kept.
fn shortened(id: &str) -> String {
    id.chars().filter(|c| !c.is_control()).take(64).collect()
}

/// Parameters of the token endpoint, none of which may be repeated (RFC 6749 §3.2).
const PARAMETERS: [&str; 6] =
    ["grant_type", "code", "redirect_uri", "code_verifier", "refresh_token", "scope"];
