//! A bounded, lazy reader of PDF files over bytes that nobody vouches for.
//!
//! [`Document::open`] reads only the cross-reference sections; objects are parsed when asked for
//! and kept. A [`View`] shows the document as it stood after one of its revisions.

mod document;
mod filter;
mod lexer;
pub mod limits;
mod object;
mod objstm;
mod pages;
mod view;
mod xref;

pub use document::{Document, Irregularity};
pub(crate) use lexer::{hex_digit, is_regular};
pub use object::{Dict, Name, Object, Ref, Stream, Text};
pub use pages::{Page, Rect};
pub(crate) use view::Place;
pub use view::{Held, View};
pub use xref::{Section, SectionKind};

#[cfg(test)]
mod tests;
