//! Rows 44–52 of the attack table, for the pages of this domain.

use axum::body::Body;
use http::{Request, StatusCode, header};
use world::{ISSUER, PASSWORD};

use crate::house::{Ask, House, log_in};

#[tokio::test]
async fn row_44_addresses_come_from_the_configuration() {
    let house = House::new().await;
    for (name, value) in [
        ("x-forwarded-host", "evil.cn"),
        ("x-forwarded-proto", "https"),
        ("forwarded", "host=evil.cn;proto=https"),
        ("x-original-url", "https://evil.cn/"),
    ] {
        for path in ["/.well-known/openid-configuration", &Ask::web().path(), "/login"] {
            let request = Request::get(format!("{ISSUER}{path}")).header(name, value);
            let answer = house.browser().send(request, Body::empty()).await;
            assert!(!answer.text().contains("evil.cn"), "{name} {path}");
            let location = answer.location().map(String::from).unwrap_or_default();
            assert!(!location.contains("evil.cn"), "{name} {path}");
        }
    }
}

const SVG: &str = "<svg onload=alert(1)>\"'";

#[tokio::test]
async fn row_46_what_was_sent_is_shown_as_text_or_not_at_all() {
    let house = House::new().await;
    let mut browser = house.browser();
    let start = browser.get(&Ask::web().with("login_hint", SVG).with("state", SVG).path()).await;
    let login = browser.follow(start).await;
    let wrong = browser.submit(&login, "login", &[("username", SVG), ("password", "x")]).await;
    let unknown = browser.get(&Ask::web().with("client_id", SVG).path()).await;
    let uri = browser.get(&Ask::web().with("redirect_uri", SVG).path()).await;
    let done = browser.get(&format!("/login?return_to={SVG}&error={SVG}").replace(' ', "+")).await;
    for answer in [&login, &wrong, &unknown, &uri, &done] {
        assert!(!answer.text().contains("<svg onload"), "{}", answer.url);
        assert_eq!(answer.headers[header::X_CONTENT_TYPE_OPTIONS], "nosniff");
        let policy = answer.headers[header::CONTENT_SECURITY_POLICY].to_str().unwrap();
        assert!(policy.contains("default-src 'none'") && !policy.contains("unsafe"), "{policy}");
    }
    assert!(wrong.text().contains("&lt;svg") || wrong.text().contains("&#60;svg"), "escaped");
    let token = house.token(&[("grant_type", SVG), ("client_id", SVG)]).await;
    assert_eq!(token.headers[header::CONTENT_TYPE], "application/json");
    assert!(!token.text().contains("<svg"));
}

#[tokio::test]
async fn row_47_forms_lead_to_the_registered_place_only() {
    let house = House::new().await;
    let mut browser = house.browser();
    let start = browser.get(&Ask::web().path()).await;
    let login = browser.follow(start).await;
    let policy = |answer: &world::Answer| {
        let value = answer.headers[header::CONTENT_SECURITY_POLICY].to_str().unwrap();
        value.split("form-action").nth(1).unwrap().trim().to_owned()
    };
    assert_eq!(policy(&login), "'self' http://127.0.0.1:4567");
    let next = log_in(&mut browser, &login).await;
    let consent = browser.follow(next).await;
    assert_eq!(policy(&consent), "'self' http://127.0.0.1:4567");
    assert_eq!(policy(&browser.get("/account").await), "'self'");
    assert_eq!(policy(&house.browser().get("/login?return_to=https://evil.cn").await), "'self'");
}

#[tokio::test]
async fn row_48_names_of_clients_are_text() {
    let house = House::new().await;
    house.client("b", |it| it.name = SVG.to_owned()).await;
    let ask = Ask::web().with("client_id", "b").with("redirect_uri", "https://b.cn/cb");
    let mut browser = house.signed_in().await;
    let consent = browser.get(&ask.path()).await;
    assert!(consent.text().contains("consent-allow") && !consent.text().contains("<svg onload"));
    browser.submit(&consent, "consent-allow", &[("decision", "allow")]).await;
    assert!(!browser.get("/account").await.text().contains("<svg onload"));
}

#[tokio::test]
async fn row_49_no_page_can_be_framed() {
    let house = House::new().await;
    let mut browser = house.signed_in().await;
    let consent = browser.get(&Ask::web().path()).await;
    let login = house.browser().get("/login").await;
    let logout = browser.get("/logout").await;
    let account = browser.get("/account").await;
    let error = browser.get("/authorize").await;
    for answer in [consent, login, logout, account, error] {
        let policy = answer.headers[header::CONTENT_SECURITY_POLICY].to_str().unwrap();
        assert!(policy.contains("frame-ancestors 'none'"), "{}", answer.url);
        assert_eq!(answer.headers[header::X_FRAME_OPTIONS], "DENY");
    }
}

