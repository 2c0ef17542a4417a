//! Row 69: an SD-JWT whose digests and Disclosures do not fit is rejected whole (RFC 9901 §7.1).

use auth_core::{
    jose::{self, Header},
    key::{KeyKind, Signer},
};
use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD as B64};
use credential::sd_jwt::{Hash, SdJwt, SdJwtError, TYP, Verified};
use serde_json::{Value, json};

use crate::soft;

pub(crate) async fn signed(signer: &Signer, payload: &str, disclosures: &[String]) -> String {
    let mut header = Header::new();
    header.insert("typ".into(), json!(TYP));
    let jwt = jose::sign(signer, header, payload.as_bytes()).await.unwrap();
    disclosures.iter().fold(format!("{jwt}~"), |text, part| format!("{text}{part}~"))
}

pub(crate) fn disclosure(parts: &Value) -> (String, String) {
    let text = B64.encode(parts.to_string());
    let digest = Hash::Sha256.digest(text.as_bytes());
    (text, digest)
}

pub(crate) async fn verdict(
    payload: Value,
    disclosures: &[String],
) -> Result<Verified, SdJwtError> {
    let signer = soft::signer("row-69", KeyKind::P256, vec![]).await;
    let text = signed(&signer, &payload.to_string(), disclosures).await;
    SdJwt::parse(&text)?.verify(signer.public(), signer.algorithm())
}

#[tokio::test]
async fn a_fitting_one_is_accepted_and_decoys_are_ignored() {
    let (text, digest) = disclosure(&json!(["salt", "name", "张三"]));
    let payload = json!({"vct": "t", "_sd": [digest, "decoy"], "list": [{"...": "decoy2"}, 1]});
    let verified = verdict(payload, &[text]).await.unwrap();
    assert_eq!(json!(verified.claims), json!({"vct": "t", "name": "张三", "list": [1]}));
}

#[tokio::test]
async fn the_same_digest_twice() {
    let (text, digest) = disclosure(&json!(["salt", "name", 1]));
    for payload in [
        json!({"_sd": [digest, digest]}),
        json!({"_sd": [digest], "inner": {"_sd": [digest]}}),
        json!({"_sd": ["decoy"], "inner": {"_sd": ["decoy"]}}),
        json!({"_sd": [digest], "list": [{"...": digest}]}),
    ] {
        let refused = verdict(payload, std::slice::from_ref(&text)).await;
        assert!(matches!(
            refused,
            Err(SdJwtError::RepeatedDigest | SdJwtError::Unreferenced | SdJwtError::Arity)
        ));
    }
    let twice = verdict(json!({"_sd": [digest]}), &[text.clone(), text]).await;
    assert_eq!(twice, Err(SdJwtError::RepeatedDigest));
}

#[tokio::test]
async fn a_disclosure_that_nothing_refers_to() {
    let (text, _) = disclosure(&json!(["salt", "name", 1]));
    assert_eq!(verdict(json!({"_sd": []}), &[text]).await, Err(SdJwtError::Unreferenced));
    // Referred to only by a Disclosure that is itself kept back.
    let (inner, inner_digest) = disclosure(&json!(["salt", "inner", 1]));
    let (_, outer_digest) = disclosure(&json!(["salt", "outer", {"_sd": [inner_digest]}]));
    let refused = verdict(json!({"_sd": [outer_digest]}), &[inner]).await;
    assert_eq!(refused, Err(SdJwtError::Unreferenced));
}

#[tokio::test]
async fn an_ellipsis_with_company_or_out_of_place() {
    let (text, digest) = disclosure(&json!(["salt", 1]));
    for payload in [
        json!({"list": [{"...": digest, "x": 1}]}),
        json!({"list": [{"...": 5}]}),
        json!({"object": {"...": digest}}),
        json!({"...": digest}),
        json!({"_sd": "text"}),
        json!({"_sd": [1]}),
        json!({"inner": {"_sd_alg": "sha-256"}}),
    ] {
        let refused = verdict(payload.clone(), &[]).await;
        assert_eq!(refused, Err(SdJwtError::Malformed), "{payload}");
        assert!(verdict(payload, std::slice::from_ref(&text)).await.is_err());
    }
}

