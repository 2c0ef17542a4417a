//! Two nodes on PostgreSQL and Redis: a login that crosses nodes, a cache that forgets, nodes that
//! are killed in the middle of their work.
#![allow(clippy::unwrap_used, clippy::print_stderr, reason = "tests")]

use std::{
    collections::HashMap,
    io::{Read, Write},
    net::TcpStream,
    sync::{
        Arc, Mutex,
        atomic::{AtomicBool, AtomicU64, Ordering},
    },
    time::Duration,
};

use conformance_tests::{Answer, Browser, House, PASSWORD, exchange};
use serde_json::Value;

/// What the tests need of people, organisations and applications.
struct Cast {
    seal: String,
    web_secret: String,
    machine_secret: String,
}

fn cast(house: &House) -> Cast {
    let code = "11330899MB0000001B";
    house.json(&["org", "add", "测试县市场监督管理局", "--credit-code", code], "");
    let person =
        ["user", "add", "zhangsan", "--name", "张三", "--id-number", ID_NUMBER, "--no-change"];
    house.json(&person, PASSWORD);
    let made = house.json(&["seal", "make", "--org", code, "--number", "3308990000017"], "");
    let seal = made["id"].as_str().unwrap().to_owned();
    let client = |words: &[&str]| {
        let made = house.json(words, "");
        made["client_secret"].as_str().unwrap().to_owned()
    };
    let uri = "http://127.0.0.1/callback";
    let web_secret = client(&["client", "add", "web", "--name", "Web", "--redirect-uri", uri]);
    let machine_secret =
        client(&["client", "add", "machine", "--name", "M", "--machine", "--scope", "seal"]);
    let allowed = house.yinxin(&["seal", "allow", &seal, "machine"], "");
    assert!(allowed.status.success(), "{}", String::from_utf8_lossy(&allowed.stderr));
    Cast { seal, web_secret, machine_secret }
}

const ID_NUMBER: &str = "330899199001011236";
const CALLBACK: &str = "http://127.0.0.1:4711/callback";
const VERIFIER: &str = "dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk";
const CHALLENGE: &str = "E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM";

fn authorize(base: &str) -> String {
    format!(
        "{base}/authorize?response_type=code&client_id=web&redirect_uri=http%3A%2F%2F127.0.0.1%3A4711%2Fcallback\
         &scope=openid%20offline_access&state=s&code_challenge={CHALLENGE}&code_challenge_method=S256"
    )
}

/// Signs in, the request sent to one node and the forms to another; the code.
fn login(house: &House, first: usize, second: usize) -> String {
    let mut browser = Browser::default();
    let page = browser.get(&authorize(&house.node_url(first)));
    let page = on(house, &mut browser, page, second);
    let changed = page.text().contains("id=\"new\"") || page.url.contains("/account/password");
    assert!(!changed, "the account must change its password: {}", page.url);
    let mut answer = browser.submit_to(
        &page,
        "login",
        &[("username", "zhangsan"), ("password", PASSWORD)],
        &house.issuer(),
    );
    for _ in 0..6 {
        match answer.location() {
            Some(to) if to.starts_with(CALLBACK) => return query(&to, "code"),
            Some(_) => answer = on(house, &mut browser, answer, first),
            None => {
                let allow = [("decision", "allow")];
                answer = browser.submit_to(&answer, "consent-allow", &allow, &house.issuer());
            }
        }
    }
    panic!("no code: {} {}", answer.status, answer.text())
}

/// Follows one redirect at the given node.
fn on(house: &House, browser: &mut Browser, answer: Answer, node: usize) -> Answer {
    let Some(to) = answer.location() else { return answer };
    let path = to.splitn(4, '/').nth(3).unwrap_or_default().to_owned();
    browser.get(&format!("{}/{path}", house.node_url(node)))
}

fn query(url: &str, name: &str) -> String {
    let value = url.split(['?', '&']).find_map(|pair| pair.strip_prefix(&format!("{name}=")));
    value.unwrap_or_else(|| panic!("no {name} in {url}")).to_owned()
}

fn form(url: &str, fields: &[(&str, &str)]) -> Answer {
    let body: Vec<String> = fields
        .iter()
        .map(|(name, value)| format!("{name}={}", value.replace('/', "%2F").replace(':', "%3A")))
        .collect();
    let headers = [("content-type".to_owned(), "application/x-www-form-urlencoded".to_owned())];
    exchange("POST", url, &headers, body.join("&").as_bytes())
}

