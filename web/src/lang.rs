//! The two languages of every page.

use auth_core::Timestamp;
use http::{HeaderMap, header};

/// A language of the interface. Chinese is the default: it is the language of the county.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub enum Lang {
    /// English.
    En,
    /// Simplified Chinese.
    #[default]
    ZhCn,
}

impl Lang {
    /// Both languages.
    pub const ALL: [Self; 2] = [Self::ZhCn, Self::En];

    /// BCP 47 tag.
    pub const fn tag(self) -> &'static str {
        match self {
            Self::En => "en",
            Self::ZhCn => "zh-CN",
        }
    }

    /// Its own name, as the switch in the header shows it.
    pub const fn name(self) -> &'static str {
        match self {
            Self::En => "English",
            Self::ZhCn => "中文",
        }
    }

    /// The other one, for the switch in the header.
    #[must_use]
    pub const fn other(self) -> Self {
        match self {
            Self::En => Self::ZhCn,
            Self::ZhCn => Self::En,
        }
    }

    /// A moment as people read it, to the second, in the time of the county (UTC+8).
    pub fn time(self, at: Timestamp) -> String {
        let local = at.plus_seconds(UTC_OFFSET_SECONDS).to_datetime().time();
        let (hour, minute, second) = (local.hour(), local.minute(), local.second());
        format!("{} {hour:02}:{minute:02}:{second:02}", self.date(at))
    }

    /// A day as people read it, in the time of the county (UTC+8).
    pub fn date(self, at: Timestamp) -> String {
        let local = at.plus_seconds(UTC_OFFSET_SECONDS).to_datetime().date();
        let (year, month, day) = (local.year(), u8::from(local.month()), local.day());
        match self {
            Self::En => format!("{year}-{month:02}-{day:02}"),
            Self::ZhCn => format!("{year}年{month}月{day}日"),
        }
    }

    /// Reads one BCP 47 tag: any English is English, any Chinese is ours.
    pub fn from_tag(tag: &str) -> Option<Self> {
        let primary = tag.trim().split(['-', '_']).next()?;
        if primary.eq_ignore_ascii_case("zh") {
            Some(Self::ZhCn)
        } else if primary.eq_ignore_ascii_case("en") {
            Some(Self::En)
        } else {
            None
        }
    }

    /// Reads `ui_locales` (OpenID Connect Core §3.1.2.1): tags in order of preference.
    pub fn from_ui_locales(locales: &str) -> Option<Self> {
        locales.split(' ').take(MAX_TAGS).find_map(Self::from_tag)
    }

    /// The best language of `Accept-Language` (RFC 9110 §12.5.4).
    pub fn from_accept_language(headers: &HeaderMap) -> Option<Self> {
        let text = headers.get(header::ACCEPT_LANGUAGE)?.to_str().ok()?;
        let mut best: Option<(Self, f32)> = None;
        for range in text.split(',').take(MAX_TAGS) {
            let mut parts = range.split(';');
            let Some(lang) = parts.next().and_then(Self::from_tag) else { continue };
            let weight = parts
                .find_map(|part| part.trim().strip_prefix("q=")?.parse::<f32>().ok())
                .unwrap_or(1.0);
            if weight > 0.0 && best.is_none_or(|(_, so_far)| weight > so_far) {
                best = Some((lang, weight));
            }
        }
        best.map(|(lang, _)| lang)
    }
}

/// All of China keeps the time of Beijing.
const UTC_OFFSET_SECONDS: i64 = 8 * 3600;
/// No honest client names more; the rest of a longer list is not looked at.
const MAX_TAGS: usize = 32;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn times_are_those_of_the_county() {
        let at = Timestamp::from_unix(1_795_000_000);
        assert_eq!(at.rfc3339(), "2026-11-18T11:06:40Z");
        assert_eq!(Lang::ZhCn.time(at), "2026年11月18日 19:06:40");
        assert_eq!(Lang::En.time(at), "2026-11-18 19:06:40");
        assert_eq!(Lang::En.date(Timestamp(i64::MAX)), "9999-12-31");
    }

    #[test]
    fn accept_language_is_weighed() {
        let read = |text: &str| {
            let mut headers = HeaderMap::new();
            headers.insert(header::ACCEPT_LANGUAGE, text.parse().unwrap());
            Lang::from_accept_language(&headers)
        };
        assert_eq!(read("en-GB,zh;q=0.8"), Some(Lang::En));
        assert_eq!(read("fr, zh-Hans;q=0.5, en;q=0.4"), Some(Lang::ZhCn));
        assert_eq!(read("en;q=0"), None);
        assert_eq!(read("fr"), None);
        assert_eq!(Lang::from_ui_locales("fr-CA en zh"), Some(Lang::En));
    }
}
