//! Published test data, where it is present.

use std::path::PathBuf;

/// A folder of `YINXIN_VECTORS` (default `../shared/vectors` beside the workspace root), or `None`
/// with the reason printed.
pub(crate) fn folder(name: &str) -> Option<PathBuf> {
    let default = concat!(env!("CARGO_MANIFEST_DIR"), "/../../shared/vectors");
    let root = std::env::var("YINXIN_VECTORS").unwrap_or_else(|_| default.to_owned());
    let path = PathBuf::from(root).join(name);
    if path.is_dir() {
        Some(path)
    } else {
        println!("skipped: {} is absent", path.display());
        None
    }
}

/// Every file of a folder with this ending, sorted.
pub(crate) fn files(folder: &std::path::Path, ending: &str) -> Vec<(String, String)> {
    let mut files: Vec<_> = std::fs::read_dir(folder)
        .unwrap()
        .map(|entry| entry.unwrap().path())
        .filter(|path| path.to_string_lossy().ends_with(ending))
        .map(|path| {
            let name = path.file_name().unwrap().to_string_lossy().into_owned();
            (name, std::fs::read_to_string(path).unwrap())
        })
        .collect();
    files.sort();
    files
}
