//! Where nothing is, and where the method is wrong.

use axum::body::Body;
use http::Request;

use crate::house::House;

#[tokio::test]
async fn nothing_is_a_page_for_people_and_a_problem_for_programs() {
    let house = House::new().await;
    let mut browser = house.stranger();
    let page = browser.get("/nothing").await;
    assert_eq!(page.status, 404);
    assert!(page.text().contains("id=\"error\"") && page.text().contains("id=\"error-id\""));
    let problem = browser.get("/api/nothing").await;
    assert_eq!(problem.status, 404);
    assert_eq!(problem.json()["code"], "not-found");
    let english = browser.get("/nothing?lang=en").await.text();
    assert!(english.contains("lang=\"en\""));
}

#[tokio::test]
async fn a_wrong_method_is_said() {
    let house = House::new().await;
    let mut browser = house.stranger();
    let request = Request::builder().method("DELETE").uri("http://localhost:8080/verify");
    let answer = browser.send(request, Body::empty()).await;
    assert_eq!(answer.status, 405);
    assert!(answer.text().contains("id=\"error\""));
}

#[tokio::test]
async fn an_unknown_person_looks_like_any_unknown_page() {
    let house = House::new().await;
    let mut admin = house.signed_in("sysadmin").await;
    for id in ["x", "..%2F..", "01900000-0000-7000-8000-000000000000", "%00"] {
        assert_eq!(admin.get(&format!("/admin/people/{id}")).await.status, 404, "{id}");
    }
}