fn redeem(house: &House, node: usize, cast: &Cast, code: &str) -> Answer {
    let fields = [
        ("grant_type", "authorization_code"),
        ("code", code),
        ("redirect_uri", CALLBACK),
        ("code_verifier", VERIFIER),
        ("client_id", "web"),
        ("client_secret", &cast.web_secret),
    ];
    form(&format!("{}/token", house.node_url(node)), &fields)
}

fn json(answer: &Answer) -> Value {
    serde_json::from_slice(&answer.body).unwrap_or(Value::Null)
}

#[test]
fn a_login_crosses_nodes_and_nothing_becomes_reusable_when_redis_forgets() {
    let Some(house) = House::build() else { return };
    let cast = cast(&house);
    let (_one, _two) = (house.start(0), house.start(1));
    let code = login(&house, 0, 1);
    let first = redeem(&house, 1, &cast, &code);
    assert_eq!(first.status, 200, "{}", first.text());
    house.flush_redis();
    let again = redeem(&house, 0, &cast, &code);
    assert_eq!((again.status, json(&again)["error"].as_str()), (400, Some("invalid_grant")));
    // The replay ended what the first redemption began.
    let refresh = json(&first)["refresh_token"].as_str().unwrap().to_owned();
    let fields = [
        ("grant_type", "refresh_token"),
        ("refresh_token", refresh.as_str()),
        ("client_id", "web"),
        ("client_secret", &cast.web_secret),
    ];
    assert_eq!(form(&format!("{}/token", house.node_url(0)), &fields).status, 400);

    let dump = house.dump();
    for secret in [ID_NUMBER, "张三", "$argon2id"] {
        assert!(!dump.contains(secret), "{secret} stands in the dump in clear");
    }
}

/// `kill -9` of a node in a loop of seals and logins: the log verifies, every acknowledged act is
/// there once, no seal without a record. 10 kills; 100 with `YINXIN_LONG=1`.
#[test]
fn nodes_killed_in_the_middle_lose_nothing() {
    let Some(house) = House::build() else { return };
    let cast = Arc::new(cast(&house));
    let house = Arc::new(house);
    let _one = house.start(0);
    let kills = if std::env::var("YINXIN_LONG").is_ok_and(|long| long == "1") { 100 } else { 10 };
    let stop = Arc::new(AtomicBool::new(false));
    let sealed: Arc<Mutex<HashMap<String, Vec<u8>>>> = Arc::default();
    let logins = Arc::new(AtomicU64::new(0));
    let workers: Vec<_> = (0..3)
        .map(|worker| {
            let (house, cast, stop) = (house.clone(), cast.clone(), stop.clone());
            let (sealed, logins) = (sealed.clone(), logins.clone());
            std::thread::spawn(move || {
                for round in 0.. {
                    if stop.load(Ordering::Relaxed) {
                        return;
                    }
                    let node = (worker + round) % 2;
                    seal(&house, &cast, node, &format!("w{worker}r{round}"), &sealed);
                    if worker == 0 && round % 8 == 0 {
                        let code = login(&house, 0, 0);
                        assert_eq!(redeem(&house, 0, &cast, &code).status, 200);
                        logins.fetch_add(1, Ordering::Relaxed);
                    }
                }
            })
        })
        .collect();
    for kill in 0..kills {
        let node = house.start(1);
        std::thread::sleep(Duration::from_millis(150 + 37 * kill % 400));
        drop(node);
    }
    stop.store(true, Ordering::Relaxed);
    workers.into_iter().for_each(|worker| worker.join().unwrap());
    let _two = house.start(1);

    let sealed = sealed.lock().unwrap();
    eprintln!(
        "{kills} kills, {} seals, {} logins acknowledged",
        sealed.len(),
        logins.load(Ordering::Relaxed)
    );
    assert!(sealed.len() > kills as usize, "hardly anything was done");
    for (key, file) in sealed.iter().take(20) {
        let again = ask_seal(&house, &cast, 1, key).unwrap();
        assert_eq!(&again.body, file, "the same key gave another file");
    }
    let checkpoint = house.yinxin(&["audit", "checkpoint"], "");
    assert!(checkpoint.status.success());
    let proof = house.json(&["audit", "verify"], "");
    assert_eq!(proof["untouched"], true, "{proof}");
    let export = house.yinxin(&["audit", "export"], "");
    let mut done: HashMap<String, usize> = HashMap::new();
    for line in String::from_utf8_lossy(&export.stdout).lines() {
        let event: Value = serde_json::from_str(line).unwrap();
        if event["act"] == "seal.done" {
            *done.entry(event["detail"]["sealed"].as_str().unwrap().to_owned()).or_default() += 1;
        }
    }
    for (key, file) in sealed.iter() {
        assert_eq!(done.get(&sha256(file)), Some(&1), "the record of {key}");
    }
}

