//! X.509 for Yinxin: certificates and revocation lists, an authority that issues them, and the
//! validation of paths to trust anchors; P-256, RSA, Ed25519 and SM2 alike.
//!
//! It refuses to be a general PKI toolkit: no requests from strangers (certificates are issued to
//! keys in our own keystores by our own flows), no BER, no algorithms weaker than SHA-256 and SM3,
//! no fetching while it verifies. What was signed is kept as it came and never re-encoded.
//!
//! To add a kind of certificate: a constant in `cert/profile.rs` (and in `PROFILES`), the rules it
//! must meet in `lint.rs`, and where it is judged, a `path::Purpose`.

pub mod algorithm;
pub mod asn1;
pub mod ca;
pub mod cert;
pub mod crl;
pub mod event;
mod http;
pub mod judge;
pub mod lint;
pub mod name;
pub mod oid;
pub mod path;
pub mod pem;
pub mod status;
pub mod store;
pub mod trust;

pub use cert::Certificate;
pub use http::{Deps, router};
pub use judge::{Judgement, Knowledge, judge};
pub use name::{Name, NameParts};
