//! `yinxin migrate`

use std::sync::Arc;

use anyhow::Result;
use auth_core::Random;
use serde_json::json;

use super::{args::ConfigArgs, output};
use crate::{clock::SystemRandom, config, kernel};

/// Brings the schema up; does nothing when it is up.
pub async fn migrate(args: ConfigArgs) -> Result<()> {
    let config = config::load(&args.config)?;
    let random: Arc<dyn Random> = Arc::new(SystemRandom);
    let stores = kernel::open_store(&config, &random).await?;
    stores.migrate().await?;
    stores.close().await;
    output::result(args.json, &json!({ "schema": "current" }));
    Ok(())
}
