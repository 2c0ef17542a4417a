//! The main job, performed over HTTP as an app, two officers, a citizen, a stranger and a case
//! worker would, each step with its evidence.
//!
//! To add a step: an `async fn(&mut Tour) -> Result<String>` that ends with what was seen, and a
//! line in [`STEPS`].

mod app;
mod citizen;
mod counter;
mod letter;
mod officer;
mod stranger;

use std::{future::Future, path::PathBuf, pin::Pin};

use anyhow::{Context, Result};
use http::{Method, header};
use url::Url;

use super::{
    browser::{Answer, Browser},
    county::PASSWORD,
};
use crate::{app::App, cli::output};

/// Everything a step may need.
pub(super) struct Tour<'a> {
    app: &'a App,
    issuer: Url,
    folder: PathBuf,
    chinese: bool,
    zhangsan: Browser,
    lisi: Browser,
    wangwu: Browser,
    zhaoliu: Browser,
    stranger: Browser,
    /// Access token of `demo-m2m`.
    machine_token: String,
    /// Page of the certificate issued during the tour.
    certificate: String,
}

/// Performs every step; the number of those that were verified, and of all.
pub(super) async fn perform(app: &App, issuer: &Url, data: PathBuf, chinese: bool) -> Result<bool> {
    let folder = data.join("tour");
    std::fs::create_dir_all(&folder)
        .with_context(|| format!("cannot make {}", folder.display()))?;
    let language = if chinese { "zh-CN" } else { "en" };
    let browser = || Browser::new(issuer, language);
    let mut tour = Tour {
        app,
        issuer: issuer.clone(),
        chinese,
        zhangsan: browser(),
        lisi: browser(),
        wangwu: browser(),
        zhaoliu: browser(),
        stranger: browser(),
        machine_token: String::new(),
        certificate: String::new(),
        folder,
    };
    let mut verified = 0;
    for (number, step) in STEPS.iter().enumerate() {
        let title = if chinese { step.zh } else { step.en };
        output::line(format!("\n[{}/{}] {title}", number + 1, STEPS.len()));
        match (step.act)(&mut tour).await {
            Ok(evidence) => {
                verified += 1;
                evidence.lines().for_each(|line| output::line(format!("      {line}")));
            }
            Err(error) => output::line(format!("      FAILED: {error:#}")),
        }
    }
    let all = STEPS.len();
    output::line(if chinese {
        format!("\n{verified}/{all} 步通过核验；文件在 {}", tour.folder.display())
    } else {
        format!("\n{verified} of {all} steps verified; files in {}", tour.folder.display())
    });
    Ok(verified == all)
}

type Act = for<'t, 'a> fn(&'t mut Tour<'a>) -> Pin<Box<dyn Future<Output = Result<String>> + 't>>;

struct Step {
    zh: &'static str,
    en: &'static str,
    act: Act,
}

const STEPS: &[Step] = &[
    Step {
        zh: "应用读取接入配置与公钥",
        en: "An app reads the provider's configuration and keys",
        act: |tour| Box::pin(app::discover(tour)),
    },
    Step {
        zh: "张三登录应用：授权码、PKCE、身份令牌、刷新",
        en: "张三 signs in to the app: code, PKCE, ID token, refresh",
        act: |tour| Box::pin(app::sign_in(tour)),
    },
    Step {
        zh: "李四请求用印，王五审批，函件盖章（PAdES）",
        en: "李四 asks for a seal, 王五 approves, the letter is sealed (PAdES)",
        act: |tour| Box::pin(officer::seal_letter(tour)),
    },
    Step {
        zh: "业务系统经接口为任意文件签章（CMS）",
        en: "A system seals any file through the interface (CMS)",
        act: |tour| Box::pin(officer::seal_file(tour)),
    },
    Step {
        zh: "李四签发营业执照",
        en: "李四 issues a business licence",
        act: |tour| Box::pin(officer::issue_licence(tour)),
    },
    Step {
        zh: "张三领取证照：二维码、SD-JWT、盖章 PDF",
        en: "张三 takes the certificate: QR code, SD-JWT, sealed PDF",
        act: |tour| Box::pin(citizen::take_certificate(tour)),
    },
    Step {
        zh: "陌生人核验函件、证照图片，篡改后不通过",
        en: "A stranger verifies letter and picture; damaged ones fail",
        act: |tour| Box::pin(stranger::verify(tour)),
    },
    Step {
        zh: "离线核验：只用信任文件与状态快照",
        en: "Offline: only trust file and status snapshot",
        act: |tour| Box::pin(stranger::verify_offline(tour)),
    },
    Step {
        zh: "窗口询问未登记的事项被拒绝",
        en: "The counter asks for an unregistered matter and is refused",
        act: |tour| Box::pin(counter::unregistered(tour)),
    },
    Step {
        zh: "无证明：赵六询问、张三同意、得到签名回执",
        en: "No paper proof: 赵六 asks, 张三 consents, a signed receipt answers",
        act: |tour| Box::pin(counter::prove(tour)),
    },
    Step {
        zh: "吊销证照，再次核验不通过",
        en: "The certificate is revoked and verifies no more",
        act: |tour| Box::pin(officer::revoke(tour)),
    },
    Step {
        zh: "审计日志完整无改动",
        en: "The audit log is complete and untouched",
        act: |tour| Box::pin(stranger::audit(tour)),
    },
];

impl Tour<'_> {
    /// Writes a file of the tour.
    fn keep(&self, name: &str, bytes: &[u8]) -> Result<()> {
        let path = self.folder.join(name);
        std::fs::write(&path, bytes).with_context(|| format!("cannot write {}", path.display()))
    }

    /// Reads a file of the tour.
    fn kept(&self, name: &str) -> Result<Vec<u8>> {
        std::fs::read(self.folder.join(name)).with_context(|| format!("{name} was not written"))
    }

    /// One of the two texts.
    fn say(&self, zh: String, en: String) -> String {
        if self.chinese { zh } else { en }
    }

    /// `POST /api/verify` with these bytes.
    async fn verify(&mut self, bytes: Vec<u8>) -> Result<serde_json::Value> {
        let token = self.machine_token().await?;
        let headers = vec![
            (header::AUTHORIZATION, format!("Bearer {token}")),
            (header::CONTENT_TYPE, "application/octet-stream".to_owned()),
        ];
        let answer =
            self.stranger.send(Method::POST, "/api/verify", headers, Some(bytes.into())).await?;
        answer.ok()?.json()
    }

    /// An access token of `demo-m2m`, fetched once.
    async fn machine_token(&mut self) -> Result<String> {
        if self.machine_token.is_empty() {
            let fields = [
                ("grant_type", "client_credentials"),
                ("client_id", "demo-m2m"),
                ("client_secret", "demo-m2m-secret"),
                ("scope", "seal credential verify"),
            ];
            let answer = self.stranger.post("/token", &fields).await?.ok()?.json()?;
            let token = answer["access_token"].as_str().context("no access_token")?;
            token.clone_into(&mut self.machine_token);
        }
        Ok(self.machine_token.clone())
    }
}

/// Signs a person in at `/login` and ends at `path`.
async fn sign_in(browser: &mut Browser, username: &str, path: &str) -> Result<Answer> {
    let page = browser.get(path).await?.ok()?;
    if !page.url.path().starts_with("/login") {
        return Ok(page);
    }
    let fields = [("username", username), ("password", PASSWORD)];
    browser.submit(&page, "login", &fields).await?.ok()
}

/// Fails unless `yes`.
fn check(yes: bool, what: &str) -> Result<()> {
    anyhow::ensure!(yes, "{what}");
    Ok(())
}
