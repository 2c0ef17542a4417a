//! Reading cookies: ours only, each at most once.

use http::{HeaderMap, header};

use crate::shell::CookieNames;

/// Our cookies as one request sent them.
#[derive(Clone, Debug, Default)]
pub(crate) struct Cookies(Vec<(&'static str, String)>);

impl Cookies {
    /// Reads our cookies from all `Cookie` headers.
    ///
    /// A name of ours that occurs twice was set by somebody else too (cookie tossing, row 52 of
    /// the attack table): the request is refused, since nothing tells which one is real.
    pub(crate) fn read(headers: &HeaderMap, names: &CookieNames) -> Result<Self, CookiesRefused> {
        let mut found: Vec<(&'static str, String)> = Vec::new();
        for header in headers.get_all(header::COOKIE) {
            let text = header.to_str().map_err(|_| CookiesRefused::Unreadable)?;
            for pair in text.split(';') {
                let Some((name, value)) = pair.trim().split_once('=') else { continue };
                let Some(ours) = names.all().into_iter().find(|ours| *ours == name) else {
                    continue;
                };
                if found.iter().any(|(seen, _)| *seen == ours) {
                    return Err(CookiesRefused::Duplicate(ours));
                }
                if value.len() > MAX_VALUE_BYTES {
                    return Err(CookiesRefused::Unreadable);
                }
                found.push((ours, value.to_owned()));
            }
        }
        Ok(Self(found))
    }

    /// The value of one of our cookies.
    pub(crate) fn value(&self, name: &str) -> Option<&str> {
        self.0.iter().find(|(seen, _)| *seen == name).map(|(_, value)| value.as_str())
    }
}

/// Why a request's cookies were refused.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub(crate) enum CookiesRefused {
    /// One of our names occurs twice.
    #[error("cookie {0} occurs twice")]
    Duplicate(&'static str),
    /// Not ASCII, or longer than anything we set.
    #[error("unreadable cookie")]
    Unreadable,
}

/// Browsers keep at most 4096 bytes per cookie (RFC 6265 §6.1).
const MAX_VALUE_BYTES: usize = 4096;

#[cfg(test)]
mod tests {
    use super::*;

    fn read(lines: &[&str]) -> Result<Cookies, CookiesRefused> {
        let mut headers = HeaderMap::new();
        for line in lines {
            headers.append(header::COOKIE, line.parse().unwrap());
        }
        let names = CookieNames {
            session: "yx_session",
            form: "yx_form",
            lang: "yx_lang",
            size: "yx_size",
            flow: "yx_flow",
        };
        Cookies::read(&headers, &names)
    }

    #[test]
    fn ours_are_found_among_a_hundred_others() {
        let mut line: String = (0..100).map(|n| format!("other{n}=x; ")).collect();
        line.push_str("yx_form=abc");
        let cookies = read(&[&line, "yx_lang=en"]).unwrap();
        assert_eq!(cookies.value("yx_form"), Some("abc"));
        assert_eq!(cookies.value("yx_lang"), Some("en"));
        assert_eq!(cookies.value("other1"), None);
    }

    #[test]
    fn a_tossed_duplicate_is_refused_in_one_header_or_two() {
        let refused = Err(CookiesRefused::Duplicate("yx_session"));
        assert_eq!(read(&["yx_session=a; yx_session=b"]).map(drop), refused.clone());
        assert_eq!(read(&["yx_session=a", "yx_session=a"]).map(drop), refused);
        assert!(read(&["other=a; other=b"]).is_ok());
    }
}
