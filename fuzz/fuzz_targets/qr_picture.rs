//! Pictures with QR codes, as strangers upload them.
#![no_main]

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| {
    let _ = credential::qr::read(bytes);
});
