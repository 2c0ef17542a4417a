//! The county in a test: a clock that tests set, seeded randomness, a real store on a temporary
//! SQLite file, a token in memory, the page frame, and people to act. A full act reads in ten
//! lines.
//!
//! It refuses to be a mock: everything in it is what the program runs, except that time and
//! randomness are given.
//!
//! To give a room its fixture: build its `Deps` from a [`World`] in that crate's `tests/it`.

mod browser;
mod clock;
mod people;
mod random;

use std::sync::Arc;

use auth_core::{
    Clock, Profile, Random, Timestamp,
    directory::Directory,
    key::{KeyKind, KeyRef, Keystore, SignatureAlgorithm, Signer},
    login::{LoginPolicy, SessionReader, SignIn},
    password::HashCost,
    vault::{Vault, VaultSecrets},
};
use hsm_sim::Token;
use oidc_provider::BoundedHashPool;
use store::{Stores, cache::Cache};
use tempfile::TempDir;
use url::Url;
use web::{County, Shell, ShellConfig};
use zeroize::Zeroizing;

pub use browser::{Answer, Browser};
pub use clock::FixedClock;
pub use people::PASSWORD;
pub use random::SeededRandom;

/// A county in a test.
pub struct World {
    /// Set it, or move it on.
    pub clock: Arc<FixedClock>,
    /// Seeded: the same test sees the same ids.
    pub random: Arc<dyn Random>,
    /// Every port over a temporary SQLite file.
    pub stores: Stores,
    /// Counters and nonces in memory.
    pub cache: Cache,
    /// A token in memory.
    pub keystore: Arc<dyn Keystore>,
    /// Encryption of personal data.
    pub vault: Arc<Vault>,
    /// People and organisations.
    pub directory: Directory,
    /// The page frame, issuer `http://localhost:8080`.
    pub shell: Shell,
    directory_on_disk: TempDir,
}

impl World {
    /// A county in the `intl` profile.
    pub async fn new() -> Self {
        Self::with(Profile::Intl).await
    }

    /// A county in a profile.
    pub async fn with(profile: Profile) -> Self {
        let directory_on_disk = tempfile::tempdir().expect("a temporary directory");
        let file = directory_on_disk.path().join("yinxin.db");
        let url = format!("sqlite://{}?synchronous=off", file.display());
        let random: Arc<dyn Random> = Arc::new(SeededRandom::new(7));
        let stores = store::open(&url, random.clone()).await.expect("a store");
        stores.migrate().await.expect("migrations");
        let clock = Arc::new(FixedClock::new(Timestamp::from_unix(START)));
        let cache = store::cache::open("memory:", clock.now(), 0).expect("a cache");
        let token = Token::ephemeral(random.clone()).expect("a token");
        let keystore: Arc<dyn Keystore> = Arc::new(token);
        let kek = KeyRef::new("kek");
        keystore.generate(&kek, profile.wrapping_key()).await.expect("a wrapping key");
        let secrets = VaultSecrets { index_key: [1; 32], row_key: [2; 32] };
        let vault = Arc::new(Vault::new(keystore.clone(), kek, profile, secrets, random.clone()));
        let cheap = HashCost { memory_kib: 8, iterations: 1, parallelism: 1 };
        let directory = Directory {
            people: stores.people.clone(),
            organisations: stores.organisations.clone(),
            vault: vault.clone(),
            hashes: Arc::new(BoundedHashPool::new(cheap, 2, 64, random.clone())),
            min_password_chars: 15,
        };
        let sessions = Arc::new(SessionReader {
            directory: directory.clone(),
            sessions: stores.sessions.clone(),
            idle_seconds: LoginPolicy::default().idle_seconds,
        });
        let name = "示例县".to_owned();
        let shell = Shell::new(ShellConfig {
            issuer: Url::parse(ISSUER).expect("a URL"),
            secure_cookies: false,
            form_key: Zeroizing::new([3; 32]),
            clock: clock.clone(),
            random: random.clone(),
            sessions,
            demo: true,
            county: County { zh_cn: name, en: "Example County".to_owned() },
        });
        Self { clock, random, stores, cache, keystore, vault, directory, shell, directory_on_disk }
    }

    /// Now.
    pub fn now(&self) -> Timestamp {
        self.clock.now()
    }

    /// Password sign-in over this county.
    pub async fn sign_in(&self) -> Arc<SignIn> {
        let policy = LoginPolicy::default();
        let (sessions, throttle) = (self.stores.sessions.clone(), self.cache.throttle.clone());
        let sign_in = SignIn::new(self.directory.clone(), sessions, throttle, policy).await;
        Arc::new(sign_in.expect("a decoy hash"))
    }

    /// A signer over a fresh key.
    pub async fn signer(
        &self,
        label: &str,
        kind: KeyKind,
        algorithm: SignatureAlgorithm,
    ) -> Signer {
        let key = KeyRef::new(label);
        self.keystore.generate(&key, kind).await.expect("a key");
        Signer::open(self.keystore.clone(), key, algorithm, Vec::new()).await.expect("a signer")
    }

    /// The URL of the database, to look into it with another program.
    pub fn database_file(&self) -> std::path::PathBuf {
        self.directory_on_disk.path().join("yinxin.db")
    }
}

/// Base address of every test county.
pub const ISSUER: &str = "http://localhost:8080";

/// 2026-11-24T08:00:00Z.
const START: i64 = 1_795_507_200;
