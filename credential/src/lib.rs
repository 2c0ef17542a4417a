//! 电子证照 and 无证明: electronic certificates in forms that anybody can check, and the answers that
//! replace paper proofs.
//!
//! A certificate is one record in two signed forms, an SD-JWT VC ([`sd_jwt`]) and a printed code
//! ([`yx1`]), with one place in a status list ([`status`]). [`verify()`] judges either form, without
//! a database. [`flow`] issues, revokes, publishes, asks, and answers.
//!
//! This room refuses to hand out data where an answer will do: who asks gets yes, no or
//! undetermined and a receipt, never the record.
//!
//! To add a type of certificate: a constant in [`kinds`]. To add a question: one in [`items`].

mod act;
mod error;
pub mod flow;
mod http;
pub mod identifier;
pub mod items;
mod json;
pub mod kinds;
pub mod qr;
pub mod receipt;
pub mod sd_jwt;
pub mod status;
pub mod store;
mod texts;
pub mod trust;
pub mod verify;
pub mod yx1;

pub use act::Act;
pub use error::{Tell, Told};
pub use flow::{Authority, Policy, Registry};
pub use http::{Deps, openapi, router};
pub use texts::CATALOG;
pub use trust::TrustList;
pub use verify::{OfflineVerifier, OnlineVerifier, verify};
