//! `POST /api/seals/{id}/documents`: rights, idempotency, limits.

use std::sync::Arc;

use auth_core::{Verdict, audit::Actor, id::ClientId};
use axum::{
    body::Body,
    http::{Request, StatusCode},
};
use esign::{
    flow::{change_seal, give_right, open_intents, withdraw_right},
    seal::{ClientRight, SealState},
    store::{Claim, Claimed, NewSealing, SealingId},
};
use sha2::{Digest, Sha256};
use world::{Answer, Browser};

use super::{County, letter};

async fn right(county: &County) {
    let right = ClientRight {
        client: ClientId::from_text("app"),
        seal: county.seal.id.clone(),
        valid_from: county.now(),
        valid_until: None,
    };
    give_right(&county.office, right, Actor::System, county.now()).await.unwrap();
}

async fn post(county: &County, query: &str, headers: &[(&str, &str)], body: Vec<u8>) -> Answer {
    let path = format!("http://localhost:8080/api/seals/{}/documents{query}", county.seal.id);
    let mut request = Request::post(path);
    for (name, value) in headers {
        request = request.header(*name, *value);
    }
    Browser::new(esign::router(county.deps())).send(request, Body::from(body)).await
}

const GOOD: (&str, &str) = ("authorization", "Bearer good");
const PDF: (&str, &str) = ("content-type", "application/pdf");

fn key(value: &str) -> (&str, &str) {
    ("idempotency-key", value)
}

#[tokio::test]
async fn the_same_key_with_the_same_request_gives_the_same_file() {
    let county = County::new().await;
    right(&county).await;
    let first = post(&county, "", &[GOOD, PDF, key("case-1")], letter()).await;
    assert_eq!(first.status, StatusCode::OK, "{}", first.text());
    assert_eq!(first.headers["content-type"], "application/pdf");
    assert_eq!(county.verify(&first.body, None).await.verdict, Verdict::Valid);
    county.world.clock.forward(3600);
    let second = post(&county, "", &[GOOD, PDF, key("case-1")], letter()).await;
    assert_eq!(second.body, first.body);
    let other = post(&county, "", &[GOOD, PDF, key("case-2")], letter()).await;
    assert_ne!(other.body, first.body);

    let reused = post(&county, "", &[GOOD, PDF, key("case-1")], b"another".to_vec()).await;
    assert_eq!(reused.status, StatusCode::UNPROCESSABLE_ENTITY);
    assert_eq!(reused.json()["code"], "idempotency-key-reused");
    let moved = post(&county, "?place=first-middle", &[GOOD, PDF, key("case-1")], letter()).await;
    assert_eq!(moved.json()["code"], "idempotency-key-reused", "the place shapes the result too");
    let done = county.acts().iter().filter(|act| *act == "seal.done").count();
    assert!(county.acts().is_empty() || done == 2, "{:?}", county.acts());

    // A day later the key is forgotten and may name another request.
    county.world.clock.forward(86_400);
    esign::flow::sweep(&county.office, county.now()).await.unwrap();
    let fresh = post(&county, "", &[GOOD, PDF, key("case-1")], b"another".to_vec()).await;
    assert_eq!(fresh.status, StatusCode::OK);
    assert_eq!(fresh.headers["content-type"], "application/pkcs7-signature");
}

#[tokio::test]
async fn fifty_requests_with_one_key_sign_once() {
    let county = Arc::new(County::new().await);
    right(&county).await;
    let document = letter();
    let tries: Vec<_> = (0..50)
        .map(|_| {
            let (county, document) = (county.clone(), document.clone());
            tokio::spawn(
                async move { post(&county, "", &[GOOD, PDF, key("case-1")], document).await },
            )
        })
        .collect();
    let mut files = Vec::new();
    for attempt in tries {
        let answer = attempt.await.unwrap();
        match answer.status {
            StatusCode::OK => files.push(answer.body),
            StatusCode::CONFLICT => assert_eq!(answer.json()["code"], "in-progress"),
            other => panic!("{other}: {}", answer.text()),
        }
    }
    assert!(!files.is_empty() && files.iter().all(|file| *file == files[0]));
    let done = county.acts().iter().filter(|act| *act == "seal.done").count();
    assert!(county.acts().is_empty() || done == 1);
}

#[tokio::test]
async fn a_token_alone_is_no_right() {
    let county = County::new().await;
    let send = |token: &'static str| {
        let headers = [("authorization", token), PDF, key("case-1")];
        let county = &county;
        async move { post(county, "", &headers, letter()).await.status }
    };
    assert_eq!(send("Bearer good").await, StatusCode::FORBIDDEN, "no right to the seal yet");
    right(&county).await;
    assert_eq!(send("Bearer good").await, StatusCode::OK);
    assert_eq!(send("Bearer other").await, StatusCode::FORBIDDEN, "another application");
    assert_eq!(send("Bearer scopeless").await, StatusCode::FORBIDDEN);
    assert_eq!(send("Bearer person").await, StatusCode::FORBIDDEN, "a person needs four eyes");
    assert_eq!(send("Bearer unknown").await, StatusCode::UNAUTHORIZED);
    assert_eq!(send("Basic good").await, StatusCode::UNAUTHORIZED);
    let (seal, client) = (&county.seal.id, ClientId::from_text("app"));
    withdraw_right(&county.office, seal, &client, Actor::System, county.now()).await.unwrap();
    assert_eq!(send("Bearer good").await, StatusCode::FORBIDDEN);
}

