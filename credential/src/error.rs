//! Every rule of this room, and what the outside is told when it is broken.

use auth_core::{Fault, port::SealRefused};

use crate::flow::{
    answer::AnswerError, ask::AskError, consent::ConsentError, document::DocumentError,
    issue::IssueError, status::StatusError,
};

/// What the outside is told: a stable code and an HTTP status. The sentence is `error-<code>` in
/// the catalogue.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Told {
    /// Stable, kebab-case.
    pub code: &'static str,
    /// HTTP status.
    pub status: u16,
}

/// A flow's error that the outside can be told of.
pub trait Tell: std::error::Error {
    /// The answer; detail goes to the log.
    fn told(&self) -> Told;

    /// The fault underneath, if that is what it is.
    fn fault(&self) -> Option<Fault>;
}

const fn told(code: &'static str, status: u16) -> Told {
    Told { code, status }
}

const fn told_fault(fault: Fault) -> Told {
    match fault {
        Fault::Busy => told("busy", 503),
        Fault::Corrupt => told("internal", 500),
        Fault::Unavailable => told("unavailable", 503),
    }
}

macro_rules! tell {
    ($error:ident { $($rule:pat => $answer:expr,)* }) => {
        impl Tell for $error {
            fn told(&self) -> Told {
                match self {
                    Self::Fault(fault) => told_fault(*fault),
                    $($rule => $answer,)*
                }
            }

            fn fault(&self) -> Option<Fault> {
                if let Self::Fault(fault) = self { Some(*fault) } else { None }
            }
        }
    };
}

tell! { IssueError {
    Self::Field(_) => told("field", 422),
    Self::KeyReused => told("idempotency-key-reused", 422),
    Self::Missing(_) => told("field-missing", 422),
    Self::NotIssuer => told("not-issuer", 403),
    Self::TooLongForCode => told("too-long-for-code", 422),
    Self::UnknownField(_) => told("field-unknown", 422),
    Self::UnknownHolder => told("unknown-holder", 422),
}}

tell! { StatusError {
    Self::NotFrom(_) => told("status-fixed", 409),
    Self::NotIssuer => told("not-issuer", 403),
    Self::Unknown => told("not-found", 404),
}}

tell! { AskError {
    Self::MatterNotRegistered => told("matter-not-registered", 403),
    Self::NotCaseWorker => told("not-case-worker", 403),
    Self::Purpose => told("purpose", 422),
    Self::UnknownItem => told("unknown-item", 422),
    Self::UnknownPerson => told("unknown-person", 422),
}}

tell! { ConsentError {
    Self::TooLate => told("too-late", 409),
    Self::Unknown => told("not-found", 404),
}}

tell! { AnswerError {
    Self::NoConsent => told("no-consent", 409),
    Self::Unknown => told("not-found", 404),
}}

tell! { DocumentError {
    Self::Code => told("drawing", 422),
    Self::Draft(_) => told("drawing", 422),
    Self::Seal(SealRefused::Document) => told("drawing", 422),
    Self::Seal(SealRefused::NoSeal) => told("no-seal", 409),
    Self::Seal(SealRefused::NotActive) => told("seal-not-active", 409),
}}

#[cfg(test)]
mod tests {
    use auth_core::port::DraftRefused;

    use super::*;
    use crate::{CATALOG, status::Status};

    /// The whole table: a change here is a change of what outside programs see.
    #[test]
    fn the_table_of_refusals() {
        let rules: [&dyn Tell; 26] = [
            &IssueError::Fault(Fault::Busy),
            &IssueError::Fault(Fault::Corrupt),
            &IssueError::Fault(Fault::Unavailable),
            &IssueError::Field("name"),
            &IssueError::KeyReused,
            &IssueError::Missing("name"),
            &IssueError::NotIssuer,
            &IssueError::TooLongForCode,
            &IssueError::UnknownField("x".to_owned()),
            &IssueError::UnknownHolder,
            &StatusError::NotFrom(Status::Invalid),
            &StatusError::NotIssuer,
            &StatusError::Unknown,
            &AskError::MatterNotRegistered,
            &AskError::NotCaseWorker,
            &AskError::Purpose,
            &AskError::UnknownItem,
            &AskError::UnknownPerson,
            &ConsentError::TooLate,
            &ConsentError::Unknown,
            &AnswerError::NoConsent,
            &AnswerError::Unknown,
            &DocumentError::Code,
            &DocumentError::Draft(DraftRefused::Long),
            &DocumentError::Seal(SealRefused::NoSeal),
            &DocumentError::Seal(SealRefused::NotActive),
        ];
        let table: Vec<String> = rules
            .iter()
            .map(|rule| format!("{} {} — {rule}", rule.told().status, rule.told().code))
            .collect();
        insta::assert_snapshot!(table.join("\n"));
        for rule in rules {
            let id = format!("error-{}", rule.told().code);
            assert!(CATALOG.has(&id), "{id}");
        }
    }
}
