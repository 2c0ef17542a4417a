//! Where the token is and how to log in, written as an RFC 7512 URI.

use std::path::PathBuf;
use std::time::Duration;

use zeroize::Zeroizing;

use crate::VendorCodes;

/// Configuration of a [`crate::Pkcs11`] driver.
#[derive(Clone)]
pub struct Pkcs11Config {
    /// The module, a shared library.
    pub module: PathBuf,
    /// Label of the token (`token` in the URI). Empty: any, provided that a serial number is given
    /// or that only one token is there.
    pub token: String,
    /// Serial number of the token (`serial`), if it must be that one.
    pub serial: Option<String>,
    /// The user PIN.
    pub pin: Zeroizing<String>,
    /// Sessions, each on a thread of its own.
    pub sessions: usize,
    /// Operations that may wait; one more is answered with
    /// [`KeyError::Busy`](auth_core::key::KeyError::Busy).
    pub queue: usize,
    /// How long an operation may wait and run. Generation of keys has a minute.
    pub deadline: Duration,
    /// Numbers of SM2 and SM4 in this module.
    pub vendor: VendorCodes,
}

/// What is wrong with a `pkcs11:` URI. The text names the part, never the PIN.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum BadConfig {
    /// An attribute has a value that it cannot have.
    #[error("{0}: not a valid value")]
    Invalid(&'static str),
    /// A needed attribute is absent.
    #[error("{0} is missing")]
    Missing(&'static str),
    /// Not a `pkcs11:` URI.
    #[error("a PKCS#11 keystore is named by a URI that begins with pkcs11:")]
    NotUri,
    /// `pin-value`: a PIN in the configuration is a PIN in every backup of it.
    #[error("pin-value is refused: use pin-source=file:/path or pin-source=env:NAME")]
    PinInUri,
    /// The file or variable that `pin-source` names cannot be read.
    #[error("the PIN cannot be read from {0}")]
    PinUnreadable(String),
    /// An attribute that this driver does not know. Ignoring it could choose another token.
    #[error("unknown attribute {0}")]
    Unknown(String),
}

impl Pkcs11Config {
    /// A configuration with 4 sessions, a queue of 256 and a deadline of 2 s.
    pub fn new(module: impl Into<PathBuf>, token: impl Into<String>, pin: &str) -> Self {
        Self {
            module: module.into(),
            token: token.into(),
            serial: None,
            pin: Zeroizing::new(pin.to_owned()),
            sessions: SESSIONS,
            queue: QUEUE,
            deadline: DEADLINE,
            vendor: VendorCodes::HSM_SIM,
        }
    }

    /// Reads a URI and the PIN it points to:
    /// `pkcs11:token=county;serial=…?module-path=/usr/lib/…so&pin-source=file:/run/secrets/pin`.
    /// Beside RFC 7512 it takes `sessions`, `queue` and `deadline-ms` in the query.
    pub fn from_uri(uri: &str) -> Result<Self, BadConfig> {
        let rest = uri.strip_prefix("pkcs11:").ok_or(BadConfig::NotUri)?;
        let (path, query) = rest.split_once('?').unwrap_or((rest, ""));
        let mut config = Self::new("", "", "");
        let mut pin = None;
        for (name, value) in attributes(path, ';') {
            let value = decode(value).ok_or(BadConfig::Invalid("path attribute"))?;
            match name {
                "token" => config.token = value,
                "serial" => config.serial = Some(value),
                other => return Err(BadConfig::Unknown(other.to_owned())),
            }
        }
        for (name, value) in attributes(query, '&') {
            let value = decode(value).ok_or(BadConfig::Invalid("query attribute"))?;
            match name {
                "module-path" => config.module = value.into(),
                "pin-source" => pin = Some(read_pin(&value)?),
                "pin-value" => return Err(BadConfig::PinInUri),
                "sessions" => config.sessions = number(&value, 1..=64, "sessions")?,
                "queue" => config.queue = number(&value, 1..=65_536, "queue")?,
                "deadline-ms" => {
                    let millis = number(&value, 10..=600_000, "deadline-ms")?;
                    config.deadline = Duration::from_millis(millis as u64);
                }
                other => return Err(BadConfig::Unknown(other.to_owned())),
            }
        }
        if config.module.as_os_str().is_empty() {
            return Err(BadConfig::Missing("module-path"));
        }
        if config.token.is_empty() && config.serial.is_none() {
            return Err(BadConfig::Missing("token"));
        }
        config.pin = pin.ok_or(BadConfig::Missing("pin-source"))?;
        Ok(config)
    }
}

impl std::fmt::Debug for Pkcs11Config {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Pkcs11Config")
            .field("module", &self.module)
            .field("token", &self.token)
            .field("serial", &self.serial)
            .finish_non_exhaustive()
    }
}

