//! The provider's router over a test county, and short ways through it.

use std::sync::Arc;

use auth_core::{
    Profile,
    audit::{Actor, Search},
    id::{ClientId, PersonId},
    key::{KeyKind, KeyRef, KeySet, KeyState, Keystore, SignatureAlgorithm, Signer},
};
use axum::Router;
use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD};
use http::{Request, StatusCode, header};
use oidc_provider::{
    Deps, Policy,
    admin::ClientAdmin,
    client::{Authentication, ConsentPolicy, GrantType, Registration, SecretMethod},
    demo::seed_demo_clients,
    redirect::RedirectUri,
    scope::Scopes,
};
use serde_json::Value;
use tokio::sync::OnceCell;
use world::{Answer, Browser, ISSUER, PASSWORD, World};
use zeroize::Zeroizing;

/// Where the demo clients listen in these tests.
pub const CALLBACK: &str = "http://127.0.0.1:4567/callback";
/// RFC 7636 appendix B.
pub const VERIFIER: &str = "dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk";
pub const CHALLENGE: &str = "E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM";

/// A county with the provider's router and the demo clients.
pub struct House {
    pub world: World,
    pub router: Router,
    pub deps: Arc<Deps>,
    pub zhangsan: PersonId,
}

impl House {
    pub async fn new() -> Self {
        Self::with(Policy { open_registration: true, ..Policy::default() }).await
    }

    pub async fn with(policy: Policy) -> Self {
        let world = World::new().await;
        let zhangsan = world.person("zhangsan", "张三").await;
        let deps = Arc::new(Deps {
            shell: world.shell.clone(),
            clients: world.stores.clients.clone(),
            permissions: world.stores.permissions.clone(),
            tokens: world.stores.tokens.clone(),
            sessions: world.stores.sessions.clone(),
            directory: world.directory.clone(),
            sign_in: world.sign_in().await,
            throttle: world.cache.throttle.clone(),
            keys: Arc::new(keys().await),
            profile: Profile::Intl,
            flow_key: Zeroizing::new([9; 32]),
            policy,
        });
        let admin = ClientAdmin { clients: deps.clients.clone() };
        seed_demo_clients(&admin, ISSUER, world.now()).await.unwrap();
        let router = oidc_provider::router(deps.clone());
        Self { world, router, deps, zhangsan }
    }

    pub fn admin(&self) -> ClientAdmin {
        ClientAdmin { clients: self.deps.clients.clone() }
    }

    /// One more confidential client, secret `secret`, at `https://{id}.cn/cb`.
    pub async fn client(&self, id: &str, change: impl FnOnce(&mut Registration)) {
        let mut registration = Registration {
            name: id.to_owned(),
            client_uri: None,
            redirect_uris: vec![RedirectUri::parse(&format!("https://{id}.cn/cb")).unwrap()],
            post_logout_redirect_uris: vec![],
            grant_types: vec![GrantType::AuthorizationCode, GrantType::RefreshToken],
            scopes: Scopes::of(&["openid", "profile", "phone", "org", "offline_access"]),
            id_token_alg: SignatureAlgorithm::Rs256,
            consent: ConsentPolicy::Remembered,
        };
        change(&mut registration);
        let secret = Authentication::with_chosen_secret("secret", SecretMethod::Either);
        let now = self.world.now();
        self.admin().add_with(id, registration, secret, Actor::System, now).await.unwrap();
    }

    pub async fn disable_client(&self, id: &str) {
        let id = ClientId::from_text(id);
        self.admin().disable(&id, Actor::System, self.world.now()).await.unwrap();
    }

    pub fn browser(&self) -> Browser {
        Browser::new(self.router.clone())
    }

    /// Signs zhangsan in to nothing in particular.
    pub async fn signed_in(&self) -> Browser {
        let mut browser = self.browser();
        let page = browser.get("/login").await;
        let answer = log_in(&mut browser, &page).await;
        assert_eq!(answer.status, StatusCode::SEE_OTHER, "{}", answer.text());
        browser
    }

    /// The whole way: request, sign-in, consent; the redirect that carries the code.
    pub async fn authorize(&self, browser: &mut Browser, ask: &Ask) -> Answer {
        let answer = browser.get(&ask.path()).await;
        let mut answer = browser.follow(answer).await;
        if answer.text().contains("id=\"login\"") {
            let next = log_in(browser, &answer).await;
            answer = browser.follow(next).await;
        }
        if answer.text().contains("id=\"consent-allow\"") {
            answer = browser.submit(&answer, "consent-allow", &[("decision", "allow")]).await;
        }
        answer
    }

    /// A fresh code of demo-web for zhangsan.
    pub async fn code(&self) -> String {
        self.code_for(&Ask::web()).await
    }

    pub async fn code_for(&self, ask: &Ask) -> String {
        let answer = self.authorize(&mut self.browser(), ask).await;
        let code = answer.location_query("code");
        code.unwrap_or_else(|| panic!("no code: {:?} {}", answer.location(), answer.text()))
    }

