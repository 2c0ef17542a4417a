//! Revocation lists as PEM (RFC 7468 §6).

use base64::{Engine, engine::general_purpose::STANDARD};

/// A list as PEM.
pub fn revocation_list(der: &[u8]) -> String {
    let text = STANDARD.encode(der);
    let lines: Vec<&str> = text
        .as_bytes()
        .chunks(64)
        .map(|line| std::str::from_utf8(line).unwrap_or_default())
        .collect();
    format!("{BEGIN}\n{}\n{END}\n", lines.join("\n"))
}

/// Every list in a PEM text; what does not decode is left out.
pub fn revocation_lists(text: &str) -> Vec<Vec<u8>> {
    text.split(BEGIN)
        .skip(1)
        .filter_map(|rest| rest.split(END).next())
        .filter_map(|body| STANDARD.decode(body.split_whitespace().collect::<String>()).ok())
        .collect()
}

const BEGIN: &str = "-----BEGIN X509 CRL-----";
const END: &str = "-----END X509 CRL-----";