#[tokio::test]
async fn the_wrong_number_of_elements() {
    let (two, two_digest) = disclosure(&json!(["salt", "value"]));
    let (three, three_digest) = disclosure(&json!(["salt", "name", "value"]));
    let in_object = verdict(json!({"_sd": [two_digest]}), &[two]).await;
    assert_eq!(in_object, Err(SdJwtError::Arity));
    let in_array = verdict(json!({"list": [{"...": three_digest}]}), &[three]).await;
    assert_eq!(in_array, Err(SdJwtError::Arity));
    for parts in [json!([]), json!(["salt"]), json!(["salt", "name", 1, 2])] {
        let (text, digest) = disclosure(&parts);
        assert_eq!(verdict(json!({"_sd": [digest]}), &[text]).await, Err(SdJwtError::Arity));
    }
    for parts in [json!({}), json!([1, "name", 1]), json!(["salt", 5, 1]), json!([1, 2])] {
        let (text, digest) = disclosure(&parts);
        assert_eq!(verdict(json!({"_sd": [digest]}), &[text]).await, Err(SdJwtError::Malformed));
    }
}

#[tokio::test]
async fn a_thousand_levels() {
    // Nested in one Disclosure, and one Disclosure inside another.
    let deep = format!("[\"salt\",\"deep\",{}1{}]", "[".repeat(1000), "]".repeat(1000));
    let text = B64.encode(deep);
    let digest = Hash::Sha256.digest(text.as_bytes());
    assert_eq!(verdict(json!({"_sd": [digest]}), &[text]).await, Err(SdJwtError::Malformed));

    let (mut text, mut digest) = disclosure(&json!(["salt", "end", 1]));
    let mut chain = vec![text.clone()];
    for level in 0..100 {
        let inside = json!({"_sd": [digest]});
        (text, digest) = disclosure(&json!(["salt", format!("level{level}"), inside]));
        chain.push(text.clone());
    }
    assert_eq!(verdict(json!({"_sd": [digest]}), &chain).await, Err(SdJwtError::Limit));
    let many: Vec<String> = (0..1000).map(|n| disclosure(&json!([n.to_string(), 1])).0).collect();
    assert_eq!(verdict(json!({}), &many).await, Err(SdJwtError::Limit));
}

#[tokio::test]
async fn repeated_members_and_foreign_hashes() {
    let signer = soft::signer("row-69", KeyKind::P256, vec![]).await;
    for payload in [r#"{"vct":"a","vct":"b"}"#, r#"{"a":{"b":1,"b":2}}"#, "[1]", "null", ""] {
        let text = signed(&signer, payload, &[]).await;
        let refused = SdJwt::parse(&text).unwrap().verify(signer.public(), signer.algorithm());
        assert_eq!(refused, Err(SdJwtError::Malformed), "{payload}");
    }
    for name in [json!("md5"), json!("sha-1"), json!(null), json!(["sha-256"])] {
        assert_eq!(verdict(json!({"_sd_alg": name}), &[]).await, Err(SdJwtError::UnknownHash));
    }
    let malleable = B64.encode(r#"["salt","name",{"a":1,"a":2}]"#);
    let digest = Hash::Sha256.digest(malleable.as_bytes());
    assert_eq!(verdict(json!({"_sd": [digest]}), &[malleable]).await, Err(SdJwtError::Malformed));
}

#[tokio::test]
async fn forms_that_are_not_an_sd_jwt() {
    let signer = soft::signer("row-69", KeyKind::P256, vec![]).await;
    let good = signed(&signer, "{}", &[]).await;
    let jwt = good.trim_end_matches('~');
    for text in [jwt.to_owned(), format!("{jwt}~~"), format!("~{jwt}"), "~".into(), String::new()] {
        assert!(SdJwt::parse(&text).is_err(), "{text}");
    }
    assert_eq!(SdJwt::parse(&"~".repeat(300_000)).unwrap_err(), SdJwtError::Limit);
}
