//! What we sign, we verify, and nothing else.

use auth_core::key::{KeyKind, SignatureAlgorithm};
use esign::cms::{
    CmsError, CmsOptions, CmsRefused, DigestAlgorithm, Digested, max_len, sign_detached,
    split_padding,
};

use super::{CONTENT, Office, certificate, verify};

#[tokio::test]
async fn every_kind_of_key_signs_and_verifies() {
    for kind in [KeyKind::P256, KeyKind::Rsa2048, KeyKind::Sm2] {
        let office = Office::new(kind).await;
        let cms = office.sign().await;
        assert!(office.is_valid(&cms, CONTENT).await, "{kind:?}");
        assert!(!office.is_valid(&cms, b"another text").await);
        let found = verify(&cms, CONTENT).unwrap();
        let signer = found.only_signer().unwrap();
        assert_eq!(signer.certificate, certificate(&office.signer));
        assert_eq!(signer.signing_time, Some(office.now()));
        assert_eq!(found.certificates.len(), 2, "seal and issuing authority, no root");
        assert!(signer.unsigned_attributes.is_empty());
        let other = verify(&cms, b"another text").unwrap();
        assert_eq!(other.only_signer(), Err(CmsRefused::DigestMismatch));
    }
}

#[tokio::test]
async fn the_predicted_size_is_never_too_small_and_hardly_too_large() {
    for kind in [KeyKind::P256, KeyKind::Rsa2048, KeyKind::Sm2] {
        let office = Office::new(kind).await;
        let digest = DigestAlgorithm::of(office.signer.algorithm()).unwrap();
        let limit = max_len(&office.signer).unwrap();
        for _ in 0..20 {
            let length = office.sign().await.len();
            assert!(length <= limit && limit - length <= 8, "{kind:?}: {length} of {limit}");
        }
        let options = CmsOptions { signing_time: None };
        let cms = sign_detached(&office.signer, Digested::of(digest, CONTENT), options).await;
        assert!(cms.unwrap().len() < limit);
    }
}

#[tokio::test]
async fn pades_signatures_have_no_signing_time() {
    let office = Office::new(KeyKind::P256).await;
    let content = Digested::of(DigestAlgorithm::Sha256, CONTENT);
    let cms = sign_detached(&office.signer, content, CmsOptions::default()).await.unwrap();
    let found = verify(&cms, CONTENT).unwrap();
    assert_eq!(found.only_signer().unwrap().signing_time, None);
    assert!(office.is_valid(&cms, CONTENT).await);
}

#[tokio::test]
async fn the_wrong_hash_or_chain_signs_nothing() {
    let office = Office::new(KeyKind::P256).await;
    let content = Digested::of(DigestAlgorithm::Sm3, CONTENT);
    let refused = sign_detached(&office.signer, content, CmsOptions::default()).await;
    assert_eq!(refused, Err(CmsError::Digest));
    let algorithm = SignatureAlgorithm::Es256;
    let bare = office.world.signer("bare", KeyKind::P256, algorithm).await;
    let content = Digested::of(DigestAlgorithm::Sha256, CONTENT);
    assert_eq!(sign_detached(&bare, content, CmsOptions::default()).await, Err(CmsError::Chain));
    assert_eq!(max_len(&bare), Err(CmsError::Chain));
}

#[tokio::test]
async fn padding_of_a_pdf_is_zeros_only() {
    let office = Office::new(KeyKind::P256).await;
    let cms = office.sign().await;
    let mut padded = cms.clone();
    padded.extend([0; 100]);
    assert_eq!(split_padding(&padded).unwrap(), cms);
    *padded.last_mut().unwrap() = 1;
    assert!(split_padding(&padded).is_err());
    assert!(split_padding(&[]).is_err());
}
