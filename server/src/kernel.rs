//! The kernel of a running program: store, keystore, vault, directory. Server and command line
//! open the same one and run the same flows.

use std::{path::Path, sync::Arc};

use anyhow::{Context, Result, bail};
use auth_core::{
    Clock, Random, Timestamp,
    directory::Directory,
    key::Keystore,
    vault::{Vault, VaultSecrets},
};
use hsm_sim::Token;
use keystore::{Pkcs11, Pkcs11Config};
use oidc_provider::BoundedHashPool;
use store::{Stores, cache::Cache};
use zeroize::Zeroizing;

use crate::{
    clock::{SystemClock, SystemRandom},
    config::{Config, KeystoreConfig},
    keys,
};

/// Store, keystore, vault and directory over one configuration.
#[derive(Clone)]
pub struct Kernel {
    /// The configuration.
    pub config: Arc<Config>,
    /// Time.
    pub clock: Arc<dyn Clock>,
    /// Randomness.
    pub random: Arc<dyn Random>,
    /// Rows.
    pub stores: Stores,
    /// Counters and nonces.
    pub cache: Cache,
    /// Private keys.
    pub keystore: Arc<dyn Keystore>,
    /// Personal data.
    pub vault: Arc<Vault>,
    /// People and organisations.
    pub directory: Directory,
}

impl Kernel {
    /// Opens store and keystore and what they hold. The schema must be up already.
    pub async fn open(config: Config) -> Result<Self> {
        let config = Arc::new(config);
        let clock: Arc<dyn Clock> = Arc::new(SystemClock);
        let random: Arc<dyn Random> = Arc::new(SystemRandom);
        let stores = open_store(&config, &random).await?;
        require_current(&stores).await?;
        let cache = open_cache(&config, clock.now())?;
        let keystore = open_keystore(&config.keystore, &random).await?;
        let kek = keys::ensure_kek(&*keystore, config.profile).await?;
        let now = clock.now();
        let secret =
            |name: &'static str| keys::secret(name, &*keystore, &*stores.secrets, &*random, now);
        let secrets = VaultSecrets {
            index_key: *secret("vault-index").await?,
            row_key: *secret("vault-rows").await?,
        };
        let (profile, hashed) = (config.profile, &config.policy);
        let vault = Arc::new(Vault::new(keystore.clone(), kek, profile, secrets, random.clone()));
        let hashes = Arc::new(BoundedHashPool::new(
            hashed.hash_cost,
            hashed.parallel_hashes,
            hashed.queued_hashes,
            random.clone(),
        ));
        let directory = Directory {
            people: stores.people.clone(),
            organisations: stores.organisations.clone(),
            vault: vault.clone(),
            hashes,
            min_password_chars: hashed.min_password_chars,
        };
        Ok(Self { config, clock, random, stores, cache, keystore, vault, directory })
    }

    /// A secret that all nodes share.
    pub async fn secret(&self, name: &str) -> Result<Zeroizing<[u8; 32]>> {
        let (keystore, secrets) = (&*self.keystore, &*self.stores.secrets);
        keys::secret(name, keystore, secrets, &*self.random, self.clock.now()).await
    }
}

/// Refuses a database whose schema is not this program's.
async fn require_current(stores: &Stores) -> Result<()> {
    for finding in stores.check().await? {
        if finding.name == "schema" && !finding.is_good() {
            bail!("the database schema is {}: run `yinxin migrate` first", finding.value);
        }
    }
    Ok(())
}

/// Opens the cache of a configuration.
fn open_cache(config: &Config, now: Timestamp) -> Result<Cache> {
    let url = config.cache_url.as_ref().map_or("memory:", |url| url.as_str());
    store::cache::open(url, now, CLOCK_SKEW_SECONDS).context("cannot open the cache")
}

/// Opens the database of a configuration; the schema may be old.
pub async fn open_store(config: &Config, random: &Arc<dyn Random>) -> Result<Stores> {
    store::open(&config.database_url, random.clone()).await.context("cannot open the database")
}

/// Opens the keystore of a configuration.
pub async fn open_keystore(
    config: &KeystoreConfig,
    random: &Arc<dyn Random>,
) -> Result<Arc<dyn Keystore>> {
    match config {
        KeystoreConfig::HsmSim { directory, token, pin } => {
            let opened = Token::open_labelled(directory, token, pin.as_bytes(), random.clone());
            let help = "cannot open the keystore; `yinxin init` makes one";
            Ok(Arc::new(opened.context(help)?))
        }
        KeystoreConfig::Pkcs11 { module, token, pin } => open_pkcs11(module, token, pin).await,
    }
}

/// Loads a vendor's module and logs in: once, so that a wrong PIN never locks the token.
async fn open_pkcs11(module: &Path, token: &str, pin: &str) -> Result<Arc<dyn Keystore>> {
    let config = Pkcs11Config::new(module, token, pin);
    let opened = tokio::task::spawn_blocking(move || Pkcs11::open(config)).await?;
    let help = "cannot open the PKCS#11 token; check keystore.module, keystore.token and the PIN";
    Ok(Arc::new(opened.context(help)?))
}

/// Clock skew allowed to senders of dated proofs, seconds (RFC 9449 §11.1).
const CLOCK_SKEW_SECONDS: u32 = 60;
