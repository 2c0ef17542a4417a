//! The token as [`Keystore`]: fast work where the caller stands, slow work on blocking threads.

use std::sync::Arc;

use async_trait::async_trait;
use auth_core::key::{
    Capabilities, KeyError, KeyKind, KeyRef, Keystore, MAX_WRAPPED, PublicKey, SignatureAlgorithm,
    ToSign,
};
use zeroize::Zeroizing;

use crate::TokenError;
use crate::keys::{Inner, Ready};
use crate::object::Flags;
use crate::token::Token;

/// Signing runs on the calling thread: 20 µs for P-256, 0.1 ms for SM2, 0.6 to 4 ms for RSA, less
/// than the way to another thread and back is worth. Nothing queues, so [`KeyError::Busy`] never
/// comes from here. Generation, destruction and looks at the disk run on blocking threads.
#[async_trait]
impl Keystore for Token {
    fn capabilities(&self) -> &Capabilities {
        &self.0.capabilities
    }

    async fn generate(&self, key: &KeyRef, kind: KeyKind) -> Result<Option<PublicKey>, KeyError> {
        self.blocking(key, move |token, key| token.generate(key, kind)).await
    }

    async fn public(&self, key: &KeyRef) -> Result<PublicKey, KeyError> {
        let ready = self.find(key).await?;
        ready
            .key
            .public()
            .cloned()
            .ok_or_else(|| KeyError::Refused("a symmetric key has no public half".to_owned()))
    }

    async fn list(&self) -> Result<Vec<(KeyRef, KeyKind)>, KeyError> {
        self.blocking(&KeyRef::new(""), |token, _| token.inventory()).await
    }

    async fn sign(
        &self,
        key: &KeyRef,
        algorithm: SignatureAlgorithm,
        input: ToSign<'_>,
    ) -> Result<Vec<u8>, KeyError> {
        let ready = self.find(key).await?;
        self.0.sign(&ready, algorithm, input).map_err(|error| error.for_key(key))
    }

    async fn destroy(&self, key: &KeyRef) -> Result<(), KeyError> {
        self.blocking(key, |token, key| token.destroy(key)).await
    }

    async fn wrap(&self, key: &KeyRef, secret: &[u8], context: &[u8]) -> Result<Vec<u8>, KeyError> {
        if secret.len() > MAX_WRAPPED {
            return Err(KeyError::Refused(format!("a secret has at most {MAX_WRAPPED} bytes")));
        }
        let ready = self.find(key).await?;
        Inner::wrapping(&ready, Flags::ENCRYPT)
            .and_then(|cipher| cipher.wrap(secret, context, &*self.0.random))
            .map_err(|error| error.for_key(key))
    }

    async fn unwrap(
        &self,
        key: &KeyRef,
        wrapped: &[u8],
        context: &[u8],
    ) -> Result<Zeroizing<Vec<u8>>, KeyError> {
        let ready = self.find(key).await?;
        Inner::wrapping(&ready, Flags::DECRYPT)
            .and_then(|cipher| cipher.unwrap(wrapped, context))
            .map_err(|error| error.for_key(key))
    }
}

impl Token {
    async fn find(&self, key: &KeyRef) -> Result<Arc<Ready>, KeyError> {
        match self.0.ready(key) {
            Some(ready) => Ok(ready),
            None => self.blocking(key, |token, key| token.find(key)).await,
        }
    }

    async fn blocking<T: Send + 'static>(
        &self,
        key: &KeyRef,
        work: impl FnOnce(&Inner, &KeyRef) -> Result<T, TokenError> + Send + 'static,
    ) -> Result<T, KeyError> {
        let (token, key) = (self.clone(), key.clone());
        tokio::task::spawn_blocking(move || {
            work(&token.0, &key).map_err(|error| error.for_key(&key))
        })
        .await
        .unwrap_or_else(|error| Err(KeyError::Unavailable(error.to_string())))
    }
}
