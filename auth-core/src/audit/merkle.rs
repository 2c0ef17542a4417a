//! The Merkle tree (RFC 6962 §2.1, RFC 9162 §2.1) and its tiles (C2SP tlog-tiles), as pure
//! functions.

use sha2::{Digest, Sha256};

/// A node of the tree.
pub type Hash = [u8; 32];

/// The hash of a leaf: SHA-256(0x00 ‖ entry).
pub fn leaf_hash(entry: &[u8]) -> Hash {
    Sha256::new().chain_update([0]).chain_update(entry).finalize().into()
}

/// The hash of an inner node: SHA-256(0x01 ‖ left ‖ right).
pub fn node_hash(left: &Hash, right: &Hash) -> Hash {
    Sha256::new().chain_update([1]).chain_update(left).chain_update(right).finalize().into()
}

/// Merkle Tree Hash over nodes of which all but the last stand for equally many leaves, and the
/// last for no more than the others. Of nothing, it is SHA-256 of nothing.
pub fn root(nodes: &[Hash]) -> Hash {
    match nodes {
        [] => Sha256::digest([]).into(),
        [only] => *only,
        _ => {
            // The largest power of two smaller than the number of nodes.
            let half = (nodes.len() - 1).checked_ilog2().map_or(1, |log| 1 << log);
            let (left, right) = nodes.split_at(half);
            node_hash(&root(left), &root(right))
        }
    }
}

/// A tile: consecutive hashes at one height.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Tile {
    /// 0 holds leaf hashes; each hash of level *n* + 1 is the root of a full tile of level *n*.
    pub level: u8,
    /// Number of the tile within its level.
    pub index: u64,
    /// Up to [`TILE_WIDTH`] hashes.
    pub hashes: Vec<Hash>,
}

impl Tile {
    /// The tile's bytes, hash after hash.
    pub fn bytes(&self) -> Vec<u8> {
        self.hashes.concat()
    }

    /// Reads the hashes of a tile; `None` when they are not whole or too many.
    pub fn parse_hashes(bytes: &[u8]) -> Option<Vec<Hash>> {
        let (hashes, rest) = bytes.as_chunks::<32>();
        (rest.is_empty() && hashes.len() <= TILE_WIDTH).then(|| hashes.to_vec())
    }
}

/// The right edge of a tree: for each level the tile that is not full yet. All that is needed to
/// append and to compute the root.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Edge {
    size: u64,
    levels: Vec<Vec<Hash>>,
}

impl Edge {
    /// The edge of a tree of `size` leaves from the tiles on it: `tile(level, index)` gives the
    /// stored hashes, of which later ones are ignored. `None` when a tile is too short.
    pub fn of(size: u64, mut tile: impl FnMut(u8, u64) -> Option<Vec<Hash>>) -> Option<Self> {
        let mut levels = Vec::new();
        for level in 0..levels_of(size) {
            let (index, width) = edge_tile(size, level);
            let mut hashes = Vec::new();
            if width > 0 {
                hashes = tile(level, index)?;
                if hashes.len() < width {
                    return None;
                }
                hashes.truncate(width);
            }
            levels.push(hashes);
        }
        Some(Self { size, levels })
    }

    /// How many leaves.
    pub const fn size(&self) -> u64 {
        self.size
    }

    /// Appends a leaf; tiles that are full with it are handed to `full`.
    pub fn push(&mut self, leaf: Hash, mut full: impl FnMut(Tile)) {
        self.size += 1;
        let mut carried = leaf;
        for level in 0_u8.. {
            let at = usize::from(level);
            if self.levels.len() == at {
                self.levels.push(Vec::with_capacity(TILE_WIDTH));
            }
            self.levels[at].push(carried);
            if self.levels[at].len() < TILE_WIDTH {
                return;
            }
            let hashes = std::mem::take(&mut self.levels[at]);
            carried = root(&hashes);
            full(Tile { level, index: (self.size >> shift(level + 1)) - 1, hashes });
        }
    }

    /// The tiles on the edge that hold something: partial ones, to be stored beside the full ones.
    pub fn partial_tiles(&self) -> Vec<Tile> {
        let levels = (0_u8..).zip(&self.levels).filter(|(_, hashes)| !hashes.is_empty());
        levels
            .map(|(level, hashes)| Tile {
                level,
                index: edge_tile(self.size, level).0,
                hashes: hashes.clone(),
            })
            .collect()
    }

    /// The root of the tree.
    pub fn root(&self) -> Hash {
        let mut right: Option<Hash> = None;
        for hashes in &self.levels {
            // What lies right of this level's nodes is smaller than one of them.
            let nodes: Vec<Hash> = hashes.iter().copied().chain(right).collect();
            if !nodes.is_empty() {
                right = Some(root(&nodes));
            }
        }
        right.unwrap_or_else(|| root(&[]))
    }
}

