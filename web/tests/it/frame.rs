//! Language, type size, navigation.

use crate::support::Site;

#[tokio::test]
async fn language_comes_from_the_query_then_the_cookie_then_the_browser() {
    let site = Site::demo();
    let tag = |headers: Vec<(&'static str, &'static str)>, path: &'static str| {
        let site = &site;
        async move { site.get(path, &headers).await.after("<html lang=\"").to_owned() }
    };
    let en = ("accept-language", "en-GB,en;q=0.9");
    assert_eq!(tag(vec![], "/").await, "zh-CN");
    assert_eq!(tag(vec![en], "/").await, "en");
    assert_eq!(tag(vec![en, ("cookie", "yx_lang=zh-CN")], "/").await, "zh-CN");
    assert_eq!(tag(vec![en, ("cookie", "yx_lang=zh-CN")], "/?lang=en").await, "en");
    assert_eq!(tag(vec![("cookie", "yx_lang=../../x")], "/?lang=fr").await, "zh-CN");
}

#[tokio::test]
async fn switches_keep_the_page_and_its_query_and_are_remembered() {
    let site = Site::demo();
    let answer = site.get("/?return_to=%2Fmine&lang=zh-CN", &[]).await;
    assert_eq!(answer.after("id=\"switch-lang\" href=\""), "/?return_to=%2Fmine&#38;lang=en");
    let answer = site.get("/?lang=en&size=large", &[]).await;
    assert!(answer.set_cookies().iter().any(|cookie| cookie.starts_with("yx_lang=en;")));
    assert!(answer.set_cookies().iter().any(|cookie| cookie.starts_with("yx_size=large;")));
    assert!(answer.body.contains("class=\"large\""));
    let later = site.get("/", &[("cookie", "yx_size=large; yx_lang=en")]).await;
    assert!(later.body.contains("class=\"large\"") && later.set_cookies().is_empty());
}

#[tokio::test]
async fn everybody_finds_their_own_sections() {
    let site = Site::demo();
    let stranger = site.get("/", &[]).await.body;
    assert!(stranger.contains("href=\"/verify\"") && !stranger.contains("href=\"/officer\""));
    assert!(stranger.contains("id=\"sign-in\"") && !stranger.contains("id=\"logout\""));
    let officer = site.get("/", &[("cookie", "yx_session=other")]).await.body;
    assert!(officer.contains("href=\"/officer\"") && !officer.contains("href=\"/issue\""));
    assert!(officer.contains("李四") && officer.contains("id=\"logout\""));
    assert!(officer.contains("aria-current=\"page\""));
}

#[tokio::test]
async fn the_demo_says_so_and_production_does_not() {
    assert!(Site::demo().get("/", &[]).await.body.contains("id=\"demo-banner\""));
    let production = Site::production().get("/", &[("host", "county.gov.cn")]).await;
    assert!(!production.body.contains("demo-banner"));
}
