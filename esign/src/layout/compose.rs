//! Puts the blocks of a draft on pages.

use auth_core::port::{DocumentBlock, DocumentDraft, DraftRefused};

use super::{
    breaking::{self, Line},
    qr, table,
};
use crate::{draw::MM, font::Typeface};

/// What stands on a page, in order of drawing.
#[derive(Clone, Debug, PartialEq)]
pub(super) enum Mark {
    /// A filled rectangle: lower left corner, width, height; grey from 0 (black) to 1.
    Box { x: f32, y: f32, width: f32, height: f32, grey: f32 },
    /// Many squares of one size in one path, black.
    Squares { side: f32, corners: Vec<(f32, f32)> },
    /// A line of text.
    Text { x: f32, y: f32, text: String, style: Style, spacing: f32 },
}

/// How text looks.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) struct Style {
    pub(super) face: Typeface,
    /// In points.
    pub(super) size: f32,
    /// Grey from 0 (black) to 1.
    pub(super) grey: f32,
    /// Thickened with a pen of a fortieth of its size, as 小标宋 is heavier than 宋体.
    pub(super) bold: bool,
}

/// The pages of a document.
pub(super) struct Composed {
    pub(super) pages: Vec<Vec<Mark>>,
    pub(super) seal_at: Option<(usize, f32, f32)>,
}

/// Sets all blocks, then the foot of every page.
pub(super) fn compose(draft: &DocumentDraft) -> Result<Composed, DraftRefused> {
    let mut sheet = Sheet::new();
    // A draft that says nothing is still a page.
    sheet.room(0.0)?;
    for block in &draft.blocks {
        sheet.block(block)?;
    }
    let mut pages = sheet.pages;
    for (index, page) in pages.iter_mut().enumerate() {
        foot(page, index + 1, &draft.footer)?;
    }
    Ok(Composed { pages, seal_at: sheet.seal_at })
}

/// The page being filled, from top to bottom.
pub(super) struct Sheet {
    pages: Vec<Vec<Mark>>,
    /// Where the next line's box begins, from the bottom of the page.
    pub(super) top: f32,
    seal_at: Option<(usize, f32, f32)>,
    /// Top of a code at the left margin which a closing may stand beside.
    beside: Option<f32>,
}

impl Sheet {
    const fn new() -> Self {
        Self { pages: Vec::new(), top: 0.0, seal_at: None, beside: None }
    }

    fn block(&mut self, block: &DocumentBlock) -> Result<(), DraftRefused> {
        let beside = self.beside.take();
        match block {
            DocumentBlock::Closing { organisation, date } => {
                self.closing(organisation, date, beside)
            }
            DocumentBlock::Heading(text) => {
                // Never the last line of a page.
                self.room(LINE * 2.0)?;
                self.paragraph(text, HEADING, 2.0)
            }
            DocumentBlock::Note(text) => self.note(text),
            DocumentBlock::Paragraph(text) => self.paragraph(text, BODY, 2.0),
            DocumentBlock::Qr { modules, caption } => self.code(modules, caption),
            DocumentBlock::Rows(rows) => table::rows(self, rows),
            DocumentBlock::Salutation(text) => self.paragraph(text, BODY, 0.0),
            DocumentBlock::Title(text) => self.title(text),
        }
    }

    /// Makes sure that `height` points are free on the page, on a new one if need be.
    pub(super) fn room(&mut self, height: f32) -> Result<(), DraftRefused> {
        if self.pages.is_empty() || self.top - height < BOTTOM {
            if self.pages.len() >= MAX_PAGES {
                return Err(DraftRefused::Long);
            }
            self.pages.push(Vec::new());
            self.top = TOP;
        }
        Ok(())
    }

    /// Adds a mark to the page.
    pub(super) fn mark(&mut self, mark: Mark) {
        if let Some(page) = self.pages.last_mut() {
            page.push(mark);
        }
    }

    fn paragraph(&mut self, text: &str, style: Style, indent: f32) -> Result<(), DraftRefused> {
        let indent = indent * style.size;
        let lines = breaking::lines(text, style.face, style.size, WIDTH, indent)?;
        for (index, line) in lines.iter().enumerate() {
            self.room(LINE)?;
            let start = if index == 0 { indent } else { 0.0 };
            let y = self.top - LINE * 0.5 - style.size * 0.38;
            self.mark(text_mark(line, LEFT + start, y, WIDTH - start, style));
            self.top -= LINE;
        }
        Ok(())
    }

    fn title(&mut self, text: &str) -> Result<(), DraftRefused> {
        let lines = balanced(text, TITLE)?;
        let pitch = TITLE.size * 1.5;
        self.room(pitch * lines.len() as f32 + LINE)?;
        for line in &lines {
            let x = LEFT + (WIDTH - line.width) / 2.0;
            let y = self.top - pitch * 0.5 - TITLE.size * 0.38;
            self.mark(Mark::Text { x, y, text: line.text.clone(), style: TITLE, spacing: 0.0 });
            self.top -= pitch;
        }
        self.top -= LINE * 0.7;
        Ok(())
    }

    fn note(&mut self, text: &str) -> Result<(), DraftRefused> {
        let pitch = NOTE.size * 1.6;
        self.top -= pitch * 0.3;
        for line in breaking::lines(text, NOTE.face, NOTE.size, WIDTH, 0.0)? {
            self.room(pitch)?;
            let y = self.top - pitch * 0.5 - NOTE.size * 0.38;
            self.mark(text_mark(&line, LEFT, y, WIDTH, NOTE));
            self.top -= pitch;
        }
        Ok(())
    }

