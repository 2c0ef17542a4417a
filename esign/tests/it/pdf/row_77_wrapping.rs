//! Row 77: signature wrapping, universal forgery and incremental saving.

use auth_core::verdict::{Changes, Coverage, Integrity};
use esign::pdf::verify::{PdfSignature, verify};

use super::edit::{append, find, last_number_after, object, replace};
use super::inputs;
use super::signer::signed;

fn only(file: &[u8]) -> PdfSignature {
    let mut found = verify(file).unwrap();
    assert_eq!(found.len(), 1);
    found.remove(0)
}

/// Number of the signature dictionary of the one signature in a file of `inputs::pages(1, "")`.
const SIGNATURE: u32 = 6;

#[test]
fn an_appended_body_is_named_with_its_revision() {
    let file = signed(&inputs::pages(1, ""), "S");
    let content = inputs::stream("BT /F 24 Tf 72 720 Td (Something else) Tj ET\n");
    let forged = append(&file, &[(5, &content)]);
    let found = only(&forged);
    assert_eq!(found.integrity(), Integrity::Intact, "the signed bytes are still there");
    assert_eq!(found.found.coverage, Coverage::Revision);
    assert_eq!(found.found.changes, Changes::Forbidden);
    assert!(!found.is_sound());
    let reasons = found.report().reasons;
    let told = reasons[0].detail.as_deref().unwrap();
    assert!(told.contains("revision 3") && told.contains("object 5"), "{told}");
}

#[test]
fn every_kind_of_appended_change_is_forbidden() {
    let file = signed(&inputs::with_annotation(), "S");
    let page = object(&file, 3);
    let catalog = object(&file, 1);
    let more_pages = "<</Type/Pages/Kids[3 0 R 3 0 R]/Count 2>>";
    let forged_page = page.replace("/Contents 6 0 R", "/Contents 100 0 R");
    let content = inputs::stream("1 0 0 rg 0 0 300 300 re f\n");
    let cases: Vec<(&str, Vec<(u32, String)>)> = vec![
        ("page added", vec![(2, more_pages.to_owned())]),
        ("page removed", vec![(2, "<</Type/Pages/Kids[]/Count 0>>".to_owned())]),
        ("page freed of its content", vec![(3, page.replace("/Contents 6 0 R", ""))]),
        ("other content", vec![(3, forged_page), (100, content.clone())]),
        ("content rewritten", vec![(6, content)]),
        ("media box", vec![(3, page.replace("[0 0 300 300]", "[0 0 300 200]"))]),
        ("annotation added", vec![(4, "[5 0 R 8 0 R 100 0 R]".to_owned()), (100, square())]),
        ("annotation moved", vec![(5, square())]),
        ("annotation removed", vec![(4, "[8 0 R]".to_owned())]),
        ("open action", vec![(1, with(&catalog, "/OpenAction<</S/JavaScript/JS(app.alert)>>"))]),
        ("names", vec![(1, with(&catalog, "/Names<</EmbeddedFiles 100 0 R>>"))]),
        ("layers", vec![(1, with(&catalog, "/OCProperties<</D<<>>/OCGs[]>>"))]),
        ("page layout", vec![(1, with(&catalog, "/PageLayout/OneColumn"))]),
        ("signature dictionary", vec![(7, object(&file, 7).replace("2026", "2025"))]),
        ("annotation emptied", vec![(5, "null".to_owned())]),
    ];
    for (what, objects) in cases {
        let objects: Vec<(u32, &str)> = objects.iter().map(|(n, o)| (*n, &**o)).collect();
        let forged = append(&file, &objects);
        match verify(&forged) {
            Err(_) => {}
            Ok(found) => assert!(
                !found.is_empty() && found.iter().all(|found| !found.is_sound()),
                "{what}: {:?}",
                found.first().map(PdfSignature::report)
            ),
        }
    }
}

#[test]
fn a_rewritten_but_equal_object_is_no_change() {
    let file = signed(&inputs::with_annotation(), "S");
    let same = append(&file, &[(6, &object(&file, 6)), (5, &object(&file, 5))]);
    let found = only(&same);
    assert!(found.is_sound(), "{:?}", found.report());
    assert_eq!(found.found.changes, Changes::Permitted);
}

#[test]
fn bytes_appended_without_a_revision_are_forbidden() {
    let file = signed(&inputs::pages(1, ""), "S");
    let tails: [&[u8]; 5] =
        [b"\n", b"% a comment\n", b"7 0 obj\n<<>>\nendobj\n", &[0; 100], &file.clone()];
    for tail in tails {
        let forged = [&file[..], tail].concat();
        let sound = verify(&forged).is_ok_and(|found| found.iter().any(PdfSignature::is_sound));
        assert!(!sound, "{:?}", &tail[..tail.len().min(20)]);
    }
}

