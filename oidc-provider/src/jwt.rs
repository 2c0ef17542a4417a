//! The tokens themselves: access tokens (RFC 9068) and ID tokens (OpenID Connect Core §2).

use async_trait::async_trait;
use auth_core::{
    Fault, Timestamp,
    id::ClientId,
    jose::{Header, Jws, sign},
    key::{KeySet, SignatureAlgorithm},
    port::{AccessTokens, TokenAccess},
};
use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD};
use serde_json::{Map, Value, json};
use sha2::{Digest, Sha256};

use crate::{
    deps::App,
    grant::{Family, FamilyId},
    scope::Scopes,
    subject::{Standing, may_receive_token},
};

/// What an access token says.
pub(crate) struct AccessClaims<'a> {
    pub(crate) sub: &'a str,
    pub(crate) client: &'a ClientId,
    pub(crate) scopes: &'a Scopes,
    /// The family of a person's token; `None` for client credentials.
    pub(crate) family: Option<&'a Family>,
}

/// What an ID token says beyond the claims of scopes.
pub(crate) struct IdClaims<'a> {
    pub(crate) sub: &'a str,
    pub(crate) family: &'a Family,
    pub(crate) nonce: Option<&'a str>,
    pub(crate) access_token: &'a str,
    /// Claims of the granted scopes.
    pub(crate) personal: Map<String, Value>,
}

/// A signed access token (RFC 9068 §2).
pub(crate) async fn access_token(
    app: &App,
    claims: AccessClaims<'_>,
    now: Timestamp,
) -> Result<String, Fault> {
    let life = i64::from(app.policy.access_token_seconds);
    let mut payload = json!({
        "iss": app.shell.issuer(),
        "aud": app.shell.issuer(),
        "sub": claims.sub,
        "client_id": claims.client.as_str(),
        "iat": now.unix(),
        "exp": now.unix() + life,
        "jti": auth_core::secret::handle(app.shell.random()),
        "scope": claims.scopes.to_string(),
    });
    if let Some(family) = claims.family {
        payload[FAMILY] = json!(family.id.as_str());
        payload["auth_time"] = json!(family.authentication.at.unix());
        payload["acr"] = json!(acr(family));
        payload["amr"] = json!(amr(family));
    }
    signed(&app.keys, app.policy.access_token_alg, ACCESS_TYPE, &payload).await
}

/// A signed ID token.
pub(crate) async fn id_token(
    app: &App,
    algorithm: SignatureAlgorithm,
    claims: IdClaims<'_>,
    now: Timestamp,
) -> Result<String, Fault> {
    let family = claims.family;
    let mut payload = Value::Object(claims.personal);
    // Set last, so that no claim of a scope can stand for one of these.
    let life = i64::from(app.policy.id_token_seconds);
    payload["iss"] = json!(app.shell.issuer());
    payload["sub"] = json!(claims.sub);
    payload["aud"] = json!(family.client.as_str());
    payload["iat"] = json!(now.unix());
    payload["exp"] = json!(now.unix() + life);
    payload["auth_time"] = json!(family.authentication.at.unix());
    payload["acr"] = json!(acr(family));
    payload["amr"] = json!(amr(family));
    payload["sid"] = json!(family.sid);
    payload["at_hash"] = json!(at_hash(algorithm, claims.access_token));
    if let Some(nonce) = claims.nonce {
        payload["nonce"] = json!(nonce);
    }
    signed(&app.keys, algorithm, ID_TYPE, &payload).await
}

/// `acr`: the identity assurance of the person (实名等级).
pub(crate) fn acr(family: &Family) -> String {
    format!("{ACR_PREFIX}{}", family.authentication.assurance.0)
}

fn amr(family: &Family) -> Vec<&'static str> {
    family.authentication.factors.iter().map(|factor| factor.amr()).collect()
}

/// Left half of the token's hash (Core §3.1.3.6), by the hash of the signature algorithm; SM2
/// signs with SM3.
fn at_hash(algorithm: SignatureAlgorithm, access_token: &str) -> String {
    let hash: [u8; 32] = match algorithm {
        SignatureAlgorithm::Sm2Sm3 => auth_core::Profile::Gm.digest(access_token.as_bytes()),
        _ => Sha256::digest(access_token.as_bytes()).into(),
    };
    URL_SAFE_NO_PAD.encode(&hash[..16])
}

