//! Translated texts: one catalogue per crate, both languages, checked by a test.

use std::{
    borrow::Cow,
    collections::BTreeSet,
    sync::{Mutex, PoisonError},
};

use fluent_bundle::{FluentArgs, FluentResource, FluentValue, concurrent::FluentBundle};

use crate::lang::Lang;

/// The texts of one crate in both languages (Project Fluent).
///
/// ```
/// use std::sync::LazyLock;
/// static CATALOG: LazyLock<web::Catalog> =
///     LazyLock::new(|| web::Catalog::new("hello = 你好，{ $name }", "hello = Hello, { $name }"));
/// assert_eq!(CATALOG.ta(web::Lang::En, "hello", &[("name", "Li")]), "Hello, Li");
/// assert!(CATALOG.missing().is_empty());
/// ```
pub struct Catalog {
    zh_cn: Bundle,
    en: Bundle,
    /// Ids that were asked for and do not exist.
    unknown: Mutex<BTreeSet<String>>,
}

struct Bundle {
    bundle: FluentBundle<FluentResource>,
    ids: BTreeSet<String>,
    errors: Vec<String>,
}

impl Catalog {
    /// Builds a catalogue from the text of two `.ftl` files, usually `include_str!`.
    pub fn new(zh_cn: &str, en: &str) -> Self {
        Self {
            zh_cn: Bundle::new(Lang::ZhCn, zh_cn),
            en: Bundle::new(Lang::En, en),
            unknown: Mutex::default(),
        }
    }

    /// A text without arguments.
    pub fn t(&self, lang: Lang, id: &str) -> String {
        self.format(lang, id, None)
    }

