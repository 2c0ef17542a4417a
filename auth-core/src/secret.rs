//! Tokens and other secrets that outside programs hold, and what a store may keep of them.

use std::fmt;

use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD};
use sha2::{Digest, Sha256};
use zeroize::Zeroizing;

use crate::random::Random;

/// What a token is for. The prefix makes leaked tokens recognisable to scanners and keeps one
/// single-use store from answering for another (Keycloak CVE-2026-4282).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum TokenKind {
    /// OAuth access token (opaque form).
    Access,
    /// OAuth authorization code.
    Code,
    /// Authorization request kept for a browser between pages.
    Flow,
    /// One-use link that enrols an administrator.
    Enrolment,
    /// OAuth refresh token.
    Refresh,
    /// Generated client secret.
    ClientSecret,
    /// Browser session cookie.
    Session,
}

impl TokenKind {
    /// The typed prefix, `yx?_`.
    pub const fn prefix(self) -> &'static str {
        match self {
            Self::Access => "yxa_",
            Self::Code => "yxc_",
            Self::Flow => "yxf_",
            Self::Enrolment => "yxe_",
            Self::Refresh => "yxr_",
            Self::ClientSecret => "yxk_",
            Self::Session => "yxs_",
        }
    }
}

/// A bearer secret: typed prefix and 32 random bytes in base64url. Shown once, never stored.
#[derive(Clone)]
pub struct Token(Zeroizing<String>);

impl Token {
    /// A new token of this kind.
    pub fn new(kind: TokenKind, random: &dyn Random) -> Self {
        let bytes = Zeroizing::new(random.bytes::<32>());
        Self(Zeroizing::new(format!("{}{}", kind.prefix(), URL_SAFE_NO_PAD.encode(*bytes))))
    }

    /// Reads a token that somebody presented; `None` unless it has the form of `kind`.
    pub fn parse(kind: TokenKind, text: &str) -> Option<Self> {
        let body = text.strip_prefix(kind.prefix())?;
        (body.len() == 43 && URL_SAFE_NO_PAD.decode(body).is_ok())
            .then(|| Self(Zeroizing::new(text.to_owned())))
    }

    /// The secret itself, to hand to its owner.
    pub fn reveal(&self) -> &str {
        &self.0
    }

    /// What a store keeps: SHA-256 of the whole text. The input has 256 bits of entropy, so no
    /// slow hash is needed.
    pub fn hash(&self) -> TokenHash {
        TokenHash(Sha256::digest(self.0.as_bytes()).into())
    }
}

impl fmt::Debug for Token {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Token(…)")
    }
}

/// SHA-256 of a [`Token`].
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct TokenHash(pub [u8; 32]);

/// 128 random bits in base64url: `sub`, handles, form tokens.
pub fn handle(random: &dyn Random) -> String {
    URL_SAFE_NO_PAD.encode(random.bytes::<16>())
}

#[cfg(test)]
mod tests {
    use super::*;

    struct Fixed;
    impl Random for Fixed {
        fn fill(&self, buffer: &mut [u8]) {
            buffer.fill(9);
        }
    }

    #[test]
    fn a_token_of_one_kind_is_not_read_as_another() {
        let token = Token::new(TokenKind::Code, &Fixed);
        assert!(Token::parse(TokenKind::Code, token.reveal()).is_some());
        assert!(Token::parse(TokenKind::Refresh, token.reveal()).is_none());
        for cut in 0..token.reveal().len() {
            assert!(Token::parse(TokenKind::Code, &token.reveal()[..cut]).is_none());
        }
    }
}
