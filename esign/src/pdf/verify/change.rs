//! What a revision after a signature changed, and whether it may.

use auth_core::Reason;

use crate::pdf::policy::Policy;

/// One change that a later revision made.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Change {
    /// The revision, counted from 1.
    pub revision: usize,
    /// What it did.
    pub kind: ChangeKind,
}

/// What a later revision did. Whatever has no kind of its own is [`ChangeKind::Other`].
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum ChangeKind {
    /// An empty, invisible signature field was added.
    FieldAdded {
        /// Its full name.
        field: String,
    },
    /// A form field was filled in.
    FormFilled {
        /// Its full name.
        field: String,
    },
    /// The descriptive data beside the pages (XMP, document information) was rewritten, as most
    /// programs do whenever they sign.
    Metadata,
    /// Something else, which is never permitted.
    Other {
        /// Object number, where one can be named.
        object: Option<u32>,
        /// What about it.
        what: String,
    },
    /// A signature was added.
    SignatureAdded {
        /// The full name of its field.
        field: String,
        /// It draws something on a page.
        visible: bool,
    },
    /// A document time-stamp was added.
    TimestampAdded {
        /// The full name of its field.
        field: String,
    },
    /// Validation data (DSS, VRI) was added or removed: it is not part of what is signed.
    ValidationData,
}

impl Change {
    /// Whether the signatures before it allow this change. Without a certification nothing but
    /// further signatures and validation data may follow.
    pub(super) fn permitted(&self, policy: &Policy) -> bool {
        match &self.kind {
            ChangeKind::FieldAdded { field } | ChangeKind::SignatureAdded { field, .. } => {
                policy.level != Some(1) && !policy.locks(field)
            }
            ChangeKind::FormFilled { field } => {
                policy.level.is_some_and(|level| level >= 2) && !policy.locks(field)
            }
            ChangeKind::Metadata => policy.level != Some(1),
            ChangeKind::Other { .. } => false,
            ChangeKind::TimestampAdded { .. } | ChangeKind::ValidationData => true,
        }
    }

    /// How the change is told: `revision 3: object 17: page content`.
    pub(super) fn reason(&self, permitted: bool) -> Reason {
        let what = match &self.kind {
            ChangeKind::FieldAdded { field } => format!("signature field {field:?} added"),
            ChangeKind::FormFilled { field } => format!("field {field:?} filled in"),
            ChangeKind::Metadata => "descriptive data rewritten".to_owned(),
            ChangeKind::Other { object: Some(object), what } => format!("object {object}: {what}"),
            ChangeKind::Other { object: None, what } => what.clone(),
            ChangeKind::SignatureAdded { field, visible: true } => {
                format!("visible signature {field:?} added")
            }
            ChangeKind::SignatureAdded { field, visible: false } => {
                format!("signature {field:?} added")
            }
            ChangeKind::TimestampAdded { field } => format!("time-stamp {field:?} added"),
            ChangeKind::ValidationData => "validation data added".to_owned(),
        };
        let code = if permitted { "pdf-changed-as-permitted" } else { "pdf-changed-after-signing" };
        Reason::with(code, format!("revision {}: {what}", self.revision))
    }
}
