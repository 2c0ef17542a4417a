//! A room with a page, a form and an upload, and a browser that can be told anything.

use std::{collections::BTreeMap, sync::Arc};

use async_trait::async_trait;
use auth_core::{
    Clock, Fault, Random, Timestamp,
    id::{PersonId, SessionId},
    role::{Role, RoleGrant},
    session::{Assurance, ReadSession, SessionView},
};
use axum::{
    Router,
    body::Body,
    extract::{FromRef, Path, State},
    response::{IntoResponse, Response},
    routing::{get, post},
};
use http::{HeaderMap, HeaderValue, Request, StatusCode, header};
use http_body_util::BodyExt;
use tower::ServiceExt;
use web::{
    Bearer, County, ErrorPage, Form, PageHead, Problem, Section, Shell, ShellConfig, SignedIn,
    Upload, Visitor,
};

pub struct FixedClock;
impl Clock for FixedClock {
    fn now(&self) -> Timestamp {
        Timestamp::from_unix(1_795_000_000)
    }
}

/// Counts, so that two values differ and every run is the same.
#[derive(Default)]
pub struct Counting(std::sync::atomic::AtomicU8);
impl Random for Counting {
    fn fill(&self, buffer: &mut [u8]) {
        buffer.fill(self.0.fetch_add(1, std::sync::atomic::Ordering::Relaxed));
    }
}

