//! `POST /api/credentials` and what goes with it: for applications with a token of scope
//! `credential`.

use std::collections::BTreeMap;

use auth_core::{
    id::{ClientId, CredentialId, OrganisationId},
    person::Username,
    role::Role,
};
use axum::{
    Json,
    extract::{FromRequest, Path, Request, State},
    http::{HeaderMap, HeaderName, StatusCode, header},
    response::{IntoResponse, Response},
};
use serde::Deserialize;
use serde_json::{Value, json};
use sha2::{Digest, Sha256};
use web::{Bearer, Lang, Problem, Shell};

use super::Deps;
use crate::{
    CATALOG,
    error::Tell,
    flow::{
        Authority,
        issue::{IssueError, IssueRequest, IssuedCertificate},
        status::Change,
    },
    kinds::CertificateType,
    status::Status,
    store::CredentialRow,
};

/// A certificate to issue.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct IssueBody {
    /// Slug of the type.
    r#type: String,
    /// User name of the holder.
    holder: String,
    /// In whose name; may be left out when the application issues for one organisation only.
    organisation: Option<String>,
    /// Claims by name.
    claims: BTreeMap<String, String>,
}

/// Issues.
pub(super) async fn issue(
    State(deps): State<Deps>,
    bearer: Bearer,
    headers: HeaderMap,
    request: Request,
) -> Result<Response, Problem> {
    let lang = Lang::from_accept_language(&headers).unwrap_or_default();
    let client = client(&deps, &bearer, lang).await?;
    let bytes = read(&deps, lang, request).await?;
    let body: IssueBody =
        serde_json::from_slice(&bytes).map_err(|_| Problem::bad_request(&deps.shell, lang))?;
    let key = idempotency_key(&headers).map_err(|()| {
        let title = CATALOG.t(lang, "error-idempotency-key");
        Problem::new(&deps.shell, StatusCode::BAD_REQUEST, "idempotency-key", title)
    })?;
    let kind = CertificateType::by_slug(&body.r#type);
    let kind = kind.ok_or_else(|| {
        let title = CATALOG.t(lang, "error-unknown-type");
        Problem::new(&deps.shell, StatusCode::UNPROCESSABLE_ENTITY, "unknown-type", title)
    })?;
    let own = deps.registry.policy.client_organisations.get(client.as_str());
    let organisation = match (body.organisation, own) {
        (Some(id), _) => OrganisationId::from_text(id),
        (None, Some(own)) => own.clone(),
        (None, None) => return Err(problem(&deps, lang, &IssueError::NotIssuer)),
    };
    let holder = match Username::parse(&body.holder) {
        Some(name) => deps.registry.people.by_username(&name).await,
        None => Ok(None),
    };
    let holder = holder.map_err(|fault| Problem::fault(&deps.shell, lang, fault))?;
    let holder = holder.ok_or_else(|| problem(&deps, lang, &IssueError::UnknownHolder))?.id;
    let issued = deps
        .registry
        .issue(IssueRequest {
            kind,
            organisation,
            holder,
            fields: body.claims,
            idempotency: key.map(|key| (key, Sha256::digest(&bytes).into())),
            by: Authority::Client(client),
            now: deps.shell.now(),
        })
        .await
        .map_err(|error| problem(&deps, lang, &error))?;
    Ok(answer(&deps, &issued))
}

/// Where a certificate stands. Its content is its holder's and is not given out again.
pub(super) async fn show(
    State(deps): State<Deps>,
    bearer: Bearer,
    Path(id): Path<String>,
    headers: HeaderMap,
) -> Result<Response, Problem> {
    let lang = Lang::from_accept_language(&headers).unwrap_or_default();
    let client = client(&deps, &bearer, lang).await?;
    let row = find(&deps, &client, &id, lang).await?;
    Ok(Json(standing(&row)).into_response())
}

/// A change of status.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct StatusBody {
    /// `valid`, `revoked`, `suspended`.
    status: String,
}

/// Revokes, suspends, resumes.
pub(super) async fn status(
    State(deps): State<Deps>,
    bearer: Bearer,
    Path(id): Path<String>,
    headers: HeaderMap,
    request: Request,
) -> Result<Response, Problem> {
    let lang = Lang::from_accept_language(&headers).unwrap_or_default();
    let client = client(&deps, &bearer, lang).await?;
    let row = find(&deps, &client, &id, lang).await?;
    let bytes = read(&deps, lang, request).await?;
    let body: StatusBody =
        serde_json::from_slice(&bytes).map_err(|_| Problem::bad_request(&deps.shell, lang))?;
    let change = match body.status.as_str() {
        "revoked" => Change::Revoke,
        "suspended" => Change::Suspend,
        "valid" => Change::Resume,
        _ => return Err(Problem::bad_request(&deps.shell, lang)),
    };
    let by = Authority::Client(client.clone());
    deps.registry
        .change_status(&row.id, change, &by, deps.shell.now())
        .await
        .map_err(|error| problem(&deps, lang, &error))?;
    let row = find(&deps, &client, &id, lang).await?;
    Ok(Json(standing(&row)).into_response())
}

fn answer(deps: &Deps, issued: &IssuedCertificate) -> Response {
    let body = json!({
        "id": issued.id,
        "number": issued.number,
        "credential": issued.content.sd_jwt,
        "code": issued.content.code,
        "compact": issued.content.compact,
    });
    let status = if issued.repeated { StatusCode::OK } else { StatusCode::CREATED };
    let location = deps.shell.url(&format!("/api/credentials/{}", issued.id));
    let headers = [(header::LOCATION, location), (header::CACHE_CONTROL, "no-store".to_owned())];
    (status, headers, Json(body)).into_response()
}

