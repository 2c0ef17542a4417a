//! One contract for every keystore: the in-process token, our PKCS#11 module, SoftHSM2.

#![allow(clippy::unwrap_used, reason = "a failed unwrap fails the test")]
#![allow(clippy::print_stdout, reason = "a test that cannot run says why")]

mod contract;
mod driver;
mod hsm_sim_module;
mod in_process;
mod row_91_attributes;
mod row_92_sessions;
mod softhsm;

use std::path::PathBuf;
use std::process::Command;

/// Runs another test of this binary in a process of its own: PKCS#11 modules read their
/// configuration from the environment, once, and keep one login per process.
pub(crate) fn in_child(test: &str, environment: &[(&str, &str)]) {
    let output = Command::new(std::env::current_exe().unwrap())
        .args(["--exact", test, "--nocapture"])
        .env(CHILD, test)
        .envs(environment.iter().copied())
        .output()
        .unwrap();
    let text = String::from_utf8_lossy(&output.stdout).into_owned()
        + &String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "{test}:\n{text}");
}

/// Whether this process is the child that [`in_child`] started for `test`.
pub(crate) fn is_child(test: &str) -> bool {
    std::env::var(CHILD).is_ok_and(|name| name == test)
}

/// `libhsm_sim.so`, which Cargo builds beside this binary because it is a dev-dependency.
pub(crate) fn our_module() -> PathBuf {
    let path = std::env::current_exe().unwrap().with_file_name("libhsm_sim.so");
    assert!(path.exists(), "{} was not built", path.display());
    path
}

/// A directory with one token of ours.
pub(crate) fn our_tokens() -> tempfile::TempDir {
    let dir = tempfile::tempdir().unwrap();
    let random = std::sync::Arc::new(hsm_sim::OsRandom);
    hsm_sim::Token::create(dir.path(), "county", SO_PIN, PIN, random).unwrap();
    dir
}

/// Runs a test of this binary in a child whose `HSM_SIM_DIR` holds one token.
pub(crate) fn with_our_tokens(test: &str) -> tempfile::TempDir {
    let dir = our_tokens();
    in_child(test, &[("HSM_SIM_DIR", dir.path().to_str().unwrap())]);
    dir
}

pub(crate) const PIN: &str = "123456";
pub(crate) const SO_PIN: &str = "87654321";

const CHILD: &str = "KEYSTORE_TEST_CHILD";
