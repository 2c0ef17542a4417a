//! The pages over a county, with people of every office.

use std::sync::Arc;

use async_trait::async_trait;
use auth_core::{
    Fault, Report, Timestamp, Verdict,
    audit::{Actor, Event, Outcome},
    id::{OrganisationId, PersonId, SessionId},
    port::{DocumentVerifier, VerifyInput},
    role::Role,
    secret::{Token, TokenKind},
    session::NewSession,
};
use world::{Browser, World};

use crate::pages::{
    self,
    admin::{
        AuditProof, AuditRow, AuditTrail, CertificateRow, ClientRow, Inventory, KeyRow, ListedState,
    },
};

/// A county whose pages are served.
pub struct House {
    pub world: World,
    pub bureau: OrganisationId,
    router: axum::Router,
}

impl House {
    pub async fn new() -> Self {
        let world = World::new().await;
        let bureau = world.organisation("示例县市场监督管理局", "11330899MB0000001").await;
        for (username, name) in [
            ("zhangsan", "张三"),
            ("lisi", "李四"),
            ("sysadmin", "系统管理员"),
            ("secadmin", "安全管理员"),
            ("auditor", "审计管理员"),
        ] {
            world.person(username, name).await;
        }
        let house_of = |username: &'static str, role, place: Option<&OrganisationId>| {
            let (world, place) = (&world, place.cloned());
            async move { world.grant(&find(world, username).await, role, place.as_ref()).await }
        };
        house_of("lisi", Role::SealUser, Some(&bureau)).await;
        house_of("sysadmin", Role::SystemAdministrator, None).await;
        house_of("secadmin", Role::SecurityAdministrator, None).await;
        house_of("auditor", Role::Auditor, None).await;
        let deps = pages::Deps {
            shell: world.shell.clone(),
            verifiers: Arc::from([Arc::new(ByPrefix) as Arc<dyn DocumentVerifier>]),
            directory: world.directory.clone(),
            inventory: Arc::new(Listed),
            audit: Arc::new(Listed),
        };
        let router = pages::with_fallbacks(pages::router(deps), world.shell.clone());
        Self { world, bureau, router }
    }

    /// A browser that nobody signed in.
    pub fn stranger(&self) -> Browser {
        Browser::new(self.router.clone())
    }

    /// A browser in which this person is signed in.
    pub async fn signed_in(&self, username: &str) -> Browser {
        let token = Token::new(TokenKind::Session, &*self.world.random);
        let person = self.person(username).await;
        let now = self.world.now();
        let session = NewSession {
            id: SessionId::new(now, &*self.world.random),
            token_hash: token.hash(),
            event: Event::new("login", Actor::Person(person.clone()), Outcome::Done, now),
            person,
            factors: Vec::new(),
            authenticated_at: now,
            expires_at: now.plus_seconds(3600),
            user_agent: String::new(),
            source: String::new(),
            replaces: None,
        };
        self.world.stores.sessions.begin(session).await.unwrap();
        let mut browser = self.stranger();
        browser.set_cookie("yx_session", token.reveal());
        browser
    }

    pub async fn person(&self, username: &str) -> PersonId {
        find(&self.world, username).await
    }
}

async fn find(world: &World, username: &str) -> PersonId {
    let username = auth_core::person::Username::parse(username).unwrap();
    world.directory.people.by_username(&username).await.unwrap().unwrap().id
}

/// What stands in the lists: names as an attacker would choose them, where others choose names.
pub const EVIL: &str = "<svg onload=alert(1)>\"'&";

/// One row in each list, and a log that is in order.
struct Listed;

#[async_trait]
impl Inventory for Listed {
    async fn clients(&self) -> Result<Vec<ClientRow>, Fault> {
        Ok(vec![ClientRow {
            id: "demo".to_owned(),
            name: EVIL.to_owned(),
            confidential: true,
            redirect_uris: vec![EVIL.to_owned()],
            state: ListedState::Active,
        }])
    }

    async fn keys(&self) -> Result<Vec<KeyRow>, Fault> {
        let row = |purpose: &str| KeyRow {
            name: EVIL.to_owned(),
            kind: "P-256".to_owned(),
            purpose: purpose.to_owned(),
            state: ListedState::Disabled,
        };
        let all = ["ca", "checkpoint", "credential", "receipt", "seal", "status", "token"];
        Ok(all.into_iter().chain(["wrapping"]).map(row).collect())
    }

    async fn certificates(&self) -> Result<Vec<CertificateRow>, Fault> {
        let row = |state| CertificateRow {
            subject: EVIL.to_owned(),
            issuer: EVIL.to_owned(),
            serial: "01".to_owned(),
            valid_until: Timestamp(0),
            state,
        };
        Ok(vec![row(ListedState::Expired), row(ListedState::Revoked)])
    }
}

#[async_trait]
impl AuditTrail for Listed {
    async fn page(&self, before: Option<i64>, limit: u32) -> Result<Vec<AuditRow>, Fault> {
        let newest = before.unwrap_or(i64::from(limit) + 2) - 1;
        let row = |number| AuditRow {
            number,
            at: Timestamp(0),
            act: "login".to_owned(),
            actor: EVIL.to_owned(),
            subject: Some(EVIL.to_owned()),
            outcome: ["done", "failed", "refused"][usize::try_from(number % 3).unwrap()].to_owned(),
            error_id: Some(EVIL.to_owned()),
            detail: vec![EVIL.to_owned()],
        };
        Ok((1..=newest).rev().take(limit as usize).map(row).collect())
    }

    async fn prove(&self, _: Timestamp) -> Result<AuditProof, Fault> {
        Ok(AuditProof { sealed: 3, unsealed: 1, findings: Vec::new() })
    }
}

/// Finds what the bytes themselves say: `valid…`, `invalid…`, `undetermined…`; repeats the rest as
/// a claim, as a certificate's text would be.
struct ByPrefix;

#[async_trait]
impl DocumentVerifier for ByPrefix {
    fn sniff(&self, bytes: &[u8]) -> bool {
        [&b"valid"[..], b"invalid", b"undetermined"].iter().any(|word| bytes.starts_with(word))
    }

    async fn verify(&self, input: VerifyInput<'_>) -> Report {
        let text = String::from_utf8_lossy(input.bytes).into_owned();
        let verdict = match text.chars().next() {
            Some('v') => Verdict::Valid,
            Some('i') => Verdict::Invalid,
            _ => Verdict::Undetermined,
        };
        let mut statement = serde_json::Map::new();
        statement.insert(text.clone(), text.into());
        Report {
            verdict,
            reasons: vec![auth_core::Reason::with("pdf-something-new", "<b>detail</b>")],
            kind: "yx1".to_owned(),
            signatures: Vec::new(),
            statement,
        }
    }
}
