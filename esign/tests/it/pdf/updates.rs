//! Random updates after a signature: whatever an update does, if the verifier calls the signature
//! sound, then the pages still look as they did (mutool draws them).

use std::path::Path;
use std::process::Command;
use std::sync::OnceLock;

use esign::pdf::verify::{PdfSignature, verify};
use proptest::prelude::*;

use super::edit::{append_with, find, object};
use super::inputs;
use super::signer::signed;

/// A signed form: catalog 1, pages 2, page 3, content 4, field 5, its appearance 6, font 7,
/// information 8, a form object used by the page 9, and the signature's own objects.
fn base() -> &'static [u8] {
    static BASE: OnceLock<Vec<u8>> = OnceLock::new();
    BASE.get_or_init(|| {
        let form = |content: &str| {
            let length = content.len();
            format!(
                "<</Type/XObject/Subtype/Form/BBox[0 0 80 20]/Length {length}>>\nstream\n\
                 {content}endstream"
            )
        };
        let objects = [
            "<</Type/Catalog/Pages 2 0 R/AcroForm<</Fields[5 0 R]/DA(/F 12 Tf)>>>>".to_owned(),
            "<</Type/Pages/Kids[3 0 R]/Count 1>>".to_owned(),
            "<</Type/Page/Parent 2 0 R/MediaBox[0 0 200 200]/Annots[5 0 R]/Contents 4 0 R\
             /Resources<</Font<</F 7 0 R>>/XObject<</X 9 0 R>>>>>>"
                .to_owned(),
            inputs::stream("BT /F 12 Tf 20 150 Td (Pay 100) Tj ET 1 0 0 1 20 90 cm /X Do\n"),
            "<</Type/Annot/Subtype/Widget/FT/Tx/T(sum)/Rect[20 20 100 40]/P 3 0 R/AP<</N 6 0 R>>/F 4>>"
                .to_owned(),
            form("0 0 80 20 re S\n"),
            "<</Type/Font/Subtype/Type1/BaseFont/Helvetica>>".to_owned(),
            "<</Title(Letter)>>".to_owned(),
            form("0.5 g 0 0 40 10 re f\n"),
        ];
        signed(&inputs::file(&objects, "/Info 8 0 R"), "S")
    })
}

/// Highest object number of [`base`] and a few that are free.
const NUMBERS: u32 = 18;

