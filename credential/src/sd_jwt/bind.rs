//! Key binding: the holder proves that the certificate is his (RFC 9901 §4.3, §7.3).

use auth_core::{
    Timestamp,
    jose::{self, Header, Jws, from_jwk},
    key::{KeyError, Signer},
};
use serde_json::{Value, json};

use super::{Hash, SdJwt, SdJwtError, Verified};
use crate::json;

/// What a verifier asked for.
#[derive(Clone, Copy, Debug)]
pub struct KeyBinding<'a> {
    /// The verifier's identifier.
    pub audience: &'a str,
    /// The nonce it sent.
    pub nonce: &'a str,
    /// Now.
    pub now: Timestamp,
}

/// Appends a key binding JWT, signed by the key of `cnf`, to a presentation.
pub async fn bind(
    signer: &Signer,
    presentation: &str,
    hash: Hash,
    question: KeyBinding<'_>,
) -> Result<String, KeyError> {
    let mut header = Header::new();
    header.insert("typ".to_owned(), json!(TYP));
    let payload = json!({
        "aud": question.audience,
        "iat": question.now.unix(),
        "nonce": question.nonce,
        "sd_hash": hash.digest(presentation.as_bytes()),
    });
    let jwt = jose::sign(signer, header, payload.to_string().as_bytes()).await?;
    Ok(format!("{presentation}{jwt}"))
}

impl SdJwt<'_> {
    /// Verifies the key binding JWT against the verified `cnf`. Without a question
    /// (a file that somebody handed on) signature, type and `sd_hash` are still checked: a binding
    /// that does not belong here is never ignored.
    pub fn verify_binding(
        &self,
        verified: &Verified,
        question: Option<KeyBinding<'_>>,
    ) -> Result<(), SdJwtError> {
        let wrong = SdJwtError::KeyBinding;
        let Some(text) = self.key_binding() else {
            return if question.is_some() { Err(wrong("missing")) } else { Ok(()) };
        };
        let jwk =
            verified.claims.get("cnf").and_then(|cnf| cnf.get("jwk")).and_then(Value::as_object);
        let key = jwk.and_then(from_jwk).ok_or(wrong("no holder key"))?;
        let algorithm = key.kind().signature().ok_or(wrong("no holder key"))?;
        let payload = Jws::parse(text)?.verify(&key, algorithm, TYP)?;
        let payload = json::strict_object(&payload, MAX_PAYLOAD).ok_or(SdJwtError::Malformed)?;
        let said = |name: &str| payload.get(name).and_then(Value::as_str);
        if said("sd_hash") != Some(verified.hash.digest(self.bound().as_bytes()).as_str()) {
            return Err(wrong("sd_hash"));
        }
        let (Some(audience), Some(nonce)) = (said("aud"), said("nonce")) else {
            return Err(wrong("aud or nonce missing"));
        };
        let issued_at = payload.get("iat").and_then(Value::as_i64).ok_or(wrong("iat missing"))?;
        let Some(question) = question else { return Ok(()) };
        if audience != question.audience {
            return Err(wrong("aud"));
        }
        if nonce != question.nonce {
            return Err(wrong("nonce"));
        }
        let age = question.now.unix().saturating_sub(issued_at);
        if !(-LEEWAY..=MAX_AGE).contains(&age) {
            return Err(wrong("iat"));
        }
        Ok(())
    }
}

const TYP: &str = "kb+jwt";

/// Longest key binding payload, bytes: four short members.
const MAX_PAYLOAD: usize = 4096;

/// Clocks of telephones differ by this many seconds.
const LEEWAY: i64 = 60;

/// A key binding is made for the question at hand: older than this many seconds it is a replay.
const MAX_AGE: i64 = 300;
