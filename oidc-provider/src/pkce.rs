//! Proof Key for Code Exchange (RFC 7636), method `S256` only.

use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD};
use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};
use subtle::ConstantTimeEq;

/// A `code_challenge` of method `S256`: base64url of a SHA-256 digest.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Challenge(String);

impl Challenge {
    /// Reads a challenge; `None` unless it is 43 characters that decode to 32 bytes.
    pub fn parse(text: &str) -> Option<Self> {
        let decoded = URL_SAFE_NO_PAD.decode(text).ok()?;
        (decoded.len() == 32).then(|| Self(text.to_owned()))
    }

    /// A challenge read back from the store.
    pub fn from_stored(text: impl Into<String>) -> Self {
        Self(text.into())
    }

    /// The challenge as text.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// Whether a verifier belongs to this challenge (RFC 7636 §4.6).
    pub fn answers(&self, verifier: &Verifier<'_>) -> bool {
        let computed = URL_SAFE_NO_PAD.encode(Sha256::digest(verifier.0));
        computed.as_bytes().ct_eq(self.0.as_bytes()).into()
    }
}

/// A `code_verifier` of the right form: 43 to 128 unreserved characters (RFC 7636 §4.1).
#[derive(Clone, Copy)]
pub struct Verifier<'a>(&'a str);

impl<'a> Verifier<'a> {
    /// Reads a verifier; `None` when its form is wrong.
    pub fn parse(text: &'a str) -> Option<Self> {
        let unreserved =
            |b: u8| b.is_ascii_alphanumeric() || matches!(b, b'-' | b'.' | b'_' | b'~');
        ((43..=128).contains(&text.len()) && text.bytes().all(unreserved)).then_some(Self(text))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The example of RFC 7636 appendix B.
    #[test]
    fn rfc7636_appendix_b() {
        let challenge = Challenge::parse("E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM").unwrap();
        let right = Verifier::parse("dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk").unwrap();
        let wrong = Verifier::parse("dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXl").unwrap();
        assert!(challenge.answers(&right) && !challenge.answers(&wrong));
    }

    #[test]
    fn forms_are_checked() {
        assert!(Challenge::parse("plain-text").is_none());
        assert!(Verifier::parse(&"a".repeat(42)).is_none());
        assert!(Verifier::parse(&"a".repeat(129)).is_none());
        assert!(Verifier::parse(&"a".repeat(128)).is_some());
        assert!(Verifier::parse(&" ".repeat(43)).is_none());
    }
}
