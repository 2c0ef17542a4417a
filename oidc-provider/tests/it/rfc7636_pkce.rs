//! PKCE (RFC 7636); row 10 of the attack table.

use http::StatusCode;

use crate::house::{Ask, CALLBACK, House, VERIFIER};

async fn error_at_authorize(house: &House, ask: &Ask) -> Option<String> {
    house.browser().get(&ask.path()).await.location_query("error")
}

#[tokio::test]
async fn row_10_challenges_are_s256_or_refused() {
    let house = House::new().await;
    let spa = || Ask::web().with("client_id", "demo-spa");
    for ask in [
        spa().without("code_challenge").without("code_challenge_method"),
        spa().without("code_challenge"),
        Ask::web().without("code_challenge"),
        Ask::web().without("code_challenge_method"),
        Ask::web().with("code_challenge_method", "plain"),
        Ask::web().with("code_challenge_method", "s256"),
        Ask::web().with("code_challenge", VERIFIER).with("code_challenge_method", "plain"),
        Ask::web().with("code_challenge", "too-short"),
        Ask::web().with("code_challenge", &"a".repeat(44)),
        Ask::web().with("code_challenge", &"!".repeat(43)),
    ] {
        let error = error_at_authorize(&house, &ask).await;
        assert_eq!(error.as_deref(), Some("invalid_request"), "{}", ask.path());
    }
}

async fn redeem_with(house: &House, code: &str, verifier: Option<&str>) -> (StatusCode, String) {
    let mut fields = vec![
        ("grant_type", "authorization_code"),
        ("code", code),
        ("redirect_uri", CALLBACK),
        ("client_id", "demo-web"),
        ("client_secret", "demo-web-secret"),
    ];
    if let Some(verifier) = verifier {
        fields.push(("code_verifier", verifier));
    }
    let answer = house.token(&fields).await;
    let error = answer.json()["error"].as_str().unwrap_or_default().to_owned();
    (answer.status, error)
}

#[tokio::test]
async fn row_10_a_challenge_needs_its_verifier() {
    let house = House::new().await;
    let code = house.code().await;
    let refused = (StatusCode::BAD_REQUEST, "invalid_grant".to_owned());
    let wrong = "a".repeat(43);
    let (short, long) = (&VERIFIER[..42], "a".repeat(129));
    for verifier in [None, Some(wrong.as_str()), Some(short), Some(long.as_str()), Some("")] {
        assert_eq!(redeem_with(&house, &code, verifier).await, refused, "{verifier:?}");
    }
    // None of the wrong tries used the code up.
    assert_eq!(redeem_with(&house, &code, Some(VERIFIER)).await.0, StatusCode::OK);
}

#[tokio::test]
async fn row_10_a_verifier_needs_a_challenge() {
    let house = House::new().await;
    let ask = Ask::web().without("code_challenge").without("code_challenge_method");
    let code = house.code_for(&ask).await;
    let refused = (StatusCode::BAD_REQUEST, "invalid_grant".to_owned());
    assert_eq!(redeem_with(&house, &code, Some(VERIFIER)).await, refused);
    assert_eq!(redeem_with(&house, &code, None).await.0, StatusCode::OK);
}

#[tokio::test]
async fn a_public_client_gets_tokens_with_pkce_alone() {
    let house = House::new().await;
    let code = house.code_for(&Ask::web().with("client_id", "demo-spa")).await;
    let fields = [
        ("grant_type", "authorization_code"),
        ("code", code.as_str()),
        ("redirect_uri", CALLBACK),
        ("code_verifier", VERIFIER),
        ("client_id", "demo-spa"),
    ];
    let answer = house.token(&fields).await;
    assert_eq!(answer.status, StatusCode::OK, "{}", answer.text());
    assert!(answer.json()["refresh_token"].is_string());
}
