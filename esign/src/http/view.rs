//! What the officer's templates show.

use auth_core::{Fault, Timestamp, id::PersonId, role::Role, session::SessionView};
use web::Texts;

use super::{Deps, names};
use crate::{
    flow::{Format, RequestView},
    request::{Place, RequestState},
    seal::Seal,
};

/// A request in a list.
pub(super) struct Line {
    pub(super) id: String,
    pub(super) file_name: String,
    pub(super) asked_by: String,
    pub(super) asked_at: String,
    pub(super) asked_at_text: String,
    pub(super) state: String,
    pub(super) badge: &'static str,
}

/// A seal as a card or a choice.
pub(super) struct SealCard {
    pub(super) id: String,
    pub(super) name: String,
    pub(super) label: String,
    pub(super) number: String,
    pub(super) state: String,
    pub(super) badge: &'static str,
    pub(super) until: String,
    pub(super) until_text: String,
    pub(super) chosen: bool,
}

/// `/officer`.
#[derive(askama::Template)]
#[template(path = "officer.html")]
pub(super) struct DeskPage {
    pub(super) t: Texts,
    pub(super) may_ask: bool,
    pub(super) may_approve: bool,
    pub(super) waiting: Vec<Line>,
    pub(super) own: Vec<Line>,
    pub(super) seals: Vec<SealCard>,
}

/// `/officer/ask`.
#[derive(askama::Template)]
#[template(path = "ask.html")]
pub(super) struct AskPage {
    pub(super) t: Texts,
    pub(super) form_field: String,
    pub(super) error: Option<String>,
    pub(super) seals: Vec<SealCard>,
    pub(super) note: String,
    pub(super) mib: String,
    pub(super) days: String,
}

/// `/officer/requests/{id}`.
#[derive(askama::Template)]
#[template(path = "request.html")]
pub(super) struct RequestPage {
    pub(super) t: Texts,
    pub(super) form_field: String,
    pub(super) error: Option<String>,
    pub(super) line: Line,
    pub(super) note: String,
    pub(super) seal_id: String,
    pub(super) seal_name: String,
    pub(super) seal_number: String,
    pub(super) seal_label: String,
    pub(super) format: String,
    pub(super) place: Option<String>,
    pub(super) size: String,
    pub(super) hash: String,
    pub(super) decided_by: Option<String>,
    pub(super) decided_at: Option<String>,
    pub(super) refusal: Option<String>,
    pub(super) sealed_at: Option<String>,
    pub(super) until: String,
    pub(super) sealed: bool,
    pub(super) gone: bool,
    pub(super) may_decide: bool,
    pub(super) may_retry: bool,
    pub(super) may_withdraw: bool,
}

impl Line {
    pub(super) async fn new(deps: &Deps, t: Texts, request: &RequestView) -> Result<Self, Fault> {
        let row = &request.row;
        let (state, badge) = match row.state {
            RequestState::Approved => (t.t("state-approved"), "badge-wait"),
            RequestState::Expired => (t.t("state-expired"), "badge-plain"),
            RequestState::Refused => (t.t("state-refused"), "badge-bad"),
            RequestState::Sealed => (t.t("state-sealed"), "badge-good"),
            RequestState::Waiting => (t.t("state-waiting"), "badge-wait"),
            RequestState::Withdrawn => (t.t("state-withdrawn"), "badge-plain"),
        };
        Ok(Self {
            id: row.id.to_string(),
            file_name: request.texts.file_name.clone(),
            asked_by: names::name(&deps.directory, &row.asked_by).await?,
            asked_at: row.asked_at.rfc3339(),
            asked_at_text: local(row.asked_at),
            state,
            badge,
        })
    }
}

