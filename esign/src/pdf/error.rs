//! Why a PDF was turned away.

use super::read::Irregularity;

/// Why a PDF was not read, signed or verified. Each variant is one broken rule.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum PdfRefused {
    /// The bytes are not the PDF syntax of ISO 32000-2 §7 where they have to be.
    #[error("not a readable PDF: {what} at byte {at}")]
    Broken {
        /// Offset in the file (or in the object stream) where reading stopped.
        at: usize,
        /// What was expected or found.
        what: &'static str,
    },
    /// The document is certified with "no changes allowed" (DocMDP P = 1), or a FieldMDP lock
    /// covers the new field.
    #[error("an earlier signature allows no further signature: {0}")]
    ChangesNotAllowed(&'static str),
    /// The CMS is longer than the space reserved for it: prepare again with more.
    #[error("signature needs {needed} bytes, {reserved} were reserved")]
    ContentsTooSmall {
        /// Length of the CMS, bytes.
        needed: usize,
        /// Bytes that were reserved.
        reserved: usize,
    },
    /// The document is encrypted (ISO 32000-2 §7.6): its password would be needed.
    #[error("the PDF is encrypted")]
    Encrypted,
    /// A form field of this name exists: two fields of one name make the earlier signature
    /// ambiguous.
    #[error("a form field named {0:?} exists already")]
    FieldExists(String),
    /// A field name must be 1 to 120 characters without a full stop or control characters.
    #[error("bad form field name")]
    FieldName,
    /// A hybrid-reference file (ISO 32000-2 §7.5.8.4) shows different documents to different
    /// readers.
    #[error("the PDF has a hybrid cross-reference table")]
    Hybrid,
    /// Readable, but not so exact that every reader sees the same document.
    #[error("the PDF is irregular: {0}")]
    Irregular(Irregularity),
    /// A limit of [`super::read::limits`] was passed.
    #[error("the PDF is larger or deeper than allowed: {0}")]
    Limit(&'static str),
    /// A certification signature must be the first signature (ISO 32000-2 §12.8.2.2.1).
    #[error("the PDF is signed already and can no longer be certified")]
    NotFirst,
    /// The document has fewer pages.
    #[error("the PDF has no page {0}")]
    NoSuchPage(usize),
    /// The rectangle or form box has no area, or a coordinate is not a finite number.
    #[error("the place of the visible signature has no area")]
    Place,
    /// XFA forms draw themselves from data that a PDF signature does not show.
    #[error("the PDF contains an XFA form")]
    Xfa,
}

impl PdfRefused {
    pub(crate) const fn broken(at: usize, what: &'static str) -> Self {
        Self::Broken { at, what }
    }
}
