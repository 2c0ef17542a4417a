//! A document: its chain of cross-reference sections, and objects on demand.

use std::fmt;

use super::lexer::{Lexer, is_space};
use super::limits::{MAX_FILE, MAX_SECTIONS, MAX_XREF_ENTRIES};
use super::object::Object;
use super::view::{Known, View};
use super::xref::Section;
use crate::pdf::PdfRefused;

/// A PDF file whose cross-reference sections have been read.
pub struct Document<'a> {
    pub(super) bytes: &'a [u8],
    /// Oldest first.
    pub(super) sections: Vec<Section>,
    irregularities: Vec<Irregularity>,
    pub(super) known: Known,
}

/// What readers forgive but may each understand in their own way. Never signed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Irregularity {
    /// `%PDF-` is not at the very start.
    HeaderNotFirst,
    /// `startxref` or `Prev` points near its section, not at it.
    InexactSection,
    /// No `%%EOF` after the last `startxref`.
    NoEndMark,
    /// Something other than white space follows the last `%%EOF`.
    TrailingBytes,
}

impl fmt::Display for Irregularity {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::HeaderNotFirst => "bytes before the header",
            Self::InexactSection => "inexact offset of a cross-reference section",
            Self::NoEndMark => "no %%EOF",
            Self::TrailingBytes => "bytes after %%EOF",
        })
    }
}

impl<'a> Document<'a> {
    /// Reads the cross-reference sections of a file. Encrypted and hybrid-reference files are
    /// refused here.
    pub fn open(bytes: &'a [u8]) -> Result<Self, PdfRefused> {
        if bytes.len() > MAX_FILE {
            return Err(PdfRefused::Limit("size of the file"));
        }
        let mut irregularities = Vec::new();
        let header = find(bytes.get(..HEADER_WINDOW).unwrap_or(bytes), b"%PDF-")
            .ok_or(PdfRefused::broken(0, "the header %PDF-"))?;
        if header > 0 {
            irregularities.push(Irregularity::HeaderNotFirst);
        }
        let last = last_section(bytes, &mut irregularities)?;
        let sections = chain(bytes, last, &mut irregularities)?;
        Ok(Self { bytes, sections, irregularities, known: Known::nothing() })
    }

    /// The file.
    pub const fn bytes(&self) -> &'a [u8] {
        self.bytes
    }

    /// The cross-reference sections, oldest first.
    pub fn sections(&self) -> &[Section] {
        &self.sections
    }

    /// What was forgiven while reading.
    pub fn irregularities(&self) -> &[Irregularity] {
        &self.irregularities
    }

    /// The newest state.
    pub const fn latest(&self) -> View<'_, 'a> {
        View { document: self, sections: self.sections.len(), end: self.bytes.len() }
    }

    /// The state when the file had `end` bytes and its first `sections` sections.
    pub(crate) fn view(&self, sections: usize, end: usize) -> View<'_, 'a> {
        let sections = sections.min(self.sections.len());
        View { document: self, sections, end: end.min(self.bytes.len()) }
    }

    /// The lowest number that no object of any revision has.
    pub(crate) fn next_number(&self) -> u32 {
        let size = |section: &Section| {
            let size = section.trailer.get(b"Size").and_then(Object::as_int).unwrap_or(0);
            let highest = section.entries().last().map_or(0, |(number, _)| number + 1);
            u32::try_from(size).unwrap_or(0).max(highest)
        };
        self.sections.iter().map(size).max().unwrap_or(1).max(1)
    }

    /// Offset of the last cross-reference section as `startxref` of a file ending at `end` says.
    pub(crate) fn last_section_at(&self, end: usize) -> Option<usize> {
        let mut irregularities = Vec::new();
        let at = last_section(self.bytes.get(..end)?, &mut irregularities).ok()?;
        irregularities.is_empty().then_some(at)
    }
}

/// Follows `Prev` from the newest section; the result is oldest first.
fn chain(
    bytes: &[u8],
    last: usize,
    irregularities: &mut Vec<Irregularity>,
) -> Result<Vec<Section>, PdfRefused> {
    let mut sections: Vec<Section> = Vec::new();
    let mut entries_left = MAX_XREF_ENTRIES;
    let mut next = Some(last);
    while let Some(at) = next {
        if sections.len() >= MAX_SECTIONS {
            return Err(PdfRefused::Limit("revisions"));
        }
        let (section, exact) = Section::read(bytes, at, entries_left)?;
        if sections.iter().any(|known| known.at == section.at) {
            return Err(PdfRefused::broken(at, "a chain of sections without a circle"));
        }
        if !exact && !irregularities.contains(&Irregularity::InexactSection) {
            irregularities.push(Irregularity::InexactSection);
        }
        if section.trailer.get(b"Encrypt").is_some_and(|value| !value.is_null()) {
            return Err(PdfRefused::Encrypted);
        }
        if section.trailer.get(b"XRefStm").is_some() {
            return Err(PdfRefused::Hybrid);
        }
        entries_left = entries_left.saturating_sub(section.entries().len());
        next = section.previous()?;
        sections.push(section);
    }
    sections.reverse();
    Ok(sections)
}

/// Offset that the last `startxref` names.
fn last_section(bytes: &[u8], irregularities: &mut Vec<Irregularity>) -> Result<usize, PdfRefused> {
    let window = bytes.len().saturating_sub(TAIL_WINDOW);
    let tail = bytes.get(window..).unwrap_or_default();
    let found = tail.windows(START.len()).rposition(|window| window == START);
    let at = found.ok_or(PdfRefused::broken(bytes.len(), "startxref near the end"))? + window;
    let mut lexer = Lexer::in_file(bytes, at + START.len());
    let section = lexer.unsigned().and_then(|offset| usize::try_from(offset).ok());
    let section = section.ok_or(lexer.broken("the offset after startxref"))?;
    let rest = bytes.get(lexer.at()..).unwrap_or_default();
    let rest = rest.get(rest.iter().take_while(|byte| is_space(**byte)).count()..);
    match rest.and_then(|rest| rest.strip_prefix(b"%%EOF")) {
        None => irregularities.push(Irregularity::NoEndMark),
        Some(rest) if rest.iter().all(|byte| matches!(byte, b'\r' | b'\n')) => {}
        Some(_) => irregularities.push(Irregularity::TrailingBytes),
    }
    Ok(section)
}

fn find(bytes: &[u8], what: &[u8]) -> Option<usize> {
    bytes.windows(what.len()).position(|window| window == what)
}

const START: &[u8] = b"startxref";

/// Where the header is looked for, bytes: what viewers do (ISO 32000-1 Annex H.3, note 13).
const HEADER_WINDOW: usize = 1024;

/// Where the last `startxref` is looked for, bytes before the end.
const TAIL_WINDOW: usize = 2048;
