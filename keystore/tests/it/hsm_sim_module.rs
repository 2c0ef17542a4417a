//! The contract on `libhsm_sim.so`.

use std::collections::BTreeSet;
use std::sync::Arc;

use auth_core::key::{KeyError, KeyKind, KeyRef, Keystore, SignatureAlgorithm, ToSign, verify};
use keystore::{Pkcs11, Pkcs11Config};

use crate::{PIN, contract, is_child, our_module, with_our_tokens};

pub(crate) fn config() -> Pkcs11Config {
    Pkcs11Config::new(our_module(), "county", PIN)
}

#[test]
fn contract_on_our_module() {
    let dir = with_our_tokens("hsm_sim_module::child");
    let token = hsm_sim::Token::open(dir.path(), PIN, Arc::new(hsm_sim::OsRandom)).unwrap();
    assert_eq!(token.check().unwrap(), []);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn child() {
    if !is_child("hsm_sim_module::child") {
        return;
    }
    let keystore = Pkcs11::open(config()).unwrap();
    let all = &keystore.capabilities().algorithms;
    assert!(all.contains(&SignatureAlgorithm::Sm2Sm3), "{all:?}");
    assert!(keystore.capabilities().kinds.contains(&KeyKind::Sm4));
    contract::all(Arc::new(keystore.clone())).await;
    assert_eq!(keystore.check().await.unwrap(), []);
    same_keys_in_process(&keystore).await;
    damaged_key_is_not_replaced(&keystore).await;
}

/// A key whose file is damaged looks absent through PKCS#11; nobody can make another in its place.
async fn damaged_key_is_not_replaced(keystore: &Pkcs11) {
    let folder = std::path::PathBuf::from(std::env::var("HSM_SIM_DIR").unwrap());
    let folder = folder.join("slot-0/objects");
    let files = || -> BTreeSet<_> {
        std::fs::read_dir(&folder).unwrap().map(|entry| entry.unwrap().path()).collect()
    };
    let (good, name) = (KeyRef::new("shared-0-P256"), KeyRef::new("damaged"));
    let before = files();
    keystore.generate(&name, KeyKind::Aes256).await.unwrap();
    let file = files().difference(&before).next().unwrap().clone();
    let whole = std::fs::read(&file).unwrap();
    std::fs::write(&file, &whole[..60]).unwrap();
    let fresh = Pkcs11::open(config()).unwrap();
    assert_eq!(fresh.wrap(&name, b"s", b"").await, Err(KeyError::Missing(name.clone())));
    let replaced = fresh.generate(&name, KeyKind::Aes256).await;
    assert!(matches!(replaced, Err(KeyError::Unavailable(_))), "{replaced:?}");
    fresh.sign(&good, SignatureAlgorithm::Es256, ToSign::Message(b"m")).await.unwrap();
    std::fs::write(&file, &whole).unwrap();
    fresh.wrap(&name, b"s", b"").await.unwrap();
}

/// A key made through the module signs in process, and the other way round: one directory, two
/// doors.
async fn same_keys_in_process(module: &Pkcs11) {
    let dir = std::env::var("HSM_SIM_DIR").unwrap();
    let random = Arc::new(hsm_sim::OsRandom);
    let token = hsm_sim::Token::open(dir.as_ref(), PIN, random).unwrap();
    let doors: [(&dyn Keystore, &dyn Keystore); 2] = [(module, &token), (&token, module)];
    for (number, (maker, user)) in doors.into_iter().enumerate() {
        for kind in [KeyKind::P256, KeyKind::Sm2, KeyKind::Ed25519, KeyKind::Rsa2048] {
            let name = KeyRef::new(format!("shared-{number}-{kind:?}"));
            let public = maker.generate(&name, kind).await.unwrap().unwrap();
            assert_eq!(user.public(&name).await.unwrap(), public);
            let algorithm = kind.signature().unwrap();
            let input = ToSign::Message(b"statement");
            let signature = user.sign(&name, algorithm, input).await.unwrap();
            verify(&public, algorithm, input, &signature).unwrap();
        }
        for kind in [KeyKind::Aes256, KeyKind::Sm4] {
            let name = KeyRef::new(format!("shared-{number}-{kind:?}"));
            maker.generate(&name, kind).await.unwrap();
            let wrapped = maker.wrap(&name, b"secret", b"context").await.unwrap();
            assert_eq!(&**user.unwrap(&name, &wrapped, b"context").await.unwrap(), b"secret");
        }
    }
}
