//! Keys in memory, for tests of formats: seeded, so that failures repeat.

use std::{
    collections::HashMap,
    sync::{
        Arc, Mutex,
        atomic::{AtomicU64, Ordering},
    },
};

use async_trait::async_trait;
use auth_core::{
    Random,
    key::{
        Capabilities, KeyError, KeyKind, KeyRef, Keystore, PublicKey, SignatureAlgorithm, Signer,
        ToSign, sm2_digest,
    },
};
use p256::ecdsa::signature::hazmat::PrehashSigner;
use sha2::{Digest, Sha256};
use zeroize::Zeroizing;

/// A counter hashed: different bytes each time, the same in every run.
pub(crate) struct Seeded(AtomicU64);

impl Seeded {
    pub(crate) fn new(seed: u64) -> Self {
        Self(AtomicU64::new(seed << 32))
    }
}

impl Random for Seeded {
    fn fill(&self, buffer: &mut [u8]) {
        for chunk in buffer.chunks_mut(32) {
            let block = Sha256::digest(self.0.fetch_add(1, Ordering::Relaxed).to_be_bytes());
            chunk.copy_from_slice(&block[..chunk.len()]);
        }
    }
}

/// A keystore that keeps its keys in a map.
pub(crate) struct Soft {
    capabilities: Capabilities,
    keys: Mutex<HashMap<KeyRef, (KeyKind, [u8; 32])>>,
}

impl Soft {
    pub(crate) fn new() -> Arc<Self> {
        Arc::new(Self {
            capabilities: Capabilities {
                name: "soft".to_owned(),
                kinds: vec![KeyKind::P256, KeyKind::Sm2, KeyKind::Aes256],
                algorithms: vec![SignatureAlgorithm::Es256, SignatureAlgorithm::Sm2Sm3],
            },
            keys: Mutex::default(),
        })
    }

    fn key(&self, key: &KeyRef) -> Result<(KeyKind, [u8; 32]), KeyError> {
        let keys = self.keys.lock().unwrap();
        keys.get(key).copied().ok_or_else(|| KeyError::Missing(key.clone()))
    }
}

#[async_trait]
impl Keystore for Soft {
    fn capabilities(&self) -> &Capabilities {
        &self.capabilities
    }

    async fn generate(&self, key: &KeyRef, kind: KeyKind) -> Result<Option<PublicKey>, KeyError> {
        let secret: [u8; 32] = Sha256::digest(key.as_str()).into();
        self.keys.lock().unwrap().insert(key.clone(), (kind, secret));
        if kind.is_symmetric() { Ok(None) } else { self.public(key).await.map(Some) }
    }

    async fn public(&self, key: &KeyRef) -> Result<PublicKey, KeyError> {
        let (kind, secret) = self.key(key)?;
        let point = match kind {
            KeyKind::P256 => {
                let key = p256::ecdsa::SigningKey::from_slice(&secret).unwrap();
                key.verifying_key().to_sec1_point(false).as_bytes().to_vec()
            }
            _ => {
                use sm2::elliptic_curve::sec1::ToSec1Point;
                let key = sm2::SecretKey::from_slice(&secret).unwrap();
                key.public_key().to_sec1_point(false).as_bytes().to_vec()
            }
        };
        Ok(PublicKey::from_point(kind, &point).unwrap())
    }

    async fn list(&self) -> Result<Vec<(KeyRef, KeyKind)>, KeyError> {
        let keys = self.keys.lock().unwrap();
        Ok(keys.iter().map(|(key, (kind, _))| (key.clone(), *kind)).collect())
    }

    async fn sign(
        &self,
        key: &KeyRef,
        _: SignatureAlgorithm,
        input: ToSign<'_>,
    ) -> Result<Vec<u8>, KeyError> {
        let (kind, secret) = self.key(key)?;
        let public = self.public(key).await?;
        if kind == KeyKind::P256 {
            let digest: [u8; 32] = match input {
                ToSign::Digest(digest) => *digest,
                ToSign::Message(message) => Sha256::digest(message).into(),
            };
            let signer = p256::ecdsa::SigningKey::from_slice(&secret).unwrap();
            let signature: p256::ecdsa::Signature = signer.sign_prehash(&digest).unwrap();
            Ok(signature.to_bytes().to_vec())
        } else {
            let digest = match input {
                ToSign::Digest(digest) => *digest,
                ToSign::Message(message) => sm2_digest(&public, message).unwrap(),
            };
            let secret = sm2::SecretKey::from_slice(&secret).unwrap();
            let signer = sm2::dsa::SigningKey::new("1234567812345678", &secret).unwrap();
            let signature: sm2::dsa::Signature = signer.sign_prehash(&digest).unwrap();
            Ok(signature.to_bytes().to_vec())
        }
    }

    async fn destroy(&self, key: &KeyRef) -> Result<(), KeyError> {
        self.keys.lock().unwrap().remove(key);
        Ok(())
    }

    async fn wrap(&self, key: &KeyRef, _: &[u8], _: &[u8]) -> Result<Vec<u8>, KeyError> {
        Err(KeyError::Missing(key.clone()))
    }

    async fn unwrap(
        &self,
        key: &KeyRef,
        _: &[u8],
        _: &[u8],
    ) -> Result<Zeroizing<Vec<u8>>, KeyError> {
        Err(KeyError::Missing(key.clone()))
    }
}

/// A signer whose key is made from its name; `chain` is what its header or kid will name.
pub(crate) async fn signer(name: &str, kind: KeyKind, chain: Vec<Vec<u8>>) -> Signer {
    let soft = Soft::new();
    let key = KeyRef::new(name);
    soft.generate(&key, kind).await.unwrap();
    Signer::open(soft, key, kind.signature().unwrap(), chain).await.unwrap()
}
