//! This room's texts, in both languages.

use std::sync::LazyLock;

use web::Catalog;

/// The catalogue.
pub static CATALOG: LazyLock<Catalog> = LazyLock::new(|| {
    Catalog::new(include_str!("../locales/zh-CN.ftl"), include_str!("../locales/en.ftl"))
});
