//! Row 44: unknown, doubled and absolute-form hosts get 421; nothing is built from them.

use crate::support::Site;

#[tokio::test]
async fn unknown_hosts_are_misdirected() {
    let site = Site::demo();
    for host in ["evil.cn", "localhost:8080.evil.cn", "localhost", "localhost:80801"] {
        let answer = site.get("/", &[("host", host)]).await;
        assert_eq!(answer.status, 421, "{host}");
        assert!(!answer.body.contains(host) || host == "localhost", "{host} is echoed");
        assert!(answer.body.contains("http://localhost:8080"));
    }
    let twice = site.get("/", &[("host", "localhost:8080"), ("host", "evil.cn")]).await;
    assert_eq!(twice.status, 421);
    assert_eq!(site.get("http://evil.cn/", &[]).await.status, 421);
}

#[tokio::test]
async fn forwarded_headers_change_nothing() {
    let headers = [("x-forwarded-host", "evil.cn"), ("forwarded", "host=evil.cn;proto=https")];
    let answer = Site::demo().get("/", &headers).await;
    assert_eq!(answer.status, 200);
    assert!(!answer.body.contains("evil.cn"));
}
