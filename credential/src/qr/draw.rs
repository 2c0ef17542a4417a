//! Drawing: level M, quiet zone of four modules, as SVG and PNG.

use std::fmt::Write as _;

use qrcode::{EcLevel, Version};

/// A QR code, ready to draw.
#[derive(Clone, Debug)]
pub struct QrCode {
    version: i16,
    width: usize,
    dark: Vec<bool>,
}

impl QrCode {
    /// Lays a text out at error correction level M. Refused above [`MAX_VERSION`].
    pub fn new(text: &str) -> Result<Self, QrError> {
        let code = qrcode::QrCode::with_error_correction_level(text, EcLevel::M)
            .map_err(|_| QrError::TooDense)?;
        let Version::Normal(version) = code.version() else { return Err(QrError::TooDense) };
        if version > MAX_VERSION {
            return Err(QrError::TooDense);
        }
        let dark = code.to_colors().iter().map(|c| *c == qrcode::Color::Dark).collect();
        Ok(Self { version, width: code.width(), dark })
    }

    /// The version, 1 to [`MAX_VERSION`].
    pub const fn version(&self) -> i16 {
        self.version
    }

    /// Modules on a side, without the quiet zone.
    pub const fn width(&self) -> usize {
        self.width
    }

    /// Whether the module at column `x`, row `y` is dark; false outside.
    pub fn is_dark(&self, x: usize, y: usize) -> bool {
        x < self.width && self.dark.get(y * self.width + x).copied().unwrap_or(false)
    }

    /// An SVG picture that grows with its box; black on white, whatever the page's colours are.
    pub fn svg(&self, label: &str) -> String {
        let side = self.width + 2 * QUIET;
        let label = label.replace('&', "&amp;").replace('<', "&lt;").replace('"', "&quot;");
        let mut out = format!(
            "<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 {side} {side}\" role=\"img\" \
             aria-label=\"{label}\" shape-rendering=\"crispEdges\">\
             <path fill=\"#fff\" d=\"M0 0h{side}v{side}H0z\"/><path fill=\"#000\" d=\""
        );
        for y in 0..self.width {
            let mut x = 0;
            while x < self.width {
                let run = (x..self.width).take_while(|column| self.is_dark(*column, y)).count();
                if run > 0 {
                    // Writing to a String cannot fail.
                    let _ = write!(out, "M{} {}h{run}v1h-{run}z", x + QUIET, y + QUIET);
                }
                x += run.max(1);
            }
        }
        out.push_str("\"/></svg>");
        out
    }

    /// A PNG picture, one bit a pixel, `scale` pixels a module (clamped to 1–32).
    pub fn png(&self, scale: usize) -> Result<Vec<u8>, QrError> {
        let scale = scale.clamp(1, 32);
        let side = (self.width + 2 * QUIET) * scale;
        let mut rows = Vec::with_capacity(side.div_ceil(8) * side);
        for pixel_y in 0..side {
            let mut row = vec![0xff; side.div_ceil(8)];
            for pixel_x in 0..side {
                let module = |pixel: usize| (pixel / scale).checked_sub(QUIET);
                let (Some(x), Some(y)) = (module(pixel_x), module(pixel_y)) else { continue };
                if self.is_dark(x, y)
                    && let Some(byte) = row.get_mut(pixel_x / 8)
                {
                    *byte &= !(0x80 >> (pixel_x % 8));
                }
            }
            rows.extend_from_slice(&row);
        }
        let mut out = Vec::new();
        let side = u32::try_from(side).map_err(|_| QrError::TooDense)?;
        let mut encoder = png::Encoder::new(&mut out, side, side);
        encoder.set_color(png::ColorType::Grayscale);
        encoder.set_depth(png::BitDepth::One);
        let written = encoder.write_header().and_then(|mut writer| writer.write_image_data(&rows));
        written.map_err(|_| QrError::Encoding)?;
        Ok(out)
    }
}

/// Why a code was not drawn.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum QrError {
    /// The PNG encoder failed.
    #[error("the picture could not be written")]
    Encoding,
    /// The text needs a denser code than telephones read reliably.
    #[error("the text is too long for a QR code that reads reliably")]
    TooDense,
}

/// What a licence or a receipt must fit into: read from a screen at 3 pixels a module.
pub const TARGET_VERSION: i16 = 18;

/// Hard limit: 35 mm on paper (contract: "25 at most").
pub const MAX_VERSION: i16 = 25;

/// Light modules around the code (ISO/IEC 18004 §6.3.8).
const QUIET: usize = 4;
