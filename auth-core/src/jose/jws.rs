//! Compact JWS.

use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD as B64};
use serde_json::{Map, Value};

use crate::key::{KeyError, PublicKey, SignatureAlgorithm, Signer, ToSign, verify};

/// Longest compact JWS that is looked at, bytes. An SD-JWT VC with a certificate chain is 5 KB;
/// checking the length first keeps a header of 10 MiB of dots from costing anything (CVE-2025-30204).
pub const MAX_COMPACT: usize = 64 * 1024;

/// A JOSE header, in the order given.
pub type Header = Map<String, Value>;

/// Signs a compact JWS. `alg` is set from the signer; the caller sets `typ`, and `kid` or `x5c`.
pub async fn sign(signer: &Signer, mut header: Header, payload: &[u8]) -> Result<String, KeyError> {
    header.insert("alg".to_owned(), Value::from(signer.algorithm().jose()));
    let mut out = B64.encode(Value::Object(header).to_string());
    out.push('.');
    B64.encode_string(payload, &mut out);
    let signature = signer.sign(ToSign::Message(out.as_bytes())).await?;
    out.push('.');
    B64.encode_string(signature, &mut out);
    Ok(out)
}

/// A compact JWS taken apart, not yet verified: only [`Jws::verify`] gives the payload.
#[derive(Debug)]
pub struct Jws<'a> {
    header: Header,
    signed: &'a str,
    payload: &'a str,
    signature: Vec<u8>,
}

impl<'a> Jws<'a> {
    /// Takes a compact JWS apart.
    ///
    /// Refused: other than three parts, bad base64url, a header that is not an object or names a
    /// member twice, an empty signature, `crit` or `b64` (no extension is understood here), and
    /// keys in the header (`jwk`, `jku`, `x5u`).
    pub fn parse(compact: &'a str) -> Result<Self, JoseError> {
        if compact.len() > MAX_COMPACT {
            return Err(JoseError::TooLong);
        }
        let mut parts = compact.splitn(4, '.');
        let (Some(header), Some(payload), Some(signature), None) =
            (parts.next(), parts.next(), parts.next(), parts.next())
        else {
            return Err(JoseError::Malformed);
        };
        let signed = &compact[..header.len() + 1 + payload.len()];
        let header = B64.decode(header).map_err(|_| JoseError::Malformed)?;
        let header = unique_object(&header).ok_or(JoseError::Malformed)?;
        let signature = B64.decode(signature).map_err(|_| JoseError::Malformed)?;
        if signature.is_empty() {
            return Err(JoseError::Malformed);
        }
        for name in ["crit", "b64", "jwk", "jku", "x5u"] {
            if header.contains_key(name) {
                return Err(JoseError::HeaderRefused(name));
            }
        }
        Ok(Self { header, signed, payload, signature })
    }

    /// The header, unverified: use it to choose a key, nothing else.
    pub const fn header(&self) -> &Header {
        &self.header
    }

    /// A text member of the header, unverified.
    pub fn header_text(&self, name: &str) -> Option<&str> {
        self.header.get(name).and_then(Value::as_str)
    }

    /// Verifies with the key and the algorithm that the caller holds for this purpose, and with
    /// the `typ` that the context expects (RFC 8725 §3.11); gives the payload bytes.
    pub fn verify(
        &self,
        key: &PublicKey,
        algorithm: SignatureAlgorithm,
        typ: &str,
    ) -> Result<Vec<u8>, JoseError> {
        if self.header_text("alg") != Some(algorithm.jose()) {
            return Err(JoseError::WrongAlgorithm);
        }
        let media = self.header_text("typ").unwrap_or_default();
        let media = media.strip_prefix("application/").unwrap_or(media);
        if !media.eq_ignore_ascii_case(typ) {
            return Err(JoseError::WrongType);
        }
        verify(key, algorithm, ToSign::Message(self.signed.as_bytes()), &self.signature)
            .map_err(|_| JoseError::BadSignature)?;
        B64.decode(self.payload).map_err(|_| JoseError::Malformed)
    }

    /// [`Jws::verify`], then the payload as a JSON object in which no member appears twice.
    pub fn verify_claims(
        &self,
        key: &PublicKey,
        algorithm: SignatureAlgorithm,
        typ: &str,
    ) -> Result<Map<String, Value>, JoseError> {
        let payload = self.verify(key, algorithm, typ)?;
        unique_object(&payload).ok_or(JoseError::Malformed)
    }
}

/// Why a JWS was refused.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum JoseError {
    /// The signature does not verify.
    #[error("signature does not verify")]
    BadSignature,
    /// A header member that is not accepted.
    #[error("header member {0} is not accepted")]
    HeaderRefused(&'static str),
    /// Not a compact JWS, or its JSON is not strict.
    #[error("malformed")]
    Malformed,
    /// Longer than [`MAX_COMPACT`].
    #[error("too long")]
    TooLong,
    /// `alg` is not the algorithm of the key.
    #[error("wrong algorithm")]
    WrongAlgorithm,
    /// `typ` is not what the context expects.
    #[error("wrong type")]
    WrongType,
}

/// Reads a JSON object and refuses one that names a member twice at its top level, since parsers
/// disagree on which of the two counts.
fn unique_object(bytes: &[u8]) -> Option<Map<String, Value>> {
    struct Unique;
    impl<'de> serde::de::Visitor<'de> for Unique {
        type Value = Map<String, Value>;
        fn expecting(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
            f.write_str("an object without repeated members")
        }
        fn visit_map<A: serde::de::MapAccess<'de>>(
            self,
            mut access: A,
        ) -> Result<Self::Value, A::Error> {
            let mut map = Map::new();
            while let Some((name, value)) = access.next_entry::<String, Value>()? {
                if map.insert(name, value).is_some() {
                    return Err(serde::de::Error::custom("repeated member"));
                }
            }
            Ok(map)
        }
    }
    let mut reader = serde_json::Deserializer::from_slice(bytes);
    let map = serde::de::Deserializer::deserialize_map(&mut reader, Unique).ok()?;
    reader.end().ok()?;
    Some(map)
}
