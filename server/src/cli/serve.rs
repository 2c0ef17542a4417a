//! `yinxin serve`

use std::process::ExitCode;

use anyhow::{Context, Result};
use tokio::sync::watch;

use super::{args::ConfigArgs, output};
use crate::{app::App, config, http::listener, kernel::Kernel, stop};

/// Serves until told to stop.
pub async fn run(args: ConfigArgs) -> Result<ExitCode> {
    let config = config::load(&args.config)?;
    let tls = config.tls.as_ref().map(listener::tls_acceptor).transpose()?;
    let sockets = listener::bind(&config.listen).await?;
    let issuer = config.issuer.to_string();
    let kernel = Kernel::open(config).await?;
    let app = App::open(kernel).await.context("cannot start")?;
    let (stopper, stopped) = watch::channel(false);
    let served = tokio::spawn(listener::serve(sockets, tls, app.router()?, stopped.clone()));
    let background = app.background(stopped);
    output::line(format!("ready {}", issuer.trim_end_matches('/')));
    stop::signal_received().await;
    let _ = stopper.send(true);
    served.await?;
    background.await?;
    app.close().await;
    Ok(ExitCode::SUCCESS)
}
