//! A state of a document, and its objects on demand.

use std::cell::{Cell, OnceCell, RefCell};
use std::collections::HashMap;
use std::ops::Deref;
use std::rc::Rc;

use super::document::Document;
use super::filter::decode;
use super::lexer::Lexer;
use super::limits::{MAX_INFLATED_TOTAL, MAX_PARSED, MAX_REFERENCE_HOPS, MAX_VALUES};
use super::object::{Dict, Object, Ref, Stream};
use super::objstm::ObjectStream;
use super::xref::{Entry, Section};
use crate::pdf::PdfRefused;

/// The document as it stood after one of its revisions. Bytes past the end of that revision do not
/// exist for it.
#[derive(Clone, Copy)]
pub struct View<'d, 'a> {
    pub(super) document: &'d Document<'a>,
    /// Sections that count.
    pub(super) sections: usize,
    /// Length of the file then.
    pub(super) end: usize,
}

/// What has been read of a document, and what that has cost.
pub(super) struct Known {
    loaded: RefCell<HashMap<(Ref, Place), Loaded>>,
    /// Object streams, also those that cannot be read: inflating is not tried twice.
    containers: RefCell<HashMap<usize, Result<Container, PdfRefused>>>,
    /// All entries by object number, then section.
    index: OnceCell<Vec<(u32, usize, Entry)>>,
    parsed: Cell<usize>,
    values_left: Cell<usize>,
    inflated: Cell<usize>,
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

impl Known {
    pub(super) fn nothing() -> Self {
        Self {
            loaded: RefCell::default(),
            containers: RefCell::default(),
            index: OnceCell::new(),
            parsed: Cell::new(0),
            values_left: Cell::new(MAX_VALUES),
            inflated: Cell::new(0),
        }
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

    /// The newest value that any trailer of this state gives a key.
    pub(crate) fn older_trailer_value(&self, key: &[u8]) -> Option<&'d Object> {
        let sections = self.document.sections.get(..self.sections)?;
        sections.iter().rev().find_map(|section| section.trailer.get(key))
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
        if let Some(known) = self.document.known.loaded.borrow().get(&(reference, place)) {
            return self.within(known);
        }
        let loaded = match place {
            Place::At(offset) => self.at_offset(reference, offset, Self::length)?,
            Place::In { container, index } => self.in_stream(reference.number, container, index)?,
            Place::Nowhere => return Ok(Rc::new(Object::Null)),
        };
        let object = self.within(&loaded)?;
        self.document.known.loaded.borrow_mut().insert((reference, place), loaded);
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
        let sections = &self.document.sections;
        if sections.len() <= FEW_SECTIONS {
            return sections.get(..self.sections)?.iter().rev().find_map(|s| s.entry(number));
        }
        let index = self.document.known.index.get_or_init(|| index(sections));
        let after =
            index.partition_point(|(n, section, _)| (*n, *section) < (number, self.sections));
        let (found, _, entry) = index.get(after.checked_sub(1)?)?;
        (*found == number).then_some(*entry)
    }

    fn within(&self, loaded: &Loaded) -> Result<Rc<Object>, PdfRefused> {
        if loaded.end > self.end {
            return Err(PdfRefused::broken(self.end, "an object within its revision"));
        }
        Ok(Rc::clone(&loaded.object))
    }

    fn at_offset(
        &self,
        reference: Ref,
        offset: usize,
        length: fn(&Self, Ref) -> Result<Option<i64>, PdfRefused>,
    ) -> Result<Loaded, PdfRefused> {
        let (mut lexer, object) = self.head(reference, offset)?;
        let object = match object {
            Object::Dict(dict) if lexer.stream_keyword()? => {
                let length = match dict.get(b"Length") {
                    Some(Object::Int(length)) => Some(*length),
                    Some(Object::Ref(reference)) => length(self, *reference)?,
                    _ => None,
                };
                let (stream, end) = self.stream(dict, lexer.at(), length)?;
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
        let mut lexer = Lexer::in_file(self.bytes(), offset)
            .with_values_left(self.document.known.values_left.get());
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

    fn stream(
        &self,
        dict: Dict,
        start: usize,
        length: Option<i64>,
    ) -> Result<(Stream, usize), PdfRefused> {
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

    /// The length of a stream, an object of its own.
    fn length(&self, reference: Ref) -> Result<Option<i64>, PdfRefused> {
        match self.place(reference) {
            Place::In { container, index } => {
                Ok(self.in_stream(reference.number, container, index)?.object.as_int())
            }
            _ => self.plain_length(reference),
        }
    }

    /// The length of an object stream. It may not be in an object stream itself, and is read without
    /// looking for stream data, so that lengths cannot run in circles.
    fn plain_length(&self, reference: Ref) -> Result<Option<i64>, PdfRefused> {
        match self.place(reference) {
            Place::At(offset) => Ok(self.head(reference, offset)?.1.as_int()),
            Place::In { .. } | Place::Nowhere => Ok(None),
        }
    }

    fn in_stream(&self, number: u32, offset: usize, index: u32) -> Result<Loaded, PdfRefused> {
        let container = self.container(offset)?;
        let lexer = container.stream.lexer(number, index)?;
        let mut lexer = lexer.with_values_left(self.document.known.values_left.get());
        let start = lexer.at();
        let object = lexer.object();
        self.spend(lexer.at().saturating_sub(start), lexer.values_left())?;
        Ok(Loaded { object: Rc::new(object?), end: container.end })
    }

    fn container(&self, offset: usize) -> Result<Container, PdfRefused> {
        let known = self.document.known.containers.borrow().get(&offset).cloned();
        if let Some(known) = known {
            return known;
        }
        let container = self.read_container(offset);
        self.document.known.containers.borrow_mut().insert(offset, container.clone());
        container
    }

    fn read_container(&self, offset: usize) -> Result<Container, PdfRefused> {
        let reference = Lexer::in_file(self.bytes(), offset).object_header()?;
        let loaded = self.at_offset(reference, offset, Self::plain_length)?;
        let Object::Stream(stream) = &*loaded.object else {
            return Err(PdfRefused::broken(offset, "an object stream"));
        };
        let data = self.document.bytes.get(stream.data.clone()).unwrap_or_default();
        let inflated = &self.document.known.inflated;
        let decoded =
            decode(&stream.dict, data, MAX_INFLATED_TOTAL.saturating_sub(inflated.get()))?;
        inflated.set(inflated.get() + decoded.len());
        let stream = Rc::new(ObjectStream::read(&stream.dict, decoded)?);
        Ok(Container { stream, end: loaded.end })
    }

    fn spend(&self, bytes: usize, values_left: usize) -> Result<(), PdfRefused> {
        let parsed = self.document.known.parsed.get().saturating_add(bytes);
        self.document.known.parsed.set(parsed);
        self.document.known.values_left.set(values_left);
        if parsed > MAX_PARSED { Err(PdfRefused::Limit("bytes of objects")) } else { Ok(()) }
    }
}

fn index(sections: &[Section]) -> Vec<(u32, usize, Entry)> {
    let entries = sections.iter().enumerate().flat_map(|(section, read)| {
        read.entries().iter().map(move |(number, entry)| (*number, section, *entry))
    });
    let mut index: Vec<_> = entries.collect();
    index.sort_unstable_by_key(|(number, section, _)| (*number, *section));
    index
}

/// Up to this many sections they are searched one by one; more are indexed once.
const FEW_SECTIONS: usize = 8;
