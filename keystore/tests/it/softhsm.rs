//! The contract on SoftHSM2, somebody else's module.

use std::path::Path;
use std::process::Command;
use std::sync::Arc;

use keystore::{Pkcs11, Pkcs11Config, VendorCodes};

use crate::{contract, in_child, is_child};

const MODULE: &str = "/usr/lib/softhsm/libsofthsm2.so";
const PIN: &str = "123456";

#[test]
fn contract_on_softhsm() {
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
        .args(["--init-token", "--free", "--label", "county", "--so-pin", "87654321"])
        .args(["--pin", PIN])
        .envs(environment)
        .output()
        .unwrap();
    assert!(made.status.success(), "{made:?}");
    in_child("softhsm::child", &environment);
}

/// Runs only as the child of the test above, which sets the environment.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn child() {
    if !is_child("softhsm::child") {
        return;
    }
    let mut config = Pkcs11Config::new(MODULE, "county", PIN);
    config.vendor = VendorCodes::default();
    let keystore = Pkcs11::open(config).unwrap();
    contract::all(Arc::new(keystore.clone())).await;
    assert_eq!(keystore.check().await.unwrap(), []);
}
