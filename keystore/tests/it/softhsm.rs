//! The contract on SoftHSM2, somebody else's module.

use std::path::Path;
use std::process::Command;
use std::sync::Arc;

use keystore::{Pkcs11, Pkcs11Config, VendorCodes};

use crate::{PIN, SO_PIN, contract, in_child, is_child};

pub(crate) const MODULE: &str = "/usr/lib/softhsm/libsofthsm2.so";

/// Runs a test of this binary in a child that has a fresh SoftHSM token; says so and does nothing
/// where SoftHSM is not installed.
pub(crate) fn with_softhsm(test: &str) {
    if !Path::new(MODULE).exists() {
        println!("skipped: {MODULE} is not installed");
        return;
    }
    let dir = tempfile::tempdir().unwrap();
    let tokens = dir.path().join("tokens");
    std::fs::create_dir(&tokens).unwrap();
    let configuration = dir.path().join("softhsm2.conf");
    std::fs::write(&configuration, format!("directories.tokendir = {}\n", tokens.display()))
        .unwrap();
    let environment = [("SOFTHSM2_CONF", configuration.to_str().unwrap())];
    let made = Command::new("softhsm2-util")
        .args(["--init-token", "--free", "--label", "county", "--so-pin", SO_PIN])
        .args(["--pin", PIN])
        .envs(environment)
        .output()
        .unwrap();
    assert!(made.status.success(), "{made:?}");
    in_child(test, &environment);
}

#[test]
fn contract_on_softhsm() {
    with_softhsm("softhsm::child");
}

/// Runs only as the child of the test above, which sets the environment.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn child() {
    if !is_child("softhsm::child") {
        return;
    }
    let keystore = Pkcs11::open(config()).unwrap();
    contract::all(Arc::new(keystore.clone())).await;
    assert_eq!(keystore.check().await.unwrap(), []);
}

/// SoftHSM knows no SM2: whatever it would answer to a vendor's number is not asked for.
pub(crate) fn config() -> Pkcs11Config {
    let mut config = Pkcs11Config::new(MODULE, "county", PIN);
    config.vendor = VendorCodes::default();
    config
}
