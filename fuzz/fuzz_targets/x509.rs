//! Certificates, revocation lists and PEM, and the paths and statuses built from them.
#![no_main]

use auth_core::Timestamp;
use pki::{
    Certificate, Knowledge,
    crl::Crl,
    judge,
    path::Purpose,
    status::CrlSnapshot,
    trust::{AnchorClass, TrustList},
};

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| {
    let mut lists = CrlSnapshot::new();
    if lists.add(bytes).is_ok()
        && let Ok(list) = Crl::from_der(bytes)
    {
        let _ = (list.entry(&[1]), list.unsupported(), list.number());
    }
    let mut trust = TrustList::new();
    if let Ok(text) = std::str::from_utf8(bytes) {
        let _ = trust.add_pem(text, AnchorClass::Internal);
    }
    // One input, several certificates: split as PEM does, or take it whole.
    let mut pool: Vec<Certificate> =
        trust.anchors().iter().map(|anchor| anchor.certificate.clone()).collect();
    pool.extend(Certificate::from_der(bytes));
    let Some((leaf, others)) = pool.split_first() else { return };
    let _ = (leaf.subject().rfc4514(), leaf.issuer().common_name(), leaf.is_self_issued());
    let now = Timestamp::from_unix(1_795_536_000);
    let empty = TrustList::new();
    for trust in [&trust, &empty] {
        let knowledge = Knowledge { trust, lists: &lists, now };
        let _ = judge(leaf, others, knowledge, now, Purpose::DocumentSigning);
    }
});
