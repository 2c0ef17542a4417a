//! `/userinfo` (OpenID Connect Core §5.3) with a bearer token (RFC 6750).

use auth_core::{ErrorId, id::PersonId};
use axum::{body::Bytes, extract::State, response::Response};
use http::{HeaderMap, HeaderValue, StatusCode, header};
use serde_json::{Map, Value, json};

use super::{cors, refuse, token::form};
use crate::{
    deps::App,
    error::{Failure, Rule},
    flow::claims,
    jwt,
    scope::{self, Scopes},
};

/// By GET.
pub(super) async fn answer(State(app): State<App>, headers: HeaderMap) -> Response {
    respond(&app, bearer(&headers, None)).await
}

/// By POST; the token may also be in a form body (RFC 6750 §2.2).
pub(super) async fn answer_post(
    State(app): State<App>,
    headers: HeaderMap,
    body: Bytes,
) -> Response {
    let fields = form(&headers, &body).ok();
    let in_body = match fields.as_ref().map(|fields| fields.one("access_token")) {
        None => None,
        Some(Ok(token)) => token,
        Some(Err(_)) => return refused(Rule::BearerTwice.into(), &app),
    };
    respond(&app, bearer(&headers, in_body)).await
}

async fn respond(app: &App, token: Result<String, Rule>) -> Response {
    let answered = match token {
        Ok(token) => userinfo(app, &token).await,
        Err(rule) => Err(rule.into()),
    };
    match answered {
        Ok(claims) => {
            let mut response = refuse::answer(StatusCode::OK, &Value::Object(claims));
            cors::open(&mut response);
            response
        }
        Err(failure) => refused(failure, app),
    }
}

async fn userinfo(app: &App, token: &str) -> Result<Map<String, Value>, Failure> {
    let now = app.shell.now();
    let found = jwt::check(app, token, now).await?.ok_or(Rule::BearerInvalid)?;
    let person: PersonId = found.access.person.clone().ok_or(Rule::BearerScope)?;
    if !found.access.allows(scope::OPENID) {
        return Err(Rule::BearerScope.into());
    }
    let words: Vec<&str> = found.access.scopes.iter().map(String::as_str).collect();
    let mut claims = claims::for_userinfo(app, &person, &Scopes::of(&words), now).await?;
    claims.insert("sub".to_owned(), json!(found.sub));
    Ok(claims)
}

/// The one token of the request.
fn bearer(headers: &HeaderMap, in_body: Option<&str>) -> Result<String, Rule> {
    let mut lines = headers.get_all(header::AUTHORIZATION).iter();
    let line = match (lines.next(), lines.next()) {
        (_, Some(_)) => return Err(Rule::BearerTwice),
        (Some(line), None) => Some(line.to_str().map_err(|_| Rule::BearerInvalid)?),
        (None, None) => None,
    };
    match (line, in_body) {
        (Some(_), Some(_)) => Err(Rule::BearerTwice),
        (None, None) => Err(Rule::BearerMissing),
        (None, Some(token)) => Ok(token.to_owned()),
        (Some(line), None) => match line.split_once(' ') {
            Some((scheme, token)) if scheme.eq_ignore_ascii_case("bearer") => Ok(token.to_owned()),
            _ => Err(Rule::BearerMissing),
        },
    }
}

fn refused(failure: Failure, app: &App) -> Response {
    let id = ErrorId::new(app.shell.random());
    let mut response = refuse::json(failure, &id);
    // RFC 6750 §3.1: who sent no token at all is told no error code.
    let challenge = match failure {
        Failure::Rule(Rule::BearerMissing) => r#"Bearer realm="yinxin""#.to_owned(),
        other => format!(
            r#"Bearer realm="yinxin", error="{}", error_description="{}""#,
            other.code().as_str(),
            other.sentence()
        ),
    };
    if let Ok(value) = HeaderValue::try_from(challenge) {
        response.headers_mut().insert(header::WWW_AUTHENTICATE, value);
    }
    cors::open(&mut response);
    response
}
