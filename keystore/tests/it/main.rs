//! One contract for every keystore: the in-process token, our PKCS#11 module, SoftHSM2.

#![allow(clippy::unwrap_used, reason = "a failed unwrap fails the test")]

mod contract;
mod in_process;
mod softhsm;

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

const CHILD: &str = "KEYSTORE_TEST_CHILD";
