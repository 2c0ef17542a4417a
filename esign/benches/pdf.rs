//! Signing and verifying a PDF against the bare work in it: one hash of the same bytes and one
//! P-256 operation. The ratio bare / whole is to stay above 0.3.
#![allow(missing_docs, clippy::print_stderr, clippy::unwrap_used, reason = "a benchmark")]

#[path = "../tests/it/pdf/inputs.rs"]
#[allow(dead_code, reason = "the tests use more of it")]
mod inputs;
#[path = "../tests/it/pdf/signer.rs"]
#[allow(dead_code, reason = "the tests use more of it")]
mod signer;

use auth_core::key::{SignatureAlgorithm, ToSign, verify as verify_value};
use criterion::{Criterion, criterion_group, criterion_main};
use esign::cms::{CmsOptions, DigestAlgorithm, Digested, sign_detached};
use esign::pdf::sign::{SignatureField, prepare};
use esign::pdf::verify::verify;

fn documents() -> [(&'static str, Vec<u8>); 2] {
    [
        ("1 page, 60 KB", inputs::heavy(1, 60_000)),
        ("100 pages, 6 MB", inputs::heavy(100, 6_000_000)),
    ]
}

fn sign(criterion: &mut Criterion) {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    let seal = signer::seal();
    for (name, document) in documents() {
        let mut group = criterion.benchmark_group(format!("sign {name}"));
        group.bench_function("bare", |bencher| {
            bencher.iter(|| {
                let hash = DigestAlgorithm::Sha256.digest(&document);
                let hash: [u8; 32] = hash.try_into().unwrap();
                runtime.block_on(seal.sign(ToSign::Digest(&hash))).unwrap()
            });
        });
        group.bench_function("pdf", |bencher| {
            let field = SignatureField { reserved: 4096, ..signer::field("Seal") };
            bencher.iter(|| {
                let prepared = prepare(&document, &field).unwrap();
                let digest: Digested = prepared.digest(DigestAlgorithm::Sha256);
                let cms = sign_detached(seal, digest, CmsOptions::default());
                prepared.fill(&runtime.block_on(cms).unwrap()).unwrap()
            });
        });
        group.finish();
    }
}

fn check(criterion: &mut Criterion) {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    let seal = signer::seal();
    for (name, document) in documents() {
        let once = signer::signed(&document, "First");
        let twice = signer::signed(&once, "Second");
        let hash: [u8; 32] = DigestAlgorithm::Sha256.digest(&once).try_into().unwrap();
        let value = runtime.block_on(seal.sign(ToSign::Digest(&hash))).unwrap();
        let mut group = criterion.benchmark_group(format!("verify {name}"));
        group.bench_function("bare", |bencher| {
            bencher.iter(|| {
                let hash: [u8; 32] = DigestAlgorithm::Sha256.digest(&once).try_into().unwrap();
                let hash = ToSign::Digest(&hash);
                verify_value(seal.public(), SignatureAlgorithm::Es256, hash, &value).unwrap();
            });
        });
        group.bench_function("pdf", |bencher| bencher.iter(|| verify(&once).unwrap()));
        group.bench_function("pdf signed twice", |bencher| {
            bencher.iter(|| verify(&twice).unwrap());
        });
        group.finish();
    }
}

criterion_group!(benches, sign, check);
criterion_main!(benches);
