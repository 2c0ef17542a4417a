//! ISO 32000-2 §7.5.6 and §12.7.5.5: what signing adds, and what it refuses.

use esign::pdf::PdfRefused;
use esign::pdf::read::{Document, Irregularity, Object, Page, Rect, SectionKind};
use esign::pdf::sign::{Appearance, SignatureField, layout, prepare};
use esign::pdf::verify::{PdfSignature, verify};

use super::edit::{find, find_last, object};
use super::inputs;
use super::signer::{field, seal, sign_with, signed, sm2_seal};

fn refused(bytes: &[u8], field: &SignatureField<'_>) -> PdfRefused {
    prepare(bytes, field).unwrap_err()
}

fn mark(page: usize, place: Rect) -> Appearance<'static> {
    let size = (place.x1 - place.x0, place.y1 - place.y0);
    Appearance { page, place, size, content: b"0 0 9 9 re f\n", resources: Vec::new() }
}

const PLACE: Rect = Rect { x0: 10.0, y0: 20.0, x1: 110.0, y1: 70.0 };

#[test]
fn signatures_in_a_row_stay_valid_with_both_algorithms() {
    for (what, input) in inputs::all() {
        let mut file = input;
        for round in 0..6 {
            let name = format!("Sig {round}");
            let visible = round % 2 == 0;
            let field = SignatureField {
                appearance: visible.then(|| mark(0, PLACE)),
                reserved: 2000,
                ..field(&name)
            };
            let signer = if round % 3 == 0 { sm2_seal() } else { seal() };
            let next = sign_with(signer, &file, &field);
            assert!(next.starts_with(&file), "{what}");
            file = next;
        }
        let found = verify(&file).unwrap();
        assert_eq!(found.len(), 6, "{what}");
        for found in &found {
            assert!(found.is_sound(), "{what}: {:?}", found.report());
        }
        assert_eq!(found[0].report().signer, found[3].report().signer);
        assert!(found[0].report().signer.contains("清河县"));
    }
}

#[test]
fn the_update_is_of_the_same_kind_and_touches_only_what_it_must() {
    for (what, input) in inputs::all() {
        let file = signed(&input, "S");
        let document = Document::open(&file).unwrap();
        let [.., before, after] = document.sections() else { panic!("{what}") };
        let kinds = [before.kind, after.kind].map(|kind| matches!(kind, SectionKind::Table));
        assert_eq!(kinds[0], kinds[1], "{what}");
        let update = String::from_utf8_lossy(&file[input.len()..]).into_owned();
        // Signature, widget, page or list, form, catalog, and a cross-reference stream.
        assert!(update.matches(" obj\n").count() <= 6, "{what}");
        assert!(update.len() < 2 * 1400 + 2500, "{what}: {}", update.len());
    }
}

#[test]
fn a_large_document_costs_a_small_update() {
    let input = inputs::heavy(100, 6_000_000);
    let file = signed(&input, "S");
    assert!(file.len() - input.len() < 2 * 1400 + 3000);
    assert!(verify(&file).unwrap()[0].is_sound());
}

#[test]
fn numbers_are_rewritten_as_they_were() {
    let page =
        "<</Type/Page/Parent 2 0 R/MediaBox[0 0.0 300.50 +300]/X(\\(a\\)\\\\\\351)/N#20m/v#2F>>";
    let input = inputs::file(
        &[
            "<</Type/Catalog/Pages 2 0 R>>".to_owned(),
            "<</Type/Pages/Kids[3 0 R]/Count 1>>".to_owned(),
            page.to_owned(),
        ],
        "",
    );
    let file = signed(&input, "S");
    let page = object(&file, 3);
    assert!(page.contains("[0 0.0 300.50 300]"), "{page}");
    assert!(page.contains("/X <2861295CE9>"), "{page}");
    assert!(page.contains("/N#20m /v#2F"), "{page}");
    assert!(verify(&file).unwrap()[0].is_sound());
}

