//! A county with a bureau, its seal, an officer who asks and one who decides.

use std::sync::Arc;

use async_trait::async_trait;
use auth_core::{
    Fault, Profile, Timestamp,
    audit::Actor,
    id::{CaId, ClientId, PersonId, SessionId},
    key::KeyRef,
    organisation::Organisation,
    port::{AccessTokens, DocumentBlock, DocumentDraft, TokenAccess, VerifyInput},
    role::Role,
    session::{Assurance, Factor, SessionView},
};
use esign::{
    Deps,
    flow::{Beliefs, Custody, IssuingAuthority, NewSeal, Office, Policy, make_seal, verify},
    seal::Seal,
};
use pki::{
    NameParts,
    ca::{By, CaPolicy, CertificateAuthority, NewAuthority},
    status::CrlSnapshot,
    trust::{AnchorClass, TrustList},
};
use world::World;

/// A county with a bureau, its seal, an officer who asks and one who decides.
pub struct County {
    pub world: World,
    pub office: Office,
    pub ca: CertificateAuthority,
    pub bureau: Organisation,
    pub seal: Seal,
    pub lisi: PersonId,
    pub wangwu: PersonId,
}

impl County {
    pub async fn new() -> Self {
        Self::with(Profile::Intl).await
    }

    pub async fn with(profile: Profile) -> Self {
        let world = World::with(profile).await;
        let ca = authority(&world, profile).await;
        let authority = IssuingAuthority { ca: ca.clone(), id: CaId::from_text("issuing") };
        let random = world.random.clone();
        let custody =
            Custody::new(world.keystore.clone(), KeyRef::new("kek"), profile, random.clone());
        let office = Office {
            seals: world.stores.seals.clone(),
            requests: world.stores.seal_requests.clone(),
            sealings: world.stores.sealings.clone(),
            keystore: world.keystore.clone(),
            authority: Arc::new(authority),
            vault: world.vault.clone(),
            custody: Arc::new(custody),
            random,
            policy: Policy::new(profile, true),
        };
        let bureau = world.organisation("示例县市场监督管理局", "11330899MB0000001").await;
        let bureau = world.directory.organisations.find(&bureau).await.unwrap().unwrap();
        let lisi = world.person("lisi", "李四").await;
        let wangwu = world.person("wangwu", "王五").await;
        world.grant(&lisi, Role::SealUser, Some(&bureau.id)).await;
        world.grant(&wangwu, Role::SealApprover, Some(&bureau.id)).await;
        let new = NewSeal {
            organisation: bureau.clone(),
            purpose: None,
            number: "3308990000017".to_owned(),
            diameter_mm: 42.0,
        };
        let seal = make_seal(&office, new, Actor::System, world.now()).await.unwrap();
        Self { world, office, ca, bureau, seal, lisi, wangwu }
    }

    pub fn now(&self) -> Timestamp {
        self.world.now()
    }

    /// The session of a person, with the roles of now.
    pub async fn session(&self, person: &PersonId) -> SessionView {
        SessionView {
            id: SessionId::from_text("session"),
            person: person.clone(),
            username: person.to_string(),
            name: person.to_string(),
            assurance: Assurance(3),
            factors: vec![Factor::Pwd],
            authenticated_at: self.now(),
            roles: self.world.directory.roles(person, self.now()).await.unwrap(),
            must_change_password: false,
        }
    }

    /// What a verifier believes who trusts this county's root and has its lists.
    pub async fn beliefs(&self) -> Beliefs {
        let mut trust = TrustList::new();
        trust.add(&self.root().await, AnchorClass::Demo).unwrap();
        let mut lists = CrlSnapshot::new();
        for id in ["root", "issuing"] {
            lists.add(&self.ca.crl(&CaId::from_text(id)).await.unwrap().der).unwrap();
        }
        Beliefs { trust, lists }
    }

    pub async fn root(&self) -> Vec<u8> {
        self.ca.authority(&CaId::from_text("root")).await.unwrap().certificate
    }

    /// Verifies as a stranger with fresh lists would, now.
    pub async fn verify(&self, bytes: &[u8], content: Option<&[u8]>) -> auth_core::Report {
        verify(VerifyInput { bytes, content, at: self.now() }, &self.beliefs().await)
    }

    pub fn deps(&self) -> Deps {
        Deps {
            shell: self.world.shell.clone(),
            office: self.office.clone(),
            tokens: Arc::new(Tokens),
            directory: self.world.directory.clone(),
        }
    }

    /// Acts in the audit log so far, in order.
    pub fn acts(&self) -> Vec<String> {
        let file = self.world.database_file();
        let out = std::process::Command::new("sqlite3")
            .arg(file)
            .arg("SELECT act FROM audit_event WHERE act LIKE 'seal.%' ORDER BY id")
            .output();
        match out {
            Ok(out) => String::from_utf8(out.stdout).unwrap().lines().map(str::to_owned).collect(),
            Err(_) => Vec::new(),
        }
    }
}

async fn authority(world: &World, profile: Profile) -> CertificateAuthority {
    let policy = CaPolicy::demo("http://localhost:8080");
    let ca = CertificateAuthority::new(
        world.keystore.clone(),
        world.stores.ca.clone(),
        world.random.clone(),
        policy,
    );
    let by = By { actor: Actor::System, now: world.now() };
    let new = |id: &str, name: &str| NewAuthority {
        id: CaId::from_text(id),
        key: KeyRef::new(format!("ca-{id}")),
        kind: profile.signing_key(),
        name: NameParts { common_name: name.to_owned(), ..NameParts::default() },
        days: 3650,
    };
    ca.create_root(new("root", "示例县根"), &by).await.unwrap();
    let root = CaId::from_text("root");
    ca.create_issuing(&root, new("issuing", "示例县签发"), &by).await.unwrap();
    ca
}

/// Tokens named after what they allow.
pub struct Tokens;

#[async_trait]
impl AccessTokens for Tokens {
    async fn check(&self, token: &str, now: Timestamp) -> Result<Option<TokenAccess>, Fault> {
        let (client, person, scopes) = match token {
            "good" => ("app", None, vec!["seal".to_owned()]),
            "other" => ("other", None, vec!["seal".to_owned()]),
            "scopeless" => ("app", None, vec!["openid".to_owned()]),
            "person" => ("app", Some(PersonId::from_text("p")), vec!["seal".to_owned()]),
            _ => return Ok(None),
        };
        let client = ClientId::from_text(client);
        Ok(Some(TokenAccess { client, person, scopes, expires_at: now.plus_seconds(60) }))
    }
}

/// A letter of one page.
pub fn letter() -> Vec<u8> {
    esign::layout::render(&draft()).unwrap().pdf
}

pub fn draft() -> DocumentDraft {
    DocumentDraft {
        title: "关于准予行政许可的决定".to_owned(),
        language: "zh-CN".to_owned(),
        made_at: Timestamp::from_unix(1_795_507_200),
        footer: "示例县为虚构".to_owned(),
        blocks: vec![
            DocumentBlock::Title("关于准予行政许可的决定".to_owned()),
            DocumentBlock::Salutation("示例云上茶业有限公司：".to_owned()),
            DocumentBlock::Paragraph(
                "经审查，你公司提交的材料齐全、符合法定形式，准予许可。".to_owned(),
            ),
            DocumentBlock::Closing {
                organisation: "示例县市场监督管理局".to_owned(),
                date: "2026年11月24日".to_owned(),
            },
        ],
    }
}
