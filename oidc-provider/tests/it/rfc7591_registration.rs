//! Dynamic registration (RFC 7591); rows 1–7 of the attack table at registration, and row 40.

use axum::body::Body;
use http::{Request, StatusCode, header};
use oidc_provider::Policy;
use serde_json::{Value, json};
use world::{Answer, ISSUER};

use crate::house::{Ask, CALLBACK, House, VERIFIER};

async fn register(house: &House, metadata: &Value) -> Answer {
    post(house, "application/json", metadata.to_string()).await
}

async fn post(house: &House, kind: &str, body: String) -> Answer {
    let request = Request::post(format!("{ISSUER}/register")).header(header::CONTENT_TYPE, kind);
    house.browser().send(request, Body::from(body)).await
}

#[tokio::test]
async fn a_registered_client_signs_people_in() {
    let house = House::new().await;
    let metadata = json!({
        "client_name": "某应用",
        "redirect_uris": ["http://127.0.0.1/callback"],
        "grant_types": ["authorization_code", "refresh_token"],
        "token_endpoint_auth_method": "client_secret_post",
        "scope": "openid profile seal",
    });
    let answer = register(&house, &metadata).await;
    assert_eq!(answer.status, StatusCode::CREATED, "{}", answer.text());
    assert_eq!(answer.headers[header::CACHE_CONTROL], "no-store");
    let client = answer.json();
    assert_eq!(client["client_secret_expires_at"], 0);
    assert_eq!(client["scope"], "openid profile", "scopes of interfaces are an administrator's");
    let (id, secret) =
        (client["client_id"].as_str().unwrap(), client["client_secret"].as_str().unwrap());
    let code = house.code_for(&Ask::web().with("client_id", id)).await;
    let fields = [
        ("grant_type", "authorization_code"),
        ("code", &code),
        ("redirect_uri", CALLBACK),
        ("code_verifier", VERIFIER),
        ("client_id", id),
        ("client_secret", secret),
    ];
    assert_eq!(house.token(&fields).await.status, StatusCode::OK);
}

#[tokio::test]
async fn rows_01_to_07_redirect_uris_at_registration() {
    let house = House::new().await;
    for evil in [
        "https://a.cn*",
        "https://*.a.cn/cb",
        "https://a.cn@evil.cn/cb",
        "https://a.cn/cb/../x",
        "https://a.cn/#cb",
        "http://a.cn/cb",
        "http://0x7f.1/cb",
        "https://evil.cn＃@a.cn/",
        "https://xn--a-ecp.xn--0/",
        "https://a\u{ad}.cn/",
        "JaVaScRiPt:alert(1)",
        "javascript:alert(1)",
        "data:text/html,x",
        "vbscript:x",
        "",
    ] {
        let answer = register(&house, &json!({"redirect_uris": [evil]})).await;
        assert_eq!(answer.status, StatusCode::BAD_REQUEST, "{evil}");
        assert_eq!(answer.json()["error"], "invalid_redirect_uri", "{evil}");
        let uris =
            json!({"redirect_uris": ["https://a.cn/cb"], "post_logout_redirect_uris": [evil]});
        assert_eq!(register(&house, &uris).await.json()["error"], "invalid_redirect_uri", "{evil}");
        let link = json!({"redirect_uris": ["https://a.cn/cb"], "client_uri": evil});
        assert_eq!(register(&house, &link).await.json()["error"], "invalid_client_metadata");
    }
}

#[tokio::test]
async fn row_40_fields_are_an_allow_list() {
    let house = House::new().await;
    let base = || json!({"redirect_uris": ["https://a.cn/cb"]});
    for (name, value) in [
        ("grant_types", json!(["client_credentials"])),
        ("grant_types", json!(["authorization_code", "client_credentials"])),
        ("grant_types", json!(["password"])),
        ("response_types", json!(["token"])),
        ("token_endpoint_auth_method", json!("private_key_jwt")),
        ("id_token_signed_response_alg", json!("none")),
        ("id_token_signed_response_alg", json!("HS256")),
        ("subject_type", json!("pairwise")),
        ("application_type", json!("service")),
        ("client_name", json!("a\u{0}b")),
        ("client_name", json!("x".repeat(81))),
        ("scope", json!("a\"b")),
        ("redirect_uris", json!("https://a.cn/cb")),
    ] {
        let mut metadata = base();
        metadata[name] = value;
        let answer = register(&house, &metadata).await;
        assert_eq!(answer.status, StatusCode::BAD_REQUEST, "{metadata}");
        assert_eq!(answer.json()["error"], "invalid_client_metadata", "{metadata}");
    }
    let mut metadata = base();
    metadata["client_id"] = json!("demo-web");
    metadata["consent"] = json!("never");
    metadata["roles"] = json!(["auditor"]);
    let client = register(&house, &metadata).await.json();
    assert_ne!(client["client_id"], "demo-web");
    let id = auth_core::id::ClientId::from_text(client["client_id"].as_str().unwrap());
    let kept = house.deps.clients.find(&id).await.unwrap().unwrap();
    assert_eq!(kept.registration.consent, oidc_provider::client::ConsentPolicy::Remembered);
}

#[tokio::test]
async fn bodies_have_a_form_and_a_size() {
    let house = House::new().await;
    for (kind, body) in [
        ("text/plain", "{}".to_owned()),
        ("application/json", "[]".to_owned()),
        ("application/json", "{".to_owned()),
        ("application/json", format!("{{\"x\":\"{}\"}}", "y".repeat(20_000))),
        ("application/json", "[".repeat(100_000)),
    ] {
        let answer = post(&house, kind, body).await;
        assert_eq!(answer.status, StatusCode::BAD_REQUEST);
        assert_eq!(answer.json()["error"], "invalid_client_metadata");
    }
}

#[tokio::test]
async fn closed_unless_the_policy_opens_it() {
    let house = House::with(Policy::default()).await;
    let answer = register(&house, &json!({"redirect_uris": ["https://a.cn/cb"]})).await;
    assert_eq!(answer.status, StatusCode::FORBIDDEN);
    let metadata = house.browser().get("/.well-known/openid-configuration").await.json();
    assert!(metadata.get("registration_endpoint").is_none());
}

#[tokio::test]
async fn one_source_registers_so_many_and_no_more() {
    let house = House::new().await;
    let metadata = json!({"redirect_uris": ["https://a.cn/cb"]});
    for _ in 0..60 {
        assert_eq!(register(&house, &metadata).await.status, StatusCode::CREATED);
    }
    assert_eq!(register(&house, &metadata).await.status, StatusCode::TOO_MANY_REQUESTS);
}
