//! The test that guards the rooms: who may know whom, what may stand where, how long a file may be.

#![allow(clippy::unwrap_used, reason = "tests")]

use std::{
    collections::BTreeSet,
    fs,
    path::{Path, PathBuf},
};

/// Rooms and what each may know of ours, as `docs/architecture.md` draws them.
const MAY_KNOW: &[(&str, &[&str])] = &[
    ("auth-core", &[]),
    ("web", &["auth-core"]),
    ("pki", &["auth-core", "web"]),
    ("oidc-provider", &["auth-core", "web"]),
    ("esign", &["auth-core", "web", "pki"]),
    ("credential", &["auth-core", "web", "pki"]),
    ("store", &["auth-core", "pki", "oidc-provider", "esign", "credential"]),
    ("keystore", &["auth-core"]),
    ("hsm-sim", &["auth-core"]),
    ("hsm-sim/pkcs11", &["hsm-sim", "auth-core"]),
    ("conformance-tests", &[]),
];

const DOMAINS: &[&str] = &["pki", "oidc-provider", "esign", "credential"];
const LONGEST_FILE: usize = 500;

fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).parent().unwrap().to_owned()
}

fn files(folder: &Path, ending: &str) -> Vec<PathBuf> {
    let mut found = Vec::new();
    let mut folders = vec![folder.to_owned()];
    while let Some(folder) = folders.pop() {
        for entry in fs::read_dir(&folder).into_iter().flatten().flatten() {
            let path = entry.path();
            let name = entry.file_name();
            if path.is_dir() {
                if !["target", "node_modules", ".git"].iter().any(|skipped| name == *skipped) {
                    folders.push(path);
                }
            } else if path.to_string_lossy().ends_with(ending) {
                found.push(path);
            }
        }
    }
    found
}

fn dependencies(room: &str) -> BTreeSet<String> {
    let text = fs::read_to_string(root().join(room).join("Cargo.toml")).unwrap();
    let mut names = BTreeSet::new();
    let mut inside = false;
    for line in text.lines() {
        if line.starts_with('[') {
            inside = line.trim() == "[dependencies]";
        } else if inside && line.contains('=') {
            let name = line.split(['.', '=', ' ']).next().unwrap_or_default();
            // `token = { package = "hsm-sim", … }`
            let package = line.split("package = \"").nth(1).and_then(|rest| rest.split('"').next());
            names.insert(package.unwrap_or(name).to_owned());
        }
    }
    names
}

#[test]
fn every_room_knows_only_whom_it_may() {
    let rooms: BTreeSet<&str> =
        MAY_KNOW.iter().map(|(room, _)| *room).chain(["server", "world"]).collect();
    for (room, may_know) in MAY_KNOW {
        for name in dependencies(room) {
            let ours = rooms.contains(name.as_str());
            assert!(!ours || may_know.contains(&name.as_str()), "{room} must not know {name}");
        }
    }
}

#[test]
fn no_domain_mentions_sql_and_no_flow_mentions_http() {
    for domain in DOMAINS.iter().chain(&["auth-core", "web"]) {
        for path in files(&root().join(domain).join("src"), ".rs") {
            let text = fs::read_to_string(&path).unwrap();
            assert!(!text.contains("sqlx"), "{} mentions sqlx", path.display());
            let flow = path.components().any(|part| part.as_os_str() == "flow");
            assert!(!flow || !text.contains("axum"), "{} mentions axum", path.display());
        }
    }
}

#[test]
fn no_file_is_longer_than_500_lines() {
    let mut long = Vec::new();
    for ending in [".rs", ".css", ".js", ".mjs", ".html", ".py"] {
        for path in files(&root(), ending) {
            let lines = fs::read_to_string(&path).map_or(0, |text| text.lines().count());
            if lines > LONGEST_FILE {
                long.push(format!("{} ({lines})", path.display()));
            }
        }
    }
    assert!(long.is_empty(), "split these: {long:#?}");
}

#[test]
fn the_two_migration_lines_have_the_same_numbers() {
    let names = |dialect: &str| -> BTreeSet<String> {
        files(&root().join("store/migrations").join(dialect), ".sql")
            .iter()
            .map(|path| path.file_name().unwrap().to_string_lossy().into_owned())
            .collect()
    };
    assert_eq!(names("sqlite"), names("postgres"));
    assert!(!names("sqlite").is_empty());
}

#[test]
fn no_room_is_called_common() {
    for name in ["common", "utils", "types", "helpers", "shared"] {
        assert!(!root().join(name).exists(), "{name} says nothing about what it holds");
    }
}
