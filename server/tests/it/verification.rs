//! `/verify` and `/v`.

use axum::body::Body;
use http::Request;
use world::{Answer, Browser};

use crate::house::House;

async fn verify(browser: &mut Browser, parts: &[(&str, Option<&str>, &str)]) -> Answer {
    let page = browser.get("/verify").await;
    let (_, hidden) = page.form("verify");
    let token = hidden.iter().find(|(name, _)| name == "form_token").unwrap().1.clone();
    let mut body = part("form_token", None, &token);
    for (name, file, value) in parts {
        body.push_str(&part(name, *file, value));
    }
    body.push_str("--B--\r\n");
    let request = Request::post("http://localhost:8080/verify")
        .header("content-type", "multipart/form-data; boundary=B");
    browser.send(request, Body::from(body)).await
}

fn part(name: &str, file: Option<&str>, value: &str) -> String {
    let file = file.map_or_else(String::new, |file| format!("; filename=\"{file}\""));
    format!("--B\r\nContent-Disposition: form-data; name=\"{name}\"{file}\r\n\r\n{value}\r\n")
}

#[tokio::test]
async fn each_verdict_is_said_in_its_own_words_and_never_as_legal() {
    let house = House::new().await;
    let mut browser = house.stranger();
    for (text, words) in [
        ("valid", "技术核验通过"),
        ("invalid", "技术核验未通过"),
        ("undetermined", "无法判定"),
        ("something else", "无法判定"),
    ] {
        let answer = verify(&mut browser, &[("text", None, text)]).await;
        assert_eq!(answer.status, 200);
        let text = answer.text();
        assert!(text.contains(words), "{words}: {text}");
        assert!(!text.contains("合法有效"));
    }
}

#[tokio::test]
async fn an_unknown_reason_is_told_by_its_family_with_its_code() {
    let house = House::new().await;
    let answer = verify(&mut house.stranger(), &[("text", None, "invalid")]).await.text();
    assert!(answer.contains("PDF 文件的结构不合规范") && answer.contains("pdf-something-new"));
    assert!(answer.contains("&#60;b&#62;detail") && !answer.contains("<b>detail"));
}

#[tokio::test]
async fn a_file_and_its_name_are_shown_as_text() {
    let house = House::new().await;
    let file = ("file", Some("..\\<svg onload=1>.pdf"), "valid <svg onload=1>");
    let answer = verify(&mut house.stranger(), &[file]).await;
    let text = answer.text();
    assert!(text.contains("技术核验通过") && text.contains("&#60;svg onload=1&#62;.pdf"));
    assert!(!text.contains("<svg"));
}

#[tokio::test]
async fn sending_nothing_shows_the_form_again() {
    let house = House::new().await;
    for parts in [&[("text", None, " \n ")][..], &[("file", Some(""), "")]] {
        let answer = verify(&mut house.stranger(), parts).await;
        assert_eq!(answer.status, 422);
        assert!(answer.text().contains("id=\"error\"") && answer.text().contains("verify-form"));
    }
}

#[tokio::test]
async fn the_landing_page_posts_what_it_was_given_and_works_without_script() {
    let house = House::new().await;
    let page = house.stranger().get("/v").await;
    let text = page.text();
    let (action, hidden) = page.form("verify-file");
    assert_eq!(action, "/verify");
    assert!(hidden.iter().any(|(name, _)| name == "text"));
    assert!(text.contains("method=\"post\"") && text.contains("verify.js"));
}
