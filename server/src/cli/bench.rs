//! `yinxin bench`: bounded load against a demo county on this machine, beside the machine's own
//! signing, verifying and hashing in the same run.

use std::{
    sync::{
        Arc,
        atomic::{AtomicU64, Ordering},
    },
    time::Duration,
};

use anyhow::{Context, Result, bail};
use http::{HeaderName, Method, header};
use serde_json::{Value, json};
use tokio::time::Instant;
use url::{Host, Url};

use super::{args::BenchArgs, bare, output, output::Usage};
use crate::demo::browser::Browser;

/// Runs every path in turn and prints throughput, p50, p99 and the ratio to the bare primitive.
pub async fn run(args: BenchArgs) -> Result<()> {
    let base = Url::parse(&args.url).context("--url is not an address")?;
    refuse_others(&base)?;
    anyhow::ensure!(
        (1..=60).contains(&args.seconds) && (1..=256).contains(&args.connections),
        Usage("--seconds is 1 to 60, --connections 1 to 256".to_owned())
    );
    let bare = tokio::task::spawn_blocking(bare::measure).await??;
    let token = token(&base).await?;
    let mut rows = Vec::new();
    for path in paths(&base, &token).await? {
        if !args.json {
            output::line(format!("measuring {} for {} s …", path.name, args.seconds));
        }
        let limit = path.limit.map(|limit| limit(&bare));
        rows.push(measured(&base, &args, path).await?.row(limit));
    }
    rows.push(json!({ "path": "password hash (Argon2id, per core)", "per_second": bare.hash }));
    let columns = ["path", "per_second", "p50_ms", "p99_ms", "bare_per_second", "ratio", "failed"];
    output::list(args.json, &columns, &rows);
    Ok(())
}

/// One path to load.
struct Path {
    name: &'static str,
    request: Request,
    limit: Option<fn(&bare::Bare) -> f64>,
}

#[derive(Clone)]
struct Request {
    method: Method,
    path: String,
    headers: Vec<(HeaderName, String)>,
    body: axum::body::Bytes,
    /// Each request carries a key of its own.
    keyed: bool,
}

async fn paths(base: &Url, token: &str) -> Result<Vec<Path>> {
    let form = "application/x-www-form-urlencoded";
    let bearer = (header::AUTHORIZATION, format!("Bearer {token}"));
    let request = |method, path: &str, headers, body: &str, keyed| Request {
        method,
        path: path.to_owned(),
        headers,
        body: body.to_owned().into(),
        keyed,
    };
    let seal = format!("/api/seals/{}/documents", seal(base, token).await?);
    let code = code(base, token).await?;
    let binary = (header::CONTENT_TYPE, "application/octet-stream".to_owned());
    let post = Method::POST;
    Ok(vec![
        Path {
            name: "discovery",
            request: request(Method::GET, "/.well-known/openid-configuration", vec![], "", false),
            limit: None,
        },
        Path {
            name: "client credentials, ES256, durable",
            request: request(
                post.clone(),
                "/token",
                vec![(header::CONTENT_TYPE, form.to_owned())],
                MACHINE,
                false,
            ),
            limit: Some(|bare| bare.sign),
        },
        Path {
            name: "seal a file (CMS), durable",
            request: request(post.clone(), &seal, vec![bearer.clone(), binary.clone()], "x", true),
            limit: Some(|bare| bare.sign),
        },
        Path {
            name: "verify a printed code",
            request: request(post, "/api/verify", vec![bearer, binary], &code, false),
            limit: Some(|bare| bare.verify),
        },
    ])
}

struct Measured {
    name: &'static str,
    micros: Vec<u64>,
    failed: u64,
    elapsed: Duration,
}

impl Measured {
    fn row(mut self, limit: Option<f64>) -> Value {
        self.micros.sort_unstable();
        let at = |share: f64| {
            let index = (self.micros.len() as f64 * share) as usize;
            self.micros.get(index.min(self.micros.len().saturating_sub(1))).copied().unwrap_or(0)
        };
        let rate = self.micros.len() as f64 / self.elapsed.as_secs_f64();
        json!({
            "path": self.name,
            "per_second": rate.round(),
            "p50_ms": at(0.5) as f64 / 1000.0,
            "p99_ms": at(0.99) as f64 / 1000.0,
            "bare_per_second": limit.map(f64::round),
            "ratio": limit.map(|limit| (rate / limit * 1000.0).round() / 1000.0),
            "failed": self.failed,
        })
    }
}

