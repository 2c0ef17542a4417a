//! Every page of a running demo in headless Chromium, judged by axe-core.
#![allow(clippy::print_stderr, clippy::print_stdout, reason = "a skipped test says why")]

use std::{path::Path, process::Command};

use conformance_tests::Demo;

/// At 390 and 1280 pixels, in both languages, with a client on another port.
#[test]
fn pages_in_chromium() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("node");
    let chromium = std::env::var("CHROMIUM").unwrap_or_else(|_| "/usr/bin/chromium".to_owned());
    if !folder.join("node_modules/axe-core").exists() || !Path::new(&chromium).exists() {
        eprintln!("skipped: needs {chromium} and `npm ci` in {}", folder.display());
        return;
    }
    let Some(demo) = Demo::start() else { return };
    let script = folder.join("pages.mjs");
    let output = Command::new("node").arg(script).arg(demo.issuer()).output();
    let output = output.unwrap_or_else(|error| panic!("node: {error}"));
    let text = String::from_utf8_lossy(&output.stdout);
    println!("{text}");
    assert!(output.status.success(), "{text}{}", String::from_utf8_lossy(&output.stderr));
}
