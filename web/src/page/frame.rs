//! Rendering of the frame, and the response headers of pages.

use auth_core::role::Role;
use axum::response::{Html, IntoResponse, Response};
use http::{HeaderMap, HeaderName, HeaderValue, header};

use super::{PageHead, Section};
use crate::{
    CATALOG, Texts, assets,
    lang::Lang,
    shell::Shell,
    visitor::{Browser, login_path},
};

/// A page for somebody known by a [`crate::Visitor`].
pub(crate) fn whole(shell: &Shell, head: &PageHead<'_>, body: &str) -> Response {
    let visitor = head.visitor;
    let browser = &visitor.browser;
    let lang = visitor.lang;
    let t = CATALOG.texts(lang);
    let session = visitor.session.as_ref();
    let nav = Section::of(session)
        .into_iter()
        .map(|section| NavEntry {
            href: section.path(),
            text: t.t(section.text()),
            current: section == head.section,
        })
        .collect();
    let role = session.and_then(|session| {
        session.roles.iter().find(|grant| grant.role.is_administrator()).map(|grant| grant.role)
    });
    let html = render(&Frame {
        t,
        tag: lang.tag(),
        title: head.title,
        county: shell.county(lang),
        demo: shell.demo(),
        large: browser.large,
        name: session.map(|session| session.name.as_str()),
        role: role
            .map(|role| t.t(role_text(role)))
            .filter(|role| session.is_none_or(|session| session.name != *role))
            .unwrap_or_default(),
        nav,
        login: login_path(&browser.here),
        signing_in: head.section == Section::None && session.is_none(),
        lang_href: browser.here_with("lang", lang.other().tag()),
        lang_name: lang.other().name(),
        lang_tag: lang.other().tag(),
        size_href: browser.here_with("size", if browser.large { "normal" } else { "large" }),
        css: assets::path("yinxin.css"),
        icon: assets::path("icon.svg"),
        scripts: head.scripts.iter().map(|name| assets::path(name)).collect(),
        body,
    });
    let mut response = Html(html).into_response();
    protect(response.headers_mut(), &head.form_action);
    remember(shell, browser, lang, response.headers_mut());
    response
}

/// A page without a visitor: errors, whose cause may be the visitor's own cookies.
pub(crate) fn plain(shell: &Shell, lang: Lang, title: &str, body: &str) -> Response {
    let t = CATALOG.texts(lang);
    let html = render(&Frame {
        t,
        tag: lang.tag(),
        title,
        county: shell.county(lang),
        demo: shell.demo(),
        large: false,
        name: None,
        role: String::new(),
        nav: Vec::new(),
        login: String::new(),
        signing_in: true,
        lang_href: String::new(),
        lang_name: "",
        lang_tag: "",
        size_href: String::new(),
        css: assets::path("yinxin.css"),
        icon: assets::path("icon.svg"),
        scripts: Vec::new(),
        body,
    });
    let mut response = Html(html).into_response();
    protect(response.headers_mut(), &[]);
    response
}

/// Renders a template; all of ours write to memory and cannot fail, so a failure is logged and
/// leaves the page empty rather than half written.
pub(crate) fn render(template: &impl askama::Template) -> String {
    template.render().unwrap_or_else(|error| {
        tracing::error!(%error, "template failed");
        String::new()
    })
}

/// Headers of every page (rows 46–49 of the attack table).
///
/// `Referrer-Policy` is `same-origin`, not `no-referrer`: under the latter browsers send
/// `Origin: null` with our own forms (Fetch §3.2), which [`crate::form`] refuses.
fn protect(headers: &mut HeaderMap, form_action: &[String]) {
    let mut policy = String::from(CSP);
    for origin in form_action.iter().filter(|origin| is_source(origin)) {
        policy.push(' ');
        policy.push_str(origin);
    }
    let policy = HeaderValue::try_from(policy).unwrap_or(HeaderValue::from_static(CSP));
    headers.insert(header::CONTENT_SECURITY_POLICY, policy);
    for (name, value) in FIXED {
        headers.insert(HeaderName::from_static(name), HeaderValue::from_static(value));
    }
}

/// Whether a text can stand in `form-action` without starting another source or directive.
fn is_source(origin: &str) -> bool {
    !origin.is_empty()
        && origin.bytes().all(|byte| byte.is_ascii_alphanumeric() || b":/.-+[]".contains(&byte))
}

/// Cookies for what the visitor just chose, and for a form on this page.
fn remember(shell: &Shell, browser: &Browser, lang: Lang, headers: &mut HeaderMap) {
    let names = shell.cookies();
    let mut set = |name: &str, value: &str, seconds| {
        if let Ok(cookie) = HeaderValue::try_from(shell.set_cookie(name, value, seconds)) {
            headers.append(header::SET_COOKIE, cookie);
        }
    };
    if browser.lang_asked {
        set(names.lang, lang.tag(), Some(YEAR_SECONDS));
    }
    if browser.size_asked {
        set(names.size, if browser.large { "large" } else { "normal" }, Some(YEAR_SECONDS));
    }
    if let Some(value) = browser.new_form_cookie() {
        set(names.form, value, None);
    }
}

fn role_text(role: Role) -> &'static str {
    match role {
        Role::Auditor => "role-auditor",
        Role::CaseWorker => "role-case-worker",
        Role::Issuer => "role-issuer",
        Role::SealApprover => "role-seal-approver",
        Role::SealUser => "role-seal-user",
        Role::SecurityAdministrator => "role-security-administrator",
        Role::SystemAdministrator => "role-system-administrator",
    }
}

#[derive(askama::Template)]
#[template(path = "frame.html")]
struct Frame<'a> {
    t: Texts,
    tag: &'static str,
    title: &'a str,
    county: &'a str,
    demo: bool,
    large: bool,
    name: Option<&'a str>,
    role: String,
    nav: Vec<NavEntry>,
    login: String,
    signing_in: bool,
    lang_href: String,
    lang_name: &'static str,
    lang_tag: &'static str,
    size_href: String,
    css: String,
    icon: String,
    scripts: Vec<String>,
    body: &'a str,
}

struct NavEntry {
    href: &'static str,
    text: String,
    current: bool,
}

/// `form-action` stands last so that a validated redirect origin can be appended: browsers apply
/// it to the redirect that answers a form, too.
const CSP: &str = "default-src 'none'; base-uri 'none'; frame-ancestors 'none'; \
    script-src 'self'; style-src 'self'; img-src 'self' data:; font-src 'self'; \
    connect-src 'self'; manifest-src 'self'; form-action 'self'";

/// Nothing of a page may be cached: it differs by cookie, and most hold personal data.
const FIXED: [(&str, &str); 6] = [
    ("cache-control", "no-store"),
    ("cross-origin-resource-policy", "same-origin"),
    ("permissions-policy", "camera=(self), geolocation=(), microphone=(), payment=()"),
    ("referrer-policy", "same-origin"),
    ("x-content-type-options", "nosniff"),
    ("x-frame-options", "DENY"),
];
const YEAR_SECONDS: i64 = 365 * 24 * 3600;
