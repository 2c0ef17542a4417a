//! Cross-reference sections: tables and streams (ISO 32000-2 §7.5.4, §7.5.8).

use super::filter::decode;
use super::lexer::Lexer;
use super::limits::{MAX_INFLATED, MAX_OBJECT_NUMBER, MAX_XREF_ENTRIES};
use super::object::{Dict, Object, Ref};
use crate::pdf::PdfRefused;

/// One cross-reference section with its trailer: what one revision added.
#[derive(Debug)]
pub struct Section {
    /// Offset of `xref` or of the stream object.
    pub at: usize,
    /// First byte after the trailer dictionary or the stream object.
    pub end: usize,
    /// How it is written.
    pub kind: SectionKind,
    /// The trailer dictionary, or the dictionary of the stream.
    pub trailer: Dict,
    /// Entries by rising object number.
    entries: Vec<(u32, Entry)>,
}

/// How a section is written. An update continues in the kind of the section before it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum SectionKind {
    /// A compressed stream; the number is that of its object.
    Stream(Ref),
    /// A text table.
    Table,
}

/// Where an object is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Entry {
    /// At an offset of the file.
    At { offset: usize, generation: u16 },
    /// Nowhere: free or never used.
    Free,
    /// In an object stream.
    In { container: u32, index: u32 },
}

impl Section {
    /// Reads the section at `at`. `entries_left` is what the document may still have.
    pub(crate) fn read(
        bytes: &[u8],
        at: usize,
        entries_left: usize,
    ) -> Result<(Self, bool), PdfRefused> {
        let mut lexer = Lexer::in_file(bytes, at);
        let (mut section, exact) = if lexer.keyword(b"xref") {
            let start = lexer.at() - b"xref".len();
            (Self::table(lexer, start, entries_left)?, start == at)
        } else {
            lexer.skip_space();
            let start = lexer.at();
            (Self::stream(bytes, start, entries_left)?, start == at)
        };
        if section.trailer.is_ambiguous() {
            return Err(PdfRefused::broken(section.at, "a trailer without repeated keys"));
        }
        section.entries.sort_by_key(|(number, _)| *number);
        if section.entries.windows(2).any(|pair| pair[0].0 == pair[1].0) {
            return Err(PdfRefused::broken(section.at, "one entry per object"));
        }
        Ok((section, exact))
    }

    /// The entry of an object, if this section has one.
    pub(crate) fn entry(&self, number: u32) -> Option<Entry> {
        let found = self.entries.binary_search_by_key(&number, |(number, _)| *number).ok()?;
        self.entries.get(found).map(|(_, entry)| *entry)
    }

    /// All entries.
    pub(crate) fn entries(&self) -> &[(u32, Entry)] {
        &self.entries
    }

    /// References of all objects that this section has entries for.
    pub(crate) fn references(&self) -> Vec<Ref> {
        let reference = |(number, entry): &(u32, Entry)| {
            let generation = match entry {
                Entry::At { generation, .. } => *generation,
                Entry::Free | Entry::In { .. } => 0,
            };
            Ref { number: *number, generation }
        };
        self.entries.iter().map(reference).collect()
    }

    /// Offset of the section before, if the trailer names one.
    pub(crate) fn previous(&self) -> Result<Option<usize>, PdfRefused> {
        match self.trailer.get(b"Prev") {
            None => Ok(None),
            Some(value) => value
                .as_int()
                .and_then(|offset| usize::try_from(offset).ok())
                .map(Some)
                .ok_or(PdfRefused::broken(self.at, "a whole number as Prev")),
        }
    }

    fn table(mut lexer: Lexer<'_>, at: usize, entries_left: usize) -> Result<Self, PdfRefused> {
        let mut entries = Vec::new();
        while !lexer.keyword(b"trailer") {
            let first = lexer.unsigned().ok_or(lexer.broken("a subsection or the trailer"))?;
            let count = lexer.unsigned().ok_or(lexer.broken("the length of a subsection"))?;
            let end = first.saturating_add(count);
            if end > u64::from(MAX_OBJECT_NUMBER) + 1 {
                return Err(PdfRefused::Limit("object numbers"));
            }
            for number in first..end {
                if entries.len() >= entries_left {
                    return Err(TOO_MANY);
                }
                // `end` was checked to fit.
                let number = u32::try_from(number).unwrap_or(MAX_OBJECT_NUMBER);
                entries.push((number, table_entry(&mut lexer)?));
            }
        }
        let trailer = match lexer.object()? {
            Object::Dict(dict) => dict,
            _ => return Err(lexer.broken("a trailer dictionary")),
        };
        Ok(Self { at, end: lexer.at(), kind: SectionKind::Table, trailer, entries })
    }

