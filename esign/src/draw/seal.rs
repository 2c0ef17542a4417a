//! The round seal of a public body (公章).

use serde::{Deserialize, Serialize};

use super::{
    MM,
    arc::Lettering,
    path::{Paint, Path, Picture, Rgb, Shape, at},
};
use crate::font::{MissingGlyph, Typeface};

/// What stands on a round seal.
///
/// The form follows 国发〔1999〕25号: a circle, a five-pointed star in the middle, the full name in
/// 宋体 around it from left to right, in simplified characters. Below the star stand a purpose
/// (`行政审批专用章`) if it has one, and along the lower edge the number of its registration with
/// the police (GA 241).
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct RoundSeal {
    /// Full name of the organisation: 6 to 30 characters look right, 2 to 40 are drawn.
    pub organisation: String,
    /// What the seal is for, at most 12 characters; `None` for the organisation's main seal.
    pub purpose: Option<String>,
    /// Registration number along the lower edge: at most 18 letters and digits; may be empty.
    pub number: String,
    /// Outer diameter in millimetres: 42 for departments of a county, 45 for its government.
    pub diameter_mm: f32,
    /// A seal of the demo county: shows 样章·无效 for everybody to see.
    pub demo: bool,
}

impl RoundSeal {
    /// Draws it, its lower left corner at the origin.
    ///
    /// # Errors
    /// What does not fit, or a character that the font lacks, named.
    pub fn draw(&self) -> Result<Picture, DrawError> {
        let geometry = Geometry::of(self)?;
        let mut shapes = vec![geometry.ring(), geometry.star()];
        shapes.push(geometry.name(&self.organisation)?);
        let mut lines: Vec<&str> = self.purpose.iter().map(String::as_str).collect();
        if self.demo {
            lines.push(DEMO_TEXT);
        }
        for (index, line) in lines.iter().enumerate() {
            shapes.push(geometry.line(line, index)?);
        }
        if !self.number.is_empty() {
            shapes.push(geometry.number(&self.number)?);
        }
        let side = geometry.radius * 2.0;
        Ok(Picture { width: side, height: side, colour: SEAL_RED, shapes })
    }
}

/// The red of official seals.
pub const SEAL_RED: Rgb = Rgb(0xD7, 0x00, 0x0F);

/// Why a seal was not drawn.
#[derive(Clone, Debug, PartialEq, thiserror::Error)]
pub enum DrawError {
    /// The diameter is not between 20 and 60 mm.
    #[error("a seal of {0} mm is not drawn: 20 to 60 mm")]
    Diameter(f32),
    /// A character outside the font.
    #[error(transparent)]
    Glyph(#[from] MissingGlyph),
    /// The name is too short or too long for an arc.
    #[error("a name of {0} characters is not drawn: 2 to 40")]
    Name(usize),
    /// The number is too long or holds other than ASCII letters and digits.
    #[error("the number of a seal is at most 18 letters and digits")]
    Number,
    /// The purpose is empty or too long for a line.
    #[error("a purpose of {0} characters is not drawn: 1 to 12")]
    Purpose(usize),
}

/// Measures as shares of the radius, so that one drawing serves all diameters.
struct Geometry {
    radius: f32,
    name_height: f32,
    name_count: usize,
    lines: usize,
}

impl Geometry {
    fn of(seal: &RoundSeal) -> Result<Self, DrawError> {
        if !(20.0..=60.0).contains(&seal.diameter_mm) {
            return Err(DrawError::Diameter(seal.diameter_mm));
        }
        let name_count = seal.organisation.chars().count();
        if !(2..=40).contains(&name_count) {
            return Err(DrawError::Name(name_count));
        }
        if let Some(purpose) = &seal.purpose {
            let count = purpose.chars().count();
            if !(1..=12).contains(&count) {
                return Err(DrawError::Purpose(count));
            }
        }
        if seal.number.len() > 18 || !seal.number.bytes().all(|byte| byte.is_ascii_alphanumeric()) {
            return Err(DrawError::Number);
        }
        let radius = seal.diameter_mm * MM / 2.0;
        // Long names are set a little smaller: their characters are narrow already.
        let shrink = (name_count.saturating_sub(14) as f32 / 26.0).min(1.0);
        let lines = usize::from(seal.purpose.is_some()) + usize::from(seal.demo);
        Ok(Self { radius, name_height: radius * (0.265 - 0.065 * shrink), name_count, lines })
    }

    const fn middle(&self) -> super::Point {
        at(self.radius, self.radius)
    }

    fn ring(&self) -> Shape {
        let pen = self.radius * RING;
        let path = Path::circle(self.middle(), self.radius - pen / 2.0);
        Shape { path, paint: Paint::Stroke(pen) }
    }