    fn code(&mut self, modules: &[bool], caption: &str) -> Result<(), DraftRefused> {
        let pitch = NOTE.size * 1.5;
        let lines = breaking::lines(caption, NOTE.face, NOTE.size, CODE_COLUMN, 0.0)?;
        self.room(CODE + pitch * (lines.len() as f32 + 1.0) + LINE * 0.5)?;
        let top = self.top - LINE * 0.5;
        let x = LEFT + (CODE_COLUMN - CODE) / 2.0;
        self.mark(qr::squares(modules, x, top - CODE, CODE)?);
        self.top = top - CODE - pitch * 0.5;
        for line in &lines {
            let x = LEFT + (CODE_COLUMN - line.width) / 2.0;
            let y = self.top - pitch * 0.5 - NOTE.size * 0.38;
            self.mark(Mark::Text { x, y, text: line.text.clone(), style: NOTE, spacing: 0.0 });
            self.top -= pitch;
        }
        self.beside = Some(top);
        Ok(())
    }

    /// The seal's middle stands on the date, so that it covers it and touches the name above.
    fn closing(
        &mut self,
        organisation: &str,
        date: &str,
        beside: Option<f32>,
    ) -> Result<(), DraftRefused> {
        let below = self.top;
        match beside {
            Some(top) => self.top = top,
            None => self.top -= LINE,
        }
        self.room(CLOSING)?;
        let widths = [organisation, date].map(|text| breaking::width(text, BODY.face, BODY.size));
        let [organisation_width, date_width] = widths;
        let (organisation_width, date_width) = (organisation_width?, date_width?);
        // Four characters from the right margin (GB/T 9704 §7.3.5.1), less for long names.
        let wide = organisation_width.max(date_width);
        let middle = LEFT + WIDTH - (BODY.size * 4.0).min((WIDTH - wide).max(0.0)) - wide / 2.0;
        let first = self.top - CLOSING / 2.0 + LINE * 0.6;
        for (index, (text, width)) in
            [(organisation, organisation_width), (date, date_width)].into_iter().enumerate()
        {
            let y = first - LINE * index as f32 - BODY.size * 0.38;
            let x = middle - width / 2.0;
            self.mark(Mark::Text { x, y, text: text.to_owned(), style: BODY, spacing: 0.0 });
        }
        let page = self.pages.len().saturating_sub(1);
        self.seal_at = Some((page, middle, first - LINE * 0.6));
        let end = self.top - CLOSING;
        self.top = if beside.is_some() { end.min(below) } else { end };
        Ok(())
    }
}

/// A line, spread to the margin when its text goes on.
pub(super) fn text_mark(line: &Line, x: f32, y: f32, room: f32, style: Style) -> Mark {
    let gaps = line.text.chars().count().saturating_sub(1);
    let slack = room - line.width;
    let spread = line.soft && gaps > 0 && slack > 0.0 && slack < style.size * 2.5;
    let spacing = if spread { slack / gaps as f32 } else { 0.0 };
    Mark::Text { x, y, text: line.text.clone(), style, spacing }
}

/// Lines of about equal length: a title never ends in one lonely character.
fn balanced(text: &str, style: Style) -> Result<Vec<Line>, DraftRefused> {
    let greedy = breaking::lines(text, style.face, style.size, WIDTH, 0.0)?;
    let total: f32 = greedy.iter().map(|line| line.width).sum();
    let even = (total / greedy.len().max(1) as f32 + style.size).min(WIDTH);
    let lines = breaking::lines(text, style.face, style.size, even, 0.0)?;
    Ok(if lines.len() == greedy.len() { lines } else { greedy })
}

fn foot(page: &mut Vec<Mark>, number: usize, footer: &str) -> Result<(), DraftRefused> {
    let text = format!("— {number} —");
    for (line, y) in [(text.as_str(), BOTTOM - 34.0), (footer, BOTTOM - 50.0)] {
        let fitted = breaking::lines(line, FOOT.face, FOOT.size, WIDTH, 0.0)?;
        if let Some(Line { text, width, .. }) = fitted.into_iter().next() {
            let x = LEFT + (WIDTH - width) / 2.0;
            page.push(Mark::Text { x, y, text, style: FOOT, spacing: 0.0 });
        }
    }
    Ok(())
}

/// A4 in points.
pub(super) const PAGE: (f32, f32) = (595.28, 841.89);
/// Left margin: 28 mm.
pub(super) const LEFT: f32 = 28.0 * MM;
/// Width of the text: 156 mm.
pub(super) const WIDTH: f32 = 156.0 * MM;
const TOP: f32 = PAGE.1 - 37.0 * MM;
const BOTTOM: f32 = 35.0 * MM;
/// Height of a line: 22 on a page.
pub(super) const LINE: f32 = (TOP - BOTTOM) / 22.0;
/// Height kept for name, date and the seal over them: a seal of 45 mm.
const CLOSING: f32 = 46.0 * MM;
/// Side of a printed code, and the column it is centred in.
const CODE: f32 = 34.0 * MM;
const CODE_COLUMN: f32 = 44.0 * MM;
/// Longest document: what we make has one to three pages.
const MAX_PAGES: usize = 100;

pub(super) const BODY: Style = Style { face: Typeface::Song, size: 16.0, grey: 0.0, bold: false };
const FOOT: Style = Style { face: Typeface::Song, size: 9.0, grey: 0.35, bold: false };
const HEADING: Style = Style { face: Typeface::Hei, size: 16.0, grey: 0.0, bold: false };
const NOTE: Style = Style { face: Typeface::Song, size: 10.5, grey: 0.25, bold: false };
const TITLE: Style = Style { face: Typeface::Song, size: 22.0, grey: 0.0, bold: true };
