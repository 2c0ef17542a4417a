//! Client authentication at the token endpoint: exactly one method per request (RFC 6749 §2.3).

use auth_core::id::ClientId;
use base64::{Engine, engine::general_purpose::STANDARD};
use zeroize::Zeroizing;

use crate::{
    client::{Authentication, Client, PresentedSecret, SecretMethod},
    deps::App,
    error::{Failure, Rule},
    params::Params,
};

/// What a request offers to prove who its client is.
pub(crate) struct Credentials<'a> {
    /// Every `Authorization` header.
    pub(crate) authorization: Vec<&'a str>,
    /// The body.
    pub(crate) body: &'a Params,
    /// The query, where credentials must not be.
    pub(crate) query: &'a Params,
}

/// Who the client says it is, and how it proves it.
pub(crate) struct Claimed {
    pub(crate) id: ClientId,
    proof: Proof,
}

enum Proof {
    None,
    Secret(SecretMethod, PresentedSecret),
}

impl Credentials<'_> {
    /// Reads the one method in use, and refuses two.
    pub(crate) fn claimed(&self) -> Result<Claimed, Rule> {
        if self.query.only("client_secret").is_some()
            || self.query.repeated(&["client_secret"]).is_some()
        {
            return Err(Rule::ClientSecretInQuery);
        }
        if self.body.repeated(&["client_id", "client_secret"]).is_some() {
            return Err(Rule::ParameterRepeated);
        }
        if self.body.only("client_assertion").is_some() {
            return Err(Rule::ClientAuthenticationMethod);
        }
        let body_id = self.body.only("client_id");
        let body_secret = self.body.only("client_secret");
        match self.authorization.as_slice() {
            [] => in_body(body_id, body_secret),
            [header] => {
                let (id, secret) = basic(header).ok_or(Rule::ClientAuthenticationMalformed)?;
                if body_secret.is_some() || body_id.is_some_and(|other| other != *id) {
                    return Err(Rule::ClientAuthenticationTwice);
                }
                let proof = Proof::Secret(SecretMethod::Basic, PresentedSecret::new(&secret));
                Ok(Claimed { id: ClientId::from_text(id.as_str()), proof })
            }
            _ => Err(Rule::ClientAuthenticationTwice),
        }
    }
}

fn in_body(id: Option<&str>, secret: Option<&str>) -> Result<Claimed, Rule> {
    let id = id.ok_or(Rule::ClientAuthenticationMissing)?;
    let proof = match secret {
        Some(secret) => Proof::Secret(SecretMethod::Post, PresentedSecret::new(secret)),
        None => Proof::None,
    };
    Ok(Claimed { id: ClientId::from_text(id), proof })
}

impl Claimed {
    /// The client, if the proof is right and of the registered method.
    pub(crate) async fn authenticate(self, app: &App) -> Result<Client, Failure> {
        let client = match self.id.as_str().len() {
            1..=MAX_CLIENT_ID => app.clients.find(&self.id).await?,
            _ => None,
        };
        let client = client.ok_or(Rule::ClientAuthenticationWrong)?;
        match (&client.authentication, &self.proof) {
            (Authentication::Public, Proof::None) => {}
            (Authentication::Public, Proof::Secret(..))
            | (Authentication::Secret { .. }, Proof::None) => {
                return Err(Rule::ClientAuthenticationMethod.into());
            }
            (Authentication::Secret { hash, method }, Proof::Secret(used, secret)) => {
                if *method != SecretMethod::Either && method != used {
                    return Err(Rule::ClientAuthenticationMethod.into());
                }
                if !secret.is(hash) {
                    return Err(Rule::ClientAuthenticationWrong.into());
                }
            }
        }
        if client.disabled_at.is_some() {
            return Err(Rule::ClientMayNot.into());
        }
        Ok(client)
    }
}

/// Id and secret of a `Basic` header; both are form-encoded before base64 (RFC 6749 §2.3.1).
fn basic(header: &str) -> Option<(Zeroizing<String>, Zeroizing<String>)> {
    let (scheme, encoded) = header.split_once(' ')?;
    if !scheme.eq_ignore_ascii_case("basic") || encoded.len() > MAX_BASIC {
        return None;
    }
    let decoded = Zeroizing::new(STANDARD.decode(encoded.trim()).ok()?);
    let text = std::str::from_utf8(&decoded).ok()?;
    let (id, secret) = text.split_once(':')?;
    Some((form_decode(id)?, form_decode(secret)?))
}

/// `application/x-www-form-urlencoded` decoding of one value.
fn form_decode(text: &str) -> Option<Zeroizing<String>> {
    // A pair with an empty name: `&` and `=` inside would have been escaped by the sender.
    if text.contains(['&', '=']) {
        return Some(Zeroizing::new(text.to_owned()));
    }
    let encoded = Zeroizing::new(format!("={text}"));
    let (_, value) = form_urlencoded::parse(encoded.as_bytes()).next()?;
    Some(Zeroizing::new(value.into_owned()))
}

/// Longest client id looked up, bytes.
pub(crate) const MAX_CLIENT_ID: usize = 128;
/// Longest base64 of a `Basic` header, bytes: id and secret of 128 characters, escaped.
const MAX_BASIC: usize = 1024;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn basic_headers_are_form_encoded_inside() {
        let header = format!("Basic {}", STANDARD.encode("a%3Ab:s%20e%2Bc+r"));
        let (id, secret) = basic(&header).unwrap();
        assert_eq!((id.as_str(), secret.as_str()), ("a:b", "s e+c r"));
        for bad in ["Basic", "Basic !!", "Bearer YTpi", "Basic YQ=="] {
            assert!(basic(bad).is_none(), "{bad}");
        }
        assert!(basic(&format!("Basic {}", "A".repeat(1 << 20))).is_none());
    }
}
