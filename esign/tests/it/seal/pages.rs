//! `/officer` in a browser without script.

use auth_core::login::{Attempt, SignInOutcome};
use axum::{
    body::Body,
    http::{Request, StatusCode, header},
};
use world::{Answer, Browser, PASSWORD};
use zeroize::Zeroizing;

use super::{County, letter};

async fn browser(county: &County, username: &str) -> Browser {
    let attempt = Attempt {
        username: username.to_owned(),
        password: Zeroizing::new(PASSWORD.to_owned()),
        source: "127.0.0.1".to_owned(),
        user_agent: "test".to_owned(),
        device: None,
        replaces: None,
    };
    let sign_in = county.world.sign_in().await;
    let SignInOutcome::Done(done) = sign_in.attempt(attempt, county.now()).await.unwrap() else {
        panic!("not signed in");
    };
    let mut browser = Browser::new(esign::router(county.deps()));
    browser.set_cookie("yx_session", done.cookie.reveal());
    browser
}

async fn upload(browser: &mut Browser, page: &Answer, seal: &str, file: &[u8]) -> Answer {
    let (action, hidden) = page.form("send");
    let mut body = Vec::new();
    let mut fields: Vec<(&str, &str)> =
        hidden.iter().map(|(name, value)| (name.as_str(), value.as_str())).collect();
    fields.extend([("seal", seal), ("place", "last-closing"), ("note", "<b>急件</b>")]);
    for (name, value) in fields {
        let part =
            format!("--b\r\ncontent-disposition: form-data; name=\"{name}\"\r\n\r\n{value}\r\n");
        body.extend_from_slice(part.as_bytes());
    }
    let head = "--b\r\ncontent-disposition: form-data; name=\"file\"; filename=\"函<i>.pdf\"\r\n\
                content-type: application/pdf\r\n\r\n";
    body.extend_from_slice(head.as_bytes());
    body.extend_from_slice(file);
    body.extend_from_slice(b"\r\n--b--\r\n");
    let request = Request::post(format!("http://localhost:8080{action}"))
        .header(header::CONTENT_TYPE, "multipart/form-data; boundary=b")
        .header(header::ORIGIN, "http://localhost:8080");
    browser.send(request, Body::from(body)).await
}

#[tokio::test]
async fn ask_on_one_phone_approve_on_another() {
    let county = County::new().await;
    let (mut lisi, mut wangwu) = (browser(&county, "lisi").await, browser(&county, "wangwu").await);
    let desk = lisi.get("/officer").await;
    assert_eq!(desk.status, StatusCode::OK);
    assert!(desk.text().contains("id=\"ask\""));
    let form = lisi.get("/officer/ask").await;
    let asked = upload(&mut lisi, &form, county.seal.id.as_str(), &letter()).await;
    assert_eq!(asked.status, StatusCode::SEE_OTHER, "{}", asked.text());
    let shown = lisi.follow(asked).await;
    assert!(shown.text().contains("&#60;b&#62;急件") || shown.text().contains("&lt;b&gt;急件"));
    assert!(!shown.text().contains("<b>急件") && !shown.text().contains("函<i>"));
    assert!(shown.text().contains("id=\"withdraw\"") && !shown.text().contains("id=\"approve\""));

    let desk = wangwu.get("/officer").await;
    assert!(desk.text().contains("李四"), "the asker is named");
    let path = shown.url.path().to_owned();
    let request = wangwu.get(&path).await;
    let refused = wangwu.submit(&request, "refuse", &[("reason", " ")]).await;
    assert_eq!(refused.status, StatusCode::UNPROCESSABLE_ENTITY);
    assert!(refused.text().contains("id=\"error\""));
    let approved = wangwu.submit(&request, "approve", &[]).await;
    let approved = wangwu.follow(approved).await;
    assert!(approved.text().contains("id=\"download\""), "{}", approved.text());
    let sealed = lisi.get(&format!("{path}/sealed")).await;
    assert_eq!(sealed.headers["content-type"], "application/octet-stream");
    let disposition = sealed.headers["content-disposition"].to_str().unwrap();
    assert!(disposition.starts_with("attachment; filename*=UTF-8''%E5%87%BD%3Ci%3E.pdf"));
    assert_eq!(county.verify(&sealed.body, None).await.verdict, auth_core::Verdict::Valid);
    let again = wangwu.submit(&request, "approve", &[]).await;
    assert_eq!(again.status, StatusCode::CONFLICT);
}

#[tokio::test]
async fn pages_are_for_officers_and_forms_are_ours() {
    let county = County::new().await;
    county.world.person("zhangsan", "张三").await;
    let mut citizen = browser(&county, "zhangsan").await;
    assert_eq!(citizen.get("/officer").await.status, StatusCode::FORBIDDEN);
    assert_eq!(citizen.get("/officer/ask").await.status, StatusCode::FORBIDDEN);
    let picture = format!("/officer/seals/{}.svg", county.seal.id);
    assert_eq!(citizen.get(&picture).await.status, StatusCode::NOT_FOUND);
    let mut nobody = Browser::new(esign::router(county.deps()));
    let away = nobody.get("/officer").await;
    assert!(away.location().unwrap().path().starts_with("/login"));
    let mut lisi = browser(&county, "lisi").await;
    let drawn = lisi.get(&picture).await;
    assert_eq!(drawn.headers["content-type"], "image/svg+xml");
    assert!(drawn.text().starts_with("<svg"));
    assert_eq!(lisi.get("/officer/requests/unknown").await.status, StatusCode::NOT_FOUND);
    // Row 51: a form from elsewhere.
    let forged = lisi.post("/officer/requests/x/approve", &[("form_token", "x")]).await;
    assert_eq!(forged.status, StatusCode::FORBIDDEN);
}

#[tokio::test]
async fn a_bad_file_comes_back_with_the_form() {
    let county = County::new().await;
    let mut lisi = browser(&county, "lisi").await;
    let form = lisi.get("/officer/ask?lang=en").await;
    let answer = upload(&mut lisi, &form, county.seal.id.as_str(), b"%PDF-1.7 broken").await;
    assert_eq!(answer.status, StatusCode::UNPROCESSABLE_ENTITY);
    assert!(answer.text().contains("id=\"error\"") && answer.text().contains("id=\"send\""));
    let answer = upload(&mut lisi, &form, "unknown", &letter()).await;
    assert_eq!(answer.status, StatusCode::NOT_FOUND);
}
