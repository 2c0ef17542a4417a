//! Signing an access token, beside what the machine's bare signature costs in the same run.
#![allow(clippy::unwrap_used, missing_docs, reason = "a benchmark")]

use std::sync::Arc;

use auth_core::{
    jose::{Header, sign},
    key::{KeyKind, KeyRef, Keystore, SignatureAlgorithm, Signer},
};
use criterion::{Criterion, criterion_group, criterion_main};
use ring::{
    rand::SystemRandom,
    signature::{ECDSA_P256_SHA256_FIXED_SIGNING, EcdsaKeyPair},
};
use serde_json::{Value, json};

/// The claims of an access token as `/token` signs them.
fn claims() -> Value {
    json!({
        "iss": "https://id.example.gov.cn", "aud": "https://id.example.gov.cn",
        "sub": "3q2-7wAAAAAAAAAAAAAAAA", "client_id": "demo-web", "iat": 1_795_507_200,
        "exp": 1_795_507_800, "jti": "3q2-7wAAAAAAAAAAAAAAAA", "scope": "openid profile",
        "family": "3q2-7wAAAAAAAAAAAAAAAA", "auth_time": 1_795_507_200,
        "acr": "urn:yinxin:assurance:3", "amr": ["pwd"],
    })
}

fn bare_ring(c: &mut Criterion) {
    let random = SystemRandom::new();
    let algorithm = &ECDSA_P256_SHA256_FIXED_SIGNING;
    let pkcs8 = EcdsaKeyPair::generate_pkcs8(algorithm, &random).unwrap();
    let key = EcdsaKeyPair::from_pkcs8(algorithm, pkcs8.as_ref(), &random).unwrap();
    let message = claims().to_string();
    c.bench_function("bare ring ES256", |b| {
        b.iter(|| key.sign(&random, message.as_bytes()).unwrap());
    });
}

fn access_token(c: &mut Criterion) {
    let runtime = tokio::runtime::Builder::new_current_thread().build().unwrap();
    let signer = runtime.block_on(async {
        let token = hsm_sim::Token::ephemeral(Arc::new(hsm_sim::OsRandom)).unwrap();
        let keystore: Arc<dyn Keystore> = Arc::new(token);
        let key = KeyRef::new("oidc-es256");
        keystore.generate(&key, KeyKind::P256).await.unwrap();
        Signer::open(keystore, key, SignatureAlgorithm::Es256, Vec::new()).await.unwrap()
    });
    c.bench_function("access token ES256", |b| {
        b.iter(|| {
            let mut header = Header::new();
            header.insert("typ".to_owned(), Value::from("at+jwt"));
            header.insert("kid".to_owned(), Value::from(signer.kid()));
            let payload = claims().to_string();
            runtime.block_on(sign(&signer, header, payload.as_bytes())).unwrap()
        });
    });
}

criterion_group!(benches, bare_ring, access_token);
criterion_main!(benches);
