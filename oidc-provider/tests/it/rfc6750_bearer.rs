//! Bearer tokens (RFC 6750 §2, §3).

use axum::body::Body;
use http::{Request, StatusCode, header};
use world::{Answer, ISSUER};

use crate::house::{Ask, House};

async fn get(house: &House, authorization: &[&str], query: &str) -> Answer {
    let mut request = Request::get(format!("{ISSUER}/userinfo{query}"));
    for value in authorization {
        request = request.header(header::AUTHORIZATION, *value);
    }
    house.browser().send(request, Body::empty()).await
}

fn challenge(answer: &Answer) -> &str {
    answer.headers[header::WWW_AUTHENTICATE].to_str().unwrap()
}

#[tokio::test]
async fn challenges_are_as_section_3_says() {
    let house = House::new().await;
    let tokens = house.tokens().await;
    let token = tokens["access_token"].as_str().unwrap();
    let nothing = get(&house, &[], "").await;
    assert_eq!(nothing.status, StatusCode::UNAUTHORIZED);
    assert_eq!(challenge(&nothing), r#"Bearer realm="yinxin""#);
    let basic = get(&house, &["Basic YTpi"], "").await;
    assert_eq!(challenge(&basic), r#"Bearer realm="yinxin""#);
    let wrong = get(&house, &["Bearer x"], "").await;
    assert!(challenge(&wrong).contains(r#"error="invalid_token""#));
    let bearer = format!("Bearer {token}");
    let twice = get(&house, &[&bearer, &bearer], "").await;
    assert_eq!(
        (twice.status, &twice.json()["error"]),
        (StatusCode::BAD_REQUEST, &"invalid_request".into())
    );
    // Never in the query (RFC 9700 §4.3.2): it is not even looked at.
    let in_query = get(&house, &[], &format!("?access_token={token}")).await;
    assert_eq!(in_query.status, StatusCode::UNAUTHORIZED);
    let request = Request::post(format!("{ISSUER}/userinfo"))
        .header(header::AUTHORIZATION, bearer)
        .header(header::CONTENT_TYPE, "application/x-www-form-urlencoded");
    let both = house.browser().send(request, Body::from(format!("access_token={token}"))).await;
    assert_eq!(both.status, StatusCode::BAD_REQUEST);
}

#[tokio::test]
async fn userinfo_needs_the_scope_openid() {
    let house = House::new().await;
    let code = house.code_for(&Ask::web().with("scope", "profile")).await;
    let tokens = house.redeem(&code).await.json();
    assert!(tokens.get("id_token").is_none());
    let answer = house.userinfo(tokens["access_token"].as_str().unwrap()).await;
    assert_eq!(answer.status, StatusCode::FORBIDDEN);
    assert!(challenge(&answer).contains("insufficient_scope"));
}

#[tokio::test]
async fn scripts_of_a_client_may_read_and_others_may_not() {
    let house = House::new().await;
    let code = house.code_for(&Ask::web().with("client_id", "demo-spa")).await;
    let fields = format!("grant_type=authorization_code&code={code}&client_id=demo-spa");
    for (origin, allowed) in [
        ("http://127.0.0.1:4567", true),
        ("http://127.0.0.1:1", true),
        ("http://127.0.0.1.evil.cn", false),
        ("https://evil.cn", false),
        ("null", false),
    ] {
        let request = Request::post(format!("{ISSUER}/token"))
            .header(header::ORIGIN, origin)
            .header(header::CONTENT_TYPE, "application/x-www-form-urlencoded");
        let answer = house.browser().send(request, Body::from(fields.clone())).await;
        let header = answer.headers.get(header::ACCESS_CONTROL_ALLOW_ORIGIN);
        assert_eq!(header.is_some_and(|value| value == origin), allowed, "{origin}");
    }
    let request = Request::get(format!("{ISSUER}{}", Ask::web().path()))
        .header(header::ORIGIN, "https://a.cn");
    let authorize = house.browser().send(request, Body::empty()).await;
    assert!(!authorize.headers.contains_key(header::ACCESS_CONTROL_ALLOW_ORIGIN));
}
