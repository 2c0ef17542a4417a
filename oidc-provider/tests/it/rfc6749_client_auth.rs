//! Client authentication (RFC 6749 §2.3); row 25 of the attack table.

use axum::body::Body;
use base64::{Engine, engine::general_purpose::STANDARD};
use http::{Request, StatusCode, header};
use oidc_provider::client::{GrantType, SecretMethod};
use world::{Answer, ISSUER};

use crate::house::House;

async fn post(house: &House, query: &str, basic: &[(&str, &str)], body: &str) -> Answer {
    let mut request = Request::post(format!("{ISSUER}/token{query}"))
        .header(header::CONTENT_TYPE, "application/x-www-form-urlencoded");
    for (id, secret) in basic {
        let value = format!("Basic {}", STANDARD.encode(format!("{id}:{secret}")));
        request = request.header(header::AUTHORIZATION, value);
    }
    house.browser().send(request, Body::from(body.to_owned())).await
}

fn error(answer: &Answer) -> (u16, String) {
    (answer.status.as_u16(), answer.json()["error"].as_str().unwrap_or_default().to_owned())
}

#[tokio::test]
async fn basic_and_post_work_one_at_a_time() {
    let house = House::new().await;
    let m2m = ("demo-m2m", "demo-m2m-secret");
    let grant = "grant_type=client_credentials";
    let basic = post(&house, "", &[m2m], grant).await;
    assert_eq!(basic.status, StatusCode::OK, "{}", basic.text());
    let named = format!("{grant}&client_id=demo-m2m");
    assert_eq!(post(&house, "", &[m2m], &named).await.status, StatusCode::OK);
    let in_body = format!("{named}&client_secret=demo-m2m-secret");
    assert_eq!(post(&house, "", &[], &in_body).await.status, StatusCode::OK);
}

#[tokio::test]
async fn row_25_exactly_one_method_per_request() {
    let house = House::new().await;
    let m2m = ("demo-m2m", "demo-m2m-secret");
    let grant = "grant_type=client_credentials";
    let secret = "client_secret=demo-m2m-secret";
    let twice = (400, "invalid_request".to_owned());
    let failed = (401, "invalid_client".to_owned());
    let both = format!("{grant}&client_id=demo-m2m&{secret}");
    assert_eq!(error(&post(&house, "", &[m2m], &both).await), twice);
    assert_eq!(error(&post(&house, "", &[m2m, m2m], grant).await), twice);
    let other = format!("{grant}&client_id=demo-web");
    assert_eq!(error(&post(&house, "", &[m2m], &other).await), twice);
    let named = format!("{grant}&client_id=demo-m2m");
    let in_query = post(&house, &format!("?{secret}"), &[], &named).await;
    assert_eq!(error(&in_query), twice);
    let repeated = format!("{both}&{secret}");
    assert_eq!(error(&post(&house, "", &[], &repeated).await), twice);

    assert_eq!(error(&post(&house, "", &[], grant).await), failed, "nobody");
    assert_eq!(error(&post(&house, "", &[], &named).await), failed, "no secret");
    let assertion = format!("{named}&client_assertion=x&client_assertion_type=y");
    assert_eq!(error(&post(&house, "", &[], &assertion).await), failed);
    assert_eq!(error(&post(&house, "", &[("demo-m2m", "wrong")], grant).await), failed);
    assert_eq!(error(&post(&house, "", &[("nobody", "x")], grant).await), failed);
    let public = "grant_type=refresh_token&refresh_token=x&client_id=demo-spa&client_secret=x";
    assert_eq!(error(&post(&house, "", &[], public).await), failed, "a public client's secret");
    let anonymous = "grant_type=refresh_token&refresh_token=x";
    assert_eq!(error(&post(&house, "", &[], anonymous).await), failed, "refresh without client");
}

#[tokio::test]
async fn row_25_the_registered_method_counts() {
    let house = House::new().await;
    house.client("machine", |it| it.grant_types = vec![GrantType::ClientCredentials]).await;
    let id = auth_core::id::ClientId::from_text("machine");
    let now = house.world.now();
    let actor = || auth_core::audit::Actor::System;
    let random = &*house.world.random;
    let grant = "grant_type=client_credentials";
    let admin = house.admin();
    let secret = admin.renew_secret(&id, SecretMethod::Post, actor(), random, now).await.unwrap();
    let pair = ("machine", secret.reveal());
    let body = format!("{grant}&client_id=machine&client_secret={}", secret.reveal());
    let failed = (401, "invalid_client".to_owned());
    assert_eq!(error(&post(&house, "", &[pair], grant).await), failed, "basic when post");
    assert_eq!(post(&house, "", &[], &body).await.status, StatusCode::OK);
    let secret = admin.renew_secret(&id, SecretMethod::Basic, actor(), random, now).await.unwrap();
    assert_eq!(error(&post(&house, "", &[], &body).await), failed, "post when basic, old secret");
    assert_eq!(
        post(&house, "", &[("machine", secret.reveal())], grant).await.status,
        StatusCode::OK
    );
    house.disable_client("machine").await;
    let refused = post(&house, "", &[("machine", secret.reveal())], grant).await;
    assert_eq!(error(&refused), failed, "disabled");
    assert!(refused.headers.contains_key(header::WWW_AUTHENTICATE));
}

#[tokio::test]
async fn bodies_that_are_no_forms_are_refused() {
    let house = House::new().await;
    for (kind, body) in [
        ("application/json", "{}".to_owned()),
        ("text/plain", "grant_type=client_credentials".to_owned()),
        ("application/x-www-form-urlencoded", "a=".repeat(9000)),
        ("application/x-www-form-urlencoded", "a=1&".repeat(100)),
    ] {
        let request = Request::post(format!("{ISSUER}/token")).header(header::CONTENT_TYPE, kind);
        let answer = house.browser().send(request, Body::from(body)).await;
        assert_eq!(error(&answer), (400, "invalid_request".to_owned()), "{kind}");
        assert_eq!(answer.headers[header::CACHE_CONTROL], "no-store");
    }
}
