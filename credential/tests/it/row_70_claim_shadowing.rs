//! Row 70: a Disclosure may not name what must stay visible, nor what exists already.

use credential::sd_jwt::SdJwtError;
use serde_json::json;

use crate::row_69_sd_jwt_digests::{disclosure, verdict};

#[tokio::test]
async fn forbidden_names() {
    for name in [
        "_sd",
        "...",
        "_sd_alg",
        "iss",
        "nbf",
        "exp",
        "cnf",
        "vct",
        "vct#integrity",
        "aka_vcts",
        "status",
    ] {
        let (text, digest) = disclosure(&json!(["salt", name, "x"]));
        let refused = verdict(json!({"_sd": [digest]}), &[text]).await;
        assert_eq!(refused, Err(SdJwtError::ClaimForbidden), "{name}");
    }
    for name in ["_sd", "..."] {
        let (text, digest) = disclosure(&json!(["salt", name, "x"]));
        let refused = verdict(json!({"inner": {"_sd": [digest]}}), &[text]).await;
        assert_eq!(refused, Err(SdJwtError::ClaimForbidden), "{name} inside");
    }
}

#[tokio::test]
async fn a_name_that_exists_already() {
    let (text, digest) = disclosure(&json!(["salt", "name", "forged"]));
    let payload = json!({"name": "real", "_sd": [digest]});
    assert_eq!(verdict(payload, std::slice::from_ref(&text)).await, Err(SdJwtError::ClaimExists));
    let payload = json!({"inner": {"name": "real", "_sd": [digest]}});
    assert_eq!(verdict(payload, std::slice::from_ref(&text)).await, Err(SdJwtError::ClaimExists));
    let (other, other_digest) = disclosure(&json!(["pepper", "name", "also"]));
    let payload = json!({"_sd": [digest, other_digest]});
    assert_eq!(verdict(payload, &[text, other]).await, Err(SdJwtError::ClaimExists));
}

#[tokio::test]
async fn sub_and_iat_may_be_hidden_and_names_may_recur_at_other_levels() {
    let (sub, sub_digest) = disclosure(&json!(["salt", "sub", "s"]));
    let (exp, exp_digest) = disclosure(&json!(["salt", "exp", "inside"]));
    let payload = json!({"_sd": [sub_digest], "inner": {"_sd": [exp_digest]}});
    let claims = verdict(payload, &[sub, exp]).await.unwrap().claims;
    assert_eq!(json!(claims), json!({"sub": "s", "inner": {"exp": "inside"}}));
}
