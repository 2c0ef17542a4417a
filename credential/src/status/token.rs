//! The signed list: a JWT of type `statuslist+jwt` (Token Status List §5.1).

use auth_core::{
    Timestamp,
    jose::{self, Header, JoseError, Jws, MAX_COMPACT},
    key::{KeyError, PublicKey, SignatureAlgorithm, Signer},
};
use serde_json::{Value, json};

use super::{ListError, StatusList};
use crate::{json, sd_jwt::x5c};

/// A status list token whose signature was verified.
#[derive(Clone, Debug)]
pub struct StatusToken {
    /// `sub`: the URL of the list, which a certificate must name exactly.
    pub uri: String,
    /// `iat`.
    pub issued_at: Timestamp,
    /// `exp`.
    pub expires_at: Option<Timestamp>,
    /// `ttl`, seconds a copy may be used before a new one is fetched.
    pub ttl: Option<i64>,
    /// The list.
    pub list: StatusList,
}

impl StatusToken {
    /// Verifies and reads a token. Whether the key may speak for this list is the caller's to know.
    pub fn verify(
        jws: &Jws<'_>,
        key: &PublicKey,
        algorithm: SignatureAlgorithm,
    ) -> Result<Self, TokenError> {
        let payload = jws.verify(key, algorithm, TYP)?;
        let claims = json::strict_object(&payload, MAX_COMPACT).ok_or(TokenError::Malformed)?;
        let whole = |name: &str| match claims.get(name) {
            None => Ok(None),
            Some(value) => value.as_i64().map(Some).ok_or(TokenError::Malformed),
        };
        let uri = claims.get("sub").and_then(Value::as_str).ok_or(TokenError::Malformed)?;
        let issued_at = whole("iat")?.ok_or(TokenError::Malformed)?;
        let ttl = whole("ttl")?;
        if ttl.is_some_and(|seconds| seconds <= 0) {
            return Err(TokenError::Malformed);
        }
        let list = claims.get("status_list").ok_or(TokenError::Malformed)?;
        let bits = list.get("bits").and_then(Value::as_u64).ok_or(TokenError::Malformed)?;
        let lst = list.get("lst").and_then(Value::as_str).ok_or(TokenError::Malformed)?;
        Ok(Self {
            uri: uri.to_owned(),
            issued_at: Timestamp::from_unix(issued_at),
            expires_at: whole("exp")?.map(Timestamp::from_unix),
            ttl,
            list: StatusList::decode(bits, lst)?,
        })
    }
}

/// Signs a list. `lifetime` and `ttl` are seconds; the token may be cached for `ttl` and is dead
/// after `lifetime`.
pub async fn sign(
    signer: &Signer,
    uri: &str,
    list: &StatusList,
    now: Timestamp,
    (lifetime, ttl): (i64, i64),
) -> Result<String, KeyError> {
    let mut header = Header::new();
    header.insert("typ".to_owned(), json!(TYP));
    header.insert("kid".to_owned(), json!(signer.kid()));
    if !signer.chain().is_empty() {
        header.insert("x5c".to_owned(), x5c(signer.chain()));
    }
    let payload = json!({
        "exp": now.plus_seconds(lifetime).unix(),
        "iat": now.unix(),
        "status_list": {"bits": list.bits(), "lst": list.encode()},
        "sub": uri,
        "ttl": ttl,
    });
    jose::sign(signer, header, payload.to_string().as_bytes()).await
}

/// Why a status list token was refused.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum TokenError {
    /// The signature, type or form of the JWT.
    #[error(transparent)]
    Jose(#[from] JoseError),
    /// The list inside.
    #[error(transparent)]
    List(#[from] ListError),
    /// A claim is missing or not what §5.1 asks for.
    #[error("malformed status list token")]
    Malformed,
}

/// The `typ` of the JWT.
pub const TYP: &str = "statuslist+jwt";

/// The media type it is served as.
pub const MEDIA_TYPE: &str = "application/statuslist+jwt";
