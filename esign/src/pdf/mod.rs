//! PDF: reading, signing and verifying (ISO 32000-2 §12.8, ETSI EN 319 142-1).
//!
//! Three rooms, each usable alone: [`read`] is a bounded reader over bytes that we do not trust;
//! [`sign`] adds one incremental update that holds a signature; [`verify`] says for every signature
//! what it covers and what happened to the document since.
//!
//! It refuses to be a PDF editor or a viewer: content streams are never interpreted, a broken
//! cross-reference table is never rebuilt by guessing (two readers would guess two documents), and
//! encrypted and hybrid-reference files are turned away with a reason.

mod error;
mod form;
mod policy;
pub mod read;
pub mod sign;
mod text;
pub mod verify;

pub use error::PdfRefused;
