//! Access tokens as JWTs (RFC 9068), and everything that is not one; rows 27–32 of the attack
//! table. The right answer is always 401 `invalid_token`.

use auth_core::{jose::Header, key::SignatureAlgorithm};
use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD as B64};
use http::StatusCode;
use serde_json::{Value, json};

use crate::house::{House, header_of, payload};

async fn refused(house: &House, token: &str, why: &str) {
    let answer = house.userinfo(token).await;
    assert_eq!(answer.status, StatusCode::UNAUTHORIZED, "{why}");
    assert_eq!(answer.json()["error"], "invalid_token", "{why}");
    let access = oidc_provider::access_tokens(house.deps.clone());
    assert_eq!(access.check(token, house.world.now()).await.unwrap(), None, "{why}");
}

fn compact(header: &Value, payload: &Value, signature: &[u8]) -> String {
    let part = |value: &Value| B64.encode(value.to_string());
    format!("{}.{}.{}", part(header), part(payload), B64.encode(signature))
}

/// A token that our own key signs, with any header and claims.
async fn signed(
    house: &House,
    algorithm: SignatureAlgorithm,
    header: Value,
    claims: &Value,
) -> String {
    let signer = house.deps.keys.active(algorithm).unwrap();
    let header: Header = header.as_object().unwrap().clone();
    auth_core::jose::sign(signer, header, claims.to_string().as_bytes()).await.unwrap()
}

#[tokio::test]
async fn a_token_says_what_rfc_9068_asks() {
    let house = House::new().await;
    let tokens = house.tokens().await;
    let token = tokens["access_token"].as_str().unwrap();
    let (header, claims) = (header_of(token), payload(token));
    assert_eq!((&header["typ"], &header["alg"]), (&"at+jwt".into(), &"ES256".into()));
    for name in
        ["iss", "exp", "aud", "sub", "client_id", "iat", "jti", "scope", "auth_time", "acr", "amr"]
    {
        assert!(claims.get(name).is_some(), "{name}");
    }
    house.world.clock.forward(600);
    refused(&house, token, "expired").await;
}

#[tokio::test]
async fn row_27_alg_none_and_empty_signatures() {
    let house = House::new().await;
    let tokens = house.tokens().await;
    let token = tokens["access_token"].as_str().unwrap();
    let (header, claims) = (header_of(token), payload(token));
    let genuine = B64.decode(token.split('.').nth(2).unwrap()).unwrap();
    for alg in
        [json!("none"), json!("NoNe"), json!("NONE"), json!(""), json!(null), json!(["ES256"])]
    {
        let mut header = header.clone();
        header["alg"] = alg;
        refused(&house, &compact(&header, &claims, b""), "none").await;
        refused(&house, &compact(&header, &claims, &genuine), "none").await;
    }
    refused(&house, &compact(&header, &claims, b""), "empty").await;
    refused(&house, &compact(&header, &claims, &[0; 64]), "null signature").await;
    let mut no_alg = header.clone();
    no_alg.as_object_mut().unwrap().remove("alg");
    refused(&house, &compact(&no_alg, &claims, &genuine), "missing alg").await;
    let mut parts: Vec<&str> = token.split('.').collect();
    parts.pop();
    refused(&house, &parts.join("."), "two parts").await;
    for cut in 0..token.len() {
        refused(&house, &token[..cut], "cut").await;
    }
}

#[tokio::test]
async fn row_28_our_public_key_as_an_hmac_key() {
    let house = House::new().await;
    let tokens = house.tokens().await;
    let token = tokens["access_token"].as_str().unwrap();
    let claims = payload(token);
    for algorithm in [SignatureAlgorithm::Rs256, SignatureAlgorithm::Es256] {
        let signer = house.deps.keys.active(algorithm).unwrap();
        let spki = signer.public().spki().to_vec();
        let base64 = base64::engine::general_purpose::STANDARD.encode(&spki);
        let pem = format!("-----BEGIN PUBLIC KEY-----\n{base64}\n-----END PUBLIC KEY-----\n");
        for key in [spki, signer.public().raw().to_vec(), pem.into_bytes()] {
            let header = json!({"alg": "HS256", "typ": "at+jwt", "kid": signer.kid()});
            let body =
                format!("{}.{}", B64.encode(header.to_string()), B64.encode(claims.to_string()));
            let hmac = ring::hmac::Key::new(ring::hmac::HMAC_SHA256, &key);
            let tag = ring::hmac::sign(&hmac, body.as_bytes());
            refused(&house, &format!("{body}.{}", B64.encode(tag)), "HS256").await;
        }
    }
}

#[tokio::test]
async fn row_29_keys_in_the_header_are_not_looked_at() {
    let house = House::new().await;
    let tokens = house.tokens().await;
    let claims = payload(tokens["access_token"].as_str().unwrap());
    let signer = house.deps.keys.active(SignatureAlgorithm::Es256).unwrap();
    let jwk = auth_core::jose::to_jwk(signer.public(), None, None);
    for (name, value) in [
        ("jwk", jwk),
        ("jku", json!("http://127.0.0.1:9/jwks")),
        ("x5u", json!("http://127.0.0.1:9/chain")),
    ] {
        let header = json!({"typ": "at+jwt", "kid": signer.kid(), name: value});
        let token = signed(&house, SignatureAlgorithm::Es256, header, &claims).await;
        refused(&house, &token, name).await;
    }
}

