//! Row 51: forms that another site, another browser or another session made are refused.

use crate::support::Site;

#[tokio::test]
async fn our_own_form_is_taken() {
    let site = Site::demo();
    let (token, cookie) = site.form("").await;
    let body = format!("form_token={token}&note=%E5%8D%B0");
    for origin in ["", "http://localhost:8080"] {
        let headers = [("cookie", cookie.as_str()), ("origin", origin)];
        let answer = site.post(&body, &headers).await;
        assert_eq!((answer.status.as_u16(), answer.body.as_str()), (200, "印"), "{origin:?}");
    }
}

#[tokio::test]
async fn foreign_and_null_origins_are_refused_even_with_a_good_token() {
    let site = Site::demo();
    let (token, cookie) = site.form("").await;
    let body = format!("form_token={token}&note=x");
    for origin in [
        "null",
        "http://evil.cn",
        "http://localhost:8081",
        "https://localhost:8080",
        "http://localhost:8080.evil.cn",
        "HTTP://LOCALHOST:8080/",
    ] {
        let answer = site.post(&body, &[("cookie", &cookie), ("origin", origin)]).await;
        assert_eq!(answer.status, 403, "{origin}");
        assert!(answer.body.contains("id=\"error\""));
    }
    for fetch_site in ["cross-site", "same-site"] {
        let headers = [("cookie", cookie.as_str()), ("sec-fetch-site", fetch_site)];
        assert_eq!(site.post(&body, &headers).await.status, 403, "{fetch_site}");
    }
    let two = [("origin", "http://localhost:8080"), ("origin", "http://evil.cn")];
    let headers = [("cookie", cookie.as_str()), two[0], two[1]];
    assert_eq!(site.post(&body, &headers).await.status, 403);
}

#[tokio::test]
async fn the_token_is_always_required_and_of_this_browser_and_session() {
    let site = Site::demo();
    let (token, cookie) = site.form("").await;
    let (other_token, other_cookie) = site.form("").await;
    assert_ne!(token, other_token);
    let signed_in = format!("{cookie}; yx_session=zhang");
    let (signed_token, _) = site.form(&signed_in).await;
    let refused = [
        (cookie.as_str(), "note=x".to_owned()),
        (cookie.as_str(), "note=x&form_token=".to_owned()),
        (cookie.as_str(), format!("note=x&form_token={other_token}")),
        (cookie.as_str(), format!("note=x&form_token={}", &token[..token.len() - 1])),
        (cookie.as_str(), format!("note=x&form_token={token}&form_token={token}")),
        ("", format!("note=x&form_token={token}")),
        (other_cookie.as_str(), format!("note=x&form_token={token}")),
        // A token from before the sign-in (row 50), and one of another session.
        (signed_in.as_str(), format!("note=x&form_token={token}")),
        (cookie.as_str(), format!("note=x&form_token={signed_token}")),
    ];
    for (cookie, body) in refused {
        let answer = site.post(&body, &[("cookie", cookie)]).await;
        assert_eq!(answer.status, 403, "{cookie} {body}");
    }
    let body = format!("note=x&form_token={signed_token}");
    assert_eq!(site.post(&body, &[("cookie", &signed_in)]).await.status, 200);
}

#[tokio::test]
async fn a_form_sent_as_something_else_is_refused() {
    let site = Site::demo();
    let (token, cookie) = site.form("").await;
    let body = format!("note=x&form_token={token}");
    for kind in ["text/plain", "application/json", "multipart/form-data; boundary=x"] {
        let answer = site.post(&body, &[("cookie", &cookie), ("content-type", kind)]).await;
        assert_eq!(answer.status, 415, "{kind}");
    }
    let path = format!("/form?{body}");
    let by_get = site.get(&path, &[("cookie", &cookie)]).await;
    assert!(by_get.body.contains("form_token"), "a GET only shows the form again");
}

#[tokio::test]
async fn a_form_has_a_size_and_its_fields_occur_once() {
    let site = Site::demo();
    let (token, cookie) = site.form("").await;
    let large = format!("form_token={token}&note={}", "x".repeat(64 * 1024));
    assert_eq!(site.post(&large, &[("cookie", &cookie)]).await.status, 413);
    let twice = format!("form_token={token}&note=a&note=b");
    assert_eq!(site.post(&twice, &[("cookie", &cookie)]).await.status, 400);
    let missing = format!("form_token={token}");
    assert_eq!(site.post(&missing, &[("cookie", &cookie)]).await.status, 400);
}
