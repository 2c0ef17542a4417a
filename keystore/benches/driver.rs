//! The driver on `libhsm_sim.so` beside bare signing and verifying (it does both), and the module
//! beside SoftHSM2, where that is installed: one run, taking turns, wall clock.
#![allow(clippy::unwrap_used, clippy::print_stdout, missing_docs, reason = "a benchmark")]

use std::hint::black_box;
use std::path::Path;
use std::process::Command;
use std::time::{Duration, Instant};

use auth_core::key::{KeyKind, KeyRef, Keystore, SignatureAlgorithm, ToSign, verify};
use criterion::Criterion;
use hsm_sim::OsRandom;
use hsm_sim::key::Key;
use keystore::{Pkcs11, Pkcs11Config, VendorCodes};

fn main() {
    if std::env::var_os("HSM_SIM_DIR").is_none() {
        return again_with_tokens();
    }
    let module = std::env::current_exe().unwrap().with_file_name("libhsm_sim.so");
    let runtime = tokio::runtime::Builder::new_multi_thread()
        .worker_threads(1)
        .enable_time()
        .build()
        .unwrap();
    let mut criterion = Criterion::default().configure_from_args();
    let ours = Pkcs11::open(Pkcs11Config::new(module, "bench", PIN)).unwrap();
    let mut plain = Pkcs11Config::new(SOFTHSM, "bench", PIN);
    plain.vendor = VendorCodes::default();
    let theirs = Path::new(SOFTHSM).exists().then(|| Pkcs11::open(plain).unwrap());
    for kind in [KeyKind::P256, KeyKind::Rsa2048, KeyKind::Ed25519, KeyKind::Sm2] {
        let algorithm = kind.signature().unwrap();
        let name = KeyRef::new(format!("{kind:?}"));
        let through = |driver: &Pkcs11| {
            black_box(runtime.block_on(driver.sign(&name, algorithm, INPUT)).unwrap());
        };
        runtime.block_on(ours.generate(&name, kind)).unwrap();
        let softhsm = theirs.as_ref().filter(|driver| {
            driver.capabilities().kinds.contains(&kind)
                && runtime.block_on(driver.generate(&name, kind)).is_ok()
        });
        let key = Key::parse(kind, &Key::generate(kind, &OsRandom).unwrap()).unwrap();
        let mut rates = [Vec::new(), Vec::new(), Vec::new()];
        for _ in 0..ROUNDS {
            rates[0].push(rate(|| sign_and_verify(&key, algorithm)));
            rates[1].push(rate(|| through(&ours)));
            if let Some(softhsm) = softhsm {
                rates[2].push(rate(|| through(softhsm)));
            }
        }
        report(algorithm, &mut rates);
        criterion.bench_function(&format!("driver {}", algorithm.jose()), |bench| {
            bench.iter(|| through(&ours));
        });
    }
    criterion.final_summary();
}

fn sign_and_verify(key: &Key, algorithm: SignatureAlgorithm) {
    let signature = key.sign(algorithm, INPUT, &OsRandom).unwrap();
    verify(key.public().unwrap(), algorithm, INPUT, &signature).unwrap();
}

fn report(algorithm: SignatureAlgorithm, rates: &mut [Vec<f64>; 3]) {
    let medians = rates.each_mut().map(|rates| {
        rates.sort_unstable_by(f64::total_cmp);
        rates.get(rates.len() / 2).copied()
    });
    let (bare, ours) = (medians[0].unwrap(), medians[1].unwrap());
    println!(
        "{}: bare sign + verify {bare:.0}/s, driver {ours:.0}/s, ratio {:.2}; over SoftHSM2 {}",
        algorithm.jose(),
        ours / bare,
        medians[2].map_or("none".to_owned(), |rate| format!("{rate:.0}/s"))
    );
}

fn rate(mut work: impl FnMut()) -> f64 {
    let start = Instant::now();
    let mut calls = 0.0;
    while start.elapsed() < ROUND {
        work();
        calls += 1.0;
    }
    calls / start.elapsed().as_secs_f64()
}

/// Modules read their configuration from the environment of a fresh process.
fn again_with_tokens() {
    let dir = tempfile::tempdir().unwrap();
    let tokens = dir.path().join("softhsm");
    std::fs::create_dir(&tokens).unwrap();
    let configuration = dir.path().join("softhsm2.conf");
    std::fs::write(&configuration, format!("directories.tokendir = {}\n", tokens.display()))
        .unwrap();
    let random = std::sync::Arc::new(OsRandom);
    hsm_sim::Token::create(&dir.path().join("ours"), "bench", "87654321", PIN, random).unwrap();
    let _ = Command::new("softhsm2-util")
        .args(["--init-token", "--free", "--label", "bench", "--so-pin", "87654321"])
        .args(["--pin", PIN])
        .env("SOFTHSM2_CONF", &configuration)
        .output();
    let status = Command::new(std::env::current_exe().unwrap())
        .args(std::env::args().skip(1))
        .env("HSM_SIM_DIR", dir.path().join("ours"))
        .env("SOFTHSM2_CONF", &configuration)
        .status()
        .unwrap();
    assert!(status.success());
}

const SOFTHSM: &str = "/usr/lib/softhsm/libsofthsm2.so";
const PIN: &str = "123456";
const INPUT: ToSign<'static> = ToSign::Message(&[0x5a; 512]);
const ROUNDS: usize = 7;
const ROUND: Duration = Duration::from_millis(150);
