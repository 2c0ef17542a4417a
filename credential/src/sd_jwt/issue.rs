//! Issuing.

use auth_core::{
    Random, Timestamp,
    jose::{self, Header, to_jwk},
    key::{KeyError, PublicKey, SignatureAlgorithm, Signer},
};
use base64::{
    Engine,
    engine::general_purpose::{STANDARD, URL_SAFE_NO_PAD as B64},
};
use serde_json::{Map, Value, json};

use super::{Hash, TYP, disclose};

/// A certificate before it is signed.
#[derive(Clone, Debug)]
pub struct Draft {
    /// `vct`: the type, a URL of ours.
    pub vct: String,
    /// `iss`: the issuer's URL; must be named by the signing certificate.
    pub issuer: String,
    /// Claims that everyone sees.
    pub open: Map<String, Value>,
    /// Claims that the holder may keep back, in the order of their Disclosures.
    pub hidden: Vec<(String, Value)>,
    /// `iat`.
    pub issued_at: Timestamp,
    /// `exp`.
    pub expires_at: Option<Timestamp>,
    /// `status.status_list`: index and list URL.
    pub status: Option<(u32, String)>,
    /// `cnf.jwk`: the holder's key, where the certificate is bound to one.
    pub holder_key: Option<PublicKey>,
    /// Digests that belong to nothing, so that the number of claims cannot be counted
    /// (RFC 9901 §4.2.5).
    pub decoys: usize,
}

/// A signed certificate.
#[derive(Clone, Debug)]
pub struct Issued {
    /// Everything: JWT and all Disclosures, ending in `~`.
    pub text: String,
    /// The claim name of each Disclosure, in the same order.
    pub names: Vec<String>,
}

/// Signs an SD-JWT VC. Every hidden claim has a salt of 128 bits (RFC 9901 §9.3); the header
/// carries the signer's chain without its trust anchor (`x5c`).
pub async fn issue(
    signer: &Signer,
    draft: &Draft,
    random: &dyn Random,
) -> Result<Issued, KeyError> {
    let hash = hash_for(signer.algorithm());
    let mut payload = draft.open.clone();
    let mut put = |name: &str, value: Value| payload.insert(name.to_owned(), value);
    put("vct", json!(draft.vct));
    put("iss", json!(draft.issuer));
    put("iat", json!(draft.issued_at.unix()));
    put("nbf", json!(draft.issued_at.unix()));
    if let Some(at) = draft.expires_at {
        put("exp", json!(at.unix()));
    }
    if let Some((idx, uri)) = &draft.status {
        put("status", json!({"status_list": {"idx": idx, "uri": uri}}));
    }
    if let Some(key) = &draft.holder_key {
        put("cnf", json!({"jwk": to_jwk(key, None, None)}));
    }
    let disclosures: Vec<String> = draft
        .hidden
        .iter()
        .map(|(name, value)| {
            let salt = B64.encode(random.bytes::<16>());
            B64.encode(json!([salt, name, value]).to_string())
        })
        .collect();
    // Without hidden claims neither `_sd` nor `_sd_alg` may stand there (SD-JWT VC §2.2.2.2).
    if !disclosures.is_empty() {
        let real = disclosures.iter().map(|text| hash.digest(text.as_bytes()));
        let decoys = (0..draft.decoys).map(|_| hash.digest(&random.bytes::<32>()));
        let mut digests: Vec<String> = real.chain(decoys).collect();
        // Sorted, their order tells nothing about the order of the claims (RFC 9901 §4.2.4.1).
        digests.sort_unstable();
        payload.insert(disclose::DIGESTS.to_owned(), json!(digests));
        payload.insert(disclose::ALGORITHM.to_owned(), json!(hash.name()));
    }
    let mut text =
        jose::sign(signer, header(signer), json!(payload).to_string().as_bytes()).await?;
    text.push('~');
    for disclosure in &disclosures {
        text.push_str(disclosure);
        text.push('~');
    }
    Ok(Issued { text, names: draft.hidden.iter().map(|(name, _)| name.clone()).collect() })
}

/// The hash that goes with a signature algorithm: SM3 beside SM2, SHA-256 otherwise.
const fn hash_for(algorithm: SignatureAlgorithm) -> Hash {
    match algorithm {
        SignatureAlgorithm::Sm2Sm3 => Hash::Sm3,
        _ => Hash::Sha256,
    }
}

fn header(signer: &Signer) -> Header {
    let mut header = Header::new();
    header.insert("typ".to_owned(), json!(TYP));
    header.insert("kid".to_owned(), json!(signer.kid()));
    if !signer.chain().is_empty() {
        header.insert("x5c".to_owned(), x5c(signer.chain()));
    }
    header
}

/// The `x5c` header of a chain: base64 with padding (RFC 7515 §4.1.6), leaf first, without the
/// trust anchor, which a verifier must hold already (HAIP §6.1.1).
pub(crate) fn x5c(chain: &[Vec<u8>]) -> Value {
    let sent = |der: &&Vec<u8>| !crate::trust::is_self_issued(der);
    let leaf_always = chain.iter().take(1);
    let rest = chain.iter().skip(1).filter(sent);
    leaf_always.chain(rest).map(|der| json!(STANDARD.encode(der))).collect()
}
