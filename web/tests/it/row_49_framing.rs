//! Rows 47 and 49: the policy of every page, and what a validated redirect adds to it.

use crate::support::Site;

#[tokio::test]
async fn the_headers_of_a_page() {
    let answer = Site::demo().get("/", &[("cookie", "yx_session=zhang")]).await;
    let names = [
        "cache-control",
        "content-security-policy",
        "content-type",
        "cross-origin-resource-policy",
        "permissions-policy",
        "referrer-policy",
        "x-content-type-options",
        "x-frame-options",
    ];
    let headers: Vec<String> =
        names.iter().map(|name| format!("{name}: {}", answer.header(name))).collect();
    insta::assert_snapshot!(headers.join("\n"), @r"
    cache-control: no-store
    content-security-policy: default-src 'none'; base-uri 'none'; frame-ancestors 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; font-src 'self'; connect-src 'self'; manifest-src 'self'; form-action 'self'
    content-type: text/html; charset=utf-8
    cross-origin-resource-policy: same-origin
    permissions-policy: camera=(self), geolocation=(), microphone=(), payment=()
    referrer-policy: same-origin
    x-content-type-options: nosniff
    x-frame-options: DENY
    ");
}

#[tokio::test]
async fn only_well_formed_origins_join_form_action() {
    let answer = Site::demo().get("/consent", &[]).await;
    let policy = answer.header("content-security-policy");
    assert!(policy.ends_with("form-action 'self' https://app.example.cn cn.app.private:"));
    assert!(!policy.contains("evil.cn"));
}

#[tokio::test]
async fn error_pages_are_protected_too() {
    for path in ["/error", "/mine"] {
        let cookie = if path == "/mine" { "yx_session=busy" } else { "" };
        let answer = Site::demo().get(path, &[("cookie", cookie)]).await;
        assert!(answer.header("content-security-policy").contains("frame-ancestors 'none'"));
        assert_eq!(answer.header("x-frame-options"), "DENY");
    }
}