fn seal(
    house: &House,
    cast: &Cast,
    node: usize,
    key: &str,
    sealed: &Mutex<HashMap<String, Vec<u8>>>,
) {
    if let Some(answer) = ask_seal(house, cast, node, key)
        && answer.status == 200
    {
        sealed.lock().unwrap().insert(key.to_owned(), answer.body);
    }
}

/// `None` when the node died meanwhile.
fn ask_seal(house: &House, cast: &Cast, node: usize, key: &str) -> Option<Answer> {
    let body = format!(
        "grant_type=client_credentials&client_id=machine&client_secret={}&scope=seal",
        cast.machine_secret
    );
    let kind = ("content-type", "application/x-www-form-urlencoded");
    let token = attempt(house.ports[node], "/token", &[kind], body.as_bytes())?;
    let token = json(&token)["access_token"].as_str()?.to_owned();
    let bearer = format!("Bearer {token}");
    let headers = [
        ("authorization", bearer.as_str()),
        ("idempotency-key", key),
        ("content-type", "text/plain"),
    ];
    attempt(
        house.ports[node],
        &format!("/api/seals/{}/documents", cast.seal),
        &headers,
        key.as_bytes(),
    )
}

/// One request that may fail at any point.
fn attempt(port: u16, path: &str, headers: &[(&str, &str)], body: &[u8]) -> Option<Answer> {
    let mut stream = TcpStream::connect(("127.0.0.1", port)).ok()?;
    stream.set_read_timeout(Some(Duration::from_secs(20))).ok()?;
    let mut request =
        format!("POST {path} HTTP/1.1\r\nhost: localhost:{port}\r\nconnection: close\r\n");
    for (name, value) in headers {
        request.push_str(&format!("{name}: {value}\r\n"));
    }
    request.push_str(&format!("content-length: {}\r\n\r\n", body.len()));
    let mut bytes = Vec::new();
    stream.write_all(request.as_bytes()).ok()?;
    stream.write_all(body).ok()?;
    stream.read_to_end(&mut bytes).ok()?;
    Answer::parse(path, &bytes)
}

fn sha256(bytes: &[u8]) -> String {
    let mut child = std::process::Command::new("sha256sum")
        .stdin(std::process::Stdio::piped())
        .stdout(std::process::Stdio::piped())
        .spawn()
        .unwrap();
    child.stdin.take().unwrap().write_all(bytes).unwrap();
    let output = child.wait_with_output().unwrap();
    String::from_utf8_lossy(&output.stdout).split(' ').next().unwrap().to_owned()
}

/// A role row, an audit row and a ciphertext edited by SQL: `doctor` and `audit verify` name each.
#[test]
fn edits_behind_the_programs_back_are_named() {
    let Some(house) = House::build() else { return };
    let _cast = cast(&house);
    let node = house.start(0);
    std::thread::sleep(Duration::from_secs(2));
    drop(node);
    assert!(house.yinxin(&["audit", "checkpoint"], "").status.success());
    let healthy = house.yinxin(&["doctor"], "");
    let text = String::from_utf8_lossy(&healthy.stdout).into_owned();
    assert!(healthy.status.success(), "{text}");
    house.sql("UPDATE role_grant SET role = 'auditor' WHERE role = 'security-administrator'");
    house.sql(
        "UPDATE person SET profile = decode(repeat('00', 60), 'hex') WHERE username = 'zhangsan'",
    );
    house.sql("UPDATE audit_event SET outcome = 'refused' WHERE act = 'organisation.add'");
    let found = house.yinxin(&["doctor"], "");
    let text = String::from_utf8_lossy(&found.stdout).into_owned();
    assert_eq!(found.status.code(), Some(1), "{text}");
    for named in ["row role_grant", "row person", "audit log"] {
        assert!(text.contains(&format!("BAD {named}")), "{named}: {text}");
    }
    let proof = house.yinxin(&["audit", "verify"], "");
    assert_eq!(proof.status.code(), Some(1));
}
