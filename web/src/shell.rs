//! What every page and endpoint shares: the issuer, time, randomness and sessions.

use std::sync::Arc;

use auth_core::{Clock, Random, Timestamp, session::ReadSession};
use url::Url;
use zeroize::Zeroizing;

use crate::{
    catalog::{Catalog, Texts},
    lang::Lang,
};

/// Cheap to clone; handed to every room in its `Deps`.
///
/// A handler's state must give one out: `impl FromRef<Deps> for web::Shell`.
#[derive(Clone)]
pub struct Shell(Arc<Inner>);

struct Inner {
    config: ShellConfig,
    origin: String,
    names: CookieNames,
}

/// What a [`Shell`] is made from.
pub struct ShellConfig {
    /// Base address of everything this program hands out; never taken from a request.
    pub issuer: Url,
    /// `__Host-` cookies with `Secure`; `false` only on the plain-HTTP demo.
    pub secure_cookies: bool,
    /// Key of the form tokens; the same on every node.
    pub form_key: Zeroizing<[u8; 32]>,
    /// Asked once per request.
    pub clock: Arc<dyn Clock>,
    /// Source of randomness.
    pub random: Arc<dyn Random>,
    /// Reads the session behind a cookie.
    pub sessions: Arc<dyn ReadSession>,
    /// Whether this is the demo county: every page says so.
    pub demo: bool,
    /// Name of the county in the page header.
    pub county: County,
}

/// Name of the county, in both languages.
#[derive(Clone, Debug)]
pub struct County {
    /// Chinese, `示例县`.
    pub zh_cn: String,
    /// English, `Example County`.
    pub en: String,
}

/// Names of our cookies.
#[derive(Clone, Copy, Debug)]
pub struct CookieNames {
    /// The session token.
    pub session: &'static str,
    /// Random value that form tokens are bound to.
    pub form: &'static str,
    /// Chosen language.
    pub lang: &'static str,
    /// Chosen type size.
    pub size: &'static str,
    /// Encrypted authorization request between pages; written by `oidc-provider`.
    pub flow: &'static str,
}

impl Shell {
    /// A shell; `server` builds one, tests build one with a fixed clock.
    pub fn new(config: ShellConfig) -> Self {
        let origin = config.issuer.origin().ascii_serialization();
        let names = if config.secure_cookies { SECURE_NAMES } else { PLAIN_NAMES };
        Self(Arc::new(Inner { config, origin, names }))
    }

    /// The issuer as other programs compare it: no trailing slash when it has no path.
    pub fn issuer(&self) -> &str {
        self.0.config.issuer.as_str().trim_end_matches('/')
    }

    /// Absolute URL of a path (`/verify`) under the issuer.
    pub fn url(&self, path: &str) -> String {
        format!("{}{path}", self.issuer())
    }

    /// Scheme, host and port of the issuer, as a browser writes it in `Origin`.
    pub fn origin(&self) -> &str {
        &self.0.origin
    }

    /// The current time.
    pub fn now(&self) -> Timestamp {
        self.0.config.clock.now()
    }

    /// The source of randomness.
    pub fn random(&self) -> &dyn Random {
        &*self.0.config.random
    }

    /// Whether this is the demo county.
    pub fn demo(&self) -> bool {
        self.0.config.demo
    }

    /// Name of the county.
    pub fn county(&self, lang: Lang) -> &str {
        match lang {
            Lang::En => &self.0.config.county.en,
            Lang::ZhCn => &self.0.config.county.zh_cn,
        }
    }

    /// Texts of a catalogue in one language, for templates.
    pub fn texts(&self, lang: Lang, catalog: &'static Catalog) -> Texts {
        catalog.texts(lang)
    }

    /// Names of our cookies here.
    pub fn cookies(&self) -> CookieNames {
        self.0.names
    }

    /// `Set-Cookie` value for one of our cookies, for `seconds` or until the browser closes.
    pub fn set_cookie(&self, name: &str, value: &str, seconds: Option<i64>) -> String {
        let secure = if self.0.config.secure_cookies { "; Secure" } else { "" };
        let age = seconds.map_or_else(String::new, |seconds| format!("; Max-Age={seconds}"));
        format!("{name}={value}; Path=/; HttpOnly; SameSite=Lax{secure}{age}")
    }

    /// `Set-Cookie` value that removes one of our cookies.
    pub fn clear_cookie(&self, name: &str) -> String {
        self.set_cookie(name, "", Some(0))
    }

    pub(crate) fn form_key(&self) -> &[u8; 32] {
        &self.0.config.form_key
    }

    pub(crate) fn sessions(&self) -> &dyn ReadSession {
        &*self.0.config.sessions
    }
}

impl CookieNames {
    pub(crate) fn all(&self) -> [&'static str; 5] {
        [self.session, self.form, self.lang, self.size, self.flow]
    }
}

/// `__Host-` keeps a subdomain or a plain-HTTP neighbour from setting our cookies
/// (RFC 6265bis §4.1.3.2; row 52 of the attack table).
const SECURE_NAMES: CookieNames = CookieNames {
    session: "__Host-yx_session",
    form: "__Host-yx_form",
    lang: "__Host-yx_lang",
    size: "__Host-yx_size",
    flow: "__Host-yx_flow",
};
const PLAIN_NAMES: CookieNames = CookieNames {
    session: "yx_session",
    form: "yx_form",
    lang: "yx_lang",
    size: "yx_size",
    flow: "yx_flow",
};
