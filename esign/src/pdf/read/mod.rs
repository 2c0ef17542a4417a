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
mod xref;

pub(crate) use document::Place;
pub use document::{Document, Held, Irregularity, View};
pub(crate) use lexer::{hex_digit, is_regular};
pub use object::{Dict, Name, Object, Ref, Stream, Text};
pub use pages::{Page, Rect};
pub use xref::{Section, SectionKind};
