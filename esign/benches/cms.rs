//! A detached CMS signature of 50 KB, against the bare signature of the same key in the same run.
#![allow(clippy::unwrap_used, clippy::print_stdout, reason = "a benchmark")]

use std::{
    hint::black_box,
    sync::Arc,
    time::{Duration, Instant},
};

use auth_core::{
    Timestamp,
    key::{KeyKind, KeyRef, Keystore, Signer, ToSign},
};
use criterion::{Criterion, criterion_group, criterion_main};
use esign::cms::{CmsOptions, DigestAlgorithm, Digested, sign_detached, verify_detached};
use hsm_sim::{OsRandom, Token};
use pki::{
    Name, NameParts,
    cert::{Issuer, SEAL, Serial, TbsParts, certificate_tbs, key_id, sign_certificate},
};

const NOW: Timestamp = Timestamp::from_unix(1_795_536_000);

fn benches(criterion: &mut Criterion) {
    let runtime = tokio::runtime::Builder::new_current_thread().build().unwrap();
    let content = vec![0x59; 50 * 1024];
    for kind in [KeyKind::P256, KeyKind::Rsa2048, KeyKind::Sm2] {
        let signer = runtime.block_on(signer(kind));
        let digest = DigestAlgorithm::of(signer.algorithm()).unwrap();
        let bare = || runtime.block_on(signer.sign(ToSign::Message(b"32 bytes"))).unwrap();
        let cms = || {
            let content = Digested::of(digest, black_box(&content));
            runtime.block_on(sign_detached(&signer, content, CmsOptions::default())).unwrap()
        };
        let ratio = per_second(&cms) / per_second(&bare);
        println!("{kind:?}: CMS of 50 KB at {ratio:.2} of bare signing");
        let mut group = criterion.benchmark_group(format!("{kind:?}"));
        group.bench_function("bare", |bencher| bencher.iter(bare));
        group.bench_function("cms-50k", |bencher| bencher.iter(cms));
        let made = cms();
        group.bench_function("verify-50k", |bencher| {
            bencher.iter(|| verify_detached(&made, &|digest| digest.digest(&content)).unwrap());
        });
        group.finish();
    }
}

/// Runs for half a second.
fn per_second(act: &dyn Fn() -> Vec<u8>) -> f64 {
    let (start, mut count) = (Instant::now(), 0_u32);
    while start.elapsed() < Duration::from_millis(500) {
        black_box(act());
        count += 1;
    }
    f64::from(count) / start.elapsed().as_secs_f64()
}

/// A key with a self-made seal certificate.
async fn signer(kind: KeyKind) -> Signer {
    let keystore: Arc<dyn Keystore> = Arc::new(Token::ephemeral(Arc::new(OsRandom)).unwrap());
    let key = KeyRef::new("seal");
    let public = keystore.generate(&key, kind).await.unwrap().unwrap();
    let algorithm = kind.signature().unwrap();
    let open = |chain| Signer::open(keystore.clone(), key.clone(), algorithm, chain);
    let bare = open(Vec::new()).await.unwrap();
    let parts = NameParts { common_name: "bench".to_owned(), ..NameParts::default() };
    let name = Name::new(&parts).unwrap();
    let issuer = Issuer {
        name: name.clone(),
        key_id: key_id(&public),
        crl_url: None,
        certificate_url: None,
    };
    let tbs = certificate_tbs(&TbsParts {
        profile: &SEAL,
        serial: Serial::new(&OsRandom),
        issuer: &issuer,
        subject: &name,
        public: &public,
        validity: (NOW, NOW.plus_seconds(86_400)),
        policies: &[],
        algorithm,
    });
    let certificate = sign_certificate(&bare, &tbs).await.unwrap();
    open(vec![certificate]).await.unwrap()
}

criterion_group!(cms, benches);
criterion_main!(cms);
