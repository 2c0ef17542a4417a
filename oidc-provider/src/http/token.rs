//! `/token`.

use axum::{
    body::Bytes,
    extract::{RawQuery, State, rejection::BytesRejection},
    response::Response,
};
use http::{HeaderMap, HeaderValue, StatusCode, header};

use super::{cors, refuse};
use crate::{
    client::Client,
    deps::App,
    error::{Failure, Rule},
    flow::{client_auth::Credentials, token},
    params::Params,
};

/// Answers a token request.
pub(super) async fn answer(
    State(app): State<App>,
    headers: HeaderMap,
    RawQuery(query): RawQuery,
    body: Result<Bytes, BytesRejection>,
) -> Response {
    let now = app.shell.now();
    let read = || -> Result<_, Rule> {
        let body = form(&headers, body.as_ref().map_err(|_| Rule::RequestTooLarge)?)?;
        let query = Params::parse(query.as_deref().unwrap_or_default())
            .map_err(|_| Rule::RequestTooLarge)?;
        let authorization = headers
            .get_all(header::AUTHORIZATION)
            .iter()
            .map(|value| value.to_str().map_err(|_| Rule::ClientAuthenticationMalformed))
            .collect::<Result<_, _>>()?;
        let claimed = Credentials { authorization, body: &body, query: &query }.claimed()?;
        Ok((body, claimed))
    };
    let (body, claimed) = match read() {
        Ok(read) => read,
        Err(rule) => {
            let id = token::refuse_unread(&app, rule, now).await;
            return refused(&headers, None, rule.into(), &id);
        }
    };
    match token::answer(&app, claimed, &body, now).await {
        Ok((client, tokens)) => {
            let mut response = refuse::answer(StatusCode::OK, &tokens);
            cors::of_client(&mut response, &client, &headers);
            response
        }
        Err(token::TokenRefused { client, failure, id }) => {
            refused(&headers, client.as_deref(), failure, &id)
        }
    }
}

/// The parameters of a form body.
pub(super) fn form(headers: &HeaderMap, body: &[u8]) -> Result<Params, Rule> {
    let kind = headers.get(header::CONTENT_TYPE).and_then(|value| value.to_str().ok());
    let essence = kind.and_then(|kind| kind.split(';').next()).unwrap_or_default().trim();
    if !essence.eq_ignore_ascii_case("application/x-www-form-urlencoded") {
        return Err(Rule::BodyNotForm);
    }
    let text = std::str::from_utf8(body).map_err(|_| Rule::BodyNotForm)?;
    Params::parse(text).map_err(|_| Rule::RequestTooLarge)
}

fn refused(
    headers: &HeaderMap,
    client: Option<&Client>,
    failure: Failure,
    id: &auth_core::ErrorId,
) -> Response {
    let mut response = refuse::json(failure, id);
    // RFC 6749 §5.2 asks for a challenge when the client used the header; libraries that sent the
    // secret in the body would take one for a demand to use HTTP authentication.
    if failure.status() == 401 && headers.contains_key(header::AUTHORIZATION) {
        let challenge = HeaderValue::from_static(r#"Basic realm="yinxin", charset="UTF-8""#);
        response.headers_mut().insert(header::WWW_AUTHENTICATE, challenge);
    }
    match client {
        Some(client) => cors::of_client(&mut response, client, headers),
        // Nothing but a fixed sentence: any script may read that it failed.
        None => cors::open(&mut response),
    }
    response
}
