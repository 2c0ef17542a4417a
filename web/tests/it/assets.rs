//! Files under a path that names their content.

use crate::support::Site;

#[tokio::test]
async fn assets_are_cached_for_ever_under_their_hash_only() {
    let site = Site::demo();
    for name in ["yinxin.css", "verify.js", "icon.svg"] {
        let path = web::assets::path(name);
        let answer = site.get(&path, &[]).await;
        assert_eq!(answer.status, 200, "{path}");
        assert_eq!(answer.header("cache-control"), "public, max-age=31536000, immutable");
        assert_eq!(answer.header("x-content-type-options"), "nosniff");
        assert_eq!(site.get(&format!("/assets/0000/{name}"), &[]).await.status, 404);
    }
    for path in ["/assets/x/..%2F..%2FCargo.toml", "/assets/none/no.js"] {
        assert_eq!(site.get(path, &[]).await.status, 404);
    }
    assert_eq!(site.get("/favicon.ico", &[]).await.header("content-type"), "image/svg+xml");
}

#[tokio::test]
async fn the_page_names_files_that_exist() {
    let site = Site::demo();
    let page = site.get("/", &[]).await;
    let css = page.after("rel=\"stylesheet\" href=\"").to_owned();
    assert_eq!(site.get(&css, &[]).await.header("content-type"), "text/css; charset=utf-8");
}

/// The style sheet loads nothing from elsewhere: no import, no foreign address.
#[test]
fn the_style_sheet_is_alone() {
    let css = include_str!("../../assets/yinxin.css");
    assert!(!css.contains("@import") && !css.contains("url(") && !css.contains("http"));
}
