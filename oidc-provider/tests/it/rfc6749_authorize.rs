//! RFC 6749 §4.1.1–4.1.2 and RFC 9207; rows 8, 9, 14 (front channel) and 23 of the attack table.

use http::{StatusCode, header};
use world::ISSUER;

use crate::house::{Ask, CALLBACK, House};

/// The error code that a request is answered with, at the client.
async fn error_of(house: &House, ask: &Ask) -> String {
    let answer = house.browser().get(&ask.path()).await;
    let location = answer.location().unwrap_or_else(|| panic!("{} {}", ask.path(), answer.text()));
    assert!(location.as_str().starts_with(CALLBACK), "{location}");
    assert_eq!(answer.status, StatusCode::SEE_OTHER, "never 307 (RFC 9700 §4.12)");
    assert_eq!(answer.location_query("iss").as_deref(), Some(ISSUER));
    assert_eq!(answer.location_query("code"), None);
    answer.location_query("error").unwrap()
}

#[tokio::test]
async fn errors_go_to_the_client_with_state_and_iss() {
    let house = House::new().await;
    for (ask, error) in [
        (Ask::web().without("response_type"), "invalid_request"),
        (Ask::web().with("response_type", "token"), "unsupported_response_type"),
        (Ask::web().with("response_type", "code token"), "unsupported_response_type"),
        (Ask::web().with("response_mode", "fragment"), "invalid_request"),
        (Ask::web().with("scope", "open\"id"), "invalid_scope"),
        (Ask::web().with("scope", "nonsense"), "invalid_scope"),
        (Ask::web().without("scope"), "invalid_scope"),
        (Ask::web().with("scope", "openid seal"), "invalid_scope"),
        (Ask::web().with("prompt", "dance"), "invalid_request"),
        (Ask::web().with("prompt", "none login"), "invalid_request"),
        (Ask::web().with("max_age", "-1"), "invalid_request"),
        (Ask::web().with("max_age", "1e3"), "invalid_request"),
        (Ask::web().with("request", "eyJ"), "request_not_supported"),
        (Ask::web().with("request_uri", "https://a.cn/r"), "request_uri_not_supported"),
        (Ask::web().with("registration", "{}"), "registration_not_supported"),
        (Ask::web().with("prompt", "none"), "login_required"),
        (Ask::web().with("id_token_hint", "a.b.c"), "invalid_request"),
        (Ask::web().with("state", &"s".repeat(4000)), "invalid_request"),
    ] {
        assert_eq!(error_of(&house, &ask).await, error, "{}", ask.path());
    }
    let answer = house.browser().get(&Ask::web().with("prompt", "none").path()).await;
    assert_eq!(answer.location_query("state").as_deref(), Some("the-state"));
}

#[tokio::test]
async fn row_08_no_error_leaves_before_client_and_uri_are_checked() {
    let house = House::new().await;
    let evil = || Ask::web().with("redirect_uri", "https://evil.cn/cb");
    for ask in [
        evil().with("response_type", "nonsense"),
        evil().with("scope", "\"\""),
        evil().with("prompt", "none"),
        evil().without("code_challenge"),
        Ask::web().with("client_id", "nobody").with("prompt", "none"),
    ] {
        let answer = house.browser().get(&ask.path()).await;
        assert_eq!(answer.status, StatusCode::BAD_REQUEST);
        assert_eq!(answer.headers.get_all(header::LOCATION).iter().count(), 0);
        assert!(!answer.text().contains("evil.cn"), "nothing of the request is echoed");
    }
}

#[tokio::test]
async fn row_09_a_parameter_may_appear_once() {
    let house = House::new().await;
    for ask in [Ask::web().and("redirect_uri", CALLBACK), Ask::web().and("client_id", "demo-web")] {
        let answer = house.browser().get(&ask.path()).await;
        assert_eq!(answer.status, StatusCode::BAD_REQUEST, "{}", ask.path());
        assert!(answer.text().contains("invalid_request") && answer.location().is_none());
    }
    for (name, value) in [
        ("state", "other"),
        ("scope", "openid"),
        ("nonce", "n"),
        ("code_challenge", "x"),
        ("code_challenge_method", "plain"),
        ("response_type", "code"),
        ("prompt", "login"),
    ] {
        let ask = if name == "prompt" { Ask::web().with("prompt", "login") } else { Ask::web() };
        assert_eq!(error_of(&house, &ask.and(name, value)).await, "invalid_request", "{name}");
    }
    // A repeated state is not sent back: nothing tells which of them is the client's.
    let answer = house.browser().get(&Ask::web().and("state", "other").path()).await;
    assert_eq!(answer.location_query("state"), None);
}

#[tokio::test]
async fn row_09_query_and_body_together_are_refused() {
    let house = House::new().await;
    let body = [("client_id", "demo-web")];
    let answer = house.browser().post(&Ask::web().path(), &body).await;
    assert_eq!(answer.status, StatusCode::BAD_REQUEST);
    assert!(answer.location().is_none());
}

#[tokio::test]
async fn a_request_by_post_becomes_the_same_request_by_get() {
    let house = House::new().await;
    let ask = Ask::web();
    let fields: Vec<(String, String)> =
        form_urlencoded::parse(ask.encoded().as_bytes()).into_owned().collect();
    let fields: Vec<(&str, &str)> =
        fields.iter().map(|(name, value)| (name.as_str(), value.as_str())).collect();
    let answer = house.browser().post("/authorize", &fields).await;
    assert_eq!(answer.status, StatusCode::SEE_OTHER);
    assert_eq!(answer.location().unwrap().path(), "/authorize");
}

#[tokio::test]
async fn row_23_every_answer_names_its_issuer() {
    let house = House::new().await;
    let answer = house.authorize(&mut house.browser(), &Ask::web()).await;
    let metadata = house.browser().get("/.well-known/openid-configuration").await.json();
    assert_eq!(answer.location_query("iss").as_deref(), metadata["issuer"].as_str());
    assert_eq!(answer.location_query("state").as_deref(), Some("the-state"));
    assert_eq!(metadata["authorization_response_iss_parameter_supported"], true);
    let denied = house.browser().get(&Ask::web().with("prompt", "none").path()).await;
    assert_eq!(denied.location_query("iss").as_deref(), metadata["issuer"].as_str());
}

#[tokio::test]
async fn a_client_that_is_disabled_gets_no_code() {
    let house = House::new().await;
    house.disable_client("demo-web").await;
    assert_eq!(error_of(&house, &Ask::web()).await, "unauthorized_client");
}

#[tokio::test]
async fn requests_of_any_length_are_refused_not_read() {
    let house = House::new().await;
    for huge in [
        Ask::web().with("x", &"y".repeat(60_000)),
        (0..100).fold(Ask::web(), |ask, n| ask.and(&format!("p{n}"), "1")),
    ] {
        let answer = house.browser().get(&huge.path()).await;
        assert_eq!(answer.status, StatusCode::BAD_REQUEST);
        assert!(answer.location().is_none());
    }
}