/// Sessions by cookie value; `busy` faults.
pub struct Sessions(pub BTreeMap<&'static str, SessionView>);
#[async_trait]
impl ReadSession for Sessions {
    async fn read(&self, cookie: &str, _: Timestamp) -> Result<Option<SessionView>, Fault> {
        if cookie == "busy" { Err(Fault::Busy) } else { Ok(self.0.get(cookie).cloned()) }
    }
}

pub fn person(name: &str, roles: &[Role]) -> SessionView {
    let person = PersonId::from_text("p");
    let grant = |role: &Role| RoleGrant {
        person: person.clone(),
        role: *role,
        organisation: None,
        valid_from: Timestamp(0),
        valid_until: None,
    };
    SessionView {
        id: SessionId::from_text("s"),
        username: "zhangsan".to_owned(),
        name: name.to_owned(),
        assurance: Assurance(3),
        factors: Vec::new(),
        authenticated_at: Timestamp(0),
        roles: roles.iter().map(grant).collect(),
        must_change_password: false,
        person,
    }
}

pub fn shell(secure: bool) -> Shell {
    let new = SessionView { must_change_password: true, ..person("新人", &[]) };
    let sessions = BTreeMap::from([
        ("zhang", person("张三", &[])),
        ("other", person("李四", &[Role::SealUser])),
        ("evil", person("<svg onload=alert(1)>", &[])),
        ("new", new),
    ]);
    Shell::new(ShellConfig {
        issuer: if secure { "https://county.gov.cn" } else { "http://localhost:8080" }
            .parse()
            .unwrap(),
        secure_cookies: secure,
        form_key: zeroize::Zeroizing::new([7; 32]),
        clock: Arc::new(FixedClock),
        random: Arc::new(Counting::default()),
        sessions: Arc::new(Sessions(sessions)),
        demo: !secure,
        county: County { zh_cn: "示例县".to_owned(), en: "Example County".to_owned() },
    })
}

#[derive(Clone)]
struct Deps(Shell);
impl FromRef<Deps> for Shell {
    fn from_ref(deps: &Deps) -> Self {
        deps.0.clone()
    }
}

async fn form_page(State(deps): State<Deps>, visitor: Visitor) -> Response {
    let body = format!("<form method=\"post\">{}</form>", web::form_field(&deps.0, &visitor));
    web::page(&deps.0, &PageHead::new(&visitor, "表单"), &body)
}

async fn plain_page(State(deps): State<Deps>, visitor: Visitor) -> Response {
    web::page(&deps.0, &PageHead::new(&visitor, "页面").section(Section::Home), "<p>正文</p>")
}

async fn consent_page(State(deps): State<Deps>, visitor: Visitor) -> Response {
    let head = PageHead::new(&visitor, "授权")
        .form_action("https://app.example.cn")
        .form_action("cn.app.private:")
        .form_action("https://evil.cn; script-src *");
    web::page(&deps.0, &head, "")
}

#[derive(serde::Deserialize)]
struct Note {
    note: String,
}

fn router(shell: Shell) -> Router {
    Router::new()
        .route("/", get(plain_page))
        .route("/consent", get(consent_page))
        .route("/form", get(form_page).post(|Form(note): Form<Note>| async move { note.note }))
        .route("/mine", get(|who: SignedIn| async move { who.session.name.clone() }))
        .route("/account/password", get(|who: SignedIn| async move { who.session.name.clone() }))
        .route(
            "/upload",
            post(|upload: Upload<4096>| async move {
                let file = upload.file("file").map_or(0, |file| file.bytes.len());
                format!("{} {file}", upload.field("note").unwrap_or("-"))
            }),
        )
        .route("/api/me", get(|bearer: Bearer| async move { bearer.token().to_owned() }))
        .route(
            "/error",
            get(|State(deps): State<Deps>, visitor: Visitor| async move {
                ErrorPage::bad_request(&deps.0, visitor.lang).code("invalid_request")
            }),
        )
        .route(
            "/problem",
            get(|State(deps): State<Deps>| async move {
                Problem::fault(&deps.0, web::Lang::En, Fault::Busy).into_response()
            }),
        )
        .route("/number/{n}", get(|path: Path<u8>| async move { path.0.to_string() }))
        .route("/late", get(|| async { StatusCode::SERVICE_UNAVAILABLE }))
        .with_state(Deps(shell.clone()))
        .merge(web::assets::router())
        .layer(axum::middleware::from_fn_with_state(shell.clone(), web::dress_errors))
        .layer(axum::middleware::from_fn_with_state(
            (shell, web::Hosts::new(["localhost:8080".to_owned(), "county.gov.cn".to_owned()])),
            web::host_guard,
        ))
}

/// An answer, read whole.
pub struct Answer {
    pub status: StatusCode,
    pub headers: HeaderMap,
    pub body: String,
}

impl Answer {
    pub fn header(&self, name: &str) -> &str {
        self.headers.get(name).map_or("", |value| value.to_str().unwrap())
    }

    pub fn set_cookies(&self) -> Vec<&str> {
        let cookies = self.headers.get_all(header::SET_COOKIE).iter();
        cookies.map(|value| value.to_str().unwrap()).collect()
    }

    /// The value of a hidden input, or of anything in quotes after `before`.
    pub fn after(&self, before: &str) -> &str {
        let rest = self.body.split(before).nth(1).unwrap_or_default();
        rest.split('"').next().unwrap_or_default()
    }
}

/// The room, kept over several requests.
pub struct Site(Router);

impl Site {
    pub fn demo() -> Self {
        Self(router(shell(false)))
    }

    pub fn production() -> Self {
        Self(router(shell(true)))
    }

    pub async fn send(&self, request: Request<Body>) -> Answer {
        let response = self.0.clone().oneshot(request).await.unwrap();
        let (parts, body) = response.into_parts();
        let bytes = body.collect().await.unwrap().to_bytes();
        Answer {
            status: parts.status,
            headers: parts.headers,
            body: String::from_utf8_lossy(&bytes).into_owned(),
        }
    }

    pub async fn get(&self, path: &str, headers: &[(&str, &str)]) -> Answer {
        self.send(request("GET", path, headers, Body::empty())).await
    }

    /// The token and cookie that a browser with this cookie header gets with the form.
    pub async fn form(&self, cookie: &str) -> (String, String) {
        let page = self.get("/form", &[("cookie", cookie)]).await;
        let set = page.set_cookies();
        let set = set.iter().find(|cookie| cookie.contains("yx_form="));
        let form_cookie = set.map_or("", |cookie| cookie.split(';').next().unwrap());
        (page.after("name=\"form_token\" value=\"").to_owned(), form_cookie.to_owned())
    }

    pub async fn post(&self, body: &str, headers: &[(&str, &str)]) -> Answer {
        let mut request = request("POST", "/form", headers, Body::from(body.to_owned()));
        request
            .headers_mut()
            .entry("content-type")
            .or_insert(HeaderValue::from_static("application/x-www-form-urlencoded"));
        self.send(request).await
    }
}

pub fn request(method: &str, path: &str, headers: &[(&str, &str)], body: Body) -> Request<Body> {
    let mut builder = Request::builder().method(method).uri(path);
    if !headers.iter().any(|(name, _)| *name == "host") {
        builder = builder.header("host", "localhost:8080");
    }
    for (name, value) in headers {
        if !value.is_empty() {
            builder = builder.header(*name, *value);
        }
    }
    builder.body(body).unwrap()
}
