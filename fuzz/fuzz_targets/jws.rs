//! Compact JWS and JWK.
#![no_main]

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| {
    if let Ok(text) = std::str::from_utf8(bytes) {
        if let Ok(jws) = auth_core::jose::Jws::parse(text) {
            let _ = jws.header_text("kid");
        }
        if let Ok(jwk) = serde_json::from_str(text) {
            if let Some(key) = auth_core::jose::from_jwk(&jwk) {
                let _ = auth_core::jose::thumbprint(&key);
            }
        }
    }
});
