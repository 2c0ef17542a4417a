//! The demo's own installation: configuration, token and schema under one directory.

use std::{path::Path, sync::Arc};

use anyhow::{Context, Result};
use auth_core::{Profile, Random, login::LoginPolicy, password::HashCost};
use hsm_sim::Token;
use url::Url;
use zeroize::Zeroizing;

use crate::{
    clock::SystemRandom,
    config::{Config, KeystoreConfig, Policy},
    demo::county,
    kernel,
};

/// The configuration of a demo county under `data`.
pub fn config(data: &Path, issuer: Url, profile: Profile) -> Result<Config> {
    std::fs::create_dir_all(data).with_context(|| format!("cannot make {}", data.display()))?;
    let data = data.canonicalize()?;
    let port = issuer.port().unwrap_or(80);
    Ok(Config {
        hosts: ["localhost", "127.0.0.1", "[::1]"].map(|host| format!("{host}:{port}")).to_vec(),
        listen: Vec::new(),
        county: "示例县".to_owned(),
        county_en: "Example County".to_owned(),
        profile,
        tls: None,
        database_url: Zeroizing::new(format!("sqlite://{}", data.join("yinxin.db").display())),
        cache_url: None,
        keystore: KeystoreConfig::HsmSim {
            directory: data.join("keys"),
            token: TOKEN.to_owned(),
            pin: Zeroizing::new(PIN.to_owned()),
        },
        policy: Policy {
            min_password_chars: 15,
            hash_cost: HashCost::default(),
            parallel_hashes: 2,
            queued_hashes: 64,
            login: LoginPolicy::default(),
            open_registration: true,
        },
        client_organisations: county::client_organisations(),
        demo: true,
        issuer,
    })
}

/// Makes token and schema if they are not there. A directory begun with another profile is
/// refused by the keystore, whose wrapping key is of the other kind.
pub async fn prepare(config: &Config) -> Result<()> {
    let KeystoreConfig::HsmSim { directory, token, pin } = &config.keystore else {
        anyhow::bail!("the demo runs on the simulated HSM");
    };
    let random: Arc<dyn Random> = Arc::new(SystemRandom);
    if !directory.exists() {
        Token::create(directory, token, SO_PIN, pin, random.clone())
            .context("cannot make the demo's keystore")?;
    }
    let stores = kernel::open_store(config, &random).await?;
    stores.migrate().await?;
    stores.close().await;
    Ok(())
}

const TOKEN: &str = "yinxin-demo";
/// Known to everybody, like every password of the demo: it listens on loopback only.
const PIN: &str = "demo-user-pin";
const SO_PIN: &str = "demo-officer-pin";