async fn signed(
    keys: &KeySet,
    algorithm: SignatureAlgorithm,
    typ: &str,
    payload: &Value,
) -> Result<String, Fault> {
    let signer = keys.active(algorithm).ok_or(Fault::Unavailable)?;
    let mut header = Header::new();
    header.insert("typ".to_owned(), Value::from(typ));
    header.insert("kid".to_owned(), Value::from(signer.kid()));
    Ok(sign(signer, header, payload.to_string().as_bytes()).await?)
}

/// An access token that verified, with the state of all it depends on already asked.
pub(crate) struct AccessFound {
    pub(crate) access: TokenAccess,
    pub(crate) sub: String,
}

/// Reads an access token: signature, type, issuer, audience, time, then the state of its family
/// and client. `None` whatever is wrong.
pub(crate) async fn check(
    app: &App,
    token: &str,
    now: Timestamp,
) -> Result<Option<AccessFound>, Fault> {
    let Some(claims) = verified(app, token, ACCESS_TYPE, now) else { return Ok(None) };
    let text = |name: &str| claims.get(name).and_then(Value::as_str);
    let (Some(sub), Some(client), Some(scope), Some(exp)) =
        (text("sub"), text("client_id"), text("scope"), claims.get("exp").and_then(Value::as_i64))
    else {
        return Ok(None);
    };
    let expires_at = Timestamp::from_unix(exp);
    if text("aud") != Some(app.shell.issuer()) || expires_at <= now {
        return Ok(None);
    }
    let client = ClientId::from_text(client);
    let (standing, person) = match text(FAMILY) {
        Some(family) => match app.tokens.find_family(&FamilyId::from_text(family)).await? {
            Some(found) if found.family.client == client && found.sub == sub => {
                (found.standing, Some(found.family.person))
            }
            _ => return Ok(None),
        },
        None => match app.clients.find(&client).await? {
            Some(client) => {
                (Standing { client_disabled_at: client.disabled_at, subject: None }, None)
            }
            None => return Ok(None),
        },
    };
    if may_receive_token(&standing, now).is_err() {
        return Ok(None);
    }
    let scopes = Scopes::parse(scope).unwrap_or_default().words().map(str::to_owned).collect();
    let access = TokenAccess { client, person, scopes, expires_at };
    Ok(Some(AccessFound { access, sub: sub.to_owned() }))
}

/// An ID token of ours that somebody presents as a hint: its claims, and whether it has expired.
pub(crate) struct Hint {
    pub(crate) client: ClientId,
    pub(crate) sub: String,
    pub(crate) sid: Option<String>,
    pub(crate) expired: bool,
}

/// Reads an `id_token_hint` (Core §3.1.2.1): ours by signature, type and issuer.
pub(crate) fn hint(app: &App, token: &str, now: Timestamp) -> Option<Hint> {
    let claims = verified(app, token, ID_TYPE, now)?;
    let text = |name: &str| claims.get(name).and_then(Value::as_str).map(str::to_owned);
    let exp = claims.get("exp").and_then(Value::as_i64)?;
    Some(Hint {
        client: ClientId::from_text(text("aud")?),
        sub: text("sub")?,
        sid: text("sid"),
        expired: exp <= now.unix(),
    })
}

/// The claims of a token that one of our published keys signed for this purpose and issuer.
fn verified(app: &App, token: &str, typ: &str, now: Timestamp) -> Option<Map<String, Value>> {
    let jws = Jws::parse(token).ok()?;
    let kid = jws.header_text("kid").filter(|kid| kid.len() <= MAX_KID)?;
    let (algorithm, key) = app.keys.by_kid(kid, now)?;
    let claims = jws.verify_claims(key, algorithm, typ).ok()?;
    let issued_by_us = claims.get("iss").and_then(Value::as_str) == Some(app.shell.issuer());
    issued_by_us.then_some(claims)
}

#[async_trait]
impl AccessTokens for App {
    async fn check(&self, token: &str, now: Timestamp) -> Result<Option<TokenAccess>, Fault> {
        Ok(check(self, token, now).await?.map(|found| found.access))
    }
}

/// `typ` of an access token (RFC 9068 §2.1).
const ACCESS_TYPE: &str = "at+jwt";
/// `typ` of an ID token.
const ID_TYPE: &str = "JWT";
/// Private claim that joins an access token to its family, so that revoking one ends the other.
const FAMILY: &str = "family";
/// What our `acr` values begin with.
pub(crate) const ACR_PREFIX: &str = "urn:yinxin:assurance:";
/// Our key ids are thumbprints of 43 characters.
const MAX_KID: usize = 64;
