//! A small browser for the tour: cookies, plain forms, redirects. No script, like the oldest phone
//! in the county.

use anyhow::{Context, Result, bail};
use axum::body::Bytes;
use http::{HeaderMap, Method, Request, StatusCode, header};
use http_body_util::{BodyExt, Full, Limited};
use hyper_util::{client::legacy::Client, rt::TokioExecutor};
use url::Url;

/// One person's browser, or one program's HTTP client.
pub struct Browser {
    client: Client<hyper_util::client::legacy::connect::HttpConnector, Full<Bytes>>,
    base: Url,
    cookies: Vec<(String, String)>,
    language: &'static str,
}

/// What came back.
pub struct Answer {
    /// Where it came from.
    pub url: Url,
    /// Status code.
    pub status: StatusCode,
    /// Headers.
    pub headers: HeaderMap,
    /// Body.
    pub body: Bytes,
}

/// A part of a multipart form.
pub enum Part<'a> {
    /// A file with name, media type and content.
    File(&'a str, &'a str, &'a [u8]),
    /// A value.
    Value(&'a str),
}

impl Browser {
    /// A fresh browser for the server at `base`.
    pub fn new(base: &Url, language: &'static str) -> Self {
        let client = Client::builder(TokioExecutor::new()).build_http();
        Self { client, base: base.clone(), cookies: Vec::new(), language }
    }

    /// GET, following redirects within the server.
    pub async fn get(&mut self, path: &str) -> Result<Answer> {
        let url = self.base.join(path)?;
        self.follow(Method::GET, url, Vec::new(), None).await
    }

    /// POST of a plain form, following redirects within the server.
    pub async fn post(&mut self, path: &str, fields: &[(&str, &str)]) -> Result<Answer> {
        let url = self.base.join(path)?;
        let body = form_urlencoded::Serializer::new(String::new()).extend_pairs(fields).finish();
        let headers = vec![(header::CONTENT_TYPE, "application/x-www-form-urlencoded".to_owned())];
        self.follow(Method::POST, url, headers, Some(body.into())).await
    }

    /// POST of a form with files.
    pub async fn post_parts(&mut self, path: &str, parts: &[(&str, Part<'_>)]) -> Result<Answer> {
        let url = self.base.join(path)?;
        let body = multipart(parts);
        let kind = format!("multipart/form-data; boundary={BOUNDARY}");
        self.follow(Method::POST, url, vec![(header::CONTENT_TYPE, kind)], Some(body.into())).await
    }

    /// Any request, redirects not followed: what a program sends.
    pub async fn send(
        &mut self,
        method: Method,
        path: &str,
        headers: Vec<(header::HeaderName, String)>,
        body: Option<Bytes>,
    ) -> Result<Answer> {
        let url = self.base.join(path)?;
        self.once(method, url, headers, body).await
    }

    /// Fills in and sends the form of a page: hidden fields as they are, `fields` as given.
    pub async fn submit(
        &mut self,
        page: &Answer,
        id: &str,
        fields: &[(&str, &str)],
    ) -> Result<Answer> {
        let form = page.form(id)?;
        let mut all: Vec<(&str, &str)> = form
            .hidden
            .iter()
            .map(|(name, value)| (name.as_str(), value.as_str()))
            .filter(|(name, _)| !fields.iter().any(|(given, _)| given == name))
            .collect();
        all.extend(fields);
        let action = page.url.join(&form.action)?;
        self.post(action.as_str(), &all).await
    }

    async fn follow(
        &mut self,
        method: Method,
        url: Url,
        headers: Vec<(header::HeaderName, String)>,
        body: Option<Bytes>,
    ) -> Result<Answer> {
        let mut answer = self.once(method, url, headers, body).await?;
        for _ in 0..MOST_REDIRECTS {
            let Some(next) = answer.location() else { return Ok(answer) };
            if next.origin() != self.base.origin() {
                return Ok(answer);
            }
            answer = self.once(Method::GET, next, Vec::new(), None).await?;
        }
        bail!("too many redirects at {}", answer.url)
    }

    async fn once(
        &mut self,
        method: Method,
        url: Url,
        headers: Vec<(header::HeaderName, String)>,
        body: Option<Bytes>,
    ) -> Result<Answer> {
        let mut request = Request::builder().method(method.clone()).uri(url.as_str());
        if !self.cookies.is_empty() {
            let jar: Vec<_> =
                self.cookies.iter().map(|(name, value)| format!("{name}={value}")).collect();
            request = request.header(header::COOKIE, jar.join("; "));
        }
        if method == Method::POST {
            request = request.header(header::ORIGIN, self.base.origin().ascii_serialization());
        }
        request = request.header(header::ACCEPT_LANGUAGE, self.language);
        for (name, value) in headers {
            request = request.header(name, value);
        }
        let request = request.body(Full::new(body.unwrap_or_default()))?;
        let response = self.client.request(request).await.with_context(|| format!("{url}"))?;
        let (parts, body) = response.into_parts();
        let body = Limited::new(body, LARGEST_ANSWER).collect().await;
        let body = body.map_err(|error| anyhow::anyhow!("{url}: {error}"))?.to_bytes();
        for cookie in parts.headers.get_all(header::SET_COOKIE) {
            self.remember(cookie.to_str().unwrap_or_default());
        }
        Ok(Answer { url, status: parts.status, headers: parts.headers, body })
    }

    fn remember(&mut self, set_cookie: &str) {
        let mut attributes = set_cookie.split(';').map(str::trim);
        let Some((name, value)) = attributes.next().and_then(|pair| pair.split_once('=')) else {
            return;
        };
        self.cookies.retain(|(known, _)| known != name);
        let gone = attributes.any(|attribute| attribute.eq_ignore_ascii_case("Max-Age=0"));
        if !gone {
            self.cookies.push((name.to_owned(), value.to_owned()));
        }
    }
}

impl Answer {
    /// The body as text.
    pub fn text(&self) -> &str {
        std::str::from_utf8(&self.body).unwrap_or_default()
    }

    /// The body as JSON.
    pub fn json(&self) -> Result<serde_json::Value> {
        serde_json::from_slice(&self.body).with_context(|| {
            format!("{} answered {} without JSON: {}", self.url, self.status, self.text())
        })
    }

    /// The body, if the status is a success.
    pub fn ok(self) -> Result<Self> {
        if self.status.is_success() {
            return Ok(self);
        }
        let text: String = self.text().chars().take(2000).collect();
        bail!("{} answered {}: {text}", self.url, self.status)
    }

    /// Where a redirect leads.
    pub fn location(&self) -> Option<Url> {
        if !self.status.is_redirection() {
            return None;
        }
        let location = self.headers.get(header::LOCATION)?.to_str().ok()?;
        self.url.join(location).ok()
    }

    /// The text between two marks.
    pub fn between(&self, start: &str, end: &str) -> Option<String> {
        let rest = self.text().split(start).nth(1)?;
        rest.split(end).next().map(unescape)
    }

    /// A hidden field of the form that holds an element with this id.
    pub fn hidden(&self, id: &str, name: &str) -> Result<String> {
        let form = self.form(id)?;
        let found = form.hidden.into_iter().find(|(known, _)| known == name);
        found.map(|(_, value)| value).with_context(|| format!("{} has no {name}", self.url))
    }

    /// The form that holds an element with this id, or whose own id it is.
    fn form(&self, id: &str) -> Result<Form> {
        let wanted = format!("id=\"{id}\"");
        let text = self.text();
        for form in text.split("<form").skip(1) {
            let form = form.split("</form>").next().unwrap_or_default();
            if form.contains(&wanted) {
                return Ok(Form::read(form));
            }
        }
        let start: String = text.chars().take(3000).collect();
        bail!("{} ({}) has no form with {wanted}: {start}", self.url, self.status)
    }

    /// Every link target of the page that contains `part`.
    pub fn links(&self, part: &str) -> Vec<String> {
        self.text()
            .split("href=\"")
            .skip(1)
            .filter_map(|rest| rest.split('"').next())
            .filter(|target| target.contains(part))
            .map(unescape)
            .collect()
    }

    /// The text of the element with this id, tags removed.
    pub fn element(&self, id: &str) -> Option<String> {
        let text = self.text();
        let at = text.find(&format!("id=\"{id}\""))?;
        let rest = &text[at..];
        let inner = &rest[rest.find('>')? + 1..];
        let mut out = String::new();
        let mut depth = 0_i32;
        let mut tags = inner.split('<');
        out.push_str(tags.next()?);
        for tag in tags {
            let (name, after) = tag.split_once('>').unwrap_or((tag, ""));
            depth += if name.starts_with('/') { -1 } else { 1 };
            if depth < 0 {
                break;
            }
            out.push(' ');
            out.push_str(after);
        }
        Some(unescape(out.split_whitespace().collect::<Vec<_>>().join(" ").as_str()))
    }
}

struct Form {
    action: String,
    hidden: Vec<(String, String)>,
}

impl Form {
    fn read(form: &str) -> Self {
        let head = form.split('>').next().unwrap_or_default();
        let action = attribute(head, "action").unwrap_or_default();
        let hidden = form
            .split("<input")
            .skip(1)
            .map(|input| input.split('>').next().unwrap_or_default())
            .filter(|input| input.contains("type=\"hidden\""))
            .filter_map(|input| {
                Some((attribute(input, "name")?, attribute(input, "value").unwrap_or_default()))
            })
            .collect();
        Self { action, hidden }
    }
}

fn attribute(tag: &str, name: &str) -> Option<String> {
    let rest = tag.split(&format!(" {name}=\"")).nth(1)?;
    rest.split('"').next().map(unescape)
}

fn unescape(text: &str) -> String {
    [
        ("&lt;", "<"),
        ("&gt;", ">"),
        ("&quot;", "\""),
        ("&#34;", "\""),
        ("&#39;", "'"),
        ("&#38;", "&"),
        ("&amp;", "&"),
    ]
    .iter()
    .fold(text.to_owned(), |text, (from, to)| text.replace(from, to))
}

fn multipart(parts: &[(&str, Part<'_>)]) -> Vec<u8> {
    let mut body = Vec::new();
    for (name, part) in parts {
        body.extend(
            format!("--{BOUNDARY}\r\nContent-Disposition: form-data; name=\"{name}\"").bytes(),
        );
        match part {
            Part::File(file, kind, content) => {
                body.extend(
                    format!("; filename=\"{file}\"\r\nContent-Type: {kind}\r\n\r\n").bytes(),
                );
                body.extend_from_slice(content);
            }
            Part::Value(value) => body.extend(format!("\r\n\r\n{value}").bytes()),
        }
        body.extend_from_slice(b"\r\n");
    }
    body.extend(format!("--{BOUNDARY}--\r\n").bytes());
    body
}

const BOUNDARY: &str = "yinxin-tour-4f1d9a2c7e";
const MOST_REDIRECTS: usize = 8;
/// Largest answer that is read; a sealed letter is a few hundred KiB.
const LARGEST_ANSWER: usize = 32 * 1024 * 1024;
