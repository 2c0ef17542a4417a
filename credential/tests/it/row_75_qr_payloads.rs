//! Row 75: pictures and texts from strangers are bounded, and only our signed payload acts.

use credential::{
    qr::{self, PictureError, QrCode},
    yx1::{TextError, looks_like, text::MAX_TEXT, unpack},
};
use proptest::prelude::*;

/// A PNG with this header and one byte of compressed data: nothing may be allocated for it.
fn png_claiming(width: u32, height: u32) -> Vec<u8> {
    let mut header = b"IHDR".to_vec();
    header.extend(width.to_be_bytes());
    header.extend(height.to_be_bytes());
    header.extend([8, 6, 0, 0, 0]);
    let mut crc = flate2::Crc::new();
    crc.update(&header);
    let mut out = b"\x89PNG\r\n\x1a\n\0\0\0\x0d".to_vec();
    out.extend(&header);
    out.extend(crc.sum().to_be_bytes());
    out
}

#[test]
fn enormous_pictures_are_refused_by_their_header() {
    for (width, height) in
        [(1_000_000, 1_000_000), (1_000_000, 1), (u32::MAX >> 1, u32::MAX >> 1), (12_000, 12_000)]
    {
        assert_eq!(qr::read(&png_claiming(width, height)), Err(PictureError::TooLarge));
    }
    let jpeg = [
        &b"\xff\xd8\xff\xe0\0\x10JFIF\0\x01\x01\0\0\x01\0\x01\0\0"[..],
        &[0xff, 0xc0, 0, 11, 8, 0xff, 0xff, 0xff, 0xff, 1, 1, 0x11, 0],
    ]
    .concat();
    assert!(qr::read(&jpeg).is_err());
    assert_eq!(qr::read(&vec![0x89; 17 << 20]), Err(PictureError::TooLarge));
}

#[test]
fn an_animation_is_one_picture() {
    // acTL announces 10,000 frames; the first is what is looked at.
    let png = QrCode::new("hello").unwrap().png(4).unwrap();
    let mut control = b"acTL".to_vec();
    control.extend(10_000_u32.to_be_bytes());
    control.extend(0_u32.to_be_bytes());
    let mut crc = flate2::Crc::new();
    crc.update(&control);
    let mut animated = png[..33].to_vec();
    animated.extend(8_u32.to_be_bytes());
    animated.extend(&control);
    animated.extend(crc.sum().to_be_bytes());
    animated.extend(&png[33..]);
    assert_eq!(qr::read(&animated), Ok(vec!["hello".to_owned()]));
}

#[test]
fn noise_has_no_code() {
    let mut picture = Vec::new();
    let mut encoder = png::Encoder::new(&mut picture, 600, 600);
    encoder.set_color(png::ColorType::Grayscale);
    encoder.set_depth(png::BitDepth::Eight);
    let mut state = 1_u32;
    let noise: Vec<u8> = (0..600 * 600)
        .map(|_| {
            state = state.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
            if state >> 31 == 0 { 0 } else { 255 }
        })
        .collect();
    encoder.write_header().unwrap().write_image_data(&noise).unwrap();
    assert_eq!(qr::read(&picture), Err(PictureError::NoCode));
}

#[test]
fn addresses_that_only_look_like_ours() {
    for text in [
        "https://county.example/v?x#YX1:0oRD",
        "https://county.example/V#YX1:0oRD",
        "https://county.example/v/#YX1:0oRD",
        "https://user:pw@county.example/v#YX1:0oRD",
        "https://county.example\\@evil.example/v#YX1:0oRD",
        "https://сounty.example/v#YX1:0oRD",
        "https:///v#YX1:0oRD",
        "ftp://county.example/v#YX1:0oRD",
        "javascript:alert(1)//v#YX1:0oRD",
        "https://county.example/v#yx1:0oRD",
        "https://county.example/v#HC1:0oRD",
        "HC1:6BF",
        "YX2:0oRD",
        " x YX1:0oRD",
        "",
    ] {
        assert_eq!(unpack(text), Err(TextError::Prefix), "{text}");
    }
    assert!(looks_like("https://county.example/v#YX1:0oRD"));
    assert!(!looks_like("https://county.example/v#HC1:0oRD"));
}

#[test]
fn payloads_that_are_not_messages() {
    for text in
        ["YX1:", "YX1:AAAA", "YX1:0oRD=", "YX1:0oRD\n0oRD", "https://a/v#YX1:0o RD", "YX1:%%%"]
    {
        assert_eq!(unpack(text), Err(TextError::Encoding), "{text}");
    }
    assert_eq!(unpack(&"Y".repeat(MAX_TEXT + 1)), Err(TextError::TooLong));
    let mut bomb = flate2::write::ZlibEncoder::new(Vec::new(), flate2::Compression::best());
    std::io::Write::write_all(&mut bomb, &vec![0; 3 << 20]).unwrap();
    let bomb = base45::encode(bomb.finish().unwrap());
    assert_eq!(unpack(&format!("YX1:{}", &bomb[..4200])), Err(TextError::TooLong));
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    #[test]
    fn no_text_panics(text in ".{0,300}") {
        let _ = unpack(&text);
        let _ = unpack(&format!("YX1:{text}"));
    }

    #[test]
    fn damaged_codes_do_not_panic(
        dots in prop::collection::vec((0_usize..200, 0_usize..200, 1_usize..40), 0..40),
        text in "[a-z]{1,60}",
    ) {
        let code = QrCode::new(&text).unwrap();
        let side = 200;
        let module = |pixel: usize| (pixel / 4).checked_sub(4);
        let mut grey: Vec<u8> = (0..side * side)
            .map(|at| match (module(at % side), module(at / side)) {
                (Some(x), Some(y)) if code.is_dark(x, y) => 0,
                _ => 255,
            })
            .collect();
        for (x, y, size) in dots {
            for at in (0..size * size).map(|at| (y + at / size) * side + x + at % size) {
                if let Some(pixel) = grey.get_mut(at) {
                    *pixel = !*pixel;
                }
            }
        }
        let mut picture = Vec::new();
        let mut encoder = png::Encoder::new(&mut picture, 200, 200);
        encoder.set_color(png::ColorType::Grayscale);
        encoder.write_header().unwrap().write_image_data(&grey).unwrap();
        if let Ok(texts) = qr::read(&picture) {
            prop_assert!(texts.len() <= 8);
        }
    }

    #[test]
    fn no_bytes_of_a_picture_panic(mut bytes in prop::collection::vec(any::<u8>(), 0..400), jpeg: bool) {
        let start: &[u8] = if jpeg { b"\xff\xd8\xff" } else { b"\x89PNG\r\n\x1a\n" };
        bytes.splice(0..0, start.iter().copied());
        prop_assert!(qr::read(&bytes).is_err());
    }
}
