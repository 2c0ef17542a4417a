//! The configuration as written: one TOML file, unknown keys refused.

use std::collections::BTreeMap;

use serde::Deserialize;
use toml::Spanned;

/// The file as written. Every value keeps its place, so that a refusal can name the line.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Raw {
    /// The address of this service as everybody sees it; every URL is made from it.
    pub issuer: Spanned<String>,
    /// Further accepted `Host` values; the issuer's own is always accepted.
    #[serde(default)]
    pub hosts: Vec<Spanned<String>>,
    /// Addresses to listen on.
    pub listen: Option<Spanned<Vec<String>>>,
    /// A reverse proxy in front ends TLS; plain HTTP is then allowed here.
    pub behind_proxy: Option<Spanned<bool>>,
    /// Name of the county or body, shown in the page header.
    pub county: Option<Spanned<String>>,
    /// The same in English; left out, the Chinese name is shown.
    pub county_en: Option<Spanned<String>>,
    /// `intl` or `gm`.
    pub profile: Option<Spanned<String>>,
    /// Certificate and key of this server.
    pub tls: Option<Spanned<RawTls>>,
    /// Where rows are kept.
    pub database: Spanned<RawUrl>,
    /// Where counters and nonces are kept.
    pub cache: Option<Spanned<RawUrl>>,
    /// Where private keys are kept.
    pub keystore: Spanned<RawKeystore>,
    /// Limits and rules.
    #[serde(default)]
    pub policy: RawPolicy,
}

/// A URL, by value, file or environment: the last two keep passwords out of the file.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct RawUrl {
    /// The URL itself.
    pub url: Option<Spanned<String>>,
    /// A file that holds the URL.
    pub url_file: Option<Spanned<String>>,
    /// The name of an environment variable that holds the URL.
    pub url_env: Option<Spanned<String>>,
}

/// Server certificate and key, PEM.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct RawTls {
    /// Certificate chain, leaf first.
    pub certificate: Spanned<String>,
    /// PKCS#8 or SEC 1 private key.
    pub key: Spanned<String>,
}

/// The keystore.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct RawKeystore {
    /// `hsm-sim` or `pkcs11`.
    pub kind: Spanned<String>,
    /// For `hsm-sim`: the token's directory.
    pub directory: Option<Spanned<String>>,
    /// For `pkcs11`: the vendor's module.
    pub module: Option<Spanned<String>>,
    /// The token's label.
    pub token: Option<Spanned<String>>,
    /// A file that holds the user PIN.
    pub pin_file: Option<Spanned<String>>,
    /// The name of an environment variable that holds the user PIN.
    pub pin_env: Option<Spanned<String>>,
}

/// Limits and rules.
#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct RawPolicy {
    /// Passwords.
    pub password: RawPasswordPolicy,
    /// Signing in and sessions.
    pub login: auth_core::login::LoginPolicy,
    /// Whether applications may register themselves (RFC 7591).
    pub open_registration: bool,
    /// In whose name applications issue certificates: client id to credit code.
    pub client_organisations: BTreeMap<String, String>,
}

/// Rules for passwords.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct RawPasswordPolicy {
    /// Fewest characters of a new password (SP 800-63B-4: 15 where it is the only factor).
    pub min_chars: usize,
    /// Cost of Argon2id.
    pub cost: auth_core::password::HashCost,
    /// Hashes computed at once; each takes `cost.memory_kib` of memory.
    pub parallel_hashes: usize,
    /// Logins waiting for a hash before more are turned away.
    pub queued_hashes: usize,
}

impl Default for RawPasswordPolicy {
    fn default() -> Self {
        Self {
            min_chars: 15,
            cost: auth_core::password::HashCost::default(),
            parallel_hashes: 2,
            queued_hashes: 64,
        }
    }
}
