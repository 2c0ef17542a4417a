//! Redirect URIs: what may be registered, and the one comparison that every flow uses.

use std::fmt;

use serde::{Deserialize, Serialize};
use url::{Host, Url};

/// A registered redirect or post-logout redirect URI.
///
/// Registered in canonical form only, so that the comparison can be of bytes (RFC 9700 §2.1): what
/// the URL standard would rewrite (dot segments, host case, default ports, percent-encoded dots,
/// back slashes, numeric hosts) is refused at registration and can never match a request.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct RedirectUri(String);

impl RedirectUri {
    /// Reads a URI for registration.
    ///
    /// Accepted: `https`; `http` on the loopback addresses `127.0.0.1` and `[::1]` and on the exact
    /// name `localhost` (RFC 8252 §7.3, §8.3); private-use schemes in reverse domain form
    /// (RFC 8252 §7.1).
    pub fn parse(text: &str) -> Result<Self, RedirectRefused> {
        if text.len() > MAX_REDIRECT_URI {
            return Err(RedirectRefused::TooLong);
        }
        if !text.bytes().all(is_plain) {
            return Err(RedirectRefused::Characters);
        }
        if text.contains('*') {
            return Err(RedirectRefused::Wildcard);
        }
        if text.contains('#') {
            return Err(RedirectRefused::Fragment);
        }
        let url = Url::parse(text).map_err(|_| RedirectRefused::Malformed)?;
        if url.as_str() != text {
            return Err(RedirectRefused::NotCanonical);
        }
        match url.scheme() {
            "https" => check_authority(&url)?,
            "http" => {
                check_authority(&url)?;
                if !is_loopback(&url) {
                    return Err(RedirectRefused::PlainHttp);
                }
            }
            scheme if is_private_use(scheme) && url.cannot_be_a_base() => {}
            // `com.example.app:/callback` parses with a path and without a host.
            scheme if is_private_use(scheme) && !url.has_authority() => {}
            _ => return Err(RedirectRefused::Scheme),
        }
        Ok(Self(text.to_owned()))
    }

    /// The URI as text.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// Whether a URI presented in a request is this one: the same bytes, or, when this one names a
    /// loopback address, the same but for the port (RFC 8252 §7.3).
    pub fn matches(&self, presented: &str) -> bool {
        if self.0 == presented {
            return true;
        }
        LOOPBACK_PREFIXES.iter().any(|prefix| {
            match (without_port(&self.0, prefix), without_port(presented, prefix)) {
                (Some(registered), Some(presented)) => registered == presented,
                _ => false,
            }
        })
    }

    /// Scheme, host and port of a presented URI that matched, for the `form-action` of pages that
    /// lead to it; `None` for private-use schemes, whose scheme is the whole source.
    pub fn origin_of(presented: &str) -> Option<String> {
        let url = Url::parse(presented).ok()?;
        match url.scheme() {
            "http" | "https" => Some(url.origin().ascii_serialization()),
            _ => None,
        }
    }
}

impl fmt::Display for RedirectUri {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// Whether a URI may be shown as a link (`client_uri`, `policy_uri`): `https` in canonical form.
pub fn is_web_link(text: &str) -> bool {
    text.starts_with("https://") && RedirectUri::parse(text).is_ok()
}

/// Why a URI is not registered.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum RedirectRefused {
    /// A character outside printable ASCII, or one that URLs do not carry unescaped.
    #[error("only printable ASCII without spaces, quotes, angle brackets and back slashes")]
    Characters,
    /// A fragment (RFC 6749 §3.1.2).
    #[error("must not have a fragment")]
    Fragment,
    /// A host name that is not one: a trailing dot, an empty label, an invalid A-label.
    #[error("the host is not a plain host name or address")]
    Host,
    /// Not an absolute URI.
    #[error("not an absolute URI")]
    Malformed,
    /// Another spelling of what the URL standard reads.
    #[error("not in canonical form (host case, default port, dot segments, encoded dots)")]
    NotCanonical,
    /// Plain `http` to something other than the loopback.
    #[error("http is accepted on 127.0.0.1, [::1] and localhost only")]
    PlainHttp,
    /// A scheme that is neither web nor private use in reverse domain form.
    #[error("the scheme must be https or a private-use scheme in reverse domain form")]
    Scheme,
    /// Longer than [`MAX_REDIRECT_URI`].
    #[error("too long")]
    TooLong,
    /// `user@` or `user:password@` before the host.
    #[error("must not have user information before the host")]
    UserInfo,
    /// A wildcard.
    #[error("wildcards are not supported")]
    Wildcard,
}

