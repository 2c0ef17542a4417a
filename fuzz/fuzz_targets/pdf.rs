//! PDF: verified as it comes, and prepared for a signature, which must then be sound in form.
#![no_main]

use auth_core::Timestamp;
use esign::pdf::sign::{SignatureField, prepare};

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| {
    let _ = esign::pdf::verify::verify(bytes);
    let field = SignatureField {
        name: "Fuzz",
        signed_at: Timestamp(0),
        signer_name: None,
        reason: None,
        location: None,
        contact: None,
        appearance: None,
        certification: None,
        reserved: 64,
    };
    if let Ok(prepared) = prepare(bytes, &field) {
        let signed = prepared.fill(&[0x30, 0]).unwrap();
        assert!(signed.starts_with(bytes));
        let found = esign::pdf::verify::inspect(&signed).unwrap();
        assert!(found.iter().any(|found| found.field == "Fuzz" && found.signed.is_some()));
    }
});
