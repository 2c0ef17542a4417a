//! `/authorize`, its continuation after pages, and the consent page.

use axum::{
    body::Bytes,
    extract::{RawQuery, State},
    response::Response,
};
use serde::Deserialize;
use web::{Form, PageHead, Texts, Visitor, login_path};

use super::{query_value, redirect, refuse, set_cookie, source::Source};
use crate::{
    CATALOG,
    deps::App,
    error::Rule,
    flow::{
        authorize::{self, Asked, Consent, Destination, Next, Refused, Step},
        pending::Pending,
    },
    params::MAX_ENCODED,
};

/// A request from a client.
pub(super) async fn begin(
    State(app): State<App>,
    source: Source,
    visitor: Visitor,
    RawQuery(query): RawQuery,
) -> Response {
    let now = app.shell.now();
    match authorize::read(&app, query.as_deref().unwrap_or_default(), now).await {
        Ok((destination, asked)) => proceed(&app, &visitor, &asked, &destination, &source).await,
        Err(refused) => answer_refusal(&app, &visitor, refused, &source).await,
    }
}

/// A request as a form (Core §3.1.2.1). Browsers hold `SameSite` cookies back on a foreign site's
/// post, so it is turned into the same request by GET.
pub(super) async fn begin_by_post(
    State(app): State<App>,
    source: Source,
    visitor: Visitor,
    RawQuery(query): RawQuery,
    body: Bytes,
) -> Response {
    let in_both = query.is_some_and(|query| !query.is_empty());
    match std::str::from_utf8(&body) {
        Ok(text) if text.len() <= MAX_ENCODED && !in_both && text.bytes().all(is_encoded) => {
            redirect(&format!("/authorize?{text}"))
        }
        _ if in_both => {
            refuse::page(&app, visitor.lang, Rule::ParameterRepeated.into(), &source.address).await
        }
        _ => refuse::page(&app, visitor.lang, Rule::RequestTooLarge.into(), &source.address).await,
    }
}

/// Back from a page of ours.
pub(super) async fn resume(
    State(app): State<App>,
    source: Source,
    visitor: Visitor,
    RawQuery(query): RawQuery,
) -> Response {
    let handle = query_value(query.as_deref(), "flow").unwrap_or_default();
    match pending(&app, &visitor, &handle).await {
        Ok((asked, destination)) => proceed(&app, &visitor, &asked, &destination, &source).await,
        Err(refused) => answer_refusal(&app, &visitor, refused, &source).await,
    }
}

/// The consent form.
#[derive(Deserialize)]
pub(super) struct Decision {
    flow: String,
    decision: String,
}

/// What the person decided.
pub(super) async fn consent(
    State(app): State<App>,
    source: Source,
    visitor: Visitor,
    Form(form): Form<Decision>,
) -> Response {
    let (asked, destination) = match pending(&app, &visitor, &form.flow).await {
        Ok(found) => found,
        Err(refused) => return answer_refusal(&app, &visitor, refused, &source).await,
    };
    let at = Next {
        app: &app,
        asked: &asked,
        destination: &destination,
        session: visitor.session.as_ref(),
        now: app.shell.now(),
    };
    let step = match form.decision.as_str() {
        "allow" => authorize::allow(&at).await,
        _ => authorize::deny(&at).await,
    };
    match step {
        Ok(step) => show(&at, &visitor, step),
        Err(fault) => refuse::page(&app, visitor.lang, fault.into(), &source.address).await,
    }
}

/// The pending request that a `return_to` leads back to, with its destination: for the login page.
pub(super) async fn behind(
    app: &App,
    visitor: &Visitor,
    return_to: &str,
) -> Option<(Asked, Destination)> {
    let handle = return_to.strip_prefix(CONTINUE)?;
    pending(app, visitor, handle).await.ok()
}

async fn pending(
    app: &App,
    visitor: &Visitor,
    handle: &str,
) -> Result<(Asked, Destination), Refused> {
    let lost = || Refused::Here(Rule::FlowLost.into());
    let pending = opened(app, visitor);
    let asked = pending.find(handle).ok_or_else(lost)?;
    let destination = Destination::of_asked(app, asked).await?;
    Ok((asked.clone(), destination))
}

fn opened(app: &App, visitor: &Visitor) -> Pending {
    Pending::open(app, visitor.cookie(app.shell.cookies().flow), app.shell.now())
}

async fn proceed(
    app: &App,
    visitor: &Visitor,
    asked: &Asked,
    destination: &Destination,
    source: &Source,
) -> Response {
    let session = visitor.session.as_ref();
    let at = Next { app, asked, destination, session, now: app.shell.now() };
    match authorize::next(&at).await {
        Ok(step) => show(&at, visitor, step),
        // Nobody looks at the page of a silent request: its client must hear of it.
        Err(fault) if asked.prompt.none => {
            over(&at, visitor, &destination.with_error(fault.into()))
        }
        Err(fault) => refuse::page(app, visitor.lang, fault.into(), &source.address).await,
    }
}

