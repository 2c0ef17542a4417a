//! Lists `migrations/{sqlite,postgres}/NNNN_act.sql` in number order, so that adding a file is all
//! it takes to add a migration.

use std::{env, fmt::Write as _, fs, io, path::Path};

fn main() -> io::Result<()> {
    let root = env::var("CARGO_MANIFEST_DIR").map_err(io::Error::other)?;
    let out = env::var("OUT_DIR").map_err(io::Error::other)?;
    let mut source = String::new();
    for (name, folder) in [("SQLITE", "sqlite"), ("POSTGRES", "postgres")] {
        list(name, &Path::new(&root).join("migrations").join(folder), &mut source)?;
    }
    rerun_when_changed(&root);
    fs::write(Path::new(&out).join("migrations.rs"), source)
}

#[allow(clippy::print_stdout, reason = "standard output is how a build script speaks to Cargo")]
fn rerun_when_changed(root: &str) {
    println!("cargo:rerun-if-changed={root}/migrations/sqlite");
    println!("cargo:rerun-if-changed={root}/migrations/postgres");
}

/// One `pub(crate) const NAME: &[Migration] = &[…];`.
fn list(name: &str, folder: &Path, source: &mut String) -> io::Result<()> {
    let mut files = Vec::new();
    for entry in fs::read_dir(folder)? {
        let path = entry?.path();
        if path.extension().is_some_and(|extension| extension == "sql") {
            files.push(path);
        }
    }
    files.sort();
    let _ = writeln!(source, "pub(crate) const {name}: &[Migration] = &[");
    for path in files {
        let stem = path.file_stem().and_then(|stem| stem.to_str()).unwrap_or_default();
        let (number, act) = stem
            .split_once('_')
            .filter(|(number, _)| number.len() == 4)
            .ok_or_else(|| io::Error::other(format!("{stem}: not NNNN_act.sql")))?;
        let number: i64 = number.parse().map_err(io::Error::other)?;
        let _ = writeln!(
            source,
            "    Migration {{ number: {number}, name: {act:?}, sql: include_str!({path:?}) }},",
        );
    }
    source.push_str("];\n");
    Ok(())
}
