//! Row 14 of the attack table: what waits in the browser is what the checks let through.

use http::StatusCode;

use crate::house::{Ask, House, log_in};

#[tokio::test]
async fn row_14_an_altered_or_foreign_request_is_lost() {
    let house = House::new().await;
    let mut browser = house.browser();
    let start = browser.get(&Ask::web().path()).await;
    let login = browser.follow(start).await;
    let cookie = browser.cookie("yx_flow").unwrap().to_owned();
    let back =
        login.form("login").1.iter().find(|(name, _)| name == "return_to").unwrap().1.clone();
    assert!(back.starts_with("/authorize/continue?flow="));
    let lost = |text: String| text.contains("invalid_request") && text.contains("id=\"error\"");

    for index in [0, cookie.len() / 2, cookie.len() - 1] {
        let mut altered = cookie.clone().into_bytes();
        altered[index] = if altered[index] == b'A' { b'B' } else { b'A' };
        browser.set_cookie("yx_flow", std::str::from_utf8(&altered).unwrap());
        let answer = browser.get(&back).await;
        assert!(answer.location().is_none() && lost(answer.text()), "byte {index}");
    }
    browser.set_cookie("yx_flow", &cookie);
    let unknown = browser.get("/authorize/continue?flow=AAAAAAAAAAAAAAAAAAAAAA").await;
    assert!(lost(unknown.text()));
    // In another browser the link is worth nothing (login CSRF, RFC 9700 §4.7).
    assert!(lost(house.signed_in().await.get(&back).await.text()));
    // Parameters beside the handle change nothing.
    let more = format!("{back}&redirect_uri=https://evil.cn/&response_type=token");
    let answer = browser.get(&more).await;
    assert_eq!(answer.location().unwrap().path(), "/login");
}

#[tokio::test]
async fn row_14_a_registration_that_changed_meanwhile_counts() {
    let house = House::new().await;
    let mut browser = house.browser();
    let start = browser.get(&Ask::web().path()).await;
    let login = browser.follow(start).await;
    house.disable_client("demo-web").await;
    let next = log_in(&mut browser, &login).await;
    let answer = browser.follow(next).await;
    assert_eq!(answer.location_query("error").as_deref(), Some("access_denied"));
}

#[tokio::test]
async fn a_request_waits_half_an_hour() {
    let house = House::new().await;
    let mut browser = house.browser();
    let start = browser.get(&Ask::web().path()).await;
    let login = browser.follow(start).await;
    house.world.clock.forward(1801);
    let next = log_in(&mut browser, &login).await;
    let answer = browser.follow(next).await;
    assert_eq!(answer.status, StatusCode::BAD_REQUEST);
    assert!(answer.text().contains("id=\"error\""));
}

#[tokio::test]
async fn several_tabs_wait_side_by_side() {
    let house = House::new().await;
    let mut browser = house.browser();
    let mut pages = Vec::new();
    for state in ["one", "two", "three"] {
        let start = browser.get(&Ask::web().with("state", state).path()).await;
        pages.push(browser.follow(start).await);
    }
    assert!(browser.cookie("yx_flow").unwrap().len() < 4000);
    let next = log_in(&mut browser, &pages[0]).await;
    let consent = browser.follow(next).await;
    let answer = browser.submit(&consent, "consent-allow", &[("decision", "allow")]).await;
    assert_eq!(answer.location_query("state").as_deref(), Some("one"));
    let (_, fields) = pages[2].form("login");
    let back = &fields.iter().find(|(name, _)| name == "return_to").unwrap().1;
    assert_eq!(browser.get(back).await.location_query("state").as_deref(), Some("three"));
}

#[tokio::test]
async fn nothing_is_written_for_anonymous_visitors() {
    let house = House::new().await;
    let count =
        || async { house.recorded("code.issue", "").await + house.recorded("authorize", "").await };
    let before = count().await;
    for _ in 0..20 {
        let mut browser = house.browser();
        let start = browser.get(&Ask::web().path()).await;
        browser.follow(start).await;
    }
    assert_eq!(count().await, before);
}
