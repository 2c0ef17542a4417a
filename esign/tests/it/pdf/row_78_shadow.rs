//! Row 78: shadow documents (hide, replace, hide and replace) and attacks on certified documents.

use auth_core::verdict::Changes;
use esign::pdf::PdfRefused;
use esign::pdf::read::Rect;
use esign::pdf::sign::{Appearance, Certification, SignatureField, prepare};
use esign::pdf::verify::{ChangeKind, PdfSignature, SignatureKind, verify};

use super::edit::{append, append_with, find, object};
use super::inputs;
use super::signer::{field, seal, sign_with, signed};

/// A form: a text field (object 5) with an appearance (6), drawn on page 3; the font is object 7.
fn form() -> Vec<u8> {
    form_with("")
}

/// The same with more resources for the page.
fn form_with(resources: &str) -> Vec<u8> {
    inputs::file(
        &[
            "<</Type/Catalog/Pages 2 0 R/AcroForm<</Fields[5 0 R]/DA(/F 12 Tf)>>>>".to_owned(),
            "<</Type/Pages/Kids[3 0 R]/Count 1>>".to_owned(),
            format!(
                "<</Type/Page/Parent 2 0 R/MediaBox[0 0 300 300]/Annots[5 0 R]/Contents 4 0 R\
                 /Resources<</Font<</F 7 0 R>>{resources}>>>>"
            ),
            inputs::stream("BT /F 12 Tf 20 200 Td (Pay 100) Tj ET\n"),
            "<</Type/Annot/Subtype/Widget/FT/Tx/T(sum)/Rect[20 20 100 40]/P 3 0 R/AP<</N 6 0 R>>>>"
                .to_owned(),
            appearance("0 0 80 20 re S\n"),
            "<</Type/Font/Subtype/Type1/BaseFont/Helvetica>>".to_owned(),
        ],
        "",
    )
}

fn appearance(content: &str) -> String {
    format!(
        "<</Type/XObject/Subtype/Form/BBox[0 0 80 20]/Length {}>>\nstream\n{content}endstream",
        content.len()
    )
}

fn certified(level: Certification) -> Vec<u8> {
    let field = SignatureField { certification: Some(level), ..field("Author") };
    sign_with(seal(), &form(), &field)
}

fn first(file: &[u8]) -> PdfSignature {
    verify(file).unwrap().remove(0)
}

#[test]
fn hidden_content_revealed_later_is_forbidden() {
    // The signed file carries a second version of the content that no table names.
    let mut input = form();
    let hidden = input.len();
    let body = format!("4 0 obj\n{}\nendobj\n", inputs::stream("(Pay 999999) Tj\n"));
    let section = format!(
        "xref\n0 1\n0000000000 65535 f \ntrailer\n<</Size 8/Root 1 0 R/Prev {}>>\n",
        super::edit::last_number_after(&input, "startxref")
    );
    input.extend(body.as_bytes());
    let at = input.len();
    input.extend(format!("{section}startxref\n{at}\n%%EOF\n").as_bytes());
    let file = signed(&input, "S");
    assert!(first(&file).is_sound());

    // One new entry, not one new object.
    let forged = append_with(&file, &[], &[(4, hidden)], "");
    let found = first(&forged);
    assert!(!found.is_sound());
    let told = format!("{:?}", found.report().reasons);
    assert!(told.contains("hidden in the signed bytes"), "{told}");
}

