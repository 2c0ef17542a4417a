//! Verification of the whole log: everything is computed again from the rows and held against what
//! was stored and signed.

use std::collections::BTreeMap;

use super::{
    checkpoint::Head,
    log::Log,
    merkle::{Edge, Hash, TILE_WIDTH, Tile, leaf_hash},
    note::NoteKey,
    record::{Record, SALT_BYTES},
};
use crate::fault::Fault;

/// Verifies the log `origin`.
///
/// `keys` are those whose checkpoints are believed; `outside` are checkpoints kept elsewhere (by an
/// auditor, on paper, by a witness), the older the better: only they show that the whole database
/// was rolled back or rewritten by somebody who also had the key. Reads in pages; takes memory for
/// a thousand rows and the findings.
pub async fn verify(
    log: &dyn Log,
    origin: &str,
    keys: &[NoteKey],
    outside: &[String],
) -> Result<Verified, Fault> {
    let head = log.head().await?;
    let mut check = Check::new(head);
    check.open_checkpoints(log, origin, keys, outside).await?;
    check.sealed(log).await?;
    check.finish(log).await?;
    check.unsealed(log).await?;
    Ok(check.into_verified())
}

/// What was found.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Verified {
    /// The head as stored: how long the log says it is.
    pub head: Head,
    /// Records that are written but not sealed yet: normally those of the last second.
    pub unsealed: u64,
    /// Checkpoints that opened and agree with the rows.
    pub checkpoints: usize,
    /// Whatever is wrong, in the order found; empty means complete and untouched.
    pub tampering: Vec<Tampering>,
    /// Further findings that were only counted.
    pub uncounted: u64,
}

impl Verified {
    /// Whether nothing is wrong.
    pub const fn is_untouched(&self) -> bool {
        self.tampering.is_empty() && self.uncounted == 0
    }
}

/// Where a record stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Place {
    /// Sealed: index in the log.
    Leaf(i64),
    /// Not sealed yet: number of the row.
    Row(i64),
}

/// One thing that is wrong.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Tampering {
    /// A checkpoint is malformed, of another log, or not signed by a key we believe.
    #[error("checkpoint {0}: signature or form is wrong")]
    BadCheckpoint(String),
    /// The salt of a record is not 32 bytes.
    #[error("{0:?}: the salt is not one")]
    BadSalt(Place),
    /// Event or salt of a record do not match its hash.
    #[error("{0:?}: the record was changed")]
    Changed(Place),
    /// Two records claim the same index.
    #[error("leaf {0}: there are two records")]
    Duplicate(i64),
    /// A sealed record stands outside the log: before its start or past its end.
    #[error("leaf {0}: outside the log")]
    Extra(i64),
    /// The rows do not lead to what was signed at this size: history was rewritten.
    #[error("at size {0} the log is not what was signed")]
    Forked(u64),
    /// The stored head is not the root of the rows.
    #[error("the stored head is not the root of the log")]
    HeadChanged,
    /// Records were dropped or truncated: the indices from, inclusive, until, exclusive.
    #[error("leaves {from} to {until}: no records")]
    Missing {
        /// First index without record.
        from: u64,
        /// First index after them.
        until: u64,
    },
    /// A record stands at another record's place: swapped or shifted.
    #[error("leaf {belongs_at} stands at {found_at}")]
    Moved {
        /// Where it is.
        found_at: i64,
        /// Where it was sealed.
        belongs_at: i64,
    },
    /// A record agrees with itself but is not the one that was sealed here.
    #[error("leaf {0}: another record than the one that was sealed")]
    Replaced(i64),
    /// A checkpoint says that the log was longer than it is: the database was rolled back.
    #[error("the log was {signed} long and is {stored}: rolled back")]
    RolledBack {
        /// Size in the checkpoint.
        signed: u64,
        /// Size now.
        stored: u64,
    },
    /// A tile is not what the rows lead to.
    #[error("tile {level}/{index} was changed")]
    TileChanged {
        /// Level.
        level: u8,
        /// Number within the level.
        index: u64,
    },
}

