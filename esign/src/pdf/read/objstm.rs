//! Object streams (ISO 32000-2 §7.5.7).

use super::lexer::Lexer;
use super::limits::MAX_OBJECTS_IN_STREAM;
use super::object::{Dict, Object};
use crate::pdf::PdfRefused;

/// An inflated object stream with the numbers and places of its objects.
pub(crate) struct ObjectStream {
    data: Vec<u8>,
    index: Vec<(u32, usize)>,
}

impl ObjectStream {
    /// Reads the header of an object stream whose dictionary is `dict`.
    pub(crate) fn read(dict: &Dict, data: Vec<u8>) -> Result<Self, PdfRefused> {
        let size = |key: &[u8]| {
            dict.get(key).and_then(Object::as_int).and_then(|value| usize::try_from(value).ok())
        };
        let (Some(count), Some(first), true) =
            (size(b"N"), size(b"First"), dict.is_type(b"ObjStm"))
        else {
            return Err(PdfRefused::broken(0, "an object stream"));
        };
        if count > MAX_OBJECTS_IN_STREAM {
            return Err(PdfRefused::Limit("objects in one stream"));
        }
        let mut lexer = Lexer::in_stream(&data, 0);
        let mut index = Vec::new();
        for _ in 0..count {
            let number = lexer.unsigned().and_then(|number| u32::try_from(number).ok());
            let offset = lexer
                .unsigned()
                .and_then(|offset| usize::try_from(offset).ok())
                .and_then(|offset| offset.checked_add(first));
            match (number, offset) {
                (Some(number), Some(offset)) => index.push((number, offset)),
                _ => return Err(lexer.broken("the header of an object stream")),
            }
        }
        Ok(Self { data, index })
    }

    /// A lexer before the object at `index`, which must have the number `number`.
    pub(crate) fn lexer(&self, number: u32, index: u32) -> Result<Lexer<'_>, PdfRefused> {
        let place = usize::try_from(index).ok().and_then(|index| self.index.get(index));
        let Some((_, offset)) = place.filter(|(found, _)| *found == number) else {
            return Err(PdfRefused::broken(0, "an object in its object stream"));
        };
        Ok(Lexer::in_stream(&self.data, *offset))
    }
}
