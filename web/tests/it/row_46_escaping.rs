//! Rows 46 and 48: what visitors and rows contain is text, wherever the frame shows it.

use crate::support::Site;

#[tokio::test]
async fn names_and_addresses_are_text() {
    let site = Site::demo();
    let answer = site
        .get("/?x=%22%3E%3Csvg%20onload=1%3E&y='onload=1", &[("cookie", "yx_session=evil")])
        .await;
    assert_eq!(answer.status, 200);
    assert!(!answer.body.contains("<svg"), "{}", answer.body);
    assert!(answer.body.contains("&#60;svg onload=alert(1)&#62;"), "{}", answer.body);
    assert!(!answer.body.contains("'onload"), "{}", answer.body);
}

#[tokio::test]
async fn pages_are_html_and_problems_are_json_and_neither_is_sniffed() {
    let site = Site::demo();
    let page = site.get("/error", &[]).await;
    assert_eq!(page.status, 400);
    assert_eq!(page.header("content-type"), "text/html; charset=utf-8");
    assert_eq!(page.header("x-content-type-options"), "nosniff");
    assert!(page.body.contains("id=\"error\"") && page.body.contains("invalid_request"));
    let problem = site.get("/problem", &[]).await;
    assert_eq!(problem.status, 503);
    assert_eq!(problem.header("content-type"), "application/problem+json");
    assert_eq!(problem.header("x-content-type-options"), "nosniff");
    assert_eq!(problem.header("retry-after"), "2");
    let json: serde_json::Value = serde_json::from_str(&problem.body).unwrap();
    assert_eq!(json["code"], "unavailable");
    assert_eq!(json["status"], 503);
    assert_eq!(json["error_id"].as_str().map(str::len), Some(10));
}

/// Templates of the frame carry nothing that the policy would have to allow inline.
#[test]
fn no_inline_script_or_style_in_templates() {
    for source in
        [include_str!("../../templates/frame.html"), include_str!("../../templates/error.html")]
    {
        for word in ["<style", " style=", " onclick", " onload", "javascript:"] {
            assert!(!source.contains(word), "{word}");
        }
        assert!(source.matches("<script").count() == source.matches("<script src=").count());
    }
}
