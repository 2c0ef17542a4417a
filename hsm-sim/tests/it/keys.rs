//! Keys of every kind: made, used, refused what they are not for.

use std::sync::Arc;

use auth_core::key::{KeyError, KeyKind, KeyRef, Keystore, SignatureAlgorithm, ToSign, verify};
use hsm_sim::{OsRandom, Token};

fn memory() -> Token {
    Token::ephemeral(Arc::new(OsRandom)).unwrap()
}

#[tokio::test]
async fn each_algorithm_signs_and_verifies_and_refuses_other_kinds() {
    let token = memory();
    for kind in token.capabilities().kinds.clone() {
        if matches!(kind, KeyKind::Rsa3072 | KeyKind::Rsa4096) {
            continue; // seconds each; see `large_rsa_keys`
        }
        let name = KeyRef::new(format!("{kind:?}"));
        let public = token.generate(&name, kind).await.unwrap();
        assert_eq!(public.is_none(), kind.is_symmetric());
        for algorithm in token.capabilities().algorithms.clone() {
            let message = ToSign::Message(b"statement");
            let signed = token.sign(&name, algorithm, message).await;
            if !algorithm.fits(kind) {
                assert!(matches!(signed, Err(KeyError::Refused(_))), "{kind:?} {algorithm:?}");
                continue;
            }
            let public = public.as_ref().unwrap();
            assert_eq!(&token.public(&name).await.unwrap(), public);
            verify(public, algorithm, message, &signed.unwrap()).unwrap();
        }
    }
}

#[tokio::test]
async fn large_rsa_keys() {
    let token = memory();
    for kind in [KeyKind::Rsa3072, KeyKind::Rsa4096] {
        let name = KeyRef::new(format!("{kind:?}"));
        let public = token.generate(&name, kind).await.unwrap().unwrap();
        assert_eq!(public.kind(), kind);
        for algorithm in [SignatureAlgorithm::Ps256, SignatureAlgorithm::Rs256] {
            let signature = token.sign(&name, algorithm, ToSign::Message(b"m")).await.unwrap();
            verify(&public, algorithm, ToSign::Message(b"m"), &signature).unwrap();
        }
    }
}

#[tokio::test]
async fn a_digest_signs_as_its_message_does() {
    let token = memory();
    let message = b"the document";
    let sha256 = auth_core::Profile::Intl.digest(message);
    let cases = [
        (KeyKind::P256, SignatureAlgorithm::Es256),
        (KeyKind::Rsa2048, SignatureAlgorithm::Rs256),
        (KeyKind::Rsa2048, SignatureAlgorithm::Ps256),
        (KeyKind::Sm2, SignatureAlgorithm::Sm2Sm3),
    ];
    for (kind, algorithm) in cases {
        let name = KeyRef::new(algorithm.jose());
        let public = token.generate(&name, kind).await.unwrap().unwrap();
        let digest = auth_core::key::sm2_digest(&public, message).unwrap_or(sha256);
        let signature = token.sign(&name, algorithm, ToSign::Digest(&digest)).await.unwrap();
        verify(&public, algorithm, ToSign::Message(message), &signature).unwrap();
    }
    token.generate(&KeyRef::new("ed"), KeyKind::Ed25519).await.unwrap();
    let refused =
        token.sign(&KeyRef::new("ed"), SignatureAlgorithm::EdDsa, ToSign::Digest(&sha256)).await;
    assert!(matches!(refused, Err(KeyError::Refused(_))));
}

#[tokio::test]
async fn wrapping_is_bound_to_key_context_and_every_byte() {
    let token = memory();
    for kind in [KeyKind::Aes256, KeyKind::Sm4] {
        let (name, other) = (KeyRef::new(format!("{kind:?}")), KeyRef::new(format!("x{kind:?}")));
        token.generate(&name, kind).await.unwrap();
        token.generate(&other, kind).await.unwrap();
        let wrapped = token.wrap(&name, b"secret", b"context").await.unwrap();
        assert_eq!(&**token.unwrap(&name, &wrapped, b"context").await.unwrap(), b"secret");
        let refused = |answer| matches!(answer, Err(KeyError::Refused(_)));
        assert!(refused(token.unwrap(&name, &wrapped, b"contexu").await));
        assert!(refused(token.unwrap(&other, &wrapped, b"context").await));
        assert!(refused(token.unwrap(&name, &[], b"context").await));
        for position in 0..wrapped.len() {
            let mut changed = wrapped.clone();
            changed[position] ^= 1;
            assert!(refused(token.unwrap(&name, &changed, b"context").await));
        }
        assert!(token.wrap(&name, &[0; 4097], b"").await.is_err());
    }
    token.generate(&KeyRef::new("signer"), KeyKind::P256).await.unwrap();
    assert!(token.wrap(&KeyRef::new("signer"), b"secret", b"").await.is_err());
}

#[tokio::test]
async fn names_are_unique_and_must_exist() {
    let token = memory();
    let name = KeyRef::new("seal-1");
    token.generate(&name, KeyKind::P256).await.unwrap();
    let again = token.generate(&name, KeyKind::Ed25519).await;
    assert_eq!(again.unwrap_err(), KeyError::Exists(name.clone()));
    assert_eq!(token.list().await.unwrap(), [(name.clone(), KeyKind::P256)]);
    token.destroy(&name).await.unwrap();
    assert_eq!(token.destroy(&name).await.unwrap_err(), KeyError::Missing(name.clone()));
    assert_eq!(token.public(&name).await.unwrap_err(), KeyError::Missing(name.clone()));
    token.generate(&name, KeyKind::Ed25519).await.unwrap();
    assert!(token.generate(&KeyRef::new(""), KeyKind::P256).await.is_err());
    assert_eq!(token.check().unwrap(), []);
}
