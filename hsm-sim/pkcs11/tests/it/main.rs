//! `libhsm_sim.so` under other people's tools and under hostile callers.

#![allow(clippy::unwrap_used, reason = "a failed unwrap fails the test")]
#![allow(clippy::print_stdout, reason = "a test that cannot run says why")]

mod c_interface;
mod pkcs11_tool;
mod row_92_hostile;

use std::path::PathBuf;
use std::process::{Command, Output};

pub(crate) const PIN: &str = "123456";
pub(crate) const SO_PIN: &str = "87654321";

/// The module, built by Cargo beside this binary.
pub(crate) fn module() -> PathBuf {
    let path = std::env::current_exe().unwrap().with_file_name("libhsm_sim.so");
    assert!(path.exists(), "{} was not built", path.display());
    path
}

/// A directory with one token in slot 0.
pub(crate) fn tokens() -> tempfile::TempDir {
    let dir = tempfile::tempdir().unwrap();
    token::Slots::open(dir.path())
        .unwrap()
        .create("county", SO_PIN.as_bytes(), Some(PIN.as_bytes()), &token::OsRandom)
        .unwrap();
    dir
}

/// Runs another test of this binary in a process of its own, since the module keeps one state per
/// process and reads its directory from the environment.
pub(crate) fn in_child(test: &str) {
    let dir = tokens();
    let output: Output = Command::new(std::env::current_exe().unwrap())
        .args(["--exact", test, "--nocapture"])
        .env(CHILD, test)
        .env("HSM_SIM_DIR", dir.path())
        .output()
        .unwrap();
    let text = String::from_utf8_lossy(&output.stdout).into_owned()
        + &String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "{test}: {}\n{text}", output.status);
}

/// Whether this process is the child that [`in_child`] started for `test`.
pub(crate) fn is_child(test: &str) -> bool {
    std::env::var(CHILD).is_ok_and(|name| name == test)
}

const CHILD: &str = "HSM_SIM_TEST_CHILD";
