//! A document: its chain of cross-reference sections, and objects on demand.

use std::cell::{Cell, RefCell};
use std::collections::HashMap;
use std::fmt;
use std::ops::Deref;
use std::rc::Rc;

use super::filter::decode;
use super::lexer::{Lexer, is_space};
use super::limits::{
    MAX_FILE, MAX_INFLATED_TOTAL, MAX_PARSED, MAX_REFERENCE_HOPS, MAX_SECTIONS, MAX_VALUES,
    MAX_XREF_ENTRIES,
};
use super::object::{Dict, Object, Ref, Stream};
use super::objstm::ObjectStream;
use super::xref::{Entry, Section};
use crate::pdf::PdfRefused;

/// A PDF file whose cross-reference sections have been read.
pub struct Document<'a> {
    bytes: &'a [u8],
    /// Oldest first.
    sections: Vec<Section>,
    irregularities: Vec<Irregularity>,
    loaded: RefCell<HashMap<(Ref, Place), Loaded>>,
    containers: RefCell<HashMap<usize, Container>>,
    parsed: Cell<usize>,
    values: Cell<usize>,
    inflated: Cell<usize>,
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

/// The document as it stood after one of its revisions. Bytes past the end of that revision do not
/// exist for it.
#[derive(Clone, Copy)]
pub struct View<'d, 'a> {
    document: &'d Document<'a>,
    /// Sections that count.
    sections: usize,
    /// Length of the file then.
    end: usize,
}

/// Where an object's bytes are, which is what tells two versions of an object apart.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(crate) enum Place {
    At(usize),
    In { container: usize, index: u32 },
    Nowhere,
}

impl Place {
    /// Offset in the file of the object, or of the stream that holds it.
    pub(crate) const fn offset(self) -> Option<usize> {
        match self {
            Self::At(offset) | Self::In { container: offset, .. } => Some(offset),
            Self::Nowhere => None,
        }
    }
}

struct Loaded {
    object: Rc<Object>,
    /// First byte of the file after it.
    end: usize,
}

#[derive(Clone)]
struct Container {
    stream: Rc<ObjectStream>,
    /// First byte of the file after it.
    end: usize,
}

/// An object, either part of one at hand or loaded.
#[derive(Clone, Debug)]
pub enum Held<'o> {
    /// Part of another object.
    Direct(&'o Object),
    /// Loaded through a reference.
    Loaded(Rc<Object>),
}

