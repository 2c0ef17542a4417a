//! JSON Web Keys.

use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD as B64};
use serde_json::{Map, Value, json};
use sha2::{Digest, Sha256};

use crate::key::{KeyKind, PublicKey, SignatureAlgorithm};

/// The public JWK, with `use`, `alg` and `kid` where given.
pub fn to_jwk(key: &PublicKey, algorithm: Option<SignatureAlgorithm>, kid: Option<&str>) -> Value {
    let mut jwk = required_members(key);
    if let Some(algorithm) = algorithm {
        jwk.insert("use".to_owned(), json!("sig"));
        jwk.insert("alg".to_owned(), json!(algorithm.jose()));
    }
    if let Some(kid) = kid {
        jwk.insert("kid".to_owned(), json!(kid));
    }
    Value::Object(jwk)
}

/// Reads a public JWK. Private members are refused: whoever sends them has a leak to repair.
pub fn from_jwk(jwk: &Map<String, Value>) -> Option<PublicKey> {
    if jwk.contains_key("d") || jwk.contains_key("k") {
        return None;
    }
    let text = |name: &str| jwk.get(name).and_then(Value::as_str);
    let bytes = |name: &str| B64.decode(text(name)?).ok();
    match (text("kty")?, text("crv")) {
        ("EC", Some(curve @ ("P-256" | "SM2"))) => {
            let (x, y) = (bytes("x")?, bytes("y")?);
            if x.len() != 32 || y.len() != 32 {
                return None;
            }
            let kind = if curve == "SM2" { KeyKind::Sm2 } else { KeyKind::P256 };
            PublicKey::from_point(kind, &[&[4], x.as_slice(), &y].concat())
        }
        ("OKP", Some("Ed25519")) => PublicKey::from_ed25519(&bytes("x")?.try_into().ok()?),
        ("RSA", _) => PublicKey::from_rsa(&bytes("n")?, &bytes("e")?),
        _ => None,
    }
}

/// The RFC 7638 thumbprint: base64url SHA-256 of the required members in order.
pub fn thumbprint(key: &PublicKey) -> String {
    // serde_json maps are sorted by key, which is the order RFC 7638 §3.3 asks for.
    let text = Value::Object(required_members(key)).to_string();
    B64.encode(Sha256::digest(text.as_bytes()))
}

fn required_members(key: &PublicKey) -> Map<String, Value> {
    let mut jwk = Map::new();
    let mut put = |name: &str, value: Value| {
        jwk.insert(name.to_owned(), value);
    };
    if let Some((x, y)) = key.coordinates() {
        put("kty", json!("EC"));
        put("crv", json!(if key.kind() == KeyKind::Sm2 { "SM2" } else { "P-256" }));
        put("x", json!(B64.encode(x)));
        put("y", json!(B64.encode(y)));
    } else if let Some((n, e)) = key.rsa_parts() {
        put("kty", json!("RSA"));
        put("n", json!(B64.encode(n)));
        put("e", json!(B64.encode(e)));
    } else {
        put("kty", json!("OKP"));
        put("crv", json!("Ed25519"));
        put("x", json!(B64.encode(key.raw())));
    }
    jwk
}

#[cfg(test)]
#[allow(clippy::unwrap_used, reason = "a failed unwrap fails the test")]
mod tests {
    use super::*;

    /// The example of RFC 7638 §3.1.
    #[test]
    fn rfc7638_example_thumbprint() {
        let n = "0vx7agoebGcQSuuPiLJXZptN9nndrQmbXEps2aiAFbWhM78LhWx4cbbfAAtVT86zwu1RK7aPFFxuhDR1L6tSoc_BJECPebWKRXjBZCiFV4n3oknjhMstn64tZ_2W-5JsGY4Hc5n9yBXArwl93lqt7_RN5w6Cf0h4QyQ5v-65YGjQR0_FDW2QvzqY368QQMicAtaSqzs8KJZgnYb9c7d0zgdAZHzu6qMQvRL5hajrn1n91CbOpbISD08qNLyrdkt-bFTWhAI4vMQFh6WeZu0fM4lFd2NcRwr3XPksINHaQ-G_xBniIqbw0Ls1jF44-csFCur-kEgU8awapJzKnqDKgw";
        let jwk = json!({"kty": "RSA", "n": n, "e": "AQAB"});
        let key = from_jwk(jwk.as_object().unwrap()).unwrap();
        assert_eq!(thumbprint(&key), "NzbLsXh8uDCcd-6MNwXF4W_7noWXFZAfHkxZsRGC9Xs");
    }

    #[test]
    fn private_members_are_refused() {
        let jwk = json!({"kty": "OKP", "crv": "Ed25519", "x": "11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo", "d": "x"});
        assert!(from_jwk(jwk.as_object().unwrap()).is_none());
    }
}
