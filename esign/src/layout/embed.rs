//! Embedded fonts: only the glyphs in use, with widths and the way back to text.

use std::{collections::BTreeMap, fmt::Write};

use sha2::{Digest, Sha256};
use subsetter::GlyphRemapper;
use ttf_parser::{GlyphId, RawFace, Tag};

use super::writer::{Objects, Reference};
use crate::font::Typeface;

/// The glyphs of one face that a document uses, numbered as they stand in the embedded font.
pub(super) struct Subset {
    face: Typeface,
    remapper: GlyphRemapper,
    /// New number → glyph in the whole font and the text it stands for.
    glyphs: BTreeMap<u16, (GlyphId, char)>,
}

impl Subset {
    /// The subset for these characters; those without a glyph were refused before.
    pub(super) fn new(face: Typeface, characters: impl IntoIterator<Item = char>) -> Self {
        let mut sorted: Vec<char> = characters.into_iter().collect();
        sorted.sort_unstable();
        sorted.dedup();
        let mut remapper = GlyphRemapper::new();
        let mut glyphs = BTreeMap::new();
        for character in sorted {
            let Ok(glyph) = face.glyph(character) else { continue };
            glyphs.entry(remapper.remap(glyph.0)).or_insert((glyph, character));
        }
        Self { face, remapper, glyphs }
    }

    /// Text as a hexadecimal string of two-byte glyph numbers.
    pub(super) fn encode(&self, text: &str) -> String {
        let mut out = String::from("<");
        for character in text.chars() {
            let glyph =
                self.face.glyph(character).ok().and_then(|glyph| self.remapper.get(glyph.0));
            let _ = write!(out, "{:04X}", glyph.unwrap_or(0));
        }
        out.push('>');
        out
    }

    /// Writes the font's five objects (ISO 32000-1 §9.7) and returns the Type 0 font.
    pub(super) fn write(&self, objects: &mut Objects) -> Reference {
        let program = self.program();
        let name = format!("{}+{}", self.tag(), self.postscript_name());
        let file = objects.stream("/Subtype /CIDFontType0C", &program);
        let descriptor = objects.add(self.descriptor(&name, file));
        let to_unicode = objects.stream("", self.to_unicode().as_bytes());
        let descendant = objects.add(format!(
            "<< /Type /Font /Subtype /CIDFontType0 /BaseFont /{name} /CIDSystemInfo << /Registry \
             (Adobe) /Ordering (Identity) /Supplement 0 >> /FontDescriptor {descriptor} /DW 1000 \
             /W [0 [{}]] >>",
            self.widths()
        ));
        objects.add(format!(
            "<< /Type /Font /Subtype /Type0 /BaseFont /{name}-Identity-H /Encoding /Identity-H \
             /DescendantFonts [{descendant}] /ToUnicode {to_unicode} >>"
        ))
    }

    /// The bare CFF table: PDF wants it without its OpenType wrapping.
    fn program(&self) -> Vec<u8> {
        // Our own fonts are subset; a test proves every glyph of them can be.
        let font = subsetter::subset(self.face.bytes(), 0, &self.remapper)
            .expect("the font is part of the program");
        let raw = RawFace::parse(&font, 0).expect("the subsetter writes a font");
        raw.table(Tag::from_bytes(b"CFF ")).map_or_else(Vec::new, <[u8]>::to_vec)
    }

    fn postscript_name(&self) -> &'static str {
        match self.face {
            Typeface::Hei => "YinxinHei-Regular",
            Typeface::Song => "YinxinSong-Regular",
        }
    }

    /// Six capitals that depend on the glyphs in use (ISO 32000-1 §9.6.4).
    fn tag(&self) -> String {
        let mut hash = Sha256::new();
        for (glyph, _) in self.glyphs.values() {
            hash.update(glyph.0.to_be_bytes());
        }
        hash.finalize().iter().take(6).map(|byte| char::from(b'A' + byte % 26)).collect()
    }

    fn descriptor(&self, name: &str, file: Reference) -> String {
        let face = self.face.face();
        let scale = |value: i16| (f32::from(value) * 1000.0 / self.face.units_per_em()).round();
        let bounds = face.global_bounding_box();
        let bounds = [bounds.x_min, bounds.y_min, bounds.x_max, bounds.y_max];
        let [left, low, right, high] = bounds.map(scale);
        format!(
            "<< /Type /FontDescriptor /FontName /{name} /Flags 4 /FontBBox [{left} {low} {right} \
             {high}] /ItalicAngle 0 /Ascent {} /Descent {} /CapHeight {} /StemV 80 /FontFile3 \
             {file} >>",
            scale(face.ascender()),
            scale(face.descender()),
            scale(face.capital_height().unwrap_or(700)),
        )
    }

    fn widths(&self) -> String {
        let count = self.remapper.num_gids();
        let width = |new: u16| {
            let glyph = self.glyphs.get(&new).map_or(GlyphId(0), |(glyph, _)| *glyph);
            format!("{}", (self.face.advance(glyph) * 1000.0).round())
        };
        (0..count).map(width).collect::<Vec<_>>().join(" ")
    }

    /// The way from glyph numbers back to text (ISO 32000-1 §9.10.3).
    fn to_unicode(&self) -> String {
        let mut out = String::from(
            "/CIDInit /ProcSet findresource begin\n12 dict begin\nbegincmap\n/CIDSystemInfo << \
             /Registry (Adobe) /Ordering (UCS) /Supplement 0 >> def\n/CMapName /Adobe-Identity-UCS \
             def\n/CMapType 2 def\n1 begincodespacerange\n<0000> <FFFF>\nendcodespacerange\n",
        );
        let entries: Vec<_> = self.glyphs.iter().collect();
        // At most 100 entries in a section.
        for chunk in entries.chunks(100) {
            let _ = writeln!(out, "{} beginbfchar", chunk.len());
            for (new, (_, character)) in chunk {
                let _ = write!(out, "<{new:04X}> <");
                for unit in character.encode_utf16(&mut [0; 2]) {
                    let _ = write!(out, "{unit:04X}");
                }
                out.push_str(">\n");
            }
            out.push_str("endbfchar\n");
        }
        out.push_str("endcmap\nCMapName currentdict /CMap defineresource pop\nend\nend\n");
        out
    }
}
