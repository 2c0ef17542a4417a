//! What the token costs on top of bare cryptography: both in one run, taking turns, in CPU time of
//! this thread, so that a busy machine changes neither alone.
#![allow(clippy::unwrap_used, clippy::print_stdout, missing_docs, reason = "a benchmark")]

use std::hint::black_box;
use std::sync::Arc;
use std::time::Duration;

use auth_core::key::{KeyKind, KeyRef, Keystore, SignatureAlgorithm, ToSign};
use criterion::Criterion;
use hsm_sim::key::Key;
use hsm_sim::{OsRandom, Token};
use ring::rand::SystemRandom;
use ring::signature::{
    ECDSA_P256_SHA256_FIXED_SIGNING, EcdsaKeyPair, Ed25519KeyPair, RSA_PKCS1_SHA256, RsaKeyPair,
};
use signature::Signer;
use tokio::runtime::{Builder, Runtime};

fn main() {
    let dir = tempfile::tempdir().unwrap();
    let random = Arc::new(OsRandom);
    let token = Token::create(dir.path(), "bench", "87654321", "123456", random).unwrap();
    let runtime = Builder::new_current_thread().build().unwrap();
    let mut criterion = Criterion::default().configure_from_args();
    let random = SystemRandom::new();

    let algorithm = &ECDSA_P256_SHA256_FIXED_SIGNING;
    let pkcs8 = EcdsaKeyPair::generate_pkcs8(algorithm, &random).unwrap();
    let es256 = EcdsaKeyPair::from_pkcs8(algorithm, pkcs8.as_ref(), &random).unwrap();
    compare(&mut criterion, &runtime, &token, KeyKind::P256, || {
        black_box(es256.sign(&random, &MESSAGE).unwrap());
    });

    let pkcs8 = Ed25519KeyPair::generate_pkcs8(&random).unwrap();
    let ed25519 = Ed25519KeyPair::from_pkcs8(pkcs8.as_ref()).unwrap();
    compare(&mut criterion, &runtime, &token, KeyKind::Ed25519, || {
        black_box(ed25519.sign(&MESSAGE));
    });

    let rsa = Key::generate(KeyKind::Rsa2048, &OsRandom).unwrap();
    let rsa = RsaKeyPair::from_der(&rsa).unwrap();
    compare(&mut criterion, &runtime, &token, KeyKind::Rsa2048, || {
        let mut signature = vec![0; 256];
        rsa.sign(&RSA_PKCS1_SHA256, &random, &MESSAGE, &mut signature).unwrap();
        black_box(signature);
    });

    let sm2 = Key::generate(KeyKind::Sm2, &OsRandom).unwrap();
    let sm2 = sm2::dsa::SigningKey::from_slice("1234567812345678", &sm2).unwrap();
    compare(&mut criterion, &runtime, &token, KeyKind::Sm2, || {
        let signature: sm2::dsa::Signature = sm2.sign(&MESSAGE);
        black_box(signature);
    });
    criterion.final_summary();
}

/// Prints the ratio, then lets Criterion measure both.
fn compare(
    criterion: &mut Criterion,
    runtime: &Runtime,
    token: &Token,
    kind: KeyKind,
    mut bare: impl FnMut(),
) {
    let name = KeyRef::new(format!("{kind:?}"));
    let algorithm = kind.signature().unwrap();
    runtime.block_on(token.generate(&name, kind)).unwrap();
    let mut through = || sign(runtime, token, &name, algorithm);
    let (mut bare_times, mut token_times) = (Vec::new(), Vec::new());
    for _ in 0..ROUNDS {
        bare_times.push(per_call(&mut bare));
        token_times.push(per_call(&mut through));
    }
    bare_times.sort_unstable();
    token_times.sort_unstable();
    let per_second = |times: &[Duration]| 1.0 / times[ROUNDS / 2].as_secs_f64();
    let (bare_rate, token_rate) = (per_second(&bare_times), per_second(&token_times));
    let label = algorithm.jose();
    println!(
        "{label}: bare {bare_rate:.0}/s, token {token_rate:.0}/s, ratio {:.2}",
        token_rate / bare_rate
    );
    let mut group = criterion.benchmark_group(label);
    group.bench_function("bare", |bench| bench.iter(&mut bare));
    group.bench_function("token", |bench| bench.iter(&mut through));
    group.finish();
}

fn sign(runtime: &Runtime, token: &Token, name: &KeyRef, algorithm: SignatureAlgorithm) {
    let input = ToSign::Message(&MESSAGE);
    black_box(runtime.block_on(token.sign(name, algorithm, input)).unwrap());
}

/// CPU time of one call, over enough calls to fill a round.
fn per_call(work: &mut impl FnMut()) -> Duration {
    let start = cpu_time();
    let mut calls = 0;
    while cpu_time() - start < ROUND {
        for _ in 0..16 {
            work();
        }
        calls += 16;
    }
    (cpu_time() - start) / calls
}

/// Time on the processor of this thread (Linux; `sched(7)` statistics).
fn cpu_time() -> Duration {
    let text = std::fs::read_to_string("/proc/thread-self/schedstat").unwrap();
    Duration::from_nanos(text.split(' ').next().unwrap().parse().unwrap())
}

/// As long as the payload of an access token.
const MESSAGE: [u8; 512] = [0x5a; 512];
const ROUNDS: usize = 9;
const ROUND: Duration = Duration::from_millis(100);
