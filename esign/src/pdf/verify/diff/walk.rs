//! Comparing two states of a document object by object.

use std::collections::{HashMap, HashSet};

use super::super::change::ChangeKind;
use crate::pdf::PdfRefused;
use crate::pdf::read::{Dict, Object, Place, Ref, Section, View};

/// The comparison of two states, one section apart.
pub(super) struct Diff<'d, 'a, 'b> {
    pub(super) before: View<'d, 'a>,
    pub(super) after: View<'d, 'a>,
    pub(super) changes: Vec<ChangeKind>,
    /// Widgets of new signature fields: the only annotations that may be new.
    pub(super) new_widgets: HashSet<Ref>,
    /// Objects compared by their role.
    judged: HashMap<Ref, Role>,
    /// Changed objects below a place that may change.
    tolerated: HashSet<Ref>,
    /// Objects that must be the same, seen or waiting in `open`.
    plain: HashSet<Ref>,
    open: Vec<Ref>,
    /// Objects that may still be looked at, over all revisions.
    budget: &'b mut usize,
}

/// The role of an object that is compared key by key.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Role {
    /// A page, a node of the page tree or a form field: others may point at it.
    Node,
    /// The catalog, the form, a list of annotations or fields: only its owner points at it.
    Part,
}

impl<'d, 'a, 'b> Diff<'d, 'a, 'b> {
    pub(super) fn new(before: View<'d, 'a>, after: View<'d, 'a>, budget: &'b mut usize) -> Self {
        Self {
            before,
            after,
            changes: Vec::new(),
            new_widgets: HashSet::new(),
            judged: HashMap::new(),
            tolerated: HashSet::new(),
            plain: HashSet::new(),
            open: Vec::new(),
            budget,
        }
    }

    pub(super) fn into_changes(self) -> Vec<ChangeKind> {
        self.changes
    }

    /// Reports a change that nothing permits. One document may have thousands: the first few tell
    /// enough.
    pub(super) fn other(&mut self, object: Option<u32>, what: impl Into<String>) {
        if self.changes.len() < MAX_REPORTED {
            self.changes.push(ChangeKind::Other { object, what: what.into() });
        }
    }

    /// Notes that an object is compared by its role, not as a whole; `false` if it has one already.
    pub(super) fn mark_judged(&mut self, reference: Ref, role: Role) -> bool {
        let free = !self.judged.contains_key(&reference);
        if free {
            self.judged.insert(reference, role);
        }
        free
    }

    /// Notes that an object may have changed where it is used as expected. Unlike a judged object it
    /// is still compared should anything else lead to it.
    pub(super) fn mark_tolerated(&mut self, reference: Ref) {
        self.tolerated.insert(reference);
    }

    /// Whether an object has other bytes now than before.
    pub(super) fn changed(&self, reference: Ref) -> bool {
        self.before.place(reference) != self.after.place(reference)
    }

    /// Whether an object did not exist before.
    pub(super) fn is_new(&self, reference: Ref) -> bool {
        self.before.place(reference) == Place::Nowhere
    }

    pub(super) fn spend(&mut self) -> Result<(), PdfRefused> {
        let left = self.budget.checked_sub(1);
        *self.budget = left.ok_or(PdfRefused::Limit("objects compared"))?;
        Ok(())
    }

    /// Whether two values are the same as written; what they refer to is queued to be compared.
    pub(super) fn same(&mut self, before: &Object, after: &Object) -> bool {
        match (before, after) {
            (Object::Ref(old), Object::Ref(new)) => {
                self.follow(*new);
                old == new
            }
            (Object::Array(old), Object::Array(new)) => {
                old.len() == new.len() && old.iter().zip(new).all(|(old, new)| self.same(old, new))
            }
            (Object::Dict(old), Object::Dict(new)) => self.same_dict(old, new),
            (Object::Stream(old), Object::Stream(new)) => {
                let bytes = self.after.document().bytes();
                self.same_dict(&old.dict, &new.dict)
                    && bytes.get(old.data.clone()) == bytes.get(new.data.clone())
            }
            (old, new) => old == new,
        }
    }

    pub(super) fn same_optional(&mut self, old: Option<&Object>, new: Option<&Object>) -> bool {
        self.same(old.unwrap_or(&Object::Null), new.unwrap_or(&Object::Null))
    }

    /// Whether two objects are the same as written, whatever they refer to.
    fn equal(&self, old: &Object, new: &Object) -> bool {
        match (old, new) {
            (Object::Stream(old), Object::Stream(new)) => {
                let bytes = self.after.document().bytes();
                old.dict == new.dict && bytes.get(old.data.clone()) == bytes.get(new.data.clone())
            }
            (old, new) => old == new,
        }
    }

