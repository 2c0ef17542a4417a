//! Reading QR codes from pictures that strangers upload.

use super::{
    finders,
    picture::{Bitmap, JPEG, PNG, Picture},
    sample,
};

/// Whether these bytes are a picture this module reads: PNG or JPEG, by their first bytes.
pub fn is_picture(bytes: &[u8]) -> bool {
    bytes.starts_with(PNG) || bytes.starts_with(JPEG)
}

/// The texts of the QR codes in a PNG or JPEG picture, at most [`MAX_CODES`], in no order. The
/// first frame of an animation is looked at. Bounded by [`MAX_PIXELS`] before anything is decoded.
pub fn read(bytes: &[u8]) -> Result<Vec<String>, PictureError> {
    if bytes.len() > MAX_BYTES {
        return Err(PictureError::TooLarge);
    }
    let picture = Picture::decode(bytes)?;
    // A telephone picture has many pixels a module; smaller copies are quicker to search and
    // average its noise away. At 2,000 pixels a code of version 18 may fill a sixth of the width.
    for target in SCAN_SIDES {
        let factor = picture.width.max(picture.height).div_ceil(target).max(1);
        let texts = search(&picture.reduced(factor));
        if !texts.is_empty() {
            return Ok(texts);
        }
        if factor == 1 {
            break;
        }
    }
    Err(PictureError::NoCode)
}

/// Looks for codes in a picture, smoothed and as it is, in even and uneven light.
fn search(picture: &Picture) -> Vec<String> {
    let smooth = picture.smoothed();
    let ways: [&dyn Fn() -> Bitmap; 4] = [
        &|| smooth.by_global_threshold(),
        &|| smooth.by_local_threshold(),
        &|| picture.by_global_threshold(),
        &|| picture.by_local_threshold(),
    ];
    for way in ways {
        let texts = codes(&way());
        if !texts.is_empty() {
            return texts;
        }
    }
    Vec::new()
}

fn codes(bitmap: &Bitmap) -> Vec<String> {
    let corners = finders::find(bitmap);
    let mut texts = Vec::new();
    for triple in finders::triples(&corners) {
        if let Some(text) = sample::decode(bitmap, &triple)
            && !texts.contains(&text)
        {
            texts.push(text);
            if texts.len() == MAX_CODES {
                break;
            }
        }
    }
    texts
}

/// Why no code was read from a picture.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum PictureError {
    /// Neither PNG nor JPEG.
    #[error("neither PNG nor JPEG")]
    Format,
    /// The picture cannot be decoded.
    #[error("the picture cannot be decoded")]
    Malformed,
    /// No QR code was found, or none that reads.
    #[error("no readable QR code in the picture")]
    NoCode,
    /// More bytes or pixels than are looked at.
    #[error("the picture is too large")]
    TooLarge,
}

/// Longest file read, bytes.
const MAX_BYTES: usize = 16 * 1024 * 1024;

/// Most pixels decoded: telephones take 12 million; 24 leaves room and costs 24 MB for a moment.
pub const MAX_PIXELS: usize = 24_000_000;

/// Most codes read from one picture.
pub(super) const MAX_CODES: usize = 8;

/// Longest side of the copies searched, in order. The last bounds the work of the search itself.
const SCAN_SIDES: [usize; 2] = [1000, 2000];
