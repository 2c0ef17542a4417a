//! `/account`: who I am here, my password, my sessions, my applications.

use auth_core::{
    Fault, Timestamp,
    id::{GrantId, SessionId},
    login::ChangeRefused,
    password::WeakPassword,
};
use axum::{
    extract::{RawQuery, State},
    response::{IntoResponse, Response},
};
use http::StatusCode;
use serde::Deserialize;
use web::{ErrorPage, Form, Lang, PageHead, Section, SignedIn, Texts, return_path};
use zeroize::Zeroizing;

use super::{authorize::Explained, query_value, redirect, set_cookie};
use crate::{CATALOG, deps::App, flow::account};

/// The page.
pub(super) async fn show(
    State(app): State<App>,
    who: SignedIn,
    RawQuery(query): RawQuery,
) -> Response {
    let done = query_value(query.as_deref(), "done");
    match account_page(&app, &who, done.as_deref()).await {
        Ok(response) => response,
        Err(fault) => ErrorPage::fault(&app.shell, who.lang, fault).into_response(),
    }
}

async fn account_page(app: &App, who: &SignedIn, done: Option<&str>) -> Result<Response, Fault> {
    let t = CATALOG.texts(who.lang);
    let now = app.shell.now();
    let row = app.directory.people.find(&who.session.person).await?.ok_or(Fault::Corrupt)?;
    let profile = app.directory.profile(&row).await?;
    let phone = profile.as_ref().and_then(|profile| profile.phone.as_deref()).map(masked);
    let sessions = app.sessions.of(&who.session.person, now).await?;
    let apps = app.permissions.of(&who.session.person).await?;
    let page = AccountPage {
        t,
        form_field: web::form_field(&app.shell, who),
        name: &who.session.name,
        username: &who.session.username,
        assurance: who.session.assurance.0.to_string(),
        phone,
        done: done.and_then(told).map(|id| t.t(id)),
        sessions: sessions
            .into_iter()
            .map(|session| SessionRow {
                current: session.id == who.session.id,
                browser: browser(&session.user_agent),
                source: session.source,
                since: Moment::new(who.lang, session.authenticated_at),
                seen: Moment::new(who.lang, session.seen_at),
                id: session.id.to_string(),
            })
            .collect(),
        apps: apps
            .into_iter()
            .map(|(permission, name)| AppRow {
                name,
                since: Moment::new(who.lang, permission.created_at),
                scopes: permission.scopes.words().map(|word| Explained::new(t, word)).collect(),
                id: permission.id.to_string(),
            })
            .collect(),
    };
    let title = t.t("account-title");
    let head = PageHead::new(who, &title).section(Section::Account);
    Ok(web::page(&app.shell, &head, &web::render(&page)))
}

/// Which session.
#[derive(Deserialize)]
pub(super) struct EndForm {
    session: String,
}

/// Ends one session, or all others.
pub(super) async fn end_session(
    State(app): State<App>,
    who: SignedIn,
    Form(form): Form<EndForm>,
) -> Response {
    let now = app.shell.now();
    let ended = if form.session == "others" {
        account::end_other_sessions(&app, &who.session, now).await.map(drop)
    } else {
        let session = SessionId::from_text(form.session);
        account::end_session(&app, &who.session, &session, now).await.map(drop)
    };
    after(&app, &who, ended, "/account?done=session")
}

/// Which permission.
#[derive(Deserialize)]
pub(super) struct WithdrawForm {
    grant: String,
}

/// Withdraws a permission.
pub(super) async fn withdraw(
    State(app): State<App>,
    who: SignedIn,
    Form(form): Form<WithdrawForm>,
) -> Response {
    let grant = GrantId::from_text(form.grant);
    let withdrawn = account::withdraw(&app, &who.session, &grant, app.shell.now()).await;
    after(&app, &who, withdrawn.map(drop), "/account?done=app")
}

fn after(app: &App, who: &SignedIn, done: Result<(), Fault>, path: &str) -> Response {
    match done {
        Ok(()) => redirect(path),
        Err(fault) => ErrorPage::fault(&app.shell, who.lang, fault).into_response(),
    }
}

/// The password page.
pub(super) async fn show_password(
    State(app): State<App>,
    who: SignedIn,
    RawQuery(query): RawQuery,
) -> Response {
    let return_to = query_value(query.as_deref(), "return_to");
    password_page(&app, &who, return_path(return_to.as_deref()), None)
}

/// The password form.
#[derive(Deserialize)]
pub(super) struct PasswordForm {
    old: String,
    new: String,
    again: String,
    #[serde(default)]
    return_to: String,
}

/// Changes the password; every other session ends.
pub(super) async fn change_password(
    State(app): State<App>,
    who: SignedIn,
    Form(form): Form<PasswordForm>,
) -> Response {
    let (old, new) = (Zeroizing::new(form.old), Zeroizing::new(form.new));
    let again = Zeroizing::new(form.again);
    let return_to = return_path(Some(&form.return_to));
    if *new != *again {
        return password_page(&app, &who, return_to, Some("password-differs"));
    }
    match app.sign_in.change_password(&who.session, old, new, app.shell.now()).await {
        Ok(()) if return_to == "/" => renewed(&app, &who, "/account?done=password").await,
        Ok(()) => renewed(&app, &who, return_to).await,
        Err(ChangeRefused::Fault(fault)) => {
            ErrorPage::fault(&app.shell, who.lang, fault).into_response()
        }
        Err(refused) => password_page(&app, &who, return_to, Some(refusal(&refused))),
    }
}

