//! Row 79: files that make readers loop, overflow, or eat memory. Each is refused, by signer and
//! verifier alike.

use std::fmt::Write as _;
use std::io::Write as _;

use esign::pdf::PdfRefused;
use esign::pdf::sign::prepare;
use esign::pdf::verify::{ChangeKind, verify};

use super::edit::append;
use super::inputs::{self, file, stream};
use super::signer::field;

fn refused(bytes: &[u8]) -> PdfRefused {
    let _ = verify(bytes);
    prepare(bytes, &field("S")).unwrap_err()
}

const CATALOG: &str = "<</Type/Catalog/Pages 2 0 R>>";
const PAGES: &str = "<</Type/Pages/Kids[3 0 R]/Count 1>>";

fn one_page(page: &str, more: &[String]) -> Vec<u8> {
    let mut objects = vec![CATALOG.to_owned(), PAGES.to_owned(), page.to_owned()];
    objects.extend_from_slice(more);
    file(&objects, "")
}

#[test]
fn deep_nesting() {
    for (open, close) in [("[", "]"), ("<</K", ">>"), ("<</K[", "]>>")] {
        let deep = format!("{}null{}", open.repeat(10_000), close.repeat(10_000));
        let page = format!("<</Type/Page/Parent 2 0 R/K {deep}>>");
        assert_eq!(refused(&one_page(&page, &[])), PdfRefused::Limit("nesting of objects"));
        let unclosed = one_page(&open.repeat(100_000), &[]);
        assert_eq!(refused(&unclosed), PdfRefused::Limit("nesting of objects"));
    }
    // Nested parentheses are one string, however deep.
    let string = format!("{}{}", "(".repeat(100_000), ")".repeat(100_000));
    let page = format!("<</Type/Page/Parent 2 0 R/MediaBox[0 0 9 9]/K {string}>>");
    prepare(&one_page(&page, &[]), &field("S")).unwrap();
}

#[test]
fn circles() {
    let cyclic_pages =
        file(&[CATALOG.to_owned(), "<</Type/Pages/Kids[2 0 R]/Count 1>>".to_owned()], "");
    refused(&cyclic_pages);
    let cyclic_fields = file(
        &[
            "<</Type/Catalog/Pages 2 0 R/AcroForm<</Fields[4 0 R]>>>>".to_owned(),
            PAGES.to_owned(),
            "<</Type/Page/Parent 2 0 R>>".to_owned(),
            "<</T(a)/Kids[5 0 R]>>".to_owned(),
            "<</T(b)/Kids[4 0 R]>>".to_owned(),
        ],
        "",
    );
    refused(&cyclic_fields);
    let own_reference = file(
        &[
            "<</Type/Catalog/Pages 2 0 R/AcroForm 4 0 R>>".to_owned(),
            PAGES.to_owned(),
            "<</Type/Page/Parent 2 0 R>>".to_owned(),
            "4 0 R".to_owned(),
        ],
        "",
    );
    assert_eq!(refused(&own_reference), PdfRefused::Limit("references in a row"));
    let own_length = one_page(
        "<</Type/Page/Parent 2 0 R/Annots 4 0 R>>",
        &["<</Length 4 0 R>>\nstream\nendstream".to_owned()],
    );
    refused(&own_length);
}

#[test]
fn sections_that_point_at_each_other() {
    let mut bytes = inputs::pages(1, "");
    let at = super::edit::last_number_after(&bytes, "startxref");
    let trailer = super::edit::find(&bytes, b"/Root 1 0 R").unwrap();
    bytes.splice(trailer..trailer, format!("/Prev {at}").bytes());
    refused(&bytes);
}

#[test]
fn a_thousand_revisions() {
    let mut bytes = inputs::pages(1, "");
    for _ in 0..1000 {
        bytes = append(&bytes, &[(100, "null")]);
    }
    assert_eq!(refused(&bytes), PdfRefused::Limit("revisions"));
}