struct Check {
    head: Head,
    found: Verified,
    /// Signed heads not reached yet, by size; several checkpoints may have the same.
    signed: BTreeMap<u64, Vec<Hash>>,
    /// The tree over the rows; where a row is missing, over the tile's leaf.
    rows: Edge,
    /// The tree over the level-0 tiles as stored.
    tiles: Edge,
    /// The level-0 tile being walked.
    tile: (u64, Vec<Hash>),
    /// Leaves that differ, by hash: what stands where, and what should.
    found_at: BTreeMap<Hash, i64>,
    belongs_at: BTreeMap<Hash, i64>,
}

impl Check {
    fn new(head: Head) -> Self {
        let found =
            Verified { head, unsealed: 0, checkpoints: 0, tampering: Vec::new(), uncounted: 0 };
        Self {
            head,
            found,
            signed: BTreeMap::new(),
            rows: Edge::default(),
            tiles: Edge::default(),
            tile: (u64::MAX, Vec::new()),
            found_at: BTreeMap::new(),
            belongs_at: BTreeMap::new(),
        }
    }

    fn report(&mut self, tampering: Tampering) {
        if self.found.tampering.len() < MOST_FINDINGS {
            self.found.tampering.push(tampering);
        } else {
            self.found.uncounted += 1;
        }
    }

    async fn open_checkpoints(
        &mut self,
        log: &dyn Log,
        origin: &str,
        keys: &[NoteKey],
        outside: &[String],
    ) -> Result<(), Fault> {
        let kept = log.checkpoints(MOST_CHECKPOINTS).await?;
        let kept = kept.into_iter().map(|kept| (format!("kept at {}", kept.size), kept.note));
        let outside =
            outside.iter().enumerate().map(|(n, note)| (format!("given, {}", n + 1), note.clone()));
        for (name, note) in kept.chain(outside) {
            match Head::open(&note, origin, keys) {
                None => self.report(Tampering::BadCheckpoint(name)),
                Some(signed) if signed.size > self.head.size => {
                    let stored = self.head.size;
                    self.report(Tampering::RolledBack { signed: signed.size, stored });
                }
                Some(signed) => self.signed.entry(signed.size).or_default().push(signed.root),
            }
        }
        self.compare_signed();
        Ok(())
    }

    async fn sealed(&mut self, log: &dyn Log) -> Result<(), Fault> {
        let mut after = None;
        loop {
            let page = log.sealed(after, PAGE).await?;
            let Some(last) = page.last() else { return Ok(()) };
            after = Some((last.index.unwrap_or(i64::MAX), last.row));
            for record in page {
                self.sealed_record(log, &record).await?;
            }
        }
    }

    async fn sealed_record(&mut self, log: &dyn Log, record: &Record) -> Result<(), Fault> {
        let Some(index) = record.index else { return Ok(()) };
        let entry = self.intact(record, Place::Leaf(index));
        let next = self.rows.size();
        match u64::try_from(index) {
            Ok(at) if at < next => self.report(Tampering::Duplicate(index)),
            Ok(at) if at < self.head.size => {
                self.skip_to(log, at).await?;
                self.append(log, Some((index, leaf_hash(&entry)))).await?;
            }
            _ => self.report(Tampering::Extra(index)),
        }
        Ok(())
    }

    /// The record's entry, computed from its columns and held against its stored hash.
    fn intact(&mut self, record: &Record, place: Place) -> [u8; 32] {
        let entry = record.entry();
        if record.salt.len() != SALT_BYTES {
            self.report(Tampering::BadSalt(place));
        } else if entry[..] != record.entry_hash[..] {
            self.report(Tampering::Changed(place));
        }
        entry
    }

    /// Notes that no records stand before `at`, and goes on with the leaves of the tiles.
    async fn skip_to(&mut self, log: &dyn Log, at: u64) -> Result<(), Fault> {
        let from = self.rows.size();
        if from < at {
            self.report(Tampering::Missing { from, until: at });
        }
        while self.rows.size() < at {
            self.append(log, None).await?;
        }
        Ok(())
    }

