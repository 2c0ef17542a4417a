//! Finding the three finder patterns of a QR code (ISO/IEC 18004 §6.3.3): runs of dark and light
//! as 1 : 1 : 3 : 1 : 1, in both directions.

use super::picture::Bitmap;

/// The middle of a finder pattern.
#[derive(Clone, Copy, Debug)]
pub(super) struct Finder {
    pub(super) x: f32,
    pub(super) y: f32,
    /// Width of a module, pixels.
    pub(super) module: f32,
    /// Lines that crossed it.
    weight: f32,
}

/// Three finders that may be the corners of one code.
#[derive(Clone, Copy, Debug)]
pub(super) struct Triple {
    pub(super) top_left: Finder,
    pub(super) top_right: Finder,
    pub(super) bottom_left: Finder,
}

/// The finder patterns of a picture, those crossed by most lines first.
pub(super) fn find(bitmap: &Bitmap) -> Vec<Finder> {
    let mut found: Vec<Finder> = Vec::new();
    for y in 0..bitmap.height {
        scan_line(bitmap, y, &mut found);
        if found.len() > MAX_CANDIDATES {
            break;
        }
    }
    // Two crossings are chance, a finder of three pixels a module has nine.
    found.retain(|finder| finder.weight >= 2.0);
    found.sort_by(|one, other| other.weight.total_cmp(&one.weight));
    found.truncate(MAX_FINDERS);
    found
}

/// Triples that form a right angle with equal legs, the best first.
pub(super) fn triples(finders: &[Finder]) -> Vec<Triple> {
    let mut scored = Vec::new();
    for (at, a) in finders.iter().enumerate() {
        for (next, b) in finders.iter().enumerate().skip(at + 1) {
            for c in finders.iter().skip(next + 1) {
                if let Some(one) = triple(*a, *b, *c) {
                    scored.push(one);
                }
            }
        }
    }
    scored.sort_by(|(one, _), (other, _)| one.total_cmp(other));
    scored.into_iter().take(MAX_TRIPLES).map(|(_, triple)| triple).collect()
}

/// The corners in order, and how far they are from a right angle with equal legs and modules.
fn triple(a: Finder, b: Finder, c: Finder) -> Option<(f32, Triple)> {
    let (ab, bc, ca) = (distance(a, b), distance(b, c), distance(c, a));
    // The corner opposite the longest side.
    let (corner, one, other) = if ab >= bc && ab >= ca {
        (c, a, b)
    } else if bc >= ca {
        (a, b, c)
    } else {
        (b, c, a)
    };
    let (leg, other_leg, long) =
        (distance(corner, one), distance(corner, other), distance(one, other));
    let modules = [corner.module, one.module, other.module];
    let largest = modules.iter().copied().fold(0.0, f32::max);
    let smallest = modules.iter().copied().fold(f32::MAX, f32::min);
    let legs = (leg - other_leg).abs() / leg.max(other_leg);
    let angle = ((leg * leg + other_leg * other_leg).sqrt() - long).abs() / long;
    let sizes = largest / smallest - 1.0;
    // A code has at least 21 modules, 14 between the middles of its finders.
    if legs > 0.4 || angle > 0.25 || sizes > 0.7 || leg.min(other_leg) < 10.0 * smallest {
        return None;
    }
    // Going round clockwise on a screen, whose y grows downwards.
    let turn =
        (one.x - corner.x) * (other.y - corner.y) - (one.y - corner.y) * (other.x - corner.x);
    let (top_right, bottom_left) = if turn > 0.0 { (one, other) } else { (other, one) };
    // Of similar shapes the one whose finders were seen most clearly.
    let seen = corner.weight.min(one.weight).min(other.weight);
    let score = legs + angle + sizes + 1.0 / seen;
    Some((score, Triple { top_left: corner, top_right, bottom_left }))
}

fn distance(one: Finder, other: Finder) -> f32 {
    (one.x - other.x).hypot(one.y - other.y)
}

