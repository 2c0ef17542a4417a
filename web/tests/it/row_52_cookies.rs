//! Row 52: cookies of ours that somebody else set beside them.

use crate::support::Site;

#[tokio::test]
async fn tossed_duplicates_are_refused() {
    let site = Site::demo();
    for cookie in ["yx_session=zhang; yx_session=other", "yx_form=a; x=1; yx_form=b"] {
        let answer = site.get("/", &[("cookie", cookie)]).await;
        assert_eq!(answer.status, 400, "{cookie}");
        assert!(answer.body.contains("id=\"error\""));
    }
    let two = site.get("/", &[("cookie", "yx_session=zhang"), ("cookie", "yx_session=other")]);
    assert_eq!(two.await.status, 400);
}

#[tokio::test]
async fn a_hundred_foreign_cookies_change_nothing() {
    let cookie: String = (0..100).map(|n| format!("__Host-yx_session{n}=x; ")).collect();
    let answer = Site::demo().get("/", &[("cookie", &cookie)]).await;
    assert_eq!(answer.status, 200);
}

#[tokio::test]
async fn production_cookies_are_host_only() {
    let site = Site::production();
    let answer = site.get("/form?lang=en&size=large", &[("host", "county.gov.cn")]).await;
    let cookies = answer.set_cookies();
    assert_eq!(cookies.len(), 3);
    for cookie in cookies {
        assert!(cookie.starts_with("__Host-yx_"), "{cookie}");
        for part in ["; Path=/", "; Secure", "; HttpOnly", "; SameSite=Lax"] {
            assert!(cookie.contains(part), "{cookie} lacks {part}");
        }
        assert!(!cookie.contains("Domain"));
    }
    // The name without prefix, which a subdomain can set, is nobody's session here.
    let headers = [("host", "county.gov.cn"), ("cookie", "yx_session=zhang")];
    assert!(!site.get("/", &headers).await.body.contains("张三"));
    let headers = [("host", "county.gov.cn"), ("cookie", "__Host-yx_session=zhang")];
    assert!(site.get("/", &headers).await.body.contains("张三"));
}

#[tokio::test]
async fn a_page_without_a_form_leaves_no_cookie() {
    assert!(Site::demo().get("/", &[]).await.set_cookies().is_empty());
}

#[tokio::test]
async fn a_made_up_form_cookie_is_replaced() {
    let site = Site::demo();
    for value in ["x", "yx_form=", "yx_form=\"><script>", "yx_form=AAAAAAAAAAAAAAAAAAAAAAAA"] {
        let (_, cookie) = site.form(value).await;
        assert_eq!(cookie.len(), "yx_form=".len() + 22, "{value}");
    }
}
