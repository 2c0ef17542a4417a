//! Serialising objects and the cross-reference section of one incremental update.

use std::io::Write as _;

use crate::pdf::PdfRefused;
use crate::pdf::read::{Dict, Object, Ref, Section, SectionKind, is_regular};

/// One incremental update (ISO 32000-2 §7.5.6), written after bytes that it never touches.
pub(crate) struct Update {
    /// Length of the file before it.
    base: usize,
    bytes: Vec<u8>,
    written: Vec<(Ref, usize)>,
    next_number: u32,
}

impl Update {
    pub(crate) fn after(original: &[u8], next_number: u32) -> Self {
        let mut bytes = Vec::with_capacity(8192);
        if !matches!(original.last(), Some(b'\n' | b'\r')) {
            bytes.push(b'\n');
        }
        Self { base: original.len(), bytes, written: Vec::new(), next_number }
    }

    /// A fresh object number.
    pub(crate) fn allot(&mut self) -> Ref {
        let reference = Ref::new(self.next_number);
        self.next_number += 1;
        reference
    }

    /// Offset in the file of the next byte.
    pub(crate) const fn at(&self) -> usize {
        self.base + self.bytes.len()
    }

    /// What has been written so far.
    pub(crate) fn written_bytes(&self) -> &[u8] {
        &self.bytes
    }

    /// Writes an object that is not a stream.
    pub(crate) fn object(&mut self, reference: Ref, object: &Object) {
        self.begin(reference);
        write_object(&mut self.bytes, object);
        self.end();
    }

    /// Writes a stream with its data as it is.
    pub(crate) fn stream(&mut self, reference: Ref, mut dict: Dict, data: &[u8]) {
        dict.set(b"Length", Object::Int(i64::try_from(data.len()).unwrap_or(i64::MAX)));
        self.begin(reference);
        write_dict(&mut self.bytes, &dict);
        self.raw(b"\nstream\n");
        self.raw(data);
        self.raw(b"\nendstream");
        self.end();
    }

    pub(crate) fn begin(&mut self, reference: Ref) {
        self.written.push((reference, self.at()));
        // Writing into a vector cannot fail.
        let _ = writeln!(self.bytes, "{} {} obj", reference.number, reference.generation);
    }

    pub(crate) fn raw(&mut self, bytes: &[u8]) {
        self.bytes.extend_from_slice(bytes);
    }

    pub(crate) fn value(&mut self, object: &Object) {
        write_object(&mut self.bytes, object);
    }

    pub(crate) fn end(&mut self) {
        self.raw(b"\nendobj\n");
    }

    /// Writes the cross-reference section in the kind of `previous` and returns the update.
    pub(crate) fn finish(
        mut self,
        previous: &Section,
        id: [u8; 16],
    ) -> Result<Vec<u8>, PdfRefused> {
        let section_at = self.at();
        if section_at > MAX_OFFSET {
            return Err(PdfRefused::Limit("size of the file"));
        }
        match previous.kind {
            SectionKind::Table => self.table(previous, id),
            SectionKind::Stream(_) => self.xref_stream(previous, id),
        }
        let _ = write!(self.bytes, "startxref\n{section_at}\n%%EOF\n");
        Ok(self.bytes)
    }

    fn table(&mut self, previous: &Section, id: [u8; 16]) {
        self.written.sort_by_key(|(reference, _)| reference.number);
        self.raw(b"xref\n");
        for run in runs(&self.written) {
            let _ = writeln!(self.bytes, "{} {}", run[0].0.number, run.len());
            for (reference, offset) in run {
                let _ = write!(self.bytes, "{offset:010} {:05} n\r\n", reference.generation);
            }
        }
        self.raw(b"trailer\n");
        let trailer = self.trailer(previous, id);
        write_dict(&mut self.bytes, &trailer);
        self.raw(b"\n");
    }