impl SealCard {
    pub(super) fn new(t: Texts, seal: &Seal, now: Timestamp) -> Self {
        use crate::seal::{NotUsable, SealState};
        let (state, badge) = match (seal.state, seal.usable(now)) {
            (SealState::Destroyed, _) => (t.t("seal-destroyed"), "badge-plain"),
            (SealState::Revoked, _) => (t.t("seal-revoked"), "badge-bad"),
            (SealState::Suspended, _) => (t.t("seal-suspended"), "badge-wait"),
            (SealState::Active, Err(NotUsable::Expired)) => (t.t("seal-expired"), "badge-bad"),
            (SealState::Active, _) => (t.t("seal-active"), "badge-good"),
        };
        let name = name(seal);
        Self {
            id: seal.id.to_string(),
            label: t.t1("seal-picture", "name", &name),
            name,
            number: seal.face.number.clone(),
            state,
            badge,
            until: seal.valid_until.rfc3339(),
            until_text: local(seal.valid_until),
            chosen: false,
        }
    }
}

impl RequestPage {
    pub(super) async fn new(
        deps: &Deps,
        t: Texts,
        session: &SessionView,
        request: &RequestView,
        seal: &Seal,
    ) -> Result<Self, Fault> {
        let (row, now) = (&request.row, deps.shell.now());
        let kept = now < row.expires_at;
        let waiting = row.state == RequestState::Waiting && kept;
        let is_own = row.asked_by == session.person;
        let approver = session.has_in(Role::SealApprover, &row.organisation);
        let person = |person: Option<PersonId>| async move {
            match person {
                None => Ok(None),
                Some(person) => names::name(&deps.directory, &person).await.map(Some),
            }
        };
        Ok(Self {
            line: Line::new(deps, t, request).await?,
            form_field: String::new(),
            error: None,
            note: request.texts.note.clone(),
            seal_id: seal.id.to_string(),
            seal_name: name(seal),
            seal_number: seal.face.number.clone(),
            seal_label: t.t1("seal-picture", "name", &name(seal)),
            format: match row.format {
                Format::Cms => t.t("request-format-cms"),
                Format::Pdf => t.t("request-format-pdf"),
            },
            place: place(t, row.format, row.place),
            size: size(row.size),
            hash: hex::encode(row.document_hash),
            decided_by: person(row.decided_by.clone()).await?,
            decided_at: row.decided_at.map(local),
            refusal: request.refusal.clone(),
            sealed_at: row.sealed_at.map(local),
            until: local(row.expires_at),
            sealed: row.state == RequestState::Sealed,
            gone: !kept,
            may_decide: waiting && approver && !is_own,
            may_retry: row.state == RequestState::Approved && kept,
            may_withdraw: waiting && is_own,
            t,
        })
    }
}

/// How people call a seal: the organisation, and what for.
pub(super) fn name(seal: &Seal) -> String {
    let face = &seal.face;
    match &face.purpose {
        None => face.organisation.clone(),
        Some(purpose) => format!("{} {purpose}", face.organisation),
    }
}

/// `2026-11-24 16:00`: China Standard Time, which has no daylight saving.
fn local(at: Timestamp) -> String {
    let at = at.plus_seconds(8 * 60 * 60).to_datetime();
    let (date, time) = (at.date(), at.time());
    format!("{date} {:02}:{:02}", time.hour(), time.minute())
}

fn place(t: Texts, format: Format, place: Place) -> Option<String> {
    match (format, place) {
        (Format::Cms, _) => None,
        (Format::Pdf, Place::LastClosing) => Some(t.t("ask-place-last-closing")),
        (Format::Pdf, Place::LastMiddle) => Some(t.t("ask-place-last-middle")),
        (Format::Pdf, Place::FirstMiddle) => Some(t.t("ask-place-first-middle")),
        (Format::Pdf, Place::At { page, x, y }) => Some(format!("{} ({x}, {y})", page + 1)),
    }
}

fn size(bytes: u64) -> String {
    match bytes {
        0..=1023 => format!("{bytes} B"),
        1024..=1_048_575 => format!("{} KiB", bytes / 1024),
        _ => format!("{}.{} MiB", bytes / 1_048_576, bytes % 1_048_576 * 10 / 1_048_576),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sizes_and_times_as_people_read_them() {
        assert_eq!(size(1023), "1023 B");
        assert_eq!(size(2048), "2 KiB");
        assert_eq!(size(1_572_864), "1.5 MiB");
        assert_eq!(local(Timestamp::from_unix(0)), "1970-01-01 08:00");
    }
}
