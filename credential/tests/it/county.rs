//! A county with an authority, three signers and a register, over the real store.

use std::{collections::BTreeMap, sync::Arc};

use async_trait::async_trait;
use auth_core::{
    Fault, Profile, Timestamp,
    audit::Actor,
    id::{CaId, ClientId, OrganisationId, PersonId},
    key::{KeyRef, Signer},
    login::{Attempt, SignInOutcome},
    port::{
        AccessTokens, DocumentDraft, DocumentRenderer, DocumentSealer, DraftRefused,
        RenderedDocument, SealDocument, SealRefused, TokenAccess,
    },
    role::Role,
};
use credential::{
    Authority, Deps, Policy, Registry, TrustList,
    flow::issue::{IssueRequest, IssuedCertificate},
    items,
    kinds::BUSINESS_LICENCE,
    router,
    store::Matter,
};
use pki::{
    NameParts,
    ca::{By, CaPolicy, CertificateAuthority, NewAuthority},
    cert::CREDENTIAL_SIGNER,
    trust::AnchorClass,
};
use world::{Browser, ISSUER, PASSWORD, World};

pub(crate) struct County {
    pub(crate) world: World,
    pub(crate) registry: Arc<Registry>,
    pub(crate) deps: Deps,
    pub(crate) bureau: OrganisationId,
    pub(crate) centre: OrganisationId,
    pub(crate) zhangsan: PersonId,
    pub(crate) trust: Arc<TrustList>,
}

impl County {
    pub(crate) async fn new() -> Self {
        Self::with(Profile::Intl).await
    }

    pub(crate) async fn with(profile: Profile) -> Self {
        let world = World::with(profile).await;
        let bureau = world.organisation("示例县市场监督管理局", "11330899MB0000001").await;
        let centre = world.organisation("示例县政务服务中心", "12330899MB0000002").await;
        let zhangsan = world.person("zhangsan", "张三").await;
        let lisi = world.person("lisi", "李四").await;
        let zhaoliu = world.person("zhaoliu", "赵六").await;
        world.grant(&lisi, Role::Issuer, Some(&bureau)).await;
        world.grant(&zhaoliu, Role::CaseWorker, Some(&centre)).await;
        let (signers, trust) = authority(&world, profile).await;
        let [credential_signer, receipt_signer, status_signer] = signers;
        let mut policy = Policy::new(ISSUER);
        policy.client_organisations = BTreeMap::from([("demo-m2m".to_owned(), bureau.clone())]);
        let trust = Arc::new(trust);
        let registry = Arc::new(Registry {
            credentials: world.stores.credentials.clone(),
            proofs: world.stores.proofs.clone(),
            matters: world.stores.matters.clone(),
            show_codes: world.stores.show_codes.clone(),
            people: world.stores.people.clone(),
            organisations: world.stores.organisations.clone(),
            vault: world.vault.clone(),
            renderer: Arc::new(Printer),
            sealer: Arc::new(Printer),
            credential_signer,
            receipt_signer,
            status_signer,
            trust: trust.clone(),
            policy,
            published: Default::default(),
        });
        let matter = Matter {
            organisation: centre.clone(),
            code: "food-filing".to_owned(),
            name: "食品经营备案".to_owned(),
            items: vec![items::LICENCE_IN_FORCE.code.to_owned()],
        };
        registry.register_matter(matter, &Authority::System, world.now()).await.unwrap();
        let tokens = Arc::new(Tokens);
        let deps = Deps { shell: world.shell.clone(), registry: registry.clone(), tokens };
        Self { world, registry, deps, bureau, centre, zhangsan, trust }
    }

    /// 张三's licence.
    pub(crate) async fn licence(&self) -> IssuedCertificate {
        self.registry.issue(self.request()).await.unwrap()
    }

    pub(crate) fn request(&self) -> IssueRequest<'static> {
        IssueRequest {
            kind: &BUSINESS_LICENCE,
            organisation: self.bureau.clone(),
            holder: self.zhangsan.clone(),
            fields: licence_fields(),
            idempotency: None,
            by: Authority::System,
            now: self.world.now(),
        }
    }

    /// A browser in which this person is signed in.
    pub(crate) async fn browser(&self, username: &str) -> Browser {
        let attempt = Attempt {
            username: username.to_owned(),
            password: PASSWORD.to_owned().into(),
            source: "127.0.0.1".to_owned(),
            user_agent: "test".to_owned(),
            device: None,
            replaces: None,
        };
        let outcome = self.world.sign_in().await.attempt(attempt, self.now()).await.unwrap();
        let SignInOutcome::Done(session) = outcome else { panic!("{username} cannot sign in") };
        let mut browser = Browser::new(router(self.deps.clone()));
        browser.set_cookie(self.world.shell.cookies().session, session.cookie.reveal());
        browser.set_cookie(self.world.shell.cookies().lang, "zh-CN");
        browser
    }

    pub(crate) fn now(&self) -> Timestamp {
        self.world.now()
    }
}