    fn star(&self) -> Shape {
        // With two lines below, the star moves up so that nothing crowds.
        let up = if self.lines > 1 { 0.06 } else { 0.0 };
        let middle = at(self.radius, self.radius * (1.0 + up));
        Shape { path: Path::star(middle, self.radius * STAR), paint: Paint::Fill }
    }

    /// The name over the star. Short names stand wide apart; longer ones reach further round, up to
    /// where the number begins; then characters become narrow, as engravers do.
    fn name(&self, text: &str) -> Result<Shape, DrawError> {
        let base = self.name_radius();
        let pitch = self.name_pitch();
        let room = base * pitch * 0.98;
        let condense = (room / self.name_height).min(0.92);
        let lettering =
            Lettering { text, face: Typeface::Song, height: self.name_height, condense };
        let path = lettering.over(self.middle(), base, pitch)?;
        Ok(Shape { path, paint: Paint::FillStroke(self.name_height * BOLD * condense.max(0.6)) })
    }

    /// Radians from the middle of one character of the name to the next.
    fn name_pitch(&self) -> f32 {
        let most = if self.lines > 1 { NAME_SPAN_ABOVE_LINES } else { NAME_SPAN_MOST };
        let span = (NAME_SPAN_LEAST + NAME_SPAN_STEP * self.name_count as f32).min(most);
        let gaps = self.name_count.saturating_sub(1).max(1) as f32;
        (span / gaps).min(NAME_PITCH_MOST).to_radians()
    }

    /// Radius of the name's base line: a hanzi reaches 0.88 em above it.
    fn name_radius(&self) -> f32 {
        self.radius * (1.0 - RING - NAME_GAP) - self.name_height * 0.88
    }

    /// A line of text below the star.
    fn line(&self, text: &str, index: usize) -> Result<Shape, DrawError> {
        let (down, height) = match (self.lines, index) {
            (1, _) => (0.52, 0.19),
            (_, 0) => (0.40, 0.165),
            _ => (0.60, 0.165),
        };
        let height = self.radius * height;
        let y = self.radius * (1.0 - down);
        let plain = Lettering { text, face: Typeface::Song, height, condense: 1.0 };
        let depth = self.radius * down;
        let room = self.room_at(depth - height / 2.0).min(self.room_at(depth + height / 2.0));
        let condense = (room / plain.width()?).min(1.0);
        let path = Lettering { condense, ..plain }.line(at(self.radius, y))?;
        Ok(Shape { path, paint: Paint::FillStroke(height * BOLD * condense.max(0.6)) })
    }

    /// Width free at this depth below the middle: between the feet of the name, or, past its
    /// last character, between its two ends and inside the number.
    fn room_at(&self, depth: f32) -> f32 {
        let chord = |reach: f32| (reach * reach - depth * depth).max(0.0).sqrt();
        let feet = chord(self.name_radius() - self.name_height * 0.12);
        let end = self.name_pitch() * self.name_count as f32 / 2.0;
        let beside_ends = depth * (std::f32::consts::PI - end).max(0.0).tan();
        let open = if end <= std::f32::consts::FRAC_PI_2 { f32::INFINITY } else { beside_ends };
        2.0 * feet.max(open.min(chord(self.radius * NUMBER_INSIDE))) - self.radius * 0.08
    }

    /// The registration number along the lower edge.
    fn number(&self, text: &str) -> Result<Shape, DrawError> {
        let height = self.radius * 0.105;
        let base = self.radius * (1.0 - RING - 0.035);
        let pitch = height * 0.72 / base;
        let lettering = Lettering { text, face: Typeface::Hei, height, condense: 1.0 };
        let path = lettering.under(self.middle(), base, pitch)?;
        Ok(Shape { path, paint: Paint::Fill })
    }
}

/// On every seal of the demo county.
const DEMO_TEXT: &str = "样章·无效";

/// Width of the ring.
const RING: f32 = 0.06;
/// Radius of the star: 14 mm across on a seal of 42 mm.
const STAR: f32 = 0.333;
/// Between ring and name.
const NAME_GAP: f32 = 0.045;
/// Degrees that the name covers: the least, for each character, and the most.
const NAME_SPAN_LEAST: f32 = 118.0;
const NAME_SPAN_STEP: f32 = 11.0;
const NAME_SPAN_MOST: f32 = 258.0;
const NAME_SPAN_ABOVE_LINES: f32 = 236.0;
const NAME_PITCH_MOST: f32 = 37.0;
/// Radius inside the number.
const NUMBER_INSIDE: f32 = 0.81;
/// Pen that thickens letters, as a share of their height.
const BOLD: f32 = 0.028;