    fn stream(bytes: &[u8], at: usize, entries_left: usize) -> Result<Self, PdfRefused> {
        let mut lexer = Lexer::in_file(bytes, at);
        let reference = lexer.object_header()?;
        let object = lexer.object()?;
        let (Object::Dict(trailer), true) = (object, lexer.stream_keyword()?) else {
            return Err(PdfRefused::broken(at, "a cross-reference section"));
        };
        if !trailer.is_type(b"XRef") {
            return Err(PdfRefused::broken(at, "a cross-reference stream"));
        }
        // An indirect length would need the table that we are about to read.
        let length = trailer.get(b"Length").and_then(Object::as_int);
        let data = length
            .and_then(|length| usize::try_from(length).ok())
            .and_then(|length| lexer.at().checked_add(length))
            .and_then(|end| bytes.get(lexer.at()..end))
            .ok_or(PdfRefused::broken(at, "the length of a cross-reference stream"))?;
        let mut tail = Lexer::in_file(bytes, lexer.at() + data.len());
        if !(tail.keyword(b"endstream") && tail.keyword(b"endobj")) {
            return Err(tail.broken("the end of a cross-reference stream"));
        }
        let rows = decode(&trailer, data, MAX_INFLATED)?;
        let entries = stream_entries(&trailer, &rows, at, entries_left)?;
        let kind = SectionKind::Stream(reference);
        Ok(Self { at, end: tail.at(), kind, trailer, entries })
    }
}

/// `0000000017 00000 n`, with any white space: the width of the line end differs in practice.
fn table_entry(lexer: &mut Lexer<'_>) -> Result<Entry, PdfRefused> {
    let offset = lexer.unsigned().ok_or(lexer.broken("the offset of an entry"))?;
    let generation = lexer.unsigned().ok_or(lexer.broken("the generation of an entry"))?;
    if lexer.keyword(b"f") {
        return Ok(Entry::Free);
    }
    if !lexer.keyword(b"n") {
        return Err(lexer.broken("n or f in an entry"));
    }
    if offset == 0 {
        return Ok(Entry::Free); // Written so by producers that do not know free entries.
    }
    match (usize::try_from(offset), u16::try_from(generation)) {
        (Ok(offset), Ok(generation)) => Ok(Entry::At { offset, generation }),
        _ => Err(lexer.broken("a generation below 65536")),
    }
}

fn stream_entries(
    dict: &Dict,
    rows: &[u8],
    at: usize,
    entries_left: usize,
) -> Result<Vec<(u32, Entry)>, PdfRefused> {
    let widths = widths(dict).ok_or(PdfRefused::broken(at, "three field widths"))?;
    let index = index(dict).ok_or(PdfRefused::broken(at, "an index of pairs"))?;
    let mut rows = rows.chunks_exact(widths.iter().sum());
    let mut entries = Vec::new();
    for (first, count) in index {
        let end = first.checked_add(count).filter(|end| *end <= MAX_OBJECT_NUMBER + 1);
        for number in first..end.ok_or(PdfRefused::Limit("object numbers"))? {
            if entries.len() >= entries_left {
                return Err(TOO_MANY);
            }
            let row = rows.next().ok_or(PdfRefused::broken(at, "all entries of the index"))?;
            entries.push((number, stream_entry(row, widths, at)?));
        }
    }
    Ok(entries)
}

/// `/W`: at least one byte in all, at most eight each.
fn widths(dict: &Dict) -> Option<[usize; 3]> {
    let [kind, second, third] = dict.get(b"W")?.as_array()? else { return None };
    let width = |object: &Object| {
        object.as_int().and_then(|width| usize::try_from(width).ok()).filter(|width| *width <= 8)
    };
    let widths = [width(kind)?, width(second)?, width(third)?];
    (widths[1] > 0).then_some(widths)
}

fn index(dict: &Dict) -> Option<Vec<(u32, u32)>> {
    let number = |object: &Object| u32::try_from(object.as_int()?).ok();
    match dict.get(b"Index") {
        None => Some(vec![(0, number(dict.get(b"Size")?)?)]),
        Some(index) => {
            let numbers = index.as_array()?;
            let pairs = numbers.chunks(2).map(|pair| match pair {
                [first, count] => Some((number(first)?, number(count)?)),
                _ => None,
            });
            pairs.collect()
        }
    }
}

fn stream_entry(row: &[u8], widths: [usize; 3], at: usize) -> Result<Entry, PdfRefused> {
    let (kind, rest) = row.split_at_checked(widths[0]).unwrap_or_default();
    let (second, third) = rest.split_at_checked(widths[1]).unwrap_or_default();
    let value = |bytes: &[u8]| bytes.iter().fold(0_u64, |sum, byte| sum << 8 | u64::from(*byte));
    let kind = if kind.is_empty() { 1 } else { value(kind) };
    let broken = PdfRefused::broken(at, "entries within their limits");
    match kind {
        0 => Ok(Entry::Free),
        1 => match (usize::try_from(value(second)), u16::try_from(value(third))) {
            (Ok(0), _) => Ok(Entry::Free),
            (Ok(offset), Ok(generation)) => Ok(Entry::At { offset, generation }),
            _ => Err(broken),
        },
        2 => match (u32::try_from(value(second)), u32::try_from(value(third))) {
            (Ok(container), Ok(index)) => Ok(Entry::In { container, index }),
            _ => Err(broken),
        },
        // Kinds to come are null for today's readers (ISO 32000-2 §7.5.8.3).
        _ => Ok(Entry::Free),
    }
}

const TOO_MANY: PdfRefused = PdfRefused::Limit("cross-reference entries");

const _: () = assert!(MAX_XREF_ENTRIES < MAX_OBJECT_NUMBER as usize);
