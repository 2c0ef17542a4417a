//! Published files of EU DSS and pyHanko, and what we say about each.
//!
//! `vectors.txt` holds the answers, one file a line: per signature whether it is sound, how much it
//! covers and what came after. Sound means intact and nothing forbidden followed, whoever signed.

use std::fmt::Write as _;
use std::path::{Path, PathBuf};

use esign::pdf::verify::verify;

/// Folder of the published files: `YINXIN_VECTORS`, or `shared/vectors` beside the project.
pub(crate) fn vectors() -> Option<PathBuf> {
    let folder = std::env::var_os("YINXIN_VECTORS").map_or_else(
        || PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../../shared/vectors"),
        PathBuf::from,
    );
    let folder = folder.join("pdf");
    if folder.is_dir() {
        return Some(folder);
    }
    eprintln!("no published files at {}: not asked", folder.display());
    None
}

/// The name of every file with what we say about it, by name.
fn answers(folder: &Path) -> Vec<(String, String)> {
    let mut answers = Vec::new();
    for kind in ["dss", "pyhanko"] {
        for entry in std::fs::read_dir(folder.join(kind)).unwrap() {
            let path = entry.unwrap().path();
            let name = path.strip_prefix(folder).unwrap().display().to_string();
            answers.push((name, answer(&std::fs::read(&path).unwrap())));
        }
    }
    answers.sort();
    answers
}

fn answer(bytes: &[u8]) -> String {
    let found = match verify(bytes) {
        Ok(found) => found,
        Err(refused) => return format!("refused: {refused}"),
    };
    let mut said = String::new();
    for signature in &found {
        let report = signature.report();
        let sound = if signature.is_sound() { "sound" } else { "unsound" };
        let parts = format!("{:?} {:?} {:?}", report.integrity, report.coverage, report.changes);
        write!(said, "[{sound} {}]", parts.to_lowercase()).unwrap();
    }
    if said.is_empty() { "unsigned".to_owned() } else { said }
}

#[test]
fn published_files_get_the_expected_answers() {
    let Some(folder) = vectors() else { return };
    let expected: Vec<(&str, &str)> = include_str!("vectors.txt")
        .lines()
        .filter(|line| !line.starts_with('#'))
        .map(|line| line.split_once(": ").unwrap())
        .collect();
    let mut checked = 0;
    for (name, said) in answers(&folder) {
        eprintln!("{name}: {said}"); // The new table, should it have to change.
        let known = expected.iter().find(|(expected, _)| *expected == name);
        let Some((_, answer)) = known else { continue };
        assert_eq!(*answer, said, "{name}");
        checked += 1;
    }
    assert!(checked > 0, "the folder of published files is empty");
}

/// What the names of the files say is wrong must not pass.
#[test]
fn damaged_files_are_never_sound() {
    let Some(folder) = vectors() else { return };
    let damaged = [
        "dss/BadEncodedCMS.pdf",
        "dss/annotation-and-visible-change.pdf",
        "dss/hello_signed_INCSAVE_signed_EDITED.pdf",
        "dss/pades-bes-no-certificates.pdf",
        "dss/pdf-double-signer-info.pdf",
        "dss/pdf-signed-corrupted.pdf",
        "dss/pdf-with-empty-sig.pdf",
        "dss/pdf-with-two-empty-sigs.pdf",
        "dss/signature-referenced-from-multiple-fields.pdf",
        "dss/siwa.pdf",
        "pyhanko/ed448-disallowed-hash.pdf",
        "pyhanko/extensions-indirect-not-all-paths.pdf",
        "pyhanko/form-update-override-appearance-stream-ap-indirect-sneaky.pdf",
        "pyhanko/form-update-override-appearance-stream-sneaky.pdf",
        "pyhanko/one-byterange.pdf",
        "pyhanko/pdf-sig-with-econtent.pdf",
        "pyhanko/weird-byterange.pdf",
    ];
    for name in damaged {
        let Ok(bytes) = std::fs::read(folder.join(name)) else { continue };
        let found = verify(&bytes).unwrap_or_default();
        // The first signature is the one that the damage came after.
        assert!(found.first().is_none_or(|first| !first.is_sound()), "{name}");
    }
}
