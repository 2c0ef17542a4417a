//! Who is signed in, who is sent where.

use crate::support::Site;

#[tokio::test]
async fn strangers_are_sent_to_sign_in_and_come_back() {
    let site = Site::demo();
    for cookie in ["", "yx_session=unknown", "yx_session="] {
        let answer = site.get("/mine?a=1&lang=en", &[("cookie", cookie)]).await;
        assert_eq!(answer.status, 303);
        assert_eq!(answer.header("location"), "/login?return_to=%2Fmine%3Fa%3D1");
    }
    let answer = site.get("/mine", &[("cookie", "yx_session=zhang")]).await;
    assert_eq!((answer.status.as_u16(), answer.body.as_str()), (200, "张三"));
}

#[tokio::test]
async fn who_must_change_the_password_does_that_first() {
    let site = Site::demo();
    let answer = site.get("/mine", &[("cookie", "yx_session=new")]).await;
    assert_eq!(answer.status, 303);
    assert_eq!(answer.header("location"), "/account/password");
    let answer = site.get("/account/password", &[("cookie", "yx_session=new")]).await;
    assert_eq!(answer.status, 200);
}

#[tokio::test]
async fn a_busy_store_is_said_and_not_taken_for_signed_out() {
    let answer = Site::demo().get("/mine", &[("cookie", "yx_session=busy")]).await;
    assert_eq!(answer.status, 503);
    assert_eq!(answer.header("retry-after"), "2");
    assert!(answer.body.contains("id=\"error-id\""));
}

#[tokio::test]
async fn bearer_tokens_come_in_one_header_only() {
    let site = Site::demo();
    let answer = site.get("/api/me", &[("authorization", "Bearer yxa_x")]).await;
    assert_eq!((answer.status.as_u16(), answer.body.as_str()), (200, "yxa_x"));
    let none = site.get("/api/me?access_token=yxa_x", &[]).await;
    assert_eq!(none.status, 401);
    assert_eq!(none.header("www-authenticate"), "Bearer");
    for bad in ["Basic eDp5", "Bearer", "Bearer a b"] {
        let answer = site.get("/api/me", &[("authorization", bad)]).await;
        assert_eq!(answer.status, 401, "{bad}");
        assert_eq!(answer.header("www-authenticate"), "Bearer error=\"invalid_token\"");
    }
    let two = [("authorization", "Bearer a"), ("authorization", "Bearer b")];
    assert_eq!(site.get("/api/me", &two).await.status, 401);
}

/// Row 32: ten mebibytes of dots are refused before they are looked up or copied.
#[tokio::test]
async fn an_endless_bearer_token_is_refused() {
    let long = format!("Bearer {}", ".".repeat(10 << 20));
    let answer = Site::demo().get("/api/me", &[("authorization", &long)]).await;
    assert_eq!(answer.status, 401);
    assert!(answer.body.len() < 1024);
}