fn scan_line(bitmap: &Bitmap, y: usize, found: &mut Vec<Finder>) {
    // Lengths of the last five runs, the newest last; the newest is still growing.
    let mut runs = [0_usize; 5];
    let mut dark = false;
    for x in 0..=bitmap.width {
        let now = bitmap.dark(x, y);
        if now == dark && x < bitmap.width {
            runs[4] += 1;
            continue;
        }
        if dark && is_finder(runs.map(|run| run as f32)) {
            note(bitmap, x, y, &runs, found);
        }
        runs.rotate_left(1);
        runs[4] = 1;
        dark = now;
    }
}

/// Checks a horizontal find vertically and again horizontally, and counts it.
fn note(bitmap: &Bitmap, end: usize, y: usize, runs: &[usize; 5], found: &mut Vec<Finder>) {
    let behind = runs[4] + runs[3];
    let centre_x = end as f32 - behind as f32 - runs[2] as f32 / 2.0;
    let Some((centre_y, height)) = cross(bitmap, (centre_x, y as f32 + 0.5), (0.0, 1.0)) else {
        return;
    };
    let Some((centre_x, width)) = cross(bitmap, (centre_x, centre_y), (1.0, 0.0)) else { return };
    if width.max(height) > 1.6 * width.min(height) {
        return;
    }
    let module = (width + height) / 14.0;
    for known in found.iter_mut() {
        let near =
            (known.x - centre_x).abs() < 2.0 * module && (known.y - centre_y).abs() < 2.0 * module;
        if near && known.module < 2.0 * module && module < 2.0 * known.module {
            let all = known.weight + 1.0;
            known.x += (centre_x - known.x) / all;
            known.y += (centre_y - known.y) / all;
            known.module += (module - known.module) / all;
            known.weight = all;
            return;
        }
    }
    found.push(Finder { x: centre_x, y: centre_y, module, weight: 1.0 });
}

/// Runs through a point in a direction: the middle of the pattern along it, and its whole width.
fn cross(bitmap: &Bitmap, (x, y): (f32, f32), (step_x, step_y): (f32, f32)) -> Option<(f32, f32)> {
    let half = |sign: f32| {
        // Dark middle, light ring, dark ring.
        let mut lengths = [0.0_f32; 3];
        let mut at = 0;
        let mut step = 0.0_f32;
        while at < 3 {
            let (px, py) = (x + sign * step * step_x, y + sign * step * step_y);
            let inside =
                px >= 0.0 && py >= 0.0 && px < bitmap.width as f32 && py < bitmap.height as f32;
            let dark = inside && bitmap.dark_at(px, py);
            if dark == (at != 1) && inside {
                *lengths.get_mut(at)? += 1.0;
                step += 1.0;
                if step > MAX_ARM {
                    return None;
                }
            } else if !inside && at < 2 {
                return None;
            } else {
                at += 1;
            }
        }
        Some(lengths)
    };
    let (back, ahead) = (half(-1.0)?, half(1.0)?);
    // The point itself was counted in both directions.
    let middle = back[0] + ahead[0] - 1.0;
    is_finder([back[2], back[1], middle, ahead[1], ahead[2]]).then_some(())?;
    let whole = back[1] + back[2] + middle + ahead[1] + ahead[2];
    // From the edge of the middle block, in whole pixels.
    let start = (x * step_x + y * step_y).floor() - (back[0] - 1.0);
    Some((start + middle / 2.0, whole))
}

/// 1 : 1 : 3 : 1 : 1 within what blur and slant do.
fn is_finder(runs: [f32; 5]) -> bool {
    let total: f32 = runs.iter().sum();
    if total < 7.0 || runs.iter().any(|run| *run < 1.0) {
        return false;
    }
    let module = total / 7.0;
    let slack = module * 0.6 + 0.5;
    runs.iter().zip([1.0, 1.0, 3.0, 1.0, 1.0]).all(|(run, modules)| {
        (run - modules * module).abs() < if modules > 1.0 { slack * 1.8 } else { slack }
    })
}

/// Most places remembered while scanning: a page of text has some hundred.
const MAX_CANDIDATES: usize = 2000;

/// Finders that are combined: 24 make 2,024 triples.
const MAX_FINDERS: usize = 24;

/// Triples that are tried.
const MAX_TRIPLES: usize = 16;

/// Longest arm followed from the middle of a finder, pixels.
const MAX_ARM: f32 = 1500.0;
