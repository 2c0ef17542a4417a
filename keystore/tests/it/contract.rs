//! What every keystore does, whatever is behind it.

use std::io::Write;
use std::process::Command;
use std::sync::Arc;

use auth_core::key::{
    KeyError, KeyKind, KeyRef, Keystore, PublicKey, SignatureAlgorithm, ToSign, ecdsa_to_der,
    sm2_digest, verify,
};

/// Runs the whole contract.
pub(crate) async fn all(keystore: Arc<dyn Keystore>) {
    assert!(!keystore.capabilities().name.is_empty());
    signs_and_others_verify(&*keystore).await;
    keys_live_once(&*keystore).await;
    wrapping_is_bound(&*keystore).await;
    fifty_at_once(&keystore).await;
}

/// The cheapest kind of key for each algorithm.
pub(crate) fn kind_for(algorithm: SignatureAlgorithm) -> KeyKind {
    match algorithm {
        SignatureAlgorithm::EdDsa => KeyKind::Ed25519,
        SignatureAlgorithm::Es256 => KeyKind::P256,
        SignatureAlgorithm::Ps256 | SignatureAlgorithm::Rs256 => KeyKind::Rsa2048,
        SignatureAlgorithm::Sm2Sm3 => KeyKind::Sm2,
    }
}

async fn signs_and_others_verify(keystore: &dyn Keystore) {
    // Longer than what a driver carries to the token for hashing, too.
    let long = vec![0x5a; 100_000];
    for algorithm in keystore.capabilities().algorithms.clone() {
        let name = KeyRef::new(format!("contract-{}", algorithm.jose()));
        let public = keystore.generate(&name, kind_for(algorithm)).await.unwrap().unwrap();
        assert_eq!(keystore.public(&name).await.unwrap(), public);
        for message in [b"".as_slice(), b"statement", &long] {
            let input = ToSign::Message(message);
            let signature = keystore.sign(&name, algorithm, input).await.unwrap();
            verify(&public, algorithm, input, &signature).unwrap();
            assert!(openssl_accepts(&public, algorithm, message, &signature), "{algorithm:?}");
        }
        if algorithm != SignatureAlgorithm::EdDsa {
            let digest = sm2_digest(&public, b"statement")
                .unwrap_or_else(|| auth_core::Profile::Intl.digest(b"statement"));
            let signature = keystore.sign(&name, algorithm, ToSign::Digest(&digest)).await.unwrap();
            verify(&public, algorithm, ToSign::Message(b"statement"), &signature).unwrap();
        }
        for other in keystore.capabilities().algorithms.clone() {
            if !other.fits(public.kind()) {
                let refused = keystore.sign(&name, other, ToSign::Message(b"m")).await;
                assert!(matches!(refused, Err(KeyError::Refused(_))), "{algorithm:?} {other:?}");
            }
        }
        let refused = keystore.wrap(&name, b"secret", b"").await;
        assert!(matches!(refused, Err(KeyError::Refused(_))), "{refused:?}");
        keystore.destroy(&name).await.unwrap();
    }
}

async fn keys_live_once(keystore: &dyn Keystore) {
    let (name, absent) = (KeyRef::new("contract-once"), KeyRef::new("contract-absent"));
    let before = keystore.list().await.unwrap();
    keystore.generate(&name, KeyKind::P256).await.unwrap();
    for kind in [KeyKind::P256, KeyKind::Aes256] {
        let again = keystore.generate(&name, kind).await;
        assert_eq!(again.unwrap_err(), KeyError::Exists(name.clone()));
    }
    let listed = keystore.list().await.unwrap();
    assert_eq!(listed.len(), before.len() + 1);
    assert!(listed.contains(&(name.clone(), KeyKind::P256)));
    keystore.destroy(&name).await.unwrap();
    assert_eq!(keystore.list().await.unwrap(), before);
    let message = ToSign::Message(b"m");
    for missing in [&name, &absent] {
        let expected = KeyError::Missing(missing.clone());
        assert_eq!(keystore.public(missing).await.unwrap_err(), expected);
        let signed = keystore.sign(missing, SignatureAlgorithm::Es256, message).await;
        assert_eq!(signed.unwrap_err(), expected);
        assert_eq!(keystore.destroy(missing).await.unwrap_err(), expected);
        assert_eq!(keystore.wrap(missing, b"s", b"").await.unwrap_err(), expected);
    }
}

