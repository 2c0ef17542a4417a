//! `/account`: sessions, applications, password.

use auth_core::{
    audit::Actor,
    directory::NewPerson,
    person::{Profile, Username},
    session::Assurance,
};
use http::StatusCode;
use world::PASSWORD;
use zeroize::Zeroizing;

use crate::house::{Ask, House};

#[tokio::test]
async fn people_see_and_end_their_sessions() {
    let house = House::new().await;
    let mut here = house.signed_in().await;
    let mut there = house.signed_in().await;
    let page = here.get("/account").await;
    assert_eq!(page.status, StatusCode::OK);
    assert!(page.text().contains("张三") && page.text().contains("id=\"end-others\""));
    assert!(!page.text().contains("330899"), "no identity number");
    let answer = here.submit(&page, "end-others", &[]).await;
    assert_eq!(answer.location().unwrap().path(), "/account");
    assert_eq!(there.get("/account").await.status, StatusCode::SEE_OTHER);
    assert_eq!(here.get("/account?done=session").await.status, StatusCode::OK);
    assert_eq!(house.recorded("session.end", "").await, 1);
}

#[tokio::test]
async fn people_withdraw_what_they_allowed() {
    let house = House::new().await;
    let mut browser = house.browser();
    let answer = house.authorize(&mut browser, &Ask::web()).await;
    let tokens = house.redeem(&answer.location_query("code").unwrap()).await.json();
    let access = tokens["access_token"].as_str().unwrap();
    let live = house.deps.permissions.of(&house.zhangsan).await.unwrap();
    let page = browser.get("/account").await;
    assert!(page.text().contains("示例网站"));
    let grant = live[0].0.id.as_str();
    let answer = browser.submit(&page, &format!("withdraw-{grant}"), &[]).await;
    assert_eq!(answer.status, StatusCode::SEE_OTHER, "{}", answer.text());
    assert_eq!(house.userinfo(access).await.status, StatusCode::UNAUTHORIZED);
    let again = browser.get(&Ask::web().path()).await;
    assert!(again.text().contains("consent-allow"), "asked again");
}

#[tokio::test]
async fn a_password_is_changed_with_the_old_one() {
    let house = House::new().await;
    let mut browser = house.signed_in().await;
    let mut other = house.signed_in().await;
    let page = browser.get("/account/password").await;
    let new = "一句容易记住的话 2026 年";
    for (old, first, again) in [
        ("wrong", new, new),
        (PASSWORD, new, "different"),
        (PASSWORD, "short", "short"),
        (PASSWORD, "zhangsan-zhangsan-1", "zhangsan-zhangsan-1"),
        (PASSWORD, PASSWORD, PASSWORD),
    ] {
        let fields = [("old", old), ("new", first), ("again", again)];
        let answer = browser.submit(&page, "password-change", &fields).await;
        assert_eq!(answer.status, StatusCode::UNPROCESSABLE_ENTITY, "{first}");
        assert!(answer.text().contains("id=\"error\""));
    }
    let before = browser.cookie("yx_session").unwrap().to_owned();
    let fields = [("old", PASSWORD), ("new", new), ("again", new)];
    let answer = browser.submit(&page, "password-change", &fields).await;
    assert_eq!(answer.location().unwrap().path(), "/account", "{}", answer.text());
    let mut thief = house.browser();
    thief.set_cookie("yx_session", &before);
    let answer = thief.get("/account").await;
    assert_eq!(answer.status, StatusCode::SEE_OTHER, "row 50: a new session id");
    assert_eq!(browser.get("/account").await.status, StatusCode::OK);
    assert_eq!(other.get("/account").await.status, StatusCode::SEE_OTHER, "signed out elsewhere");
    let page = other.get("/login").await;
    let fields = [("username", "zhangsan"), ("password", new)];
    assert_eq!(other.submit(&page, "login", &fields).await.status, StatusCode::SEE_OTHER);
}

#[tokio::test]
async fn a_first_password_is_changed_before_anything_else() {
    let house = House::new().await;
    let person = NewPerson {
        username: Username::parse("xinren").unwrap(),
        profile: Profile { name: "新人".to_owned(), id_number: None, phone: None, address: None },
        assurance: Assurance(2),
        password: Some(Zeroizing::new(PASSWORD.to_owned())),
        must_change_password: true,
    };
    let now = house.world.now();
    house.deps.directory.register(person, Actor::System, now).await.unwrap();
    let mut browser = house.browser();
    let start = browser.get(&Ask::web().path()).await;
    let login = browser.follow(start).await;
    let fields = [("username", "xinren"), ("password", PASSWORD)];
    let next = browser.submit(&login, "login", &fields).await;
    let page = browser.follow(next).await;
    assert_eq!(page.url.path(), "/account/password", "{}", page.text());
    // The request itself does not get past it either.
    let again = browser.get(&Ask::web().path()).await;
    assert_eq!(again.location().unwrap().path(), "/account/password");
    let silent = browser.get(&Ask::web().with("prompt", "none").path()).await;
    assert_eq!(silent.location_query("error").as_deref(), Some("login_required"));
    let new = "另一句很容易记住的话 2026 年";
    let fields = [("old", PASSWORD), ("new", new), ("again", new)];
    let next = browser.submit(&page, "password-change", &fields).await;
    let consent = browser.follow(next).await;
    assert!(consent.text().contains("consent-allow"), "{}", consent.text());
}