const fn is_plain(byte: u8) -> bool {
    byte.is_ascii_graphic()
        && !matches!(byte, b'"' | b'\'' | b'<' | b'>' | b'\\' | b'^' | b'`' | b'{' | b'|' | b'}')
}

fn check_authority(url: &Url) -> Result<(), RedirectRefused> {
    let authority = url.as_str().split('/').nth(2).unwrap_or_default();
    if authority.contains('@') || !url.username().is_empty() || url.password().is_some() {
        return Err(RedirectRefused::UserInfo);
    }
    match url.host() {
        // The parser has checked A-labels already (UTS 46, CVE-2024-12224 fixed).
        Some(Host::Domain(name)) => {
            let label = |label: &str| {
                (1..=63).contains(&label.len())
                    && !label.starts_with('-')
                    && !label.ends_with('-')
                    && label.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'-')
            };
            if name.len() <= 253 && name.split('.').all(label) {
                Ok(())
            } else {
                Err(RedirectRefused::Host)
            }
        }
        Some(Host::Ipv4(_) | Host::Ipv6(_)) => Ok(()),
        None => Err(RedirectRefused::Host),
    }
}

fn is_loopback(url: &Url) -> bool {
    match url.host() {
        Some(Host::Domain(name)) => name == "localhost",
        Some(Host::Ipv4(address)) => address == std::net::Ipv4Addr::LOCALHOST,
        Some(Host::Ipv6(address)) => address == std::net::Ipv6Addr::LOCALHOST,
        None => false,
    }
}

/// A reverse domain name: at least one dot, so that no scheme a browser acts on can be meant.
fn is_private_use(scheme: &str) -> bool {
    scheme.contains('.') && !scheme.ends_with('.') && !scheme.contains("..")
}

/// What follows host and port of a loopback URI, if the text is one.
fn without_port<'a>(text: &'a str, prefix: &str) -> Option<&'a str> {
    let rest = text.strip_prefix(prefix)?;
    let rest = match rest.strip_prefix(':') {
        Some(after) => {
            let digits = after.bytes().take_while(u8::is_ascii_digit).count();
            let (port, rest) = after.split_at(digits);
            // No leading zero, no 0, nothing above 65535.
            (!port.starts_with('0') && port.parse::<u16>().is_ok()).then_some(rest)?
        }
        None => rest,
    };
    (rest.starts_with('/') || rest.starts_with('?')).then_some(rest)
}

const LOOPBACK_PREFIXES: [&str; 2] = ["http://127.0.0.1", "http://[::1]"];

/// Longest URI registered, bytes: it is stored, compared and put into headers.
pub const MAX_REDIRECT_URI: usize = 512;

#[cfg(test)]
mod tests {
    use super::*;

    fn refused(text: &str) -> Option<RedirectRefused> {
        RedirectUri::parse(text).err()
    }

