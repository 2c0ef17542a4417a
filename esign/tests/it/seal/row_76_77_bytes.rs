//! Rows 76 and 77 on whole results: a sealed file with any one byte changed is never valid, nor is
//! one that was cut, lengthened or stripped.

use auth_core::{
    Verdict,
    audit::Actor,
    port::{DocumentVerifier, VerifyInput},
};
use esign::{
    flow::{Format, SealUse, Verifier, seal_document, verify},
    request::Place,
};

use super::County;

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn no_changed_byte_of_a_sealed_letter_stays_valid() {
    let county = County::new().await;
    let pdf = super::letter::sealed(&county).await;
    let beliefs = county.beliefs().await;
    let at = county.now();
    let judge = |bytes: &[u8]| verify(VerifyInput { bytes, content: None, at }, &beliefs).verdict;
    assert_eq!(judge(&pdf), Verdict::Valid);
    // Every byte of the signature's own update, every 97th of the document before it.
    let update = pdf.len() - (pdf.len() / 3).min(16_000);
    let places = (0..update).step_by(97).chain((update..pdf.len()).step_by(5));
    for place in places {
        let mut changed = pdf.clone();
        changed[place] ^= 1 << (place % 8);
        assert_ne!(judge(&changed), Verdict::Valid, "byte {place} of {}", pdf.len());
    }
    for cut in [1, 2, 100, pdf.len() / 2] {
        assert_ne!(judge(&pdf[..pdf.len() - cut]), Verdict::Valid, "cut by {cut}");
    }
    let longer = [pdf.as_slice(), b"\n% more"].concat();
    assert_ne!(judge(&longer), Verdict::Valid);
    assert_eq!(judge(&super::letter()), Verdict::Invalid, "an unsealed document");
}

#[tokio::test]
async fn no_changed_byte_of_a_detached_signature_stays_valid() {
    let county = County::new().await;
    let content = "一封信".as_bytes();
    let act = SealUse {
        seal: county.seal.id.clone(),
        document: content.to_vec(),
        format: Some(Format::Cms),
        place: Place::default(),
        reason: None,
        purpose: "letter".to_owned(),
        actor: Actor::System,
        now: county.now(),
    };
    let signature = seal_document(&county.office, act).await.unwrap().file;
    let beliefs = county.beliefs().await;
    let at = county.now();
    let judge = |bytes: &[u8], content: &[u8]| {
        verify(VerifyInput { bytes, content: Some(content), at }, &beliefs).verdict
    };
    assert_eq!(judge(&signature, content), Verdict::Valid);
    for place in 0..signature.len() {
        let mut changed = signature.clone();
        changed[place] ^= 1 << (place % 8);
        assert_ne!(judge(&changed, content), Verdict::Valid, "byte {place}");
    }
    for cut in 0..signature.len() {
        assert_ne!(judge(&signature[..cut], content), Verdict::Valid, "cut at {cut}");
    }
    let longer = [signature.as_slice(), &[0]].concat();
    assert_ne!(judge(&longer, content), Verdict::Valid);
}

#[tokio::test]
async fn without_knowledge_nothing_is_valid() {
    let county = County::new().await;
    let pdf = super::letter::sealed(&county).await;
    let verifier = Verifier::default();
    assert!(verifier.sniff(&pdf) && !verifier.sniff(b"eyJhbGciOi") && !verifier.sniff(b""));
    let input = VerifyInput { bytes: &pdf, content: None, at: county.now() };
    let report = verifier.verify(input).await;
    assert_eq!(report.verdict, Verdict::Undetermined, "no anchors");
    verifier.believe(county.beliefs().await);
    assert_eq!(verifier.verify(input).await.verdict, Verdict::Valid);
    let mut without_lists = county.beliefs().await;
    without_lists.lists = pki::status::CrlSnapshot::new();
    assert_eq!(verify(input, &without_lists).verdict, Verdict::Undetermined);
    // Before it was made: the signature claims a time that has not come.
    let early = VerifyInput { at: county.now().plus_seconds(-3600), ..input };
    assert_ne!(verify(early, &county.beliefs().await).verdict, Verdict::Valid);
}
