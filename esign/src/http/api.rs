//! `POST /api/seals/{id}/documents`: file in, sealed file out; `GET /api/seals`.

use auth_core::{
    ErrorId,
    id::{ClientId, SealId},
};
use axum::{
    Json,
    extract::{Path, Query, Request, State},
    http::{HeaderMap, HeaderName, HeaderValue, StatusCode, header},
    response::{IntoResponse, Response},
};
use serde::{Deserialize, Serialize};
use web::{Bearer, Lang, Problem};

use super::{
    CATALOG, Deps,
    body::{self, BodyRefused},
};
use crate::{
    error::SealError,
    flow::{ApiSeal, Format, Sealed, seal_for_client, seals_of_client},
    request::Place,
};

/// What shapes the result besides the document.
#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Options {
    /// `cms` asks for a detached signature even of a PDF.
    format: Option<String>,
    /// `last-closing`, `last-middle` or `first-middle`; or `page`, `x` and `y`.
    place: Option<String>,
    page: Option<u32>,
    x: Option<f32>,
    y: Option<f32>,
    /// Shown by viewers with the signature.
    reason: Option<String>,
}

/// A seal in the list of an application.
#[derive(Debug, Serialize)]
struct Listed {
    id: String,
    organisation: String,
    purpose: Option<String>,
    number: String,
    state: &'static str,
    valid_until: String,
}

/// Seals a document.
pub(super) async fn seal(
    State(deps): State<Deps>,
    bearer: Bearer,
    Path(id): Path<String>,
    Query(options): Query<Options>,
    headers: HeaderMap,
    request: Request,
) -> Result<Response, Problem> {
    let lang = Lang::from_accept_language(&headers).unwrap_or_default();
    let client = client(&deps, &bearer, lang).await?;
    let key = idempotency_key(&headers).ok_or_else(|| {
        let title = CATALOG.t(lang, "error-idempotency-key");
        Problem::new(&deps.shell, StatusCode::BAD_REQUEST, "idempotency-key", title)
    })?;
    let (format, place) = options.read().ok_or_else(|| Problem::bad_request(&deps.shell, lang))?;
    let limit = deps.office.policy.max_document;
    let document = body::document(request, limit).await.map_err(|refused| match refused {
        BodyRefused::Form => Problem::bad_request(&deps.shell, lang),
        BodyRefused::TooLarge => Problem::too_large(&deps.shell, lang),
    })?;
    let ask = ApiSeal {
        client,
        seal: SealId::from_text(id),
        key,
        document,
        format,
        place,
        reason: options.reason,
        now: deps.shell.now(),
    };
    match seal_for_client(&deps.office, ask).await {
        Ok(sealed) => Ok(file(sealed)),
        Err(error) => Err(problem(&deps, lang, &error)),
    }
}

/// The seals that this application may use.
pub(super) async fn list(
    State(deps): State<Deps>,
    bearer: Bearer,
    headers: HeaderMap,
) -> Result<Response, Problem> {
    let lang = Lang::from_accept_language(&headers).unwrap_or_default();
    let client = client(&deps, &bearer, lang).await?;
    let seals = seals_of_client(&deps.office, &client, deps.shell.now()).await;
    let seals = seals.map_err(|error| problem(&deps, lang, &error))?;
    let listed: Vec<Listed> = seals
        .into_iter()
        .map(|seal| Listed {
            id: seal.id.to_string(),
            organisation: seal.face.organisation,
            purpose: seal.face.purpose,
            number: seal.face.number,
            state: seal.state.as_str(),
            valid_until: seal.valid_until.rfc3339(),
        })
        .collect();
    Ok(Json(serde_json::json!({ "seals": listed })).into_response())
}

impl Options {
    /// Format and place; `None` when they contradict themselves or are unknown.
    fn read(&self) -> Option<(Option<Format>, Place)> {
        let format = match self.format.as_deref() {
            None => None,
            Some(name) => Some(Format::parse(name)?),
        };
        let place = match (&self.place, self.page, self.x, self.y) {
            (None, None, None, None) => Place::default(),
            (Some(name), None, None, None) => Place::parse(name)?,
            (None, Some(page), Some(x), Some(y)) if x.is_finite() && y.is_finite() => {
                Place::At { page, x, y }
            }
            _ => return None,
        };
        let long = self.reason.as_ref().is_some_and(|reason| reason.chars().count() > MAX_REASON);
        (!long).then_some((format, place))
    }
}

