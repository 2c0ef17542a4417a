use super::filter::decode;
use super::lexer::Lexer;
use super::limits::{MAX_INFLATED, MAX_NESTING};
use super::object::{Dict, Object, Ref};
use crate::pdf::PdfRefused;

fn read(text: &[u8]) -> Result<Object, PdfRefused> {
    Lexer::in_file(text, 0).object()
}

fn text(written: &[u8]) -> Vec<u8> {
    match read(written).unwrap() {
        Object::Text(text) => text.bytes.into(),
        other => panic!("{other:?}"),
    }
}

#[test]
fn numbers_and_references() {
    assert_eq!(read(b"12 0 R").unwrap(), Object::Ref(Ref::new(12)));
    assert_eq!(read(b"12 0 Rx").unwrap(), Object::Int(12));
    assert_eq!(read(b"12 70000 R").unwrap(), Object::Int(12));
    assert_eq!(read(b"-7").unwrap(), Object::Int(-7));
    assert_eq!(read(b"+7]").unwrap(), Object::Int(7));
    assert_eq!(read(b".50").unwrap(), Object::Real((*b".50").into()));
    assert_eq!(read(b"4.").unwrap().as_number(), Some(4.0));
    // Larger than any integer we use, but still a number.
    assert!(matches!(read(b"99999999999999999999"), Ok(Object::Real(_))));
    for broken in [&b"--5"[..], b"1.2.3", b".", b"-", b"5e3", b"0x1"] {
        assert!(read(broken).is_err(), "{}", String::from_utf8_lossy(broken));
    }
}

#[test]
fn strings_with_all_their_escapes() {
    assert_eq!(text(b"(a(b)c)"), b"a(b)c");
    assert_eq!(text(b"(\\n\\r\\t\\b\\f\\(\\)\\\\\\q)"), b"\n\r\t\x08\x0c()\\q");
    assert_eq!(text(b"(\\101\\0501\\53)"), b"A(1+");
    assert_eq!(text(b"(\\777)"), [0xFF]);
    assert_eq!(text(b"(a\\\r\nb\r\nc\rd)"), b"ab\nc\nd");
    assert_eq!(text(b"<41 4>"), b"A@");
    assert_eq!(text(b"<>"), b"");
    for broken in [&b"(a"[..], b"(\\", b"<4", b"<4g>"] {
        assert!(read(broken).is_err());
    }
    let Ok(Object::Text(contents)) = read(b"  <414243>") else { panic!() };
    assert_eq!(contents.at, Some(2..10));
}

#[test]
fn names_and_comments() {
    assert_eq!(read(b"/A#20B#2f").unwrap(), Object::Name(super::Name::new(b"A B/")));
    assert_eq!(read(b"/A#zz").unwrap(), Object::Name(super::Name::new(b"A#zz")));
    assert!(read(b"/A#00").is_err());
    assert_eq!(read(b"% note\r%\n true").unwrap(), Object::Bool(true));
    assert!(read(b"truely").is_err());
}

#[test]
fn a_repeated_key_is_noticed() {
    let repeated = |text: &[u8]| read(text).unwrap().as_dict().unwrap().is_ambiguous();
    assert!(!repeated(b"<</A 1/B 2>>"));
    assert!(repeated(b"<</A 1/#41 2>>"));
    let many: String = (0..40).map(|i| format!("/K{i} {i}")).collect();
    assert!(!repeated(format!("<<{many}>>").as_bytes()));
    assert!(repeated(format!("<<{many}/K7 7>>").as_bytes()));
}

#[test]
fn nesting_ends_at_the_limit() {
    let deep = |depth: usize| [vec![b'['; depth], vec![b']'; depth]].concat();
    assert!(read(&deep(MAX_NESTING)).is_ok());
    assert_eq!(read(&deep(MAX_NESTING + 2)), Err(PdfRefused::Limit("nesting of objects")));
}

#[test]
fn png_predictors_are_undone() {
    // Two rows of three bytes under each filter of ISO/IEC 15948 §9.
    let cases: [(u8, [u8; 3], [u8; 3]); 5] = [
        (0, [1, 2, 3], [1, 2, 3]),
        (1, [1, 1, 1], [1, 2, 3]),
        (2, [1, 2, 3], [11, 22, 33]),
        (3, [1, 2, 3], [6, 15, 25]),
        (4, [1, 2, 3], [11, 22, 33]),
    ];
    for (kind, coded, plain) in cases {
        let rows = [&[0, 10, 20, 30][..], &[kind], &coded].concat();
        let dict = flate("/DecodeParms<</Predictor 12/Columns 3>>");
        let decoded = decode(&dict, &deflate(&rows), MAX_INFLATED).unwrap();
        assert_eq!(decoded[..3], [10, 20, 30]);
        assert_eq!(decoded[3..], plain, "filter {kind}");
    }
    let unknown = flate("/DecodeParms<</Predictor 2>>");
    assert!(decode(&unknown, &deflate(&[0; 8]), MAX_INFLATED).is_err());
}

#[test]
fn inflating_stops_at_what_is_allowed() {
    let data = deflate(&[0; 1000]);
    assert_eq!(decode(&flate(""), &data, 1000).unwrap().len(), 1000);
    assert_eq!(decode(&flate(""), &data, 999), Err(PdfRefused::Limit("inflated bytes")));
    assert!(decode(&flate(""), &data[..data.len() - 8], 1000).is_err());
}

fn flate(more: &str) -> Dict {
    let written = format!("<</Filter[/FlateDecode]{more}>>");
    read(written.as_bytes()).unwrap().as_dict().unwrap().clone()
}

fn deflate(bytes: &[u8]) -> Vec<u8> {
    use std::io::Write as _;
    let mut encoder = flate2::write::ZlibEncoder::new(Vec::new(), flate2::Compression::fast());
    encoder.write_all(bytes).unwrap();
    encoder.finish().unwrap()
}
