//! What this domain is given: ports, keys, policy.

use std::{ops::Deref, sync::Arc};

use auth_core::{
    directory::Directory,
    key::{KeySet, SignatureAlgorithm},
    login::{SignIn, Throttle},
    profile::Profile,
    session::Sessions,
};
use axum::extract::FromRef;
use serde::{Deserialize, Serialize};
use zeroize::Zeroizing;

use crate::store::{Clients, Permissions, Tokens};

/// Everything the provider needs, joined in `server`.
#[derive(Clone)]
pub struct Deps {
    /// Issuer, time, randomness, page frame.
    pub shell: web::Shell,
    /// Client rows.
    pub clients: Arc<dyn Clients>,
    /// What people allowed.
    pub permissions: Arc<dyn Permissions>,
    /// Codes and refresh tokens.
    pub tokens: Arc<dyn Tokens>,
    /// Browser sessions.
    pub sessions: Arc<dyn Sessions>,
    /// People, organisations, mandates.
    pub directory: Directory,
    /// Password sign-in.
    pub sign_in: Arc<SignIn>,
    /// Counters for limits.
    pub throttle: Arc<dyn Throttle>,
    /// Signing keys: `RS256` and `ES256` always, `SM2withSM3` in the `gm` profile.
    pub keys: Arc<KeySet>,
    /// The family of algorithms of this installation.
    pub profile: Profile,
    /// What the keys of pending requests and of `sid` are derived from; the same on every node.
    pub flow_key: Zeroizing<[u8; 32]>,
    /// Lifetimes and permissions.
    pub policy: Policy,
}

impl Deps {
    /// A key for one purpose, so that no key serves two algorithms.
    pub(crate) fn key_for(&self, purpose: &str) -> Zeroizing<[u8; 32]> {
        Zeroizing::new(self.profile.hmac(&self.flow_key, &[purpose.as_bytes()]))
    }
}

/// Lifetimes and permissions, from the configuration.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Policy {
    /// Algorithm of access tokens; our own interfaces read them.
    pub access_token_alg: SignatureAlgorithm,
    /// Life of an access token, seconds.
    pub access_token_seconds: u32,
    /// Life of a code, seconds (ASVS 10.4.3: one minute at most).
    pub code_seconds: u32,
    /// Time a person has from the authorization request to the code, seconds.
    pub flow_seconds: u32,
    /// Life of an ID token, seconds.
    pub id_token_seconds: u32,
    /// Whether anybody may register a client (RFC 7591): the demo county only.
    pub open_registration: bool,
    /// Longest life of a family with `offline_access`, seconds.
    pub offline_seconds: u32,
    /// Longest life of a family without it, seconds; its browser session may end sooner.
    pub online_seconds: u32,
    /// Whether confidential clients need PKCE too; public ones always do.
    pub pkce_for_all: bool,
    /// Life of an unused refresh token, seconds.
    pub refresh_seconds: u32,
    /// Scopes of our own interfaces that clients may be registered for.
    pub resource_scopes: Vec<String>,
}

impl Default for Policy {
    fn default() -> Self {
        Self {
            access_token_alg: SignatureAlgorithm::Es256,
            access_token_seconds: 600,
            code_seconds: 60,
            flow_seconds: 1800,
            id_token_seconds: 600,
            open_registration: false,
            offline_seconds: 90 * 24 * 3600,
            online_seconds: 24 * 3600,
            pkce_for_all: false,
            refresh_seconds: 14 * 24 * 3600,
            resource_scopes: ["credential", "proof", "seal", "verify"].map(str::to_owned).to_vec(),
        }
    }
}

/// The handlers' state.
#[derive(Clone)]
pub(crate) struct App(pub(crate) Arc<Deps>);

impl Deref for App {
    type Target = Deps;
    fn deref(&self) -> &Deps {
        &self.0
    }
}

impl FromRef<App> for web::Shell {
    fn from_ref(app: &App) -> Self {
        app.shell.clone()
    }
}
