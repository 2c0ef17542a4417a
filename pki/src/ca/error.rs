//! Why an authority did not do what was asked.

use auth_core::{Fault, key::KeyError};

use crate::{lint::Finding, name::NameError};

/// Why an authority refused or failed.
#[derive(Debug, thiserror::Error)]
pub enum CaError {
    /// Store or keystore below.
    #[error(transparent)]
    Fault(#[from] Fault),
    /// An id that cannot stand in an address.
    #[error("an authority's id is 1 to 32 of a-z, 0-9 and -")]
    Id,
    /// The key is of a kind that is not certified, or of another kind than asked for.
    #[error("the key's kind does not fit")]
    Key,
    /// The keystore refused.
    #[error(transparent)]
    Keystore(#[from] KeyError),
    /// The draft breaks rules; nothing was signed.
    #[error("the draft breaks {} rules, first: {}", .0.len(), .0.first().map_or_else(String::new, ToString::to_string))]
    Lint(Vec<Finding>),
    /// A name that cannot be written.
    #[error(transparent)]
    Name(#[from] NameError),
    /// This profile is made by `create_root` and `create_issuing` only.
    #[error("authorities are not issued like other certificates")]
    Profile,
    /// The authority's own certificate is over.
    #[error("the authority is not valid at this time")]
    NotValid,
    /// No such authority.
    #[error("no such certificate authority")]
    UnknownAuthority,
    /// No such certificate.
    #[error("no such certificate")]
    UnknownCertificate,
}
