//! PEM (RFC 7468) for certificates.

use base64::{Engine, engine::general_purpose::STANDARD};

/// One certificate as PEM, lines of 64.
pub fn certificate(der: &[u8]) -> String {
    let text = STANDARD.encode(der);
    let mut out = String::with_capacity(text.len() + text.len() / 64 + 64);
    out.push_str(BEGIN);
    out.push('\n');
    let mut rest = text.as_str();
    while !rest.is_empty() {
        let (line, after) = rest.split_at_checked(64).unwrap_or((rest, ""));
        out.push_str(line);
        out.push('\n');
        rest = after;
    }
    out.push_str(END);
    out.push('\n');
    out
}

/// Every `CERTIFICATE` block of a text, at most `max_count` of at most `max_len` bytes; other text
/// around them is passed over. `None` when a block is not well-formed or a limit is exceeded.
pub fn certificates(text: &str, max_count: usize, max_len: usize) -> Option<Vec<Vec<u8>>> {
    let mut found = Vec::new();
    let mut block: Option<String> = None;
    for line in text.lines().map(str::trim) {
        match &mut block {
            None if line == BEGIN => block = Some(String::new()),
            None => {}
            Some(body) if line == END => {
                if found.len() == max_count {
                    return None;
                }
                found.push(STANDARD.decode(body.as_bytes()).ok()?);
                block = None;
            }
            Some(body) => {
                if body.len() + line.len() > max_len.saturating_mul(4) / 3 + 4 {
                    return None;
                }
                body.push_str(line);
            }
        }
    }
    block.is_none().then_some(found)
}

const BEGIN: &str = "-----BEGIN CERTIFICATE-----";
const END: &str = "-----END CERTIFICATE-----";

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn reads_what_it_writes_and_refuses_what_never_ends() {
        let text = format!("issuer: x\n{}{}", certificate(&[7; 100]), certificate(&[]));
        assert_eq!(certificates(&text, 2, 100), Some(vec![vec![7; 100], vec![]]));
        assert_eq!(certificates(&text, 1, 100), None);
        assert_eq!(certificates(&text, 2, 20), None);
        assert_eq!(certificates(BEGIN, 2, 100), None);
    }
}
