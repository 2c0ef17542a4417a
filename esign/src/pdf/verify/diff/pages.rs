//! The page tree: the same pages with the same content; only widgets of new signatures may be added.

use super::keys;
use super::walk::{Diff, Role};
use crate::pdf::PdfRefused;
use crate::pdf::read::limits::MAX_PAGES;
use crate::pdf::read::{Dict, Object, Ref};

impl Diff<'_, '_, '_> {
    pub(super) fn page_tree(
        &mut self,
        old: Option<&Object>,
        new: Option<&Object>,
    ) -> Result<(), PdfRefused> {
        let (Some(Object::Ref(old)), Some(Object::Ref(new))) = (old, new) else {
            self.other(None, "page tree");
            return Ok(());
        };
        if old != new {
            self.other(Some(new.number), "another page tree");
            return Ok(());
        }
        let mut open = vec![*new];
        while let Some(node) = open.pop() {
            self.spend()?;
            if open.len() > MAX_PAGES {
                return Err(PdfRefused::Limit("pages"));
            }
            if !self.mark_judged(node, Role::Node) {
                self.other(Some(node.number), "a page that is in the page tree twice");
                continue;
            }
            self.page_or_node(node, &mut open)?;
        }
        Ok(())
    }

    fn page_or_node(&mut self, node: Ref, open: &mut Vec<Ref>) -> Result<(), PdfRefused> {
        let (before, after) = (self.before.object(node)?, self.after.object(node)?);
        let (Some(before), Some(after)) = (before.as_dict(), after.as_dict()) else {
            self.other(Some(node.number), "page tree node");
            return Ok(());
        };
        if after.is_ambiguous() && self.changed(node) {
            self.other(Some(node.number), "a page with repeated keys");
        }
        for key in keys(before, after) {
            let (old, new) = (before.get(key), after.get(key));
            match key {
                b"Kids" => self.page_kids(node, old, new, open)?,
                b"Annots" => self.annotations(node, old, new)?,
                _ => {
                    if !self.same_optional(old, new) {
                        let key = String::from_utf8_lossy(key);
                        self.other(Some(node.number), format!("page: {key}"));
                    }
                }
            }
        }
        Ok(())
    }

    fn page_kids(
        &mut self,
        node: Ref,
        old: Option<&Object>,
        new: Option<&Object>,
        open: &mut Vec<Ref>,
    ) -> Result<(), PdfRefused> {
        let (before, after) = (self.before, self.after);
        let old_list = before.resolve(old.unwrap_or(&Object::Null))?;
        let new_list = after.resolve(new.unwrap_or(&Object::Null))?;
        if !self.same_optional(old, new) || *old_list != *new_list {
            self.other(Some(node.number), "pages added, removed or moved");
        }
        open.extend(new_list.as_array().unwrap_or_default().iter().filter_map(Object::as_ref));
        Ok(())
    }

    /// The annotations of before, in their order, then new ones that are signature widgets.
    fn annotations(
        &mut self,
        page: Ref,
        old: Option<&Object>,
        new: Option<&Object>,
    ) -> Result<(), PdfRefused> {
        let (before, after) = (self.before, self.after);
        let old_list = before.resolve(old.unwrap_or(&Object::Null))?;
        let new_list = after.resolve(new.unwrap_or(&Object::Null))?;
        for list in [old, new].into_iter().flatten().filter_map(Object::as_ref) {
            self.mark_judged(list, Role::Part);
        }
        let old_list = old_list.as_array().unwrap_or_default();
        let new_list = new_list.as_array().unwrap_or_default();
        for (index, new) in new_list.iter().enumerate() {
            match old_list.get(index) {
                Some(old) => {
                    if !self.same(old, new) {
                        self.other(Some(page.number), "annotation changed or moved");
                    }
                }
                None if new.as_ref().is_some_and(|new| self.new_widgets.contains(&new)) => {}
                None => {
                    let number = new.as_ref().map_or(page.number, |new| new.number);
                    self.other(Some(number), "annotation added");
                }
            }
        }
        if new_list.len() < old_list.len() {
            self.other(Some(page.number), "annotation removed");
        }
        Ok(())
    }
}

/// Whether a dictionary is a widget that shows something: an area, and not hidden.
pub(super) fn is_visible(widget: &Dict, rect: Option<crate::pdf::read::Rect>) -> bool {
    let flags = widget.get(b"F").and_then(Object::as_int).unwrap_or(0);
    let area = rect.is_some_and(|rect| rect.width() > 0.0 && rect.height() > 0.0);
    area && flags & HIDDEN_OR_NO_VIEW == 0
}

/// Annotation flags Hidden and NoView (ISO 32000-2 table 167).
const HIDDEN_OR_NO_VIEW: i64 = 2 | 32;