#[derive(Clone, Debug)]
enum Step {
    /// Gives an object the text of another.
    Copy { from: u32, to: u32 },
    /// Frees an object, or points its entry into the middle of the file.
    Entry { number: u32, offset: Option<f64> },
    /// Adds an entry to an object's dictionary.
    Insert { number: u32, entry: &'static str, target: u32 },
    /// Turns one reference of an object into another.
    Redirect { number: u32, which: usize, target: u32 },
    /// Changes one byte of an object.
    Replace { number: u32, at: f64, byte: u8 },
    /// Adds a key to the trailer.
    Trailer { entry: &'static str, target: u32 },
}

fn step() -> impl Strategy<Value = Step> {
    let number = 1..=NUMBERS;
    prop_oneof![
        1 => (number.clone(), number.clone()).prop_map(|(from, to)| Step::Copy { from, to }),
        1 => (number.clone(), prop::option::of(0.0..1.0))
            .prop_map(|(number, offset)| Step::Entry { number, offset }),
        4 => (number.clone(), prop::sample::select(ENTRIES), number.clone())
            .prop_map(|(number, entry, target)| Step::Insert { number, entry, target }),
        2 => (number.clone(), 0..8_usize, number.clone())
            .prop_map(|(number, which, target)| Step::Redirect { number, which, target }),
        2 => (number.clone(), 0.0..1.0, b' '..=b'~')
            .prop_map(|(number, at, byte)| Step::Replace { number, at, byte }),
        1 => (prop::sample::select(TRAILERS), number)
            .prop_map(|(entry, target)| Step::Trailer { entry, target }),
    ]
}

/// The update that the steps describe, appended.
fn update(steps: &[Step]) -> Vec<u8> {
    let file = base();
    let mut objects: Vec<(u32, Vec<u8>)> = Vec::new();
    let mut entries = Vec::new();
    let mut trailer = String::new();
    let text = |objects: &[(u32, Vec<u8>)], number: u32| -> Vec<u8> {
        let changed = objects.iter().find(|(known, _)| *known == number);
        let exists = find(file, format!("\n{number} 0 obj\n").as_bytes()).is_some();
        match changed {
            Some((_, text)) => text.clone(),
            None if exists => object(file, number).into_bytes(),
            None => b"<<>>".to_vec(),
        }
    };
    for step in steps {
        let (number, changed) = match step {
            Step::Copy { from, to } => (*to, text(&objects, *from)),
            Step::Entry { number, offset } => {
                let offset = offset.map_or(0, |part| place(part, file.len()));
                if !entries.iter().any(|(known, _)| known == number) {
                    entries.push((*number, offset));
                }
                continue;
            }
            Step::Insert { number, entry, target } => {
                let entry = entry.replace('@', &target.to_string());
                let mut text = text(&objects, *number);
                if text.starts_with(b"<<") {
                    text.splice(2..2, entry.bytes());
                }
                (*number, text)
            }
            Step::Redirect { number, which, target } => {
                (*number, redirected(text(&objects, *number), *which, *target))
            }
            Step::Replace { number, at, byte } => {
                let mut text = text(&objects, *number);
                let at = place(*at, text.len());
                text[at] = *byte;
                (*number, text)
            }
            Step::Trailer { entry, target } => {
                trailer.push_str(&entry.replace('@', &target.to_string()));
                continue;
            }
        };
        objects.retain(|(known, _)| *known != number);
        objects.push((number, changed));
    }
    entries.retain(|(number, _)| objects.iter().all(|(known, _)| known != number));
    let objects: Vec<(u32, String)> = objects
        .into_iter()
        .map(|(number, text)| (number, String::from_utf8_lossy(&text).into_owned()))
        .collect();
    let objects: Vec<(u32, &str)> = objects.iter().map(|(n, text)| (*n, &**text)).collect();
    append_with(file, &objects, &entries, &trailer)
}

#[allow(clippy::cast_possible_truncation, clippy::cast_sign_loss, clippy::cast_precision_loss)]
fn place(part: f64, length: usize) -> usize {
    ((length as f64) * part) as usize
}

fn redirected(text: Vec<u8>, which: usize, target: u32) -> Vec<u8> {
    let written = String::from_utf8_lossy(&text).into_owned();
    let places: Vec<usize> = written.match_indices(" 0 R").map(|(at, _)| at).collect();
    let Some(at) = places.get(which % places.len().max(1)) else { return text };
    let start = written[..*at].trim_end_matches(|c: char| c.is_ascii_digit()).len();
    format!("{}{target}{}", &written[..start], &written[*at..]).into_bytes()
}

/// The first page as mutool draws it; `None` if it cannot.
fn drawn(file: &[u8]) -> Option<Vec<u8>> {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("file.pdf");
    std::fs::write(&path, file).unwrap();
    draw(&path, &dir.path().join("page.ppm"))
}

fn draw(file: &Path, to: &Path) -> Option<Vec<u8>> {
    let mut command = Command::new("mutool");
    command.args(["draw", "-q", "-r", "36", "-o"]).arg(to).arg(file).arg("1");
    let Ok(done) = command.output() else {
        eprintln!("mutool is not installed: not drawn");
        return None;
    };
    if done.status.success() { std::fs::read(to).ok() } else { None }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 300, ..ProptestConfig::default() })]

    #[test]
    fn a_sound_signature_means_an_unchanged_page(steps in prop::collection::vec(step(), 1..5)) {
        static BEFORE: OnceLock<Option<Vec<u8>>> = OnceLock::new();
        let before = BEFORE.get_or_init(|| drawn(base()));
        let file = update(&steps);
        let Ok(found) = verify(&file) else { return Ok(()) };
        if found.iter().any(PdfSignature::is_sound) && let Some(before) = before {
            let after = drawn(&file);
            prop_assert!(after.as_ref() == Some(before), "drawn otherwise after {:?}", steps);
        }
    }
}

const ENTRIES: &[&str] = &[
    "/DSS @ 0 R",
    "/Metadata @ 0 R",
    "/Extensions @ 0 R",
    "/AcroForm @ 0 R",
    "/Perms @ 0 R",
    "/Annots @ 0 R",
    "/Annots[5 0 R @ 0 R]",
    "/Contents @ 0 R",
    "/Contents[4 0 R @ 0 R]",
    "/AP<</N @ 0 R>>",
    "/V @ 0 R",
    "/Kids[@ 0 R]",
    "/Fields[5 0 R @ 0 R]",
    "/Parent @ 0 R",
    "/DR<</XObject<</X @ 0 R>>>>",
    "/FT/Sig",
    "/FT/Tx",
    "/T(x)",
    "/Subtype/Widget",
    "/F 2",
    "/AS/Off",
    "/Rect[0 0 200 200]",
    "/Type/XObject/Subtype/Form",
    "/Type/Metadata",
    "/Type/ObjStm",
    "/Type/XRef",
    "/Pages @ 0 R",
    "/Resources @ 0 R",
    "/OC @ 0 R",
    "/Length @ 0 R",
    "/MK<</BG[1 0 0]>>",
];

const TRAILERS: &[&str] =
    &["/Info @ 0 R", "/Root @ 0 R", "/Prev @", "/ID[()()]", "/XRefStm @", "/Extra @ 0 R"];
