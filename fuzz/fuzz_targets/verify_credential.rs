//! The whole verifier on any bytes, trusting nobody: never valid, never a panic.
#![no_main]

use auth_core::{Timestamp, Verdict};
use credential::{TrustList, status::StatusSnapshot, verify};

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| {
    let now = Timestamp::from_unix(1_795_507_200);
    let report = verify(bytes, &TrustList::default(), &StatusSnapshot::empty(), now);
    assert_ne!(report.verdict, Verdict::Valid);
});