#[test]
fn two_hundred_revisions_after_a_signature() {
    let mut bytes = super::signer::signed(&inputs::pages(100, ""), "S");
    for round in 0..200 {
        // The same object again and again: the index of sections has to find the right one.
        bytes = append(&bytes, &[(900, &format!("({round})")), (5, &stream("BT ET"))]);
    }
    let found = verify(&bytes).unwrap().remove(0);
    assert!(!found.is_sound());
    let of_content = found
        .found
        .later
        .iter()
        .filter(|change| matches!(change.kind, ChangeKind::Other { object: Some(5), .. }));
    assert_eq!(of_content.map(|change| change.revision).collect::<Vec<_>>(), [3]);
    assert!(found.found.reasons.len() <= 65, "the rest is only counted");
}

#[test]
fn tables_that_promise_too_much() {
    for subsection in ["0 2147483648", "0 9999999999", "8388607 2", "2147483647 1", "0 4294967296"]
    {
        let bytes = format!(
            "%PDF-1.7\nxref\n{subsection}\n0000000000 65535 f \ntrailer\n<</Root 1 0 R>>\n\
             startxref\n9\n%%EOF\n"
        );
        assert_eq!(refused(bytes.as_bytes()), PdfRefused::Limit("object numbers"), "{subsection}");
    }
    let mut many = String::from("%PDF-1.7\nxref\n0 1100000\n");
    many.push_str(&"0000000001 00000 n \n".repeat(1_100_000));
    many.push_str("trailer\n<</Root 1 0 R>>\nstartxref\n9\n%%EOF\n");
    assert_eq!(refused(many.as_bytes()), PdfRefused::Limit("cross-reference entries"));
}

#[test]
fn cross_reference_streams_that_promise_too_much() {
    let cases = [
        ("/W[1 2 1]/Index[0 2147483647]", "object numbers"),
        ("/W[0 1 0]/Index[0 8388607 0 8388607]", "cross-reference entries"),
        ("/W[9 9 9]/Size 1", ""),
        ("/W[0 0 0]/Size 8000000", ""),
        ("/W[-1 2 1]/Size 1", ""),
        ("/W[1 2]/Size 1", ""),
        ("/W[1 2 1]/Index[0]", ""),
        ("/W[1 2 1]/Size 100", ""),
    ];
    let zeros = deflated(&[0; 10_000_000]);
    for (keys, limit) in cases {
        let mut bytes = format!(
            "%PDF-1.7\n1 0 obj\n<</Type/XRef/Root 1 0 R/Filter/FlateDecode{keys}/Length {}>>\nstream\n",
            zeros.len()
        )
        .into_bytes();
        bytes.extend(if keys.contains("Size 100") { deflated(&[0; 7]) } else { zeros.clone() });
        bytes.extend(b"\nendstream\nendobj\nstartxref\n9\n%%EOF\n");
        let refused = refused(&bytes);
        if !limit.is_empty() {
            assert_eq!(refused, PdfRefused::Limit(limit), "{keys}");
        }
    }
}

#[test]
fn bombs() {
    // 200 KB that inflate to 200 MB, as an object stream and as a cross-reference stream.
    let bomb = deflated(&vec![b' '; 200_000_000]);
    assert!(bomb.len() < 500_000);
    let mut bytes = b"%PDF-1.7\n".to_vec();
    bytes.extend(
        format!(
            "5 0 obj\n<</Type/ObjStm/N 1/First 9/Filter/FlateDecode/Length {}>>\nstream\n",
            bomb.len()
        )
        .as_bytes(),
    );
    bytes.extend(&bomb);
    bytes.extend(b"\nendstream\nendobj\n");
    let at = bytes.len();
    // Entries 1 and 5: the catalog is in the bomb.
    let rows = [[2, 0, 5, 0], [1, 0, 9, 0]].concat();
    bytes.extend(
        b"6 0 obj\n<</Type/XRef/Size 6/Root 1 0 R/W[1 2 1]/Index[1 1 5 1]/Length 8>>\nstream\n",
    );
    bytes.extend(&rows);
    bytes.extend(format!("\nendstream\nendobj\nstartxref\n{at}\n%%EOF\n").as_bytes());
    assert_eq!(refused(&bytes), PdfRefused::Limit("inflated bytes"));

    let mut bytes = format!(
        "%PDF-1.7\n1 0 obj\n<</Type/XRef/Root 1 0 R/W[1 2 1]/Size 9/Filter/FlateDecode/Length {}>>\nstream\n",
        bomb.len()
    )
    .into_bytes();
    bytes.extend(&bomb);
    bytes.extend(b"\nendstream\nendobj\nstartxref\n9\n%%EOF\n");
    assert_eq!(refused(&bytes), PdfRefused::Limit("inflated bytes"));
}