    fn same_dict(&mut self, old: &Dict, new: &Dict) -> bool {
        if old.is_ambiguous() || new.is_ambiguous() {
            return false;
        }
        super::keys(old, new).into_iter().all(|key| self.same_optional(old.get(key), new.get(key)))
    }

    fn follow(&mut self, reference: Ref) {
        if self.plain.insert(reference) {
            self.open.push(reference);
        }
    }

    /// Compares everything queued, and all that it leads to.
    pub(super) fn drain(&mut self) -> Result<(), PdfRefused> {
        while let Some(reference) = self.open.pop() {
            self.spend()?;
            let (old, new) = (self.before.object(reference)?, self.after.object(reference)?);
            // A plain dictionary is judged in its role alone. A stream could be drawn by whoever
            // points at it, so it is compared like any other object.
            if self.judged.get(&reference) == Some(&Role::Node)
                && matches!((&*old, &*new), (Object::Dict(_), Object::Dict(_)))
            {
                continue;
            }
            if self.changed(reference) {
                if !self.same(&old, &new) {
                    self.other(Some(reference.number), "changed, revealed or removed");
                }
            } else {
                self.follow_all(&new);
            }
        }
        Ok(())
    }

    fn follow_all(&mut self, object: &Object) {
        each_reference(object, &mut |reference| self.follow(reference));
    }

    /// Allows changes below a value, and tells whether there are any. Objects that changed are noted
    /// here; should they be reached from elsewhere too, the comparison there still reports them.
    pub(super) fn tolerate(&mut self, value: Option<&Object>) -> Result<bool, PdfRefused> {
        let mut open = Vec::new();
        let mut seen = HashSet::new();
        let mut found = false;
        if let Some(value) = value {
            each_reference(value, &mut |reference| open.push(reference));
        }
        while let Some(reference) = open.pop() {
            if !seen.insert(reference) || self.judged.contains_key(&reference) {
                continue;
            }
            self.spend()?;
            let new = self.after.object(reference)?;
            if self.changed(reference) {
                found |= !self.equal(&*self.before.object(reference)?, &new);
                self.tolerated.insert(reference);
            }
            each_reference(&new, &mut |reference| open.push(reference));
        }
        Ok(found)
    }

    /// Every object that existed before and has other bytes now must have been accounted for, and
    /// nothing new may stand in bytes that were there before.
    pub(super) fn leftovers(&mut self) -> Result<(), PdfRefused> {
        let sections = self.after.document().sections();
        let start = sections.iter().take(self.before.sections()).map(|s| s.end).max().unwrap_or(0);
        let newest = sections.get(self.after.sections().saturating_sub(1));
        for reference in newest.map(Section::references).unwrap_or_default() {
            let (old, new) = (self.before.place(reference), self.after.place(reference));
            if old == new {
                continue;
            }
            self.spend()?;
            let early = new.offset().is_some_and(|offset| offset < start);
            if early && !is_container(&*self.after.object(reference)?) {
                self.other(Some(reference.number), "hidden in the signed bytes, now revealed");
            }
            let accounted = old == Place::Nowhere
                || self.judged.contains_key(&reference)
                || self.tolerated.contains(&reference)
                || self.plain.contains(&reference);
            if !accounted && !self.stays_container(reference)? {
                self.other(Some(reference.number), "changed without being used");
            }
        }
        Ok(())
    }

    fn stays_container(&self, reference: Ref) -> Result<bool, PdfRefused> {
        let old = self.before.object(reference)?;
        Ok(is_container(&old) && is_container(&*self.after.object(reference)?))
    }
}

/// Cross-reference and object streams are not part of the document that they hold.
fn is_container(object: &Object) -> bool {
    matches!(object, Object::Stream(stream)
        if stream.dict.is_type(b"XRef") || stream.dict.is_type(b"ObjStm"))
}

/// Calls `visit` with every reference in an object. Depth is bounded by the reader.
fn each_reference(object: &Object, visit: &mut dyn FnMut(Ref)) {
    match object {
        Object::Ref(reference) => visit(*reference),
        Object::Array(items) => items.iter().for_each(|item| each_reference(item, visit)),
        Object::Dict(dict) => dict.iter().for_each(|(_, value)| each_reference(value, visit)),
        Object::Stream(stream) => {
            stream.dict.iter().for_each(|(_, value)| each_reference(value, visit));
        }
        _ => {}
    }
}

/// Most changes told per revision.
const MAX_REPORTED: usize = 32;