/// The tiles, as (level, index), that [`Edge::of`] asks for at this size.
pub fn edge_tiles(size: u64) -> Vec<(u8, u64)> {
    (0..levels_of(size))
        .map(|level| (level, edge_tile(size, level)))
        .filter(|(_, (_, width))| *width > 0)
        .map(|(level, (index, _))| (level, index))
        .collect()
}

/// Index and width of the partial tile at this level.
fn edge_tile(size: u64, level: u8) -> (u64, usize) {
    let nodes = size >> shift(level);
    // The remainder is below 256.
    (nodes >> TILE_HEIGHT, usize::try_from(nodes % 256).unwrap_or(0))
}

/// Levels that hold a node.
fn levels_of(size: u64) -> u8 {
    (0..8).filter(|level| size >> shift(*level) > 0).count().try_into().unwrap_or(8)
}

fn shift(level: u8) -> u32 {
    (u32::from(level) * TILE_HEIGHT).min(63)
}

/// Hashes in a full tile.
pub const TILE_WIDTH: usize = 256;
/// Levels of the tree that one tile spans.
const TILE_HEIGHT: u32 = 8;

#[cfg(test)]
#[allow(clippy::unwrap_used, reason = "a failed unwrap fails the test")]
mod tests {
    use std::collections::HashMap;

    use super::*;

    /// Leaves and roots of the Certificate Transparency reference tests.
    #[test]
    fn roots_of_the_reference_tree() {
        let leaves = [
            "",
            "00",
            "10",
            "2021",
            "3031",
            "40414243",
            "5051525354555657",
            "606162636465666768696a6b6c6d6e6f",
        ];
        let roots = [
            "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855",
            "6e340b9cffb37a989ca544e6bb780a2c78901d3fb33738768511a30617afa01d",
            "fac54203e7cc696cf0dfcb42c92a1d9dbaf70ad9e621f4bd8d98662f00e3c125",
            "aeb6bcfe274b70a14fb067a5e5578264db0fa9b51af5e0ba159158f329e06e77",
            "d37ee418976dd95753c1c73862b9398fa2a2cf9b4ff0fdfe8b30cd95209614b7",
            "4e3bbb1f7b478dcfe71fb631631519a3bca12c9aefca1612bfce4c13a86264d4",
            "76e67dadbcdf1e10e1b74ddc608abd2f98dfb16fbce75277b5232a127f2087ef",
            "ddb89be403809e325750d3d263cd78929c2942b7942a34b77e122c9594a74c8c",
            "5dc9da79a70659a9ad559cb701ded9a2ab9d823aad2f4960cfe370eff4604328",
        ];
        let mut edge = Edge::default();
        assert_eq!(hex::encode(edge.root()), roots[0]);
        for (leaf, expected) in leaves.iter().zip(&roots[1..]) {
            edge.push(leaf_hash(&hex::decode(leaf).unwrap()), |_| {});
            assert_eq!(hex::encode(edge.root()), *expected);
        }
    }

    /// Against the definition, over sizes that fill tiles of two levels, and resumed from tiles.
    #[test]
    fn edge_agrees_with_the_definition_and_resumes_from_tiles() {
        let mut leaves = Vec::new();
        let mut tiles = HashMap::new();
        let mut edge = Edge::default();
        for number in 0..66_000_u32 {
            leaves.push(leaf_hash(&number.to_be_bytes()));
            let last = leaves[leaves.len() - 1];
            edge.push(last, |tile| {
                tiles.insert((tile.level, tile.index), tile.hashes);
            });
            let size = edge.size();
            if [1, 2, 255, 256, 257, 511, 512, 513, 65_535, 65_536, 65_537, 66_000].contains(&size)
            {
                assert_eq!(edge.root(), root(&leaves), "size {size}");
                let mut stored = tiles.clone();
                for tile in edge.partial_tiles() {
                    stored.insert((tile.level, tile.index), tile.hashes);
                }
                let asked = edge_tiles(size);
                let read = Edge::of(size, |level, index| {
                    assert!(asked.contains(&(level, index)));
                    stored.get(&(level, index)).cloned()
                });
                assert_eq!(read, Some(edge.clone()), "size {size}");
            }
        }
        assert_eq!(tiles.len(), 257 + 1);
        // An older root can be read from tiles that have grown since.
        for tile in edge.partial_tiles() {
            tiles.insert((tile.level, tile.index), tile.hashes);
        }
        for size in [0, 1, 300, 65_536, 65_600] {
            let older = Edge::of(size, |level, index| tiles.get(&(level, index)).cloned());
            let expected = root(&leaves[..usize::try_from(size).unwrap()]);
            assert_eq!(older.unwrap().root(), expected, "size {size}");
        }
    }
}
