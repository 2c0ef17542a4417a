//! JSON Object Signing: JWK (RFC 7517), thumbprints (RFC 7638), compact JWS (RFC 7515).
//!
//! The algorithm is a property of the key that the verifier chose, never of the header; headers
//! that carry keys (`jwk`, `jku`, `x5u`) are refused unless the caller's rule reads them.

mod jwk;
mod jws;

pub use jwk::{from_jwk, thumbprint, to_jwk};
pub use jws::{Header, JoseError, Jws, MAX_COMPACT, sign};
