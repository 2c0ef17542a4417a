//! PDFs to be signed, made here so that none is kept as a binary.

use std::fmt::Write as _;
use std::process::Command;

/// Unsigned inputs that differ in every way that signing has to care about.
pub(crate) fn all() -> Vec<(&'static str, Vec<u8>)> {
    let mut inputs = vec![
        ("one page", pages(1, "")),
        ("a hundred pages", pages(100, "")),
        ("rotated and cropped", pages(2, "/Rotate 90 /CropBox [20 30 500 700]")),
        ("an annotation", with_annotation()),
        ("no end of line", pages(1, "").trim_ascii_end().to_vec()),
    ];
    if let Some(bytes) = qpdf(&pages(7, ""), &["--object-streams=generate"]) {
        inputs.push(("cross-reference stream", bytes));
    }
    if let Some(bytes) = qpdf(&pages(7, ""), &["--linearize"]) {
        inputs.push(("linearised", bytes));
    }
    if let Some(bytes) = qpdf(&with_annotation(), &["--object-streams=generate", "--linearize"]) {
        inputs.push(("linearised with object streams", bytes));
    }
    inputs
}

/// A document of `count` pages, inheriting their size and `extra` from the page tree.
pub(crate) fn pages(count: usize, extra: &str) -> Vec<u8> {
    let kids: String = (0..count).map(|i| format!("{} 0 R ", 4 + 2 * i)).collect();
    let mut objects = vec![
        "<</Type/Catalog/Pages 2 0 R>>".to_owned(),
        format!(
            "<</Type/Pages/Kids[{kids}]/Count {count}/MediaBox[0 0 595.280 841.890]{extra}\
             /Resources<</Font<</F 3 0 R>>>>>>"
        ),
        "<</Type/Font/Subtype/Type1/BaseFont/Helvetica>>".to_owned(),
    ];
    for page in 0..count {
        let content = format!("BT /F 24 Tf 72 720 Td (Page {page}) Tj ET\n");
        objects.push(format!("<</Type/Page/Parent 2 0 R/Contents {} 0 R>>", 5 + 2 * page));
        objects.push(stream(&content));
    }
    file(&objects, "")
}

/// Annotations in an array of their own.
pub(crate) fn with_annotation() -> Vec<u8> {
    file(
        &[
            "<</Type/Catalog/Pages 2 0 R>>".to_owned(),
            "<</Type/Pages/Kids[3 0 R]/Count 1>>".to_owned(),
            "<</Type/Page/Parent 2 0 R/MediaBox[0 0 300 300]/Annots 4 0 R/Contents 6 0 R>>"
                .to_owned(),
            "[5 0 R]".to_owned(),
            "<</Type/Annot/Subtype/Square/Rect[10 10 50 50]/C[1 0 0]/F 4>>".to_owned(),
            stream("0 0 1 rg 100 100 50 50 re f\n"),
        ],
        "/ID[<00112233445566778899aabbccddeeff><00112233445566778899aabbccddeeff>]",
    )
}

/// A page of at least `size` bytes together, `count` of them.
pub(crate) fn heavy(count: usize, size: usize) -> Vec<u8> {
    let kids: String = (0..count).map(|i| format!("{} 0 R ", 3 + 2 * i)).collect();
    let mut objects = vec![
        "<</Type/Catalog/Pages 2 0 R>>".to_owned(),
        format!("<</Type/Pages/Kids[{kids}]/Count {count}/MediaBox[0 0 595 842]>>"),
    ];
    let line = "0.5 w 72 72 m 500 700 l S\n";
    let content = line.repeat(size / count / line.len() + 1);
    for page in 0..count {
        objects.push(format!("<</Type/Page/Parent 2 0 R/Contents {} 0 R>>", 4 + 2 * page));
        objects.push(stream(&content));
    }
    file(&objects, "")
}

pub(crate) fn stream(content: &str) -> String {
    format!("<</Length {}>>\nstream\n{content}endstream", content.len())
}

/// A file of objects 1, 2, … with a table; object 1 is the catalog.
pub(crate) fn file(objects: &[String], trailer: &str) -> Vec<u8> {
    let mut out = String::from("%PDF-1.7\n%\u{e2}\u{e3}\n");
    let mut offsets = Vec::new();
    for (i, object) in objects.iter().enumerate() {
        offsets.push(out.len());
        write!(out, "{} 0 obj\n{object}\nendobj\n", i + 1).unwrap();
    }
    let at = out.len();
    write!(out, "xref\n0 {}\n0000000000 65535 f \n", objects.len() + 1).unwrap();
    for offset in offsets {
        writeln!(out, "{offset:010} 00000 n ").unwrap();
    }
    let size = objects.len() + 1;
    write!(out, "trailer\n<</Size {size}/Root 1 0 R{trailer}>>\nstartxref\n{at}\n%%EOF\n").unwrap();
    out.into_bytes()
}

/// The same document as qpdf writes it; `None` where qpdf is absent.
pub(crate) fn qpdf(bytes: &[u8], options: &[&str]) -> Option<Vec<u8>> {
    let dir = tempfile::tempdir().unwrap();
    let (from, to) = (dir.path().join("in.pdf"), dir.path().join("out.pdf"));
    std::fs::write(&from, bytes).unwrap();
    let Ok(done) = Command::new("qpdf").args(options).arg(&from).arg(&to).output() else {
        eprintln!("qpdf is not installed: fewer inputs");
        return None;
    };
    assert!(done.status.success(), "{}", String::from_utf8_lossy(&done.stderr));
    Some(std::fs::read(to).unwrap())
}
