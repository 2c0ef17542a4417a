//! What signatures allow to happen after them: DocMDP and FieldMDP (ISO 32000-2 §12.8.2).

use super::PdfRefused;
use super::read::{Dict, Object, View};
use super::text::decode_text;

/// The rules in force once the given signatures are there. Rules only ever become stricter.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Policy {
    /// Strictest DocMDP level: 1 nothing, 2 forms and signatures, 3 annotations too.
    pub(crate) level: Option<u8>,
    locks: Vec<Lock>,
}

#[derive(Clone, Debug, PartialEq, Eq)]
enum Lock {
    All,
    Except(Vec<String>),
    Only(Vec<String>),
}

impl Policy {
    /// Adds what one signature and its field say: the `Reference` of the signature dictionary and
    /// the `Lock` of the field. A rule that cannot be read locks everything.
    pub(crate) fn restrict(
        &mut self,
        view: View<'_, '_>,
        signature: &Dict,
        field: &Dict,
    ) -> Result<(), PdfRefused> {
        if let Some(references) = view.value(signature, b"Reference")? {
            for reference in references.as_array().unwrap_or_default() {
                let reference = view.resolve(reference)?;
                match reference.as_dict() {
                    Some(reference) => self.add_reference(view, reference)?,
                    None => self.forbid_all(),
                }
            }
        }
        if let Some(lock) = view.value(field, b"Lock")? {
            match lock.as_dict() {
                Some(lock) => self.add_lock(view, lock)?,
                None => self.forbid_all(),
            }
        }
        Ok(())
    }

    /// Adds the rules of another signature.
    pub(crate) fn join(&mut self, other: Self) {
        self.level = match (self.level, other.level) {
            (Some(a), Some(b)) => Some(a.min(b)),
            (a, b) => a.or(b),
        };
        self.locks.extend(other.locks);
    }

    /// Whether a lock forbids that a field be filled in, signed or added.
    pub(crate) fn locks(&self, field: &str) -> bool {
        self.locks.iter().any(|lock| match lock {
            Lock::All => true,
            Lock::Except(names) => !names.iter().any(|name| covers(name, field)),
            Lock::Only(names) => names.iter().any(|name| covers(name, field)),
        })
    }

    fn add_reference(&mut self, view: View<'_, '_>, reference: &Dict) -> Result<(), PdfRefused> {
        let method = view.value(reference, b"TransformMethod")?;
        let parameters = view.value(reference, b"TransformParams")?;
        let parameters = parameters.as_ref().and_then(|held| held.as_dict());
        match method.as_ref().and_then(|held| held.as_name()) {
            Some(b"DocMDP") => {
                let level = match parameters {
                    Some(parameters) => view.value(parameters, b"P")?,
                    None => None,
                };
                self.limit(level.as_deref());
            }
            Some(b"FieldMDP") => match parameters {
                Some(parameters) => self.add_lock(view, parameters)?,
                None => self.forbid_all(),
            },
            // Usage rights and identity say nothing about later changes.
            Some(b"UR" | b"UR3" | b"Identity") => {}
            _ => self.forbid_all(),
        }
        Ok(())
    }

    /// `Action`, `Fields` and, since PDF 2.0, `P`.
    fn add_lock(&mut self, view: View<'_, '_>, lock: &Dict) -> Result<(), PdfRefused> {
        if let Some(level) = view.value(lock, b"P")? {
            self.limit(Some(&level));
        }
        let mut names = Vec::new();
        if let Some(fields) = view.value(lock, b"Fields")? {
            for field in fields.as_array().unwrap_or_default() {
                match view.resolve(field)?.as_text() {
                    Some(text) => names.push(decode_text(&text.bytes)),
                    None => self.locks.push(Lock::All),
                }
            }
        }
        let action = view.value(lock, b"Action")?;
        self.locks.push(match action.as_ref().and_then(|held| held.as_name()) {
            Some(b"Include") => Lock::Only(names),
            Some(b"Exclude") => Lock::Except(names),
            _ => Lock::All,
        });
        Ok(())
    }

    fn limit(&mut self, level: Option<&Object>) {
        let level = match level {
            None => 2, // The default (ISO 32000-2 table 257).
            Some(object) => match object.as_int() {
                Some(2) => 2,
                Some(3) => 3,
                _ => 1,
            },
        };
        self.level = Some(self.level.map_or(level, |known| known.min(level)));
    }

    fn forbid_all(&mut self) {
        self.level = Some(1);
        self.locks.push(Lock::All);
    }
}

/// Whether a lock on `name` covers `field`: itself or a field below it, by whole name parts
/// (`Signature 1` does not cover `Signature 10`).
fn covers(name: &str, field: &str) -> bool {
    field.strip_prefix(name).is_some_and(|rest| rest.is_empty() || rest.starts_with('.'))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_lock_covers_whole_name_parts_only() {
        assert!(covers("Signature 1", "Signature 1"));
        assert!(covers("Signature 1", "Signature 1.date"));
        assert!(!covers("Signature 1", "Signature 10"));
    }
}
