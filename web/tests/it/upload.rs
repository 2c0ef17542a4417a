//! Uploads: the same checks as forms, and a size.

use axum::body::Body;

use crate::support::{Answer, Site, request};

async fn send(site: &Site, cookie: &str, origin: &str, body: String) -> Answer {
    let headers = [
        ("cookie", cookie),
        ("origin", origin),
        ("content-type", "multipart/form-data; boundary=B"),
    ];
    site.send(request("POST", "/upload", &headers, Body::from(body))).await
}

fn parts(parts: &[(&str, Option<&str>, &str)]) -> String {
    let mut body = String::new();
    for (name, file, value) in parts {
        let file = file.map_or_else(String::new, |file| format!("; filename=\"{file}\""));
        body.push_str(&format!(
            "--B\r\nContent-Disposition: form-data; name=\"{name}\"{file}\r\n\r\n{value}\r\n"
        ));
    }
    body + "--B--\r\n"
}

#[tokio::test]
async fn fields_and_files_are_taken_with_a_token_of_ours() {
    let site = Site::demo();
    let (token, cookie) = site.form("").await;
    let body = parts(&[
        ("form_token", None, &token),
        ("note", None, "印"),
        ("file", Some("a.pdf"), "%PDF"),
    ]);
    let answer = send(&site, &cookie, "", body.clone()).await;
    assert_eq!((answer.status.as_u16(), answer.body.as_str()), (200, "印 4"));
    assert_eq!(send(&site, &cookie, "http://evil.cn", body.clone()).await.status, 403);
    assert_eq!(send(&site, "", "", body).await.status, 403);
    let without = parts(&[("file", Some("a.pdf"), "%PDF")]);
    assert_eq!(send(&site, &cookie, "", without).await.status, 403);
}

#[tokio::test]
async fn limits_hold_before_anything_is_believed() {
    let site = Site::demo();
    let (token, cookie) = site.form("").await;
    let large = "x".repeat(5000);
    let body = parts(&[("form_token", None, &token), ("file", Some("a"), &large)]);
    assert_eq!(send(&site, &cookie, "", body).await.status, 413);
    let many: Vec<(&str, Option<&str>, &str)> = (0..40).map(|_| ("note", None, "x")).collect();
    assert_eq!(send(&site, &cookie, "", parts(&many)).await.status, 400);
    assert_eq!(send(&site, &cookie, "", "--B\r\nrubbish".to_owned()).await.status, 400);
}