fn attributes(text: &str, separator: char) -> impl Iterator<Item = (&str, &str)> {
    text.split(separator)
        .filter(|part| !part.is_empty())
        .map(|part| part.split_once('=').unwrap_or((part, "")))
}

/// Percent-decoding (RFC 3986 §2.1).
fn decode(text: &str) -> Option<String> {
    let mut out = Vec::with_capacity(text.len());
    let mut bytes = text.bytes();
    while let Some(byte) = bytes.next() {
        if byte == b'%' {
            let high = char::from(bytes.next()?).to_digit(16)?;
            let low = char::from(bytes.next()?).to_digit(16)?;
            out.push(u8::try_from(high * 16 + low).ok()?);
        } else {
            out.push(byte);
        }
    }
    String::from_utf8(out).ok()
}

fn number(
    text: &str,
    range: std::ops::RangeInclusive<usize>,
    name: &'static str,
) -> Result<usize, BadConfig> {
    text.parse().ok().filter(|number| range.contains(number)).ok_or(BadConfig::Invalid(name))
}

/// Reads `file:/path`, `/path` or `env:NAME`; one line ending is cut off.
fn read_pin(source: &str) -> Result<Zeroizing<String>, BadConfig> {
    let unreadable = || BadConfig::PinUnreadable(source.to_owned());
    let text = if let Some(name) = source.strip_prefix("env:") {
        std::env::var(name).map_err(|_| unreadable())?
    } else {
        let path = source.strip_prefix("file:").unwrap_or(source);
        let path = path.strip_prefix("//").unwrap_or(path);
        std::fs::read_to_string(path).map_err(|_| unreadable())?
    };
    let text = Zeroizing::new(text);
    let pin = text.strip_suffix('\n').unwrap_or(&text);
    let pin = pin.strip_suffix('\r').unwrap_or(pin);
    if pin.is_empty() {
        return Err(unreadable());
    }
    Ok(Zeroizing::new(pin.to_owned()))
}

const SESSIONS: usize = 4;
const QUEUE: usize = 256;
const DEADLINE: Duration = Duration::from_secs(2);

#[cfg(test)]
#[allow(clippy::unwrap_used, reason = "a failed unwrap fails the test")]
mod tests {
    use super::*;

    #[test]
    fn a_uri_names_module_token_and_pin() {
        let file = tempfile::NamedTempFile::new().unwrap();
        std::fs::write(file.path(), "1234\n").unwrap();
        let uri = format!(
            "pkcs11:token=%E7%A4%BA%E4%BE%8B;serial=07?module-path=/m.so&pin-source=file:{}\
             &sessions=2&deadline-ms=500",
            file.path().display()
        );
        let config = Pkcs11Config::from_uri(&uri).unwrap();
        assert_eq!(config.token, "示例");
        assert_eq!(config.serial.as_deref(), Some("07"));
        assert_eq!(*config.pin, "1234");
        assert_eq!((config.sessions, config.deadline), (2, Duration::from_millis(500)));
        assert!(!format!("{config:?}").contains("1234"));
    }

    #[test]
    fn what_is_not_understood_is_refused_by_name() {
        let parse = |uri: &str| Pkcs11Config::from_uri(uri).unwrap_err();
        assert_eq!(parse("file:x"), BadConfig::NotUri);
        assert_eq!(parse("pkcs11:token=a"), BadConfig::Missing("module-path"));
        assert_eq!(parse("pkcs11:?module-path=/m"), BadConfig::Missing("token"));
        assert_eq!(parse("pkcs11:token=a?module-path=/m"), BadConfig::Missing("pin-source"));
        assert_eq!(parse("pkcs11:token=a?pin-value=1"), BadConfig::PinInUri);
        assert_eq!(parse("pkcs11:tokn=a"), BadConfig::Unknown("tokn".to_owned()));
        assert_eq!(parse("pkcs11:token=%Z"), BadConfig::Invalid("path attribute"));
        assert_eq!(parse("pkcs11:token=a?sessions=0"), BadConfig::Invalid("sessions"));
        let unreadable = parse("pkcs11:token=a?pin-source=env:YINXIN_NO_SUCH_VARIABLE");
        assert!(matches!(unreadable, BadConfig::PinUnreadable(_)));
    }
}
