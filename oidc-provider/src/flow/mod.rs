//! Decisions. Nothing here mentions HTTP: requests come in as parameters, answers go out as values.

pub(crate) mod account;
pub(crate) mod authorize;
pub(crate) mod claims;
pub(crate) mod client_auth;
pub(crate) mod logout;
pub(crate) mod pending;
pub(crate) mod register;
pub(crate) mod token;
