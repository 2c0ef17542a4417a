//! Names and values in two columns with hairlines.

use auth_core::port::DraftRefused;

use super::{
    breaking,
    compose::{LEFT, Mark, Sheet, Style, WIDTH, text_mark},
};
use crate::font::Typeface;

/// Sets the rows. A row stays on one page unless it is longer than half of one.
pub(super) fn rows(sheet: &mut Sheet, rows: &[(String, String)]) -> Result<(), DraftRefused> {
    let mut column: f32 = 0.0;
    for (name, _) in rows {
        column = column.max(breaking::width(name, NAME.face, NAME.size)?);
    }
    let column = (column + NAME.size * 1.5).min(WIDTH * 0.45);
    for (index, (name, value)) in rows.iter().enumerate() {
        row(sheet, name, value, column)?;
        if index + 1 == rows.len() {
            hairline(sheet);
        }
    }
    sheet.top -= PITCH * 0.5;
    Ok(())
}

fn row(sheet: &mut Sheet, name: &str, value: &str, column: f32) -> Result<(), DraftRefused> {
    let names = breaking::lines(name, NAME.face, NAME.size, column - NAME.size, 0.0)?;
    let values = breaking::lines(value, VALUE.face, VALUE.size, WIDTH - column, 0.0)?;
    let count = names.len().max(values.len());
    sheet.room(PITCH * count.min(KEPT_TOGETHER) as f32 + PADDING * 2.0)?;
    hairline(sheet);
    sheet.top -= PADDING;
    for index in 0..count {
        sheet.room(PITCH)?;
        let y = sheet.top - PITCH * 0.5 - VALUE.size * 0.38;
        if let Some(line) = names.get(index) {
            let mark =
                Mark::Text { x: LEFT, y, text: line.text.clone(), style: NAME, spacing: 0.0 };
            sheet.mark(mark);
        }
        if let Some(line) = values.get(index) {
            sheet.mark(text_mark(line, LEFT + column, y, WIDTH - column, VALUE));
        }
        sheet.top -= PITCH;
    }
    sheet.top -= PADDING;
    Ok(())
}

fn hairline(sheet: &mut Sheet) {
    let y = sheet.top;
    sheet.mark(Mark::Box { x: LEFT, y, width: WIDTH, height: 0.5, grey: 0.7 });
}

const NAME: Style = Style { face: Typeface::Hei, size: 12.0, grey: 0.3, bold: false };
const VALUE: Style = Style { face: Typeface::Song, size: 13.0, grey: 0.0, bold: false };
const PITCH: f32 = 20.0;
const PADDING: f32 = 4.0;
const KEPT_TOGETHER: usize = 12;