async fn wrapping_is_bound(keystore: &dyn Keystore) {
    for kind in keystore.capabilities().kinds.clone() {
        if !kind.is_symmetric() {
            continue;
        }
        let (name, other) = (KeyRef::new("contract-kek"), KeyRef::new("contract-kek-2"));
        assert!(keystore.generate(&name, kind).await.unwrap().is_none());
        keystore.generate(&other, kind).await.unwrap();
        assert!(matches!(keystore.public(&name).await, Err(KeyError::Refused(_))));
        for secret in [b"".as_slice(), b"secret", &[7; 4096]] {
            let wrapped = keystore.wrap(&name, secret, b"context").await.unwrap();
            assert_eq!(wrapped.len(), 12 + secret.len() + 16);
            assert_ne!(wrapped, keystore.wrap(&name, secret, b"context").await.unwrap());
            assert_eq!(&**keystore.unwrap(&name, &wrapped, b"context").await.unwrap(), secret);
            refuses(keystore, &name, &wrapped, b"other context").await;
            refuses(keystore, &name, &wrapped, b"").await;
            refuses(keystore, &other, &wrapped, b"context").await;
            refuses(keystore, &name, &wrapped[..wrapped.len() - 1], b"context").await;
            for position in [0, 12.min(wrapped.len() - 1), wrapped.len() - 1] {
                let mut changed = wrapped.clone();
                changed[position] ^= 1;
                refuses(keystore, &name, &changed, b"context").await;
            }
        }
        refuses(keystore, &name, b"short", b"context").await;
        assert!(keystore.wrap(&name, &[0; 4097], b"").await.is_err());
        keystore.destroy(&name).await.unwrap();
        keystore.destroy(&other).await.unwrap();
    }
}

async fn refuses(keystore: &dyn Keystore, name: &KeyRef, wrapped: &[u8], context: &[u8]) {
    let answer = keystore.unwrap(name, wrapped, context).await;
    assert!(matches!(answer, Err(KeyError::Refused(_))), "{answer:?}");
}

async fn fifty_at_once(keystore: &Arc<dyn Keystore>) {
    let name = KeyRef::new("contract-fifty");
    let public = keystore.generate(&name, KeyKind::P256).await.unwrap().unwrap();
    let tasks: Vec<_> = (0..50_u32)
        .map(|number| {
            let (keystore, name) = (keystore.clone(), name.clone());
            tokio::spawn(async move {
                let message = number.to_be_bytes();
                let input = ToSign::Message(&message);
                (message, keystore.sign(&name, SignatureAlgorithm::Es256, input).await)
            })
        })
        .collect();
    for task in tasks {
        let (message, signature) = task.await.unwrap();
        let input = ToSign::Message(&message);
        verify(&public, SignatureAlgorithm::Es256, input, &signature.unwrap()).unwrap();
    }
    keystore.destroy(&name).await.unwrap();
}

/// A second opinion. True as well if there is no OpenSSL to ask.
fn openssl_accepts(
    public: &PublicKey,
    algorithm: SignatureAlgorithm,
    message: &[u8],
    signature: &[u8],
) -> bool {
    if algorithm == SignatureAlgorithm::EdDsa && message.is_empty() {
        return true; // `pkeyutl -rawin` reads Ed25519 input by its size and refuses none
    }
    let file = |bytes: &[u8]| {
        let mut file = tempfile::NamedTempFile::new().unwrap();
        file.write_all(bytes).unwrap();
        file
    };
    let signature = match algorithm {
        SignatureAlgorithm::Es256 | SignatureAlgorithm::Sm2Sm3 => ecdsa_to_der(signature).unwrap(),
        _ => signature.to_vec(),
    };
    let options: &[&str] = match algorithm {
        SignatureAlgorithm::EdDsa => &[],
        SignatureAlgorithm::Es256 | SignatureAlgorithm::Rs256 => &["-digest", "sha256"],
        SignatureAlgorithm::Ps256 => &[
            "-digest",
            "sha256",
            "-pkeyopt",
            "rsa_padding_mode:pss",
            "-pkeyopt",
            "rsa_pss_saltlen:32",
        ],
        SignatureAlgorithm::Sm2Sm3 => &["-digest", "sm3", "-pkeyopt", "distid:1234567812345678"],
    };
    let (key, message, signature) = (file(public.spki()), file(message), file(&signature));
    let status = Command::new("openssl")
        .args(["pkeyutl", "-verify", "-pubin", "-keyform", "DER", "-rawin", "-inkey"])
        .arg(key.path())
        .args(options)
        .arg("-in")
        .arg(message.path())
        .arg("-sigfile")
        .arg(signature.path())
        .output();
    match status {
        Ok(output) => output.status.success(),
        Err(_) => {
            println!("skipped: no openssl here");
            true
        }
    }
}