#[test]
fn the_place_follows_rotation_crop_and_unit() {
    // Shown size is 480 × 670, or on its side; the crop box starts at (20, 30).
    let crop = "/CropBox [20 30 500 700]";
    let cases = [
        ("/Rotate 0", [30.0, 50.0, 130.0, 100.0], (480.0, 670.0)),
        ("/Rotate 90", [430.0, 40.0, 480.0, 140.0], (670.0, 480.0)),
        ("/Rotate 180", [390.0, 630.0, 490.0, 680.0], (480.0, 670.0)),
        ("/Rotate 270", [40.0, 590.0, 90.0, 690.0], (670.0, 480.0)),
        ("/Rotate -90", [40.0, 590.0, 90.0, 690.0], (670.0, 480.0)),
    ];
    for (rotation, expected, size) in cases {
        let input = inputs::pages(2, &format!("{rotation} {crop}"));
        assert_eq!(layout(&input, 1).unwrap(), (2, size), "{rotation}");
        let field = SignatureField { appearance: Some(mark(1, PLACE)), ..field("S") };
        assert_eq!(rect_of(&sign_with(seal(), &input, &field)), expected, "{rotation}");
    }
    let input = inputs::file(
        &[
            "<</Type/Catalog/Pages 2 0 R>>".to_owned(),
            "<</Type/Pages/Kids[3 0 R]/Count 1>>".to_owned(),
            "<</Type/Page/Parent 2 0 R/MediaBox[0 0 99 99]/UserUnit 2>>".to_owned(),
        ],
        "",
    );
    assert_eq!(layout(&input, 0).unwrap().1, (198.0, 198.0));
    let field = SignatureField { appearance: Some(mark(0, PLACE)), ..field("S") };
    assert_eq!(rect_of(&sign_with(seal(), &input, &field)), [5.0, 10.0, 55.0, 35.0]);
}

fn rect_of(file: &[u8]) -> [f64; 4] {
    let at = find_last(file, b"/Rect [").unwrap() + b"/Rect [".len();
    let end = at + find(&file[at..], b"]").unwrap();
    let text = std::str::from_utf8(&file[at..end]).unwrap();
    let numbers: Vec<f64> = text.split(' ').map(|number| number.parse().unwrap()).collect();
    numbers.try_into().unwrap()
}

#[test]
fn inherited_attributes_count() {
    let input = inputs::pages(3, "/Rotate 90");
    let document = Document::open(&input).unwrap();
    let page = Page::at(document.latest(), 2).unwrap();
    assert_eq!(page.rotation, 90);
    assert_eq!(page.visible, Rect { x0: 0.0, y0: 0.0, x1: 595.28, y1: 841.89 });
    assert_eq!(page.dict().unwrap().get(b"MediaBox"), None::<&Object>);
}

#[test]
fn texts_that_are_not_ascii_come_back() {
    let field = SignatureField {
        signer_name: Some("清河县（测试）"),
        reason: Some("同意 (approved) \\"),
        contact: Some("电话 0319"),
        location: Some("Qinghe"),
        ..field("印章")
    };
    let found = verify(&sign_with(seal(), &inputs::pages(1, ""), &field)).unwrap().remove(0).found;
    assert_eq!(found.field, "印章");
    assert_eq!(found.signer_name.as_deref(), field.signer_name);
    assert_eq!(found.reason.as_deref(), field.reason);
    assert_eq!(found.contact.as_deref(), field.contact);
    assert_eq!(found.location.as_deref(), field.location);
}

