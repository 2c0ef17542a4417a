//! What is the driver's own: the bounded queue, the deadline, the choice of token.

use std::time::Duration;

use auth_core::key::{KeyError, KeyKind, KeyRef, Keystore, SignatureAlgorithm, ToSign};
use hsm_sim::{OsRandom, Slots};
use keystore::{Pkcs11, Pkcs11Config, VendorCodes};

use crate::hsm_sim_module::config;
use crate::{PIN, SO_PIN, is_child, our_module, with_our_tokens};

#[test]
fn a_busy_device_is_answered_busy_and_recovers() {
    with_our_tokens("driver::busy_child");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn busy_child() {
    if !is_child("driver::busy_child") {
        return;
    }
    let mut narrow = config();
    (narrow.sessions, narrow.queue, narrow.deadline) = (1, 2, Duration::from_millis(20));
    let keystore = Pkcs11::open(narrow).unwrap();
    let name = KeyRef::new("quick");
    keystore.generate(&name, KeyKind::P256).await.unwrap();
    // The only thread is kept busy by keys that take long to make, one after another.
    let slow = keystore.clone();
    let making = tokio::spawn(async move {
        for number in 0..6 {
            let name = KeyRef::new(format!("slow-{number}"));
            while slow.generate(&name, KeyKind::Rsa4096).await == Err(KeyError::Busy) {
                tokio::time::sleep(Duration::from_millis(1)).await;
            }
        }
    });
    tokio::time::sleep(Duration::from_millis(5)).await;
    let input = ToSign::Message(b"m");
    let attempts: Vec<_> = (0..30)
        .map(|_| {
            let (keystore, name) = (keystore.clone(), name.clone());
            tokio::spawn(
                async move { keystore.sign(&name, SignatureAlgorithm::Es256, input).await },
            )
        })
        .collect();
    let mut busy = 0;
    for attempt in attempts {
        match attempt.await.unwrap() {
            Ok(_) => {}
            Err(error) => {
                assert_eq!(error, KeyError::Busy);
                busy += 1;
            }
        }
    }
    assert!(busy > 0, "thirty signatures went through one busy session and a queue of two");
    making.await.unwrap();
    let wide = Pkcs11::open(config()).unwrap();
    wide.sign(&name, SignatureAlgorithm::Es256, input).await.unwrap();
}

#[test]
fn the_token_is_chosen_by_label_and_serial() {
    let dir = crate::our_tokens();
    let slots = Slots::open(dir.path()).unwrap();
    slots.create("second", SO_PIN.as_bytes(), Some(PIN.as_bytes()), &OsRandom).unwrap();
    let path = dir.path().to_str().unwrap();
    crate::in_child("driver::chosen_child", &[("HSM_SIM_DIR", path), ("TEST_PIN", PIN)]);
}

#[test]
fn chosen_child() {
    if !is_child("driver::chosen_child") {
        return;
    }
    let uri = |path: &str| {
        let module = our_module();
        let text =
            format!("pkcs11:{path}?module-path={}&pin-source=env:TEST_PIN", module.display());
        Pkcs11Config::from_uri(&text).unwrap()
    };
    let second = Pkcs11::open(uri("token=second")).unwrap();
    assert!(second.capabilities().name.contains("second"));
    let dir = std::env::var("HSM_SIM_DIR").unwrap();
    let serial = Slots::open(dir.as_ref()).unwrap().find("county").unwrap().info().unwrap().serial;
    let county = Pkcs11::open(uri(&format!("serial={serial}"))).unwrap();
    assert!(county.capabilities().name.contains("county"));
    let absent = Pkcs11::open(uri("token=third")).err();
    assert!(matches!(absent, Some(KeyError::Unavailable(_))));
    let elsewhere = Pkcs11::open(uri("token=county;serial=00")).err();
    assert!(matches!(elsewhere, Some(KeyError::Unavailable(_))));
    let no_module = Pkcs11::open(Pkcs11Config::new("/nowhere.so", "county", PIN)).err();
    assert!(matches!(no_module, Some(KeyError::Unavailable(_))));
}

#[test]
fn without_vendor_codes_there_is_no_sm2() {
    with_our_tokens("driver::no_codes_child");
}

#[tokio::test]
async fn no_codes_child() {
    if !is_child("driver::no_codes_child") {
        return;
    }
    let mut plain = config();
    plain.vendor = VendorCodes::default();
    let keystore = Pkcs11::open(plain).unwrap();
    assert!(!keystore.capabilities().kinds.contains(&KeyKind::Sm2));
    assert!(!keystore.capabilities().algorithms.contains(&SignatureAlgorithm::Sm2Sm3));
    let made = keystore.generate(&KeyRef::new("sm2"), KeyKind::Sm2).await;
    assert!(matches!(made, Err(KeyError::Unsupported(_))));
}