/// On to `path`, with the cookie of a new session.
async fn renewed(app: &App, who: &SignedIn, path: &str) -> Response {
    let now = app.shell.now();
    match account::renew_session(app, &who.session, now).await {
        Ok(Some(renewed)) => {
            let mut response = redirect(path);
            let life = Some(renewed.expires_at.seconds_since(now));
            let name = app.shell.cookies().session;
            set_cookie(&mut response, &app.shell.set_cookie(name, renewed.cookie.reveal(), life));
            response
        }
        Ok(None) => redirect("/login"),
        Err(fault) => ErrorPage::fault(&app.shell, who.lang, fault).into_response(),
    }
}

const fn refusal(refused: &ChangeRefused) -> &'static str {
    match refused {
        ChangeRefused::Fault(_) | ChangeRefused::Raced => "password-raced",
        ChangeRefused::Same => "password-same",
        ChangeRefused::TooMany => "password-too-many",
        ChangeRefused::Weak(WeakPassword::Guessable) => "password-guessable",
        ChangeRefused::Weak(WeakPassword::HoldsUsername) => "password-holds-username",
        ChangeRefused::Weak(WeakPassword::TooLong) => "password-too-long",
        ChangeRefused::Weak(WeakPassword::TooShort) => "password-too-short",
        ChangeRefused::WrongOld => "password-wrong-old",
    }
}

fn password_page(
    app: &App,
    who: &SignedIn,
    return_to: &str,
    problem: Option<&'static str>,
) -> Response {
    let t = CATALOG.texts(who.lang);
    let minimum = app.directory.min_password_chars.to_string();
    let page = PasswordPage {
        t,
        form_field: web::form_field(&app.shell, who),
        return_to,
        must: who.session.must_change_password,
        hint: t.t1("password-hint", "minimum", &minimum),
        problem: problem.map(|id| match id {
            "password-too-short" => t.t1(id, "minimum", &minimum),
            other => t.t(other),
        }),
    };
    let title = t.t("password-title");
    let status = if problem.is_some() { StatusCode::UNPROCESSABLE_ENTITY } else { StatusCode::OK };
    let head = PageHead::new(who, &title).section(Section::Account).status(status);
    web::page(&app.shell, &head, &web::render(&page))
}

/// Texts of what was done; anything else in the query is not shown.
fn told(done: &str) -> Option<&'static str> {
    match done {
        "app" => Some("account-done-app"),
        "password" => Some("account-done-password"),
        "session" => Some("account-done-session"),
        _ => None,
    }
}

/// `138****1234`: enough to recognise one's own number.
fn masked(phone: &str) -> String {
    let chars: Vec<char> = phone.chars().collect();
    let tail = chars.len().saturating_sub(4);
    let head = tail.saturating_sub(4).min(6);
    let show = |from: usize, to: usize| chars.iter().skip(from).take(to - from).collect::<String>();
    format!("{}****{}", show(0, head), show(tail, chars.len()))
}

/// A user agent in two words.
fn browser(user_agent: &str) -> String {
    let named = |names: &[(&str, &'static str)]| {
        names.iter().find(|(mark, _)| user_agent.contains(mark)).map(|(_, name)| *name)
    };
    // Order counts: every browser names others for the sake of old servers.
    let program = named(&[
        ("MicroMessenger", "微信 WeChat"),
        ("DingTalk", "钉钉 DingTalk"),
        ("Edg/", "Edge"),
        ("Firefox/", "Firefox"),
        ("Chrome/", "Chrome"),
        ("Safari/", "Safari"),
    ]);
    let system = named(&[
        ("HarmonyOS", "HarmonyOS"),
        ("Android", "Android"),
        ("iPhone", "iPhone"),
        ("iPad", "iPad"),
        ("Windows", "Windows"),
        ("Mac OS", "macOS"),
        ("Linux", "Linux"),
    ]);
    match (program, system) {
        (Some(program), Some(system)) => format!("{program} · {system}"),
        (Some(one), None) | (None, Some(one)) => one.to_owned(),
        (None, None) => user_agent.chars().take(40).collect(),
    }
}

#[derive(askama::Template)]
#[template(path = "account.html")]
struct AccountPage<'a> {
    t: Texts,
    form_field: String,
    name: &'a str,
    username: &'a str,
    assurance: String,
    phone: Option<String>,
    done: Option<String>,
    sessions: Vec<SessionRow>,
    apps: Vec<AppRow>,
}

struct SessionRow {
    id: String,
    current: bool,
    browser: String,
    source: String,
    since: Moment,
    seen: Moment,
}

/// A time for programs and for people.
struct Moment {
    datetime: String,
    text: String,
}

impl Moment {
    fn new(lang: Lang, at: Timestamp) -> Self {
        Self { datetime: at.rfc3339(), text: lang.time(at) }
    }
}

struct AppRow {
    id: String,
    name: String,
    since: Moment,
    scopes: Vec<Explained>,
}

#[derive(askama::Template)]
#[template(path = "password.html")]
struct PasswordPage<'a> {
    t: Texts,
    form_field: String,
    return_to: &'a str,
    must: bool,
    hint: String,
    problem: Option<String>,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn phones_are_masked() {
        assert_eq!(masked("+8613812345678"), "+86138****5678");
        assert_eq!(masked("123"), "****123");
        assert_eq!(masked(""), "****");
    }

    #[test]
    fn browsers_are_named_by_what_they_are() {
        let edge =
            "Mozilla/5.0 (Windows NT 10.0) AppleWebKit/537.36 Chrome/130 Safari/537.36 Edg/130";
        assert_eq!(browser(edge), "Edge · Windows");
        assert_eq!(browser("curl/8"), "curl/8");
    }
}