#[tokio::test]
async fn row_50_a_session_from_before_is_worth_nothing() {
    let house = House::new().await;
    // An attacker's cookie planted before the sign-in.
    let mut browser = house.browser();
    browser.set_cookie("yx_session", "yxs_AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA");
    let page = browser.get("/login").await;
    log_in(&mut browser, &page).await;
    let first = browser.cookie("yx_session").unwrap().to_owned();
    assert!(!first.starts_with("yxs_AAAA"));
    // Signing in again changes it, and the old one is dead.
    house.world.clock.forward(1);
    let start = browser.get(&Ask::web().with("prompt", "login").path()).await;
    let login = browser.follow(start).await;
    log_in(&mut browser, &login).await;
    let second = browser.cookie("yx_session").unwrap().to_owned();
    assert_ne!(first, second);
    for dead in [first, second] {
        let alive = dead == browser.cookie("yx_session").unwrap_or_default();
        let mut other = house.browser();
        other.set_cookie("yx_session", &dead);
        assert_eq!(other.get("/account").await.status == StatusCode::OK, alive);
        // After logout none of them opens anything.
        if alive {
            let page = browser.get("/logout").await;
            browser.submit(&page, "logout-confirm", &[]).await;
            assert_eq!(other.get("/account").await.status, StatusCode::SEE_OTHER);
        }
    }
}

#[tokio::test]
async fn row_51_posts_of_other_sites_are_refused() {
    let house = House::new().await;
    let mut browser = house.browser();
    let page = browser.get("/login").await;
    let (_, hidden) = page.form("login");
    let token = &hidden.iter().find(|(name, _)| name == "form_token").unwrap().1;
    let body = format!("username=zhangsan&password={PASSWORD}&form_token={token}");
    let send = |origin: Option<&str>, site: Option<&str>| {
        let mut request = Request::post(format!("{ISSUER}/login"))
            .header(header::CONTENT_TYPE, "application/x-www-form-urlencoded");
        if let Some(origin) = origin {
            request = request.header(header::ORIGIN, origin);
        }
        if let Some(site) = site {
            request = request.header("sec-fetch-site", site);
        }
        request
    };
    for (origin, site) in [
        (Some("https://evil.cn"), None),
        (Some("null"), None),
        (None, Some("cross-site")),
        (None, Some("same-site")),
    ] {
        let answer = browser.send(send(origin, site), Body::from(body.clone())).await;
        assert_eq!(answer.status, StatusCode::FORBIDDEN, "{origin:?} {site:?}");
    }
    let no_token = body.replace("form_token", "other");
    let answer = browser.send(send(Some(ISSUER), None), Body::from(no_token)).await;
    assert_eq!(answer.status, StatusCode::FORBIDDEN);
    // The token of one browser is worth nothing in another, nor without any cookie.
    let answer = house.browser().send(send(Some(ISSUER), None), Body::from(body.clone())).await;
    assert_eq!(answer.status, StatusCode::FORBIDDEN);
    // The GET variant does not act.
    let answer = browser.get(&format!("/login?{body}")).await;
    assert!(browser.cookie("yx_session").is_none() && answer.status == StatusCode::OK);
    // A browser without Origin is allowed: the token decides.
    let answer = browser.send(send(None, None), Body::from(body)).await;
    assert_eq!(answer.status, StatusCode::SEE_OTHER);
}

#[tokio::test]
async fn row_51_consent_and_account_need_their_forms() {
    let house = House::new().await;
    let mut browser = house.signed_in().await;
    let consent = browser.get(&Ask::web().path()).await;
    let (_, hidden) = consent.form("consent-allow");
    let flow = &hidden.iter().find(|(name, _)| name == "flow").unwrap().1;
    for (path, fields) in [
        ("/consent", vec![("flow", flow.as_str()), ("decision", "allow")]),
        ("/account/password", vec![("old", PASSWORD), ("new", "x"), ("again", "x")]),
        ("/account/sessions/end", vec![("session", "others")]),
        ("/account/apps/withdraw", vec![("grant", "x")]),
    ] {
        assert_eq!(browser.post(path, &fields).await.status, StatusCode::FORBIDDEN, "{path}");
    }
}

#[tokio::test]
async fn row_52_a_cookie_that_occurs_twice_is_refused() {
    let house = House::new().await;
    let mut browser = house.signed_in().await;
    let session = browser.cookie("yx_session").unwrap().to_owned();
    let line = format!("yx_session={session}; yx_session=yxs_evil");
    let request = Request::get(format!("{ISSUER}/account")).header(header::COOKIE, line);
    let answer = house.browser().send(request, Body::empty()).await;
    assert_eq!(answer.status, StatusCode::BAD_REQUEST);
    for n in 0..100 {
        browser.set_cookie(&format!("other{n}"), "x");
    }
    assert_eq!(browser.get("/account").await.status, StatusCode::OK);
}
