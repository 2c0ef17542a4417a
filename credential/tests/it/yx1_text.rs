//! The printed code, cross-checked by other people's programs.

use std::{
    io::Write,
    process::{Command, Stdio},
};

use auth_core::{
    Timestamp,
    key::{KeyKind, ecdsa_to_der},
};
use base64::{Engine, engine::general_purpose::STANDARD};
use credential::{
    qr::{self, QrCode},
    yx1::{self, Claims, Sign1, cbor::Item, cose, unpack},
};
use proptest::prelude::*;

use crate::soft;

fn claims() -> Claims {
    Claims {
        issuer: "https://county.example".to_owned(),
        expires_at: Some(Timestamp::from_unix(1_900_000_000)),
        issued_at: Timestamp::from_unix(1_795_507_200),
        id: (0..16).collect(),
        status: Some((131_071, "https://county.example/status/1".to_owned())),
        kind: "business-licence".to_owned(),
        fields: vec![(1, "91330899MA00000011".to_owned()), (2, "示例云上茶业有限公司".to_owned())],
    }
}

async fn message(kind: KeyKind) -> (auth_core::key::Signer, Vec<u8>) {
    let signer = soft::signer("yx1", kind, vec![b"certificate".to_vec()]).await;
    let cose = yx1::issue(&signer, &claims()).await.unwrap();
    (signer, cose)
}

#[tokio::test]
async fn three_forms_carry_the_same_message() {
    let (signer, cose) = message(KeyKind::P256).await;
    let url = yx1::to_url("https://county.example", &cose);
    let compact = yx1::to_compact(&cose);
    let part = url.split_once('#').unwrap().1;
    for (text, address) in
        [(url.as_str(), Some("https://county.example")), (part, None), (&compact, None)]
    {
        let unpacked = unpack(&format!(" {text}\r\n")).unwrap();
        assert_eq!((unpacked.address.as_deref(), &unpacked.cose), (address, &cose));
    }
    let sign1 = Sign1::parse(&cose).unwrap();
    assert_eq!(sign1.kid(), cose::short_kid(b"certificate"));
    let payload = sign1.verify(signer.public(), signer.algorithm()).unwrap();
    assert_eq!(Claims::decode(payload).unwrap(), claims());
}

#[test]
fn claims_that_are_not_understood_are_refused() {
    let good = claims().encode();
    let Item::Map(members) = Item::decode(&good).unwrap() else { panic!("a map") };
    let with = |key, value| {
        let mut members = members.clone();
        members.retain(|(known, _)| *known != Item::Int(key));
        members.push((Item::Int(key), value));
        Claims::decode(&yx1::cbor::encode(&Item::Map(members)))
    };
    assert!(with(6, Item::Int(5)).is_ok());
    assert!(with(5, Item::Int(5)).is_err(), "an unknown claim");
    assert!(with(4, Item::Text("never")).is_err());
    assert!(with(7, Item::Text("id")).is_err());
    assert!(with(65_535, Item::Map(vec![])).is_err());
    assert!(with(-65_537, Item::Map(vec![(Item::Int(0), Item::Int(0))])).is_err());
    let without: Vec<_> = members.iter().filter(|(key, _)| *key != Item::Int(1)).cloned().collect();
    assert!(Claims::decode(&yx1::cbor::encode(&Item::Map(without))).is_err());
}

/// `zbarimg` reads our PNG; what it prints is what we read ourselves.
#[tokio::test]
async fn zbarimg_reads_our_picture() {
    let (_, cose) = message(KeyKind::P256).await;
    let url = yx1::to_url("https://county.example", &cose);
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("code.png");
    for scale in [3, 8] {
        let png = QrCode::new(&url).unwrap().png(scale).unwrap();
        assert_eq!(qr::read(&png), Ok(vec![url.clone()]));
        std::fs::write(&file, png).unwrap();
        let zbarimg = Command::new("zbarimg").args(["-q", "--raw"]).arg(&file).output();
        let Ok(output) = zbarimg else {
            println!("skipped: zbarimg is not installed");
            return;
        };
        assert_eq!(String::from_utf8(output.stdout).unwrap().trim_end(), url);
    }
}

