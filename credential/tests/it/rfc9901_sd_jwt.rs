//! SD-JWT as RFC 9901 has it, issued by us and by others.

use auth_core::{
    Timestamp,
    key::{KeyKind, SignatureAlgorithm},
};
use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD as B64};
use credential::sd_jwt::{Draft, Hash, KeyBinding, SdJwt, SdJwtError, bind, issue};
use proptest::prelude::*;
use serde_json::{Map, Value, json};

use crate::{soft, yx1_text::python};

const NOW: Timestamp = Timestamp::from_unix(1_795_507_200);

fn draft(hidden: &[(&str, Value)]) -> Draft {
    Draft {
        vct: "https://county.example/vct/x".to_owned(),
        issuer: "https://county.example".to_owned(),
        open: Map::from_iter([("open".to_owned(), json!("yes"))]),
        hidden: hidden.iter().map(|(name, value)| ((*name).to_owned(), value.clone())).collect(),
        issued_at: NOW,
        expires_at: Some(NOW.plus_seconds(3600)),
        status: Some((7, "https://county.example/status/1".to_owned())),
        holder_key: None,
        decoys: 3,
    }
}

/// The example of RFC 9901 §4.2.3: the digest is over the Disclosure's text.
#[test]
fn the_digest_of_the_specification() {
    let disclosure = "WyI2cU1RdlJMNWhhaiIsICJmYW1pbHlfbmFtZSIsICJNw7ZiaXVzIl0";
    let expected = "uutlBuYeMDyjLLTpf6Jxi7yNkEF35jdyWMn9U7b_RYY";
    assert_eq!(Hash::Sha256.digest(disclosure.as_bytes()), expected);
}

#[tokio::test]
async fn what_is_issued_says_what_the_specification_asks() {
    for (kind, hash) in [(KeyKind::P256, "sha-256"), (KeyKind::Sm2, "sm3")] {
        let signer = soft::signer("issuer", kind, vec![]).await;
        let random = soft::Seeded::new(9901);
        let draft = draft(&[("name", json!("张三")), ("list", json!([1, 2]))]);
        let text = issue(&signer, &draft, &random).await.unwrap().text;
        let parsed = SdJwt::parse(&text).unwrap();
        assert_eq!(parsed.header()["typ"], "dc+sd-jwt");
        let payload = B64.decode(parsed.jwt().split('.').nth(1).unwrap()).unwrap();
        let payload: Value = serde_json::from_slice(&payload).unwrap();
        assert_eq!(payload["_sd_alg"], hash);
        let digests: Vec<&str> =
            payload["_sd"].as_array().unwrap().iter().map(|d| d.as_str().unwrap()).collect();
        assert_eq!(digests.len(), 5, "two claims and three decoys");
        assert!(digests.is_sorted(), "order says nothing");
        // 128-bit salts, each its own.
        let salts: Vec<_> = text
            .split('~')
            .skip(1)
            .filter(|part| !part.is_empty())
            .map(|part| serde_json::from_slice::<Vec<Value>>(&B64.decode(part).unwrap()).unwrap())
            .map(|parts| B64.decode(parts[0].as_str().unwrap()).unwrap())
            .collect();
        assert!(salts.iter().all(|salt| salt.len() == 16) && salts[0] != salts[1]);
        let verified = parsed.verify(signer.public(), signer.algorithm()).unwrap();
        assert_eq!(verified.claims["name"], "张三");
        assert!(!verified.claims.contains_key("_sd") && !verified.claims.contains_key("_sd_alg"));
    }
}

#[tokio::test]
async fn without_hidden_claims_there_is_no_sd() {
    let signer = soft::signer("issuer", KeyKind::P256, vec![]).await;
    let text = issue(&signer, &draft(&[]), &soft::Seeded::new(1)).await.unwrap().text;
    assert!(text.ends_with('~') && text.matches('~').count() == 1);
    let payload = B64.decode(text.split('.').nth(1).unwrap()).unwrap();
    assert!(!String::from_utf8(payload).unwrap().contains("_sd"));
}

#[tokio::test]
async fn key_binding_fits_one_holder_one_verifier_one_question() {
    let signer = soft::signer("issuer", KeyKind::P256, vec![]).await;
    let holder = soft::signer("holder", KeyKind::P256, vec![]).await;
    let thief = soft::signer("thief", KeyKind::P256, vec![]).await;
    let mut draft = draft(&[("name", json!("张三"))]);
    draft.holder_key = Some(holder.public().clone());
    let text = issue(&signer, &draft, &soft::Seeded::new(2)).await.unwrap().text;
    let question = KeyBinding { audience: "https://bank.example", nonce: "n-1", now: NOW };
    let bound = bind(&holder, &text, Hash::Sha256, question).await.unwrap();
    let check = |text: &str, question| {
        let parsed = SdJwt::parse(text).unwrap();
        let verified = parsed.verify(signer.public(), signer.algorithm()).unwrap();
        parsed.verify_binding(&verified, question)
    };
    assert_eq!(check(&bound, Some(question)), Ok(()));
    assert_eq!(check(&bound, None), Ok(()));
    assert_eq!(check(&text, None), Ok(()));
    let wrong = |why| Err(SdJwtError::KeyBinding(why));
    assert_eq!(check(&text, Some(question)), wrong("missing"));
    let other = KeyBinding { audience: "https://shop.example", ..question };
    assert_eq!(check(&bound, Some(other)), wrong("aud"));
    assert_eq!(check(&bound, Some(KeyBinding { nonce: "n-2", ..question })), wrong("nonce"));
    let later = KeyBinding { now: NOW.plus_seconds(301), ..question };
    assert_eq!(check(&bound, Some(later)), wrong("iat"));
    let earlier = KeyBinding { now: NOW.plus_seconds(-61), ..question };
    assert_eq!(check(&bound, Some(earlier)), wrong("iat"));
    // A claim less than was bound.
    let (jwt, kb) = (bound.split_once('~').unwrap().0, bound.rsplit_once('~').unwrap().1);
    assert_eq!(check(&format!("{jwt}~{kb}"), Some(question)), wrong("sd_hash"));
    let stolen = bind(&thief, &text, Hash::Sha256, question).await.unwrap();
    assert!(check(&stolen, Some(question)).is_err());
    assert!(check(&stolen, None).is_err(), "never ignored");
}