    /// Tokens of demo-web for zhangsan.
    pub async fn tokens(&self) -> Value {
        let answer = self.redeem(&self.code().await).await;
        assert_eq!(answer.status, StatusCode::OK, "{}", answer.text());
        answer.json()
    }

    pub async fn redeem(&self, code: &str) -> Answer {
        self.token(&[
            ("grant_type", "authorization_code"),
            ("code", code),
            ("redirect_uri", CALLBACK),
            ("code_verifier", VERIFIER),
            ("client_id", "demo-web"),
            ("client_secret", "demo-web-secret"),
        ])
        .await
    }

    pub async fn refresh(&self, token: &str) -> Answer {
        self.token(&[
            ("grant_type", "refresh_token"),
            ("refresh_token", token),
            ("client_id", "demo-web"),
            ("client_secret", "demo-web-secret"),
        ])
        .await
    }

    /// A token request from outside any browser.
    pub async fn token(&self, fields: &[(&str, &str)]) -> Answer {
        self.browser().post("/token", fields).await
    }

    pub async fn userinfo(&self, token: &str) -> Answer {
        let request = Request::get(format!("{ISSUER}/userinfo"))
            .header(header::AUTHORIZATION, format!("Bearer {token}"));
        self.browser().send(request, axum::body::Body::empty()).await
    }

    /// How many audit records there are of an act and, in their detail, a rule.
    pub async fn recorded(&self, act: &str, rule: &str) -> usize {
        let search = Search { act: Some(act.to_owned()), ..Search::default() };
        let records = self.world.stores.log.search(&search, None, 500).await.unwrap();
        let has_rule = |detail: &[u8]| {
            rule.is_empty() || detail.windows(rule.len()).any(|part| part == rule.as_bytes())
        };
        records.iter().filter(|one| has_rule(one.detail.as_deref().unwrap_or_default())).count()
    }
}

/// Fills the login form of a page.
pub async fn log_in(browser: &mut Browser, page: &Answer) -> Answer {
    let fields = [("username", "zhangsan"), ("password", PASSWORD)];
    browser.submit(page, "login", &fields).await
}

/// An authorization request in the making.
#[derive(Clone)]
pub struct Ask(Vec<(String, String)>);

impl Ask {
    /// A right request of demo-web.
    pub fn web() -> Self {
        Self(vec![])
            .with("client_id", "demo-web")
            .with("redirect_uri", CALLBACK)
            .with("response_type", "code")
            .with("scope", "openid profile")
            .with("state", "the-state")
            .with("nonce", "the-nonce")
            .with("code_challenge", CHALLENGE)
            .with("code_challenge_method", "S256")
    }

    /// With a parameter set.
    pub fn with(self, name: &str, value: &str) -> Self {
        let mut this = self.without(name);
        this.0.push((name.to_owned(), value.to_owned()));
        this
    }

    /// With a parameter once more.
    pub fn and(mut self, name: &str, value: &str) -> Self {
        self.0.push((name.to_owned(), value.to_owned()));
        self
    }

    pub fn without(mut self, name: &str) -> Self {
        self.0.retain(|(known, _)| known != name);
        self
    }

    pub fn encoded(&self) -> String {
        form_urlencoded::Serializer::new(String::new()).extend_pairs(&self.0).finish()
    }

    pub fn path(&self) -> String {
        format!("/authorize?{}", self.encoded())
    }
}

/// The payload of a JWS, unverified.
pub fn payload(token: &str) -> Value {
    part(token, 1)
}

/// The header of a JWS.
pub fn header_of(token: &str) -> Value {
    part(token, 0)
}

fn part(token: &str, index: usize) -> Value {
    let part = token.split('.').nth(index).unwrap();
    serde_json::from_slice(&URL_SAFE_NO_PAD.decode(part).unwrap()).unwrap()
}

/// One set of keys for all tests: making RSA keys takes longer than everything else.
pub async fn keys() -> KeySet {
    static SIGNERS: OnceCell<Vec<Signer>> = OnceCell::const_new();
    let signers = SIGNERS.get_or_init(|| async {
        let token = hsm_sim::Token::ephemeral(Arc::new(hsm_sim::OsRandom)).unwrap();
        let keystore: Arc<dyn Keystore> = Arc::new(token);
        let mut signers = Vec::new();
        for (name, kind, algorithm) in [
            ("rs256", KeyKind::Rsa2048, SignatureAlgorithm::Rs256),
            ("es256", KeyKind::P256, SignatureAlgorithm::Es256),
            ("sm2", KeyKind::Sm2, SignatureAlgorithm::Sm2Sm3),
        ] {
            let key = KeyRef::new(name);
            keystore.generate(&key, kind).await.unwrap();
            let opened = Signer::open(keystore.clone(), key, algorithm, Vec::new()).await;
            signers.push(opened.unwrap());
        }
        signers
    });
    KeySet::new(signers.await.iter().cloned().map(KeyState::Active).collect())
}
