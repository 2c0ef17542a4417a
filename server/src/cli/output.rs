//! What the command line prints: JSON for programs, lines for people.

use std::io::Write;

use serde_json::Value;

/// A usage error that only the program, not the argument parser, can see.
#[derive(Debug, thiserror::Error)]
#[error("{0}")]
pub struct Usage(pub String);

/// Prints one line on standard output.
pub fn line(text: impl AsRef<str>) {
    // A closed pipe is the reader's choice, not our failure.
    let _ = writeln!(std::io::stdout().lock(), "{}", text.as_ref());
}

/// Prints text as it is.
pub fn text(text: &str) {
    let _ = write!(std::io::stdout().lock(), "{text}");
}

/// Prints a result: as JSON, or as `name: value` lines.
pub fn result(json: bool, value: &Value) {
    if json {
        return line(value.to_string());
    }
    match value {
        Value::Object(members) => {
            for (name, value) in members {
                line(format!("{name}: {}", plain(value)));
            }
        }
        other => line(plain(other)),
    }
}

/// Prints a list: as a JSON array, or as a table of the named columns.
pub fn list(json: bool, columns: &[&str], rows: &[Value]) {
    if json {
        return line(Value::from(rows.to_vec()).to_string());
    }
    let cells: Vec<Vec<String>> = rows
        .iter()
        .map(|row| columns.iter().map(|column| plain(&row[*column])).collect())
        .collect();
    let widths: Vec<usize> = columns
        .iter()
        .enumerate()
        .map(|(index, column)| {
            let cells = cells.iter().map(|row| width(&row[index]));
            cells.chain([column.len()]).max().unwrap_or(0)
        })
        .collect();
    let heads: Vec<String> = columns.iter().map(|column| (*column).to_owned()).collect();
    for row in std::iter::once(&heads).chain(&cells) {
        let padded: Vec<String> = row
            .iter()
            .zip(&widths)
            .map(|(cell, wide)| format!("{cell}{}", " ".repeat(wide.saturating_sub(width(cell)))))
            .collect();
        line(padded.join("  ").trim_end());
    }
}

/// Prints an error and its causes on standard error.
pub fn complain(error: &anyhow::Error) {
    let mut text = format!("yinxin: {error}");
    for cause in error.chain().skip(1) {
        text.push_str(&format!(": {cause}"));
    }
    let _ = writeln!(std::io::stderr().lock(), "{text}");
}

fn plain(value: &Value) -> String {
    match value {
        Value::Null => "-".to_owned(),
        Value::String(text) => text.clone(),
        Value::Array(items) => items.iter().map(plain).collect::<Vec<_>>().join(", "),
        other => other.to_string(),
    }
}

/// Columns a terminal needs: a Chinese character takes two.
fn width(text: &str) -> usize {
    text.chars().map(|c| if u32::from(c) >= 0x1100 { 2 } else { 1 }).sum()
}
