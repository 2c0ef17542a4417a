//! Printed codes: text, CBOR, COSE, claims.
#![no_main]

use credential::yx1::{self, Claims, Sign1, cbor};

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| {
    if let Ok(item) = cbor::Item::decode(bytes) {
        assert_eq!(cbor::encode(&item), bytes);
    }
    let _ = Sign1::parse(bytes);
    if let Ok(claims) = Claims::decode(bytes) {
        assert_eq!(Claims::decode(&claims.encode()), Ok(claims));
    }
    if let Ok(text) = std::str::from_utf8(bytes) {
        if let Ok(unpacked) = yx1::unpack(text) {
            let _ = Sign1::parse(&unpacked.cose);
        }
    }
});