fn show(at: &Next<'_>, visitor: &Visitor, step: Step) -> Response {
    let here = format!("{CONTINUE}{}", at.asked.handle);
    match step {
        Step::Login => kept(at, visitor, redirect(&localised(at, visitor, &login_path(&here)))),
        Step::ChangePassword => {
            let back: String = form_urlencoded::byte_serialize(here.as_bytes()).collect();
            kept(at, visitor, redirect(&format!("/account/password?return_to={back}")))
        }
        Step::Consent(consent) => kept(at, visitor, consent_page(at, visitor, &consent)),
        Step::Code(code) => over(at, visitor, &at.destination.with_code(&code)),
        Step::Error(failure) => over(at, visitor, &at.destination.with_error(failure)),
    }
}

async fn answer_refusal(
    app: &App,
    visitor: &Visitor,
    refused: Refused,
    source: &Source,
) -> Response {
    match refused {
        Refused::Here(failure) => refuse::page(app, visitor.lang, failure, &source.address).await,
        Refused::There(destination, failure) => {
            let id = auth_core::ErrorId::new(app.shell.random());
            refuse::note(app, failure, &source.address, id).await;
            redirect(&destination.with_error(failure))
        }
    }
}

/// Keeps the request in the browser while a page is shown.
fn kept(at: &Next<'_>, visitor: &Visitor, response: Response) -> Response {
    let without = opened(at.app, visitor).without(&at.asked.handle);
    with_pending(at.app, response, &without.with(at.asked.clone()))
}

/// Sends the browser to the client and forgets the request.
fn over(at: &Next<'_>, visitor: &Visitor, location: &str) -> Response {
    let pending = opened(at.app, visitor).without(&at.asked.handle);
    let had_cookie = visitor.cookie(at.app.shell.cookies().flow).is_some();
    let response = redirect(location);
    if had_cookie { with_pending(at.app, response, &pending) } else { response }
}

fn with_pending(app: &App, mut response: Response, pending: &Pending) -> Response {
    let name = app.shell.cookies().flow;
    let life = Some(i64::from(app.policy.flow_seconds));
    let cookie = match pending.seal(app) {
        Ok(Some(value)) => app.shell.set_cookie(name, &value, life),
        Ok(None) => app.shell.clear_cookie(name),
        Err(fault) => {
            tracing::error!(%fault, "authorization request not sealed");
            app.shell.clear_cookie(name)
        }
    };
    set_cookie(&mut response, &cookie);
    response
}

/// `ui_locales` (Core §3.1.2.1) counts unless the person has chosen a language before.
fn localised(at: &Next<'_>, visitor: &Visitor, path: &str) -> String {
    let chosen = visitor.cookie(at.app.shell.cookies().lang).is_some();
    let asked = at.asked.ui_locales.as_deref().unwrap_or_default();
    match web::Lang::from_ui_locales(asked) {
        Some(lang) if !chosen => format!("{path}&lang={}", lang.tag()),
        _ => path.to_owned(),
    }
}

fn consent_page(at: &Next<'_>, visitor: &Visitor, consent: &Consent) -> Response {
    let t = CATALOG.texts(visitor.lang);
    let explained = |scopes: &crate::scope::Scopes| -> Vec<Explained> {
        scopes.words().map(|word| Explained::new(t, word)).collect()
    };
    let registration = &at.destination.client().registration;
    let page = ConsentPage {
        t,
        form_field: web::form_field(&at.app.shell, visitor),
        client: &registration.name,
        client_uri: registration.client_uri.as_deref(),
        leads_to: &at.destination.form_action(),
        name: visitor.name().unwrap_or_default(),
        new: explained(&consent.new),
        known: explained(&consent.known),
        flow: &at.asked.handle,
    };
    let title = t.t("consent-title");
    let head = PageHead::new(visitor, &title).form_action(at.destination.form_action());
    web::page(&at.app.shell, &head, &web::render(&page))
}

#[derive(askama::Template)]
#[template(path = "consent.html")]
struct ConsentPage<'a> {
    t: Texts,
    form_field: String,
    client: &'a str,
    client_uri: Option<&'a str>,
    leads_to: &'a str,
    name: &'a str,
    new: Vec<Explained>,
    known: Vec<Explained>,
    flow: &'a str,
}

/// A scope in words for people.
pub(super) struct Explained {
    pub(super) word: String,
    pub(super) title: String,
    pub(super) text: String,
}

impl Explained {
    pub(super) fn new(t: Texts, word: &str) -> Self {
        let (title, text) = (format!("scope-{word}"), format!("scope-{word}-text"));
        let known = CATALOG.has(&title) && CATALOG.has(&text);
        Self {
            word: word.to_owned(),
            title: if known { t.t(&title) } else { word.to_owned() },
            text: if known { t.t(&text) } else { t.t("scope-unknown-text") },
        }
    }
}

/// Characters of a form-encoded body; anything else would change meaning inside a URL.
const fn is_encoded(byte: u8) -> bool {
    byte.is_ascii_graphic() && byte != b'#'
}

/// Where pages lead back to.
const CONTINUE: &str = "/authorize/continue?flow=";