/// A telephone's picture: turned, seen from the side, unevenly lit, noisy. Written out in pixels,
/// since a file would not say what is in it.
#[tokio::test]
async fn a_photograph_is_read() {
    let (_, cose) = message(KeyKind::P256).await;
    let url = yx1::to_url("https://county.example", &cose);
    let code = QrCode::new(&url).unwrap();
    let side = 700_usize;
    for (turn, lean, pixels) in
        [(0.1_f32, 0.0_f32, 4.0_f32), (0.6, 0.0002, 3.5), (3.3, 0.0003, 4.5)]
    {
        let (sin, cos) = turn.sin_cos();
        let mut state = 7_u32;
        let grey: Vec<u8> = (0..side * side)
            .map(|at| {
                let (x, y) = ((at % side) as f32 - 350.0, (at / side) as f32 - 350.0);
                let depth = 1.0 + lean * x + lean * y / 2.0;
                let (u, v) =
                    ((x * cos + y * sin) / depth / pixels, (y * cos - x * sin) / depth / pixels);
                let half = code.width() as f32 / 2.0;
                let (column, row) = ((u + half).floor(), (v + half).floor());
                let inside = column >= 0.0 && row >= 0.0;
                let dark = inside && code.is_dark(column as usize, row as usize);
                state = state.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
                let noise = (state >> 27) as f32;
                let light = 0.4 + 0.6 * (x + 350.0) / 700.0;
                ((if dark { 40.0 } else { 210.0 }) * light + noise) as u8
            })
            .collect();
        let mut picture = Vec::new();
        let mut encoder = png::Encoder::new(&mut picture, 700, 700);
        encoder.set_color(png::ColorType::Grayscale);
        encoder.write_header().unwrap().write_image_data(&grey).unwrap();
        assert_eq!(qr::read(&picture), Ok(vec![url.clone()]), "turned by {turn}");
    }
}

/// Python's `cwt` verifies our COSE_Sign1 and reads the claims; `base45` and `zlib` are Python's.
#[tokio::test]
async fn python_verifies_our_code() {
    let (signer, cose) = message(KeyKind::P256).await;
    let script = r#"
import sys, json, zlib
lines = sys.stdin.read().split("\n")
try:
    import base45, cbor2, cwt
except ImportError as error:
    print("skipped:", error); sys.exit(0)
raw = base45.b45decode(lines[0].removeprefix("YX1:"))
if raw[:1] == b"\x78": raw = zlib.decompress(raw)
key = cwt.COSEKey.from_pem(lines[1].replace("|", "\n"), alg="ES256", kid=bytes.fromhex(lines[2]))
claims = cbor2.loads(cwt.COSE.new().decode(raw, key))
print(json.dumps([claims[1], claims[4], claims[6], claims[65535]["status_list"]["idx"], claims[-65537][2]]))
"#;
    let pem = pem(signer.public().spki()).replace('\n', "|");
    let kid = hex::encode(cose::short_kid(b"certificate"));
    let input = format!("{}\n{pem}\n{kid}\n", yx1::to_compact(&cose));
    let Some(output) = python(script, &input) else { return };
    let said: serde_json::Value = serde_json::from_str(&output).unwrap();
    let expected = serde_json::json!([
        "https://county.example",
        1_900_000_000,
        1_795_507_200,
        131_071,
        "示例云上茶业有限公司"
    ]);
    assert_eq!(said, expected);
}

