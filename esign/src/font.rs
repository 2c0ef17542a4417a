//! The two fonts that the program carries (`assets/fonts`), read once.

use std::sync::OnceLock;

use ttf_parser::{GlyphId, OutlineBuilder};

/// A typeface.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Typeface {
    /// 黑体, for headings (GB/T 9704-2012 §7.3.3).
    Hei,
    /// 宋体, for seals (国发〔1999〕25号 §24) and body text.
    Song,
}

impl Typeface {
    /// The font file.
    pub const fn bytes(self) -> &'static [u8] {
        match self {
            Self::Hei => HEI,
            Self::Song => SONG,
        }
    }

    /// The glyph of a character.
    ///
    /// # Errors
    /// [`MissingGlyph`] names the character when the font does not have it.
    pub fn glyph(self, character: char) -> Result<GlyphId, MissingGlyph> {
        self.face().glyph_index(character).ok_or(MissingGlyph { character })
    }

    /// How far the pen moves after a glyph, in em.
    pub fn advance(self, glyph: GlyphId) -> f32 {
        f32::from(self.face().glyph_hor_advance(glyph).unwrap_or(0)) / self.units_per_em()
    }

    /// Font units in an em.
    pub fn units_per_em(self) -> f32 {
        f32::from(self.face().units_per_em())
    }

    /// Draws a glyph's outline in font units, y upwards, the origin on the base line.
    pub fn outline(self, glyph: GlyphId, builder: &mut dyn OutlineBuilder) {
        // A glyph without contours (a space) draws nothing.
        let _ = self.face().outline_glyph(glyph, builder);
    }

    /// The parsed font.
    pub fn face(self) -> &'static ttf_parser::Face<'static> {
        static HEI_FACE: OnceLock<ttf_parser::Face<'static>> = OnceLock::new();
        static SONG_FACE: OnceLock<ttf_parser::Face<'static>> = OnceLock::new();
        let cell = match self {
            Self::Hei => &HEI_FACE,
            Self::Song => &SONG_FACE,
        };
        cell.get_or_init(|| {
            ttf_parser::Face::parse(self.bytes(), 0).expect("the font is part of the program")
        })
    }
}

/// A character that the font cannot draw.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("the font has no glyph for {character:?} (U+{:04X})", u32::from(*character))]
pub struct MissingGlyph {
    /// The character.
    pub character: char,
}

const HEI: &[u8] = include_bytes!("../../assets/fonts/yinxin-hei.otf");
const SONG: &[u8] = include_bytes!("../../assets/fonts/yinxin-song.otf");

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn both_faces_have_hanzi_and_refuse_what_gb2312_lacks() {
        for face in [Typeface::Hei, Typeface::Song] {
            let glyph = face.glyph('县').unwrap();
            assert!((face.advance(glyph) - 1.0).abs() < 0.001);
            assert!(face.advance(face.glyph('i').unwrap()) < 0.5);
            assert_eq!(face.glyph('龘'), Err(MissingGlyph { character: '龘' }));
        }
    }
}