async fn measured(base: &Url, args: &BenchArgs, path: Path) -> Result<Measured> {
    let until = Instant::now() + Duration::from_secs(args.seconds);
    let started = Instant::now();
    let number = Arc::new(AtomicU64::new(0));
    let run = crate::clock::SystemRandom;
    let prefix = auth_core::secret::handle(&run);
    let tasks: Vec<_> = (0..args.connections)
        .map(|_| {
            let (base, request) = (base.clone(), path.request.clone());
            let (number, prefix) = (number.clone(), prefix.clone());
            tokio::spawn(async move { connection(&base, request, until, &number, &prefix).await })
        })
        .collect();
    let (mut micros, mut failed) = (Vec::new(), 0);
    for task in tasks {
        let (mine, bad) = task.await?;
        micros.extend(mine);
        failed += bad;
    }
    if micros.is_empty() {
        bail!("{}: nothing was answered; is `yinxin demo` running at {base}?", path.name);
    }
    Ok(Measured { name: path.name, micros, failed, elapsed: started.elapsed() })
}

async fn connection(
    base: &Url,
    request: Request,
    until: Instant,
    number: &AtomicU64,
    prefix: &str,
) -> (Vec<u64>, u64) {
    let mut client = Browser::new(base, "en");
    let (mut micros, mut failed) = (Vec::new(), 0);
    while Instant::now() < until && micros.len() < MOST_REQUESTS {
        let mut headers = request.headers.clone();
        if request.keyed {
            let key = format!("{prefix}{}", number.fetch_add(1, Ordering::Relaxed));
            headers.push((HeaderName::from_static("idempotency-key"), key));
        }
        let begun = Instant::now();
        let body = Some(request.body.clone());
        match client.send(request.method.clone(), &request.path, headers, body).await {
            Ok(answer) if answer.status.is_success() => {
                micros.push(u64::try_from(begun.elapsed().as_micros()).unwrap_or(u64::MAX));
            }
            _ => failed += 1,
        }
        if failed > MOST_FAILURES {
            break;
        }
    }
    (micros, failed)
}

/// Load goes to this machine only.
fn refuse_others(base: &Url) -> Result<()> {
    let loopback = match base.host() {
        Some(Host::Domain(name)) => name == "localhost",
        Some(Host::Ipv4(address)) => address.is_loopback(),
        Some(Host::Ipv6(address)) => address.is_loopback(),
        None => false,
    };
    let text = "bench loads servers on this machine only: use localhost";
    anyhow::ensure!(loopback, Usage(text.to_owned()));
    Ok(())
}

async fn token(base: &Url) -> Result<String> {
    let headers = vec![(header::CONTENT_TYPE, "application/x-www-form-urlencoded".to_owned())];
    let body = Some(MACHINE.into());
    let answer = Browser::new(base, "en").send(Method::POST, "/token", headers, body).await?;
    let token = answer.ok()?.json()?["access_token"].as_str().map(str::to_owned);
    token.context("no token: bench needs a running `yinxin demo`")
}

async fn seal(base: &Url, token: &str) -> Result<String> {
    let headers = vec![(header::AUTHORIZATION, format!("Bearer {token}"))];
    let answer = Browser::new(base, "en").send(Method::GET, "/api/seals", headers, None).await?;
    let seals = answer.ok()?.json()?;
    seals["seals"][0]["id"].as_str().map(str::to_owned).context("demo-m2m may use no seal")
}

/// The printed code of a certificate issued for this.
async fn code(base: &Url, token: &str) -> Result<String> {
    let headers = vec![
        (header::AUTHORIZATION, format!("Bearer {token}")),
        (header::CONTENT_TYPE, "application/json".to_owned()),
        (HeaderName::from_static("idempotency-key"), "bench".to_owned()),
    ];
    let body = json!({
        "type": "hygiene-permit",
        "holder": "zhangsan",
        "claims": {
            "name": "示例茶馆", "legal_representative": "张三", "permitted": "茶座",
            "address": "示例县云上镇茶园路1号"
        }
    });
    let body = Some(body.to_string().into());
    let mut client = Browser::new(base, "en");
    let answer = client.send(Method::POST, "/api/credentials", headers, body).await?.ok()?;
    answer.json()?["code"].as_str().map(str::to_owned).context("no code in the answer")
}

const MACHINE: &str = "grant_type=client_credentials&client_id=demo-m2m\
                       &client_secret=demo-m2m-secret&scope=seal%20credential%20verify";
/// Requests per connection: an end even on a machine faster than we think.
const MOST_REQUESTS: usize = 1_000_000;
/// Failures per connection before it gives up.
const MOST_FAILURES: u64 = 100;
