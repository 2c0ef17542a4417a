//! Rows 1–7 of the attack table: where a code may go. The right answer to anything else is a page
//! on our own origin that names the error and leads nowhere.

use http::{StatusCode, header};

use crate::house::{Ask, CALLBACK, House};

/// An error page of ours: no `Location`, the code in text, an error id that the audit trail knows.
async fn stays_here(house: &House, ask: &Ask) {
    let answer = house.browser().get(&ask.path()).await;
    let text = answer.text();
    assert_eq!(answer.status, StatusCode::BAD_REQUEST, "{} {text}", ask.path());
    assert!(answer.headers.get(header::LOCATION).is_none(), "{}", ask.path());
    assert!(text.contains("id=\"error\"") && text.contains("invalid_request"), "{text}");
}

#[tokio::test]
async fn row_01_02_03_06_07_only_identical_bytes_are_a_redirect_uri() {
    let house = House::new().await;
    house.client("a", |_| ()).await;
    let right = "https://a.cn/cb";
    let ask = |uri: &str| Ask::web().with("client_id", "a").with("redirect_uri", uri);
    for evil in [
        "https://a.cn.evil.cn/cb",
        "https://a.cn@evil.cn/cb",
        "https://x@y@a.cn/cb",
        "https://x@a.cn/cb",
        "https://a.cn/cb/..;/x",
        "https://a.cn/x/../cb",
        "https://a.cn/%2e%2e/cb",
        "https://a.cn/%252e/cb",
        "https://a.cn\\cb",
        "https://a.cn//cb",
        "https://a.cn/cb\t",
        "https://a.cn/cb\0",
        "https://a.cn./cb",
        "https://a.cn:443/cb",
        "https://A.CN/cb",
        "HTTPS://a.cn/cb",
        "https://a.cn/cb?",
        "https://a.cn/cb?x=1",
        "http://a.cn/cb",
        "//a.cn/cb",
        "https://evil.cn＃@a.cn/cb",
        "https://a\u{ad}.cn/cb",
        "https://xn--a-ecp.cn/cb",
        "JaVaScRiPt:alert(1)//https://a.cn/cb",
        "data:text/html,<script>1</script>",
        "vbscript:msgbox(1)",
    ] {
        stays_here(&house, &ask(evil)).await;
    }
    let answer = house.browser().get(&ask(right).path()).await;
    assert_eq!(answer.status, StatusCode::SEE_OTHER);
    assert!(house.recorded("authorize", "RedirectUriUnregistered").await >= 26);
}

#[tokio::test]
async fn row_04_only_the_port_of_a_loopback_address_may_differ() {
    let house = House::new().await;
    for evil in [
        "http://127.0.0.1.evil.cn/callback",
        "http://[::1]:9/callback",
        "http://[::ffff:127.0.0.1]/callback",
        "http://localhost:9/callback",
        "http://0x7f.1/callback",
        "http://2130706433/callback",
        "http://127.0.0.1:99999/callback",
        "http://127.0.0.1:9@evil.cn/callback",
        "https://127.0.0.1:9/callback",
        "http://127.0.0.1:9/callback/",
    ] {
        stays_here(&house, &Ask::web().with("redirect_uri", evil)).await;
    }
    for right in [CALLBACK, "http://127.0.0.1/callback", "http://127.0.0.1:65535/callback"] {
        let answer = house.browser().get(&Ask::web().with("redirect_uri", right).path()).await;
        assert_eq!(answer.status, StatusCode::SEE_OTHER, "{right}");
    }
}

#[tokio::test]
async fn row_05_no_fragment() {
    let house = House::new().await;
    stays_here(&house, &Ask::web().with("redirect_uri", &format!("{CALLBACK}#x"))).await;
}

#[tokio::test]
async fn a_request_without_client_or_uri_stays_here() {
    let house = House::new().await;
    stays_here(&house, &Ask::web().without("redirect_uri")).await;
    stays_here(&house, &Ask::web().without("client_id")).await;
    stays_here(&house, &Ask::web().with("redirect_uri", "")).await;
    let unknown = house.browser().get(&Ask::web().with("client_id", "nobody").path()).await;
    assert_eq!(unknown.status, StatusCode::BAD_REQUEST);
    assert!(unknown.text().contains("invalid_client") && unknown.location().is_none());
}
