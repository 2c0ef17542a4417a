//! Keys of every kind: made, used, refused what they are not for.

use std::sync::Arc;

use auth_core::key::{KeyError, KeyKind, KeyRef, Keystore, SignatureAlgorithm, ToSign, verify};
use hsm_sim::{Class, Flags, OsRandom, Token};

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

/// What other tools can do to a token: two keys under one name, a key renamed, a key that wants the
/// PIN at each use. The first two are told apart by nobody, the last is not for a server.
#[tokio::test]
async fn twins_renamed_keys_and_keys_that_want_the_pin() {
    let (dir, token) = crate::on_disk();
    for name in ["one", "two", "pin"] {
        token.generate(&KeyRef::new(name), KeyKind::P256).await.unwrap();
    }
    let sign = |name: &'static str| {
        let token = token.clone();
        async move {
            // Documented: what another process changes is seen within 100 ms.
            tokio::time::sleep(std::time::Duration::from_millis(120)).await;
            let input = ToSign::Message(b"m");
            token.sign(&KeyRef::new(name), SignatureAlgorithm::Es256, input).await
        }
    };
    edit(&dir, "two", |object| object.label = "one".to_owned());
    // The key in use stays itself until the twin is noticed, by the next look for a name.
    sign("one").await.unwrap();
    assert!(matches!(sign("two").await, Err(KeyError::Missing(_))));
    assert!(matches!(sign("one").await, Err(KeyError::Refused(_))));
    let taken = token.generate(&KeyRef::new("one"), KeyKind::P256).await;
    assert_eq!(taken.unwrap_err(), KeyError::Exists(KeyRef::new("one")));
    assert!(token.check().unwrap().iter().any(|finding| finding.detail.contains("two keys")));
    edit(&dir, "one", |object| object.label = "three".to_owned());
    sign("one").await.unwrap();
    sign("three").await.unwrap();
    edit(&dir, "pin", |object| object.flags = object.flags.with(Flags::ALWAYS_AUTHENTICATE));
    assert!(matches!(sign("pin").await, Err(KeyError::Refused(_))));
}

/// Changes the first private key of a label, as `C_SetAttributeValue` of another process would.
fn edit(dir: &tempfile::TempDir, label: &str, change: impl FnOnce(&mut hsm_sim::Object)) {
    let slot = hsm_sim::Slots::open(dir.path()).unwrap().find("county").unwrap();
    let key = slot.login_user(crate::USER.as_bytes()).unwrap();
    let objects = slot.objects();
    let _held = objects.lock().unwrap();
    let named = objects.ids().unwrap().into_iter().find_map(|id| {
        let object = objects.read(id, Some(&key)).unwrap().unwrap();
        (object.class == Class::PrivateKey && object.label == label).then_some((id, object))
    });
    let (id, mut object) = named.unwrap();
    change(&mut object);
    objects.write(id, &object, Some(&key), &OsRandom).unwrap();
}
