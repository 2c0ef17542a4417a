//! OpenID Connect Core: the whole way, `prompt`, `max_age`, hints, claims.

use auth_core::{
    audit::{Actor, Event, Outcome},
    id::{MandateId, PostId},
    key::SignatureAlgorithm,
    organisation::{Mandate, Post},
};
use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD};
use http::{Request, StatusCode, header};
use oidc_provider::client::ConsentPolicy;
use sha2::{Digest, Sha256};
use world::{ISSUER, PASSWORD};

use crate::house::{Ask, CALLBACK, House, header_of, log_in, payload};

#[tokio::test]
async fn a_citizen_signs_in_to_an_application() {
    let house = House::new().await;
    let mut browser = house.browser();
    let start = browser.get(&Ask::web().path()).await;
    let login = browser.follow(start).await;
    assert!(login.text().contains("示例网站"), "the page says who asks");
    let consent = log_in(&mut browser, &login).await;
    let consent = browser.follow(consent).await;
    assert!(consent.text().contains("scope-profile"));
    let answer = browser.submit(&consent, "consent-allow", &[("decision", "allow")]).await;
    let code = answer.location_query("code").unwrap();
    assert!(answer.location().unwrap().as_str().starts_with(CALLBACK));

    let tokens = house.redeem(&code).await.json();
    let access = tokens["access_token"].as_str().unwrap();
    let id = payload(tokens["id_token"].as_str().unwrap());
    let now = house.world.now().unix();
    assert_eq!(header_of(tokens["id_token"].as_str().unwrap())["alg"], "RS256");
    assert_eq!((&id["iss"], &id["aud"]), (&ISSUER.into(), &"demo-web".into()));
    assert_eq!((id["iat"].as_i64(), id["auth_time"].as_i64()), (Some(now), Some(now)));
    assert_eq!((&id["nonce"], &id["name"]), (&"the-nonce".into(), &"张三".into()));
    assert_eq!(id["acr"], "urn:yinxin:assurance:3");
    assert_eq!(id["amr"], serde_json::json!(["pwd"]));
    let at_hash = URL_SAFE_NO_PAD.encode(&Sha256::digest(access)[..16]);
    assert_eq!(id["at_hash"], at_hash.as_str());

    let userinfo = house.userinfo(access).await.json();
    assert_eq!(userinfo["sub"], id["sub"]);
    assert_eq!(userinfo["preferred_username"], "zhangsan");
    assert!(userinfo.get("phone_number").is_none(), "not asked for");

    // The second time nothing is asked.
    let again = browser.get(&Ask::web().path()).await;
    assert!(again.location_query("code").is_some());
    assert_eq!(again.headers.get_all(header::SET_COOKIE).iter().count(), 0);
}

#[tokio::test]
async fn identity_numbers_are_in_no_token_and_no_answer() {
    let house = House::new().await;
    let ask = Ask::web().with("scope", "openid profile phone org offline_access");
    let tokens = house.redeem(&house.code_for(&ask).await).await;
    let userinfo = house.userinfo(tokens.json()["access_token"].as_str().unwrap()).await;
    assert_eq!(userinfo.json()["phone_number"], "+86zhangsan");
    let id = payload(tokens.json()["id_token"].as_str().unwrap());
    assert!(id.get("phone_number").is_none(), "ID tokens travel in URLs as hints");
    for text in [id.to_string(), userinfo.text(), tokens.text()] {
        assert!(!text.contains("330899"), "{text}");
    }
}

