//! SD-JWT with all its Disclosures. The signature cannot be guessed, so the rules behind it are
//! reached through certificates and receipts in tests; here it is the form.
#![no_main]

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| {
    if let Ok(text) = std::str::from_utf8(bytes) {
        if let Ok(parsed) = credential::sd_jwt::SdJwt::parse(text) {
            let part = parsed.present(|claim| claim.len() % 2 == 0);
            let _ = credential::sd_jwt::SdJwt::parse(&part);
        }
    }
});
