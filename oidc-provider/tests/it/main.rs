//! The provider as clients, browsers and attackers meet it, on a real store in a test county.
#![allow(
    clippy::unwrap_used,
    clippy::print_stderr,
    clippy::print_stdout,
    unreachable_pub,
    missing_docs,
    reason = "tests"
)]

mod house;
mod metadata;
mod oidc_account;
mod oidc_core;
mod oidc_logout;
mod rfc6749_authorize;
mod rfc6749_client_auth;
mod rfc6749_token;
mod rfc6750_bearer;
mod rfc7591_registration;
mod rfc7636_pkce;
mod rfc8252_redirect;
mod rfc9068_access_token;
mod rfc9700_refresh;
mod row_14_client_state;
mod row_44_52_browser;
mod row_53_57_password;