#[test]
fn universal_forgery_finds_no_value_to_accept() {
    let file = signed(&inputs::pages(1, ""), "S");
    let dict = object(&file, SIGNATURE);
    let contents = {
        let start = dict.find("/Contents <").unwrap();
        let end = dict[start + 11..].find('>').unwrap() + start + 12;
        dict[start..end].to_owned()
    };
    let range = {
        let start = dict.find("/ByteRange ").unwrap();
        dict[start..start + dict[start..].find(']').unwrap() + 1].to_owned()
    };
    let zeros = format!("/Contents <{}>", "0".repeat(2800));
    let cases = [
        dict.replace(&contents, ""),
        dict.replace(&contents, "/Contents <>"),
        dict.replace(&contents, "/Contents ()"),
        dict.replace(&contents, "/Contents null"),
        dict.replace(&contents, &zeros),
        dict.replace(&range, ""),
        dict.replace(&range, "/ByteRange null"),
        dict.replace(&range, "/ByteRange [0 0 0 0]"),
        dict.replace("/SubFilter /ETSI.CAdES.detached", ""),
        dict.replace("ETSI.CAdES.detached", "adbe.x509.rsa_sha1"),
        dict.replace("ETSI.CAdES.detached", "ETSI.RFC3161"),
        dict.replace("/Type /Sig", "/Type /DocTimeStamp"),
        dict.clone(),
    ];
    for forged in cases {
        let file = append(&file, &[(SIGNATURE, &forged)]);
        let sound = verify(&file).is_ok_and(|found| found.iter().any(PdfSignature::is_sound));
        assert!(!sound, "{}", &forged[..forged.len().min(300)]);
    }
}

#[test]
fn objects_moved_into_the_gap_are_seen() {
    // The classic of 2019: the second part of the range is moved to the end of a longer file, and
    // what the file says stands between the contents and it.
    let file = signed(&inputs::pages(1, ""), "S");
    let gap_end = find(&file, b"/Contents <").unwrap() + 11;
    let gap_end = gap_end + file[gap_end..].iter().position(|byte| *byte == b'>').unwrap() + 1;
    let tail = &file[gap_end..];
    let body = b"\n>>\nendobj\n5 0 obj\n<</Length 0>>\nstream\n\nendstream\nendobj\n";
    let forged = [&file[..gap_end], &body[..], tail].concat();
    let second = last_number_after(&file[..gap_end], "/ByteRange [0");
    let range = find(&forged, b"/ByteRange ").unwrap();
    let line = &file[range..range + file[range..].iter().position(|b| *b == b']').unwrap() + 1];
    let moved = format!("/ByteRange [0 {second} {} {}]", gap_end + body.len(), tail.len());
    let forged = replace(&forged, line, moved.as_bytes());
    let sound = verify(&forged).is_ok_and(|found| found.iter().any(PdfSignature::is_sound));
    assert!(!sound);
}

#[test]
fn a_copied_signature_in_a_second_field_is_refused() {
    let file = signed(&inputs::pages(1, ""), "S");
    let page = object(&file, 4);
    let widget = object(&file, 7).replace("(S)", "(T)");
    let form = object(&file, 8).replace("[7 0 R]", "[7 0 R 100 0 R]");
    let page = page.replace("[7 0 R]", "[7 0 R 100 0 R]");
    let forged = append(&file, &[(4, &page), (8, &form), (100, &widget)]);
    let found = verify(&forged).unwrap();
    assert_eq!(found.len(), 2);
    assert!(found.iter().all(|found| !found.is_sound()));
    // The same name for both is no better.
    let widget = object(&file, 7);
    let forged = append(&file, &[(4, &page), (8, &form), (100, &widget)]);
    assert!(verify(&forged).unwrap().iter().all(|found| !found.is_sound()));
}

#[test]
fn a_later_signature_that_is_broken_answers_for_nothing() {
    let once = signed(&inputs::pages(1, ""), "S");
    let twice = signed(&once, "T");
    assert!(verify(&twice).unwrap().iter().all(PdfSignature::is_sound));
    let mut forged = twice;
    let at = super::edit::find_last(&forged, b"/Contents <").unwrap() + 200;
    forged[at] = if forged[at] == b'0' { b'1' } else { b'0' };
    let found = verify(&forged).unwrap();
    assert_eq!(found.len(), 2);
    assert_eq!(found[0].integrity(), Integrity::Intact);
    assert_eq!(found[0].found.changes, Changes::Forbidden);
    assert!(found.iter().all(|found| !found.is_sound()));
}

#[test]
fn every_single_byte_counts() {
    let file = signed(&inputs::pages(1, ""), "S");
    assert!(file.len() <= 8192, "{}", file.len());
    assert!(only(&file).is_sound());
    for flip in [1_u8, 0x20, 0x80] {
        for at in 0..file.len() {
            let mut forged = file.clone();
            forged[at] ^= flip;
            let sound = verify(&forged).is_ok_and(|found| found.iter().any(PdfSignature::is_sound));
            assert!(!sound, "byte {at} xor {flip:#x}");
        }
    }
    for end in 0..file.len() {
        let sound =
            verify(&file[..end]).is_ok_and(|found| found.iter().any(PdfSignature::is_sound));
        assert!(!sound, "cut at {end}");
    }
}

fn square() -> String {
    "<</Type/Annot/Subtype/Square/Rect[0 0 300 300]/C[1 0 0]/IC[1 0 0]/F 4>>".to_owned()
}

fn with(dict: &str, entry: &str) -> String {
    let end = dict.rfind(">>").unwrap();
    format!("{}{entry}>>", &dict[..end])
}
