//! QR codes (ISO/IEC 18004): drawing ours, reading anybody's.

mod draw;
mod finders;
mod picture;
mod read;
mod sample;

pub use draw::{MAX_VERSION, QrCode, QrError, TARGET_VERSION};
pub use read::{MAX_PIXELS, PictureError, is_picture, read};
