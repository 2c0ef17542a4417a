//! `yinxin init`: a configuration, a token, a PIN, a schema. Never overwrites.

use std::{
    io::Write,
    os::unix::fs::{DirBuilderExt, OpenOptionsExt},
    path::Path,
    sync::Arc,
};

use anyhow::{Context, Result, bail};
use auth_core::Random;
use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD};
use hsm_sim::Token;
use serde_json::json;
use zeroize::Zeroizing;

use super::{
    args::{InitArgs, ProfileArg},
    output,
};
use crate::{clock::SystemRandom, config, kernel::Kernel};

/// Writes a configuration and makes keystore, keys and schema.
pub async fn run(args: InitArgs) -> Result<()> {
    let file = args.directory.join("yinxin.toml");
    if file.exists() {
        bail!("{} exists already; nothing was changed", file.display());
    }
    let mut builder = std::fs::DirBuilder::new();
    builder
        .recursive(true)
        .mode(0o700)
        .create(&args.directory)
        .with_context(|| format!("cannot make {}", args.directory.display()))?;
    let random: Arc<dyn Random> = Arc::new(SystemRandom);
    let keys = args.directory.join("keys");
    let (user, officer) = (args.directory.join("pin"), args.directory.join("so-pin"));
    let pin = fresh_pin(&*random);
    let so_pin = fresh_pin(&*random);
    write_secret(&user, &pin)?;
    write_secret(&officer, &so_pin)?;
    Token::create(&keys, "yinxin", &so_pin, &pin, random).context("cannot make the keystore")?;
    let text = filled(&args, &keys, &user)?;
    write_new(&file, text.as_bytes(), 0o600)?;
    let config = config::load(&file)?;
    let stores = crate::kernel::open_store(&config, &(Arc::new(SystemRandom) as _)).await?;
    stores.migrate().await?;
    stores.close().await;
    let kernel = Kernel::open(config).await?;
    kernel.stores.close().await;
    let next = format!(
        "yinxin user enrol NAME --name FULLNAME --config {0}; yinxin serve --config {0}",
        file.display()
    );
    let officer = officer.display().to_string();
    output::result(
        args.json,
        &json!({ "configuration": file.display().to_string(), "security_officer_pin": officer, "next": next }),
    );
    Ok(())
}

fn filled(args: &InitArgs, keys: &Path, pin: &Path) -> Result<String> {
    let database = args
        .database
        .clone()
        .unwrap_or_else(|| format!("sqlite://{}", args.directory.join("yinxin.db").display()));
    let profile = if args.profile == ProfileArg::Gm { "gm" } else { "intl" };
    let https = args.issuer.starts_with("https:");
    let mut text = config::reference().to_owned();
    for (name, value) in [
        ("issuer", args.issuer.clone()),
        ("listen", args.listen.to_string()),
        ("behind_proxy", https.to_string()),
        ("county", args.county.clone()),
        ("profile", profile.to_owned()),
        ("database", database),
        ("keystore", keys.display().to_string()),
        ("pin_file", pin.display().to_string()),
    ] {
        if value.contains(['"', '\\', '\n']) {
            bail!("{name} must not hold quotes, backslashes or line breaks");
        }
        text = text.replace(&format!("{{{name}}}"), &value);
    }
    Ok(text)
}

fn fresh_pin(random: &dyn Random) -> Zeroizing<String> {
    Zeroizing::new(URL_SAFE_NO_PAD.encode(random.bytes::<18>()))
}

fn write_secret(path: &Path, secret: &str) -> Result<()> {
    write_new(path, format!("{secret}\n").as_bytes(), 0o600)
}

fn write_new(path: &Path, bytes: &[u8], mode: u32) -> Result<()> {
    let mut options = std::fs::OpenOptions::new();
    let mut file = options
        .write(true)
        .create_new(true)
        .mode(mode)
        .open(path)
        .with_context(|| format!("cannot write {}", path.display()))?;
    file.write_all(bytes)?;
    file.sync_all()?;
    Ok(())
}
