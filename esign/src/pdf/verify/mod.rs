//! Verifying: every signature with what it covers, what came after it, and whether its value holds.
//!
//! Two steps. [`inspect`] looks at structure only: exact byte ranges, the revision a signature
//! closes, and every later revision, in which nothing is permitted but what this module knows to be
//! harmless. [`verify`] adds the CMS of each signature. Trust in the signer's certificate is not
//! asked here: the caller takes it to `pki::path`.

mod change;
mod diff;
mod found;
mod inspect;
mod signature;

pub use change::{Change, ChangeKind};
pub use found::{FoundSignature, SignatureKind};
pub use inspect::inspect;
pub use signature::{PdfSignature, verify};