impl Deref for Held<'_> {
    type Target = Object;

    fn deref(&self) -> &Object {
        match self {
            Self::Direct(object) => object,
            Self::Loaded(object) => object,
        }
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
        Ok(Self {
            bytes,
            sections,
            irregularities,
            loaded: RefCell::default(),
            containers: RefCell::default(),
            parsed: Cell::new(0),
            values: Cell::new(MAX_VALUES),
            inflated: Cell::new(0),
        })
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

impl<'d, 'a> View<'d, 'a> {
    /// The document that this is a state of.
    pub const fn document(&self) -> &'d Document<'a> {
        self.document
    }

    /// Number of cross-reference sections that make this state.
    pub const fn sections(&self) -> usize {
        self.sections
    }

    /// The newest trailer.
    pub fn trailer(&self) -> Result<&'d Dict, PdfRefused> {
        let newest = self.sections.checked_sub(1).and_then(|i| self.document.sections.get(i));
        newest.map(|section| &section.trailer).ok_or(PdfRefused::broken(0, "a trailer"))
    }

    /// Reference of the catalog.
    pub fn root(&self) -> Result<Ref, PdfRefused> {
        self.trailer()?
            .get(b"Root")
            .and_then(Object::as_ref)
            .ok_or(PdfRefused::broken(0, "the reference of the catalog"))
    }

    /// The catalog, a dictionary.
    pub fn catalog(&self) -> Result<Rc<Object>, PdfRefused> {
        let catalog = self.object(self.root()?)?;
        match &*catalog {
            Object::Dict(dict) if !dict.is_ambiguous() => Ok(catalog),
            _ => Err(PdfRefused::broken(0, "the catalog")),
        }
    }

    /// An indirect object; `null` where there is none.
    pub fn object(&self, reference: Ref) -> Result<Rc<Object>, PdfRefused> {
        let place = self.place(reference);
        if place == Place::Nowhere {
            return Ok(Rc::new(Object::Null));
        }
        if let Some(known) = self.document.loaded.borrow().get(&(reference, place)) {
            return self.within(known);
        }
        let loaded = match place {
            Place::At(offset) => self.at_offset(reference, offset)?,
            Place::In { container, index } => self.in_stream(reference.number, container, index)?,
            Place::Nowhere => return Ok(Rc::new(Object::Null)),
        };
        let object = self.within(&loaded)?;
        self.document.loaded.borrow_mut().insert((reference, place), loaded);
        Ok(object)
    }

    /// The object behind a reference, or the object itself.
    pub fn resolve<'o>(&self, object: &'o Object) -> Result<Held<'o>, PdfRefused> {
        let Object::Ref(reference) = object else { return Ok(Held::Direct(object)) };
        let mut reference = *reference;
        for _ in 0..MAX_REFERENCE_HOPS {
            let found = self.object(reference)?;
            match &*found {
                Object::Ref(next) => reference = *next,
                _ => return Ok(Held::Loaded(found)),
            }
        }
        Err(PdfRefused::Limit("references in a row"))
    }

    /// The resolved value of a key; `None` when absent or `null`.
    pub fn value<'o>(&self, dict: &'o Dict, key: &[u8]) -> Result<Option<Held<'o>>, PdfRefused> {
        let Some(object) = dict.get(key) else { return Ok(None) };
        Ok(Some(self.resolve(object)?).filter(|held| !held.is_null()))
    }

    /// Where the bytes of an object are in this state.
    pub(crate) fn place(&self, reference: Ref) -> Place {
        match self.entry(reference.number) {
            Some(Entry::At { offset, generation }) if generation == reference.generation => {
                Place::At(offset)
            }
            Some(Entry::In { container, index }) if reference.generation == 0 => {
                match self.entry(container) {
                    Some(Entry::At { offset, .. }) => Place::In { container: offset, index },
                    _ => Place::Nowhere,
                }
            }
            _ => Place::Nowhere,
        }
    }

    fn entry(&self, number: u32) -> Option<Entry> {
        let sections = self.document.sections.get(..self.sections)?;
        sections.iter().rev().find_map(|section| section.entry(number))
    }

    fn within(&self, loaded: &Loaded) -> Result<Rc<Object>, PdfRefused> {
        if loaded.end > self.end {
            return Err(PdfRefused::broken(self.end, "an object within its revision"));
        }
        Ok(Rc::clone(&loaded.object))
    }

    fn at_offset(&self, reference: Ref, offset: usize) -> Result<Loaded, PdfRefused> {
        let (mut lexer, object) = self.head(reference, offset)?;
        let object = match object {
            Object::Dict(dict) if lexer.stream_keyword()? => {
                let (stream, end) = self.stream(dict, lexer.at())?;
                lexer = Lexer::in_file(self.bytes(), end);
                Object::Stream(stream)
            }
            object => object,
        };
        if !lexer.keyword(b"endobj") {
            return Err(lexer.broken("endobj"));
        }
        Ok(Loaded { object: Rc::new(object), end: lexer.at() })
    }

    /// Header and object at `offset`, leaving the lexer after them.
    fn head(&self, reference: Ref, offset: usize) -> Result<(Lexer<'a>, Object), PdfRefused> {
        let mut lexer =
            Lexer::in_file(self.bytes(), offset).with_values_left(self.document.values.get());
        if lexer.object_header()? != reference {
            return Err(PdfRefused::broken(offset, "the object that the table promises"));
        }
        let object = lexer.object();
        self.spend(lexer.at().saturating_sub(offset), lexer.values_left())?;
        Ok((lexer, object?))
    }

    fn bytes(&self) -> &'a [u8] {
        self.document.bytes.get(..self.end).unwrap_or_default()
    }

    fn stream(&self, dict: Dict, start: usize) -> Result<(Stream, usize), PdfRefused> {
        let length = match dict.get(b"Length") {
            Some(Object::Int(length)) => Some(*length),
            Some(Object::Ref(reference)) => self.plain_number(*reference)?,
            _ => None,
        };
        let end = length
            .and_then(|length| usize::try_from(length).ok())
            .and_then(|length| start.checked_add(length))
            .filter(|end| *end <= self.end)
            .ok_or(PdfRefused::broken(start, "the length of a stream"))?;
        let mut lexer = Lexer::in_file(self.bytes(), end);
        if !lexer.keyword(b"endstream") {
            return Err(PdfRefused::broken(end, "endstream"));
        }
        Ok((Stream { dict, data: start..end }, lexer.at()))
    }

    /// A number that may not itself lead to a stream, so that lengths cannot run in circles.
    fn plain_number(&self, reference: Ref) -> Result<Option<i64>, PdfRefused> {
        let number = match self.place(reference) {
            Place::At(offset) => self.head(reference, offset)?.1.as_int(),
            Place::In { .. } | Place::Nowhere => None,
        };
        Ok(number)
    }

    fn in_stream(&self, number: u32, offset: usize, index: u32) -> Result<Loaded, PdfRefused> {
        let container = self.container(offset)?;
        let lexer = container.stream.lexer(number, index)?;
        let mut lexer = lexer.with_values_left(self.document.values.get());
        let start = lexer.at();
        let object = lexer.object();
        self.spend(lexer.at().saturating_sub(start), lexer.values_left())?;
        Ok(Loaded { object: Rc::new(object?), end: container.end })
    }

    fn container(&self, offset: usize) -> Result<Container, PdfRefused> {
        if let Some(known) = self.document.containers.borrow().get(&offset) {
            return Ok(known.clone());
        }
        let reference = Lexer::in_file(self.bytes(), offset).object_header()?;
        let loaded = self.at_offset(reference, offset)?;
        let Object::Stream(stream) = &*loaded.object else {
            return Err(PdfRefused::broken(offset, "an object stream"));
        };
        let data = self.document.bytes.get(stream.data.clone()).unwrap_or_default();
        let left = MAX_INFLATED_TOTAL.saturating_sub(self.document.inflated.get());
        let decoded = decode(&stream.dict, data, left)?;
        self.document.inflated.set(self.document.inflated.get() + decoded.len());
        let stream = Rc::new(ObjectStream::read(&stream.dict, decoded)?);
        let container = Container { stream, end: loaded.end };
        self.document.containers.borrow_mut().insert(offset, container.clone());
        Ok(container)
    }

    fn spend(&self, bytes: usize, values_left: usize) -> Result<(), PdfRefused> {
        let parsed = self.document.parsed.get().saturating_add(bytes);
        self.document.parsed.set(parsed);
        self.document.values.set(values_left);
        if parsed > MAX_PARSED { Err(PdfRefused::Limit("bytes of objects")) } else { Ok(()) }
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