/// OpenSSL verifies the SM2 signature over exactly the bytes of `Sig_structure`.
#[tokio::test]
async fn openssl_verifies_the_sm2_form() {
    let (signer, cose) = message(KeyKind::Sm2).await;
    let Item::Tag(18, inner) = Item::decode(&cose).unwrap() else { panic!("tag 18") };
    let Item::Array(parts) = *inner else { panic!("an array") };
    let [protected, _, payload, signature] = &parts[..] else { panic!("four parts") };
    let bytes = |item: &Item<'_>| item.as_bytes().unwrap().to_vec();
    let folder = tempfile::tempdir().unwrap();
    let file = |name: &str, content: &[u8]| {
        let path = folder.path().join(name);
        std::fs::write(&path, content).unwrap();
        path
    };
    let signed = file("signed", &cose::to_be_signed(&bytes(protected), &bytes(payload)));
    let key = file("key.pem", pem(signer.public().spki()).as_bytes());
    let signature = file("signature", &ecdsa_to_der(&bytes(signature)).unwrap());
    let openssl = Command::new("openssl")
        .args(["dgst", "-sm3", "-sigopt", "distid:1234567812345678", "-verify"])
        .arg(key)
        .arg("-signature")
        .arg(signature)
        .arg(signed)
        .output();
    let Ok(output) = openssl else {
        println!("skipped: openssl is not installed");
        return;
    };
    let said = String::from_utf8_lossy(&output.stdout).into_owned();
    assert!(said.contains("Verified OK"), "{said} {}", String::from_utf8_lossy(&output.stderr));
}

fn pem(spki: &[u8]) -> String {
    let text = STANDARD.encode(spki);
    let lines: Vec<_> =
        text.as_bytes().chunks(64).map(|line| std::str::from_utf8(line).unwrap()).collect();
    format!("-----BEGIN PUBLIC KEY-----\n{}\n-----END PUBLIC KEY-----\n", lines.join("\n"))
}

/// Runs Python (`YINXIN_PYTHON`, default `python3`); `None`, with the reason printed, when it or a
/// module is absent.
pub(crate) fn python(script: &str, input: &str) -> Option<String> {
    let program = std::env::var("YINXIN_PYTHON").unwrap_or_else(|_| "python3".to_owned());
    let child = Command::new(&program)
        .args(["-c", script])
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn();
    let Ok(mut child) = child else {
        println!("skipped: {program} is not installed");
        return None;
    };
    child.stdin.take().unwrap().write_all(input.as_bytes()).unwrap();
    let output = child.wait_with_output().unwrap();
    let said = String::from_utf8(output.stdout).unwrap();
    if said.starts_with("skipped") {
        println!("{said}");
        return None;
    }
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    Some(said)
}

proptest! {
    #[test]
    fn any_claims_come_back(
        issuer in "[a-z]{1,20}",
        texts in prop::collection::btree_map(1_i64..200, ".{0,40}", 0..8),
        index in any::<u32>(),
        exp in prop::option::of(0_i64..4_000_000_000),
    ) {
        let claims = Claims {
            issuer,
            expires_at: exp.map(Timestamp::from_unix),
            issued_at: Timestamp::from_unix(1),
            id: vec![1, 2, 3],
            status: Some((index, "u".to_owned())),
            kind: "k".to_owned(),
            fields: texts.into_iter().collect(),
        };
        prop_assert_eq!(Claims::decode(&claims.encode()), Ok(claims));
    }

    #[test]
    fn any_message_survives_every_form(bytes in prop::collection::vec(any::<u8>(), 0..300)) {
        let message = [vec![0xd2], bytes].concat();
        prop_assert_eq!(&unpack(&yx1::to_compact(&message)).unwrap().cose, &message);
        let url = yx1::to_url("https://a.example:8443", &message);
        let unpacked = unpack(&url).unwrap();
        prop_assert_eq!(unpacked.address.as_deref(), Some("https://a.example:8443"));
        prop_assert_eq!(&unpacked.cose, &message);
        let part = url.split_once('#').unwrap().1;
        prop_assert_eq!(unpack(part).unwrap().cose, message);
    }
}
