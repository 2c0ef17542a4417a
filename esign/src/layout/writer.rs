//! The file: objects, cross-reference table, trailer (ISO 32000-1 §7.5).

use std::{
    fmt::{self, Write as _},
    io::Write as _,
};

use auth_core::port::DocumentDraft;
use flate2::{Compression, write::ZlibEncoder};
use sha2::{Digest, Sha256};

use super::{
    compose::{Mark, PAGE, Style},
    embed::Subset,
};
use crate::{draw::number, font::Typeface};

/// Writes the whole file.
pub(super) fn write(draft: &DocumentDraft, pages: &[Vec<Mark>]) -> Vec<u8> {
    let subsets = [Typeface::Hei, Typeface::Song].map(|face| Subset::new(face, used(pages, face)));
    let mut objects = Objects::default();
    let catalog = objects.reserve();
    let tree = objects.reserve();
    let info = objects.add(info(draft));
    let [hei, song] = subsets.each_ref().map(|subset| subset.write(&mut objects));
    let mut kids = String::new();
    for page in pages {
        let contents = objects.stream("", content(page, &subsets).as_bytes());
        let (width, height) = PAGE;
        let page = objects.add(format!(
            "<< /Type /Page /Parent {tree} /MediaBox [0 0 {} {}] /Resources << /Font << /Hei {hei} \
             /Song {song} >> >> /Contents {contents} >>",
            number(width),
            number(height)
        ));
        let _ = write!(kids, "{page} ");
    }
    let pages = format!("<< /Type /Pages /Kids [{}] /Count {} >>", kids.trim_end(), pages.len());
    objects.fill(tree, pages);
    let catalog_body = format!(
        "<< /Type /Catalog /Pages {tree} /Lang {} /ViewerPreferences << /DisplayDocTitle true >> >>",
        text_string(&draft.language)
    );
    objects.fill(catalog, catalog_body);
    objects.finish(catalog, info)
}

/// The number of an object.
#[derive(Clone, Copy, Debug)]
pub(super) struct Reference(usize);

impl fmt::Display for Reference {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} 0 R", self.0)
    }
}

/// The bodies of a file's objects in order of number, from 1.
#[derive(Default)]
pub(super) struct Objects {
    bodies: Vec<Vec<u8>>,
}

impl Objects {
    /// Adds an object.
    pub(super) fn add(&mut self, body: String) -> Reference {
        self.bodies.push(body.into_bytes());
        Reference(self.bodies.len())
    }

    /// Adds a compressed stream; `entries` go into its dictionary.
    pub(super) fn stream(&mut self, entries: &str, data: &[u8]) -> Reference {
        let mut encoder = ZlibEncoder::new(Vec::new(), Compression::new(6));
        // Writing to a Vec cannot fail.
        let _ = encoder.write_all(data);
        let packed = encoder.finish().unwrap_or_default();
        let head = format!("<< {entries} /Filter /FlateDecode /Length {} >>", packed.len());
        let mut body = head.into_bytes();
        body.extend_from_slice(b"\nstream\n");
        body.extend_from_slice(&packed);
        body.extend_from_slice(b"\nendstream");
        self.bodies.push(body);
        Reference(self.bodies.len())
    }

    /// Takes a number whose body comes later.
    fn reserve(&mut self) -> Reference {
        self.add(String::new())
    }

    fn fill(&mut self, at: Reference, body: String) {
        if let Some(slot) = self.bodies.get_mut(at.0 - 1) {
            *slot = body.into_bytes();
        }
    }

    fn finish(self, catalog: Reference, info: Reference) -> Vec<u8> {
        // Four bytes above 127 tell transports that this is not text (§7.5.2).
        let mut out = b"%PDF-1.7\n%\xE5\x8D\xB0\xE4\n".to_vec();
        let mut offsets = Vec::with_capacity(self.bodies.len());
        for (index, body) in self.bodies.iter().enumerate() {
            offsets.push(out.len());
            out.extend_from_slice(format!("{} 0 obj\n", index + 1).as_bytes());
            out.extend_from_slice(body);
            out.extend_from_slice(b"\nendobj\n");
        }
        // The file identifier depends on the content alone (§14.4): same draft, same bytes.
        let hash = Sha256::digest(&out);
        let id: String = hash.iter().take(16).fold(String::new(), |mut text, byte| {
            let _ = write!(text, "{byte:02X}");
            text
        });
        let start = out.len();
        let count = offsets.len() + 1;
        let mut end = format!("xref\n0 {count}\n0000000000 65535 f \n");
        for offset in offsets {
            let _ = writeln!(end, "{offset:010} 00000 n ");
        }
        let _ = write!(
            end,
            "trailer\n<< /Size {count} /Root {catalog} /Info {info} /ID [<{id}> <{id}>] \
             >>\nstartxref\n{start}\n%%EOF\n"
        );
        out.extend_from_slice(end.as_bytes());
        out
    }
}

fn used(pages: &[Vec<Mark>], face: Typeface) -> impl Iterator<Item = char> {
    pages.iter().flatten().flat_map(move |mark| match mark {
        Mark::Text { text, style, .. } if style.face == face => text.chars(),
        _ => "".chars(),
    })
}

fn info(draft: &DocumentDraft) -> String {
    let at = draft.made_at.to_datetime();
    format!(
        "<< /Title {} /Producer (Yinxin) /CreationDate (D:{:04}{:02}{:02}{:02}{:02}{:02}Z) >>",
        text_string(&draft.title),
        at.year(),
        u8::from(at.month()),
        at.day(),
        at.hour(),
        at.minute(),
        at.second()
    )
}

/// A text string in UTF-16 with its mark (§7.9.2.2), written in hexadecimal.
fn text_string(text: &str) -> String {
    let mut out = String::from("<FEFF");
    for unit in text.encode_utf16() {
        let _ = write!(out, "{unit:04X}");
    }
    out.push('>');
    out
}

fn content(page: &[Mark], subsets: &[Subset; 2]) -> String {
    let mut out = String::new();
    for mark in page {
        let _ = match mark {
            Mark::Box { x, y, width, height, grey } => {
                let [x, y, width, height, grey] = [*x, *y, *width, *height, *grey].map(number);
                writeln!(out, "{grey} g {x} {y} {width} {height} re f")
            }
            Mark::Squares { side, corners } => squares(*side, corners, &mut out),
            Mark::Text { x, y, text, style, spacing } => {
                let [hei, song] = subsets;
                let (name, subset) = match style.face {
                    Typeface::Hei => ("Hei", hei),
                    Typeface::Song => ("Song", song),
                };
                let shown = subset.encode(text);
                let [x, y, spacing, size] = [*x, *y, *spacing, style.size].map(number);
                writeln!(
                    out,
                    "BT {} /{name} {size} Tf {spacing} Tc {x} {y} Td {shown} Tj ET",
                    ink(style)
                )
            }
        };
    }
    out
}

fn ink(style: &Style) -> String {
    let grey = number(style.grey);
    if style.bold {
        // Filled and stroked: a heavier face than the font has.
        format!("{grey} g {grey} G {} w 2 Tr", number(style.size / 40.0))
    } else {
        format!("{grey} g 0 Tr")
    }
}

fn squares(side: f32, corners: &[(f32, f32)], out: &mut String) -> fmt::Result {
    let side = number(side);
    writeln!(out, "0 g")?;
    for (x, y) in corners {
        writeln!(out, "{} {} {side} {side} re", number(*x), number(*y))?;
    }
    writeln!(out, "f")
}
