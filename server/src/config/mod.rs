//! Configuration: `Raw` (as written) → [`resolve`] → [`Config`] (as meant).

mod raw;
mod reference;
mod resolve;
#[cfg(test)]
mod tests;

use std::{collections::BTreeMap, net::SocketAddr, path::PathBuf};

use auth_core::{Profile, login::LoginPolicy, password::HashCost};
use url::Url;
use zeroize::Zeroizing;

pub use reference::reference;
pub use resolve::{ConfigRefused, load};

/// The configuration as meant: consistent, defaults filled in, secrets read.
#[derive(Debug)]
pub struct Config {
    /// The address of this service as everybody sees it, without trailing slash.
    pub issuer: Url,
    /// Accepted `Host` values, `name[:port]`, the issuer's first.
    pub hosts: Vec<String>,
    /// Addresses to listen on.
    pub listen: Vec<SocketAddr>,
    /// Shown in the page header.
    pub county: String,
    /// The same on English pages.
    pub county_en: String,
    /// Family of algorithms.
    pub profile: Profile,
    /// Server certificate and key files; `None` means plain HTTP.
    pub tls: Option<TlsFiles>,
    /// Where rows are kept.
    pub database_url: Zeroizing<String>,
    /// Where counters and nonces are kept; `None` means in memory.
    pub cache_url: Option<Zeroizing<String>>,
    /// Where private keys are kept.
    pub keystore: KeystoreConfig,
    /// Limits and rules.
    pub policy: Policy,
    /// In whose name applications issue certificates: client id to credit code.
    pub client_organisations: BTreeMap<String, String>,
    /// The fictitious county: data, banners, open registration.
    pub demo: bool,
}

impl Config {
    /// Whether cookies carry `Secure` and the `__Host-` prefix.
    pub fn secure_cookies(&self) -> bool {
        self.issuer.scheme() == "https"
    }
}

/// Server certificate and key files, PEM.
#[derive(Clone, Debug)]
pub struct TlsFiles {
    /// Certificate chain, leaf first.
    pub certificate: PathBuf,
    /// Private key.
    pub key: PathBuf,
}

/// Where private keys are kept.
#[derive(Debug)]
pub enum KeystoreConfig {
    /// The simulated HSM, in process.
    HsmSim {
        /// Directory of tokens.
        directory: PathBuf,
        /// Label of the token.
        token: String,
        /// User PIN.
        pin: Zeroizing<String>,
    },
    /// A PKCS#11 module.
    Pkcs11 {
        /// Shared library of the vendor.
        module: PathBuf,
        /// Label of the token.
        token: String,
        /// User PIN.
        pin: Zeroizing<String>,
    },
}

/// Limits and rules.
#[derive(Clone, Copy, Debug)]
pub struct Policy {
    /// Fewest characters of a new password.
    pub min_password_chars: usize,
    /// Cost of Argon2id.
    pub hash_cost: HashCost,
    /// Hashes computed at once.
    pub parallel_hashes: usize,
    /// Logins waiting for a hash.
    pub queued_hashes: usize,
    /// Signing in and sessions.
    pub login: LoginPolicy,
    /// Whether applications may register themselves.
    pub open_registration: bool,
}