#[test]
fn objects_within_objects() {
    // Every object is a string that holds the next one, so that reading all costs the square.
    let count = 3_000;
    let mut body = String::from("%PDF-1.7\n");
    let mut offsets = Vec::new();
    for number in 4..4 + count {
        offsets.push(body.len());
        write!(body, "{number} 0 obj (").unwrap();
    }
    body.push_str(&"x".repeat(300_000));
    body.push_str(&")endobj ".repeat(count));
    let mut page = String::from("<</Type/Page/Parent 2 0 R/MediaBox[0 0 9 9]/K[");
    let mut table = String::new();
    for number in 4..4 + count {
        write!(page, "{number} 0 R ").unwrap();
    }
    page.push_str("]>>");
    for (number, object) in [(1, CATALOG), (2, PAGES), (3, &page)] {
        offsets.insert(number - 1, body.len());
        write!(body, "{number} 0 obj\n{object}\nendobj\n").unwrap();
    }
    for offset in &offsets {
        writeln!(table, "{offset:010} 00000 n ").unwrap();
    }
    let at = body.len();
    let size = count + 4;
    write!(
        body,
        "xref\n0 {size}\n0000000000 65535 f \n{table}trailer\n<</Size {size}/Root 1 0 R>>\n\
         startxref\n{at}\n%%EOF\n"
    )
    .unwrap();
    // Signing looks at none of them; a verifier that must compare gives up at its limit.
    let signed = super::signer::signed(body.as_bytes(), "S");
    let changed = append(&signed, &[(9000, "null")]);
    assert!(verify(&changed).unwrap().iter().all(|found| !found.is_sound()));
}

#[test]
fn memory_of_many_small_values() {
    let page = format!("<</Type/Page/Parent 2 0 R/K[{}]>>", "0 ".repeat(7_000_000));
    assert_eq!(refused(&one_page(&page, &[])), PdfRefused::Limit("values"));
}

#[test]
fn pages_without_end() {
    // Each node has the next one as its kid a hundred times over.
    let mut objects = vec!["<</Type/Catalog/Pages 2 0 R>>".to_owned()];
    for number in 2..90 {
        let kids = format!("{} 0 R ", number + 1);
        objects.push(format!("<</Type/Pages/Kids[{kids}]/Count 1>>"));
    }
    objects.push("<</Type/Page>>".to_owned());
    assert_eq!(refused(&file(&objects, "")), PdfRefused::Limit("pages"));
    let wide = file(
        &[
            CATALOG.to_owned(),
            format!("<</Type/Pages/Kids[{}]/Count 1>>", "3 0 R ".repeat(200_000)),
            "<</Type/Page>>".to_owned(),
        ],
        "",
    );
    let _ = prepare(&wide, &field("S"));
    let _ = verify(&append(&wide, &[(3, &stream("x"))]));
}

#[test]
fn not_a_pdf() {
    let cases: [&[u8]; 8] = [
        b"",
        b"%PDF-1.7",
        b"%PDF-1.7\nstartxref\n",
        b"%PDF-1.7\nstartxref\n99999999999999999999\n%%EOF",
        b"%PDF-1.7\nstartxref\n9\n%%EOF",
        b"startxref startxref startxref",
        b"%PDF-1.7\nxref\ntrailer\n<<>>\nstartxref\n9\n%%EOF",
        &[0xFF; 5000],
    ];
    for bytes in cases {
        refused(bytes);
        assert!(verify(bytes).is_err());
    }
}

fn deflated(bytes: &[u8]) -> Vec<u8> {
    let mut encoder = flate2::write::ZlibEncoder::new(Vec::new(), flate2::Compression::best());
    encoder.write_all(bytes).unwrap();
    encoder.finish().unwrap()
}
