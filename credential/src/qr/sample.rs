//! From three corners to modules: perspective, alignment pattern, sampling; decoding is `rqrr`'s.

use super::{
    finders::{Finder, Triple},
    picture::Bitmap,
};

/// Reads the code of three corners, trying the sizes near the estimated one.
pub(super) fn decode(bitmap: &Bitmap, corners: &Triple) -> Option<String> {
    let estimate = size_estimate(corners);
    for offset in [0, 4, -4, 8, -8] {
        let Ok(size) = usize::try_from(estimate + offset) else { continue };
        if !(MIN_SIZE..=MAX_SIZE).contains(&size) {
            continue;
        }
        // With the alignment pattern where it is seen, else where a flat page would have it.
        for corner in fourth_corners(bitmap, corners, size) {
            let Some(map) = Perspective::new(corners, corner, size) else { continue };
            if timing_errors(bitmap, &map, size) * 4 > size {
                continue;
            }
            let grid = Modules::sample(bitmap, &map, size);
            if let Ok((_, text)) = rqrr::Grid::new(grid).decode() {
                return Some(text);
            }
        }
    }
    None
}

/// Modules on a side, `4 v + 17`, nearest to what distances and module widths say.
fn size_estimate(corners: &Triple) -> i32 {
    let Triple { top_left, top_right, bottom_left } = corners;
    let side = |one: &Finder, other: &Finder| {
        (one.x - other.x).hypot(one.y - other.y) / ((one.module + other.module) / 2.0)
    };
    // A slanted finder looks wider along the lines than across it.
    let slant = {
        let (dx, dy) = (top_right.x - top_left.x, top_right.y - top_left.y);
        let length = dx.hypot(dy).max(1.0);
        (dx.abs().max(dy.abs()) / length).clamp(0.7, 1.0)
    };
    let between = (side(top_left, top_right) + side(top_left, bottom_left)) / 2.0 / slant;
    // Bounded by the size of pictures, far below what the cast could not hold.
    let modules = (between + 7.0).round() as i32;
    (modules - 17 + 2).div_euclid(4) * 4 + 17
}

/// A point of the picture, and the modules (column, row) that it shows.
#[derive(Clone, Copy)]
struct Anchor {
    at: (f32, f32),
    module: (f32, f32),
}

/// Where the fourth reference point may be: the alignment pattern, then the plain parallelogram.
fn fourth_corners(bitmap: &Bitmap, corners: &Triple, size: usize) -> Vec<Anchor> {
    let Triple { top_left, top_right, bottom_left } = corners;
    let side = size as f32;
    let span = side - 7.0;
    let right = ((top_right.x - top_left.x) / span, (top_right.y - top_left.y) / span);
    let down = ((bottom_left.x - top_left.x) / span, (bottom_left.y - top_left.y) / span);
    let place = |columns: f32, rows: f32| {
        (
            top_left.x + right.0 * columns + down.0 * rows,
            top_left.y + right.1 * columns + down.1 * rows,
        )
    };
    let plain = Anchor { at: place(span, span), module: (side - 3.5, side - 3.5) };
    if size < 25 {
        return vec![plain];
    }
    let near = place(span - 3.0, span - 3.0);
    let radius = i32::try_from(size / 8).unwrap_or(0).max(4);
    let seen = alignment(bitmap, near, (right, down), radius);
    let seen = seen.into_iter().map(|at| Anchor { at, module: (side - 6.5, side - 6.5) });
    seen.chain([plain]).collect()
}

/// The places around `near` that look most like an alignment pattern: dark, ring of light, ring of
/// dark (ISO/IEC 18004 §6.3.6), within `radius` modules: seen from the side, an eighth of the code
/// may lie between where it is and where three corners put it. The best few, apart from each other.
fn alignment(
    bitmap: &Bitmap,
    near: (f32, f32),
    (right, down): ((f32, f32), (f32, f32)),
    radius: i32,
) -> Vec<(f32, f32)> {
    let mut scored = Vec::new();
    let reach = radius * 3;
    for row in -reach..=reach {
        for column in -reach..=reach {
            let (u, v) = (column as f32 / 3.0, row as f32 / 3.0);
            let at = (near.0 + right.0 * u + down.0 * v, near.1 + right.1 * u + down.1 * v);
            let fits = pattern_fits(bitmap, at, right, down);
            if fits <= 20 {
                continue;
            }
            // Of equal places the nearer one, in ninths of a module.
            scored.push((fits * WEIGHT - (row * row + column * column), at));
        }
    }
    scored.sort_by_key(|(score, _)| -score);
    let best = scored.first().map_or(0, |(score, _)| *score / WEIGHT);
    // Equally good neighbours surround the middle: take their mean.
    let module = right.0.hypot(right.1);
    let close_score = |score: i32| score / WEIGHT + 1 >= best;
    let close = |at: (f32, f32), to: (f32, f32)| (at.0 - to.0).hypot(at.1 - to.1) < module;
    let mut out: Vec<(f32, f32)> = Vec::new();
    for (_, at) in &scored {
        if out.iter().any(|known| (known.0 - at.0).hypot(known.1 - at.1) < 2.0 * module) {
            continue;
        }
        let peers: Vec<_> = scored
            .iter()
            .filter(|(score, other)| close_score(*score) && close(*other, *at))
            .map(|(_, other)| *other)
            .collect();
        let count = peers.len().max(1) as f32;
        let sum = peers.iter().fold((0.0, 0.0), |sum, one| (sum.0 + one.0, sum.1 + one.1));
        out.push(if peers.is_empty() { *at } else { (sum.0 / count, sum.1 / count) });
        if out.len() == PLACES {
            break;
        }
    }
    out
}

