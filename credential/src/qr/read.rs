//! Reading QR codes from pictures that strangers upload.

use png::{ColorType, Transformations};
use zune_jpeg::{
    JpegDecoder,
    zune_core::{bytestream::ZCursor, colorspace::ColorSpace, options::DecoderOptions},
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
    let picture = if bytes.starts_with(PNG) {
        read_png(bytes)?
    } else if bytes.starts_with(JPEG) {
        read_jpeg(bytes)?
    } else {
        return Err(PictureError::Format);
    };
    let mut texts = Vec::new();
    // A telephone picture has many pixels a module; smaller copies are quicker to search and
    // average its noise away. The full size comes last.
    for target in SCAN_SIDES {
        let factor = picture.width.max(picture.height).div_ceil(target).max(1);
        let smaller = picture.reduced(factor);
        for text in smaller.codes() {
            if !texts.contains(&text) {
                texts.push(text);
            }
        }
        if !texts.is_empty() || factor == 1 {
            break;
        }
    }
    if texts.is_empty() { Err(PictureError::NoCode) } else { Ok(texts) }
}

/// A grey picture.
struct Picture {
    width: usize,
    height: usize,
    luma: Vec<u8>,
}

impl Picture {
    fn new(width: usize, height: usize, luma: Vec<u8>) -> Result<Self, PictureError> {
        if luma.len() == width * height && !luma.is_empty() {
            Ok(Self { width, height, luma })
        } else {
            Err(PictureError::Malformed)
        }
    }

    /// Every `factor` × `factor` block averaged into one pixel.
    fn reduced(&self, factor: usize) -> Self {
        let (width, height) = ((self.width / factor).max(1), (self.height / factor).max(1));
        let mut luma = Vec::with_capacity(width * height);
        for y in 0..height {
            for x in 0..width {
                let mut sum = 0_u32;
                let mut count = 0_u32;
                for row in y * factor..((y + 1) * factor).min(self.height) {
                    let from = row * self.width + x * factor;
                    let to = (from + factor).min((row + 1) * self.width);
                    for pixel in self.luma.get(from..to).unwrap_or_default() {
                        sum += u32::from(*pixel);
                        count += 1;
                    }
                }
                luma.push(u8::try_from(sum / count.max(1)).unwrap_or(u8::MAX));
            }
        }
        Self { width, height, luma }
    }

    fn codes(&self) -> Vec<String> {
        let grey =
            |x: usize, y: usize| self.luma.get(y * self.width + x).copied().unwrap_or(u8::MAX);
        let mut prepared =
            rqrr::PreparedImage::prepare_from_greyscale(self.width, self.height, grey);
        let grids = prepared.detect_grids();
        grids.iter().take(MAX_CODES).filter_map(|grid| grid.decode().ok()).map(|(_, t)| t).collect()
    }
}

fn read_png(bytes: &[u8]) -> Result<Picture, PictureError> {
    let limits = png::Limits { bytes: MAX_PIXELS * 4 };
    let mut decoder = png::Decoder::new_with_limits(std::io::Cursor::new(bytes), limits);
    decoder.set_transformations(Transformations::normalize_to_color8());
    let info = decoder.read_header_info().map_err(|_| PictureError::Malformed)?;
    let (width, height) = bounded(info.width as usize, info.height as usize)?;
    let mut reader = decoder.read_info().map_err(|_| PictureError::Malformed)?;
    let size = reader.output_buffer_size().ok_or(PictureError::TooLarge)?;
    let mut buffer = vec![0; size];
    let frame = reader.next_frame(&mut buffer).map_err(|_| PictureError::Malformed)?;
    let samples = match frame.color_type {
        ColorType::Grayscale => 1,
        ColorType::GrayscaleAlpha => 2,
        ColorType::Rgb => 3,
        ColorType::Rgba => 4,
        ColorType::Indexed => return Err(PictureError::Malformed),
    };
    if (frame.width as usize, frame.height as usize) != (width, height) {
        return Err(PictureError::Malformed);
    }
    let luma = buffer.chunks_exact(samples).take(width * height).map(grey_of).collect();
    Picture::new(width, height, luma)
}

/// Grey value on white paper: transparent pixels count as white.
fn grey_of(pixel: &[u8]) -> u8 {
    let colour =
        |r: u8, g: u8, b: u8| (u32::from(r) * 299 + u32::from(g) * 587 + u32::from(b) * 114) / 1000;
    let on_white =
        |grey: u32, alpha: u8| (grey * u32::from(alpha) + 255 * u32::from(255 - alpha)) / 255;
    let grey = match *pixel {
        [grey] => u32::from(grey),
        [grey, alpha] => on_white(u32::from(grey), alpha),
        [r, g, b] => colour(r, g, b),
        [r, g, b, alpha] => on_white(colour(r, g, b), alpha),
        _ => 255,
    };
    u8::try_from(grey).unwrap_or(u8::MAX)
}

fn read_jpeg(bytes: &[u8]) -> Result<Picture, PictureError> {
    let options = DecoderOptions::default()
        .set_max_width(MAX_SIDE)
        .set_max_height(MAX_SIDE)
        .jpeg_set_out_colorspace(ColorSpace::Luma);
    let mut decoder = JpegDecoder::new_with_options(ZCursor::new(bytes), options);
    decoder.decode_headers().map_err(|_| PictureError::Malformed)?;
    let (width, height) = decoder.dimensions().ok_or(PictureError::Malformed)?;
    let (width, height) = bounded(width, height)?;
    let luma = decoder.decode().map_err(|_| PictureError::Malformed)?;
    Picture::new(width, height, luma)
}

fn bounded(width: usize, height: usize) -> Result<(usize, usize), PictureError> {
    let pixels = width.checked_mul(height).ok_or(PictureError::TooLarge)?;
    if width > MAX_SIDE || height > MAX_SIDE || pixels > MAX_PIXELS {
        return Err(PictureError::TooLarge);
    }
    Ok((width, height))
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

/// Longest side.
const MAX_SIDE: usize = 12_000;

/// Most codes decoded in one picture.
const MAX_CODES: usize = 8;

/// Longest side of the copies searched, in order. The last bounds the work of the search itself.
const SCAN_SIDES: [usize; 3] = [1000, 2000, 4000];

const PNG: &[u8] = b"\x89PNG\r\n\x1a\n";
const JPEG: &[u8] = b"\xff\xd8\xff";
