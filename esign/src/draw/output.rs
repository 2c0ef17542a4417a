//! A picture as PDF operators, SVG or PNG.

use std::{fmt::Write as _, io::Write as _};

use flate2::{Compression, write::ZlibEncoder};

use super::path::{Paint, Path, Picture, Point, Rgb, Step};

impl Picture {
    /// Operators of a PDF content stream (ISO 32000-1 §8.5). The picture lies in
    /// `[0 0 width height]`; nothing but the path operators and two colours is used, so the
    /// stream needs no resources.
    pub fn to_pdf(&self) -> Vec<u8> {
        let mut out = String::new();
        let Rgb(r, g, b) = self.colour;
        let colour = [r, g, b].map(|part| number(f32::from(part) / 255.0)).join(" ");
        // Round joins: thickened letters must not grow spikes.
        let _ = writeln!(out, "q {colour} rg {colour} RG 1 j 1 J");
        for shape in &self.shapes {
            let operator = match shape.paint {
                Paint::Fill => "f",
                Paint::FillStroke(pen) => {
                    let _ = writeln!(out, "{} w", number(pen));
                    "B"
                }
                Paint::Stroke(pen) => {
                    let _ = writeln!(out, "{} w", number(pen));
                    "S"
                }
            };
            pdf_path(&shape.path, &mut out);
            let _ = writeln!(out, "{operator}");
        }
        out.push_str("Q\n");
        out.into_bytes()
    }

    /// [`Picture::to_pdf`], compressed for FlateDecode (ISO 32000-1 §7.4.4).
    pub fn to_deflated_pdf(&self) -> Vec<u8> {
        let mut encoder = ZlibEncoder::new(Vec::new(), Compression::best());
        // Writing to a Vec cannot fail.
        let _ = encoder.write_all(&self.to_pdf());
        encoder.finish().unwrap_or_default()
    }

    /// A free-standing SVG image, as wide as on paper. `label` is what a screen reader says.
    pub fn to_svg(&self, label: &str) -> String {
        let Rgb(r, g, b) = self.colour;
        let (width, height) = (number(self.width), number(self.height));
        let mut out = format!(
            "<svg xmlns=\"http://www.w3.org/2000/svg\" width=\"{width}pt\" height=\"{height}pt\" \
             viewBox=\"0 0 {width} {height}\" role=\"img\"><title>{}</title>",
            escape(label)
        );
        for shape in &self.shapes {
            let paint = match shape.paint {
                Paint::Fill => format!("fill=\"#{r:02x}{g:02x}{b:02x}\""),
                Paint::FillStroke(pen) => format!(
                    "fill=\"#{r:02x}{g:02x}{b:02x}\" stroke=\"#{r:02x}{g:02x}{b:02x}\" \
                     stroke-width=\"{}\" stroke-linejoin=\"round\"",
                    number(pen)
                ),
                Paint::Stroke(pen) => format!(
                    "fill=\"none\" stroke=\"#{r:02x}{g:02x}{b:02x}\" stroke-width=\"{}\"",
                    number(pen)
                ),
            };
            let _ = write!(out, "<path {paint} d=\"");
            svg_path(&shape.path, self.height, &mut out);
            out.push_str("\"/>");
        }
        out.push_str("</svg>");
        out
    }

    /// A PNG image, `pixels` wide (16 to 2048), transparent around the shapes. `None` when the size
    /// is outside.
    pub fn to_png(&self, pixels: u16) -> Option<Vec<u8>> {
        if !(16..=2048).contains(&pixels) {
            return None;
        }
        let scale = f32::from(pixels) / self.width;
        let rows = (self.height * scale).ceil().clamp(1.0, 4096.0) as u32;
        let mut canvas = tiny_skia::Pixmap::new(u32::from(pixels), rows)?;
        let mut paint = tiny_skia::Paint::default();
        let Rgb(r, g, b) = self.colour;
        paint.set_color_rgba8(r, g, b, 255);
        let turn = tiny_skia::Transform::from_row(scale, 0.0, 0.0, -scale, 0.0, rows as f32);
        for shape in &self.shapes {
            let Some(path) = skia_path(&shape.path) else { continue };
            if matches!(shape.paint, Paint::Fill | Paint::FillStroke(_)) {
                canvas.fill_path(&path, &paint, tiny_skia::FillRule::Winding, turn, None);
            }
            if let Paint::FillStroke(width) | Paint::Stroke(width) = shape.paint {
                let stroke = tiny_skia::Stroke {
                    width,
                    line_join: tiny_skia::LineJoin::Round,
                    ..Default::default()
                };
                canvas.stroke_path(&path, &paint, &stroke, turn, None);
            }
        }
        canvas.encode_png().ok()
    }
}

/// A coordinate with at most three decimals and no exponent, which PDF forbids.
pub(crate) fn number(value: f32) -> String {
    // Whole thousandths: several times faster than formatting floats, of which a drawing has
    // thousands.
    let thousandths = (f64::from(value) * 1000.0).round() as i64;
    let sign = if thousandths < 0 { "-" } else { "" };
    let (whole, part) = (thousandths.unsigned_abs() / 1000, thousandths.unsigned_abs() % 1000);
    match (part, part % 10, part % 100) {
        (0, ..) => format!("{sign}{whole}"),
        (_, _, 0) => format!("{sign}{whole}.{}", part / 100),
        (_, 0, _) => format!("{sign}{whole}.{:02}", part / 10),
        _ => format!("{sign}{whole}.{part:03}"),
    }
}

fn pdf_path(path: &Path, out: &mut String) {
    let pair = |Point { x, y }: Point| format!("{} {}", number(x), number(y));
    for step in &path.steps {
        let _ = match *step {
            Step::Close => writeln!(out, "h"),
            Step::Cubic(a, b, end) => writeln!(out, "{} {} {} c", pair(a), pair(b), pair(end)),
            Step::Line(end) => writeln!(out, "{} l", pair(end)),
            Step::Move(start) => writeln!(out, "{} m", pair(start)),
        };
    }
}

fn svg_path(path: &Path, height: f32, out: &mut String) {
    let pair = |Point { x, y }: Point| format!("{} {}", number(x), number(height - y));
    for step in &path.steps {
        let _ = match *step {
            Step::Close => write!(out, "Z"),
            Step::Cubic(a, b, end) => write!(out, "C{} {} {}", pair(a), pair(b), pair(end)),
            Step::Line(end) => write!(out, "L{}", pair(end)),
            Step::Move(start) => write!(out, "M{}", pair(start)),
        };
    }
}

fn skia_path(path: &Path) -> Option<tiny_skia::Path> {
    let mut builder = tiny_skia::PathBuilder::new();
    for step in &path.steps {
        match *step {
            Step::Close => builder.close(),
            Step::Cubic(a, b, end) => builder.cubic_to(a.x, a.y, b.x, b.y, end.x, end.y),
            Step::Line(end) => builder.line_to(end.x, end.y),
            Step::Move(start) => builder.move_to(start.x, start.y),
        }
    }
    builder.finish()
}

fn escape(text: &str) -> String {
    text.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;").replace('"', "&quot;")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_are_short_and_plain() {
        for (value, text) in [
            (0.0, "0"),
            (-0.0001, "0"),
            (1.0, "1"),
            (-1.5, "-1.5"),
            (0.25, "0.25"),
            (12.345, "12.345"),
            (0.007, "0.007"),
            (-0.05, "-0.05"),
            (595.28, "595.28"),
        ] {
            assert_eq!(number(value), text);
        }
    }
}
