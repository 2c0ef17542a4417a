//! `/login`: user name and password.

use auth_core::{
    Fault,
    login::{Attempt, SignInOutcome, SignedIn},
};
use axum::{
    extract::{RawQuery, State},
    response::{IntoResponse, Response},
};
use http::{HeaderMap, HeaderValue, StatusCode, header};
use serde::Deserialize;
use web::{ErrorPage, Form, PageHead, Texts, Visitor, return_path};
use zeroize::Zeroizing;

use super::{authorize, query_value, redirect, set_cookie, source::Source};
use crate::{
    CATALOG,
    deps::App,
    flow::authorize::{Asked, Destination, wants_sign_in},
};

/// The page.
pub(super) async fn show(
    State(app): State<App>,
    visitor: Visitor,
    RawQuery(query): RawQuery,
) -> Response {
    let asked = query_value(query.as_deref(), "return_to");
    let return_to = return_path(asked.as_deref());
    let behind = authorize::behind(&app, &visitor, return_to).await;
    // A request may want a fresh sign-in of somebody who is signed in; nothing else does.
    if let Some(session) = &visitor.session {
        let wanted = behind
            .as_ref()
            .is_some_and(|(asked, _)| wants_sign_in(asked, session, app.shell.now()));
        if !wanted {
            return redirect(return_to);
        }
    }
    let hint = behind.as_ref().and_then(|(asked, _)| asked.login_hint.clone()).unwrap_or_default();
    page(&app, &visitor, &Shown { return_to, behind, username: &hint, problem: None })
}

/// The form.
#[derive(Deserialize)]
pub(super) struct LoginForm {
    username: String,
    password: String,
    #[serde(default)]
    return_to: String,
}

/// A try.
pub(super) async fn submit(
    State(app): State<App>,
    source: Source,
    headers: HeaderMap,
    visitor: Visitor,
    Form(form): Form<LoginForm>,
) -> Response {
    let password = Zeroizing::new(form.password);
    let return_to = return_path(Some(&form.return_to));
    let attempt = Attempt {
        username: form.username.clone(),
        password,
        source: source.address,
        user_agent: source.user_agent,
        device: device_cookie(&app, &headers),
        replaces: visitor.session.as_ref().map(|session| session.id.clone()),
    };
    let problem = match app.sign_in.attempt(attempt, app.shell.now()).await {
        Ok(SignInOutcome::Done(signed_in)) => return welcome(&app, &signed_in, return_to),
        Ok(SignInOutcome::Refused(id)) => {
            let status = StatusCode::UNAUTHORIZED;
            Problem { text: "login-refused", id: id.to_string(), status, wait: None }
        }
        Ok(SignInOutcome::TooMany(id, wait)) => {
            let status = StatusCode::TOO_MANY_REQUESTS;
            Problem { text: "login-too-many", id: id.to_string(), status, wait: Some(wait) }
        }
        Err(fault) => return failed(&app, &visitor, fault),
    };
    let behind = authorize::behind(&app, &visitor, return_to).await;
    let username = shortened(&form.username);
    page(&app, &visitor, &Shown { return_to, behind, username, problem: Some(problem) })
}

fn failed(app: &App, visitor: &Visitor, fault: Fault) -> Response {
    ErrorPage::fault(&app.shell, visitor.lang, fault).into_response()
}

/// Sets the new session's cookie. The old value, if there was one, is dead (row 50 of the attack
/// table), and with it every form token of before.
fn welcome(app: &App, signed_in: &SignedIn, return_to: &str) -> Response {
    let location = if signed_in.must_change_password {
        let back: String = form_urlencoded::byte_serialize(return_to.as_bytes()).collect();
        format!("/account/password?return_to={back}")
    } else {
        return_to.to_owned()
    };
    let mut response = redirect(&location);
    let life = signed_in.expires_at.seconds_since(app.shell.now());
    let names = app.shell.cookies();
    let session = app.shell.set_cookie(names.session, signed_in.cookie.reveal(), Some(life));
    set_cookie(&mut response, &session);
    let device = app.shell.set_cookie(device_name(app), &signed_in.device, Some(YEAR_SECONDS));
    set_cookie(&mut response, &device);
    response
}

/// The device cookie: only when it occurs once, as all of ours.
fn device_cookie(app: &App, headers: &HeaderMap) -> Option<String> {
    let name = device_name(app);
    let mut values = headers
        .get_all(header::COOKIE)
        .iter()
        .filter_map(|line| line.to_str().ok())
        .flat_map(|line| line.split(';'))
        .filter_map(|pair| pair.trim().split_once('='))
        .filter(|(given, value)| *given == name && value.len() <= MAX_DEVICE)
        .map(|(_, value)| value.to_owned());
    let first = values.next()?;
    values.next().is_none().then_some(first)
}

fn device_name(app: &App) -> &'static str {
    if app.shell.cookies().session.starts_with("__Host-") {
        "__Host-yx_device"
    } else {
        "yx_device"
    }
}

struct Shown<'a> {
    return_to: &'a str,
    behind: Option<(Asked, Destination)>,
    username: &'a str,
    problem: Option<Problem>,
}

struct Problem {
    text: &'static str,
    id: String,
    status: StatusCode,
    wait: Option<u32>,
}

fn page(app: &App, visitor: &Visitor, shown: &Shown<'_>) -> Response {
    let t = CATALOG.texts(visitor.lang);
    let client = shown.behind.as_ref().map(|(_, to)| to.client().registration.name.as_str());
    let body = web::render(&LoginPage {
        t,
        form_field: web::form_field(&app.shell, visitor),
        return_to: shown.return_to,
        client,
        username: shown.username,
        again: visitor.name(),
        problem: shown.problem.as_ref().map(|problem| Message {
            text: match problem.wait {
                Some(wait) => t.t1(problem.text, "minutes", &wait.div_ceil(60).to_string()),
                None => t.t(problem.text),
            },
            id: problem.id.clone(),
        }),
    });
    let title = t.t("login-title");
    let mut head = PageHead::new(visitor, &title);
    if let Some((_, destination)) = &shown.behind {
        head = head.form_action(destination.form_action());
    }
    if let Some(problem) = &shown.problem {
        head = head.status(problem.status);
    }
    let mut response = web::page(&app.shell, &head, &body);
    if let Some(wait) = shown.problem.as_ref().and_then(|problem| problem.wait) {
        response.headers_mut().insert(header::RETRY_AFTER, HeaderValue::from(wait));
    }
    response
}

#[derive(askama::Template)]
#[template(path = "login.html")]
struct LoginPage<'a> {
    t: Texts,
    form_field: String,
    return_to: &'a str,
    client: Option<&'a str>,
    username: &'a str,
    again: Option<&'a str>,
    problem: Option<Message>,
}

struct Message {
    text: String,
    id: String,
}

/// What was typed, back into the field unless it is absurdly long.
fn shortened(username: &str) -> &str {
    if username.len() <= 256 { username } else { "" }
}

const YEAR_SECONDS: i64 = 365 * 24 * 3600;
/// A device cookie has about 60 characters.
const MAX_DEVICE: usize = 128;
