//! Errors that nobody wrote a page for.

use crate::support::Site;

const BROWSER: (&str, &str) = ("accept", "text/html,application/xhtml+xml,*/*;q=0.8");

#[tokio::test]
async fn a_browser_gets_a_page_and_no_detail_from_inside() {
    let site = Site::demo();
    for (path, status) in [("/number/x", 400), ("/late", 503), ("/nothing", 404)] {
        let answer = site.get(path, &[BROWSER]).await;
        assert_eq!(answer.status, status, "{path}");
        assert!(answer.body.contains("id=\"error-id\""), "{path}");
        assert!(!answer.body.contains("Cannot parse"), "{path}");
        assert_eq!(answer.header("x-frame-options"), "DENY");
    }
}

#[tokio::test]
async fn in_the_language_that_was_chosen() {
    let answer = Site::demo().get("/late", &[BROWSER, ("cookie", "yx_lang=en")]).await;
    assert!(answer.body.contains("lang=\"en\""));
}

#[tokio::test]
async fn programs_and_written_errors_are_left_alone() {
    let site = Site::demo();
    let bare = site.get("/late", &[("accept", "*/*")]).await;
    assert_eq!((bare.status.as_u16(), bare.body.as_str()), (503, ""));
    let written = site.get("/error", &[BROWSER]).await;
    assert!(written.body.contains("invalid_request"));
    let problem = site.get("/problem", &[BROWSER]).await;
    assert_eq!(problem.header("content-type"), "application/problem+json");
    let redirect = site.get("/mine", &[BROWSER]).await;
    assert_eq!(redirect.status, 303);
}
