//! Domain 2: seals and signed documents.
//!
//! A seal (电子印章) is a picture of an organisation's authority bound to a key and a certificate.
//! This crate draws it, keeps its life, decides who may use it, sets it on a PDF (PAdES) or signs any
//! file with it (CMS), and verifies what others sealed.
//!
//! It refuses to be a certificate authority (`pki`), a keystore or a database: keys are
//! [`auth_core::key::Signer`]s, rows are behind the ports of [`store`].
//!
//! To add a format that can be sealed: recognise it in `flow::format`, sign it there, and verify it
//! in `flow::verify`; the approvals, records and pages stay as they are.

pub mod act;
pub mod cms;
pub mod draw;
pub mod error;
pub mod flow;
pub mod font;
mod http;
pub mod layout;
pub mod pdf;
pub mod request;
pub mod seal;
pub mod store;

pub use http::{Deps, openapi, router};
