//! From bytes to [`Prepared`]: one incremental update with field, widget, appearance and gap.

use sha2::{Digest as _, Sha256};

use super::appearance::numbers;
use super::field::{SignatureField, name, string};
use super::prepared::Prepared;
use super::write::Update;
use crate::pdf::PdfRefused;
use crate::pdf::form::{Field, fields, form};
use crate::pdf::policy::Policy;
use crate::pdf::read::{Dict, Document, Object, Page, Ref, View};
use crate::pdf::text::encode_text;

/// Adds a signature field with an empty value of `field.reserved` bytes.
///
/// Refuses what cannot be signed so that every reader sees the same: irregular, hybrid and
/// encrypted files, XFA forms, a field name in use, and documents whose earlier signatures allow no
/// further one.
pub fn prepare(bytes: &[u8], field: &SignatureField<'_>) -> Result<Prepared, PdfRefused> {
    field.check()?;
    let document = Document::open(bytes)?;
    if let Some(irregularity) = document.irregularities().first() {
        return Err(PdfRefused::Irregular(*irregularity));
    }
    let view = document.latest();
    let catalog = view.catalog()?;
    let known = fields(view)?;
    permitted(view, &known, field)?;
    let page = Page::at(view, field.appearance.as_ref().map_or(0, |seal| seal.page))?;

    let mut update = Update::after(bytes, document.next_number());
    let signature = update.allot();
    let widget = update.allot();
    let places = write_signature(&mut update, signature, field);
    write_widget(&mut update, field, &page, [widget, signature])?;
    add_to_page(&mut update, view, &page, widget)?;
    let catalog = catalog.as_dict().ok_or(PdfRefused::broken(0, "the catalog"))?;
    let certified = field.certification.map(|_| signature);
    add_to_form(&mut update, view, catalog, widget, certified)?;

    let last = document.sections().last().ok_or(PdfRefused::broken(0, "a section"))?;
    let id = identifier(&update);
    let added = update.finish(last, id)?;
    let mut signed = Vec::with_capacity(bytes.len() + added.len());
    signed.extend_from_slice(bytes);
    signed.extend_from_slice(&added);
    places.patch(signed)
}

/// Number of pages, and the size of one as shown: what a caller needs to choose a place.
pub fn layout(bytes: &[u8], page: usize) -> Result<(usize, (f64, f64)), PdfRefused> {
    let document = Document::open(bytes)?;
    let pages = Page::all(document.latest())?;
    let shown = pages.get(page).ok_or(PdfRefused::NoSuchPage(page))?.shown_size();
    Ok((pages.len(), shown))
}

/// Whether what is there allows this signature.
fn permitted(
    view: View<'_, '_>,
    known: &[Field],
    field: &SignatureField<'_>,
) -> Result<(), PdfRefused> {
    let catalog = view.catalog()?;
    if let Some(form) = form(view, &catalog)? {
        let dict = form.as_dict().ok_or(PdfRefused::broken(0, "the form dictionary"))?;
        if view.value(dict, b"XFA")?.is_some() {
            return Err(PdfRefused::Xfa);
        }
    }
    let mut policy = Policy::default();
    let mut signed = false;
    for known in known {
        // A name that is the path of another field would make two fields of one name.
        if known.name.split('.').next() == Some(field.name) {
            return Err(PdfRefused::FieldExists(field.name.to_owned()));
        }
        let Some(value) = known.value.as_ref().filter(|_| known.is_signature) else { continue };
        signed = true;
        let value = view.resolve(value)?;
        let value = value.as_dict().ok_or(PdfRefused::broken(0, "a signature dictionary"))?;
        policy.restrict(view, value, known.dict()?)?;
    }
    if policy.level == Some(1) {
        return Err(PdfRefused::ChangesNotAllowed("certified with no changes allowed"));
    }
    if policy.locks(field.name) {
        return Err(PdfRefused::ChangesNotAllowed("a lock covers the new field"));
    }
    if signed && field.certification.is_some() {
        return Err(PdfRefused::NotFirst);
    }
    Ok(())
}

/// Where the two values stand that are known only at the end.
struct Places {
    byte_range: usize,
    gap: std::ops::Range<usize>,
}

impl Places {
    fn patch(self, mut bytes: Vec<u8>) -> Result<Prepared, PdfRefused> {
        let after = bytes.len() - self.gap.end;
        let text = format!("[0 {} {} {after}]", self.gap.start, self.gap.end);
        let blank = bytes.get_mut(self.byte_range..self.byte_range + BYTE_RANGE_BLANK.len());
        match blank {
            Some(blank) if text.len() <= blank.len() => {
                blank.fill(b' ');
                blank[..text.len()].copy_from_slice(text.as_bytes());
            }
            _ => return Err(PdfRefused::Limit("size of the file")),
        }
        Ok(Prepared::new(bytes, self.gap))
    }
}

fn write_signature(update: &mut Update, signature: Ref, field: &SignatureField<'_>) -> Places {
    update.begin(signature);
    update.raw(b"<<");
    for (key, value) in field.dict().iter() {
        update.value(&Object::Name(key.clone()));
        update.raw(b" ");
        update.value(value);
        update.raw(b"\n");
    }
    update.raw(b"/ByteRange ");
    let byte_range = update.at();
    update.raw(BYTE_RANGE_BLANK);
    update.raw(b"\n/Contents ");
    let start = update.at();
    update.raw(b"<");
    update.raw(&vec![b'0'; field.reserved * 2]);
    update.raw(b">");
    let gap = start..update.at();
    update.raw(b"\n>>");
    update.end();
    Places { byte_range, gap }
}

