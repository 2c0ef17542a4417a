//! Time as a value: asked once per request at the edge, then passed along.

use serde::{Deserialize, Serialize};

/// Where "now" comes from. Production asks the operating system; tests fix it.
pub trait Clock: Send + Sync {
    /// The current time, UTC.
    fn now(&self) -> Timestamp;
}

/// A moment: microseconds since 1970-01-01T00:00:00Z, leap seconds not counted.
#[derive(
    Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize,
)]
#[serde(transparent)]
pub struct Timestamp(pub i64);

impl Timestamp {
    /// The moment `seconds` after the epoch, as JWT `NumericDate` counts (RFC 7519 §2).
    pub const fn from_unix(seconds: i64) -> Self {
        Self(seconds.saturating_mul(MICROS))
    }

    /// Whole seconds since the epoch, rounded down.
    pub const fn unix(self) -> i64 {
        self.0.div_euclid(MICROS)
    }

    /// This moment moved by `seconds`, which may be negative. Saturates at the ends of time.
    #[must_use]
    pub const fn plus_seconds(self, seconds: i64) -> Self {
        Self(self.0.saturating_add(seconds.saturating_mul(MICROS)))
    }

    /// Whole seconds from `earlier` to this moment, rounded down.
    pub const fn seconds_since(self, earlier: Self) -> i64 {
        self.0.saturating_sub(earlier.0).div_euclid(MICROS)
    }

    /// Broken-down UTC time; moments outside the years 0–9999 become the nearer end.
    pub fn to_datetime(self) -> time::OffsetDateTime {
        let nanos = i128::from(self.0) * 1_000;
        time::OffsetDateTime::from_unix_timestamp_nanos(nanos).unwrap_or(if self.0 < 0 {
            time::OffsetDateTime::UNIX_EPOCH
        } else {
            time::macros::datetime!(9999-12-31 23:59:59 UTC)
        })
    }

    /// The moment of a broken-down time.
    pub fn from_datetime(at: time::OffsetDateTime) -> Self {
        Self(i64::try_from(at.unix_timestamp_nanos() / 1_000).unwrap_or(i64::MAX))
    }

    /// `2026-11-24T08:00:00Z` (RFC 3339, whole seconds).
    pub fn rfc3339(self) -> String {
        let whole = Self::from_unix(self.unix()).to_datetime();
        whole.format(&time::format_description::well_known::Rfc3339).unwrap_or_default()
    }

    /// Reads an RFC 3339 time.
    pub fn parse_rfc3339(text: &str) -> Option<Self> {
        time::OffsetDateTime::parse(text, &time::format_description::well_known::Rfc3339)
            .ok()
            .map(Self::from_datetime)
    }
}

const MICROS: i64 = 1_000_000;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn seconds_round_down_before_the_epoch_too() {
        assert_eq!(Timestamp(-1).unix(), -1);
        assert_eq!(Timestamp(1_999_999).unix(), 1);
    }

    #[test]
    fn rfc3339_reads_what_it_writes() {
        let at = Timestamp::from_unix(1_795_000_000);
        assert_eq!(Timestamp::parse_rfc3339(&at.rfc3339()), Some(at));
    }
}
