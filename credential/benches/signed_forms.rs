//! What issuing and verifying cost beside the bare signature, in the same run.
//!
//! `yx1/verify` reads the printed text, strict CBOR and claims and verifies one signature;
//! `bare/verify` is that signature alone. Their ratio is what the code around cryptography costs.
#![allow(clippy::unwrap_used, missing_docs, reason = "a benchmark stops at the first failure")]

use auth_core::{
    Timestamp,
    key::{KeyKind, ToSign, verify},
};
use credential::{
    sd_jwt::{Draft, SdJwt, issue},
    yx1::{self, Claims, Sign1, cose},
};
use criterion::{Criterion, criterion_group, criterion_main};
use serde_json::json;

#[path = "../tests/it/soft.rs"]
mod soft;

const NOW: Timestamp = Timestamp::from_unix(1_795_507_200);

fn draft() -> Draft {
    let hidden = ["legal_representative", "registered_capital", "address", "business_scope"];
    Draft {
        vct: "https://county.example/vct/business-licence".to_owned(),
        issuer: "https://county.example".to_owned(),
        open: [("name".to_owned(), json!("示例云上茶业有限公司"))].into_iter().collect(),
        hidden: hidden.map(|name| (name.to_owned(), json!("示例县云上镇茶园路18号"))).into(),
        issued_at: NOW,
        expires_at: None,
        status: Some((4711, "https://county.example/status/1".to_owned())),
        holder_key: None,
        decoys: 2,
    }
}

fn claims() -> Claims {
    Claims {
        issuer: "https://county.example".to_owned(),
        expires_at: None,
        issued_at: NOW,
        id: vec![7; 16],
        status: Some((4711, "https://county.example/status/1".to_owned())),
        kind: "business-licence".to_owned(),
        fields: vec![
            (1, "91330899MA00000011".to_owned()),
            (2, "示例云上茶业有限公司".to_owned()),
            (4, "张三".to_owned()),
            (6, "2021-03-15".to_owned()),
            (100, "2026112412345678".to_owned()),
            (102, "示例县市场监督管理局".to_owned()),
        ],
    }
}

fn forms(criterion: &mut Criterion) {
    let runtime = tokio::runtime::Builder::new_current_thread().build().unwrap();
    let chain = vec![vec![0x30; 600]];
    let signer = runtime.block_on(soft::signer("bench", KeyKind::P256, chain));
    let random = soft::Seeded::new(1);
    let (draft, claims) = (draft(), claims());

    let text = runtime.block_on(issue(&signer, &draft, &random)).unwrap().text;
    let message = runtime.block_on(yx1::issue(&signer, &claims)).unwrap();
    let code = yx1::to_url("https://county.example", &message);
    let signed = cose::to_be_signed(&[7; 14], &claims.encode());
    let signature = runtime.block_on(signer.sign(ToSign::Message(&signed))).unwrap();

    let mut group = criterion.benchmark_group("bare");
    group.bench_function("sign", |bench| {
        bench.iter(|| runtime.block_on(signer.sign(ToSign::Message(&signed))).unwrap());
    });
    group.bench_function("verify", |bench| {
        bench.iter(|| {
            verify(signer.public(), signer.algorithm(), ToSign::Message(&signed), &signature)
                .unwrap();
        });
    });
    group.finish();

    let mut group = criterion.benchmark_group("yx1");
    group.bench_function("issue", |bench| {
        bench.iter(|| runtime.block_on(yx1::issue(&signer, &claims)).unwrap());
    });
    group.bench_function("verify", |bench| {
        bench.iter(|| {
            let unpacked = yx1::unpack(&code).unwrap();
            let message = Sign1::parse(&unpacked.cose).unwrap();
            let payload = message.verify(signer.public(), signer.algorithm()).unwrap();
            Claims::decode(payload).unwrap()
        });
    });
    group.finish();

    let mut group = criterion.benchmark_group("sd_jwt");
    group.bench_function("issue", |bench| {
        bench.iter(|| runtime.block_on(issue(&signer, &draft, &random)).unwrap());
    });
    group.bench_function("verify", |bench| {
        bench.iter(|| {
            let parsed = SdJwt::parse(&text).unwrap();
            parsed.verify(signer.public(), signer.algorithm()).unwrap()
        });
    });
    group.finish();
}

criterion_group! {
    name = benches;
    config = Criterion::default().sample_size(50).without_plots();
    targets = forms
}
criterion_main!(benches);