#[tokio::test]
async fn the_algorithm_is_the_keys_not_the_tokens() {
    let signer = soft::signer("issuer", KeyKind::P256, vec![]).await;
    let text = issue(&signer, &draft(&[]), &soft::Seeded::new(3)).await.unwrap().text;
    let parsed = SdJwt::parse(&text).unwrap();
    for algorithm in [SignatureAlgorithm::Sm2Sm3, SignatureAlgorithm::EdDsa] {
        assert!(parsed.verify(signer.public(), algorithm).is_err());
    }
}

/// PyPI `sd-jwt` verifies what we issue.
#[tokio::test]
async fn python_verifies_ours() {
    let signer = soft::signer("issuer", KeyKind::P256, vec![]).await;
    let draft = draft(&[("name", json!("张三")), ("nested", json!({"a": [1, null, 2.5]}))]);
    let text = issue(&signer, &draft, &soft::Seeded::new(4)).await.unwrap().text;
    let jwk = auth_core::jose::to_jwk(signer.public(), None, None);
    let script = r#"
import sys, json
try:
    from sd_jwt.verifier import SDJWTVerifier
    from jwcrypto.jwk import JWK
except ImportError as error:
    print("skipped:", error); sys.exit(0)
text, jwk = sys.stdin.read().split("\n")[:2]
print(json.dumps(SDJWTVerifier(text, lambda *a: JWK.from_json(jwk)).get_verified_payload()))
"#;
    let Some(output) = python(script, &format!("{text}\n{jwk}\n")) else { return };
    let theirs: Value = serde_json::from_str(&output).unwrap();
    let parsed = SdJwt::parse(&text).unwrap();
    let ours = parsed.verify(signer.public(), signer.algorithm()).unwrap();
    assert_eq!(theirs, json!(ours.claims));
}

/// We verify what PyPI `sd-jwt` issues: nested and recursive Disclosures, array elements, decoys.
#[test]
fn we_verify_pythons() {
    let script = r#"
import sys, json
try:
    from sd_jwt.issuer import SDJWTIssuer
    from sd_jwt.common import SDObj
    from jwcrypto.jwk import JWK
except ImportError as error:
    print("skipped:", error); sys.exit(0)
key = JWK.generate(kty="EC", crv="P-256")
claims = {"iss": "https://x.example", "vct": "v", SDObj("name"): "张三",
  SDObj("address"): {SDObj("street"): "茶园路", "country": "CN"},
  "list": [SDObj("a"), "b", SDObj({SDObj("deep"): 1})]}
issuer = SDJWTIssuer(claims, key, None, add_decoy_claims=True, extra_header_parameters={"typ": "dc+sd-jwt"})
print(json.dumps([issuer.sd_jwt_issuance, json.loads(key.export_public())]))
"#;
    let Some(output) = python(script, "") else { return };
    let said: Value = serde_json::from_str(&output).unwrap();
    let key = auth_core::jose::from_jwk(said[1].as_object().unwrap()).unwrap();
    let parsed = SdJwt::parse(said[0].as_str().unwrap()).unwrap();
    let verified = parsed.verify(&key, SignatureAlgorithm::Es256).unwrap();
    let expected = json!({
        "iss": "https://x.example", "vct": "v", "name": "张三",
        "address": {"street": "茶园路", "country": "CN"}, "list": ["a", "b", {"deep": 1}],
    });
    assert_eq!(json!(verified.claims), expected);
    let part = parsed.present(|claim| claim == "name");
    let parsed = SdJwt::parse(&part).unwrap();
    let verified = parsed.verify(&key, SignatureAlgorithm::Es256).unwrap();
    let expected = json!({"iss": "https://x.example", "vct": "v", "name": "张三", "list": ["b"]});
    assert_eq!(json!(verified.claims), expected);
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    #[test]
    fn any_text_is_refused_or_read_without_panic(text in "[A-Za-z0-9_.~-]{0,200}") {
        let _ = SdJwt::parse(&text);
    }

    #[test]
    fn any_subset_shows_exactly_itself(mask in 0_u8..16) {
        let runtime = tokio::runtime::Builder::new_current_thread().build().unwrap();
        let signer = runtime.block_on(soft::signer("issuer", KeyKind::P256, vec![]));
        let names = ["a", "b", "c", "d"];
        let hidden = names.map(|name| (name, json!(name)));
        let text = runtime.block_on(issue(&signer, &draft(&hidden), &soft::Seeded::new(5))).unwrap().text;
        let shown = |name: &str| names.iter().position(|n| *n == name).is_some_and(|at| mask >> at & 1 == 1);
        let part = SdJwt::parse(&text).unwrap().present(shown);
        let claims = SdJwt::parse(&part).unwrap().verify(signer.public(), signer.algorithm()).unwrap().claims;
        for name in names {
            prop_assert_eq!(claims.contains_key(name), shown(name));
        }
    }
}