pub(crate) fn licence_fields() -> BTreeMap<String, String> {
    [
        (
            "credit_code",
            auth_core::organisation::CreditCode::complete("91330899MA0000001").unwrap().as_str(),
        ),
        ("name", "示例云上茶业有限公司"),
        ("entity_type", "有限责任公司（自然人独资）"),
        ("legal_representative", "张三"),
        ("registered_capital", "壹佰万元整"),
        ("established_on", "2021-03-15"),
        ("address", "示例县云上镇茶园路18号"),
        ("business_scope", "茶叶种植、加工、销售；食品互联网销售；农业技术推广服务。"),
    ]
    .into_iter()
    .map(|(name, text)| (name.to_owned(), text.to_owned()))
    .collect()
}

/// Root, issuing authority, and the signers `credential`, `receipt`, `status`.
async fn authority(world: &World, profile: Profile) -> ([Signer; 3], TrustList) {
    let authority = CertificateAuthority::new(
        world.keystore.clone(),
        world.stores.ca.clone(),
        world.random.clone(),
        CaPolicy::demo(ISSUER),
    );
    let by = By { actor: Actor::System, now: world.now() };
    let new = |id: &str, days| NewAuthority {
        id: CaId::from_text(id),
        key: KeyRef::new(format!("ca-{id}")),
        kind: profile.signing_key(),
        name: name(id),
        days,
    };
    let (root, issuing) = (CaId::from_text("root"), CaId::from_text("issuing"));
    authority.create_root(new("root", 3650), &by).await.unwrap();
    authority.create_issuing(&root, new("issuing", 3000), &by).await.unwrap();
    let mut trust = TrustList::default();
    let root = authority.authority(&root).await.unwrap().certificate;
    trust.add(&root, AnchorClass::Demo).unwrap();
    let mut signers = Vec::new();
    for label in ["credential", "receipt", "status"] {
        let key = KeyRef::new(label);
        let public = world.keystore.generate(&key, profile.signing_key()).await.unwrap().unwrap();
        let subject = name(label);
        let request = pki::ca::IssueRequest {
            profile: &CREDENTIAL_SIGNER,
            subject: &subject,
            public: &public,
            days: 1000,
        };
        let chain = authority.issue(&issuing, request, &by).await.unwrap().chain;
        for der in &chain {
            trust.add(der, AnchorClass::Demo).unwrap();
        }
        let keystore = world.keystore.clone();
        signers.push(Signer::open(keystore, key, profile.signature(), chain).await.unwrap());
    }
    (signers.try_into().unwrap_or_else(|_| panic!("three signers")), trust)
}

fn name(common_name: &str) -> NameParts {
    NameParts {
        common_name: common_name.to_owned(),
        organization: None,
        organization_identifier: None,
        organizational_unit: None,
    }
}

/// Draws and seals nothing: the bytes say what was asked.
struct Printer;

impl DocumentRenderer for Printer {
    fn render(&self, draft: &DocumentDraft) -> Result<RenderedDocument, DraftRefused> {
        let pdf = format!("%PDF {:?}", draft.blocks).into_bytes();
        Ok(RenderedDocument { pdf, seal_at: Some((0, 400.0, 200.0)), pages: 1 })
    }
}

#[async_trait]
impl DocumentSealer for Printer {
    async fn seal(&self, request: SealDocument) -> Result<Result<Vec<u8>, SealRefused>, Fault> {
        let mut pdf = request.pdf;
        pdf.extend(format!("\nsealed for {}", request.purpose).bytes());
        Ok(Ok(pdf))
    }
}

/// `issue` is the token of `demo-m2m` with scope `credential`, `other` one with another scope.
struct Tokens;

#[async_trait]
impl AccessTokens for Tokens {
    async fn check(&self, token: &str, now: Timestamp) -> Result<Option<TokenAccess>, Fault> {
        let access = |client: &str, scope: &str| TokenAccess {
            client: ClientId::from_text(client),
            person: None,
            scopes: vec![scope.to_owned()],
            expires_at: now.plus_seconds(60),
        };
        Ok(match token {
            "issue" => Some(access("demo-m2m", "credential")),
            "other" => Some(access("demo-m2m", "seal")),
            "stranger" => Some(access("stranger", "credential")),
            _ => None,
        })
    }
}
