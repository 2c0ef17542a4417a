//! The fictitious county: seeded once, served on embedded defaults, toured on request.

pub mod browser;
mod county;
mod house;
pub mod relying;
pub mod stock;
mod tour;

use std::{net::SocketAddr, path::PathBuf, process::ExitCode};

use anyhow::{Context, Result};
use tokio::sync::watch;
use url::Url;

pub use county::County;

use crate::{
    app::App,
    cli::{
        args::{DemoArgs, LangArg},
        output,
    },
    http::listener,
    kernel::Kernel,
    stop,
};

/// Runs the demo county until it is told to stop, or until its tour is over.
pub async fn run(args: DemoArgs) -> Result<ExitCode> {
    // Removed when it goes out of scope, at the end of the demo.
    let mut temporary = None;
    let data: PathBuf = match &args.data {
        Some(data) => data.clone(),
        None => {
            let made = tempfile::tempdir().context("cannot make a temporary directory")?;
            temporary.insert(made).path().to_owned()
        }
    };
    anyhow::ensure!(
        args.listen.ip().is_loopback(),
        "the demo speaks plain HTTP with known passwords: it listens on loopback only"
    );
    let sockets = listener::bind(&both_families(args.listen)).await?;
    let port = sockets[0].local_addr()?.port();
    let issuer = Url::parse(&format!("http://localhost:{port}"))?;
    let config = house::config(&data, issuer.clone(), args.profile.into())?;
    house::prepare(&config).await?;
    let kernel = Kernel::open(config).await?;
    let county = county::settle(&kernel).await?;
    let app = App::open(kernel).await?;
    app.settle_demo(&county).await?;
    let (stopper, stopped) = watch::channel(false);
    let served = tokio::spawn(listener::serve(sockets, None, app.router()?, stopped.clone()));
    let background = app.background(stopped);
    let chinese = speaks_chinese(args.lang);
    greet(&issuer, chinese);
    let good = if args.tour {
        tour::perform(&app, &issuer, data.clone(), chinese).await?
    } else {
        stop::signal_received().await;
        true
    };
    let _ = stopper.send(true);
    served.await?;
    background.await?;
    app.close().await;
    Ok(if good { ExitCode::SUCCESS } else { ExitCode::from(1) })
}

/// The port on 127.0.0.1 and on `::1`, since browsers resolve localhost to either.
fn both_families(listen: SocketAddr) -> Vec<SocketAddr> {
    let mut addresses = vec![listen];
    let other = SocketAddr::from((std::net::Ipv6Addr::LOCALHOST, listen.port()));
    let has_six = std::net::UdpSocket::bind((std::net::Ipv6Addr::LOCALHOST, 0)).is_ok();
    if listen.is_ipv4() && has_six && listen.port() != 0 {
        addresses.push(other);
    }
    addresses
}

fn speaks_chinese(lang: Option<LangArg>) -> bool {
    match lang {
        Some(LangArg::En) => false,
        Some(LangArg::ZhCn) => true,
        None => !std::env::var("LANG").is_ok_and(|lang| lang.starts_with("en")),
    }
}

fn greet(issuer: &Url, chinese: bool) {
    let address = issuer.as_str().trim_end_matches('/');
    let accounts = [
        ("zhangsan", "张三：群众，持有营业执照", "citizen, holds a business licence"),
        ("lisi", "李四：用印、发证", "officer: seals and issues"),
        ("wangwu", "王五：审批用印", "officer: approves seals"),
        ("zhaoliu", "赵六：窗口核验", "case worker at the counter"),
        ("sysadmin", "系统管理员", "system administrator"),
        ("secadmin", "安全管理员", "security administrator"),
        ("auditor", "审计管理员", "auditor"),
    ];
    let password = county::PASSWORD;
    if chinese {
        output::line(format!("印信演示县  {address}   所有账号的密码：{password}"));
    } else {
        output::line(format!("Yinxin demo county  {address}   every password: {password}"));
    }
    for (name, zh, en) in accounts {
        output::line(format!("  {name:<9} {}", if chinese { zh } else { en }));
    }
    output::line(format!("ready {address}"));
}
