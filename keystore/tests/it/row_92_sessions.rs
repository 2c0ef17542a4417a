//! Sessions and PINs under stress (security.md row 92 and §4): one attempt, one re-login, no bad
//! signature.

use std::process::Command;
use std::sync::Arc;

use auth_core::key::{KeyError, KeyKind, KeyRef, Keystore, SignatureAlgorithm, ToSign, verify};
use hsm_sim::{OsRandom, PIN_ATTEMPTS, Role, Slots};
use keystore::Pkcs11;

use crate::hsm_sim_module::config;
use crate::row_91_attributes::beside;
use crate::{PIN, is_child, with_our_tokens};

fn slot() -> hsm_sim::Slot {
    let dir = std::env::var("HSM_SIM_DIR").unwrap();
    Slots::open(dir.as_ref()).unwrap().find("county").unwrap()
}

#[test]
fn a_wrong_pin_costs_exactly_one_attempt() {
    with_our_tokens("row_92_sessions::wrong_pin_child");
}

#[test]
fn wrong_pin_child() {
    if !is_child("row_92_sessions::wrong_pin_child") {
        return;
    }
    let mut wrong = config();
    wrong.pin = "000000".to_owned().into();
    assert_eq!(Pkcs11::open(wrong).err(), Some(KeyError::Locked));
    assert_eq!(slot().info().unwrap().user_attempts_left, PIN_ATTEMPTS - 1);
}

#[test]
fn a_pin_changed_under_a_running_driver_costs_one_attempt_and_stops_it() {
    with_our_tokens("row_92_sessions::changed_pin_child");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn changed_pin_child() {
    if !is_child("row_92_sessions::changed_pin_child") {
        return;
    }
    let keystore = Pkcs11::open(config()).unwrap();
    let name = KeyRef::new("seal-1");
    keystore.generate(&name, KeyKind::P256).await.unwrap();
    slot().change_pin(Role::User, PIN.as_bytes(), b"another", &OsRandom).unwrap();
    finalise();
    let tasks: Vec<_> = (0..20)
        .map(|_| {
            let (keystore, name) = (keystore.clone(), name.clone());
            let input = ToSign::Message(b"m");
            tokio::spawn(
                async move { keystore.sign(&name, SignatureAlgorithm::Es256, input).await },
            )
        })
        .collect();
    for task in tasks {
        assert_eq!(task.await.unwrap(), Err(KeyError::Locked));
    }
    assert_eq!(slot().info().unwrap().user_attempts_left, PIN_ATTEMPTS - 1);
    // Even a right PIN is not tried again: only an operator's restart does.
    slot().change_pin(Role::User, b"another", PIN.as_bytes(), &OsRandom).unwrap();
    assert_eq!(keystore.list().await, Err(KeyError::Locked));
}

#[test]
fn lost_sessions_come_back_with_one_login() {
    with_our_tokens("row_92_sessions::lost_child");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn lost_child() {
    if !is_child("row_92_sessions::lost_child") {
        return;
    }
    let keystore = Pkcs11::open(config()).unwrap();
    let name = KeyRef::new("seal-1");
    let public = keystore.generate(&name, KeyKind::P256).await.unwrap().unwrap();
    let input = ToSign::Message(b"statement");
    for round in 0..6 {
        if round % 2 == 0 {
            finalise();
        } else {
            log_out();
        }
        let tasks: Vec<_> = (0..16)
            .map(|_| {
                let (keystore, name) = (keystore.clone(), name.clone());
                let work =
                    async move { keystore.sign(&name, SignatureAlgorithm::Es256, input).await };
                tokio::spawn(work)
            })
            .collect();
        for task in tasks {
            let signature = task.await.unwrap().unwrap();
            verify(&public, SignatureAlgorithm::Es256, input, &signature).unwrap();
        }
    }
    assert_eq!(slot().info().unwrap().user_attempts_left, PIN_ATTEMPTS);
    destroyed_elsewhere(&keystore, &name).await;
}

/// A key that another program destroys is missed, not signed with.
async fn destroyed_elsewhere(keystore: &Pkcs11, name: &KeyRef) {
    let dir = std::env::var("HSM_SIM_DIR").unwrap();
    let other = hsm_sim::Token::open(dir.as_ref(), PIN, Arc::new(OsRandom)).unwrap();
    other.destroy(name).await.unwrap();
    tokio::time::sleep(std::time::Duration::from_millis(150)).await;
    let input = ToSign::Message(b"late");
    let late = keystore.sign(name, SignatureAlgorithm::Es256, input).await;
    assert_eq!(late, Err(KeyError::Missing(name.clone())));
}

/// Another thread logs out, as PKCS#11 lets any do: login is per token.
fn log_out() {
    beside(&config()).logout().unwrap();
}

/// Another library of this process ends the module.
fn finalise() {
    let module = cryptoki::context::Pkcs11::new(config().module).unwrap();
    module.finalize().unwrap();
}

#[test]
fn pkcs11_tool_and_driver_share_a_token() {
    with_our_tokens("row_92_sessions::shared_child");
}

#[tokio::test]
async fn shared_child() {
    if !is_child("row_92_sessions::shared_child") {
        return;
    }
    let keystore = Pkcs11::open(config()).unwrap();
    let made = Command::new("pkcs11-tool")
        .arg("--module")
        .arg(config().module)
        .args(["--login", "--pin", PIN, "--keypairgen", "--key-type", "EC:prime256v1"])
        .args(["--label", "tool-made", "--id", "0a"])
        .output();
    let Ok(made) = made else {
        println!("skipped: pkcs11-tool is not installed");
        return;
    };
    assert!(made.status.success(), "{made:?}");
    let name = KeyRef::new("tool-made");
    let public = keystore.public(&name).await.unwrap();
    let input = ToSign::Message(b"statement");
    let signature = keystore.sign(&name, SignatureAlgorithm::Es256, input).await.unwrap();
    verify(&public, SignatureAlgorithm::Es256, input, &signature).unwrap();
}
