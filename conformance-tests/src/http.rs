//! HTTP/1.1 over one connection per request, and a browser of cookies and plain forms: enough for
//! a server on the loopback whose pages need no script.

use std::{
    io::{Read, Write},
    net::TcpStream,
};

/// A response.
#[derive(Clone, Debug)]
pub struct Answer {
    /// The address asked.
    pub url: String,
    /// Status code.
    pub status: u16,
    /// Headers, names in lower case.
    pub headers: Vec<(String, String)>,
    /// Body.
    pub body: Vec<u8>,
}

impl Answer {
    /// Reads a whole answer with a length; `None` when it is cut off.
    pub fn parse(url: &str, bytes: &[u8]) -> Option<Self> {
        let answer = read(url, bytes)?;
        let length: usize = answer.header("content-length")?.parse().ok()?;
        (answer.body.len() == length).then_some(answer)
    }

    /// The first header of this name.
    pub fn header(&self, name: &str) -> Option<&str> {
        self.headers.iter().find(|(known, _)| known == name).map(|(_, value)| value.as_str())
    }

    /// The body as text.
    pub fn text(&self) -> String {
        String::from_utf8_lossy(&self.body).into_owned()
    }

    /// Where a redirect leads, absolute.
    pub fn location(&self) -> Option<String> {
        let location = self.header("location")?;
        Some(match location.strip_prefix('/') {
            Some(_) => format!("{}{location}", origin(&self.url)),
            None => location.to_owned(),
        })
    }
}

/// Sends one request to an `http` address and reads the whole answer.
///
/// # Panics
/// When the server does not answer in HTTP/1.1 with a length: these are tests.
pub fn exchange(method: &str, url: &str, headers: &[(String, String)], body: &[u8]) -> Answer {
    let rest = url.strip_prefix("http://").unwrap_or_else(|| panic!("not http: {url}"));
    let (host, path) = rest.split_once('/').unwrap_or((rest, ""));
    let mut stream = TcpStream::connect(host).unwrap_or_else(|error| panic!("{host}: {error}"));
    let mut request = format!("{method} /{path} HTTP/1.1\r\nhost: {host}\r\nconnection: close\r\n");
    for (name, value) in headers {
        request.push_str(&format!("{name}: {value}\r\n"));
    }
    request.push_str(&format!("content-length: {}\r\n\r\n", body.len()));
    let mut bytes = Vec::new();
    stream
        .write_all(request.as_bytes())
        .and_then(|()| stream.write_all(body))
        .and_then(|()| stream.read_to_end(&mut bytes))
        .unwrap_or_else(|error| panic!("{url}: {error}"));
    read(url, &bytes).unwrap_or_else(|| panic!("{url}: not an HTTP answer with a length"))
}

fn read(url: &str, bytes: &[u8]) -> Option<Answer> {
    let end = bytes.windows(4).position(|part| part == b"\r\n\r\n")?;
    let head = std::str::from_utf8(&bytes[..end]).ok()?;
    let mut lines = head.split("\r\n");
    let status = lines.next()?.split(' ').nth(1)?.parse().ok()?;
    let headers: Vec<(String, String)> = lines
        .filter_map(|line| line.split_once(':'))
        .map(|(name, value)| (name.to_ascii_lowercase(), value.trim().to_owned()))
        .collect();
    let chunked = headers.iter().any(|(name, _)| name == "transfer-encoding");
    let body = &bytes[end + 4..];
    let body = if chunked { dechunk(body)? } else { body.to_vec() };
    Some(Answer { url: url.to_owned(), status, headers, body })
}

/// RFC 9112 §7.1, without extensions and trailers.
fn dechunk(mut rest: &[u8]) -> Option<Vec<u8>> {
    let mut body = Vec::new();
    loop {
        let end = rest.windows(2).position(|part| part == b"\r\n")?;
        let size = usize::from_str_radix(std::str::from_utf8(&rest[..end]).ok()?, 16).ok()?;
        rest = &rest[end + 2..];
        if size == 0 {
            return Some(body);
        }
        body.extend_from_slice(rest.get(..size)?);
        rest = rest.get(size + 2..)?;
    }
}

/// Cookies and plain forms.
#[derive(Clone, Debug, Default)]
pub struct Browser {
    cookies: Vec<(String, String)>,
}

impl Browser {
    /// GET, redirects not followed.
    pub fn get(&mut self, url: &str) -> Answer {
        self.send("GET", url, Vec::new(), b"")
    }

