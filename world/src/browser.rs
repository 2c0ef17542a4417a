//! A browser over a router in process: cookies, plain forms, redirects.

use axum::{Router, body::Body};
use http::{HeaderMap, Request, StatusCode, header};
use http_body_util::BodyExt;
use tower::ServiceExt;
use url::Url;

use crate::ISSUER;

/// One person's browser.
pub struct Browser {
    router: Router,
    cookies: Vec<(String, String)>,
}

/// What came back.
pub struct Answer {
    /// The address it came from.
    pub url: Url,
    /// Status code.
    pub status: StatusCode,
    /// Headers.
    pub headers: HeaderMap,
    /// Body.
    pub body: Vec<u8>,
}

impl Browser {
    /// A fresh browser.
    pub const fn new(router: Router) -> Self {
        Self { router, cookies: Vec::new() }
    }

    /// GET, redirects not followed.
    pub async fn get(&mut self, path: &str) -> Answer {
        self.send(Request::get(absolute(path).as_str()), Body::empty()).await
    }

    /// POST of a plain form, redirects not followed.
    pub async fn post(&mut self, path: &str, fields: &[(&str, &str)]) -> Answer {
        let mut form = Url::parse("http://form/").expect("a URL");
        form.query_pairs_mut().extend_pairs(fields);
        let body = form.query().unwrap_or_default().to_owned();
        let request = Request::post(absolute(path).as_str())
            .header(header::CONTENT_TYPE, "application/x-www-form-urlencoded")
            .header(header::ORIGIN, ISSUER);
        self.send(request, Body::from(body)).await
    }

    /// Sends the form of `page` that holds an element with this id: hidden fields as they are,
    /// `fields` as given.
    pub async fn submit(&mut self, page: &Answer, id: &str, fields: &[(&str, &str)]) -> Answer {
        let (action, hidden) = page.form(id);
        let mut all: Vec<(&str, &str)> =
            hidden.iter().map(|(name, value)| (name.as_str(), value.as_str())).collect();
        all.retain(|(name, _)| !fields.iter().any(|(given, _)| given == name));
        all.extend(fields);
        let target = page.url.join(&action).expect("a form action");
        self.post(target.as_str(), &all).await
    }

    /// Follows redirects within the county.
    pub async fn follow(&mut self, mut answer: Answer) -> Answer {
        for _ in 0..8 {
            match answer.location() {
                Some(next) if next.as_str().starts_with(ISSUER) => {
                    answer = self.get(next.as_str()).await;
                }
                _ => return answer,
            }
        }
        panic!("too many redirects at {}", answer.url)
    }

    /// Sends any request with this browser's cookies.
    pub async fn send(&mut self, request: http::request::Builder, body: Body) -> Answer {
        let mut request = request.body(body).expect("a request");
        let url = Url::parse(&request.uri().to_string()).expect("an absolute URL");
        let headers = request.headers_mut();
        headers.insert(header::HOST, "localhost:8080".parse().expect("a header"));
        if !self.cookies.is_empty() {
            let jar: Vec<_> =
                self.cookies.iter().map(|(name, value)| format!("{name}={value}")).collect();
            headers.insert(header::COOKIE, jar.join("; ").parse().expect("cookies"));
        }
        let peer = std::net::SocketAddr::from(([127, 0, 0, 1], 50_000));
        request.extensions_mut().insert(axum::extract::ConnectInfo(peer));
        let response = self.router.clone().oneshot(request).await.expect("infallible");
        let (parts, body) = response.into_parts();
        let body = body.collect().await.expect("a body").to_bytes().to_vec();
        for cookie in parts.headers.get_all(header::SET_COOKIE) {
            self.remember(cookie.to_str().expect("text"));
        }
        Answer { url, status: parts.status, headers: parts.headers, body }
    }

    /// The value of a cookie.
    pub fn cookie(&self, name: &str) -> Option<&str> {
        self.cookies.iter().find(|(known, _)| known == name).map(|(_, value)| value.as_str())
    }

    /// Sets a cookie, as an attacker might.
    pub fn set_cookie(&mut self, name: &str, value: &str) {
        self.cookies.retain(|(known, _)| known != name);
        self.cookies.push((name.to_owned(), value.to_owned()));
    }

    fn remember(&mut self, set_cookie: &str) {
        let mut parts = set_cookie.split(';').map(str::trim);
        let (name, value) = parts.next().and_then(|pair| pair.split_once('=')).expect("a cookie");
        self.cookies.retain(|(known, _)| known != name);
        if !parts.any(|part| part.eq_ignore_ascii_case("max-age=0")) {
            self.cookies.push((name.to_owned(), value.to_owned()));
        }
    }
}

impl Answer {
    /// The body as text.
    pub fn text(&self) -> String {
        String::from_utf8_lossy(&self.body).into_owned()
    }

    /// The body as JSON.
    pub fn json(&self) -> serde_json::Value {
        serde_json::from_slice(&self.body).unwrap_or_else(|_| panic!("no JSON: {}", self.text()))
    }

    /// Where a redirect leads.
    pub fn location(&self) -> Option<Url> {
        let location = self.headers.get(header::LOCATION)?.to_str().ok()?;
        self.status.is_redirection().then(|| self.url.join(location).expect("a location"))
    }

    /// A query parameter of the redirect.
    pub fn location_query(&self, name: &str) -> Option<String> {
        let location = self.location()?;
        location.query_pairs().find(|(key, _)| key == name).map(|(_, value)| value.into_owned())
    }

    /// Action and hidden fields of the form that holds an element with this id.
    pub fn form(&self, id: &str) -> (String, Vec<(String, String)>) {
        let text = self.text();
        let wanted = format!("id=\"{id}\"");
        let form = text
            .split("<form")
            .skip(1)
            .filter_map(|form| form.split("</form>").next())
            .find(|form| form.contains(&wanted))
            .unwrap_or_else(|| panic!("no form with {wanted} at {}: {text}", self.url));
        let head = form.split('>').next().unwrap_or_default();
        let hidden = form
            .split("<input")
            .skip(1)
            .filter_map(|input| input.split('>').next())
            .filter(|input| input.contains("type=\"hidden\""))
            .filter_map(|input| {
                Some((attribute(input, "name")?, attribute(input, "value").unwrap_or_default()))
            })
            .collect();
        (attribute(head, "action").unwrap_or_default(), hidden)
    }
}

fn absolute(path: &str) -> Url {
    Url::parse(ISSUER).and_then(|base| base.join(path)).expect("a path")
}

fn attribute(tag: &str, name: &str) -> Option<String> {
    let value = tag.split(&format!(" {name}=\"")).nth(1)?.split('"').next()?;
    let entities = [
        ("&lt;", "<"),
        ("&gt;", ">"),
        ("&quot;", "\""),
        ("&#34;", "\""),
        ("&#39;", "'"),
        ("&#38;", "&"),
        ("&amp;", "&"),
    ];
    Some(entities.iter().fold(value.to_owned(), |text, (from, to)| text.replace(from, to)))
}
