//! Signing in stages that cannot be taken out of order: bytes → [`Prepared`] → signed bytes.
//!
//! [`prepare`] appends one incremental update with the field, its widget and a gap for the CMS; the
//! original bytes stay an exact prefix, so signatures already there stay valid. The caller signs
//! [`Prepared::digest`] (or [`Prepared::signed_parts`]) and hands the CMS to [`Prepared::fill`].

mod appearance;
mod field;
mod prepare;
mod prepared;
mod write;

pub use appearance::{Appearance, Resource};
pub use field::{Certification, SignatureField};
pub use prepare::{layout, prepare};
pub use prepared::Prepared;