    fn xref_stream(&mut self, previous: &Section, id: [u8; 16]) {
        let reference = self.allot();
        self.written.push((reference, self.at()));
        self.written.sort_by_key(|(reference, _)| reference.number);
        let mut rows = Vec::with_capacity(self.written.len() * 8);
        let mut index = Vec::new();
        for run in runs(&self.written) {
            index.push(Object::Int(i64::from(run[0].0.number)));
            index.push(Object::Int(i64::try_from(run.len()).unwrap_or(0)));
            for (reference, offset) in run {
                rows.push(1);
                rows.extend(&u64::try_from(*offset).unwrap_or(0).to_be_bytes()[3..]);
                rows.extend(reference.generation.to_be_bytes());
            }
        }
        let mut dict = self.trailer(previous, id);
        dict.set(b"Type", Object::Name(crate::pdf::read::Name::new(b"XRef")));
        dict.set(b"W", Object::Array([1, 5, 2].map(Object::Int).to_vec()));
        dict.set(b"Index", Object::Array(index));
        dict.set(b"Length", Object::Int(i64::try_from(rows.len()).unwrap_or(0)));
        let _ = writeln!(self.bytes, "{} 0 obj", reference.number);
        write_dict(&mut self.bytes, &dict);
        self.raw(b"\nstream\n");
        self.raw(&rows);
        self.raw(b"\nendstream");
        self.end();
    }

    /// The trailer that continues `previous`: same catalog, information and first identifier.
    fn trailer(&self, previous: &Section, id: [u8; 16]) -> Dict {
        let mut trailer = Dict::default();
        trailer.set(b"Size", Object::Int(i64::from(self.next_number)));
        for key in [&b"Root"[..], b"Info"] {
            if let Some(value) = previous.trailer.get(key) {
                trailer.set(key, value.clone());
            }
        }
        trailer.set(b"Prev", Object::Int(i64::try_from(previous.at).unwrap_or(0)));
        let first = match previous.trailer.get(b"ID") {
            Some(Object::Array(ids)) if ids.len() == 2 => ids.first().cloned(),
            _ => None,
        };
        if let Some(first) = first {
            let second = Object::Text(hex_text(&id));
            trailer.set(b"ID", Object::Array(vec![first, second]));
        }
        trailer
    }
}

/// A string written as `<…>`.
pub(crate) fn hex_text(bytes: &[u8]) -> crate::pdf::read::Text {
    crate::pdf::read::Text { bytes: bytes.into(), at: None, hex: true }
}

fn runs(written: &[(Ref, usize)]) -> impl Iterator<Item = &[(Ref, usize)]> {
    written.chunk_by(|a, b| a.0.number + 1 == b.0.number)
}

/// Writes an object. Depth is bounded by the reader's limit on nesting.
pub(crate) fn write_object(out: &mut Vec<u8>, object: &Object) {
    match object {
        Object::Array(items) => {
            out.push(b'[');
            for (i, item) in items.iter().enumerate() {
                if i > 0 {
                    out.push(b' ');
                }
                write_object(out, item);
            }
            out.push(b']');
        }
        Object::Bool(value) => out.extend(if *value { &b"true"[..] } else { b"false" }),
        Object::Dict(dict) => write_dict(out, dict),
        // A stream is never part of another object; its data is written by `Update::stream`.
        Object::Stream(stream) => write_dict(out, &stream.dict),
        Object::Int(value) => {
            let _ = write!(out, "{value}");
        }
        Object::Name(name) => write_name(out, &name.0),
        Object::Null => out.extend(b"null"),
        Object::Real(text) => out.extend(&text[..]),
        Object::Ref(reference) => {
            let _ = write!(out, "{} {} R", reference.number, reference.generation);
        }
        Object::Text(text) => write_text(out, &text.bytes, text.hex),
    }
}

fn write_dict(out: &mut Vec<u8>, dict: &Dict) {
    out.extend(b"<<");
    for (key, value) in dict.iter() {
        write_name(out, &key.0);
        out.push(b' ');
        write_object(out, value);
        out.push(b'\n');
    }
    out.extend(b">>");
}

fn write_name(out: &mut Vec<u8>, name: &[u8]) {
    out.push(b'/');
    for byte in name {
        if byte.is_ascii_graphic() && is_regular(*byte) && *byte != b'#' {
            out.push(*byte);
        } else {
            let _ = write!(out, "#{byte:02X}");
        }
    }
}

fn write_text(out: &mut Vec<u8>, bytes: &[u8], hex: bool) {
    if hex || !bytes.iter().all(|byte| matches!(byte, b' '..=b'~')) {
        out.push(b'<');
        for byte in bytes {
            let _ = write!(out, "{byte:02X}");
        }
        out.push(b'>');
        return;
    }
    out.push(b'(');
    for byte in bytes {
        if matches!(byte, b'(' | b')' | b'\\') {
            out.push(b'\\');
        }
        out.push(*byte);
    }
    out.push(b')');
}

/// Largest offset that ten digits of a table hold.
const MAX_OFFSET: usize = 9_999_999_999;
