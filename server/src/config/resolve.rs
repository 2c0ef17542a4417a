//! From the file as written to the configuration as meant; every problem is told at once.

use std::{fmt, net::SocketAddr, ops::Range, path::Path};

use auth_core::Profile;
use toml::Spanned;
use url::Url;
use zeroize::Zeroizing;

use super::{
    Config, KeystoreConfig, Policy, TlsFiles,
    raw::{Raw, RawKeystore, RawPolicy, RawUrl},
};

/// Reads and resolves a configuration file.
pub fn load(path: &Path) -> Result<Config, ConfigRefused> {
    let text = std::fs::read_to_string(path).map_err(|error| ConfigRefused {
        file: path.display().to_string(),
        problems: vec![Problem { line: None, text: format!("cannot be read: {error}") }],
    })?;
    resolve(&text, &|name| std::env::var(name).ok())
        .map_err(|problems| ConfigRefused { file: path.display().to_string(), problems })
}

/// Every reason why a configuration is refused.
#[derive(Debug)]
pub struct ConfigRefused {
    /// The file.
    pub file: String,
    /// What is wrong.
    pub problems: Vec<Problem>,
}

impl fmt::Display for ConfigRefused {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "the configuration is refused; nothing was started")?;
        for problem in &self.problems {
            match problem.line {
                Some(line) => write!(f, "\n  {}:{line}: {}", self.file, problem.text)?,
                None => write!(f, "\n  {}: {}", self.file, problem.text)?,
            }
        }
        Ok(())
    }
}

impl std::error::Error for ConfigRefused {}

/// One thing that is wrong.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Problem {
    /// The line in the file, from 1.
    pub line: Option<usize>,
    /// What is wrong and what to do.
    pub text: String,
}

/// Resolves the text of a configuration file; `env` looks up environment variables.
pub(super) fn resolve(
    text: &str,
    env: &dyn Fn(&str) -> Option<String>,
) -> Result<Config, Vec<Problem>> {
    let raw: Raw = toml::from_str(text).map_err(|error| {
        let line = error.span().map(|span| line_of(text, &span));
        vec![Problem { line, text: error.message().to_owned() }]
    })?;
    let mut resolver = Resolver { text, env, problems: Vec::new() };
    let config = resolver.config(&raw);
    match config {
        Some(config) if resolver.problems.is_empty() => Ok(config),
        _ => Err(resolver.problems),
    }
}

struct Resolver<'a> {
    text: &'a str,
    env: &'a dyn Fn(&str) -> Option<String>,
    problems: Vec<Problem>,
}

