//! Detached CMS signatures, with and without the padding of a PDF.
#![no_main]

use esign::cms::{split_padding, verify_detached};

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| {
    let digest_of = |digest: esign::cms::DigestAlgorithm| digest.digest(b"content");
    for cms in [Some(bytes), split_padding(bytes).ok()].into_iter().flatten() {
        if let Ok(found) = verify_detached(cms, &digest_of) {
            let _ = found.only_signer();
        }
    }
});