    /// Appends the next leaf to both trees and holds them against each other.
    async fn append(&mut self, log: &dyn Log, row: Option<(i64, Hash)>) -> Result<(), Fault> {
        let stored = self.stored_leaf(log).await?;
        if let Some((index, leaf)) = row
            && let Some(stored) = stored
            && leaf != stored
        {
            if self.found_at.len() < MOST_FINDINGS {
                self.found_at.insert(leaf, index);
                self.belongs_at.insert(stored, index);
            } else {
                self.found.uncounted += 1;
            }
        } else if let Some(stored) = stored
            && row.is_none()
            && self.belongs_at.len() < MOST_FINDINGS
        {
            // A dropped record may have been put elsewhere.
            self.belongs_at.insert(stored, i64::try_from(self.rows.size()).unwrap_or(i64::MAX));
        }
        let leaf = row.map(|(_, leaf)| leaf).or(stored).unwrap_or_default();
        let mut full = Vec::new();
        self.rows.push(leaf, |_| {});
        self.tiles.push(stored.unwrap_or(leaf), |tile| full.push(tile));
        for tile in full.into_iter().filter(|tile| tile.level > 0) {
            self.compare_tile(log, &tile).await?;
        }
        self.compare_signed();
        Ok(())
    }

    /// The leaf that the tiles hold at the next index.
    async fn stored_leaf(&mut self, log: &dyn Log) -> Result<Option<Hash>, Fault> {
        let index = self.rows.size() / TILE_WIDTH as u64;
        let within = usize::try_from(self.rows.size() % TILE_WIDTH as u64).unwrap_or(0);
        if self.tile.0 != index {
            let bytes = log.tile(0, index).await?.unwrap_or_default();
            let hashes = Tile::parse_hashes(&bytes).unwrap_or_default();
            let expected = (self.head.size - self.rows.size()).min(TILE_WIDTH as u64);
            if hashes.len() as u64 != expected {
                self.report(Tampering::TileChanged { level: 0, index });
            }
            self.tile = (index, hashes);
        }
        Ok(self.tile.1.get(within).copied())
    }

    async fn compare_tile(&mut self, log: &dyn Log, tile: &Tile) -> Result<(), Fault> {
        if log.tile(tile.level, tile.index).await? != Some(tile.bytes()) {
            self.report(Tampering::TileChanged { level: tile.level, index: tile.index });
        }
        Ok(())
    }

    /// Holds both trees against what was signed at the size they have reached.
    fn compare_signed(&mut self) {
        let size = self.rows.size();
        let Some(roots) = self.signed.remove(&size) else { return };
        let (rows, tiles) = (self.rows.root(), self.tiles.root());
        for signed in roots {
            if signed == rows {
                self.found.checkpoints += 1;
            } else if signed != tiles {
                self.report(Tampering::Forked(size));
            }
            // Signed what the tiles say, not what the rows say: the rows are named one by one.
        }
    }

    async fn finish(&mut self, log: &dyn Log) -> Result<(), Fault> {
        self.skip_to(log, self.head.size).await?;
        let belongs_at = std::mem::take(&mut self.belongs_at);
        let mut found_at: Vec<_> = std::mem::take(&mut self.found_at).into_iter().collect();
        found_at.sort_by_key(|(_, index)| *index);
        for (leaf, found_at) in found_at {
            self.report(match belongs_at.get(&leaf) {
                Some(belongs_at) => Tampering::Moved { found_at, belongs_at: *belongs_at },
                None => Tampering::Replaced(found_at),
            });
        }
        for tile in self.tiles.partial_tiles().into_iter().filter(|tile| tile.level > 0) {
            self.compare_tile(log, &tile).await?;
        }
        if self.head.root != self.tiles.root() {
            self.report(Tampering::HeadChanged);
        }
        Ok(())
    }

    async fn unsealed(&mut self, log: &dyn Log) -> Result<(), Fault> {
        let mut after = None;
        loop {
            let page = log.unsealed(after, PAGE).await?;
            let Some(last) = page.last() else { return Ok(()) };
            after = Some(last.row);
            for record in page {
                self.found.unsealed += 1;
                self.intact(&record, Place::Row(record.row));
            }
        }
    }

    fn into_verified(self) -> Verified {
        self.found
    }
}

/// Rows read at a time.
const PAGE: u32 = 1000;
/// Findings kept; a log with more is wrong as a whole, and the rest is counted.
const MOST_FINDINGS: usize = 10_000;
/// Kept checkpoints that are checked, newest first.
const MOST_CHECKPOINTS: u32 = 10_000;