impl Resolver<'_> {
    fn config(&mut self, raw: &Raw) -> Option<Config> {
        let behind_proxy = raw.behind_proxy.as_ref().is_some_and(|value| *value.get_ref());
        let issuer = self.issuer(&raw.issuer);
        let listen = self.listen(raw);
        let profile = self.profile(raw.profile.as_ref());
        let tls = raw.tls.as_ref().map(|tls| TlsFiles {
            certificate: tls.get_ref().certificate.get_ref().into(),
            key: tls.get_ref().key.get_ref().into(),
        });
        self.transport(raw, issuer.as_ref(), &listen, tls.is_some(), behind_proxy);
        let database_url =
            self.url(&raw.database, "database", &["sqlite", "postgres", "postgresql"]);
        let cache_url = match &raw.cache {
            Some(cache) => Some(self.url(cache, "cache", &["redis", "rediss", "memory"])?),
            None => None,
        };
        let keystore = self.keystore(&raw.keystore);
        let policy = self.policy(&raw.policy);
        let issuer = issuer?;
        let mut hosts = vec![authority(&issuer)];
        hosts.extend(raw.hosts.iter().map(|host| host.get_ref().to_ascii_lowercase()));
        Some(Config {
            hosts,
            listen,
            county_en: name(raw.county_en.as_ref().or(raw.county.as_ref())),
            county: name(raw.county.as_ref()),
            profile: profile?,
            tls,
            database_url: database_url?,
            cache_url: cache_url.filter(|url| !url.starts_with("memory")),
            keystore: keystore?,
            policy,
            client_organisations: raw.policy.client_organisations.clone(),
            demo: false,
            issuer,
        })
    }

    fn issuer(&mut self, issuer: &Spanned<String>) -> Option<Url> {
        let refused = |text: &str| Err(text.to_owned());
        let checked = match Url::parse(issuer.get_ref()) {
            Err(error) => Err(format!("issuer is not a URL: {error}")),
            Ok(url) if url.query().is_some() || url.fragment().is_some() => {
                refused("issuer must have neither query nor fragment (OIDC Discovery §3)")
            }
            Ok(url) if !url.username().is_empty() || url.password().is_some() => {
                refused("issuer must not hold a user name or password")
            }
            Ok(url) if url.path() != "/" => {
                refused("issuer must not have a path: the pages live at fixed paths of the host")
            }
            Ok(url) if !matches!(url.scheme(), "https" | "http") => {
                refused("issuer must be an https URL")
            }
            Ok(url) => Ok(url),
        };
        checked.map_err(|text| self.problem(issuer, text)).ok()
    }

    fn listen(&mut self, raw: &Raw) -> Vec<SocketAddr> {
        let Some(listen) = &raw.listen else {
            return vec![SocketAddr::from(([127, 0, 0, 1], 8443))];
        };
        let mut addresses = Vec::new();
        for text in listen.get_ref() {
            match text.parse() {
                Ok(address) => addresses.push(address),
                Err(_) => {
                    let text = format!("listen: {text:?} is not an address such as 0.0.0.0:8443");
                    self.problem(listen, text);
                }
            }
        }
        if listen.get_ref().is_empty() {
            self.problem(listen, "listen is empty: name at least one address".to_owned());
        }
        addresses
    }

    /// Plain HTTP only on loopback or behind a proxy; https at the edge in every other case.
    fn transport(
        &mut self,
        raw: &Raw,
        issuer: Option<&Url>,
        listen: &[SocketAddr],
        tls: bool,
        behind_proxy: bool,
    ) {
        let loopback = listen.iter().all(|address| address.ip().is_loopback());
        if !tls && !behind_proxy && !loopback {
            let at = raw.listen.as_ref().map(Spanned::span);
            let text = "plain HTTP beyond loopback: add [tls] with certificate and key, or set \
                        behind_proxy = true if a proxy in front ends TLS";
            self.problem_at(at, text.to_owned());
        }
        if tls && behind_proxy {
            let at = raw.tls.as_ref().map(Spanned::span);
            let text = "both tls and behind_proxy: TLS ends in one place; remove one of them";
            self.problem_at(at, text.to_owned());
        }
        let Some(issuer) = issuer else { return };
        let local = matches!(issuer.host_str(), Some("localhost" | "127.0.0.1" | "[::1]"));
        if issuer.scheme() == "http" && !local {
            let text = "issuer must be https: browsers, wallets and applications refuse anything \
                        else (RFC 8414 §2)";
            self.problem(&raw.issuer, text.to_owned());
        }
        if issuer.scheme() == "http" && tls {
            self.problem(&raw.issuer, "issuer is http but tls is configured".to_owned());
        }
        if issuer.scheme() == "https" && !tls && !behind_proxy {
            let text = "issuer is https but neither tls nor behind_proxy is set";
            self.problem(&raw.issuer, text.to_owned());
        }
    }

    fn profile(&mut self, profile: Option<&Spanned<String>>) -> Option<Profile> {
        match profile.map(|profile| (profile, profile.get_ref().as_str())) {
            None | Some((_, "intl")) => Some(Profile::Intl),
            Some((_, "gm")) => Some(Profile::Gm),
            Some((at, other)) => {
                self.problem(at, format!("profile is {other:?}: write \"intl\" or \"gm\""));
                None
            }
        }
    }

    fn url(
        &mut self,
        section: &Spanned<RawUrl>,
        name: &str,
        schemes: &[&str],
    ) -> Option<Zeroizing<String>> {
        let raw = section.get_ref();
        let given = [&raw.url, &raw.url_file, &raw.url_env];
        if given.iter().filter(|value| value.is_some()).count() != 1 {
            let text = format!("{name}: give exactly one of url, url_file, url_env");
            self.problem(section, text);
            return None;
        }
        let url = match (&raw.url, &raw.url_file) {
            (Some(url), _) => Zeroizing::new(url.get_ref().clone()),
            (_, Some(file)) => self.secret_file(file)?,
            _ => self.secret_env(raw.url_env.as_ref()?)?,
        };
        let scheme = url.split(':').next().unwrap_or_default();
        if schemes.contains(&scheme) {
            return Some(url);
        }
        let text = format!("{name}: a URL that begins with one of {}:", schemes.join(":, "));
        self.problem(section, text);
        None
    }

    fn keystore(&mut self, section: &Spanned<RawKeystore>) -> Option<KeystoreConfig> {
        let raw = section.get_ref();
        let pin = match (&raw.pin_file, &raw.pin_env) {
            (Some(file), None) => self.secret_file(file),
            (None, Some(name)) => self.secret_env(name),
            _ => {
                let text = "keystore: give exactly one of pin_file, pin_env";
                self.problem(section, text.to_owned());
                None
            }
        };
        let token = raw.token.as_ref().map_or_else(|| "yinxin".to_owned(), |t| t.get_ref().clone());
        match raw.kind.get_ref().as_str() {
            "hsm-sim" => {
                let Some(directory) = &raw.directory else {
                    self.problem(section, "keystore: hsm-sim needs directory".to_owned());
                    return None;
                };
                let directory = directory.get_ref().into();
                Some(KeystoreConfig::HsmSim { directory, token, pin: pin? })
            }
            "pkcs11" => {
                let Some(module) = &raw.module else {
                    self.problem(section, "keystore: pkcs11 needs module".to_owned());
                    return None;
                };
                Some(KeystoreConfig::Pkcs11 { module: module.get_ref().into(), token, pin: pin? })
            }
            other => {
                let text = format!("keystore.kind is {other:?}: write \"hsm-sim\" or \"pkcs11\"");
                self.problem(&raw.kind, text);
                None
            }
        }
    }

    fn policy(&mut self, raw: &RawPolicy) -> Policy {
        if !raw.password.cost.is_sane() {
            self.problem_at(None, "policy.password.cost: Argon2 refuses this cost".to_owned());
        }
        if raw.password.min_chars < 8 {
            let text = "policy.password.min_chars: at least 8 (SP 800-63B-4)";
            self.problem_at(None, text.to_owned());
        }
        if raw.password.parallel_hashes == 0 || raw.password.queued_hashes == 0 {
            let text = "policy.password: parallel_hashes and queued_hashes must be at least 1";
            self.problem_at(None, text.to_owned());
        }
        if raw.login.session_seconds > 24 * 3600 {
            let text = "policy.login.session_seconds: at most 86400 (SP 800-63B-4 AAL2)";
            self.problem_at(None, text.to_owned());
        }
        Policy {
            min_password_chars: raw.password.min_chars,
            hash_cost: raw.password.cost,
            parallel_hashes: raw.password.parallel_hashes,
            queued_hashes: raw.password.queued_hashes,
            login: raw.login,
            open_registration: raw.open_registration,
        }
    }

    fn secret_file(&mut self, file: &Spanned<String>) -> Option<Zeroizing<String>> {
        match std::fs::read_to_string(file.get_ref()) {
            Ok(text) => Some(Zeroizing::new(text.trim_end_matches(['\r', '\n']).to_owned())),
            Err(error) => {
                self.problem(file, format!("{} cannot be read: {error}", file.get_ref()));
                None
            }
        }
    }

    fn secret_env(&mut self, name: &Spanned<String>) -> Option<Zeroizing<String>> {
        let value = (self.env)(name.get_ref()).map(Zeroizing::new);
        if value.is_none() {
            self.problem(name, format!("environment variable {} is not set", name.get_ref()));
        }
        value
    }

    fn problem<T>(&mut self, at: &Spanned<T>, text: String) {
        self.problem_at(Some(at.span()), text);
    }

    fn problem_at(&mut self, span: Option<Range<usize>>, text: String) {
        let line = span.map(|span| line_of(self.text, &span));
        self.problems.push(Problem { line, text });
    }
}

fn name(name: Option<&Spanned<String>>) -> String {
    name.map_or_else(String::new, |name| name.get_ref().clone())
}

/// `host[:port]` of a URL, as browsers send it in `Host`.
fn authority(url: &Url) -> String {
    let host = url.host_str().unwrap_or_default();
    url.port().map_or_else(|| host.to_owned(), |port| format!("{host}:{port}"))
}

fn line_of(text: &str, span: &Range<usize>) -> usize {
    text.as_bytes().iter().take(span.start).filter(|byte| **byte == b'\n').count() + 1
}