#[test]
fn hide_and_replace_are_forbidden() {
    let file = signed(&form(), "S");
    let page = object(&file, 3);
    let other_font = "<</Type/Font/Subtype/Type1/BaseFont/ZapfDingbats>>";
    let overlay = "<</Type/Annot/Subtype/Stamp/Rect[0 0 300 300]/F 4/AP<</N 6 0 R>>>>";
    let cases = [
        ("overlay freed", append_with(&file, &[], &[(5, 0)], "")),
        ("content freed", append_with(&file, &[], &[(4, 0)], "")),
        ("font replaced", append(&file, &[(7, other_font)])),
        ("appearance replaced", append(&file, &[(6, &appearance("0 0 80 20 re f\n"))])),
        ("value replaced", append(&file, &[(5, &object(&file, 5).replace("/P 3", "/V(1)/P 3"))])),
        (
            "overlay added",
            append(&file, &[(3, &page.replace("[5 0 R", "[100 0 R 5 0 R")), (100, overlay)]),
        ),
        ("trailer key", append_with(&file, &[(6, &appearance("f\n"))], &[], "/Extra 6 0 R")),
        ("other catalog", append(&file, &[(1, "<</Type/Catalog/Pages 2 0 R>>")])),
    ];
    for (what, forged) in cases {
        let found = verify(&forged).unwrap_or_default();
        assert!(found.iter().all(|found| !found.is_sound()), "{what}");
    }
}

#[test]
fn form_filling_is_permitted_only_where_certified() {
    let fill = |file: &[u8]| {
        let filled = object(file, 5).replace("/P 3", "/V(100)/P 3");
        append(file, &[(5, &filled), (6, &appearance("BT (100) Tj ET\n"))])
    };
    for (level, permitted) in [
        (Certification::NoChanges, false),
        (Certification::FormFilling, true),
        (Certification::Annotations, true),
    ] {
        let found = first(&fill(&certified(level)));
        assert_eq!(found.is_sound(), permitted, "{level:?}: {:?}", found.report());
        assert!(!found.found.reasons.is_empty(), "the change is told");
        assert_ne!(found.found.changes, Changes::None);
    }
    assert!(!first(&fill(&signed(&form(), "S"))).is_sound(), "not certified");
}

#[test]
fn a_form_appearance_used_elsewhere_may_not_be_filled_in() {
    let field =
        SignatureField { certification: Some(Certification::FormFilling), ..field("Author") };
    let changed = appearance("0 0 80 20 re f\n");
    for (resources, sound) in [("", true), ("/XObject<</X 6 0 R>>", false)] {
        let file = sign_with(seal(), &form_with(resources), &field);
        let found = first(&append(&file, &[(6, &changed)]));
        assert_eq!(found.is_sound(), sound, "{:?}", found.report());
    }
}

#[test]
fn annotations_never_pass_even_under_p3() {
    for level in [Certification::NoChanges, Certification::FormFilling, Certification::Annotations]
    {
        let file = certified(level);
        let page = object(&file, 3);
        let note = "<</Type/Annot/Subtype/FreeText/Rect[0 0 300 300]/Contents(Pay 999)/F 4>>";
        let page = page.replace("[5 0 R", "[5 0 R 100 0 R");
        let found = first(&append(&file, &[(3, &page), (100, note)]));
        assert!(!found.is_sound(), "{level:?}");
    }
}

#[test]
fn an_unsigned_signature_field_may_not_draw() {
    let file = certified(Certification::FormFilling);
    let page = object(&file, 3).replace("[5 0 R", "[5 0 R 100 0 R");
    let form = object(&file, 1);
    let form = form.replace("[5 0 R", "[5 0 R 100 0 R");
    let drawn = "<</Type/Annot/Subtype/Widget/FT/Sig/T(X)/Rect[0 0 300 300]/F 4/P 3 0 R\
                 /AP<</N 6 0 R>>>>";
    let quiet = "<</Type/Annot/Subtype/Widget/FT/Sig/T(X)/Rect[0 0 0 0]/F 4/P 3 0 R>>";
    let acting = "<</Type/Annot/Subtype/Widget/FT/Sig/T(X)/Rect[0 0 0 0]/A<</S/Named>>>>";
    let text = "<</Type/Annot/Subtype/Widget/FT/Tx/T(X)/Rect[0 0 0 0]/F 4/P 3 0 R>>";
    for (widget, sound) in [(drawn, false), (quiet, true), (acting, false), (text, false)] {
        // As the appended field is first in neither list, only additions are made.
        let form = form.replace("[5 0 R 100 0 R", "[5 0 R");
        let form = form.replacen("0 R]", "0 R 100 0 R]", 1);
        let page = page.replace("[5 0 R 100 0 R", "[5 0 R").replacen("0 R]", "0 R 100 0 R]", 1);
        let forged = append(&file, &[(1, &form), (3, &page), (100, widget)]);
        let found = first(&forged);
        assert_eq!(found.is_sound(), sound, "{widget}: {:?}", found.report());
    }
}

