//! Taking apart, showing a part, verifying.

use auth_core::{
    jose::{Header, Jws},
    key::{PublicKey, SignatureAlgorithm},
};
use serde_json::{Map, Value};

use super::{Hash, MAX_DISCLOSURES, MAX_LENGTH, SdJwtError, TYP, disclose};
use crate::json;

/// An SD-JWT taken apart, not yet verified.
#[derive(Debug)]
pub struct SdJwt<'a> {
    jwt: Jws<'a>,
    jwt_text: &'a str,
    disclosures: Vec<&'a str>,
    /// Everything the key binding signs over: up to and including the last `~`.
    bound: &'a str,
    key_binding: Option<&'a str>,
}

impl<'a> SdJwt<'a> {
    /// Takes `<JWT>~<Disclosure>~…~[<KB-JWT>]` apart (RFC 9901 §4).
    pub fn parse(text: &'a str) -> Result<Self, SdJwtError> {
        if text.len() > MAX_LENGTH {
            return Err(SdJwtError::Limit);
        }
        let (bound, last) = text.rsplit_once('~').ok_or(SdJwtError::Malformed)?;
        let mut parts = bound.split('~');
        let jwt_text = parts.next().ok_or(SdJwtError::Malformed)?;
        let disclosures: Vec<&str> = parts.take(MAX_DISCLOSURES + 1).collect();
        if disclosures.len() > MAX_DISCLOSURES {
            return Err(SdJwtError::Limit);
        }
        if disclosures.iter().any(|part| part.is_empty()) {
            return Err(SdJwtError::Malformed);
        }
        Ok(Self {
            jwt: Jws::parse(jwt_text)?,
            jwt_text,
            disclosures,
            bound: text.get(..bound.len() + 1).ok_or(SdJwtError::Malformed)?,
            key_binding: (!last.is_empty()).then_some(last),
        })
    }

    /// The header, unverified: use it to find the issuer's key, nothing else.
    pub const fn header(&self) -> &Header {
        self.jwt.header()
    }

    /// The issuer's JWT alone.
    pub const fn jwt(&self) -> &'a str {
        self.jwt_text
    }

    /// The key binding JWT, unverified.
    pub const fn key_binding(&self) -> Option<&'a str> {
        self.key_binding
    }

    /// What a key binding signs over.
    pub(super) const fn bound(&self) -> &'a str {
        self.bound
    }

    /// Verifies the issuer's signature, then every rule of RFC 9901 §7.1 about digests, and gives
    /// the processed claims. Times, status, issuer and key binding are the caller's to check.
    pub fn verify(
        &self,
        key: &PublicKey,
        algorithm: SignatureAlgorithm,
    ) -> Result<Verified, SdJwtError> {
        let payload = self.jwt.verify(key, algorithm, TYP)?;
        let payload = json::strict_object(&payload, auth_core::jose::MAX_COMPACT)
            .ok_or(SdJwtError::Malformed)?;
        let hash = Hash::of(&payload)?;
        Ok(Verified { claims: disclose::process(payload, hash, &self.disclosures)?, hash })
    }

    /// The same certificate with only the top-level claims that `keep` picks, without key binding:
    /// what a holder hands out. Disclosures that cannot be read are dropped.
    pub fn present(&self, keep: impl Fn(&str) -> bool) -> String {
        let mut out = format!("{}~", self.jwt_text);
        for disclosure in &self.disclosures {
            if let Ok(disclose::Revealed::Claim(name, _)) = disclose::read(disclosure)
                && keep(&name)
            {
                out.push_str(disclosure);
                out.push('~');
            }
        }
        out
    }
}

/// A payload whose issuer signature and digests were verified.
#[derive(Clone, Debug, PartialEq)]
pub struct Verified {
    /// The claims revealed, in their places; no digest is left.
    pub claims: Map<String, Value>,
    /// The digest algorithm, which the key binding uses too.
    pub hash: Hash,
}