fn standing(row: &CredentialRow) -> Value {
    let status = match row.status {
        Status::Invalid => "revoked",
        Status::Suspended => "suspended",
        Status::Valid => "valid",
    };
    json!({
        "id": row.id,
        "type": row.kind,
        "number": row.number,
        "status": status,
        "issued_at": row.issued_at.rfc3339(),
        "expires_at": row.expires_at.map(|at| at.rfc3339()),
    })
}

/// The application behind a token of scope `credential`. A token that acts for a person is
/// refused: people issue at `/issue`, where their role is checked.
async fn client(deps: &Deps, bearer: &Bearer, lang: Lang) -> Result<ClientId, Problem> {
    let access = deps.tokens.check(bearer.token(), deps.shell.now()).await;
    let access = access.map_err(|fault| Problem::fault(&deps.shell, lang, fault))?;
    let access = access.ok_or_else(|| Problem::unauthorized(&deps.shell, lang, true))?;
    if access.person.is_some() || !access.allows(SCOPE) {
        let challenge = format!("Bearer error=\"insufficient_scope\", scope=\"{SCOPE}\"");
        let problem = Problem::forbidden(&deps.shell, lang);
        return Err(match challenge.parse() {
            Ok(challenge) => problem.header(header::WWW_AUTHENTICATE, challenge),
            Err(_) => problem,
        });
    }
    Ok(access.client)
}

/// A certificate that the application may see; others look as if they did not exist.
async fn find(
    deps: &Deps,
    client: &ClientId,
    id: &str,
    lang: Lang,
) -> Result<CredentialRow, Problem> {
    let row = deps.registry.credentials.find(&CredentialId::from_text(id)).await;
    let row = row.map_err(|fault| Problem::fault(&deps.shell, lang, fault))?;
    let by = Authority::Client(client.clone());
    row.filter(|row| by.may(Role::Issuer, &row.organisation, &deps.registry.policy))
        .ok_or_else(|| Problem::not_found(&deps.shell, lang))
}

/// The body, bounded and declared as JSON.
async fn read(deps: &Deps, lang: Lang, request: Request) -> Result<Vec<u8>, Problem> {
    let json = request.headers().get(header::CONTENT_TYPE).and_then(|value| value.to_str().ok());
    let media = json.and_then(|value| value.split(';').next()).unwrap_or_default();
    if !media.trim().eq_ignore_ascii_case("application/json") {
        return Err(Problem::bad_request(&deps.shell, lang));
    }
    let (parts, body) = request.into_parts();
    let mut request = Request::from_parts(parts, body);
    axum::extract::DefaultBodyLimit::max(MAX_BODY).apply(&mut request);
    let bytes = axum::body::Bytes::from_request(request, &()).await;
    let bytes = bytes.map_err(|rejected| match rejected.into_response().status() {
        StatusCode::PAYLOAD_TOO_LARGE => Problem::too_large(&deps.shell, lang),
        _ => Problem::bad_request(&deps.shell, lang),
    })?;
    Ok(bytes.to_vec())
}

/// None, or one of 1 to 255 visible characters.
fn idempotency_key(headers: &HeaderMap) -> Result<Option<String>, ()> {
    let mut keys = headers.get_all(IDEMPOTENCY_KEY).iter();
    let (first, None) = (keys.next(), keys.next()) else { return Err(()) };
    let Some(first) = first else { return Ok(None) };
    let text = first.to_str().map_err(|_| ())?;
    let visible = text.bytes().all(|byte| byte.is_ascii_graphic());
    ((1..=255).contains(&text.len()) && visible).then(|| Some(text.to_owned())).ok_or(())
}

fn problem(deps: &Deps, lang: Lang, error: &impl Tell) -> Problem {
    if let Some(fault) = error.fault() {
        return Problem::fault(&deps.shell, lang, fault);
    }
    let told = error.told();
    let status = StatusCode::from_u16(told.status).unwrap_or(StatusCode::BAD_REQUEST);
    let shell: &Shell = &deps.shell;
    let title = CATALOG.t(lang, &format!("error-{}", told.code));
    let problem = Problem::new(shell, status, told.code, title);
    tracing::info!(%error, error_id = %problem.id(), "request refused");
    problem
}

const SCOPE: &str = "credential";
const IDEMPOTENCY_KEY: HeaderName = HeaderName::from_static("idempotency-key");

/// Longest request, bytes: every field of the largest type at its limit, in UTF-8 and escaped.
const MAX_BODY: usize = 32 * 1024;

#[cfg(test)]
mod tests {
    use axum::http::HeaderValue;

    use super::*;

    #[test]
    fn a_key_may_be_absent_but_not_doubled() {
        let mut headers = HeaderMap::new();
        assert_eq!(idempotency_key(&headers), Ok(None));
        headers.append(IDEMPOTENCY_KEY, HeaderValue::from_static("a-1"));
        assert_eq!(idempotency_key(&headers), Ok(Some("a-1".to_owned())));
        headers.append(IDEMPOTENCY_KEY, HeaderValue::from_static("a-2"));
        assert_eq!(idempotency_key(&headers), Err(()));
    }
}
