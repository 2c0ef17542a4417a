//! Where a tile is served: `tile/<L>/<N>[.p/<W>]` (C2SP tlog-tiles).

use super::merkle::TILE_WIDTH;

/// Which tile, and how much of it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct TilePath {
    /// Level, 0 to 63.
    pub level: u8,
    /// Number within the level.
    pub index: u64,
    /// Hashes asked for: 256, or fewer of a partial tile.
    pub width: usize,
}

impl TilePath {
    /// Reads a path, without leading slash. Every tile has exactly one.
    pub fn parse(path: &str) -> Option<Self> {
        if path.len() > MAX_PATH {
            return None;
        }
        let (level, rest) = path.strip_prefix("tile/")?.split_once('/')?;
        let (number, width) = match rest.split_once(".p/") {
            Some((number, width)) => (number, decimal(width).filter(|w| (1..256).contains(w))?),
            None => (rest, TILE_WIDTH as u64),
        };
        let read = Self {
            level: decimal(level).filter(|level| *level < 64)?.try_into().ok()?,
            index: read_index(number)?,
            width: width.try_into().ok()?,
        };
        (read.to_string() == path).then_some(read)
    }

    /// The part of a stored tile that this path asks for; `None` when the tile is shorter.
    pub fn cut<'a>(&self, tile: &'a [u8]) -> Option<&'a [u8]> {
        tile.get(..self.width * 32)
    }
}

impl std::fmt::Display for TilePath {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "tile/{}/", self.level)?;
        let mut groups = vec![self.index % 1000];
        let mut rest = self.index / 1000;
        while rest > 0 {
            groups.push(rest % 1000);
            rest /= 1000;
        }
        for group in groups.iter().skip(1).rev() {
            write!(f, "x{group:03}/")?;
        }
        write!(f, "{:03}", self.index % 1000)?;
        if self.width < TILE_WIDTH { write!(f, ".p/{}", self.width) } else { Ok(()) }
    }
}

fn read_index(number: &str) -> Option<u64> {
    number.split('/').try_fold(0_u64, |index, group| {
        let digits = group.strip_prefix('x').unwrap_or(group);
        let value: u64 = digits.parse().ok()?;
        index.checked_mul(1000)?.checked_add(value)
    })
}

/// Decimal digits without sign or leading zeros.
fn decimal(text: &str) -> Option<u64> {
    let value: u64 = text.parse().ok()?;
    (value.to_string() == text).then_some(value)
}

/// Seven groups reach past 2⁶⁴ leaves.
const MAX_PATH: usize = 64;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_tile_has_one_path() {
        let read = |path| TilePath::parse(path).map(|p| (p.level, p.index, p.width));
        assert_eq!(read("tile/0/x001/x234/067"), Some((0, 1_234_067, 256)));
        assert_eq!(read("tile/3/000.p/255"), Some((3, 0, 255)));
        for bad in [
            "tile/0/67",
            "tile/0/x000/067",
            "tile/00/067",
            "tile/64/067",
            "tile/0/067.p/0",
            "tile/0/067.p/256",
            "tile/0/067.p/01",
            "tile/0/001/067",
            "tile/0/x001",
            "tile/0/+67",
            "tile/0/../../etc/passwd",
            "tile/0/x999/x999/x999/x999/x999/x999/x999/999",
            "tile/-1/067",
            "tile/entries/067",
            "",
        ] {
            assert_eq!(read(bad), None, "{bad}");
        }
    }
}