    /// POST of a plain form, redirects not followed.
    pub fn post(&mut self, url: &str, fields: &[(&str, &str)]) -> Answer {
        let body: Vec<String> = fields
            .iter()
            .map(|(name, value)| format!("{}={}", escape(name), escape(value)))
            .collect();
        let headers = vec![
            ("content-type".to_owned(), "application/x-www-form-urlencoded".to_owned()),
            ("origin".to_owned(), origin(url).to_owned()),
        ];
        self.send("POST", url, headers, body.join("&").as_bytes())
    }

    /// Sends the form of `page` that holds an element of this id: hidden fields as they are,
    /// `fields` as given.
    ///
    /// # Panics
    /// When there is no such form.
    pub fn submit(&mut self, page: &Answer, id: &str, fields: &[(&str, &str)]) -> Answer {
        let home = origin(&page.url).to_owned();
        self.submit_to(page, id, fields, &home)
    }

    /// [`Browser::submit`] with another `Origin`: a node behind the issuer's own address.
    ///
    /// # Panics
    /// When there is no such form.
    pub fn submit_to(
        &mut self,
        page: &Answer,
        id: &str,
        fields: &[(&str, &str)],
        issuer: &str,
    ) -> Answer {
        let text = page.text();
        let wanted = format!("id=\"{id}\"");
        let form = text
            .split("<form")
            .skip(1)
            .filter_map(|form| form.split("</form>").next())
            .find(|form| form.contains(&wanted))
            .unwrap_or_else(|| panic!("no form with {wanted} at {}: {text}", page.url));
        let mut all: Vec<(String, String)> = form
            .split("<input")
            .skip(1)
            .filter_map(|input| input.split('>').next())
            .filter(|input| input.contains("type=\"hidden\""))
            .filter_map(|input| {
                Some((attribute(input, "name")?, attribute(input, "value").unwrap_or_default()))
            })
            .collect();
        all.retain(|(name, _)| !fields.iter().any(|(given, _)| given == name));
        all.extend(fields.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())));
        let body: Vec<String> =
            all.iter().map(|(name, value)| format!("{}={}", escape(name), escape(value))).collect();
        let action = attribute(form.split('>').next().unwrap_or_default(), "action");
        let home = origin(&page.url).to_owned();
        let url = format!("{home}{}", action.unwrap_or_default());
        let headers = vec![
            ("content-type".to_owned(), "application/x-www-form-urlencoded".to_owned()),
            ("origin".to_owned(), issuer.to_owned()),
        ];
        self.send("POST", &url, headers, body.join("&").as_bytes())
    }

    /// Follows redirects until one leaves the origin of `page`.
    ///
    /// # Panics
    /// After ten of them.
    pub fn follow(&mut self, mut page: Answer) -> Answer {
        for _ in 0..10 {
            match page.location() {
                Some(next) if next.starts_with(&format!("{}/", origin(&page.url))) => {
                    page = self.get(&next);
                }
                _ => return page,
            }
        }
        panic!("too many redirects at {}", page.url)
    }

    fn send(
        &mut self,
        method: &str,
        url: &str,
        mut headers: Vec<(String, String)>,
        body: &[u8],
    ) -> Answer {
        let jar: Vec<String> =
            self.cookies.iter().map(|(name, value)| format!("{name}={value}")).collect();
        if !jar.is_empty() {
            headers.push(("cookie".to_owned(), jar.join("; ")));
        }
        let answer = exchange(method, url, &headers, body);
        for (_, line) in answer.headers.iter().filter(|(name, _)| name == "set-cookie") {
            let Some((name, value)) = line.split(';').next().and_then(|pair| pair.split_once('='))
            else {
                continue;
            };
            self.cookies.retain(|(known, _)| known != name);
            if !line.contains("Max-Age=0") {
                self.cookies.push((name.to_owned(), value.to_owned()));
            }
        }
        answer
    }
}

/// `http://host:port` of an address.
fn origin(url: &str) -> &str {
    let end = url.match_indices('/').nth(2).map_or(url.len(), |(at, _)| at);
    &url[..end]
}

fn attribute(tag: &str, name: &str) -> Option<String> {
    let value = tag.split(&format!(" {name}=\"")).nth(1)?.split('"').next()?;
    let entities = [
        ("&#34;", "\""),
        ("&quot;", "\""),
        ("&#39;", "'"),
        ("&#60;", "<"),
        ("&#62;", ">"),
        ("&#38;", "&"),
        ("&amp;", "&"),
    ];
    Some(entities.iter().fold(value.to_owned(), |text, (from, to)| text.replace(from, to)))
}

fn escape(text: &str) -> String {
    let mut out = String::new();
    for byte in text.bytes() {
        if byte.is_ascii_alphanumeric() || b"-._~".contains(&byte) {
            out.push(char::from(byte));
        } else {
            out.push_str(&format!("%{byte:02X}"));
        }
    }
    out
}
