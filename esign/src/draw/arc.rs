//! Glyphs placed along a circle or a line.

use ttf_parser::OutlineBuilder;

use super::path::{Path, Point, Step, at};
use crate::font::{MissingGlyph, Typeface};

/// A run of characters of one size.
#[derive(Clone, Copy, Debug)]
pub(super) struct Lettering<'a> {
    pub(super) text: &'a str,
    pub(super) face: Typeface,
    /// Height of the em in points.
    pub(super) height: f32,
    /// Width of a character as a share of what the font says: below 1 is condensed.
    pub(super) condense: f32,
}

impl Lettering<'_> {
    /// Width of the run in points, without letter spacing.
    pub(super) fn width(&self) -> Result<f32, MissingGlyph> {
        let advance = |c| self.face.glyph(c).map(|glyph| self.face.advance(glyph));
        let em: f32 = self.text.chars().map(advance).sum::<Result<f32, _>>()?;
        Ok(em * self.height * self.condense)
    }

    /// Along a circle, upright at its top, from left to right; `pitch` radians from one middle to
    /// the next; the base line has this `radius`.
    pub(super) fn over(
        &self,
        middle: Point,
        radius: f32,
        pitch: f32,
    ) -> Result<Path, MissingGlyph> {
        self.around(pitch, |angle| Placement {
            origin: at(middle.x + radius * angle.sin(), middle.y + radius * angle.cos()),
            turn: -angle,
        })
    }

    /// Along the bottom of a circle, upright at its lowest point, from left to right.
    pub(super) fn under(
        &self,
        middle: Point,
        radius: f32,
        pitch: f32,
    ) -> Result<Path, MissingGlyph> {
        self.around(pitch, |angle| Placement {
            origin: at(middle.x + radius * angle.sin(), middle.y - radius * angle.cos()),
            turn: angle,
        })
    }

    /// Straight, with its middle at `middle` (half the height of a hanzi above the base line).
    pub(super) fn line(&self, middle: Point) -> Result<Path, MissingGlyph> {
        let mut pen = middle.x - self.width()? / 2.0;
        let base = middle.y - self.height * HANZI_MIDDLE;
        let mut path = Path::default();
        for character in self.text.chars() {
            let glyph = self.face.glyph(character)?;
            let advance = self.face.advance(glyph) * self.height * self.condense;
            let origin = at(pen + advance / 2.0, base);
            self.draw(character, Placement { origin, turn: 0.0 }, &mut path)?;
            pen += advance;
        }
        Ok(path)
    }

    fn around(&self, pitch: f32, place: impl Fn(f32) -> Placement) -> Result<Path, MissingGlyph> {
        let mut path = Path::default();
        let count = self.text.chars().count();
        let first = -(count.saturating_sub(1) as f32) / 2.0;
        for (index, character) in self.text.chars().enumerate() {
            self.draw(character, place((first + index as f32) * pitch), &mut path)?;
        }
        Ok(path)
    }

    fn draw(&self, character: char, place: Placement, path: &mut Path) -> Result<(), MissingGlyph> {
        let glyph = self.face.glyph(character)?;
        let unit = self.height / self.face.units_per_em();
        let half = self.face.advance(glyph) * self.face.units_per_em() / 2.0;
        let (sin, cos) = place.turn.sin_cos();
        let map = |x: f32, y: f32| {
            let x = (x - half) * unit * self.condense;
            let y = y * unit;
            at(place.origin.x + x * cos - y * sin, place.origin.y + x * sin + y * cos)
        };
        self.face.outline(glyph, &mut Tracer { path, map, last: (0.0, 0.0) });
        Ok(())
    }
}

/// Where a glyph stands: the middle of its advance on the base line, turned counter-clockwise.
#[derive(Clone, Copy)]
struct Placement {
    origin: Point,
    turn: f32,
}

struct Tracer<'a, M> {
    path: &'a mut Path,
    map: M,
    last: (f32, f32),
}

impl<M: Fn(f32, f32) -> Point> OutlineBuilder for Tracer<'_, M> {
    fn move_to(&mut self, x: f32, y: f32) {
        self.path.steps.push(Step::Move((self.map)(x, y)));
        self.last = (x, y);
    }

    fn line_to(&mut self, x: f32, y: f32) {
        self.path.steps.push(Step::Line((self.map)(x, y)));
        self.last = (x, y);
    }

    fn quad_to(&mut self, x1: f32, y1: f32, x: f32, y: f32) {
        let (x0, y0) = self.last;
        let third = |from: f32, control: f32| from + (control - from) * 2.0 / 3.0;
        self.curve_to(third(x0, x1), third(y0, y1), third(x, x1), third(y, y1), x, y);
    }

    fn curve_to(&mut self, x1: f32, y1: f32, x2: f32, y2: f32, x: f32, y: f32) {
        self.path.steps.push(Step::Cubic((self.map)(x1, y1), (self.map)(x2, y2), (self.map)(x, y)));
        self.last = (x, y);
    }

    fn close(&mut self) {
        self.path.steps.push(Step::Close);
    }
}

/// Middle of a hanzi above the base line, in em: the box reaches from −0.12 to 0.88.
const HANZI_MIDDLE: f32 = 0.38;