#[tokio::test]
async fn posts_and_mandates_are_claims_of_org() {
    let house = House::new().await;
    let now = house.world.now();
    let bureau = house.world.organisation("示例县市场监督管理局", "11330824MB1234567").await;
    let company = house.world.organisation("示例云上茶业有限公司", "91330824MA2ABCDE1").await;
    let event = || Event::new("post.add", Actor::System, Outcome::Done, now);
    let post = |title: &str, until| Post {
        id: PostId::new(now, &*house.world.random),
        person: house.zhangsan.clone(),
        organisation: bureau.clone(),
        department: "登记注册科".to_owned(),
        title: title.to_owned(),
        valid_from: now,
        valid_until: until,
    };
    let organisations = &house.deps.directory.organisations;
    organisations.add_post(post("科长", None), event()).await.unwrap();
    organisations.add_post(post("科员", Some(now)), event()).await.unwrap();
    let mandate = Mandate {
        id: MandateId::from_text(""),
        agent: house.zhangsan.clone(),
        principal: company,
        scope: "all".to_owned(),
        valid_from: now,
        valid_until: None,
    };
    house.deps.directory.give_mandate(mandate, Actor::System, now).await.unwrap();

    let ask = Ask::web().with("scope", "openid org");
    let tokens = house.redeem(&house.code_for(&ask).await).await.json();
    let claims = house.userinfo(tokens["access_token"].as_str().unwrap()).await.json();
    assert_eq!(claims["posts"].as_array().unwrap().len(), 1, "{claims}");
    assert_eq!(claims["posts"][0]["title"], "科长");
    assert_eq!(claims["posts"][0]["org_name"], "示例县市场监督管理局");
    assert_eq!(claims["acting_for"][0]["org_name"], "示例云上茶业有限公司");
    assert_eq!(claims["acting_for"][0]["matter"], "all");
    assert!(claims.get("name").is_none());
}

#[tokio::test]
async fn prompt_none_answers_without_a_page() {
    let house = House::new().await;
    let ask = Ask::web().with("prompt", "none");
    let mut browser = house.signed_in().await;
    let answer = browser.get(&ask.path()).await;
    assert_eq!(answer.location_query("error").as_deref(), Some("consent_required"));
    house.authorize(&mut browser, &Ask::web()).await;
    assert!(browser.get(&ask.path()).await.location_query("code").is_some());
}

#[tokio::test]
async fn prompt_login_and_max_age_ask_for_the_password_again() {
    let house = House::new().await;
    let mut browser = house.browser();
    house.authorize(&mut browser, &Ask::web()).await;
    let before = browser.cookie("yx_session").unwrap().to_owned();
    house.world.clock.forward(100);
    for ask in [Ask::web().with("prompt", "login"), Ask::web().with("max_age", "60")] {
        let start = browser.get(&ask.path()).await;
        let login = browser.follow(start).await;
        assert!(login.text().contains("id=\"password\""), "{}", login.text());
        let next = log_in(&mut browser, &login).await;
        let answer = browser.follow(next).await;
        let code = answer.location_query("code").unwrap();
        let tokens = house.redeem(&code).await.json();
        let id = payload(tokens["id_token"].as_str().unwrap());
        assert_eq!(id["auth_time"].as_i64(), Some(house.world.now().unix()));
        house.world.clock.forward(100);
    }
    assert_ne!(browser.cookie("yx_session").unwrap(), before, "row 50: a new session id");
    let silent = Ask::web().with("max_age", "60").with("prompt", "none");
    let answer = browser.get(&silent.path()).await;
    assert_eq!(answer.location_query("error").as_deref(), Some("login_required"));
}

#[tokio::test]
async fn prompt_consent_asks_again_and_denial_is_told() {
    let house = House::new().await;
    let mut browser = house.browser();
    house.authorize(&mut browser, &Ask::web()).await;
    let page = browser.get(&Ask::web().with("prompt", "consent").path()).await;
    assert!(page.text().contains("id=\"consent-deny\""));
    let answer = browser.submit(&page, "consent-deny", &[("decision", "deny")]).await;
    assert_eq!(answer.location_query("error").as_deref(), Some("access_denied"));
    assert_eq!(house.recorded("consent.give", "ConsentDenied").await, 1);
    // More scopes than before are asked about, and only they are new.
    let more = browser.get(&Ask::web().with("scope", "openid profile phone").path()).await;
    assert!(more.text().contains("scope-phone") && more.text().contains("scope-profile"));
}

