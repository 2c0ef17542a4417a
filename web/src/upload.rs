//! Files that people upload: bounded, never written to disk.

use axum::{
    body::Bytes,
    extract::{DefaultBodyLimit, FromRef, FromRequest, Multipart, Request, multipart::Field},
    response::{IntoResponse, Response},
};
use http::StatusCode;

use crate::{
    error_page::ErrorPage,
    form::{self, FORM_TOKEN},
    shell::Shell,
    visitor::Browser,
};

/// Extractor of a multipart form (RFC 7578), checked as [`crate::form::Form`] is.
///
/// `MAX` bounds the whole body in bytes; the default suits a document of an office.
#[derive(Debug)]
pub struct Upload<const MAX: usize = MAX_UPLOAD_BYTES> {
    fields: Vec<(String, String)>,
    files: Vec<UploadedFile>,
}

/// One uploaded file.
#[derive(Clone, Debug)]
pub struct UploadedFile {
    /// Name of the input.
    pub field: String,
    /// The file's name as the browser gave it: last part of the path, at most 255 characters,
    /// without control characters. To show, never to open.
    pub name: String,
    /// Its content. What it is, its bytes tell; the declared type is not kept.
    pub bytes: Bytes,
}

impl<const MAX: usize> Upload<MAX> {
    /// The first text field of this name.
    pub fn field(&self, name: &str) -> Option<&str> {
        self.fields.iter().find(|(field, _)| field == name).map(|(_, value)| value.as_str())
    }

    /// The first file of this input; `None` also when the visitor chose none.
    pub fn file(&self, field: &str) -> Option<&UploadedFile> {
        self.files.iter().find(|file| file.field == field && !file.bytes.is_empty())
    }
}

impl<S, const MAX: usize> FromRequest<S> for Upload<MAX>
where
    Shell: FromRef<S>,
    S: Send + Sync,
{
    type Rejection = Response;

    async fn from_request(request: Request, state: &S) -> Result<Self, Response> {
        let shell = Shell::from_ref(state);
        let (parts, body) = request.into_parts();
        let browser = Browser::read(&parts, &shell).map_err(IntoResponse::into_response)?;
        let refuse = |status: StatusCode| {
            let text = match status {
                StatusCode::PAYLOAD_TOO_LARGE => "error-too-large",
                _ => "error-form",
            };
            ErrorPage::new(&shell, browser.lang, status, text).into_response()
        };
        form::check_origin(&parts.headers, &shell)
            .map_err(|why| why.into_page(&shell, &browser).into_response())?;
        let mut request = Request::from_parts(parts, body);
        DefaultBodyLimit::max(MAX).apply(&mut request);
        let mut multipart = Multipart::from_request(request, &())
            .await
            .map_err(|rejected| refuse(rejected.status()))?;
        let mut upload = Self { fields: Vec::new(), files: Vec::new() };
        while let Some(field) =
            multipart.next_field().await.map_err(|error| refuse(error.status()))?
        {
            if upload.fields.len() + upload.files.len() >= MAX_PARTS {
                return Err(refuse(StatusCode::BAD_REQUEST));
            }
            upload.take(field).await.map_err(refuse)?;
        }
        let sent: Vec<&str> = upload
            .fields
            .iter()
            .filter(|(name, _)| name == FORM_TOKEN)
            .map(|(_, value)| value.as_str())
            .collect();
        form::check_token(&shell, &browser, &sent)
            .map_err(|why| why.into_page(&shell, &browser).into_response())?;
        Ok(upload)
    }
}

impl<const MAX: usize> Upload<MAX> {
    async fn take(&mut self, field: Field<'_>) -> Result<(), StatusCode> {
        let input = field.name().unwrap_or("").to_owned();
        let name = field.file_name().map(shown_name);
        let bytes = field.bytes().await.map_err(|error| error.status())?;
        match name {
            Some(name) => self.files.push(UploadedFile { field: input, name, bytes }),
            None if bytes.len() > MAX_FIELD_BYTES => return Err(StatusCode::PAYLOAD_TOO_LARGE),
            None => {
                let text = String::from_utf8(bytes.to_vec());
                self.fields.push((input, text.map_err(|_| StatusCode::BAD_REQUEST)?));
            }
        }
        Ok(())
    }
}

fn shown_name(given: &str) -> String {
    let last = given.rsplit(['/', '\\']).next().unwrap_or("");
    last.chars().filter(|c| !c.is_control()).take(MAX_NAME_CHARS).collect()
}

/// The largest document taken from a browser: a scanned dossier of some hundred pages.
pub const MAX_UPLOAD_BYTES: usize = 32 * 1024 * 1024;
/// More than any form of ours has inputs.
const MAX_PARTS: usize = 32;
/// A pasted certificate text is the longest field.
const MAX_FIELD_BYTES: usize = 64 * 1024;
/// Longest file name of common file systems.
const MAX_NAME_CHARS: usize = 255;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn file_names_lose_paths_and_control_characters() {
        assert_eq!(shown_name("C:\\Users\\li\\红头文件.pdf"), "红头文件.pdf");
        assert_eq!(shown_name("../../etc/passwd"), "passwd");
        assert_eq!(shown_name("a\r\nb\u{0}.pdf"), "ab.pdf");
        assert_eq!(shown_name(&"x".repeat(1000)).len(), 255);
    }
}
