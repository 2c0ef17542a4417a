//! Clients: the applications that sign people in and call our interfaces.

use std::fmt;

use auth_core::{
    Random, Timestamp,
    id::ClientId,
    key::SignatureAlgorithm,
    secret::{Token, TokenHash, TokenKind},
};
use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};
use subtle::ConstantTimeEq;
use zeroize::Zeroizing;

use crate::{redirect::RedirectUri, scope::Scopes};

/// A registered client.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Client {
    /// Its id, `client_id`.
    pub id: ClientId,
    /// What it is registered for.
    pub registration: Registration,
    /// How it proves who it is.
    pub authentication: Authentication,
    /// When it was registered.
    pub created_at: Timestamp,
    /// When it was disabled.
    pub disabled_at: Option<Timestamp>,
}

impl Client {
    /// Whether the client holds a secret (RFC 6749 §2.1).
    pub const fn is_confidential(&self) -> bool {
        matches!(self.authentication, Authentication::Secret { .. })
    }

    /// Whether the client is registered for a grant.
    pub fn may_use(&self, grant: GrantType) -> bool {
        self.registration.grant_types.contains(&grant)
    }

    /// Whether a redirect URI of a request is registered.
    pub fn redirects_to(&self, presented: &str) -> bool {
        self.registration.redirect_uris.iter().any(|uri| uri.matches(presented))
    }

    /// Whether a post-logout redirect URI of a request is registered.
    pub fn logs_out_to(&self, presented: &str) -> bool {
        self.registration.post_logout_redirect_uris.iter().any(|uri| uri.matches(presented))
    }
}

/// What a client is registered for: all but its id, secret and state. Stored as JSON.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Registration {
    /// The name people see when they are asked to agree.
    pub name: String,
    /// The client's own page.
    #[serde(default)]
    pub client_uri: Option<String>,
    /// Where codes may go.
    pub redirect_uris: Vec<RedirectUri>,
    /// Where browsers may go after logout.
    #[serde(default)]
    pub post_logout_redirect_uris: Vec<RedirectUri>,
    /// Grants it may use.
    pub grant_types: Vec<GrantType>,
    /// Scopes it may ask for.
    pub scopes: Scopes,
    /// Algorithm of its ID tokens; `RS256` unless it asked otherwise (Core §15.1).
    pub id_token_alg: SignatureAlgorithm,
    /// Whether and when people are asked.
    pub consent: ConsentPolicy,
}

/// How a client proves who it is at the token endpoint.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Authentication {
    /// It has no secret (`none`); PKCE is required of it.
    Public,
    /// It holds a secret.
    Secret {
        /// SHA-256 of the secret.
        hash: TokenHash,
        /// Where the secret may be sent.
        method: SecretMethod,
    },
}

impl Authentication {
    /// A new secret for the client to keep, shown once, and what is kept of it here.
    pub fn generate(method: SecretMethod, random: &dyn Random) -> (Token, Self) {
        let token = Token::new(TokenKind::ClientSecret, random);
        let hash = token.hash();
        (token, Self::Secret { hash, method })
    }

    /// For a secret chosen by somebody: demo data only, since SHA-256 protects no guessable text.
    pub fn with_chosen_secret(secret: &str, method: SecretMethod) -> Self {
        Self::Secret { hash: secret_hash(secret), method }
    }

    /// `token_endpoint_auth_method` of RFC 7591; a client that may use either is `basic`'s.
    pub const fn as_str(&self) -> &'static str {
        match self {
            Self::Public => "none",
            Self::Secret { method: SecretMethod::Basic | SecretMethod::Either, .. } => {
                "client_secret_basic"
            }
            Self::Secret { method: SecretMethod::Post, .. } => "client_secret_post",
        }
    }
}

/// Where a client sends its secret.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum SecretMethod {
    /// `client_secret_basic`: the Authorization header.
    Basic,
    /// Either of the two, one at a time: for clients whose library chooses.
    Either,
    /// `client_secret_post`: the body.
    Post,
}

impl SecretMethod {
    /// Stable text for columns.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Basic => "basic",
            Self::Either => "either",
            Self::Post => "post",
        }
    }

    /// Reads what [`SecretMethod::as_str`] writes.
    pub fn parse(text: &str) -> Option<Self> {
        [Self::Basic, Self::Either, Self::Post].into_iter().find(|method| method.as_str() == text)
    }
}

/// A secret somebody presented; not yet compared.
pub struct PresentedSecret(Zeroizing<String>);

impl PresentedSecret {
    /// A secret as received.
    pub fn new(secret: &str) -> Self {
        Self(Zeroizing::new(secret.to_owned()))
    }

    /// Whether this is the secret of the hash; compared in constant time.
    pub fn is(&self, hash: &TokenHash) -> bool {
        secret_hash(&self.0).0.ct_eq(&hash.0).into()
    }
}

/// A grant type (RFC 6749 §1.3).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum GrantType {
    /// A person signs in; the client gets a code.
    AuthorizationCode,
    /// The client acts for itself.
    ClientCredentials,
    /// The client renews what a person allowed.
    RefreshToken,
}

impl GrantType {
    /// Every grant type, in alphabetical order.
    pub const ALL: [Self; 3] =
        [Self::AuthorizationCode, Self::ClientCredentials, Self::RefreshToken];

    /// The value of `grant_type`.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::AuthorizationCode => "authorization_code",
            Self::ClientCredentials => "client_credentials",
            Self::RefreshToken => "refresh_token",
        }
    }

    /// Reads a `grant_type`.
    pub fn parse(text: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|grant| grant.as_str() == text)
    }
}

impl fmt::Display for GrantType {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

/// When a person is asked to agree.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum ConsentPolicy {
    /// Every time.
    Always,
    /// Never: an application of the county itself, whose terms were agreed to elsewhere. The
    /// permission is still recorded and can be withdrawn.
    Never,
    /// Once, until more is asked or the permission is withdrawn.
    #[default]
    Remembered,
}

fn secret_hash(secret: &str) -> TokenHash {
    TokenHash(Sha256::digest(secret.as_bytes()).into())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_the_whole_secret_is_the_secret() {
        let Authentication::Secret { hash, .. } =
            Authentication::with_chosen_secret("demo-web-secret", SecretMethod::Either)
        else {
            panic!("a secret")
        };
        assert!(PresentedSecret::new("demo-web-secret").is(&hash));
        assert!(!PresentedSecret::new("demo-web-secre").is(&hash));
        assert!(!PresentedSecret::new("Demo-web-secret").is(&hash));
    }
}