fn write_widget(
    update: &mut Update,
    field: &SignatureField<'_>,
    page: &Page,
    [widget, signature]: [Ref; 2],
) -> Result<(), PdfRefused> {
    let mut dict = Dict::default();
    dict.set(b"Type", name(b"Annot"));
    dict.set(b"Subtype", name(b"Widget"));
    dict.set(b"FT", name(b"Sig"));
    dict.set(b"T", string(&encode_text(field.name)));
    dict.set(b"V", Object::Ref(signature));
    dict.set(b"P", Object::Ref(page.reference));
    dict.set(b"F", Object::Int(PRINT_AND_LOCKED));
    dict.set(b"Rect", numbers(&[0.0; 4]));
    if let Some(appearance) = &field.appearance {
        appearance.check()?;
        dict.set(b"Rect", appearance.rect(page));
        let mut normal = Dict::default();
        normal.set(b"N", Object::Ref(appearance.write(update, page)?));
        dict.set(b"AP", Object::Dict(normal));
    }
    update.object(widget, &Object::Dict(dict));
    Ok(())
}

/// Appends the widget to the annotations of the page, writing the smaller of page and array.
fn add_to_page(
    update: &mut Update,
    view: View<'_, '_>,
    page: &Page,
    widget: Ref,
) -> Result<(), PdfRefused> {
    let mut dict = page.dict()?.clone();
    if dict.is_ambiguous() {
        return Err(PdfRefused::broken(0, "a page without repeated keys"));
    }
    let written = dict.get(b"Annots").cloned().unwrap_or(Object::Null);
    let annotations = appended(view, &written, widget)?;
    match written {
        Object::Ref(array) if !view.object(array)?.is_null() => update.object(array, &annotations),
        _ => {
            dict.set(b"Annots", annotations);
            update.object(page.reference, &Object::Dict(dict));
        }
    }
    Ok(())
}

/// Appends the field to the form, making the form if there is none, and registers a
/// certification signature in the catalog.
fn add_to_form(
    update: &mut Update,
    view: View<'_, '_>,
    catalog: &Dict,
    widget: Ref,
    certified: Option<Ref>,
) -> Result<(), PdfRefused> {
    let mut new_catalog = catalog.clone();
    let mut changed = false;
    if let Some(signature) = certified {
        let mut permissions = match view.value(catalog, b"Perms")? {
            Some(held) => held.as_dict().cloned().unwrap_or_default(),
            None => Dict::default(),
        };
        permissions.set(b"DocMDP", Object::Ref(signature));
        new_catalog.set(b"Perms", Object::Dict(permissions));
        changed = true;
    }
    let written = catalog.get(b"AcroForm").cloned().unwrap_or(Object::Null);
    let known = view.resolve(&written)?.as_dict().cloned();
    let fresh = known.is_none();
    let (form, form_changed) = with_field(update, view, known.unwrap_or_default(), widget)?;
    match written {
        Object::Ref(reference) if !fresh => {
            if form_changed {
                update.object(reference, &Object::Dict(form));
            }
        }
        _ if fresh => {
            let reference = update.allot();
            update.object(reference, &Object::Dict(form));
            new_catalog.set(b"AcroForm", Object::Ref(reference));
            changed = true;
        }
        _ => {
            new_catalog.set(b"AcroForm", Object::Dict(form));
            changed |= form_changed;
        }
    }
    if changed {
        update.object(view.root()?, &Object::Dict(new_catalog));
    }
    Ok(())
}

/// The form with one more field, and whether the dictionary itself had to change.
fn with_field(
    update: &mut Update,
    view: View<'_, '_>,
    mut form: Dict,
    widget: Ref,
) -> Result<(Dict, bool), PdfRefused> {
    let written = form.get(b"Fields").cloned().unwrap_or(Object::Null);
    let list = appended(view, &written, widget)?;
    let flags = match view.value(&form, b"SigFlags")? {
        Some(flags) => flags.as_int().unwrap_or(0),
        None => 0,
    };
    let mut changed = false;
    if flags & SIGNED_AND_APPEND_ONLY != SIGNED_AND_APPEND_ONLY {
        form.set(b"SigFlags", Object::Int(flags | SIGNED_AND_APPEND_ONLY));
        changed = true;
    }
    match written {
        Object::Ref(reference) if !view.object(reference)?.is_null() => {
            update.object(reference, &list);
        }
        _ => {
            form.set(b"Fields", list);
            changed = true;
        }
    }
    Ok((form, changed))
}

/// An array, given directly or by reference or not at all, with one more reference.
fn appended(view: View<'_, '_>, array: &Object, item: Ref) -> Result<Object, PdfRefused> {
    let held = view.resolve(array)?;
    let mut items = match &*held {
        Object::Null => Vec::new(),
        Object::Array(items) => items.clone(),
        _ => return Err(PdfRefused::broken(0, "an array of annotations or fields")),
    };
    items.push(Object::Ref(item));
    Ok(Object::Array(items))
}

/// The second file identifier: it must differ per revision and needs no secrecy.
fn identifier(update: &Update) -> [u8; 16] {
    let hash: [u8; 32] = Sha256::digest(update.written_bytes()).into();
    let mut id = [0; 16];
    id.copy_from_slice(&hash[..16]);
    id
}

/// Room for four numbers of ten digits.
const BYTE_RANGE_BLANK: &[u8] = b"[0 0000000000 0000000000 0000000000]";

/// Annotation flags Print and Locked (ISO 32000-2 table 167).
const PRINT_AND_LOCKED: i64 = 4 | 128;

/// `SigFlags`: signatures exist, append only (ISO 32000-2 table 225).
const SIGNED_AND_APPEND_ONLY: i64 = 1 | 2;
