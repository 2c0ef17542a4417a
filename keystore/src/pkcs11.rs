//! The PKCS#11 driver.

use std::collections::HashMap;
use std::sync::{Arc, PoisonError, RwLock};
use std::time::Duration;

use async_trait::async_trait;
use auth_core::key::{
    Capabilities, KeyError, KeyKind, KeyRef, Keystore, MAX_WRAPPED, PublicKey, SignatureAlgorithm,
    ToSign,
};
use cryptoki::session::Session;
use zeroize::Zeroizing;

use crate::life;
use crate::mechanism::Abilities;
use crate::objects::{self, Finding, Found};
use crate::pool::Pool;
use crate::session::{Link, Token, Trouble};
use crate::{Pkcs11Config, VendorCodes};

/// A token behind a PKCS#11 module. Cheap to clone; clones share sessions and queue.
#[derive(Clone)]
pub struct Pkcs11 {
    shared: Arc<Shared>,
    pool: Arc<Pool>,
    deadline: Duration,
}

struct Shared {
    capabilities: Capabilities,
    abilities: Abilities,
    /// Handles found before. They are stale after a session is lost, or when another program
    /// destroys a key.
    found: RwLock<HashMap<KeyRef, Arc<Found>>>,
}

impl Pkcs11 {
    /// Loads the module, logs in with exactly one attempt, and reads what is there. Keys that must
    /// not be used are logged; [`Pkcs11::check`] lists them. Blocks; call it at start.
    pub fn open(config: Pkcs11Config) -> Result<Self, KeyError> {
        let (sessions, queue, deadline) = (config.sessions, config.queue, config.deadline);
        let codes = config.vendor;
        let token = Arc::new(Token::new(config)?);
        let slot = token.slot()?;
        let info = token.module.get_token_info(slot).map_err(Trouble::from)?;
        let abilities = Abilities::read(&token.module, slot, codes)?;
        let name = format!("PKCS#11 {} token {:?} slot {slot}", info.model(), info.label());
        let capabilities =
            Capabilities { name, kinds: abilities.kinds(), algorithms: abilities.algorithms() };
        // The first login, before any thread asks: a wrong PIN costs this one attempt.
        let (_, findings) =
            Link::new(token.clone()).run(|| (), |session| objects::inventory(session, &codes))?;
        for finding in findings {
            tracing::error!(key = finding.label, detail = finding.detail, "unusable key");
        }
        let pool = Arc::new(Pool::start(&token, sessions, queue)?);
        let shared = Arc::new(Shared { capabilities, abilities, found: RwLock::default() });
        Ok(Self { shared, pool, deadline })
    }

    /// Keys on the token that this driver refuses, and why (security.md row 91): keys that can
    /// leave, keys that could let others out, labels used twice, private keys without their public
    /// halves.
    pub async fn check(&self) -> Result<Vec<Finding>, KeyError> {
        let codes = self.codes();
        self.work(move |session, _| objects::inventory(session, &codes)).await.map(|(_, bad)| bad)
    }

    fn codes(&self) -> VendorCodes {
        self.shared.abilities.codes
    }

    async fn work<T: Send + 'static>(
        &self,
        job: impl Fn(&Session, &Shared) -> Result<T, Trouble> + Send + 'static,
    ) -> Result<T, KeyError> {
        self.work_within(self.deadline, job).await
    }

    async fn work_within<T: Send + 'static>(
        &self,
        deadline: Duration,
        job: impl Fn(&Session, &Shared) -> Result<T, Trouble> + Send + 'static,
    ) -> Result<T, KeyError> {
        let shared = self.shared.clone();
        self.pool
            .run(deadline, move |link| {
                link.run(|| shared.forget(), |session| job(session, &shared))
            })
            .await
    }
}

#[async_trait]
impl Keystore for Pkcs11 {
    fn capabilities(&self) -> &Capabilities {
        &self.shared.capabilities
    }

    async fn generate(&self, key: &KeyRef, kind: KeyKind) -> Result<Option<PublicKey>, KeyError> {
        if !(1..=NAME_MAX).contains(&key.as_str().len()) {
            return Err(KeyError::Refused("a key name has 1 to 128 bytes".to_owned()));
        }
        let key = key.clone();
        self.work_within(GENERATION, move |session, shared| {
            let public = life::generate(session, &shared.abilities, &key, kind)?;
            shared.forget();
            Ok(public)
        })
        .await
    }

