use super::{KeystoreConfig, reference, resolve::resolve};

const GOOD: &str = r#"
issuer = "https://id.example.gov.cn"
listen = ["0.0.0.0:8443"]
[tls]
certificate = "a.pem"
key = "a.key"
[database]
url = "sqlite:yinxin.db"
[keystore]
kind = "hsm-sim"
directory = "keys"
pin_env = "PIN"
"#;

fn env(name: &str) -> Option<String> {
    (name == "PIN").then(|| "1234".to_owned())
}

fn problems(text: &str) -> Vec<(Option<usize>, String)> {
    let refused = resolve(text, &env).map(|_| ()).unwrap_err();
    refused.into_iter().map(|problem| (problem.line, problem.text)).collect()
}

#[test]
fn a_good_file_resolves() {
    let config = resolve(GOOD, &env).unwrap();
    assert_eq!(config.hosts, ["id.example.gov.cn"]);
    assert!(config.secure_cookies());
    let KeystoreConfig::HsmSim { pin, .. } = config.keystore else { panic!("hsm-sim expected") };
    assert_eq!(*pin, "1234");
}

#[test]
fn unknown_keys_are_refused_with_their_line() {
    let found = problems(&GOOD.replace("[tls]", "[tls]\ncipher = 1"));
    assert_eq!(found.len(), 1);
    assert!(found[0].1.contains("cipher"), "{found:?}");
}

#[test]
fn contradictions_are_told_all_at_once() {
    let text = GOOD
        .replace("https://id.example.gov.cn", "http://id.example.gov.cn/path")
        .replace("[tls]\ncertificate = \"a.pem\"\nkey = \"a.key\"\n", "")
        .replace("sqlite:", "mysql:")
        .replace("\"PIN\"", "\"NONE\"");
    let found = problems(&text);
    let lines: Vec<_> = found.iter().map(|(line, _)| *line).collect();
    assert_eq!(found.len(), 4, "{found:?}");
    assert!(lines.contains(&Some(2)) && lines.contains(&Some(3)), "{found:?}");
}

#[test]
fn plain_http_beyond_loopback_is_refused() {
    let text = GOOD.replace("[tls]\ncertificate = \"a.pem\"\nkey = \"a.key\"\n", "");
    assert!(problems(&text).iter().any(|(_, text)| text.contains("plain HTTP")));
    let behind = text.replace("listen = ", "behind_proxy = true\nlisten = ");
    assert!(resolve(&behind, &env).is_ok());
}

#[test]
fn the_reference_file_is_a_configuration_when_filled_in() {
    let filled = reference()
        .replace("{issuer}", "https://id.example.gov.cn")
        .replace("{listen}", "127.0.0.1:8443")
        .replace("{behind_proxy}", "true")
        .replace("{county}", "示例县")
        .replace("{profile}", "gm")
        .replace("{database}", "sqlite:yinxin.db")
        .replace("{keystore}", "keys")
        .replace("pin_file = \"{pin_file}\"", "pin_env = \"PIN\"");
    let config = resolve(&filled, &env).unwrap();
    assert_eq!(config.policy.min_password_chars, 15);
    assert_eq!(config.policy.login, auth_core::login::LoginPolicy::default());
}