/// How many of the 25 points of an alignment pattern around `at` fit; 0 as soon as five do not.
fn pattern_fits(bitmap: &Bitmap, at: (f32, f32), right: (f32, f32), down: (f32, f32)) -> i32 {
    let mut misses = 0;
    for y in -2_i32..=2 {
        for x in -2_i32..=2 {
            let (x_part, y_part) = (x as f32, y as f32);
            let dark = bitmap.dark_at(
                at.0 + right.0 * x_part + down.0 * y_part,
                at.1 + right.1 * x_part + down.1 * y_part,
            );
            misses += i32::from(dark != (x.abs().max(y.abs()) != 1));
            if misses == 5 {
                return 0;
            }
        }
    }
    25 - misses
}

/// A projective map from modules to pixels.
struct Perspective {
    m: [f32; 8],
}

impl Perspective {
    /// The map of the three finders and one more point; `None` when they lie on a line.
    fn new(corners: &Triple, fourth: Anchor, size: usize) -> Option<Self> {
        let far = size as f32 - 3.5;
        let points = [
            Anchor { at: (corners.top_left.x, corners.top_left.y), module: (3.5, 3.5) },
            Anchor { at: (corners.top_right.x, corners.top_right.y), module: (far, 3.5) },
            Anchor { at: (corners.bottom_left.x, corners.bottom_left.y), module: (3.5, far) },
            fourth,
        ];
        // Two equations a point for the eight unknowns.
        let mut rows = [[0.0_f64; 9]; 8];
        for (pair, point) in rows.chunks_exact_mut(2).zip(points) {
            let (u, v) = (f64::from(point.module.0), f64::from(point.module.1));
            let (x, y) = (f64::from(point.at.0), f64::from(point.at.1));
            if let [first, second] = pair {
                *first = [u, v, 1.0, 0.0, 0.0, 0.0, -u * x, -v * x, x];
                *second = [0.0, 0.0, 0.0, u, v, 1.0, -u * y, -v * y, y];
            }
        }
        solve(&mut rows).map(|m| Self { m: m.map(|value| value as f32) })
    }

    fn apply(&self, u: f32, v: f32) -> (f32, f32) {
        let m = &self.m;
        let w = m[6] * u + m[7] * v + 1.0;
        ((m[0] * u + m[1] * v + m[2]) / w, (m[3] * u + m[4] * v + m[5]) / w)
    }
}

/// Gauss–Jordan elimination with pivots.
fn solve(rows: &mut [[f64; 9]; 8]) -> Option<[f64; 8]> {
    for column in 0..8 {
        let pivot =
            (column..8).max_by(|a, b| rows[*a][column].abs().total_cmp(&rows[*b][column].abs()))?;
        rows.swap(column, pivot);
        let head = rows[column][column];
        if head.abs() < 1e-9 {
            return None;
        }
        for value in &mut rows[column] {
            *value /= head;
        }
        let lead = rows[column];
        for (at, row) in rows.iter_mut().enumerate() {
            let factor = row[column];
            if at != column && factor != 0.0 {
                for (value, other) in row.iter_mut().zip(lead) {
                    *value -= factor * other;
                }
            }
        }
    }
    Some(rows.map(|row| row[8]))
}

/// How many modules of the two timing lines are wrong (ISO/IEC 18004 §6.3.5): a wrong size or a
/// false corner shows at once, before the rest is looked at.
fn timing_errors(bitmap: &Bitmap, map: &Perspective, size: usize) -> usize {
    let wrong = |at: usize, column, row| {
        usize::from(module(bitmap, map, column, row) != at.is_multiple_of(2))
    };
    (8..size - 8).map(|at| wrong(at, at, 6) + wrong(at, 6, at)).sum()
}

/// What most of five points of a module are.
fn module(bitmap: &Bitmap, map: &Perspective, column: usize, row: usize) -> bool {
    let (u, v) = (column as f32 + 0.5, row as f32 + 0.5);
    let dark = |(x, y): &&(f32, f32)| {
        let at = map.apply(u + x, v + y);
        bitmap.dark_at(at.0, at.1)
    };
    POINTS.iter().filter(dark).count() * 2 > POINTS.len()
}

/// The modules of a code.
struct Modules {
    size: usize,
    dark: Vec<bool>,
}

impl Modules {
    fn sample(bitmap: &Bitmap, map: &Perspective, size: usize) -> Self {
        let mut dark = Vec::with_capacity(size * size);
        for row in 0..size {
            for column in 0..size {
                dark.push(module(bitmap, map, column, row));
            }
        }
        Self { size, dark }
    }
}

impl rqrr::BitGrid for Modules {
    fn size(&self) -> usize {
        self.size
    }

    fn bit(&self, y: usize, x: usize) -> bool {
        x < self.size && self.dark.get(y * self.size + x).copied().unwrap_or(false)
    }
}

/// Where a module is looked at, in modules from its middle.
const POINTS: [(f32, f32); 5] = [(0.0, 0.0), (-0.2, -0.2), (0.2, -0.2), (-0.2, 0.2), (0.2, 0.2)];

/// Places at which an alignment pattern may be, tried in turn.
const PLACES: usize = 4;

/// What one point that fits outweighs: more than any distance, in ninths of a square module.
const WEIGHT: i32 = 10_000;

/// Version 1.
const MIN_SIZE: usize = 21;

/// Version 40.
const MAX_SIZE: usize = 177;
