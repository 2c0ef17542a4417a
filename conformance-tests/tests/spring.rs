//! Stock Spring Security (Boot 3, JDK 17) with ten lines of configuration: login, refresh, logout.
#![allow(clippy::unwrap_used, clippy::print_stderr, reason = "tests")]

use std::{
    path::Path,
    process::{Child, Command, Stdio},
    time::{Duration, Instant},
};

use conformance_tests::{Answer, Browser, Demo};

struct App(Child);

impl Drop for App {
    fn drop(&mut self) {
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

#[test]
fn spring_security_signs_in_refreshes_and_signs_out() {
    let jar = Path::new(env!("CARGO_MANIFEST_DIR")).join("java/target/spring-client.jar");
    if !jar.exists() {
        eprintln!(
            "skipped: {} is not built; ./scripts/install-test-tools builds it",
            jar.display()
        );
        return;
    }
    let Some(demo) = Demo::start() else { return };
    let port = Demo::free_port();
    let app = format!("http://127.0.0.1:{port}");
    let _running = App(Command::new("java")
        .args(["-Xmx256m", "-XX:TieredStopAtLevel=1", "-jar"])
        .arg(&jar)
        .env("ISSUER", demo.issuer())
        .env("PORT", port.to_string())
        .stdout(Stdio::null())
        .spawn()
        .unwrap());
    wait_for(port);

    let mut browser = Browser::default();
    let start = browser.get(&format!("{app}/me"));
    let page = across(&mut browser, start);
    let fields = [("username", "zhangsan"), ("password", "Yinxin-demo-2026")];
    let answer = browser.submit(&page, "login", &fields);
    let consent = across(&mut browser, answer);
    let answer = browser.submit(&consent, "consent-allow", &[("decision", "allow")]);
    let me = across(&mut browser, answer);
    assert!(me.url.starts_with(&format!("{app}/me")), "{} {}", me.url, me.text());
    assert!(me.text().ends_with("张三"), "{}", me.text());

    assert_eq!(browser.get(&format!("{app}/refresh")).text(), "refreshed true");

    let csrf = browser.get(&format!("{app}/csrf")).text();
    let (name, value) = csrf.split_once('=').unwrap();
    let out = browser.post(&format!("{app}/logout"), &[(name, value)]);
    // The ID token that Spring sends along is the session's own: nothing is asked again.
    let home = across(&mut browser, out);
    assert_eq!(home.text(), "signed out", "{}", home.url);
    assert_eq!(browser.get(&format!("{app}/me")).status, 302, "still signed in");
}

/// Follows redirects from host to host.
fn across(browser: &mut Browser, mut answer: Answer) -> Answer {
    for _ in 0..12 {
        let Some(next) = answer.location() else { return answer };
        answer = browser.get(&next);
    }
    panic!("too many redirects at {}", answer.url)
}

fn wait_for(port: u16) {
    let until = Instant::now() + Duration::from_secs(90);
    while std::net::TcpStream::connect(("127.0.0.1", port)).is_err() {
        assert!(Instant::now() < until, "the Spring app did not start");
        std::thread::sleep(Duration::from_millis(200));
    }
}
