//! RP-initiated logout; row 45 of the attack table.

use http::StatusCode;

use crate::house::{Ask, House};

const AFTER: &str = "http://127.0.0.1:4567/";

fn path(parts: &[(&str, &str)]) -> String {
    let query = form_urlencoded::Serializer::new(String::new()).extend_pairs(parts).finish();
    format!("/logout?{query}")
}

/// A browser signed in through demo-web, and its ID token.
async fn signed_in(house: &House) -> (world::Browser, String) {
    let mut browser = house.browser();
    let answer = house.authorize(&mut browser, &Ask::web()).await;
    let tokens = house.redeem(&answer.location_query("code").unwrap()).await.json();
    (browser, tokens["id_token"].as_str().unwrap().to_owned())
}

async fn is_signed_in(browser: &mut world::Browser) -> bool {
    browser.get("/account").await.status == StatusCode::OK
}

#[tokio::test]
async fn a_live_id_token_of_this_session_signs_out_at_once() {
    let house = House::new().await;
    let (mut browser, hint) = signed_in(&house).await;
    let parts =
        [("id_token_hint", hint.as_str()), ("post_logout_redirect_uri", AFTER), ("state", "s")];
    let answer = browser.get(&path(&parts)).await;
    assert_eq!(answer.location().unwrap().as_str(), format!("{AFTER}?state=s"));
    assert!(!is_signed_in(&mut browser).await);
    assert_eq!(house.recorded("logout", "demo-web").await, 1);
}

#[tokio::test]
async fn row_45_everything_else_asks_first() {
    let house = House::new().await;
    let (mut browser, hint) = signed_in(&house).await;
    let (_, foreign) = signed_in(&house).await;
    let forged = format!("{}x", &hint[..hint.len() - 1]);
    for parts in [
        vec![],
        vec![("client_id", "demo-web")],
        vec![("client_id", "demo-web"), ("post_logout_redirect_uri", AFTER)],
        vec![("id_token_hint", foreign.as_str()), ("post_logout_redirect_uri", AFTER)],
        vec![("id_token_hint", forged.as_str()), ("post_logout_redirect_uri", AFTER)],
        vec![("id_token_hint", hint.as_str()), ("client_id", "demo-spa")],
        vec![("id_token_hint", hint.as_str()), ("id_token_hint", hint.as_str())],
    ] {
        let answer = browser.get(&path(&parts)).await;
        assert_eq!(answer.status, StatusCode::OK, "{parts:?}");
        assert!(answer.text().contains("id=\"logout-confirm\"") && answer.location().is_none());
        assert!(is_signed_in(&mut browser).await, "a GET alone, as from an image tag");
    }
    house.world.clock.forward(700);
    let expired = [("id_token_hint", hint.as_str()), ("post_logout_redirect_uri", AFTER)];
    let page = browser.get(&path(&expired)).await;
    assert!(page.text().contains("id=\"logout-confirm\""), "expired");
    // Confirmed by the person, the registered address of that client is still the way out.
    let answer = browser.submit(&page, "logout-confirm", &[]).await;
    assert_eq!(answer.location().unwrap().as_str(), AFTER);
    assert!(!is_signed_in(&mut browser).await);
}

#[tokio::test]
async fn row_45_no_way_out_to_an_unregistered_address() {
    let house = House::new().await;
    for evil in [
        "https://evil.cn/",
        "http://127.0.0.1:4567/other",
        "http://127.0.0.1.evil.cn/",
        "javascript:1",
    ] {
        let (mut browser, hint) = signed_in(&house).await;
        let parts = [("id_token_hint", hint.as_str()), ("post_logout_redirect_uri", evil)];
        let answer = browser.get(&path(&parts)).await;
        assert!(answer.location().is_none(), "{evil}");
        assert!(!answer.text().contains("href=\"https://evil.cn"), "{evil}");
    }
    // Without a hint of ours nobody is sent anywhere, even after confirming.
    let (mut browser, _) = signed_in(&house).await;
    let parts = [("client_id", "demo-web"), ("post_logout_redirect_uri", AFTER)];
    let page = browser.get(&path(&parts)).await;
    let answer = browser.submit(&page, "logout-confirm", &[]).await;
    assert!(answer.location().is_none() && answer.text().contains("id=\"logged-out\""));
}

#[tokio::test]
async fn row_45_the_confirmation_is_a_form_of_ours() {
    let house = House::new().await;
    let (mut browser, _) = signed_in(&house).await;
    let forged = browser.post("/logout/confirm", &[]).await;
    assert_eq!(forged.status, StatusCode::FORBIDDEN);
    assert!(is_signed_in(&mut browser).await);
}

#[tokio::test]
async fn logout_by_post_and_without_a_session() {
    let house = House::new().await;
    let (mut browser, hint) = signed_in(&house).await;
    let fields = [("id_token_hint", hint.as_str()), ("post_logout_redirect_uri", AFTER)];
    let answer = browser.post("/logout", &fields).await;
    assert_eq!(answer.location().unwrap().path(), "/logout");
    let answer = browser.follow(answer).await;
    assert_eq!(answer.location().unwrap().as_str(), AFTER);
    let again = browser.get(&path(&fields)).await;
    assert_eq!(again.location().unwrap().as_str(), AFTER, "already signed out");
    assert!(browser.get("/logout").await.text().contains("id=\"logged-out\""));
}

#[tokio::test]
async fn tokens_of_the_session_end_with_it() {
    let house = House::new().await;
    let mut browser = house.browser();
    let answer = house.authorize(&mut browser, &Ask::web()).await;
    let tokens = house.redeem(&answer.location_query("code").unwrap()).await.json();
    let page = browser.get("/logout").await;
    browser.submit(&page, "logout-confirm", &[]).await;
    let access = tokens["access_token"].as_str().unwrap();
    assert_eq!(house.userinfo(access).await.status, StatusCode::UNAUTHORIZED);
    let refresh = house.refresh(tokens["refresh_token"].as_str().unwrap()).await;
    assert_eq!(refresh.json()["error"], "invalid_grant");
}
