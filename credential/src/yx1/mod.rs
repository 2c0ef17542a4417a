//! 核验码: the signed statement inside a printed QR code, verifiable without the issuer.
//!
//! CWT claims ([`claims`]) in a COSE_Sign1 message ([`cose`]), compressed if that helps, in one of
//! three text forms ([`text`]). The key is named by eight bytes only, so a verifier needs the
//! signer's certificate beforehand: the trust file carries it.

pub mod cbor;
pub mod claims;
pub mod cose;
pub mod text;

pub use claims::{Claims, ClaimsError};
pub use cose::{CoseError, Sign1};
pub use text::{TextError, looks_like, to_compact, to_url, unpack};

use auth_core::key::{KeyError, Signer};

/// Signs claims into a COSE_Sign1 message.
pub async fn issue(signer: &Signer, claims: &Claims) -> Result<Vec<u8>, KeyError> {
    cose::sign(signer, &claims.encode()).await
}
