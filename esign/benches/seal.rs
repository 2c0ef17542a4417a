//! Drawing a seal, setting a letter, and the whole sealing of a one-page letter, the last against
//! the bare signature of the same key in the same run: it is to stay above 0.3 of it.
#![allow(unreachable_pub, reason = "the fixture of the tests serves here too")]
#![allow(clippy::unwrap_used, clippy::print_stdout, missing_docs, reason = "a benchmark")]

#[allow(dead_code, reason = "the tests use more of it")]
#[path = "../tests/it/seal/county.rs"]
mod county;

use std::{
    hint::black_box,
    time::{Duration, Instant},
};

use auth_core::{
    audit::Actor,
    key::{Signer, ToSign},
};
use county::County;
use criterion::{Criterion, criterion_group, criterion_main};
use esign::{
    flow::{SealUse, seal_document, sign_document},
    request::Place,
    store::SealingId,
};

fn benches(criterion: &mut Criterion) {
    let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build().unwrap();
    let county = runtime.block_on(County::new());
    let seal = &county.seal;
    criterion.bench_function("draw", |bencher| {
        bencher.iter(|| black_box(&seal.face).draw().unwrap().to_deflated_pdf());
    });
    criterion.bench_function("set a letter", |bencher| bencher.iter(county::letter));

    let signer = Signer::open(
        county.office.keystore.clone(),
        seal.key.clone(),
        seal.algorithm,
        seal.chain.clone(),
    );
    let signer = runtime.block_on(signer).unwrap();
    let letter = county::letter();
    let now = county.now();
    let id = SealingId("bench".to_owned());
    let bare = || {
        runtime.block_on(signer.sign(ToSign::Message(&letter))).unwrap();
    };
    let place = Place::At { page: 0, x: 400.0, y: 200.0 };
    let sealed = || {
        let work = sign_document((seal, &signer), letter.clone(), place, (&id, now));
        runtime.block_on(work).unwrap();
    };
    let ratio = per_second(&sealed) / per_second(&bare);
    println!("sealing a letter of {} bytes at {ratio:.2} of bare signing", letter.len());
    criterion.bench_function("bare signature", |bencher| bencher.iter(bare));
    criterion.bench_function("seal a letter", |bencher| bencher.iter(sealed));
    criterion.bench_function("seal and record a letter", |bencher| {
        bencher.iter(|| {
            let act = SealUse {
                seal: seal.id.clone(),
                document: letter.clone(),
                format: None,
                place,
                reason: None,
                purpose: "bench".to_owned(),
                actor: Actor::System,
                now,
            };
            runtime.block_on(seal_document(&county.office, act)).unwrap();
        });
    });
}

/// Runs for half a second.
fn per_second(act: &dyn Fn()) -> f64 {
    let (start, mut count) = (Instant::now(), 0_u32);
    while start.elapsed() < Duration::from_millis(500) {
        act();
        count += 1;
    }
    f64::from(count) / start.elapsed().as_secs_f64()
}

criterion_group!(all, benches);
criterion_main!(all);