#[tokio::test]
async fn row_30_key_ids_are_names_and_nothing_else() {
    let house = House::new().await;
    let tokens = house.tokens().await;
    let claims = payload(tokens["access_token"].as_str().unwrap());
    for kid in
        [json!("../../x"), json!("' OR 1=1 --"), json!("a\0b"), json!(""), json!(7), json!(null)]
    {
        let header = json!({"typ": "at+jwt", "kid": kid});
        let token = signed(&house, SignatureAlgorithm::Es256, header, &claims).await;
        refused(&house, &token, "kid").await;
    }
    let huge = compact(&json!({"alg": "ES256", "kid": "k".repeat(1 << 20)}), &claims, &[1; 64]);
    refused(&house, &huge, "1 MiB kid").await;
    let signer = house.deps.keys.active(SignatureAlgorithm::Es256).unwrap();
    let twice = format!(r#"{{"alg":"ES256","kid":"{}","kid":"x","typ":"at+jwt"}}"#, signer.kid());
    let token =
        format!("{}.{}.{}", B64.encode(twice), B64.encode(claims.to_string()), B64.encode([1; 64]));
    refused(&house, &token, "duplicate kid").await;
}

#[tokio::test]
async fn row_31_critical_extensions_and_duplicate_members() {
    let house = House::new().await;
    let tokens = house.tokens().await;
    let claims = payload(tokens["access_token"].as_str().unwrap());
    let signer = house.deps.keys.active(SignatureAlgorithm::Es256).unwrap();
    let base = json!({"typ": "at+jwt", "kid": signer.kid()});
    let good = signed(&house, SignatureAlgorithm::Es256, base.clone(), &claims).await;
    assert_eq!(house.userinfo(&good).await.status, StatusCode::OK, "the test's own signing works");
    for (name, value) in [("crit", json!(["exp"])), ("crit", json!([])), ("b64", json!(false))] {
        let mut header = base.clone();
        header[name] = value;
        let token = signed(&house, SignatureAlgorithm::Es256, header, &claims).await;
        refused(&house, &token, name).await;
    }
    let text = claims.to_string();
    let doubled = format!(r#"{{"sub":"other",{}"#, &text[1..]);
    let header: Header = base.as_object().unwrap().clone();
    let token = auth_core::jose::sign(signer, header, doubled.as_bytes()).await.unwrap();
    refused(&house, &token, "duplicate claim").await;
}

#[tokio::test]
async fn row_32_monsters_are_refused_before_they_are_split() {
    let house = House::new().await;
    let access = oidc_provider::access_tokens(house.deps.clone());
    for monster in [".".repeat(10 << 20), "a.".repeat(5 << 20), "A".repeat(10 << 20)] {
        // Through the door a header of this size does not even come; behind it, it costs nothing.
        assert_eq!(access.check(&monster, house.world.now()).await.unwrap(), None);
    }
    refused(&house, &".".repeat(70_000), "dots").await;
}

#[tokio::test]
async fn row_36_an_id_token_is_no_access_token() {
    let house = House::new().await;
    let tokens = house.tokens().await;
    refused(&house, tokens["id_token"].as_str().unwrap(), "ID token").await;
    refused(&house, tokens["refresh_token"].as_str().unwrap(), "refresh token").await;
    let claims = payload(tokens["access_token"].as_str().unwrap());
    let signer = house.deps.keys.active(SignatureAlgorithm::Es256).unwrap();
    for typ in ["JWT", "dc+sd-jwt", "", "statuslist+jwt"] {
        let header = json!({"typ": typ, "kid": signer.kid()});
        let token = signed(&house, SignatureAlgorithm::Es256, header, &claims).await;
        refused(&house, &token, typ).await;
    }
}

#[tokio::test]
async fn claims_of_another_place_or_time_are_refused() {
    let house = House::new().await;
    let tokens = house.tokens().await;
    let claims = payload(tokens["access_token"].as_str().unwrap());
    let signer = house.deps.keys.active(SignatureAlgorithm::Es256).unwrap();
    for (name, value) in [
        ("iss", json!("https://evil.cn")),
        ("aud", json!("https://evil.cn")),
        ("aud", json!(["http://localhost:8080", "https://evil.cn"])),
        ("exp", json!(0)),
        ("exp", json!("soon")),
        ("client_id", json!("demo-spa")),
        ("sub", json!("somebody")),
        ("family", json!("unknown")),
        ("scope", json!(null)),
    ] {
        let mut claims = claims.clone();
        claims[name] = value;
        let header = json!({"typ": "at+jwt", "kid": signer.kid()});
        let token = signed(&house, SignatureAlgorithm::Es256, header, &claims).await;
        refused(&house, &token, name).await;
    }
}