#[tokio::test]
async fn bad_requests_are_problems() {
    let county = County::new().await;
    right(&county).await;
    let without = post(&county, "", &[GOOD, PDF], letter()).await;
    assert_eq!(without.status, StatusCode::BAD_REQUEST);
    assert_eq!(without.json()["code"], "idempotency-key");
    assert_eq!(without.headers["content-type"], "application/problem+json");
    for query in ["?place=moon", "?page=0", "?page=0&x=NaN&y=1", "?format=docx", "?surprise=1"] {
        let answer = post(&county, query, &[GOOD, PDF, key("k")], letter()).await;
        assert_eq!(answer.status, StatusCode::BAD_REQUEST, "{query}");
    }
    let far = post(&county, "?page=9&x=1&y=1", &[GOOD, PDF, key("k")], letter()).await;
    assert_eq!(
        (far.status, far.json()["code"].clone()),
        (StatusCode::UNPROCESSABLE_ENTITY, "place".into())
    );
    let empty = post(&county, "", &[GOOD, PDF, key("k2")], Vec::new()).await;
    assert_eq!(empty.status, StatusCode::UNPROCESSABLE_ENTITY);
    let large = post(&county, "", &[GOOD, PDF, key("k")], vec![0; 20 * 1024 * 1024 + 1]).await;
    assert_eq!(large.status, StatusCode::PAYLOAD_TOO_LARGE);
    let broken = post(&county, "", &[GOOD, PDF, key("k3")], b"%PDF-1.7".to_vec()).await;
    assert_eq!(broken.json()["code"], "document");
    // What failed may be tried again under the same key.
    let again = post(&county, "", &[GOOD, PDF, key("k3")], letter()).await;
    assert_eq!(again.status, StatusCode::OK);
    // A revoked seal gives out what it sealed before, and seals no more.
    let now = county.now();
    change_seal(&county.office, &county.seal.id, SealState::Revoked, "lost", Actor::System, now)
        .await
        .unwrap();
    let before = post(&county, "", &[GOOD, PDF, key("k3")], letter()).await;
    assert_eq!(before.body, again.body);
    let after = post(&county, "", &[GOOD, PDF, key("k4")], letter()).await;
    assert_eq!(after.json()["code"], "seal-revoked");
}

#[tokio::test]
async fn one_file_of_a_form() {
    let county = County::new().await;
    right(&county).await;
    let part = |name: &str| {
        format!(
            "--b\r\ncontent-disposition: form-data; name=\"{name}\"; filename=\"a.txt\"\r\n\r\nhello\r\n"
        )
    };
    let kind = ("content-type", "multipart/form-data; boundary=b");
    let one = format!("{}--b--\r\n", part("file")).into_bytes();
    let answer = post(&county, "", &[GOOD, kind, key("k")], one).await;
    assert_eq!(answer.status, StatusCode::OK, "{}", answer.text());
    assert_eq!(county.verify(&answer.body, Some(b"hello")).await.verdict, Verdict::Valid);
    let two = format!("{}{}--b--\r\n", part("file"), part("more")).into_bytes();
    for body in [two, b"--b--\r\n".to_vec(), b"nothing".to_vec()] {
        let answer = post(&county, "", &[GOOD, kind, key("k2")], body).await;
        assert_eq!(answer.status, StatusCode::BAD_REQUEST);
    }
}

#[tokio::test]
async fn an_intent_without_an_end_is_visible_and_its_key_is_not_stuck() {
    let county = County::new().await;
    right(&county).await;
    let claim = Claim {
        client: ClientId::from_text("app"),
        key_hash: Sha256::digest("case-1").into(),
        fingerprint: [0; 32],
        stale_before: county.now().plus_seconds(-60),
        most_kept: 1,
    };
    let lost = NewSealing {
        id: SealingId("lost".to_owned()),
        seal: county.seal.id.clone(),
        request: None,
        purpose: "client:app".to_owned(),
        document_hash: [7; 32],
        begun_at: county.now(),
    };
    let event = auth_core::audit::Event::new(
        "seal.intent",
        Actor::System,
        auth_core::audit::Outcome::Done,
        county.now(),
    );
    let claimed = county.office.sealings.claim(lost, claim, event).await.unwrap();
    assert_eq!(claimed, Claimed::New);
    let busy = post(&county, "", &[GOOD, PDF, key("case-1")], letter()).await;
    assert_eq!(busy.status, StatusCode::UNPROCESSABLE_ENTITY, "another fingerprint under way");
    county.world.clock.forward(120);
    assert_eq!(open_intents(&county.office, county.now()).await.unwrap()[0].id.0, "lost");
    let retried = post(&county, "", &[GOOD, PDF, key("case-1")], letter()).await;
    assert_eq!(retried.status, StatusCode::OK, "{}", retried.text());
    // Still told: a signature may exist that nobody was given.
    assert_eq!(open_intents(&county.office, county.now()).await.unwrap()[0].id.0, "lost");
}

#[tokio::test]
async fn an_application_lists_its_seals() {
    let county = County::new().await;
    right(&county).await;
    let request = Request::get("http://localhost:8080/api/seals").header(GOOD.0, GOOD.1);
    let answer = Browser::new(esign::router(county.deps())).send(request, Body::empty()).await;
    assert_eq!(answer.json()["seals"][0]["id"], county.seal.id.as_str());
    assert_eq!(answer.json()["seals"][0]["state"], "active");
}