    /// A text with arguments: strings or whole numbers; `FluentValue::from` mixes both.
    pub fn ta<'a, V>(&self, lang: Lang, id: &str, args: &'a [(&'a str, V)]) -> String
    where
        V: Clone + Into<FluentValue<'a>>,
    {
        let args: FluentArgs<'a> =
            args.iter().map(|(name, value)| (Cow::Borrowed(*name), value.clone())).collect();
        self.format(lang, id, Some(&args))
    }

    /// Whether there is such a text.
    pub fn has(&self, id: &str) -> bool {
        self.zh_cn.ids.contains(id)
    }

    /// The catalogue in one language, for templates: `{{ t.t("title") }}`.
    pub fn texts(&'static self, lang: Lang) -> Texts {
        Texts { catalog: self, lang }
    }

    /// What is wrong with the catalogue: syntax errors, ids of only one language, and ids that
    /// were asked for so far and do not exist. A test asserts that it is empty.
    pub fn missing(&self) -> Vec<String> {
        let unknown = self.unknown.lock().unwrap_or_else(PoisonError::into_inner);
        let one_sided = self.zh_cn.ids.symmetric_difference(&self.en.ids);
        self.zh_cn
            .errors
            .iter()
            .chain(&self.en.errors)
            .cloned()
            .chain(one_sided.map(|id| format!("{id}: in one language only")))
            .chain(unknown.iter().map(|id| format!("{id}: asked for, not there")))
            .collect()
    }

    /// Ids used as `t("…")`, `ta("…"`, `t(lang, "…")` or `ta(lang, "…"` in a template or source
    /// file that this catalogue lacks. For a test over `include_str!` of each template.
    pub fn unknown_in(&self, source: &str) -> Vec<String> {
        let starts = ["t(\"", "ta(\"", "t(lang, \"", "ta(lang, \""];
        let mut unknown = BTreeSet::new();
        for (at, _) in source.match_indices('(') {
            for start in starts {
                let (name, rest) = start.split_once('(').unwrap_or((start, ""));
                let before = source[..at].strip_suffix(name);
                let is_call = before
                    .is_some_and(|text| !text.ends_with(|c: char| c.is_alphanumeric() || c == '_'));
                let id =
                    source[at + 1..].strip_prefix(rest).and_then(|text| text.split('"').next());
                if let (true, Some(id)) = (is_call, id)
                    && !self.has(id)
                {
                    unknown.insert(id.to_owned());
                }
            }
        }
        unknown.into_iter().collect()
    }

    fn format(&self, lang: Lang, id: &str, args: Option<&FluentArgs<'_>>) -> String {
        let bundle = match lang {
            Lang::En => &self.en.bundle,
            Lang::ZhCn => &self.zh_cn.bundle,
        };
        let Some(pattern) = bundle.get_message(id).and_then(|message| message.value()) else {
            tracing::error!(id, lang = lang.tag(), "text missing");
            self.unknown.lock().unwrap_or_else(PoisonError::into_inner).insert(id.to_owned());
            return id.to_owned();
        };
        let mut errors = Vec::new();
        let text = bundle.format_pattern(pattern, args, &mut errors).into_owned();
        if !errors.is_empty() {
            tracing::error!(id, lang = lang.tag(), ?errors, "text lacks an argument");
            self.unknown.lock().unwrap_or_else(PoisonError::into_inner).insert(id.to_owned());
        }
        text
    }
}

/// A catalogue in one language.
#[derive(Clone, Copy)]
pub struct Texts {
    catalog: &'static Catalog,
    lang: Lang,
}

impl Texts {
    /// A text without arguments.
    pub fn t(&self, id: &str) -> String {
        self.catalog.t(self.lang, id)
    }

    /// A text with arguments.
    pub fn ta<'a, V>(&self, id: &str, args: &'a [(&'a str, V)]) -> String
    where
        V: Clone + Into<FluentValue<'a>>,
    {
        self.catalog.ta(self.lang, id, args)
    }

    /// A text with one argument: what templates can write, `{{ t.t1("id", "name", value) }}`.
    pub fn t1(&self, id: &str, name: &str, value: &str) -> String {
        self.catalog.ta(self.lang, id, &[(name, value)])
    }

    /// The language.
    pub fn lang(&self) -> Lang {
        self.lang
    }
}

impl Bundle {
    fn new(lang: Lang, source: &str) -> Self {
        let mut errors = Vec::new();
        let resource =
            FluentResource::try_new(source.to_owned()).unwrap_or_else(|(rest, found)| {
                errors.extend(found.iter().map(|error| format!("{}: {error}", lang.tag())));
                rest
            });
        let ids = ids_of(source);
        let tag = lang.tag().parse().unwrap_or_default();
        let mut bundle = FluentBundle::new_concurrent(vec![tag]);
        // Isolation marks are invisible characters in names that people copy and programs compare.
        bundle.set_use_isolating(false);
        if let Err(found) = bundle.add_resource(resource) {
            errors.extend(found.iter().map(|error| format!("{}: {error}", lang.tag())));
        }
        Self { bundle, ids, errors }
    }
}

/// Ids of the messages of an `.ftl` file: what stands before `=` at the start of a line.
fn ids_of(source: &str) -> BTreeSet<String> {
    source
        .lines()
        .filter(|line| line.starts_with(|c: char| c.is_ascii_alphabetic()))
        .filter_map(|line| line.split_once('='))
        .map(|(id, _)| id.trim_end().to_owned())
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_missing_is_named() {
        let catalog = Catalog::new("a = 甲\nb = 乙", "a = A\nb = { $n }");
        assert!(catalog.missing().is_empty());
        assert_eq!(catalog.ta(Lang::En, "b", &[("n", 3)]), "3");
        assert_eq!(catalog.t(Lang::En, "c"), "c");
        assert_eq!(catalog.missing(), ["c: asked for, not there"]);
        let one_sided = Catalog::new("a = 甲", "b = B");
        assert_eq!(one_sided.missing().len(), 2);
        assert!(!Catalog::new("a = { ", "a = A").missing().is_empty());
    }

    #[test]
    fn ids_in_templates_are_found() {
        let catalog = Catalog::new("a = 甲", "a = A");
        let source = r#"{{ t.t("a") }} {{ t.ta("b", &[]) }} catalog.t(lang, "c") insert("d")"#;
        assert_eq!(catalog.unknown_in(source), ["b", "c"]);
    }
}
