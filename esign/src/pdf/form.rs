//! The interactive form: its fields by full name (ISO 32000-2 §12.7).

use std::collections::HashSet;
use std::rc::Rc;

use super::PdfRefused;
use super::read::limits::{MAX_FIELDS, MAX_TREE_DEPTH};
use super::read::{Dict, Held, Object, Ref, View};
use super::text::decode_text;

/// A field of the form with what it inherits. Widgets without a name of their own belong to the
/// field above them and are not listed.
#[derive(Clone, Debug)]
pub(crate) struct Field {
    /// Dot-separated, from the top.
    pub(crate) name: String,
    /// The field dictionary.
    pub(crate) object: Rc<Object>,
    /// `/FT /Sig`, own or inherited.
    pub(crate) is_signature: bool,
    /// `/V`, own or inherited, not resolved.
    pub(crate) value: Option<Object>,
}

struct Open {
    reference: Ref,
    parent: String,
    kind: Option<Object>,
    value: Option<Object>,
    depth: usize,
}

impl Field {
    pub(crate) fn dict(&self) -> Result<&Dict, PdfRefused> {
        self.object.as_dict().ok_or(NOT_A_FIELD)
    }
}

/// The form dictionary, if the document has one.
pub(crate) fn form<'c>(
    view: View<'_, '_>,
    catalog: &'c Object,
) -> Result<Option<Held<'c>>, PdfRefused> {
    let catalog = catalog.as_dict().ok_or(PdfRefused::broken(0, "the catalog"))?;
    let form = view.value(catalog, b"AcroForm")?;
    match &form {
        Some(held) if held.as_dict().is_none_or(Dict::is_ambiguous) => {
            Err(PdfRefused::broken(0, "the form dictionary"))
        }
        _ => Ok(form),
    }
}

/// Every field, top fields in order, each before those below it.
pub(crate) fn fields(view: View<'_, '_>) -> Result<Vec<Field>, PdfRefused> {
    let catalog = view.catalog()?;
    let Some(form) = form(view, &catalog)? else { return Ok(Vec::new()) };
    let dict = form.as_dict().ok_or(PdfRefused::broken(0, "the form dictionary"))?;
    let Some(tops) = view.value(dict, b"Fields")? else { return Ok(Vec::new()) };
    let tops = tops.as_array().ok_or(PdfRefused::broken(0, "an array of fields"))?;
    let mut open = Vec::new();
    for top in tops.iter().rev() {
        let reference = top.as_ref().ok_or(NOT_A_FIELD)?;
        open.push(Open { reference, parent: String::new(), kind: None, value: None, depth: 0 });
    }
    let mut found = Vec::new();
    let mut seen = HashSet::new();
    while let Some(next) = open.pop() {
        if !seen.insert(next.reference) {
            return Err(PdfRefused::broken(0, "a field tree without circles or repetition"));
        }
        if seen.len() > MAX_FIELDS || open.len() > MAX_FIELDS || next.depth > MAX_TREE_DEPTH {
            return Err(PdfRefused::Limit("form fields"));
        }
        if let Some(field) = visit(view, next, &mut open)? {
            found.push(field);
        }
    }
    Ok(found)
}

fn visit(
    view: View<'_, '_>,
    next: Open,
    open: &mut Vec<Open>,
) -> Result<Option<Field>, PdfRefused> {
    let object = view.object(next.reference)?;
    let dict = object.as_dict().ok_or(NOT_A_FIELD)?;
    let own = match view.value(dict, b"T")? {
        Some(name) => Some(decode_text(&name.as_text().ok_or(NOT_A_FIELD)?.bytes)),
        None => None,
    };
    if own.is_none() && next.depth > 0 {
        return Ok(None); // A widget of the field above.
    }
    let name = match own {
        Some(own) if next.parent.is_empty() => own,
        Some(own) => format!("{}.{own}", next.parent),
        None => next.parent,
    };
    if name.len() > MAX_NAME {
        return Err(PdfRefused::Limit("length of a field name"));
    }
    let kind = dict.get(b"FT").cloned().or(next.kind);
    let value = dict.get(b"V").cloned().or(next.value);
    let is_signature = match &kind {
        Some(kind) => view.resolve(kind)?.is_name(b"Sig"),
        None => false,
    };
    if let Some(kids) = view.value(dict, b"Kids")? {
        for kid in kids.as_array().ok_or(NOT_A_FIELD)?.iter().rev() {
            open.push(Open {
                reference: kid.as_ref().ok_or(NOT_A_FIELD)?,
                parent: name.clone(),
                kind: kind.clone(),
                value: value.clone(),
                depth: next.depth + 1,
            });
        }
    }
    let value = value.filter(|value| !value.is_null());
    let object = Rc::clone(&object);
    Ok(Some(Field { name, object, is_signature, value }))
}

const NOT_A_FIELD: PdfRefused = PdfRefused::Broken { at: 0, what: "a form field" };

/// Longest full field name, bytes.
const MAX_NAME: usize = 4096;
