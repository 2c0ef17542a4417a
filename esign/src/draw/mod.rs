//! Pictures as vectors: the round seal (公章), written as PDF operators, SVG or PNG.
//!
//! To add a form of seal (an oval one for contracts, a square one for a person): make a [`Picture`]
//! in a file beside `seal.rs`; the three writers take it as it is.

mod arc;
mod output;
mod path;
mod seal;

pub(crate) use output::number;
pub use path::{Paint, Path, Picture, Point, Rgb, Shape, Step};
pub use seal::{DrawError, RoundSeal, SEAL_RED};

/// PDF points in a millimetre.
pub const MM: f32 = 72.0 / 25.4;

#[cfg(test)]
mod tests;