#[tokio::test]
async fn consent_follows_the_clients_policy() {
    let house = House::new().await;
    house.client("own", |it| it.consent = ConsentPolicy::Never).await;
    house.client("strict", |it| it.consent = ConsentPolicy::Always).await;
    let mut browser = house.signed_in().await;
    let own = Ask::web().with("client_id", "own").with("redirect_uri", "https://own.cn/cb");
    assert!(browser.get(&own.path()).await.location_query("code").is_some());
    assert_eq!(house.deps.permissions.of(&house.zhangsan).await.unwrap().len(), 1, "recorded");
    let strict =
        Ask::web().with("client_id", "strict").with("redirect_uri", "https://strict.cn/cb");
    for _ in 0..2 {
        let page = browser.get(&strict.path()).await;
        assert!(page.text().contains("consent-allow"));
        let answer = browser.submit(&page, "consent-allow", &[("decision", "allow")]).await;
        assert!(answer.location_query("code").is_some());
    }
}

#[tokio::test]
async fn hints_are_heard() {
    let house = House::new().await;
    house.world.person("lisi", "李四").await;
    let mut browser = house.browser();
    let start = browser.get(&Ask::web().with("login_hint", "lisi").path()).await;
    let login = browser.follow(start).await;
    assert!(login.text().contains("value=\"lisi\""));
    let english = Ask::web().with("ui_locales", "fr en");
    let start = browser.get(&english.path()).await;
    assert!(browser.follow(start).await.text().contains("User name"));

    // An ID token of zhangsan, while lisi is signed in.
    let tokens = house.tokens().await;
    let hint = tokens["id_token"].as_str().unwrap();
    let mut browser = house.browser();
    let page = browser.get("/login").await;
    browser.submit(&page, "login", &[("username", "lisi"), ("password", PASSWORD)]).await;
    let silent = Ask::web().with("id_token_hint", hint).with("prompt", "none");
    let answer = browser.get(&silent.path()).await;
    assert_eq!(answer.location_query("error").as_deref(), Some("login_required"));
    let foreign = Ask::web().with("client_id", "demo-spa").with("id_token_hint", hint);
    let answer = browser.get(&foreign.path()).await;
    assert_eq!(answer.location_query("error").as_deref(), Some("invalid_request"));
}

#[tokio::test]
async fn id_tokens_are_signed_as_the_client_asked() {
    let house = House::new().await;
    for (id, algorithm) in [("es", SignatureAlgorithm::Es256), ("sm", SignatureAlgorithm::Sm2Sm3)] {
        house.client(id, |it| it.id_token_alg = algorithm).await;
        let uri = format!("https://{id}.cn/cb");
        let ask = Ask::web().with("client_id", id).with("redirect_uri", &uri);
        let code = house.code_for(&ask).await;
        let tokens = house
            .token(&[
                ("grant_type", "authorization_code"),
                ("code", &code),
                ("redirect_uri", &uri),
                ("code_verifier", crate::house::VERIFIER),
                ("client_id", id),
                ("client_secret", "secret"),
            ])
            .await
            .json();
        let token = tokens["id_token"].as_str().unwrap();
        let header = header_of(token);
        assert_eq!(header["alg"], algorithm.jose());
        let keys = house.browser().get("/jwks").await.json();
        let found = keys["keys"].as_array().unwrap().iter().find(|key| key["kid"] == header["kid"]);
        let key = auth_core::jose::from_jwk(found.unwrap().as_object().unwrap()).unwrap();
        let jws = auth_core::jose::Jws::parse(token).unwrap();
        assert!(jws.verify_claims(&key, algorithm, "JWT").is_ok());
    }
}

#[tokio::test]
async fn userinfo_by_post_and_in_the_body() {
    let house = House::new().await;
    let tokens = house.tokens().await;
    let access = tokens["access_token"].as_str().unwrap();
    let in_body = house.browser().post("/userinfo", &[("access_token", access)]).await;
    assert_eq!(in_body.status, StatusCode::OK, "{}", in_body.text());
    let request = Request::post(format!("{ISSUER}/userinfo"))
        .header(header::AUTHORIZATION, format!("Bearer {access}"));
    let by_post = house.browser().send(request, axum::body::Body::empty()).await;
    assert_eq!(by_post.status, StatusCode::OK);
}
