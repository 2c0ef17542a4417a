//! Discovery (OpenID Connect Discovery §3, RFC 8414) and the key set (RFC 7517).

use http::header;

use crate::house::House;

#[tokio::test]
async fn discovery_says_what_there_is() {
    let house = House::new().await;
    let answer = house.browser().get("/.well-known/openid-configuration").await;
    assert_eq!(answer.headers[header::CONTENT_TYPE], "application/json");
    assert!(answer.headers[header::CACHE_CONTROL].to_str().unwrap().contains("max-age"));
    let oauth = house.browser().get("/.well-known/oauth-authorization-server").await;
    assert_eq!(answer.body, oauth.body);
    insta::assert_json_snapshot!(answer.json());
}

#[tokio::test]
async fn keys_are_public_and_named_by_their_thumbprints() {
    let house = House::new().await;
    let answer = house.browser().get("/jwks").await;
    let keys = answer.json();
    let keys = keys["keys"].as_array().unwrap();
    assert_eq!(keys.len(), 3);
    for key in keys {
        let jwk = key.as_object().unwrap();
        for private in ["d", "p", "q", "dp", "dq", "qi", "k"] {
            assert!(!jwk.contains_key(private));
        }
        let public = auth_core::jose::from_jwk(jwk).unwrap();
        assert_eq!(key["kid"], auth_core::jose::thumbprint(&public));
        assert_eq!(key["use"], "sig");
    }
}
