//! Sets documents of our own making as PDF 1.7: letters, the printed face of a certificate,
//! receipts.
//!
//! Measures follow GB/T 9704-2012 (党政机关公文格式): A4, text of 156 × 225 mm, body of size 3
//! (16 points) at 22 lines a page, page number between dashes. A seal stands over the closing
//! (骑年盖月). The same draft gives the same bytes.
//!
//! It is no general typesetter: one column, two faces, left to right.

mod breaking;
mod compose;
mod embed;
mod qr;
mod table;
mod writer;

use auth_core::port::{DocumentDraft, DocumentRenderer, DraftRefused, RenderedDocument};

/// Implements the port for other domains.
#[derive(Clone, Copy, Debug, Default)]
pub struct Typesetter;

impl DocumentRenderer for Typesetter {
    fn render(&self, draft: &DocumentDraft) -> Result<RenderedDocument, DraftRefused> {
        render(draft)
    }
}

/// Sets a document.
///
/// # Errors
/// [`DraftRefused::Glyph`] names a character that the fonts lack; see its siblings for the rest.
pub fn render(draft: &DocumentDraft) -> Result<RenderedDocument, DraftRefused> {
    let composed = compose::compose(draft)?;
    Ok(RenderedDocument {
        pages: composed.pages.len(),
        seal_at: composed.seal_at,
        pdf: writer::write(draft, &composed.pages),
    })
}

#[cfg(test)]
mod tests;
