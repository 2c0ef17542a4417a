//! The form: fields may be filled in, signed, and added if they are signatures.

use super::super::change::ChangeKind;
use super::keys;
use super::pages::is_visible;
use super::walk::{Diff, Role};
use crate::pdf::PdfRefused;
use crate::pdf::form::{fields, form};
use crate::pdf::read::limits::{MAX_FIELDS, MAX_TREE_DEPTH};
use crate::pdf::read::{Dict, Object, Rect, Ref};
use crate::pdf::text::decode_text;

/// A field that both states have, with what it inherits.
struct Open {
    reference: Ref,
    parent: String,
    is_signature: bool,
    /// The field above is being signed in this revision.
    signing: bool,
    depth: usize,
}

impl Diff<'_, '_, '_> {
    pub(super) fn form(&mut self, before: &Dict, after: &Dict) -> Result<(), PdfRefused> {
        let (old, new) = (before.get(b"AcroForm"), after.get(b"AcroForm"));
        for reference in [old, new].into_iter().flatten().filter_map(Object::as_ref) {
            self.mark_judged(reference, Role::Part);
        }
        let (before, after) = (Object::Dict(before.clone()), Object::Dict(after.clone()));
        let old = form(self.before, &before)?;
        let new = form(self.after, &after)?;
        let empty = Dict::default();
        // Defaults are used by fields with text only.
        let only_signatures = fields(self.before)?.iter().all(|field| field.is_signature);
        let old = old.as_ref().and_then(|held| held.as_dict()).unwrap_or(&empty);
        let new = new.as_ref().and_then(|held| held.as_dict()).unwrap_or(&empty);
        for key in keys(old, new) {
            let (old, new) = (old.get(key), new.get(key));
            let free = match key {
                b"Fields" => {
                    self.top_fields(old, new)?;
                    true
                }
                b"SigFlags" => new.and_then(Object::as_int).is_some_and(|n| (0..=3).contains(&n)),
                b"DR" => self.resources_grew(old, new)?,
                b"DA" | b"Q" => old.is_none() && only_signatures,
                b"NeedAppearances" => old.is_none() && new == Some(&Object::Bool(false)),
                _ => false,
            };
            if !free && !self.same_optional(old, new) {
                self.other(None, format!("form: {}", String::from_utf8_lossy(key)));
            }
        }
        Ok(())
    }

    /// Whether the default resources only gained entries: what old fields use stays as it was.
    fn resources_grew(
        &mut self,
        old: Option<&Object>,
        new: Option<&Object>,
    ) -> Result<bool, PdfRefused> {
        let (before, after) = (self.before, self.after);
        let old = before.resolve(old.unwrap_or(&Object::Null))?;
        let new = after.resolve(new.unwrap_or(&Object::Null))?;
        let empty = Dict::default();
        let (old, new) = (old.as_dict().unwrap_or(&empty), new.as_dict().unwrap_or(&empty));
        for (category, old) in old.iter() {
            let old = before.resolve(old)?;
            let new = after.resolve(new.get(&category.0).unwrap_or(&Object::Null))?;
            let kept = match (old.as_dict(), new.as_dict()) {
                (Some(old), Some(new)) => {
                    old.iter().all(|(name, old)| self.same_optional(Some(old), new.get(&name.0)))
                }
                _ => self.same(&old, &new),
            };
            if !kept {
                return Ok(false);
            }
        }
        self.tolerate(Some(&Object::Dict(new.clone())))?;
        Ok(true)
    }

    fn top_fields(&mut self, old: Option<&Object>, new: Option<&Object>) -> Result<(), PdfRefused> {
        let mut open = Vec::new();
        let top = Open {
            reference: Ref::new(0),
            parent: String::new(),
            is_signature: false,
            signing: false,
            depth: 0,
        };
        self.field_list(old, new, &top, &mut open)?;
        while let Some(field) = open.pop() {
            self.spend()?;
            if open.len() > MAX_FIELDS || field.depth > MAX_TREE_DEPTH {
                return Err(PdfRefused::Limit("form fields"));
            }
            if !self.mark_judged(field.reference, Role::Node) {
                self.other(Some(field.reference.number), "a field that is in the form twice");
                continue;
            }
            self.field(&field, &mut open)?;
        }
        Ok(())
    }

    /// Fields (or kids) of before in their order, then new signature fields.
    fn field_list(
        &mut self,
        old: Option<&Object>,
        new: Option<&Object>,
        above: &Open,
        open: &mut Vec<Open>,
    ) -> Result<(), PdfRefused> {
        let (before, after) = (self.before, self.after);
        let old_list = before.resolve(old.unwrap_or(&Object::Null))?;
        let new_list = after.resolve(new.unwrap_or(&Object::Null))?;
        for list in [old, new].into_iter().flatten().filter_map(Object::as_ref) {
            self.mark_judged(list, Role::Part);
        }
        let old_list = old_list.as_array().unwrap_or_default();
        let new_list = new_list.as_array().unwrap_or_default();
        if new_list.len() < old_list.len() {
            self.other(None, "form field removed");
        }
        for (index, new) in new_list.iter().enumerate() {
            let Some(reference) = new.as_ref() else {
                self.other(None, "a form field that is no reference");
                continue;
            };
            match old_list.get(index) {
                Some(old) if old == new => open.push(Open {
                    reference,
                    parent: above.parent.clone(),
                    is_signature: above.is_signature,
                    signing: above.signing,
                    depth: above.depth + 1,
                }),
                Some(_) => self.other(Some(reference.number), "form field replaced or moved"),
                None => self.new_field(reference, above)?,
            }
        }
        Ok(())
    }

    fn field(&mut self, field: &Open, open: &mut Vec<Open>) -> Result<(), PdfRefused> {
        let number = field.reference.number;
        let before = self.before.object(field.reference)?;
        let after = self.after.object(field.reference)?;
        let (Some(before), Some(after)) = (before.as_dict(), after.as_dict()) else {
            self.other(Some(number), "form field");
            return Ok(());
        };
        let is_signature = after.get(b"FT").map_or(field.is_signature, |kind| kind.is_name(b"Sig"));
        let had_value = before.get(b"V").is_some_and(|value| !value.is_null());
        let has_value = after.get(b"V").is_some_and(|value| !value.is_null());
        let below = Open {
            reference: field.reference,
            parent: full_name(&field.parent, after),
            is_signature,
            signing: field.signing || is_signature && !had_value && has_value,
            depth: field.depth,
        };
        let open_to_change = if is_signature { below.signing } else { true };
        let mut filled = false;
        for key in keys(before, after) {
            let (old, new) = (before.get(key), after.get(key));
            if key == b"Kids" {
                self.field_list(old, new, &below, open)?;
            } else if open_to_change && may_fill(key, is_signature, new) {
                filled |= self.tolerate(new)? || old != new;
            } else if !self.same_optional(old, new) {
                let key = String::from_utf8_lossy(key);
                self.other(Some(number), format!("form field: {key}"));
            }
        }
        if filled && (!is_signature || has_value) {
            self.filled(below, after)?;
        }
        Ok(())
    }

    fn filled(&mut self, field: Open, after: &Dict) -> Result<(), PdfRefused> {
        if !field.is_signature {
            self.changes.push(ChangeKind::FormFilled { field: field.parent });
            return Ok(());
        }
        match after.get(b"V") {
            Some(Object::Ref(value)) if self.is_new(*value) => {
                let visible = self.shows_anywhere(after)?;
                self.signature(field.parent, visible, *value)
            }
            _ => {
                self.other(Some(field.reference.number), "signed with an earlier object");
                Ok(())
            }
        }
    }

    /// Whether a field or one of its widgets shows something.
    fn shows_anywhere(&mut self, field: &Dict) -> Result<bool, PdfRefused> {
        let mut visible = self.shows(field)?;
        let kids = self.after.value(field, b"Kids")?;
        for kid in kids.as_deref().and_then(Object::as_array).unwrap_or_default() {
            self.spend()?;
            let kid = self.after.resolve(kid)?;
            visible |= kid.as_dict().is_some_and(|kid| self.shows(kid).unwrap_or(true));
        }
        Ok(visible)
    }

    fn signature(&mut self, field: String, visible: bool, value: Ref) -> Result<(), PdfRefused> {
        let value = self.after.object(value)?;
        let timestamp = value.as_dict().is_some_and(|value| {
            let sub_filter = value.get(b"SubFilter");
            value.is_type(b"DocTimeStamp") || sub_filter.is_some_and(|f| f.is_name(b"ETSI.RFC3161"))
        });
        self.changes.push(if timestamp && !visible {
            ChangeKind::TimestampAdded { field }
        } else {
            ChangeKind::SignatureAdded { field, visible }
        });
        Ok(())
    }

    fn new_field(&mut self, reference: Ref, above: &Open) -> Result<(), PdfRefused> {
        let object = self.after.object(reference)?;
        let (Some(dict), true) = (object.as_dict(), self.is_new(reference)) else {
            self.other(Some(reference.number), "an earlier object made a form field");
            return Ok(());
        };
        let kind = self.after.value(dict, b"FT")?;
        let is_signature = kind.map_or(above.is_signature, |kind| kind.is_name(b"Sig"));
        let named = dict.get(b"T").is_some();
        if !is_signature || !named || dict.is_ambiguous() || acts(dict) {
            self.other(Some(reference.number), "form field added that is no plain signature");
            return Ok(());
        }
        let visible = self.new_widgets_of(reference, dict)?;
        let field = full_name(&above.parent, dict);
        match dict.get(b"V") {
            Some(Object::Ref(value)) if self.is_new(*value) => {
                self.signature(field, visible, *value)?;
            }
            None | Some(Object::Null) if !visible => {
                self.changes.push(ChangeKind::FieldAdded { field });
            }
            None | Some(Object::Null) => {
                self.other(Some(reference.number), "unsigned field that draws on a page");
            }
            Some(_) => {
                self.other(Some(reference.number), "field with an earlier signature as its value");
            }
        }
        Ok(())
    }

    /// Notes the widgets of a new field and tells whether one of them shows something.
    fn new_widgets_of(&mut self, reference: Ref, field: &Dict) -> Result<bool, PdfRefused> {
        self.new_widgets.insert(reference);
        let mut visible = self.shows(field)?;
        let kids = self.after.value(field, b"Kids")?;
        for kid in kids.as_deref().and_then(Object::as_array).unwrap_or_default() {
            let Some(kid) = kid.as_ref().filter(|kid| self.is_new(*kid)) else {
                self.other(Some(reference.number), "an earlier object made a widget");
                continue;
            };
            self.spend()?;
            let object = self.after.object(kid)?;
            match object.as_dict() {
                Some(dict) if dict.get(b"T").is_none() && !acts(dict) => {
                    visible |= self.shows(dict)?;
                    self.new_widgets.insert(kid);
                }
                _ => self.other(Some(kid.number), "a widget that is not plain"),
            }
        }
        Ok(visible)
    }

    fn shows(&self, widget: &Dict) -> Result<bool, PdfRefused> {
        let rect = match widget.get(b"Rect") {
            Some(rect) => Rect::read(self.after, rect)?,
            None => None,
        };
        Ok(is_visible(widget, rect))
    }
}

/// What filling in a field may change. A place on a page is not among it.
fn may_fill(key: &[u8], is_signature: bool, new: Option<&Object>) -> bool {
    match key {
        b"V" | b"AP" | b"M" => true,
        b"F" => is_signature && matches!(new, Some(Object::Int(_))),
        b"AS" | b"I" | b"RV" => !is_signature,
        _ => false,
    }
}

/// Whether a field or widget runs something when touched or shown.
fn acts(dict: &Dict) -> bool {
    dict.get(b"A").is_some() || dict.get(b"AA").is_some()
}

fn full_name(parent: &str, field: &Dict) -> String {
    let own = field.get(b"T").and_then(Object::as_text).map(|text| decode_text(&text.bytes));
    match own {
        Some(own) if parent.is_empty() => own,
        Some(own) => format!("{parent}.{own}"),
        None => parent.to_owned(),
    }
}