/// The application behind a token with scope `seal`. A token that acts for a person is refused: a
/// person's use of a seal needs a second officer, which this interface has not.
async fn client(deps: &Deps, bearer: &Bearer, lang: Lang) -> Result<ClientId, Problem> {
    let access = deps.tokens.check(bearer.token(), deps.shell.now()).await;
    let access = access.map_err(|fault| Problem::fault(&deps.shell, lang, fault))?;
    let access = access.ok_or_else(|| Problem::unauthorized(&deps.shell, lang, true))?;
    if access.person.is_some() || !access.allows(SCOPE) {
        let challenge =
            HeaderValue::from_static(r#"Bearer error="insufficient_scope", scope="seal""#);
        return Err(
            Problem::forbidden(&deps.shell, lang).header(header::WWW_AUTHENTICATE, challenge)
        );
    }
    Ok(access.client)
}

/// Exactly one key of 1 to 255 visible ASCII characters.
fn idempotency_key(headers: &HeaderMap) -> Option<String> {
    let mut keys = headers.get_all(IDEMPOTENCY_KEY).iter();
    let (Some(key), None) = (keys.next(), keys.next()) else { return None };
    let key = key.to_str().ok()?;
    let visible = key.bytes().all(|byte| byte.is_ascii_graphic() || byte == b' ');
    (visible && (1..=255).contains(&key.len())).then(|| key.to_owned())
}

fn file(sealed: Sealed) -> Response {
    let name = match sealed.format {
        Format::Cms => "attachment; filename=\"signature.p7s\"",
        Format::Pdf => "attachment; filename=\"sealed.pdf\"",
    };
    let headers = [
        (header::CONTENT_TYPE, HeaderValue::from_static(sealed.format.media_type())),
        (header::CONTENT_DISPOSITION, HeaderValue::from_static(name)),
        (header::CACHE_CONTROL, HeaderValue::from_static("no-store")),
        (header::X_CONTENT_TYPE_OPTIONS, HeaderValue::from_static("nosniff")),
    ];
    (headers, sealed.file).into_response()
}

fn problem(deps: &Deps, lang: Lang, error: &SealError) -> Problem {
    if let SealError::Fault(fault) = error {
        return Problem::fault(&deps.shell, lang, *fault);
    }
    let answer = error.answer();
    let status = StatusCode::from_u16(answer.status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
    let title = CATALOG.t(lang, &format!("error-{}", answer.code));
    let mut problem = Problem::new(&deps.shell, status, answer.code, title);
    if matches!(error, SealError::InProgress) {
        problem = problem.header(header::RETRY_AFTER, HeaderValue::from_static("1"));
    }
    let id: &ErrorId = problem.id();
    tracing::info!(%error, error_id = %id, "document not sealed");
    problem
}

/// The scope that allows sealing.
const SCOPE: &str = "seal";
const IDEMPOTENCY_KEY: HeaderName = HeaderName::from_static("idempotency-key");
/// Longest reason, characters: viewers show one line.
const MAX_REASON: usize = 200;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_visible_key() {
        let mut headers = HeaderMap::new();
        assert_eq!(idempotency_key(&headers), None);
        headers.append(IDEMPOTENCY_KEY, HeaderValue::from_static("a-1"));
        assert_eq!(idempotency_key(&headers).as_deref(), Some("a-1"));
        headers.append(IDEMPOTENCY_KEY, HeaderValue::from_static("a-2"));
        assert_eq!(idempotency_key(&headers), None, "two keys");
        let long = HeaderValue::from_str(&"k".repeat(256)).unwrap();
        for bad in [HeaderValue::from_static(""), long, HeaderValue::from_bytes(b"\xE5").unwrap()] {
            let headers = HeaderMap::from_iter([(IDEMPOTENCY_KEY, bad)]);
            assert_eq!(idempotency_key(&headers), None);
        }
    }

    #[test]
    fn a_place_is_named_or_measured_not_both() {
        let read = |options: Options| options.read().map(|(_, place)| place);
        assert_eq!(read(Options::default()), Some(Place::LastClosing));
        let at = Options { page: Some(1), x: Some(2.0), y: Some(3.0), ..Options::default() };
        assert_eq!(read(at), Some(Place::At { page: 1, x: 2.0, y: 3.0 }));
        let half = Options { page: Some(1), ..Options::default() };
        assert_eq!(read(half), None);
        let nan = Options { page: Some(1), x: Some(f32::NAN), y: Some(3.0), ..Options::default() };
        assert_eq!(read(nan), None);
        let named = Options { place: Some("elsewhere".to_owned()), ..Options::default() };
        assert_eq!(read(named), None);
    }
}
