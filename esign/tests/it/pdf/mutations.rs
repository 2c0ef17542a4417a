//! Whatever is done to a file, reading it neither panics nor takes more than its limits.

use std::path::PathBuf;
use std::sync::OnceLock;

use auth_core::verdict::Coverage;
use esign::pdf::sign::prepare;
use esign::pdf::verify::{PdfSignature, inspect, verify};
use proptest::prelude::*;

use super::inputs;
use super::signer::{field, signed};
use super::vectors::vectors;

/// Small files of all kinds, our own signed ones among them.
fn corpus() -> &'static [Vec<u8>] {
    static CORPUS: OnceLock<Vec<Vec<u8>>> = OnceLock::new();
    CORPUS.get_or_init(|| {
        let mut corpus: Vec<Vec<u8>> = inputs::all()
            .into_iter()
            .flat_map(|(_, input)| [signed(&signed(&input, "A"), "B"), input])
            .collect();
        let folder: Option<PathBuf> = vectors();
        for kind in ["pyhanko", "dss"] {
            let Some(entries) = folder.as_ref().and_then(|f| std::fs::read_dir(f.join(kind)).ok())
            else {
                continue;
            };
            let mut paths: Vec<PathBuf> = entries.map(|entry| entry.unwrap().path()).collect();
            paths.sort();
            let files = paths.into_iter().map(|path| std::fs::read(path).unwrap());
            corpus.extend(files.filter(|bytes| bytes.len() < 60_000));
        }
        corpus
    })
}

#[derive(Clone, Debug)]
enum Edit {
    Copy { from: f64, length: usize, to: f64 },
    Cut { at: f64, length: usize },
    Flip { at: f64, mask: u8 },
    Put { at: f64, token: &'static str },
    Truncate { at: f64 },
}

fn edit() -> impl Strategy<Value = Edit> {
    let place = 0.0..1.0_f64;
    prop_oneof![
        4 => (place.clone(), 1..=255_u8).prop_map(|(at, mask)| Edit::Flip { at, mask }),
        2 => (place.clone(), prop::sample::select(TOKENS)).prop_map(|(at, token)| Edit::Put { at, token }),
        1 => (place.clone(), 1..200_usize).prop_map(|(at, length)| Edit::Cut { at, length }),
        1 => (place.clone(), 1..400_usize, place.clone())
            .prop_map(|(from, length, to)| Edit::Copy { from, length, to }),
        1 => place.prop_map(|at| Edit::Truncate { at }),
    ]
}

#[allow(clippy::cast_possible_truncation, clippy::cast_sign_loss, clippy::cast_precision_loss)]
fn apply(bytes: &mut Vec<u8>, edit: &Edit) {
    let place = |at: f64, length: usize| ((length as f64) * at) as usize;
    let length = bytes.len();
    if length == 0 {
        return;
    }
    match edit {
        Edit::Copy { from, length: size, to } => {
            let from = place(*from, length);
            let piece = bytes[from..(from + size).min(length)].to_vec();
            let to = place(*to, length);
            bytes.splice(to..to, piece);
        }
        Edit::Cut { at, length: size } => {
            let at = place(*at, length);
            bytes.drain(at..(at + size).min(length));
        }
        Edit::Flip { at, mask } => bytes[place(*at, length)] ^= mask,
        Edit::Put { at, token } => {
            // Over what is there, so that offsets stay right and the reader gets far.
            let at = place(*at, length);
            let end = (at + token.len()).min(length);
            bytes[at..end].copy_from_slice(&token.as_bytes()[..end - at]);
        }
        Edit::Truncate { at } => bytes.truncate(place(*at, length)),
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 400, ..ProptestConfig::default() })]

    #[test]
    fn changed_files_do_no_harm(
        index in 0..10_000_usize,
        edits in prop::collection::vec(edit(), 1..6),
    ) {
        let corpus = corpus();
        let original = &corpus[index % corpus.len()];
        let mut bytes = original.clone();
        for edit in &edits {
            apply(&mut bytes, edit);
        }
        // What can be prepared is found again by the verifier, in form and place.
        if let Ok(prepared) = prepare(&bytes, &field("New")) {
            let signed = prepared.fill(&[0x30, 0]).unwrap();
            prop_assert!(signed.starts_with(&bytes));
            let found = inspect(&signed).unwrap();
            let new = found.iter().find(|found| found.field == "New").unwrap();
            prop_assert_eq!(new.coverage, Coverage::Whole, "{:?}", &new.reasons);
        }
        // A file whose start was changed has no sound signature over it.
        if let Ok(found) = verify(&bytes) {
            let sound = found.iter().filter(|found| found.is_sound());
            for PdfSignature { found, .. } in sound {
                let parts = found.parts(&bytes).unwrap();
                let first = original.get(..parts[0].len()).unwrap_or_default();
                prop_assert!(first == parts[0], "signed bytes were changed");
            }
        }
    }

    #[test]
    fn any_bytes_do_no_harm(bytes in prop::collection::vec(any::<u8>(), 0..600)) {
        let framed = [b"%PDF-1.7\n", &bytes[..], b"\nstartxref\n9\n%%EOF\n"].concat();
        let _ = verify(&framed);
        let _ = prepare(&framed, &field("New"));
        let _ = verify(&bytes);
    }
}

const TOKENS: &[&str] = &[
    "<<",
    ">>",
    "[",
    "]",
    "(",
    ")",
    "<",
    ">",
    "/",
    " 0 R ",
    "obj",
    "endobj",
    "stream\n",
    "xref\n",
    "endstream",
    "trailer",
    "startxref",
    "null",
    "-1",
    "0",
    "99999999999",
    "4294967296",
    "#00",
    "%",
    "/Prev 9 ",
    "/Length 4 0 R",
    "/Kids",
    "/Type/ObjStm",
    "/Type/XRef",
    "/W[1 1 1]",
    "/Encrypt 1 0 R",
];