#[test]
fn signing_after_a_certification() {
    let seal_mark = Appearance {
        page: 0,
        place: Rect { x0: 10.0, y0: 10.0, x1: 200.0, y1: 200.0 },
        size: (10.0, 10.0),
        content: b"0 0 10 10 re f\n",
        resources: Vec::new(),
    };
    let visible = SignatureField { appearance: Some(seal_mark), ..field("Second") };
    let file = sign_with(seal(), &certified(Certification::FormFilling), &visible);
    let found = verify(&file).unwrap();
    assert_eq!(found[0].found.kind, SignatureKind::Certification(2));
    assert!(found.iter().all(PdfSignature::is_sound), "{:?}", found[0].report());
    // Sound, but never plainly so: the drawing is told.
    assert_eq!(found[0].found.changes, Changes::Permitted);
    assert!(matches!(
        &found[0].found.later[0].kind,
        ChangeKind::SignatureAdded { field, visible: true } if field == "Second"
    ));

    let closed = certified(Certification::NoChanges);
    let refused = prepare(&closed, &field("Second")).unwrap_err();
    assert!(matches!(refused, PdfRefused::ChangesNotAllowed(_)));
    let twice = SignatureField { certification: Some(Certification::NoChanges), ..field("Second") };
    let refused = prepare(&signed(&form(), "S"), &twice).unwrap_err();
    assert_eq!(refused, PdfRefused::NotFirst);
}

#[test]
fn a_signature_under_p1_made_by_others_is_forbidden() {
    // What our signer refuses to make: certify with P = 1 by editing P before signing.
    let field_1 =
        SignatureField { certification: Some(Certification::FormFilling), ..field("Author") };
    let prepared = prepare(&form(), &field_1).unwrap();
    let [before, after] = prepared.signed_parts();
    let gap = vec![b'0'; prepared.reserved() * 2];
    let whole = [before, b"<", &gap, b">", after].concat();
    let two = sign_with(seal(), &finish(&whole), &field("Second"));
    assert!(verify(&two).unwrap().iter().all(PdfSignature::is_sound));
    let whole = super::edit::replace(&whole, b"/P 2\n", b"/P 1\n");
    let file = finish(&whole);
    assert!(first(&file).is_sound());
    // The second signature is made as if the level were 2, by hiding it from our signer.
    let hidden = super::edit::replace(&file, b"/P 1\n", b"/P 2\n");
    let more = sign_with(seal(), &hidden, &field("Second"));
    let forged = [&file[..], &more[file.len()..]].concat();
    let found = verify(&forged).unwrap();
    assert_eq!(found[0].found.kind, SignatureKind::Certification(1));
    assert!(!found[0].is_sound());
}

/// Signs a prepared file again after an edit that kept its length.
fn finish(prepared: &[u8]) -> Vec<u8> {
    let start = find(prepared, b"/Contents <").unwrap() + b"/Contents ".len();
    let end = start + prepared[start..].iter().position(|byte| *byte == b'>').unwrap() + 1;
    let value = super::signer::cms(seal(), [&prepared[..start], &prepared[end..]]);
    let digits: String = value.iter().map(|byte| format!("{byte:02X}")).collect();
    let mut file = prepared.to_vec();
    file[start + 1..start + 1 + digits.len()].copy_from_slice(digits.as_bytes());
    file
}
