//! Durable acts a second with group commit, beside what the disk itself can do: `fdatasync` of one
//! small write, in the same run.
#![allow(clippy::unwrap_used, clippy::print_stdout, missing_docs, reason = "a bench")]

use std::{
    fs::File,
    io::Write as _,
    sync::Arc,
    time::{Duration, Instant},
};

use auth_core::{
    Timestamp,
    audit::{Actor, Event, Outcome, Sealer, verify},
    key::{KeyKind, KeyRef, Keystore as _, SignatureAlgorithm, Signer},
};
use criterion::{Criterion, Throughput, criterion_group, criterion_main};
use store::Stores;

fn group_commit(criterion: &mut Criterion) {
    let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build().unwrap();
    let folder = tempfile::tempdir().unwrap();
    let url = format!("sqlite://{}", folder.path().join("bench.db").display());
    let stores = runtime.block_on(async {
        let stores = store::open(&url, Arc::new(hsm_sim::OsRandom)).await.unwrap();
        stores.migrate().await.unwrap();
        stores
    });
    let mut group = criterion.benchmark_group("durable");
    group.sample_size(10).measurement_time(Duration::from_secs(4));
    group.throughput(Throughput::Elements(1));
    group.bench_function("fdatasync of 4 KiB", |bench| {
        let mut file = File::create(folder.path().join("raw")).unwrap();
        bench.iter(|| sync_once(&mut file));
    });
    for callers in [1_usize, 16, 128] {
        group.bench_function(format!("act, {callers} callers"), |bench| {
            bench.iter_custom(|acts| runtime.block_on(run(&stores, callers, acts)));
        });
    }
    group.finish();

    let mut file = File::create(folder.path().join("raw")).unwrap();
    let begun = Instant::now();
    let syncs = 500_u32;
    (0..syncs).for_each(|_| sync_once(&mut file));
    let disk = f64::from(syncs) / begun.elapsed().as_secs_f64();
    let acts = 20_000_u32;
    let took = runtime.block_on(run(&stores, 128, u64::from(acts)));
    let store = f64::from(acts) / took.as_secs_f64();
    println!(
        "disk {disk:.0} fdatasync/s, store {store:.0} durable acts/s, ratio {:.1}",
        store / disk
    );
    runtime.block_on(seal_and_verify(&stores));
    runtime.block_on(stores.close());
}

/// Everything recorded above, sealed, and proved from the rows.
async fn seal_and_verify(stores: &Stores) {
    let token = hsm_sim::Token::ephemeral(Arc::new(hsm_sim::OsRandom)).unwrap();
    let key = KeyRef::new("checkpoint");
    token.generate(&key, KeyKind::Ed25519).await.unwrap();
    let algorithm = SignatureAlgorithm::EdDsa;
    let signer = Signer::open(Arc::new(token), key, algorithm, Vec::new()).await.unwrap();
    let sealer = Sealer::new(Arc::clone(&stores.log), signer, "bench", Vec::new()).unwrap();
    let begun = Instant::now();
    while stores.log.seal(1024).await.unwrap() > 0 {}
    let head = sealer.seal().await.unwrap();
    let sealed = begun.elapsed();
    let begun = Instant::now();
    let found = verify(stores.log.as_ref(), "bench", sealer.keys(), &[]).await.unwrap();
    assert!(found.is_untouched(), "{found:?}");
    let verified = begun.elapsed();
    let rate = |took: Duration| head.size as f64 / took.as_secs_f64();
    println!(
        "{} records: sealed {:.0}/s, verified {:.0}/s",
        head.size,
        rate(sealed),
        rate(verified)
    );
}

fn sync_once(file: &mut File) {
    file.write_all(&[7; 4096]).unwrap();
    file.sync_data().unwrap();
}

/// `acts` acts by so many callers, each waiting for its answer before the next.
async fn run(stores: &Stores, callers: usize, acts: u64) -> Duration {
    let begun = Instant::now();
    let tasks = (0..callers as u64).map(|caller| {
        let people = Arc::clone(&stores.people);
        let share = acts / callers as u64 + u64::from(caller < acts % callers as u64);
        tokio::spawn(async move {
            for _ in 0..share {
                let event = Event::new("bench", Actor::System, Outcome::Done, Timestamp(1));
                people.record(event.subject("s").with("n", 1_i64)).await.unwrap();
            }
        })
    });
    for task in tasks.collect::<Vec<_>>() {
        task.await.unwrap();
    }
    begun.elapsed()
}

criterion_group!(benches, group_commit);
criterion_main!(benches);
