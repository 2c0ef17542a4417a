//! Selective disclosure for JWTs (RFC 9901) and its certificate profile, SD-JWT VC.
//!
//! The issuer signs digests; the holder shows the claims he chooses; the verifier sees nothing
//! else. What this module accepts is what it issues: compact serialisation, `typ` `dc+sd-jwt`,
//! SHA-2 digests (or SM3 in the `gm` profile). JSON serialisation and type metadata by URL are
//! not spoken.

mod bind;
mod disclose;
mod issue;
mod present;

pub use bind::{KeyBinding, bind};
pub use disclose::Hash;
pub(crate) use issue::x5c;
pub use issue::{Draft, Issued, issue};
pub use present::{SdJwt, Verified};

/// Why an SD-JWT was refused: each variant is a broken rule.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum SdJwtError {
    /// A Disclosure in an `_sd` digest has not three elements, or one in an array slot not two
    /// (RFC 9901 §7.1 step 3).
    #[error("a disclosure has the wrong number of elements")]
    Arity,
    /// A revealed claim bears a name that exists at its level already (RFC 9901 §7.1 step 3.c.ii.3).
    #[error("a disclosed claim shadows another")]
    ClaimExists,
    /// A revealed claim is called `_sd` or `...`, or is one that may never be hidden: `iss`,
    /// `nbf`, `exp`, `cnf`, `vct`, `vct#integrity`, `aka_vcts`, `status` (SD-JWT VC §2.2.2.2).
    #[error("a disclosed claim has a forbidden name")]
    ClaimForbidden,
    /// Nested deeper, or with more Disclosures, than is read.
    #[error("the SD-JWT exceeds a limit")]
    Limit,
    /// Not base64url, not JSON, a repeated member, or not the form of RFC 9901 §4.
    #[error("malformed SD-JWT")]
    Malformed,
    /// The same digest stands in two places (RFC 9901 §7.1 step 4).
    #[error("a digest appears twice")]
    RepeatedDigest,
    /// A Disclosure that no digest refers to (RFC 9901 §7.1 step 5).
    #[error("a disclosure is not referred to by any digest")]
    Unreferenced,
    /// `_sd_alg` names a hash that is not accepted (RFC 9901 §4.1.1).
    #[error("the digest algorithm is not accepted")]
    UnknownHash,
    /// The key binding JWT does not fit the certificate or the question (RFC 9901 §7.3).
    #[error("the key binding is wrong: {0}")]
    KeyBinding(&'static str),
    /// The issuer's JWT was refused.
    #[error(transparent)]
    Jose(#[from] auth_core::jose::JoseError),
}

/// The `typ` of an SD-JWT VC; the media type is `application/dc+sd-jwt`. The name of drafts before
/// 2024-11, `vc+sd-jwt`, is not accepted.
pub const TYP: &str = "dc+sd-jwt";

/// Most Disclosures looked at. A certificate has a few dozen claims.
pub const MAX_DISCLOSURES: usize = 256;

/// Deepest chain of Disclosures inside Disclosures, counted together with plain nesting.
pub const MAX_DEPTH: usize = crate::json::MAX_DEPTH;

/// Longest single Disclosure, bytes of base64url.
pub const MAX_DISCLOSURE: usize = 16 * 1024;

/// Longest SD-JWT with all its parts, bytes.
pub const MAX_LENGTH: usize = 256 * 1024;