    async fn public(&self, key: &KeyRef) -> Result<PublicKey, KeyError> {
        if let Some(found) = self.shared.cached(key) {
            return public_of(&found);
        }
        let key = key.clone();
        self.work(move |session, shared| Ok(public_of(&*shared.find(session, &key)?)?)).await
    }

    async fn list(&self) -> Result<Vec<(KeyRef, KeyKind)>, KeyError> {
        let codes = self.codes();
        self.work(move |session, _| objects::inventory(session, &codes)).await.map(|(keys, _)| keys)
    }

    async fn sign(
        &self,
        key: &KeyRef,
        algorithm: SignatureAlgorithm,
        input: ToSign<'_>,
    ) -> Result<Vec<u8>, KeyError> {
        let (key, input) = (key.clone(), Owned::from(input));
        self.work(move |session, shared| {
            let found = shared.find(session, &key)?;
            shared.abilities.sign(session, &found, algorithm, input.borrow())
        })
        .await
    }

    async fn destroy(&self, key: &KeyRef) -> Result<(), KeyError> {
        let key = key.clone();
        self.work(move |session, shared| {
            shared.forget();
            life::destroy(session, &key)
        })
        .await
    }

    async fn wrap(&self, key: &KeyRef, secret: &[u8], context: &[u8]) -> Result<Vec<u8>, KeyError> {
        if secret.len() > MAX_WRAPPED {
            return Err(KeyError::Refused(format!("a secret has at most {MAX_WRAPPED} bytes")));
        }
        let key = key.clone();
        let (secret, context) = (Zeroizing::new(secret.to_vec()), context.to_vec());
        self.work(move |session, shared| {
            let found = shared.find(session, &key)?;
            let mut nonce = [0; NONCE];
            session.generate_random_slice(&mut nonce)?;
            let sealed = shared.abilities.encrypt(session, &found, nonce, &secret, &context)?;
            Ok([&nonce[..], &sealed].concat())
        })
        .await
    }

    async fn unwrap(
        &self,
        key: &KeyRef,
        wrapped: &[u8],
        context: &[u8],
    ) -> Result<Zeroizing<Vec<u8>>, KeyError> {
        let Some((nonce, sealed)) = wrapped.split_first_chunk::<NONCE>() else {
            return Err(KeyError::Refused("wrapped secret too short".to_owned()));
        };
        if !(TAG..=MAX_WRAPPED + TAG).contains(&sealed.len()) {
            return Err(KeyError::Refused("wrapped secret of impossible length".to_owned()));
        }
        let (key, nonce) = (key.clone(), *nonce);
        let (sealed, context) = (sealed.to_vec(), context.to_vec());
        self.work(move |session, shared| {
            let found = shared.find(session, &key)?;
            let secret = shared.abilities.decrypt(session, &found, nonce, &sealed, &context)?;
            Ok(Zeroizing::new(secret))
        })
        .await
    }
}

impl Shared {
    fn cached(&self, key: &KeyRef) -> Option<Arc<Found>> {
        self.found.read().unwrap_or_else(PoisonError::into_inner).get(key).cloned()
    }

    fn forget(&self) {
        self.found.write().unwrap_or_else(PoisonError::into_inner).clear();
    }

    fn find(&self, session: &Session, key: &KeyRef) -> Result<Arc<Found>, Trouble> {
        if let Some(found) = self.cached(key) {
            return Ok(found);
        }
        let found = Arc::new(objects::find(session, key, &self.abilities.codes)?);
        let mut known = self.found.write().unwrap_or_else(PoisonError::into_inner);
        known.insert(key.clone(), found.clone());
        Ok(found)
    }
}

fn public_of(found: &Found) -> Result<PublicKey, KeyError> {
    found
        .public
        .clone()
        .ok_or_else(|| KeyError::Refused("a symmetric key has no public half".to_owned()))
}

/// [`ToSign`] for another thread.
enum Owned {
    Digest([u8; 32]),
    Message(Vec<u8>),
}

impl From<ToSign<'_>> for Owned {
    fn from(input: ToSign<'_>) -> Self {
        match input {
            ToSign::Digest(digest) => Self::Digest(*digest),
            ToSign::Message(message) => Self::Message(message.to_vec()),
        }
    }
}

impl Owned {
    fn borrow(&self) -> ToSign<'_> {
        match self {
            Self::Digest(digest) => ToSign::Digest(digest),
            Self::Message(message) => ToSign::Message(message),
        }
    }
}

/// RSA generation inside a device may take many seconds.
const GENERATION: Duration = Duration::from_secs(60);
const NAME_MAX: usize = 128;
const NONCE: usize = 12;
const TAG: usize = 16;
