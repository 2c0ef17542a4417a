//! Templates of all rooms: nothing inline, every input labelled, every form with its token.

use std::{fs, path::PathBuf};

/// Every template in the workspace, with its path.
fn templates() -> Vec<(PathBuf, String)> {
    let root = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("..");
    let rooms = ["web", "server", "oidc-provider", "esign", "credential"];
    let mut folders: Vec<PathBuf> =
        rooms.iter().map(|room| root.join(room).join("templates")).collect();
    let mut found = Vec::new();
    while let Some(folder) = folders.pop() {
        for entry in fs::read_dir(&folder).unwrap() {
            let path = entry.unwrap().path();
            if path.is_dir() {
                folders.push(path);
            } else if path.extension().is_some_and(|extension| extension == "html") {
                let text = fs::read_to_string(&path).unwrap();
                found.push((path, text));
            }
        }
    }
    assert!(found.len() > 20);
    found
}

#[test]
fn nothing_inline_and_nothing_from_elsewhere() {
    for (path, text) in templates() {
        for forbidden in [
            "<style",
            " style=\"",
            " onclick",
            " onload",
            " onerror",
            " onsubmit",
            "javascript:",
            "src=\"http",
            "href=\"http",
        ] {
            assert!(!text.contains(forbidden), "{}: {forbidden}", path.display());
        }
    }
}

#[test]
fn every_posted_form_carries_its_token() {
    for (path, text) in templates() {
        for form in text.split("<form").skip(1) {
            let form = form.split("</form>").next().unwrap();
            let posted = form.split('>').next().unwrap().contains("method=\"post\"");
            assert!(
                !posted || form.contains("form_field|safe"),
                "{}: a form without token",
                path.display()
            );
        }
    }
}

#[test]
fn every_visible_input_has_a_label() {
    for (path, text) in templates() {
        for tag in ["<input", "<select", "<textarea"] {
            for input in text.split(tag).skip(1) {
                let input = input.split('>').next().unwrap();
                let id = input.split(" id=\"").nth(1).and_then(|rest| rest.split('"').next());
                let needs = !["type=\"hidden\"", "type=\"radio\"", "type=\"checkbox\""]
                    .iter()
                    .any(|kind| input.contains(kind));
                let labelled = id.is_some_and(|id| text.contains(&format!("for=\"{id}\"")));
                assert!(!needs || labelled, "{}: {input}", path.display());
            }
        }
    }
}
