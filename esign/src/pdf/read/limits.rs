//! Limits of the reader. A document past one of them is refused, never read in part.

/// Largest file, bytes. Offsets in a cross-reference table have ten digits; 256 MiB is far beyond
/// any official letter and keeps one verification within the memory of a small server.
pub const MAX_FILE: usize = 256 * 1024 * 1024;

/// Deepest nesting of arrays and dictionaries within one object. Producers stay below 20; the
/// reader's stack use is this times one frame.
pub const MAX_NESTING: usize = 96;

/// Most cross-reference sections, that is revisions, of one file. A letter with 30 signatures,
/// validation data and time stamps each has 91.
pub const MAX_SECTIONS: usize = 256;

/// Most cross-reference entries over all sections: up to 64 bytes each in memory.
pub const MAX_XREF_ENTRIES: usize = 1_000_000;

/// Highest object number (ISO 32000-2 Annex C: 8 388 607 indirect objects).
pub const MAX_OBJECT_NUMBER: u32 = 8_388_607;

/// Largest single inflated cross-reference or object stream, bytes.
pub const MAX_INFLATED: usize = 48 * 1024 * 1024;

/// Inflated bytes of one document together: what all object streams may expand to.
pub const MAX_INFLATED_TOTAL: usize = 128 * 1024 * 1024;

/// Most objects in one object stream.
pub const MAX_OBJECTS_IN_STREAM: usize = 100_000;

/// Bytes of object syntax read from one document, counted each time. Overlapping objects (each
/// inside a string of the one before) would otherwise cost the square of the file's size.
pub const MAX_PARSED: usize = 256 * 1024 * 1024;

/// Pages and page tree nodes.
pub const MAX_PAGES: usize = 100_000;

/// Deepest page tree and deepest form field tree.
pub const MAX_TREE_DEPTH: usize = 64;

/// Form fields.
pub const MAX_FIELDS: usize = 20_000;

/// Signatures of one document.
pub const MAX_SIGNATURES: usize = 64;

/// Objects compared while looking for changes after a signature, over all revisions.
pub const MAX_COMPARED: usize = 2_000_000;

/// References that lead to a reference, in a row.
pub const MAX_REFERENCE_HOPS: usize = 8;

/// Values (numbers, names, arrays, …) made from one document: about 60 bytes of memory each.
pub const MAX_VALUES: usize = 6_000_000;
