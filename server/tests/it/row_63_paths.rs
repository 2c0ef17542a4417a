//! Row 63: a path is decoded once and matched exactly; near misses are nothing, for everybody.

use axum::body::Body;
use http::Request;

use crate::house::House;

#[tokio::test]
async fn near_misses_of_a_path_are_nothing() {
    let house = House::new().await;
    let mut stranger = house.stranger();
    let mut admin = house.signed_in("sysadmin").await;
    for path in [
        "/admin/;x",
        "/admin;x/people",
        "/admin/people;x",
        "//admin/people",
        "/admin//people",
        "/admin%2fpeople",
        "/admin%2Fpeople",
        "/%61dmin%2fpeople",
        "/admin/people/",
        "/admin/people%00",
        "/ADMIN/people",
        "/admin/.%2fpeople",
        "/verify/..%2fadmin/people",
        "/verify/",
    ] {
        for browser in [&mut stranger, &mut admin] {
            let request = Request::get(format!("http://localhost:8080{path}"));
            let answer = browser.send(request, Body::empty()).await;
            assert_eq!(answer.status, 404, "{path}");
            assert!(!answer.text().contains("zhangsan"), "{path}");
        }
    }
}
