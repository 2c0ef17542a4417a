//! A QR code as vector squares.

use auth_core::port::DraftRefused;

use super::compose::Mark;

/// The dark modules of a code whose quiet zone (four modules, ISO/IEC 18004 §9.1) lies inside the
/// given square.
pub(super) fn squares(modules: &[bool], x: f32, y: f32, side: f32) -> Result<Mark, DraftRefused> {
    let count = modules.len().isqrt();
    if count * count != modules.len() || !(21..=177).contains(&count) {
        return Err(DraftRefused::Qr);
    }
    let module = side / (count + 2 * QUIET) as f32;
    let dark = modules.iter().enumerate().filter(|(_, dark)| **dark);
    let corners = dark.map(|(index, _)| {
        let (row, column) = (index / count, index % count);
        let left = x + module * (column + QUIET) as f32;
        (left, y + side - module * (row + QUIET + 1) as f32)
    });
    Ok(Mark::Squares { side: module, corners: corners.collect() })
}

const QUIET: usize = 4;