    /// Rows 1, 2, 3, 5, 6 and 7 of the attack table, at registration.
    #[test]
    fn registration_takes_canonical_uris_only() {
        for good in [
            "https://a.cn/cb",
            "https://a.cn/cb?x=1",
            "https://a.cn:8443/",
            "http://127.0.0.1/callback",
            "http://[::1]:3000/callback",
            "http://localhost:3000/callback",
            "cn.gov.example.app:/callback",
            "https://xn--fiqs8s.cn/cb",
        ] {
            assert_eq!(refused(good), None, "{good}");
        }
        use RedirectRefused as R;
        for (bad, why) in [
            ("https://a.cn*", R::Wildcard),
            ("https://*.a.cn/cb", R::Wildcard),
            ("https://a.cn@evil.cn/cb", R::UserInfo),
            ("https://x@y@a.cn/cb", R::NotCanonical),
            ("https://a.cn/#cb", R::Fragment),
            ("https://a.cn/a/../b", R::NotCanonical),
            ("https://a.cn/%2e%2e/b", R::NotCanonical),
            ("https://A.cn/", R::NotCanonical),
            ("https://a.cn:443/", R::NotCanonical),
            ("https://a.cn", R::NotCanonical),
            ("https://a.cn./", R::Host),
            ("https://a.cn/\\evil", R::Characters),
            ("https://a.cn/\tb", R::Characters),
            ("https://evil.cn＃@a.cn", R::Characters),
            ("https://xn--a-ecp.xn--0/", R::Malformed),
            ("http://a.cn/cb", R::PlainHttp),
            ("http://0x7f.1/cb", R::NotCanonical),
            ("http://127.0.0.2/cb", R::PlainHttp),
            ("http://[::ffff:127.0.0.1]/cb", R::NotCanonical),
            ("http://[::ffff:7f00:1]/cb", R::PlainHttp),
            ("JaVaScRiPt:alert(1)", R::NotCanonical),
            ("javascript:alert(1)", R::Scheme),
            ("data:text/html,x", R::Scheme),
            ("vbscript:x", R::Scheme),
            ("file:///etc/passwd", R::Scheme),
            ("/callback", R::Malformed),
            ("", R::Malformed),
        ] {
            assert_eq!(refused(bad), Some(why), "{bad}");
        }
    }

    proptest::proptest! {
        /// Whatever matches is the registered text, or that text with another port.
        #[test]
        fn nothing_else_matches(
            registered in "(https?://(127\\.0\\.0\\.1|\\[::1\\]|localhost|a\\.cn)(:[0-9]{1,5})?/[a-z/.;%?@:]{0,6})",
            presented in "(https?://(127\\.0\\.0\\.1|\\[::1\\]|localhost|a\\.cn)[:.@]?[0-9]{0,6}/[a-z/.;%?@:]{0,6})",
        ) {
            if let Ok(uri) = RedirectUri::parse(&registered) {
                assert!(uri.matches(&registered));
                if uri.matches(&presented) && presented != registered {
                    let (a, b) = (Url::parse(&registered).unwrap(), Url::parse(&presented).unwrap());
                    assert_eq!((a.scheme(), a.host(), a.path()), (b.scheme(), b.host(), b.path()));
                    assert_eq!((a.query(), b.username()), (b.query(), ""));
                    assert!(is_loopback(&a) && a.host_str() != Some("localhost"));
                }
            }
        }
    }

    /// Rows 3 and 4 of the attack table, at request.
    #[test]
    fn only_the_port_of_a_loopback_address_may_differ() {
        let web = RedirectUri("https://a.cn/cb".to_owned());
        for bad in [
            "https://a.cn/cb/..;/x",
            "https://a.cn/cb/",
            "https://a.cn//cb",
            "https://a.cn/cb?",
            "https://a.cn:443/cb",
            "https://A.cn/cb",
            "https://a.cn./cb",
            "https://a.cn/%63b",
            "https://a.cn/cb%00",
            "https://a.cn/cb\0",
            "https://a.cn@evil.cn/cb",
        ] {
            assert!(!web.matches(bad), "{bad}");
        }
        assert!(web.matches("https://a.cn/cb"));

        let v4 = RedirectUri("http://127.0.0.1/cb".to_owned());
        assert!(v4.matches("http://127.0.0.1:9/cb") && v4.matches("http://127.0.0.1:65535/cb"));
        for bad in [
            "http://127.0.0.1.evil.cn/cb",
            "http://[::1]:9/cb",
            "http://localhost:9/cb",
            "http://[::ffff:127.0.0.1]/cb",
            "http://0x7f.1/cb",
            "http://127.0.0.1:65536/cb",
            "http://127.0.0.1:09/cb",
            "http://127.0.0.1:/cb",
            "http://127.0.0.1:9@evil.cn/cb",
            "http://127.0.0.1:9/cb/",
            "https://127.0.0.1:9/cb",
            "http://127.0.0.1:0/cb",
        ] {
            assert!(!v4.matches(bad), "{bad}");
        }
        let name = RedirectUri("http://localhost:3000/cb".to_owned());
        assert!(!name.matches("http://localhost:3001/cb"));
    }
}
