//! Grey pictures: decoded within bounds, reduced, made black and white.

use png::{ColorType, Transformations};
use zune_jpeg::{
    JpegDecoder,
    zune_core::{bytestream::ZCursor, colorspace::ColorSpace, options::DecoderOptions},
};

use super::{MAX_PIXELS, PictureError};

/// A grey picture.
pub(super) struct Picture {
    pub(super) width: usize,
    pub(super) height: usize,
    luma: Vec<u8>,
}

impl Picture {
    /// Decodes a PNG or JPEG picture.
    pub(super) fn decode(bytes: &[u8]) -> Result<Self, PictureError> {
        if bytes.starts_with(PNG) {
            read_png(bytes)
        } else if bytes.starts_with(JPEG) {
            read_jpeg(bytes)
        } else {
            Err(PictureError::Format)
        }
    }

    fn new(width: usize, height: usize, luma: Vec<u8>) -> Result<Self, PictureError> {
        if luma.len() == width * height && !luma.is_empty() {
            Ok(Self { width, height, luma })
        } else {
            Err(PictureError::Malformed)
        }
    }

    /// Every `factor` × `factor` block averaged into one pixel.
    pub(super) fn reduced(&self, factor: usize) -> Self {
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

    /// The value of a pixel; white outside.
    pub(super) fn grey(&self, x: usize, y: usize) -> u8 {
        if x >= self.width {
            return u8::MAX;
        }
        self.luma.get(y * self.width + x).copied().unwrap_or(u8::MAX)
    }

    /// Each pixel averaged with its neighbours (1 2 1 in both directions): takes the noise of
    /// sensors and of JPEG, leaves modules of two pixels.
    pub(super) fn smoothed(&self) -> Self {
        let mut luma = Vec::with_capacity(self.luma.len());
        for y in 0..self.height {
            for x in 0..self.width {
                let mut sum = 0_u32;
                for (row, weight) in [(y.saturating_sub(1), 1), (y, 2), (y + 1, 1)] {
                    let row = row.min(self.height - 1);
                    let (left, right) = (x.saturating_sub(1), (x + 1).min(self.width - 1));
                    let line = u32::from(self.grey(left, row))
                        + 2 * u32::from(self.grey(x, row))
                        + u32::from(self.grey(right, row));
                    sum += weight * line;
                }
                luma.push(u8::try_from(sum / 16).unwrap_or(u8::MAX));
            }
        }
        Self { width: self.width, height: self.height, luma }
    }

    /// Black and white by one threshold for the whole picture (Otsu's): for even light.
    pub(super) fn by_global_threshold(&self) -> Bitmap {
        let mut histogram = [0_u64; 256];
        for pixel in &self.luma {
            if let Some(count) = histogram.get_mut(usize::from(*pixel)) {
                *count += 1;
            }
        }
        let threshold = otsu(&histogram);
        self.bitmap(|at, _, _| self.luma.get(at).is_some_and(|pixel| *pixel <= threshold))
    }

    /// Black and white by the mean around each pixel: for shadows across the picture.
    pub(super) fn by_local_threshold(&self) -> Bitmap {
        let half = (self.width.max(self.height) / 40).max(6);
        // Sums of everything above and to the left, so that any mean costs four look-ups.
        let stride = self.width + 1;
        let mut sums = vec![0_u32; stride * (self.height + 1)];
        for y in 0..self.height {
            let mut line = 0_u32;
            for x in 0..self.width {
                line += u32::from(self.grey(x, y));
                let above = sums.get(y * stride + x + 1).copied().unwrap_or(0);
                if let Some(sum) = sums.get_mut((y + 1) * stride + x + 1) {
                    *sum = above + line;
                }
            }
        }
        let sum = |x: usize, y: usize| sums.get(y * stride + x).copied().unwrap_or(0);
        self.bitmap(|at, x, y| {
            let (left, top) = (x.saturating_sub(half), y.saturating_sub(half));
            let (right, bottom) = ((x + half).min(self.width), (y + half).min(self.height));
            let total = (sum(right, bottom) + sum(left, top)) - sum(right, top) - sum(left, bottom);
            let area = u32::try_from((right - left) * (bottom - top)).unwrap_or(1).max(1);
            // Well below the mean, or plain paper would be speckled with black.
            let limit = (total / area).saturating_sub(8);
            self.luma.get(at).is_some_and(|pixel| u32::from(*pixel) < limit)
        })
    }

    fn bitmap(&self, is_dark: impl Fn(usize, usize, usize) -> bool) -> Bitmap {
        let mut dark = Vec::with_capacity(self.luma.len());
        for y in 0..self.height {
            for x in 0..self.width {
                dark.push(is_dark(y * self.width + x, x, y));
            }
        }
        Bitmap { width: self.width, height: self.height, dark }
    }
}

/// A picture in black and white.
pub(super) struct Bitmap {
    pub(super) width: usize,
    pub(super) height: usize,
    dark: Vec<bool>,
}

impl Bitmap {
    /// Whether a pixel is dark; false outside.
    pub(super) fn dark(&self, x: usize, y: usize) -> bool {
        x < self.width && self.dark.get(y * self.width + x).copied().unwrap_or(false)
    }

    /// The same by coordinates that may lie outside.
    pub(super) fn dark_at(&self, x: f32, y: f32) -> bool {
        // Negative and huge values saturate in the cast; the comparison keeps them out.
        x >= 0.0 && y >= 0.0 && self.dark(x as usize, y as usize)
    }
}

/// The threshold that parts a histogram best (Otsu 1979).
fn otsu(histogram: &[u64; 256]) -> u8 {
    let count: u64 = histogram.iter().sum();
    let total: f64 = (0_u32..).zip(histogram).map(|(value, n)| f64::from(value) * *n as f64).sum();
    let (mut below, mut sum_below, mut best) = (0_u64, 0.0, (0.0, 128));
    for (value, n) in (0_u8..=255).zip(histogram) {
        below += n;
        sum_below += f64::from(value) * *n as f64;
        let above = count - below;
        if below == 0 || above == 0 {
            continue;
        }
        let apart = sum_below / below as f64 - (total - sum_below) / above as f64;
        let score = below as f64 * above as f64 * apart * apart;
        if score > best.0 {
            best = (score, value);
        }
    }
    best.1
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

/// Longest side.
const MAX_SIDE: usize = 12_000;

pub(super) const PNG: &[u8] = b"\x89PNG\r\n\x1a\n";
pub(super) const JPEG: &[u8] = b"\xff\xd8\xff";
