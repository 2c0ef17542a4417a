//! Every rule of the seal domain, and what the outside is told when it is broken.

use auth_core::{Fault, key::KeyError, port::SealRefused};

use crate::{
    cms::CmsError, draw::DrawError, pdf::PdfRefused, request::MayNotDecide, seal::NotUsable,
    seal::SealState,
};

/// Why the seal domain did not do what was asked.
#[derive(Debug, thiserror::Error)]
pub enum SealError {
    /// The document is no PDF that can be sealed so that every reader sees the same.
    #[error(transparent)]
    Document(#[from] PdfRefused),
    /// There is nothing to seal.
    #[error("the document is empty")]
    Empty,
    /// The seal cannot be drawn.
    #[error(transparent)]
    Draw(#[from] DrawError),
    /// Something underneath failed.
    #[error(transparent)]
    Fault(#[from] Fault),
    /// The request may not be decided so.
    #[error(transparent)]
    Decide(#[from] MayNotDecide),
    /// The idempotency key was used with another request.
    #[error("the idempotency key was used for another request")]
    KeyReused,
    /// A request with the same idempotency key is being worked on.
    #[error("a request with this idempotency key is under way")]
    InProgress,
    /// The application has too much output kept.
    #[error("too much output is kept for this application")]
    KeptFull,
    /// The person or application may not use this seal.
    #[error("no right to this seal")]
    NotAllowed,
    /// No such seal or request, or none that the asker may see.
    #[error("unknown")]
    NotFound,
    /// A state that the present one cannot become.
    #[error("a seal that is {} cannot become {}", from.as_str(), to.as_str())]
    NotPossible {
        /// The present state.
        from: SealState,
        /// The one asked for.
        to: SealState,
    },
    /// The seal or its certificate may not be used now.
    #[error(transparent)]
    NotUsable(#[from] NotUsable),
    /// Another seal has this number.
    #[error("the number is taken")]
    NumberTaken,
    /// Somebody else changed the same thing at the same time.
    #[error("changed by somebody else meanwhile")]
    Raced,
    /// A refusal needs a reason.
    #[error("a reason is needed")]
    ReasonMissing,
    /// A text is too long.
    #[error("a text is too long")]
    TextTooLong,
    /// The document is larger than allowed.
    #[error("the document is larger than {limit} bytes")]
    TooLarge {
        /// The limit in bytes.
        limit: usize,
    },
    /// The asker has too many requests whose documents are kept.
    #[error("too many open requests")]
    TooMany,
}

/// What the outside is told: a stable code and an HTTP status. The sentence is `error-<code>` in
/// the catalogue.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Answer {
    /// Stable, kebab-case.
    pub code: &'static str,
    /// HTTP status.
    pub status: u16,
}

impl SealError {
    /// The answer for the outside; detail goes to log and audit.
    pub const fn answer(&self) -> Answer {
        let (code, status) = match self {
            Self::Decide(MayNotDecide::NotWaiting) => ("not-waiting", 409),
            Self::Decide(MayNotDecide::OwnRequest) => ("own-request", 403),
            Self::Document(PdfRefused::Encrypted) => ("document-encrypted", 422),
            Self::Document(PdfRefused::ChangesNotAllowed(_)) => ("document-certified", 422),
            Self::Document(PdfRefused::NoSuchPage(_) | PdfRefused::Place) => ("place", 422),
            Self::Document(_) => ("document", 422),
            Self::Draw(_) => ("drawing", 422),
            Self::Empty => ("document-empty", 422),
            Self::Fault(Fault::Busy) => ("busy", 503),
            Self::Fault(Fault::Corrupt) => ("internal", 500),
            Self::Fault(Fault::Unavailable) => ("unavailable", 503),
            Self::InProgress => ("in-progress", 409),
            Self::KeptFull => ("kept-full", 429),
            Self::KeyReused => ("idempotency-key-reused", 422),
            Self::NotAllowed => ("not-allowed", 403),
            Self::NotFound => ("not-found", 404),
            Self::NotPossible { .. } => ("not-possible", 409),
            Self::NotUsable(NotUsable::Expired) => ("seal-expired", 409),
            Self::NotUsable(NotUsable::Revoked) => ("seal-revoked", 409),
            Self::NotUsable(NotUsable::Suspended) => ("seal-suspended", 409),
            Self::NumberTaken => ("number-taken", 409),
            Self::Raced => ("raced", 409),
            Self::ReasonMissing => ("reason-missing", 422),
            Self::TextTooLong => ("text-too-long", 422),
            Self::TooLarge { .. } => ("too-large", 413),
            Self::TooMany => ("too-many", 429),
        };
        Answer { code, status }
    }
}

impl From<KeyError> for SealError {
    fn from(error: KeyError) -> Self {
        tracing::error!(%error, "keystore");
        Self::Fault(error.into())
    }
}

impl From<CmsError> for SealError {
    fn from(error: CmsError) -> Self {
        match error {
            CmsError::Key(error) => error.into(),
            other => {
                // Key, certificate and algorithm were checked when the seal was made.
                tracing::error!(error = %other, "signature refused");
                Self::Fault(Fault::Corrupt)
            }
        }
    }
}

impl SealError {
    /// As another domain is told.
    ///
    /// # Errors
    /// A fault stays one.
    pub fn refused(self) -> Result<SealRefused, Fault> {
        match self {
            Self::Fault(fault) => Err(fault),
            Self::NotFound => Ok(SealRefused::NoSeal),
            Self::NotUsable(_) | Self::NotAllowed => Ok(SealRefused::NotActive),
            other => {
                tracing::warn!(error = %other, "document not sealed");
                Ok(SealRefused::Document)
            }
        }
    }
}

/// Every code of [`Answer`], in alphabetical order.
pub const CODES: [&str; 26] = [
    "busy",
    "document",
    "document-certified",
    "document-empty",
    "document-encrypted",
    "drawing",
    "idempotency-key-reused",
    "in-progress",
    "internal",
    "kept-full",
    "not-allowed",
    "not-found",
    "not-possible",
    "not-waiting",
    "number-taken",
    "own-request",
    "place",
    "raced",
    "reason-missing",
    "seal-expired",
    "seal-revoked",
    "seal-suspended",
    "text-too-long",
    "too-large",
    "too-many",
    "unavailable",
];

#[cfg(test)]
mod tests {
    use super::*;
    use crate::font::MissingGlyph;

    /// The whole table: what outside programs rely on.
    #[test]
    fn the_table() {
        use SealState::{Active, Destroyed};
        let glyph = DrawError::Glyph(MissingGlyph { character: '龘' });
        let table: Vec<(SealError, &str, u16)> = vec![
            (SealError::Fault(Fault::Busy), "busy", 503),
            (PdfRefused::FieldName.into(), "document", 422),
            (PdfRefused::ChangesNotAllowed("x").into(), "document-certified", 422),
            (SealError::Empty, "document-empty", 422),
            (PdfRefused::Encrypted.into(), "document-encrypted", 422),
            (glyph.into(), "drawing", 422),
            (SealError::KeyReused, "idempotency-key-reused", 422),
            (SealError::InProgress, "in-progress", 409),
            (SealError::Fault(Fault::Corrupt), "internal", 500),
            (SealError::KeptFull, "kept-full", 429),
            (SealError::NotAllowed, "not-allowed", 403),
            (SealError::NotFound, "not-found", 404),
            (SealError::NotPossible { from: Destroyed, to: Active }, "not-possible", 409),
            (MayNotDecide::NotWaiting.into(), "not-waiting", 409),
            (SealError::NumberTaken, "number-taken", 409),
            (MayNotDecide::OwnRequest.into(), "own-request", 403),
            (PdfRefused::NoSuchPage(9).into(), "place", 422),
            (SealError::Raced, "raced", 409),
            (SealError::ReasonMissing, "reason-missing", 422),
            (NotUsable::Expired.into(), "seal-expired", 409),
            (NotUsable::Revoked.into(), "seal-revoked", 409),
            (NotUsable::Suspended.into(), "seal-suspended", 409),
            (SealError::TextTooLong, "text-too-long", 422),
            (SealError::TooLarge { limit: 1 }, "too-large", 413),
            (SealError::TooMany, "too-many", 429),
            (SealError::Fault(Fault::Unavailable), "unavailable", 503),
        ];
        for (error, code, status) in &table {
            assert_eq!(error.answer(), Answer { code, status: *status }, "{error}");
        }
        let codes: Vec<&str> = table.iter().map(|(_, code, _)| *code).collect();
        assert_eq!(codes, CODES);
    }
}
