//! `/logout`: RP-initiated and our own.

use axum::{
    body::Bytes,
    extract::{RawQuery, State},
    response::{IntoResponse, Response},
};
use web::{ErrorPage, Form, PageHead, Texts, Visitor};

use super::{redirect, set_cookie};
use crate::{
    CATALOG,
    deps::App,
    flow::logout::{self, LogoutRequest, PARAMETERS},
    params::{MAX_ENCODED, Params},
};

/// A logout request: done at once when proven, asked about otherwise.
pub(super) async fn show(
    State(app): State<App>,
    visitor: Visitor,
    RawQuery(query): RawQuery,
) -> Response {
    let params = Params::parse(query.as_deref().unwrap_or_default()).unwrap_or_default();
    let request = match read(&app, &visitor, &params).await {
        Ok(request) => request,
        Err(response) => return response,
    };
    if visitor.session.is_none() {
        return signed_out(&app, &visitor, &request, request.proven);
    }
    if request.proven {
        end(&app, &visitor, &request).await
    } else {
        ask(&app, &visitor, &request, &params)
    }
}

/// A request as a form of the client's (§2): turned into the same request by GET, since browsers
/// hold our cookies back on a foreign site's post.
pub(super) async fn show_by_post(body: Bytes) -> Response {
    match std::str::from_utf8(&body) {
        Ok(text)
            if text.len() <= MAX_ENCODED
                && text.bytes().all(|b| b.is_ascii_graphic() && b != b'#') =>
        {
            redirect(&format!("/logout?{text}"))
        }
        _ => redirect("/logout"),
    }
}

/// The person confirmed.
pub(super) async fn confirm(
    State(app): State<App>,
    visitor: Visitor,
    Form(fields): Form<Vec<(String, String)>>,
) -> Response {
    let encoded = form_urlencoded::Serializer::new(String::new()).extend_pairs(&fields).finish();
    let params = Params::parse(&encoded).unwrap_or_default();
    match read(&app, &visitor, &params).await {
        Ok(request) => end(&app, &visitor, &request).await,
        Err(response) => response,
    }
}

async fn read(app: &App, visitor: &Visitor, params: &Params) -> Result<LogoutRequest, Response> {
    logout::read(app, params, visitor.session.as_ref(), app.shell.now())
        .await
        .map_err(|fault| ErrorPage::fault(&app.shell, visitor.lang, fault).into_response())
}

async fn end(app: &App, visitor: &Visitor, request: &LogoutRequest) -> Response {
    if let Some(session) = &visitor.session {
        let client = request.client.as_ref().map(|client| &client.id);
        if let Err(fault) = logout::end(app, session, client, app.shell.now()).await {
            return ErrorPage::fault(&app.shell, visitor.lang, fault).into_response();
        }
    }
    signed_out(app, visitor, request, true)
}

/// Nobody is signed in any more: on to the client, or a page that says so.
fn signed_out(app: &App, visitor: &Visitor, request: &LogoutRequest, leave: bool) -> Response {
    let names = app.shell.cookies();
    let mut response = match &request.destination {
        Some(destination) if leave => redirect(destination),
        _ => page(app, visitor, request, &Stage::Done),
    };
    for name in [names.session, names.flow, names.form] {
        set_cookie(&mut response, &app.shell.clear_cookie(name));
    }
    response
}

fn ask(app: &App, visitor: &Visitor, request: &LogoutRequest, params: &Params) -> Response {
    let carried = PARAMETERS
        .into_iter()
        .filter_map(|name| params.only(name).map(|value| (name, value.to_owned())))
        .collect();
    page(app, visitor, request, &Stage::Ask(carried))
}

enum Stage {
    Ask(Vec<(&'static str, String)>),
    Done,
}

fn page(app: &App, visitor: &Visitor, request: &LogoutRequest, stage: &Stage) -> Response {
    let t = CATALOG.texts(visitor.lang);
    let client = request.client.as_ref().map(|client| client.registration.name.as_str());
    let (title, body) = match stage {
        Stage::Ask(carried) => {
            let form_field = web::form_field(&app.shell, visitor);
            let name = visitor.name().unwrap_or_default();
            let page = AskPage { t, form_field, client, name, carried };
            (t.t("logout-title"), web::render(&page))
        }
        Stage::Done => (t.t("logout-done-title"), web::render(&DonePage { t, client })),
    };
    let mut head = PageHead::new(visitor, &title);
    if let Some(origin) =
        request.destination.as_deref().and_then(crate::redirect::RedirectUri::origin_of)
    {
        head = head.form_action(origin);
    }
    web::page(&app.shell, &head, &body)
}

#[derive(askama::Template)]
#[template(path = "logout.html")]
struct AskPage<'a> {
    t: Texts,
    form_field: String,
    client: Option<&'a str>,
    name: &'a str,
    carried: &'a [(&'static str, String)],
}

#[derive(askama::Template)]
#[template(path = "logout_done.html")]
struct DonePage<'a> {
    t: Texts,
    client: Option<&'a str>,
}