#[test]
fn what_cannot_be_signed_is_refused_by_name() {
    let input = inputs::pages(1, "");
    let once = signed(&input, "S");
    assert_eq!(refused(&once, &field("S")), PdfRefused::FieldExists("S".to_owned()));
    for name in ["", "a.b", "a\nb", &"x".repeat(200)] {
        assert_eq!(refused(&input, &field(name)), PdfRefused::FieldName);
    }
    let nowhere = SignatureField { appearance: Some(mark(1, PLACE)), ..field("S") };
    assert_eq!(refused(&input, &nowhere), PdfRefused::NoSuchPage(1));
    let flat = Rect { x1: PLACE.x0, ..PLACE };
    let not_a_number = Rect { x1: f64::NAN, ..PLACE };
    for place in [flat, not_a_number] {
        let field = SignatureField { appearance: Some(mark(0, place)), ..field("S") };
        assert_eq!(refused(&input, &field), PdfRefused::Place);
    }
    let prepared = prepare(&input, &field("S")).unwrap();
    let needed = prepared.reserved() + 1;
    let too_small = PdfRefused::ContentsTooSmall { needed, reserved: needed - 1 };
    assert_eq!(prepared.fill(&vec![0; needed]).unwrap_err(), too_small);

    let before = [b"junk\n", &input[..]].concat();
    assert!(matches!(refused(&before, &field("S")), PdfRefused::Broken { .. }));
    let after = [&input[..], b"junk"].concat();
    let trailing = PdfRefused::Irregular(Irregularity::TrailingBytes);
    assert_eq!(refused(&after, &field("S")), trailing);
    let cut = &input[..input.len() - b"%%EOF\n".len()];
    let no_mark = PdfRefused::Irregular(Irregularity::NoEndMark);
    assert_eq!(refused(cut, &field("S")), no_mark);
}

#[test]
fn forms_and_files_that_show_two_documents_are_refused() {
    let catalog = |extra: &str| {
        inputs::file(
            &[
                format!("<</Type/Catalog/Pages 2 0 R{extra}>>"),
                "<</Type/Pages/Kids[3 0 R]/Count 1>>".to_owned(),
                "<</Type/Page/Parent 2 0 R>>".to_owned(),
            ],
            "",
        )
    };
    let xfa = catalog("/AcroForm<</Fields[]/XFA(x)>>");
    assert_eq!(refused(&xfa, &field("S")), PdfRefused::Xfa);
    let twice = catalog("/Pages 3 0 R");
    assert!(matches!(refused(&twice, &field("S")), PdfRefused::Broken { .. }));
    let objects = ["<</Type/Catalog/Pages 1 0 R>>".to_owned()];
    let hybrid = inputs::file(&objects, "/XRefStm 9");
    assert_eq!(refused(&hybrid, &field("S")), PdfRefused::Hybrid);
    let encrypted = inputs::file(&objects, "/Encrypt 1 0 R");
    assert_eq!(refused(&encrypted, &field("S")), PdfRefused::Encrypted);
}

#[test]
fn a_lock_on_new_fields_is_respected() {
    let locked = |action: &str| {
        let lock = format!("<</Type/SigFieldLock{action}>>");
        let input = inputs::file(
            &[
                "<</Type/Catalog/Pages 2 0 R/AcroForm<</Fields[4 0 R]/SigFlags 3>>>>".to_owned(),
                "<</Type/Pages/Kids[3 0 R]/Count 1>>".to_owned(),
                "<</Type/Page/Parent 2 0 R/Annots[4 0 R]>>".to_owned(),
                format!("<</FT/Sig/T(First)/Rect[0 0 0 0]/Subtype/Widget/V 5 0 R/Lock {lock}>>"),
                "<</Type/Sig>>".to_owned(),
            ],
            "",
        );
        prepare(&input, &field("Second 1")).err()
    };
    assert!(matches!(locked("/Action/All"), Some(PdfRefused::ChangesNotAllowed(_))));
    assert!(matches!(
        locked("/Action/Include/Fields[(Second 1)]"),
        Some(PdfRefused::ChangesNotAllowed(_))
    ));
    assert!(matches!(
        locked("/Action/Exclude/Fields[(X)]"),
        Some(PdfRefused::ChangesNotAllowed(_))
    ));
    assert!(matches!(locked("/Action/All/P 1"), Some(PdfRefused::ChangesNotAllowed(_))));
    assert_eq!(locked("/Action/Include/Fields[(Second)]"), None);
    assert_eq!(locked("/Action/Exclude/Fields[(Second 1)]"), None);
}

#[test]
fn a_signed_file_of_every_input_is_sound() {
    for (what, input) in inputs::all() {
        let visible = SignatureField { appearance: Some(mark(0, PLACE)), ..field("S") };
        let file = sign_with(seal(), &input, &visible);
        let found = verify(&file).unwrap();
        assert!(found.iter().all(PdfSignature::is_sound), "{what}");
        assert!(found[0].report().reasons.is_empty(), "{what}");
    }
}
