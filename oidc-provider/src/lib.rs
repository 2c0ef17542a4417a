//! Domain 1: the OpenID provider. Clients, permissions, tokens; `/login`, `/logout`, `/account`.
//!
//! It refuses to be a user directory (that is `auth_core::directory`), a database (that is `store`)
//! or a place for keys (that is a [`Keystore`](auth_core::key::Keystore)).
//!
//! A request walks one way: raw parameters → ordered checks, client and redirect URI first →
//! [`Destination`](flow::authorize::Destination) → sign-in and consent pages, the request meanwhile
//! encrypted in the browser → one act: permission and code → `/token`: client, code, state of the
//! subject, signatures → one act: code used, refresh token written → answer.
//!
//! - To add a grant: see `flow/token/mod.rs`.
//! - To add a rule: a line in the table of [`error`], a check that returns it, a test in
//!   `tests/it/rfcNNNN_*.rs`; if it is shown on a page, `rule-Name` in both `locales/*.ftl`.
//! - To add a state that stops tokens: a member of [`subject::Standing`].
//! - To add a scope: its word in [`scope`], its claims in `flow/claims.rs`, `scope-word` and
//!   `scope-word-text` in both `locales/*.ftl`.

pub mod admin;
pub mod client;
pub mod demo;
mod deps;
pub mod error;
pub mod event;
mod flow;
pub mod grant;
mod http;
mod jwt;
mod params;
pub mod pkce;
mod pool;
pub mod redirect;
pub mod scope;
pub mod store;
pub mod subject;

use std::sync::{Arc, LazyLock};

use auth_core::port::AccessTokens;

pub use self::http::router;
pub use deps::{Deps, Policy};
pub use pool::BoundedHashPool;

/// Checks access tokens for the other domains, over the same ports as [`router`].
pub fn access_tokens(deps: Arc<Deps>) -> Arc<dyn AccessTokens> {
    Arc::new(deps::App(deps))
}

/// This domain's texts.
static CATALOG: LazyLock<web::Catalog> = LazyLock::new(|| {
    web::Catalog::new(include_str!("../locales/zh-CN.ftl"), include_str!("../locales/en.ftl"))
});

#[cfg(test)]
mod tests {
    use super::CATALOG;
    use crate::{error::Rule, scope};

    #[test]
    fn every_text_is_there_in_both_languages() {
        for source in [
            include_str!("../templates/account.html"),
            include_str!("../templates/consent.html"),
            include_str!("../templates/login.html"),
            include_str!("../templates/logout.html"),
            include_str!("../templates/logout_done.html"),
            include_str!("../templates/password.html"),
            include_str!("http/account.rs"),
            include_str!("http/authorize.rs"),
            include_str!("http/login.rs"),
            include_str!("http/logout.rs"),
        ] {
            assert_eq!(CATALOG.unknown_in(source), Vec::<String>::new());
        }
        for word in scope::PERSONAL {
            assert!(CATALOG.has(&format!("scope-{word}-text")), "{word}");
        }
        assert_eq!(CATALOG.missing(), Vec::<String>::new());
    }

    /// Rules that are shown on a page of ours, and so need words for people.
    #[test]
    fn rules_shown_on_pages_have_texts() {
        for rule in [
            Rule::ClientIdMissing,
            Rule::ClientUnknown,
            Rule::RedirectUriMissing,
            Rule::RedirectUriUnregistered,
            Rule::RequestTooLarge,
            Rule::FlowLost,
            Rule::ParameterRepeated,
        ] {
            assert!(CATALOG.has(&format!("rule-{}", rule.name())), "{}", rule.name());
        }
    }
}
