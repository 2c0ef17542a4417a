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
    admin::{AuditProof, AuditRow, AuditTrail, CertificateRow, ClientRow, Inventory, KeyRow},
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
            inventory: Arc::new(Nothing),
            audit: Arc::new(Nothing),
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

/// Lists of a house in which nothing was made yet, and a log that is in order.
struct Nothing;

#[async_trait]
impl Inventory for Nothing {
    async fn clients(&self) -> Result<Vec<ClientRow>, Fault> {
        Ok(Vec::new())
    }
    async fn keys(&self) -> Result<Vec<KeyRow>, Fault> {
        Ok(Vec::new())
    }
    async fn certificates(&self) -> Result<Vec<CertificateRow>, Fault> {
        Ok(Vec::new())
    }
}

#[async_trait]
impl AuditTrail for Nothing {
    async fn page(&self, _: Option<i64>, _: u32) -> Result<Vec<AuditRow>, Fault> {
        Ok(Vec::new())
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
