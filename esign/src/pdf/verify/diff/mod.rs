//! What one revision changed, seen from the catalog down, with everything forbidden by default.
//!
//! Both states are walked together. Objects with a role (catalog, form, fields, pages and their
//! annotation lists) are compared key by key with the few liberties their role has; everything they
//! lead to must be the same. A changed object that no liberty and no comparison reached is reported
//! too. So a revealed, swapped or overlaid object cannot hide, whatever it is called.

mod form;
mod pages;
mod walk;

use super::change::ChangeKind;
use crate::pdf::PdfRefused;
use crate::pdf::read::{Dict, Object, Ref, View};
use walk::{Diff, Role};

/// The changes between two states, the second one section newer. An object that cannot be read, or
/// a document too large to compare, counts as a change.
pub(super) fn changes_of_revision(
    before: View<'_, '_>,
    after: View<'_, '_>,
    budget: &mut usize,
) -> Vec<ChangeKind> {
    let mut diff = Diff::new(before, after, budget);
    if let Err(refused) = diff.run() {
        diff.other(None, format!("cannot be compared: {refused}"));
    }
    diff.into_changes()
}

impl Diff<'_, '_, '_> {
    fn run(&mut self) -> Result<(), PdfRefused> {
        let root = self.before.root()?;
        if self.after.root()? != root {
            self.other(Some(root.number), "another catalog");
            return Ok(());
        }
        self.trailer(self.before.trailer()?, self.after.trailer()?)?;
        self.mark_judged(root, Role::Part);
        let (before, after) = (self.before.catalog()?, self.after.catalog()?);
        if let (Some(before), Some(after)) = (before.as_dict(), after.as_dict()) {
            self.catalog(root, before, after)?;
        }
        self.drain()?;
        self.leftovers()
    }

    fn trailer(&mut self, before: &Dict, after: &Dict) -> Result<(), PdfRefused> {
        for key in keys(before, after) {
            let (old, new) = (before.get(key), after.get(key));
            match key {
                b"Size" | b"Prev" | b"Root" | b"Type" | b"W" | b"Index" | b"Length" | b"Filter"
                | b"DecodeParms" | b"ID" => {}
                b"Info" => self.info(old, new)?,
                // What the trailer no longer names can show nothing.
                _ if new.is_none() => {}
                _ => {
                    // Some programs leave a key out and take it up again later.
                    let old = old.or_else(|| self.before.older_trailer_value(key));
                    if !self.same_optional(old, new) {
                        self.other(None, format!("trailer: {}", String::from_utf8_lossy(key)));
                    }
                }
            }
        }
        Ok(())
    }

    /// Document information. Producer and time of change are every writer's own; the rest counts as
    /// metadata.
    fn info(&mut self, old: Option<&Object>, new: Option<&Object>) -> Result<(), PdfRefused> {
        let (before, after) = (self.before, self.after);
        let old_dict = before.resolve(old.unwrap_or(&Object::Null))?;
        let new_dict = after.resolve(new.unwrap_or(&Object::Null))?;
        for reference in [old, new].into_iter().flatten().filter_map(Object::as_ref) {
            self.mark_tolerated(reference);
        }
        let empty = Dict::default();
        let old_dict = old_dict.as_dict().unwrap_or(&empty);
        let new_dict = new_dict.as_dict().unwrap_or(&empty);
        let mut described = false;
        for key in keys(old_dict, new_dict) {
            let free = matches!(key, b"ModDate" | b"Producer");
            if !free && !self.same_optional(old_dict.get(key), new_dict.get(key)) {
                described = true;
            }
        }
        if described {
            self.changes.push(ChangeKind::Metadata);
        }
        Ok(())
    }

    fn catalog(&mut self, root: Ref, before: &Dict, after: &Dict) -> Result<(), PdfRefused> {
        // Fields first: pages may show only annotations that are new signature fields.
        self.form(before, after)?;
        for key in keys(before, after) {
            let (old, new) = (before.get(key), after.get(key));
            match key {
                b"AcroForm" => {}
                b"Pages" => self.page_tree(old, new)?,
                b"DSS" => self.validation_data(old, new)?,
                // Which extensions and which version a writer uses is not what a page shows.
                b"Extensions" => {
                    self.tolerate(new)?;
                }
                b"Version" if is_version(new) => {}
                b"Metadata" if self.is_metadata(new)? => {
                    if self.tolerate(new)? || old != new {
                        self.changes.push(ChangeKind::Metadata);
                    }
                }
                _ => {
                    if !self.same_optional(old, new) {
                        let key = String::from_utf8_lossy(key);
                        self.other(Some(root.number), format!("catalog: {key}"));
                    }
                }
            }
        }
        Ok(())
    }

    /// A metadata stream (ISO 32000-2 §14.3.2), which no page shows.
    fn is_metadata(&self, value: Option<&Object>) -> Result<bool, PdfRefused> {
        let value = self.after.resolve(value.unwrap_or(&Object::Null))?;
        Ok(matches!(&*value, Object::Stream(stream) if stream.dict.is_type(b"Metadata")))
    }

    fn validation_data(
        &mut self,
        old: Option<&Object>,
        new: Option<&Object>,
    ) -> Result<(), PdfRefused> {
        let changed_below = self.tolerate(new)?;
        if changed_below || old != new {
            self.changes.push(ChangeKind::ValidationData);
        }
        Ok(())
    }
}

/// Keys of both, each once.
fn keys<'o>(before: &'o Dict, after: &'o Dict) -> Vec<&'o [u8]> {
    let mut keys: Vec<&[u8]> =
        before.iter().chain(after.iter()).map(|(name, _)| &*name.0).collect();
    keys.sort_unstable();
    keys.dedup();
    keys
}

fn is_version(object: Option<&Object>) -> bool {
    matches!(
        object.and_then(Object::as_name),
        Some(b"1.3" | b"1.4" | b"1.5" | b"1.6" | b"1.7" | b"2.0")
    )
}
